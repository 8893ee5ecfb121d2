"""What two generations code differently, counted and listed."""

import pytest

from pipelines.comparison import Outline, changes, compare, outline, pair
from pipelines.matching import code_article, load_coder

OIL, SEIZE = ("OIL", "text", 0, 3), ("SEIZE", "text", 5, 9)


def side(*articles):
    """Build one side from (number, {spot: contents})."""
    return [
        Outline((f"a{number}", 1), bool(events), events, dict.fromkeys(events, f"quote {number}"), "Outlet", "Title")
        for number, events in articles
    ]


def test_equal_sides_have_no_difference(play, schema_dir):
    """The same articles coded twice."""
    coder = load_coder(schema_dir)
    outlines = [outline(code_article(coder, play.article(number))) for number in range(10)]
    counts = compare(outlines, outlines)
    assert counts.articles == 10
    assert counts.events_before == counts.events_after > 5
    assert (counts.events_gained, counts.events_lost, counts.events_changed, counts.only_before) == (0, 0, 0, 0)
    assert list(changes(outlines, outlines)) == []


def test_gained_lost_and_changed_events_are_counted_and_listed():
    """By type and trigger: the same spot with other contents is a change, not a loss and a gain."""
    before = side((1, {OIL: (b"x",)}), (2, {SEIZE: (b"y",), OIL: (b"z",)}), (3, {}))
    after = side((1, {OIL: (b"x",)}), (2, {SEIZE: (b"other",)}), (3, {OIL: (b"new",)}))
    counts = compare(before, after)
    assert (counts.events_before, counts.events_after) == (3, 3)
    assert (counts.events_gained, counts.events_lost, counts.events_changed) == (1, 1, 1)
    assert (counts.relevant_before, counts.relevant_after) == (2, 3)
    listed = [(change.kind, change.type, change.article_id, change.quote) for change in changes(before, after)]
    assert listed == [
        ("lost", "OIL", "a2", "quote 2"),
        ("changed", "SEIZE", "a2", "quote 2"),
        ("gained", "OIL", "a3", "quote 3"),
    ]


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 3, 2, 1), (2, 1, 4, 3)])
def test_the_order_of_a_side_does_not_matter(order):
    """Partitions may be read in another order, and retried articles come late."""
    plain = side(*((number, {OIL: (b"%d" % number,)}) for number in (1, 2, 3, 4)))
    other = side(*((number, {OIL: (b"%d" % number,)}) for number in order))
    assert compare(plain, other) == compare(plain, plain)


def test_articles_of_one_side_alone_are_told():
    """An article that one generation could not code is a difference of articles and of its events."""
    before = side((1, {OIL: (b"x",)}), (2, {OIL: (b"y",)}))
    after = side((2, {OIL: (b"y",)}), (3, {}))
    counts = compare(before, after)
    assert (counts.articles, counts.only_before, counts.only_after) == (3, 1, 1)
    assert (counts.events_lost, counts.events_gained) == (1, 0)


def test_pairing_keeps_few_articles_waiting():
    """Two streams of the same order are walked side by side: neither is read far ahead of the other."""
    read = [0, 0]

    def counted(number):
        for item in side(*((index, {}) for index in range(1000))):
            read[number] += 1
            yield item

    for _ in pair(counted(0), counted(1)):
        assert abs(read[0] - read[1]) <= 1
