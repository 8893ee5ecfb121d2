"""Developments depend on the set of coded articles: not on order, repetition, interleaving or grouping."""

import random
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.developments import Board, combine
from tests.developments.builders import MONDAY, coded, event
from tests.developments.test_stories import FIVE_OUTLETS, told

KINDS = (
    ("RETREAT", "withdraw"),
    ("RETREAT", "ceasefire"),
    ("SEIZE", "capture"),
    ("ASSAULT", "clash"),
    ("CONSULT", "meet"),
    ("DISPLACE", "flee"),
)
ACTORS = ((), ("peshmerga",), ("iraqi-forces",), ("isis",), ("soleimani",), ("soleimani", "puk"), ("abadi", "puk"))
WIRE = tuple(range(100, 148))
SKETCHES = (
    (),
    WIRE,
    (*WIRE[:30], *range(1000, 1018)),
    tuple(range(2000, 2030)),
    tuple(sorted((*WIRE[20:], 3000, 3001))),
)
DAYS = tuple((MONDAY + timedelta(days=shift)).date().isoformat() for shift in range(-4, 4))

events = st.builds(
    lambda kind, actors, place, day, until, negated, figure, realis: event(
        *kind,
        actors=actors,
        place=place,
        day=day,
        until=max(day, until) if day else None,
        negated=negated,
        figures={"killed": float(figure)} if figure else {},
        realis=realis,
    ),
    st.sampled_from(KINDS),
    st.sampled_from(ACTORS),
    st.sampled_from(("kirkuk-city", "kirkuk-city", "k1-base", None)),
    st.sampled_from((None, None, *DAYS)),
    st.sampled_from(DAYS),
    st.sampled_from((False, False, False, True)),
    st.integers(0, 3),
    st.sampled_from(("actual", "actual", "actual", "future")),
)
articles = st.builds(
    lambda number, revision, found, day, late, shingles: coded(
        f"a{number}",
        *found,
        revision=revision,
        published=MONDAY + timedelta(days=day),
        ingested=MONDAY + timedelta(days=day, hours=late),
        shingles=shingles,
        outlet=f"outlet {number % 4}",
    ),
    st.integers(0, 7),
    st.integers(1, 3),
    st.lists(events, max_size=3),
    st.integers(-2, 5),
    st.integers(0, 5),
    st.sampled_from(SKETCHES),
)
streams = st.lists(articles, min_size=1, max_size=14)


def folded(geography, stream):
    board = Board(geography)
    for item in stream:
        board.fold(item)
    return list(board.developments())


def as_bytes(developments):
    return [msgspec.json.encode(found) for found in developments]


@settings(max_examples=250, deadline=None)
@given(streams, st.randoms(use_true_random=False))
def test_any_order_with_any_repetition_gives_the_same_developments_byte_for_byte(geography, stream, chance):
    expected = as_bytes(folded(geography, stream))
    shuffled = [*stream, *chance.choices(stream, k=3)]
    chance.shuffle(shuffled)
    assert as_bytes(folded(geography, shuffled)) == expected


@settings(max_examples=100, deadline=None)
@given(streams, st.randoms(use_true_random=False))
def test_the_combine_gives_what_the_board_gives(geography, stream, chance):
    shuffled = list(stream)
    chance.shuffle(shuffled)
    assert as_bytes(combine.developments(shuffled, geography)) == as_bytes(folded(geography, stream))


@settings(max_examples=100, deadline=None)
@given(streams, st.randoms(use_true_random=False))
def test_accumulators_merge_in_any_grouping(geography, stream, chance):
    """What a runner does: split each family's tellings at will, combine the parts, some of them twice."""
    by_article = {}
    for item in stream:
        by_article.setdefault(item.article.article_id, []).append(item)
    families = {}
    for revisions in by_article.values():
        for family, telling in combine.tellings(revisions, geography):
            families.setdefault(family, []).append(combine.add(combine.create(), telling))
    found = []
    for family, parts in families.items():
        pool = [*parts, *chance.choices(parts, k=2)]
        while len(pool) > 1:
            chance.shuffle(pool)
            pool.append(combine.merge(pool.pop(), pool.pop()))
        found += combine.extract(family, pool[0], geography)
    assert as_bytes(sorted(found, key=lambda item: item.development_id)) == as_bytes(folded(geography, stream))


@settings(max_examples=150, deadline=None)
@given(streams)
def test_updates_keep_a_copy_of_the_developments_current_and_versions_never_fall(geography, stream):
    board, copy, careless, versions = Board(geography), {}, {}, {}
    for item in stream:
        for update in board.fold(item):
            for retired in update.retired:
                del copy[retired]
            for old in (update.before, *update.absorbed):
                if old is not None:
                    careless.pop(old.development_id, None)
            if update.after is not None:
                own = update.after.development_id
                assert update.after.version >= versions.get(own, 0)
                versions[own] = update.after.version
                copy[own] = careless[own] = update.after
        assert board.fold(item) == ()
        assert [copy[key] for key in sorted(copy)] == list(board.developments())
        assert careless == copy, "to delete what was and write what is, in turn, is right as well"


@settings(max_examples=200, deadline=None)
@given(streams)
def test_a_ledger_of_openings_misses_no_development_and_holds_each_at_most_once(geography, stream):
    """An opening is alerted unless an id that the development ever had was: so none is missed, none doubled."""
    board, ledger = Board(geography), set()
    for item in stream:
        for update in board.fold(item):
            if update.before is None and update.after is not None and ledger.isdisjoint(update.lineage):
                ledger.add(update.lineage[0])
        lines = [set(board.lineage(found.development_id)) for found in board.developments()]
        assert all(not line.isdisjoint(ledger) for line in lines)
        assert sum(map(len, lines)) == len(set().union(*lines)), "an id is in one lineage at most"


@pytest.mark.parametrize("seed", range(20))
def test_a_story_that_is_one_development_opens_once_in_whatever_order_its_reports_come(geography, newsroom, seed):
    reports = told(newsroom, FIVE_OUTLETS)
    random.Random(seed).shuffle(reports)
    board = Board(geography)
    updates = [update for item in reports for update in board.fold(item)]
    assert [update.before is None for update in updates].count(True) == 1
    assert len(list(board.developments())) == 1


def test_withdrawing_every_report_ends_the_development(board):
    board.fold(coded("a", event()))
    board.fold(coded("b", event()))
    board.fold(coded("a", revision=2))
    (update,) = board.fold(coded("b", revision=2**31 - 1, relevant=False))
    assert update.after is None
    assert list(board.developments()) == []


def test_a_late_earlier_revision_changes_nothing_that_is_said(board):
    board.fold(coded("a", event(figures={"killed": 4.0}), revision=2))
    board.fold(coded("a", event(figures={"killed": 40.0}), revision=1))
    (found,) = board.developments()
    assert found.magnitudes == {"killed": 4.0}


def test_a_revision_without_the_event_leaves_the_other_reports(board):
    board.fold(coded("a", event()))
    board.fold(coded("b", event()))
    board.fold(coded("a", revision=2))
    (found,) = board.developments()
    assert found.article_ids == ("b",)
    assert found.version == 3
