"""Whatever is appended in whatever order, a log is the list of what was new; hypothesis looks for the contrary."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.kafka_log import KafkaLog
from connectors.ports import START, Advance, Append

_names = itertools.count()

_batches = st.lists(st.lists(st.tuples(st.sampled_from(["x", "y"]), st.integers(0, 12)), max_size=6), max_size=8)
_moves = st.lists(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 50)), max_size=4), max_size=8)


def _examples(log):
    """Topics are dearer to make than tables: a second against a millisecond."""
    return settings(max_examples=15 if isinstance(log, KafkaLog) else 60, deadline=None)


def test_pages_add_up_to_an_uninterrupted_read(log, play):
    """Reading in pages of any size, from any place, gives what one read gives; and both are what was new."""

    @_examples(log)
    @given(batches=_batches, limit=st.integers(1, 7), start=st.integers(0, 8))
    def check(batches, limit, start):
        prefix = f"run{next(_names)}."
        expected: dict[str, list[str]] = {"x": [], "y": []}
        for batch in batches:
            new = 0
            for stream, number in batch:
                if str(number) not in expected[stream]:
                    expected[stream].append(str(number))
                    new += 1
            assert log.append([Append(prefix + stream, play.event(str(number))) for stream, number in batch]) == new
        for stream, event_ids in expected.items():
            whole = log.read(prefix + stream)
            assert play.ids(whole) == event_ids
            assert play.read_all(log, prefix + stream, limit) == whole
            assert log.end(prefix + stream) == (whole[-1].position if whole else START)
            after = whole[start].position if start < len(whole) else START
            assert log.read(prefix + stream, after=after) == [stored for stored in whole if stored.position > after]

    check()


def test_a_position_is_the_highest_ever_stored(log):
    """Whatever the order of advances, a consumer stands at the highest."""

    @_examples(log)
    @given(moves=_moves)
    def check(moves):
        prefix = f"run{next(_names)}."
        highest = {"a": START, "b": START}
        for advances in moves:
            log.append([], [Advance(prefix + consumer, "s", 0, position) for consumer, position in advances])
            for consumer, position in advances:
                highest[consumer] = max(highest[consumer], position)
            assert {consumer: log.position(prefix + consumer, "s") for consumer in highest} == highest

    check()
