"""Reading committed records from Kafka, by offset, without a group.

An offset here is Kafka's. The end of a partition is its last stable offset: what lies before it is committed, aborted,
or a marker of a transaction, and nothing will appear there any more.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from connectors.kafka_ids import Place
from connectors.kafka_options import KafkaOptions, consumer_settings
from schemas.errors import LogError

_POLL_MS: Final = 5
"""One look at what arrived. Markers at the end of a partition give no record, and a longer look would sit them out."""
_LONG_POLL_MS: Final = 100
_PAGE: Final = 500
_SILENCE_S: Final = 15.0
"""How long a broker that has records may send none."""
_NEW_TOPIC_S: Final = 5.0
"""How long a client may take to learn of a topic that was just made."""


class Reader:
    """One Kafka consumer. One call at a time. Raises kafka's errors; after one, make another reader."""

    def __init__(self, options: KafkaOptions) -> None:
        from kafka import KafkaConsumer

        self._consumer = KafkaConsumer(**consumer_settings(options))

    def ends(self, places: Iterable[Place]) -> dict[Place, int]:
        """Return the last stable offsets."""
        found = _asked(self._consumer.end_offsets, [_partition(place) for place in places])
        return {Place(each.topic, each.partition): offset for each, offset in found.items()}

    def begins(self, place: Place) -> int:
        """Return the first offset that is still there."""
        return int(_asked(self._consumer.beginning_offsets, [_partition(place)])[_partition(place)])

    def between(self, spans: Mapping[Place, tuple[int, int]]) -> Iterator[tuple[Place, Any]]:
        """Yield (place, record) of every record that is still there with first <= offset < end, in the order of each
        partition.

        Raises KafkaTimeoutError when none came for a while.
        """
        from kafka.errors import KafkaTimeoutError

        assigned = {_partition(place): end for place, (first, end) in spans.items() if first < end}
        self._consumer.assign(list(assigned))
        begins = _asked(self._consumer.beginning_offsets, list(assigned)) if assigned else {}
        for partition, begin in begins.items():
            self._consumer.seek(partition, max(begin, spans[Place(partition.topic, partition.partition)][0]))
        deadline, reached = time.monotonic() + _SILENCE_S, begins
        while assigned:
            for partition, records in self._consumer.poll(timeout_ms=_POLL_MS, max_records=_PAGE).items():
                place = Place(partition.topic, partition.partition)
                yield from ((place, record) for record in records if record.offset < spans[place][1])
            before, reached = reached, {each: self._consumer.position(each) for each in assigned}
            for partition in [each for each, offset in reached.items() if offset >= assigned[each]]:
                del assigned[partition]
                self._consumer.pause(partition)
            # What was aborted gives no record, and is progress.
            if reached != before:
                deadline = time.monotonic() + _SILENCE_S
            elif time.monotonic() > deadline:
                raise KafkaTimeoutError("no record came in time")
        self._consumer.assign([])

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close(autocommit=False, timeout_ms=1000)


class Cursor:
    """Reads one partition onwards, and looks ahead a page. One call at a time; raises kafka's errors, as a Reader."""

    def __init__(self, options: KafkaOptions, place: Place) -> None:
        from kafka import KafkaConsumer

        self.place = place
        self._name = f"{options.name}: {place.topic} partition {place.partition}"
        self._consumer = KafkaConsumer(**consumer_settings(options))
        self._partition = _partition(place)
        self._consumer.assign([self._partition])
        self._ahead: deque[Any] = deque()
        self._next = 0
        self._is_placed = False
        """Whether the consumer stands behind what lies ahead; it can't be placed beyond the end."""
        self._end = 0
        """The last stable offset when it was asked for last."""

    @property
    def next_offset(self) -> int:
        """The offset that the next record taken has at least."""
        return self._next

    def seek(self, offset: int) -> None:
        """Go on at `offset`; costs nothing where the cursor already is. 0 is the first record that is still there."""
        if offset != self._next:
            self._ahead.clear()
            self._is_placed = False
            self._next = offset

    def take(self) -> Any | None:
        """Return the next record, None at the end. Raises LogError where records are gone that were not read."""
        if not self.fill(0.0):
            return None
        record = self._ahead.popleft()
        self._next = record.offset + 1
        return record

    def fill(self, timeout_s: float) -> bool:
        """Wait for a record; return whether there is one. Sees all that was committed before the call."""
        deadline = time.monotonic() + timeout_s
        while not self._ahead:
            self._place()
            if self._is_placed:
                reached = self._consumer.position(self._partition)
                if reached < self._end or reached < self._ask_end():
                    self._look(_POLL_MS)
                    continue
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            if self._is_placed:
                self._look(max(1, min(_LONG_POLL_MS, int(left_s * 1000))))
            else:
                time.sleep(min(_POLL_MS / 1000, left_s))
        return True

    def _place(self) -> None:
        if self._is_placed or (self._next >= self._end and self._next >= self._ask_end()):
            return
        first = int(_asked(self._consumer.beginning_offsets, [self._partition])[self._partition])
        if 0 < self._next < first:
            raise LogError(
                f"{self._name}: what stood before position {first} was deleted, and only position {self._next} is "
                "done: the topic's retention.ms must be -1; restore a backup, or start this consumer anew"
            )
        self._consumer.seek(self._partition, max(first, self._next))
        self._is_placed = True

    def _ask_end(self) -> int:
        self._end = int(_asked(self._consumer.end_offsets, [self._partition])[self._partition])
        return self._end

    def _look(self, timeout_ms: int) -> None:
        for records in self._consumer.poll(timeout_ms=timeout_ms, max_records=_PAGE).values():
            self._ahead.extend(record for record in records if record.offset >= self._next)

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close(autocommit=False, timeout_ms=1000)


def _partition(place: Place) -> Any:
    from kafka import TopicPartition

    return TopicPartition(place.topic, place.partition)


def _asked(ask: Callable[[list[Any]], dict[Any, int]], partitions: list[Any]) -> dict[Any, int]:
    """Ask a consumer for offsets. Raises kafka's errors."""
    from kafka.errors import KafkaTimeoutError

    deadline = time.monotonic() + _NEW_TOPIC_S
    while time.monotonic() < deadline:
        try:
            return ask(partitions)
        except KeyError:
            # kafka-python 3.0 leaves out a topic that its metadata doesn't hold yet, and then looks it up.
            time.sleep(_POLL_MS / 1000)
    raise KafkaTimeoutError("the offsets of a new topic could not be asked for")
