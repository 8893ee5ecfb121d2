"""A development goes on when its id shifts, and an id that comes back is not taken for another's."""

from datetime import timedelta

from pipelines.developments import changes
from tests.developments.builders import MONDAY, coded, event

TUESDAY = MONDAY + timedelta(days=1)


def kinds(update):
    return [change.kind for change in changes(update.before, update.after)]


def test_a_day_that_becomes_known_is_a_change_and_no_opening(board):
    (first,) = board.fold(coded("a", event(), published=TUESDAY))
    (second,) = board.fold(coded("b", event(day="2017-10-16"), published=TUESDAY))
    assert second.after.development_id != first.after.development_id
    assert second.before == first.after
    assert "opened" not in kinds(second)
    assert second.lineage == (first.after.development_id, second.after.development_id)


def test_a_side_that_becomes_known_is_a_change_and_no_opening(board):
    (first,) = board.fold(coded("a", event(actors=())))
    (second,) = board.fold(coded("b", event()))
    assert (first.after.side, second.after.side) == ("unknown", "kurdish")
    assert second.before == first.after


def test_two_developments_that_turn_out_to_be_one_are_absorbed(board):
    """Undated reports nine days apart are two, until it is known that it was told of in between."""
    (first,) = board.fold(coded("a", event(), published=MONDAY))
    later = next(
        update for update in board.fold(coded("c", event(), published=MONDAY + timedelta(days=9))) if not update.before
    )
    (update,) = board.fold(coded("b", event(), published=MONDAY + timedelta(days=5)))
    assert update.absorbed == (later.after,)
    assert update.before.development_id == first.after.development_id
    assert set(update.lineage) == {first.after.development_id, later.after.development_id}


def test_an_id_that_was_alerted_keeps_its_line_when_it_comes_back(board):
    """Undated on Tuesday; a fight of Monday is named; then one of Tuesday: the second fight is no longer the first."""
    clash = {"kind": "ASSAULT", "mode": "clash", "actors": ("peshmerga", "iraqi-forces")}
    (undated,) = board.fold(coded("a", event(**clash), published=TUESDAY))
    (monday,) = board.fold(coded("b", event(**clash, day="2017-10-16"), published=TUESDAY))
    assert monday.before == undated.after
    updates = board.fold(coded("c", event(**clash, day="2017-10-17"), published=TUESDAY))
    by_day = {update.after.day: update for update in updates}
    assert by_day["2017-10-17"].lineage == (undated.after.development_id,)
    assert by_day["2017-10-17"].before == monday.after
    assert by_day["2017-10-16"].before is None, "the fight of Monday was never opened under its own id"
    assert by_day["2017-10-16"].lineage == (monday.after.development_id,)


def test_an_article_that_corrects_its_day_takes_the_development_along(board):
    (first,) = board.fold(coded("a", event(day="2017-10-15")))
    (second,) = board.fold(coded("a", event(day="2017-10-12"), revision=2))
    assert (second.before, second.after.day) == (first.after, "2017-10-12")


def test_an_article_that_tells_of_two_fights_and_takes_one_back_ends_that_one(board):
    clash = {"kind": "ASSAULT", "mode": "clash", "actors": ("peshmerga", "iraqi-forces")}
    both = (event(**clash, day="2017-10-15"), event(**clash, day="2017-10-16", sentence=(100, 180)))
    board.fold(coded("a", *both))
    updates = board.fold(coded("a", both[1], revision=2))
    assert [update.before.day for update in updates if update.after is None] == ["2017-10-15"]
    assert all(not update.absorbed for update in updates)
