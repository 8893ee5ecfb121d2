"""The event log in Kafka: one topic a stream, one transaction an append.

    append -> take the lane -> read what others appended -> leave out known ids -> one transaction -> seen by readers
    read   -> a cursor for each partition, committed records only

`kafka_writer` says how writers keep apart, `kafka_ids` how ids are known, `kafka_topics` what topics are like.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, TypeVar

from connectors.kafka_append import Task
from connectors.kafka_ids import Place
from connectors.kafka_options import KafkaOptions, faults, is_final, is_topic
from connectors.kafka_reader import Cursor
from connectors.kafka_site import Site
from connectors.kafka_topics import POSITIONS, topic
from connectors.log_records import MAX_EVENT_BYTES, READ_BUDGET_BYTES, decode_stored, encode_appends
from connectors.ports import START, Advance, Append, Stored
from connectors.waiting import pause
from schemas.errors import LogError, RecordTooLargeError

Result = TypeVar("Result")
_logger = logging.getLogger(__name__)
_PATIENCE_S: Final = 120.0
"""How long a broker may be away before a call fails: longer than it takes to start one again."""
_WAIT_SLICE_S: Final = 0.1
_UNKNOWN_POLL_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 2.0
_CLOSE_S: Final = 30.0
"""How long `close` waits for calls of other threads, which give up at their next attempt."""


class KafkaLog:
    """EventLog on a Kafka cluster (3.3 or newer). A position is Kafka's offset plus one; offsets have gaps.

    Durable: acknowledged by all replicas in sync, in one transaction, which readers see whole or not at all. What a
    broker promises after a power loss depends on its replication: see the runbook.

    A call waits up to `patience_s` for a broker that is away, then raises LogError; whatever it was about, it can be
    repeated. Any thread may call; after a fork the child opens its own. Raises LogError when no broker answers.
    """

    def __init__(
        self, options: KafkaOptions, *, max_event_bytes: int = MAX_EVENT_BYTES, patience_s: float = _PATIENCE_S
    ) -> None:
        self._options = options
        self._max_event_bytes = max_event_bytes
        self._patience_s = patience_s
        self._reading = threading.RLock()
        """Cursors serve one call at a time; what writes has its own locks, and doesn't wait for who waits."""
        self._process = os.getpid()
        self._idle = threading.Condition()
        self._calls = 0
        self._closing = threading.Event()
        self._cursors: dict[Place, Cursor] = {}
        self._lasts: dict[Place, tuple[int, int]] = {}
        self._site = Site.join(options)

    def append(self, appends: Sequence[Append], advances: Sequence[Advance] = ()) -> int:
        """Append and advance in one transaction; see EventLog."""
        encoded = encode_appends(appends, self._max_event_bytes)
        if not encoded and not advances:
            return 0
        for stream in {stream for stream, _, _ in encoded}:
            if not is_topic(stream) or stream == POSITIONS:
                raise LogError(f"{self._options.name}: {stream!r} can't be the name of a stream in Kafka")
        task = Task(self._site, appends, encoded, advances)
        with self._session():
            return self._patiently(lambda: task.run(self._patience_s))

    def read(self, stream: str, *, after: int = START, limit: int = 1000, partition: int = 0) -> list[Stored]:
        """Read one page; see EventLog. It ends early once it holds 64 MiB."""
        if limit < 1:
            return []
        with self._session(), self._reading:
            records = self._patiently(lambda: self._page(stream, after, limit, partition), self._forget_cursors)
        return [decode_stored(stream, record.offset + 1, record.value or b"") for record in records]

    def _page(self, stream: str, after: int, limit: int, partition: int) -> list[Any]:
        cursor = self._cursor(stream, partition, after)
        if cursor is None:
            return []
        records: list[Any] = []
        size = 0
        while len(records) < limit and size < READ_BUDGET_BYTES and (record := cursor.take()) is not None:
            records.append(record)
            size += len(record.value or b"")
        return records

    def _cursor(self, stream: str, partition: int, after: int) -> Cursor | None:
        """Return the cursor of a partition, at a position; None where there is no such partition."""
        if not is_topic(stream) or partition not in self._site.partitions(stream):
            return None
        place = Place(topic(self._options, stream), partition)
        if place not in self._cursors:
            self._cursors[place] = self._site.lend_cursor(place, max(after, START))
        self._cursors[place].seek(max(after, START))
        return self._cursors[place]

    def end(self, stream: str, *, partition: int = 0) -> int:
        """Return the last position; see EventLog."""
        if not is_topic(stream):
            return START
        with self._session(), self._reading:
            return self._patiently(lambda: self._end(stream, partition))

    def _end(self, stream: str, partition: int) -> int:
        if partition not in self._site.partitions(stream):
            return START
        place = Place(topic(self._options, stream), partition)
        end = self._site.ends([place])[place]
        known_end, last = self._lasts.get(place, (0, START))
        if end != known_end:
            last = self._site.last_event(place, end)
            self._lasts[place] = (end, last)
        return last

    def partitions(self, stream: str) -> Sequence[int]:
        """Return the topic's partitions; see EventLog."""
        if not is_topic(stream):
            return (0,)
        with self._session():
            return tuple(self._patiently(lambda: self._site.partitions(stream))) or (0,)

    def position(self, consumer: str, stream: str, *, partition: int = 0) -> int:
        """Return a consumer's position; see EventLog."""
        with self._session():
            return self._patiently(lambda: self._site.position((consumer, stream, partition)))

    def holds(self, stream: str, event_ids: Sequence[str]) -> set[str]:
        """Return the ids that are there; see EventLog."""
        if not event_ids or not is_topic(stream):
            return set()
        with self._session():
            return self._patiently(lambda: set(self._site.known({stream: event_ids}).ids[stream]))

    def wait(self, stream: str, *, after: int, timeout_s: float, partition: int = 0) -> bool:
        """Let the broker hold a fetch until there is something; see EventLog."""
        deadline = time.monotonic() + timeout_s
        while True:
            left_s = max(0.0, deadline - time.monotonic())
            with self._session(), self._reading:
                look = partial(self._wait, stream, after, min(left_s, _WAIT_SLICE_S), partition)
                found = self._patiently(look, self._forget_cursors)
            if found or left_s <= 0:
                return found
            time.sleep(0.001)  # so that a thread that wants to read gets its turn

    def _wait(self, stream: str, after: int, timeout_s: float, partition: int) -> bool:
        cursor = self._cursor(stream, partition, after)
        if cursor is None:
            time.sleep(min(timeout_s, _UNKNOWN_POLL_S))
            return False
        return cursor.fill(timeout_s)

    def close(self) -> None:
        """Leave the brokers; calls that other threads are in end with LogError, at the latest at their next attempt.

        In a process that only inherited the log by a fork, the brokers are left to its owner.
        """
        if self._process != os.getpid():
            return
        with self._idle:
            if self._closing.is_set():
                return
            self._closing.set()
            self._idle.wait_for(lambda: not self._calls, _CLOSE_S)
        self._forget_cursors()
        self._site.leave()

    def _forget_cursors(self) -> None:
        cursors, self._cursors = list(self._cursors.values()), {}
        for cursor in cursors:
            cursor.close()

    def _patiently(self, work: Callable[[], Result], forget: Callable[[], None] = lambda: None) -> Result:
        """Run `work`; where the broker is away, again with new connections until it is back or patience is over."""
        told = False

        def attempt() -> Result:
            with faults(self._options):
                return work()

        def retry(error: Exception) -> bool:
            nonlocal told
            if not isinstance(error, LogError) or error.__cause__ is None or is_final(error.__cause__):
                return False
            if isinstance(error, RecordTooLargeError) or self._closing.is_set():
                return False
            if not told:
                _logger.warning("%s; trying again for up to %.0f s", error, self._patience_s)
                told = True
            forget()
            self._site.reset()
            return True

        deadline = time.monotonic() + self._patience_s
        pause_s = 0.05
        while True:
            try:
                return attempt()
            except Exception as error:
                if not retry(error) or time.monotonic() + pause_s > deadline or not pause(pause_s):
                    raise
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    @contextmanager
    def _session(self) -> Iterator[None]:
        """Count a call, so that `close` waits for it."""
        if self._process != os.getpid():
            raise LogError(f"{self._options.name}: this log was opened before a fork; open it again in the new process")
        with self._idle:
            if self._closing.is_set():
                raise LogError(f"{self._options.name}: the log was closed")
            self._calls += 1
        try:
            yield
        finally:
            with self._idle:
                self._calls -= 1
                self._idle.notify_all()
