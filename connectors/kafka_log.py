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

from connectors.kafka_ids import Noted, Place
from connectors.kafka_options import KafkaOptions, faults, is_final, is_topic
from connectors.kafka_reader import Cursor
from connectors.kafka_site import Site, patiently
from connectors.kafka_topics import POSITIONS, topic
from connectors.kafka_writer import Lane, Outgoing, lane_of
from connectors.log_records import MAX_EVENT_BYTES, READ_BUDGET_BYTES, decode_stored, encode_appends
from connectors.ports import START, Advance, Append, Stored
from schemas.errors import LogError, RecordTooLargeError

Result = TypeVar("Result")
_logger = logging.getLogger(__name__)
_PATIENCE_S: Final = 120.0
"""How long a broker may be away before a call fails: longer than it takes to start one again."""
_WAIT_SLICE_S: Final = 0.1
_UNKNOWN_POLL_S: Final = 0.05


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
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._cursors: dict[Place, Cursor] = {}
        self._lasts: dict[Place, tuple[int, int]] = {}
        self._closed = False
        self._site = Site.join(options, patience_s)

    def append(self, appends: Sequence[Append], advances: Sequence[Advance] = ()) -> int:
        """Append and advance in one transaction; see EventLog."""
        encoded = encode_appends(appends, self._max_event_bytes)
        if not encoded and not advances:
            return 0
        for stream in {stream for stream, _, _ in encoded}:
            if not is_topic(stream) or stream == POSITIONS:
                raise LogError(f"{self._options.name}: {stream!r} can't be the name of a stream in Kafka")
        task = _Task(self._site, appends, encoded, advances)
        with self._session():
            return self._patiently(lambda: task.run(self._patience_s), task.give_up)

    def read(self, stream: str, *, after: int = START, limit: int = 1000, partition: int = 0) -> list[Stored]:
        """Read one page; see EventLog. It ends early once it holds 64 MiB."""
        if limit < 1:
            return []
        with self._session():
            records = self._patiently(lambda: self._page(stream, after, limit, partition), self._forget_cursors)
        return [decode_stored(stream, record.offset + 1, record.value or b"") for record in records]

    def _page(self, stream: str, after: int, limit: int, partition: int) -> list[Any]:
        cursor = self._cursor(stream, partition)
        if cursor is None:
            return []
        cursor.seek(max(after, START))
        records: list[Any] = []
        size = 0
        while len(records) < limit and size < READ_BUDGET_BYTES and (record := cursor.take()) is not None:
            records.append(record)
            size += len(record.value or b"")
        return records

    def _cursor(self, stream: str, partition: int) -> Cursor | None:
        """Return the cursor of a partition, None where there is no such partition."""
        if not is_topic(stream) or partition not in self._site.partitions(stream):
            return None
        place = Place(topic(self._options, stream), partition)
        if place not in self._cursors:
            self._cursors[place] = Cursor(self._options, place)
        return self._cursors[place]

    def end(self, stream: str, *, partition: int = 0) -> int:
        """Return the last position; see EventLog."""
        if not is_topic(stream):
            return START
        with self._session():
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
            return self._patiently(lambda: set(self._site.known({stream: event_ids})[stream]))

    def wait(self, stream: str, *, after: int, timeout_s: float, partition: int = 0) -> bool:
        """Let the broker hold a fetch until there is something; see EventLog."""
        deadline = time.monotonic() + timeout_s
        while True:
            left_s = max(0.0, deadline - time.monotonic())
            with self._session():
                look = partial(self._wait, stream, after, min(left_s, _WAIT_SLICE_S), partition)
                found = self._patiently(look, self._forget_cursors)
            if found or left_s <= 0:
                return found

    def _wait(self, stream: str, after: int, timeout_s: float, partition: int) -> bool:
        cursor = self._cursor(stream, partition)
        if cursor is None:
            time.sleep(min(timeout_s, _UNKNOWN_POLL_S))
            return False
        cursor.seek(max(after, START))
        return cursor.fill(timeout_s)

    def close(self) -> None:
        """Leave the brokers. In a process that only inherited the log by a fork, they are left to its owner."""
        if self._process != os.getpid():
            return
        with self._lock:
            if not self._closed:
                self._closed = True
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
            if isinstance(error, RecordTooLargeError) or self._closed:
                return False
            if not told:
                _logger.warning("%s; trying again for up to %.0f s", error, self._patience_s)
                told = True
            forget()
            self._site.reset()
            return True

        return patiently(attempt, patience_s=self._patience_s, retry=retry)

    @contextmanager
    def _session(self) -> Iterator[None]:
        """Serve one call at a time."""
        if self._process != os.getpid():
            raise LogError(f"{self._options.name}: this log was opened before a fork; open it again in the new process")
        with self._lock:
            if self._closed:
                raise LogError(f"{self._options.name}: the log was closed")
            yield


