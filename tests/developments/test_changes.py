"""What lies between two states of a development, as rules see it."""

import msgspec
import pytest

from pipelines.developments import changes
from tests.developments.builders import coded, event


@pytest.fixture
def base(board):
    (update,) = board.fold(coded("a", event(figures={"killed": 3.0})))
    return update.after


def keys(before, after):
    return [change.key for change in changes(before, after)]


def with_(development, **fields):
    return msgspec.structs.replace(development, **fields)


def test_a_new_development_is_opened_with_its_figures(base):
    assert keys(None, base) == ["opened", "magnitude:killed:3"]


def test_a_new_development_that_is_denied_or_well_sourced_is_so_at_once(base):
    assert keys(None, with_(base, claim="disputed", sources=3, magnitudes={})) == ["opened", "denied", "corroborated:3"]
    assert keys(None, with_(base, claim="confirmed", magnitudes={})) == ["opened", "confirmed"]


def test_no_report_left_is_withdrawn_and_nothing_to_nothing_is_no_change(base):
    assert keys(base, None) == ["withdrawn"]
    assert keys(None, None) == []


def test_what_only_counts_up_is_no_change(base):
    assert keys(base, with_(base, version=9, copies=4, outlets=("x", "y"), title="Other")) == []


@pytest.mark.parametrize(
    "fields,expected",
    [
        ({"claim": "disputed"}, ["denied"]),
        ({"claim": "confirmed"}, ["confirmed"]),
        ({"claim": "alleged"}, ["weakened:1"]),
        ({"sources": 2}, ["corroborated:2"]),
        ({"magnitudes": {"killed": 5.0}}, ["magnitude:killed:5"]),
        ({"magnitudes": {}}, []),
        ({"magnitudes": {"killed": 3.0, "wounded": 7.0}}, ["magnitude:wounded:7"]),
        ({"places": ("kirkuk-airport",)}, ["spread:kirkuk-airport"]),
        ({"claim": "disputed", "sources": 4}, ["denied", "corroborated:4"]),
    ],
)
def test_each_kind_of_change_is_seen(base, fields, expected):
    assert keys(base, with_(base, **fields)) == expected


def test_changes_carry_the_figure_before_and_after(base):
    (change,) = changes(base, with_(base, magnitudes={"killed": 5.0}))
    assert (change.facet, change.old, change.new) == ("killed", 3.0, 5.0)


def test_sources_of_a_denial_corroborate_no_assertion(base):
    denied = with_(base, claim="denied", sources=3)
    assert keys(denied, with_(base, claim="disputed", sources=1)) == []
    assert keys(with_(base, claim="disputed", sources=1), denied) == ["corroborated:3"]


def test_fewer_sources_weaken(base):
    assert keys(with_(base, sources=3), base) == ["weakened:1"]
