"""Which quotes are shown for a development and for what happened to it."""

from datetime import timedelta

import pytest

from pipelines.developments import Change, evidence
from schemas.records import ClaimSource
from tests.developments.builders import MONDAY, coded, event


@pytest.fixture
def quoted(board):
    """Fold articles; return the quotes for the last change, and whose they are."""

    def run(*articles, changes=(), limit=5):
        for article in articles:
            board.fold(article)
        (found,) = board.developments()
        return [item.article_id for item in evidence(board.contributions(found.development_id), changes, limit=limit)]

    return run


DENIAL = event(negated=True, sources=(ClaimSource(text="the PUK", id="puk"),))


def test_a_denial_is_shown_by_the_report_that_denies(quoted):
    assert quoted(coded("a", event()), coded("b", DENIAL), changes=[Change(kind="denied")])[0] == "b"


def test_both_sides_are_shown_even_where_little_room_is(quoted):
    articles = [coded(f"a{number}", event()) for number in range(6)]
    assert "b" in quoted(*articles, coded("b", DENIAL), changes=[Change(kind="opened")], limit=2)


def test_a_figure_is_shown_by_a_report_that_gives_it(quoted):
    articles = [coded(f"a{number}", event(figures={"killed": float(number)})) for number in range(5)]
    assert quoted(*articles, changes=[Change(kind="magnitude", facet="killed", old=2, new=3)])[0] == "a3"


def test_a_place_is_shown_by_a_report_that_names_it(quoted):
    clash = {"kind": "ASSAULT", "mode": "clash", "actors": ("peshmerga", "iraqi-forces")}
    articles = [coded("a", event(**clash)), coded("b", event(**clash, place="taza-khurmatu"))]
    assert quoted(*articles, changes=[Change(kind="spread", facet="taza-khurmatu")])[0] == "b"


def test_corroboration_is_shown_by_the_latest_report(quoted):
    articles = [coded(f"a{number}", event(), published=MONDAY + timedelta(hours=number)) for number in range(4)]
    assert quoted(*articles, changes=[Change(kind="corroborated", old=3, new=4)])[0] == "a3"


def test_an_article_is_quoted_once_and_no_more_than_asked_for(quoted):
    twice = coded("a", event(), event(sentence=(100, 180)))
    assert quoted(twice, coded("b", event())) == ["a", "b"]
    assert len(quoted(*[coded(f"c{number}", event()) for number in range(9)], limit=3)) == 3


def test_evidence_carries_quote_span_source_and_link(board):
    source = ClaimSource(text="a commander", kind="anonymous")
    board.fold(coded("a", event(sources=(source,)), outlet="North Post"))
    (found,) = board.developments()
    (item,) = evidence(board.contributions(found.development_id))
    assert (item.outlet, item.url) == ("North Post", "https://example.org/a")
    assert (item.quote, item.span, item.sources) == ("quote 0 of a", (0, 80), (source,))


def test_the_order_of_the_reports_does_not_matter(board):
    for number in range(6):
        board.fold(coded(f"a{number}", event()))
    (found,) = board.developments()
    reports = board.contributions(found.development_id)
    assert evidence(reports) == evidence(reports[::-1])