class _Task:
    """One append, which may take several attempts: a commit whose answer got lost may have been one."""

    def __init__(
        self,
        site: Site,
        appends: Sequence[Append],
        encoded: Sequence[tuple[str, str, bytes]],
        advances: Sequence[Advance],
    ) -> None:
        self._site = site
        self._subjects = [event.subject for _, event in appends]
        self._encoded = encoded
        self._advances = advances
        self._ids: dict[str, list[str]] = {}
        for stream, event_id, _ in encoded:
            self._ids.setdefault(stream, []).append(event_id)
        self._tried: set[tuple[str, str, bytes]] = set()
        """(stream, id, writer's mark) of what may have been committed by an attempt whose end is not known."""
        self._lane: Lane | None = None

    def run(self, timeout_s: float) -> int:
        """Append; return how many events were new. Raises kafka's errors, and may then be run again."""
        site = self._site
        site.ensure([*self._ids, POSITIONS] if self._advances else self._ids)
        lane = self._lane = site.lane(self._lane_name())
        with lane.hold():
            lane.claim()
            known = site.known(self._ids) if self._ids else {}
            fresh = self._fresh(known)
            moves = site.moves(self._advances)
            if not fresh and not moves:
                return self._counted(known, 0)
            positions = [site.position_record(key, position) for key, position in moves.items()]
            self._tried |= {(stream, event_id, lane.mark) for stream, event_id, _ in fresh}
            landed = lane.commit([record for _, _, record in fresh] + positions, timeout_s)
            noted = [Noted(record.place.topic, event_id, lane.mark) for _, event_id, record in fresh]
            count = self._counted(known, len(fresh))
        site.landed(noted, moves, landed)
        return count

    def _lane_name(self) -> str:
        if not self._encoded:
            return lane_of([], 0, self._advances[0].consumer)
        spread = (
            self._site.place(stream, subject).partition
            for (stream, _, _), subject in zip(self._encoded, self._subjects, strict=True)
            if len(self._site.partitions(stream)) > 1
        )
        return lane_of(list(self._ids), next(spread, 0))

    def _fresh(self, known: dict[str, dict[str, bytes]]) -> list[tuple[str, str, Outgoing]]:
        """Return (stream, id, record) of the events that the log doesn't hold, each id once."""
        taken = {stream: set(ids) for stream, ids in known.items()}
        fresh = []
        for (stream, event_id, body), subject in zip(self._encoded, self._subjects, strict=True):
            if event_id not in taken[stream]:
                taken[stream].add(event_id)
                place = self._site.place(stream, subject)
                fresh.append((stream, event_id, Outgoing(place, subject.encode(), body, event_id)))
        return fresh

    def _counted(self, known: dict[str, dict[str, bytes]], fresh: int) -> int:
        """Add what an earlier attempt committed after all."""
        recovered = sum(known.get(stream, {}).get(event_id) == mark for stream, event_id, mark in self._tried)
        return fresh + recovered

    def give_up(self) -> None:
        """Let go of the lane, so that the next attempt takes it anew."""
        if self._lane is not None:
            self._lane.discard()
