"""A log like Kafka's in the two ways that SQLite's is not: several partitions, and positions with holes between them.

The stream's end lies behind its last event, as it does after a transaction marker.
"""

from collections.abc import Sequence

from connectors.memory_log import MemoryLog
from connectors.ports import START, Advance, Append, Stored
from schemas.envelope import ARTICLES, MATCHES

STRIDE = 3
SPREAD = (ARTICLES, MATCHES)
"""Streams with several partitions; the others, which are small, have one."""


class SparseLog:
    """EventLog over one memory log a partition; event n of a partition has position 3 n, and the end is 1 behind."""

    def __init__(self, partitions: int) -> None:
        self._logs = [MemoryLog() for _ in range(partitions)]

    def _partition(self, append: Append) -> int:
        return sum(append.event.subject.encode()) % len(self.partitions(append.stream))

    def append(self, appends: Sequence[Append], advances: Sequence[Advance] = ()) -> int:
        new = 0
        for number, log in enumerate(self._logs):
            mine = [append for append in appends if self._partition(append) == number]
            new += log.append(mine, [advance for advance in advances if advance.partition == number])
        return new

    def read(self, stream: str, *, after: int = START, limit: int = 1000, partition: int = 0) -> list[Stored]:
        found = self._logs[partition].read(stream, after=after // STRIDE, limit=limit)
        return [Stored(stored.position * STRIDE, stored.event) for stored in found]

    def end(self, stream: str, *, partition: int = 0) -> int:
        last = self._logs[partition].end(stream)
        return last * STRIDE + 1 if last else START

    def partitions(self, stream: str) -> Sequence[int]:
        return range(len(self._logs)) if stream.startswith(SPREAD) else (0,)

    def position(self, consumer: str, stream: str, *, partition: int = 0) -> int:
        return self._logs[partition].position(consumer, stream, partition=partition)

    def holds(self, stream: str, event_ids: Sequence[str]) -> set[str]:
        return set().union(*(log.holds(stream, event_ids) for log in self._logs))

    def wait(self, stream: str, *, after: int, timeout_s: float, partition: int = 0) -> bool:
        return self._logs[partition].wait(stream, after=after // STRIDE, timeout_s=timeout_s)

    def close(self) -> None:
        pass
