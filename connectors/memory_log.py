"""The event log in memory: for tests, trials and whatever need not outlive its process."""

import threading
from collections.abc import Sequence
from typing import Final

from connectors.log_records import MAX_EVENT_BYTES, decode_stored, encode_appends
from connectors.ports import START, Advance, Append, Stored


class MemoryLog:
    """EventLog in this process's memory, for any number of threads; one partition (0) a stream, dense positions from 1.

    Events are kept encoded, as every other log keeps them, so that what can be stored here can be stored anywhere.
    `close` changes nothing: the log belongs to all who opened it.
    """

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._bodies: dict[str, list[bytes]] = {}
        self._ids: dict[str, set[str]] = {}
        self._positions: dict[tuple[str, str, int], int] = {}
        self._changed = threading.Condition()

    def append(self, appends: Sequence[Append], advances: Sequence[Advance] = ()) -> int:
        """Append and advance under one lock; see EventLog."""
        encoded = encode_appends(appends, self._max_event_bytes)
        with self._changed:
            new = sum(self._add(*item) for item in encoded)
            for consumer, stream, partition, position in advances:
                key = (consumer, stream, partition)
                self._positions[key] = max(position, self._positions.get(key, START))
            self._changed.notify_all()
        return new

    def read(self, stream: str, *, after: int = START, limit: int = 1000, partition: int = 0) -> list[Stored]:
        """Read one page; see EventLog."""
        first = max(after, START)
        with self._changed:
            bodies = self._partition(stream, partition)[first : first + max(limit, 0)]
        return [decode_stored(stream, position, body) for position, body in enumerate(bodies, first + 1)]

    def end(self, stream: str, *, partition: int = 0) -> int:
        """Return the last position; see EventLog."""
        with self._changed:
            return len(self._partition(stream, partition))

    def partitions(self, stream: str) -> Sequence[int]:  # noqa: ARG002 (the port asks by stream)
        """Return `(0,)`."""
        return (0,)

    def position(self, consumer: str, stream: str, *, partition: int = 0) -> int:
        """Return a consumer's position; see EventLog."""
        with self._changed:
            return self._positions.get((consumer, stream, partition), START)

    def holds(self, stream: str, event_ids: Sequence[str]) -> set[str]:
        """Return the ids that are there; see EventLog."""
        with self._changed:
            return self._ids.get(stream, set()).intersection(event_ids)

    def wait(self, stream: str, *, after: int, timeout_s: float, partition: int = 0) -> bool:
        """Sleep until an append; see EventLog."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._partition(stream, partition)) > after, timeout_s)

    def close(self) -> None:
        """Do nothing: others may have the log open."""

    def _partition(self, stream: str, partition: int) -> list[bytes]:
        return self._bodies.get(stream, []) if partition == 0 else []

    def _add(self, stream: str, event_id: str, body: bytes) -> bool:
        """Store one event; whether it is new."""
        ids = self._ids.setdefault(stream, set())
        if event_id in ids:
            return False
        ids.add(event_id)
        self._bodies.setdefault(stream, []).append(body)
        return True


_logs: Final[dict[str, MemoryLog]] = {}
_opening: Final = threading.Lock()


def memory_log(url: str) -> MemoryLog:
    """Return this process's log of that URL: the same one for the same URL."""
    with _opening:
        return _logs.setdefault(url, MemoryLog())
