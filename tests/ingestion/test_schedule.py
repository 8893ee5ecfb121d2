"""The schedule: by time, host by host, nothing forgotten."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingestion.schedule import Schedule
from tests.ingestion.newsroom import NOW


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def take_all(schedule, now):
    return list(iter(lambda: schedule.take(now), None))


def test_the_soonest_comes_first_and_what_is_not_due_waits():
    schedule = Schedule(["a", "b", "c"], 1)
    for number, seconds in enumerate((20, 10, 30)):
        schedule.add(number, at(seconds))
    assert take_all(schedule, at(20)) == [1, 0]
    assert len(schedule) == 1


def test_a_host_has_its_limit_and_does_not_hold_up_the_others():
    schedule = Schedule(["slow", "slow", "slow", "fast"], 1)
    for number in range(4):
        schedule.add(number, at(number))
    assert take_all(schedule, at(9)) == [0, 3]
    schedule.done(3)
    assert schedule.take(at(9)) is None
    schedule.done(0)
    assert take_all(schedule, at(9)) == [1]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=20),
    st.integers(1, 3),
    st.randoms(use_true_random=False),
)
def test_every_feed_has_its_turn_once_and_no_host_has_more_than_its_limit(feeds, per_host, random):
    hosts = [host for host, _ in feeds]
    schedule = Schedule(hosts, per_host)
    for number, (_, seconds) in enumerate(feeds):
        schedule.add(number, at(seconds))
    under_way, seen = [], []
    while schedule or under_way:
        taken = take_all(schedule, at(5))
        under_way += taken
        seen += taken
        assert all([hosts[number] for number in under_way].count(host) <= per_host for host in "abc")
        schedule.done(under_way.pop(random.randrange(len(under_way))))
    assert sorted(seen) == list(range(len(feeds)))
