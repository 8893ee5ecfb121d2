"""Which reports of a family are one development, by their sides and days."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.developments.policy import Policy
from pipelines.developments.slots import Slot, Slots, Spot, seed_days

PLAIN = Policy(recall_days=1)
STICKY = Policy(recall_days=5, span_days=2, memory_days=30)
BOTH = Policy(side="both", recall_days=2)


def settled(policy, *slots):
    state = Slots(policy)
    for slot in slots:
        state.add(slot)
    return state.settle()


def day(number, side="k"):
    return Slot(side, number, number, exact=True)


def window(first, last, side="k"):
    return Slot(side, first, last, exact=False)


def days(policy, *slots):
    found = seed_days(slots, policy)
    return [found[slot] for slot in slots]


def test_named_days_are_developments_of_their_own():
    assert days(PLAIN, day(5), day(6), day(9)) == [5, 6, 9]


def test_named_days_within_the_span_are_one():
    assert days(STICKY, day(5), day(7), day(8)) == [5, 5, 8]


def test_a_report_without_a_day_joins_the_latest_day_in_its_window():
    assert days(PLAIN, day(5), day(6), window(5, 6), window(4, 5)) == [5, 6, 6, 5]


def test_reports_without_any_day_gather_on_the_first_publication():
    assert days(PLAIN, window(4, 5), window(5, 6), window(6, 7)) == [5, 5, 7]


def test_what_is_told_on_and_on_is_remembered_but_not_for_ever():
    assert days(STICKY, day(5), window(5, 10), window(9, 14), window(20, 25)) == [5, 5, 5, 25]
    chain = [window(last - 5, last) for last in range(10, 60, 4)]
    assert set(days(STICKY, day(5), *chain)) == {5, 42}


def test_who_is_not_named_takes_the_side_that_is_there():
    nobody = window(4, 5, side=None)
    assert settled(PLAIN, nobody, day(5))[nobody] == Spot("k", 5)
    assert settled(PLAIN, nobody, day(9))[nobody] == Spot("unknown", 5)


def test_who_is_not_named_takes_the_side_that_is_spoken_of_most_where_there_are_two():
    nobody = window(4, 5, side=None)
    found = settled(PLAIN, nobody, day(5, "a"), day(5, "z"), window(4, 5, "z"))
    assert found[nobody].side == "z"


def test_a_day_named_without_a_side_dates_the_side_within_reach():
    nobody, somebody = day(5, side=None), window(1, 6)
    found = settled(STICKY, nobody, somebody)
    assert found == {nobody: Spot("k", 5), somebody: Spot("k", 5)}


def test_one_side_of_a_meeting_joins_the_one_meeting_that_it_is_seen_in():
    alone = window(4, 6, "iran")
    assert settled(BOTH, alone, day(5, "iran+kurdish"))[alone].side == "iran+kurdish"
    assert settled(BOTH, alone, day(5, "federal+kurdish"))[alone].side == "iran"
    assert settled(BOTH, alone, day(5, "iran+kurdish"), day(6, "federal+iran"))[alone].side == "iran"


slots = st.builds(
    lambda side, first, length: Slot(side, first, first + length, exact=length == 0),
    st.sampled_from((None, "a", "b", "a+b")),
    st.integers(0, 14),
    st.sampled_from((0, 0, 1, 5)),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from((PLAIN, STICKY, BOTH)), st.lists(slots, max_size=25))
def test_coming_and_going_ends_where_a_fresh_start_does(policy, toggled):
    """A slot listed twice has gone again; after each step the moves that were told add up to the whole."""
    state, present, known = Slots(policy), set(), {}
    for slot in toggled:
        if slot in present:
            present.discard(slot)
            state.discard(slot)
        else:
            present.add(slot)
            state.add(slot)
        for moved, spot in state.settle().items():
            if spot is None:
                del known[moved]
            else:
                known[moved] = spot
        assert known == settled(policy, *present)


@pytest.mark.parametrize("policy", [PLAIN, STICKY])
def test_a_slot_that_goes_and_returns_at_once_has_not_moved(policy):
    state = Slots(policy)
    state.add(day(5))
    state.settle()
    state.discard(day(5))
    state.add(day(5))
    assert state.settle() == {}
