"""What the logs of one process on one cluster share: the lanes, the ids and positions read so far."""

import itertools
import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Final, NamedTuple

from connectors.access import variable
from connectors.kafka_ids import IdCache, Noted, Place, state_folder
from connectors.kafka_options import KafkaOptions, client_settings, faults, hush_driver
from connectors.kafka_positions import PositionKey, Positions, position_record
from connectors.kafka_reader import Cursor, Reader
from connectors.kafka_topics import NEW_TOPIC_S, POSITIONS, create_topics, is_spread, topic, wanted_partitions
from connectors.kafka_writer import ID_HEADER, WRITER_HEADER, Landed, Lane, Outgoing, murmur2_partition
from connectors.ports import START, Advance
from schemas.envelope import ARTICLES, decode
from schemas.errors import LogError, RecordError

_logger = logging.getLogger(__name__)
_METADATA_S: Final = 60.0
"""How long the partitions of a topic are believed to be what they were."""
_CHUNK: Final = 5000
_IDLE_CURSORS: Final = 2
"""Cursors of one partition that are kept for their next user."""
_SEEN_S: Final = 5.0
"""How long an append waits to be seen by readers: it is durable already, and hidden only where another writer died in
the middle of its own."""


class Topic(NamedTuple):
    """A topic's partitions, and the id that tells it from one of the same name that was deleted before."""

    topic_id: str
    partitions: list[int]


_NO_TOPIC: Final = Topic("", [])


class Known(NamedTuple):
    """Ids that streams hold of those asked for, each with its writer's mark, and the offset that each partition was
    read up to for them.
    """

    ids: dict[str, dict[str, bytes]]
    ends: dict[Place, int]


class Site:
    """Shared by all logs of this process with the same address. Raises kafka's errors; any thread may call."""

    _sites: ClassVar[dict[tuple[int, KafkaOptions, str], "Site"]] = {}
    _sites_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, options: KafkaOptions) -> None:
        self.options = options
        self._lock = threading.RLock()
        self._reader: Reader | None = None
        self._admin: Any = None
        self._topics: dict[str, tuple[float, Topic]] = {}
        self._positions = Positions(options)
        self._lanes: dict[str, Lane] = {}
        self._idle: dict[Place, list[Cursor]] = {}
        self._users = 0
        cluster = _cluster_id(options)
        self._folder = state_folder(variable("KIRKUK_LOG_STATE"), cluster, options.prefix, options.bootstrap)
        self._ids = IdCache(self._folder)

    @classmethod
    def join(cls, options: KafkaOptions) -> "Site":
        """Return this process's site; `leave` it once for each `join`."""
        hush_driver()
        key = (os.getpid(), options, variable("KIRKUK_LOG_STATE"))
        with cls._sites_lock:
            site = cls._sites.get(key)
            if site is None:
                site = cls._sites[key] = cls(options)
            site._users += 1
            return site

    def leave(self) -> None:
        """Close all when the last user leaves."""
        with self._sites_lock:
            self._users -= 1
            if self._users:
                return
            for key in [key for key, site in self._sites.items() if site is self]:
                del self._sites[key]
        for lane in self._lanes.values():
            lane.discard()
        with self._lock:
            self.reset()
            for cursor in itertools.chain.from_iterable(self._idle.values()):
                cursor.close()
            self._ids.close()

    def lane(self, name: str) -> Lane:
        """Return this process's writer of a lane."""
        with self._lock:
            if name not in self._lanes:
                self._lanes[name] = Lane(self.options, name, self._folder)
            return self._lanes[name]

    def reset(self) -> None:
        """Use a new connection from now on."""
        with self._lock:
            reader, self._reader = self._reader, None
            admin, self._admin = self._admin, None
            for client in (reader, admin):
                if client is not None:
                    client.close()

    def lend_cursor(self, place: Place, offset: int) -> Cursor:
        """Return a cursor for one user: the one that stands at `offset` if there is, for it holds what comes next."""
        with self._lock:
            idle = self._idle.get(place, [])
            if idle:
                return idle.pop(next((at for at, cursor in enumerate(idle) if cursor.next_offset == offset), 0))
        return Cursor(self.options, place)

    def take_back(self, cursor: Cursor) -> None:
        """Keep a cursor that works for the next user: an epoch reads on where the one before it stopped."""
        with self._lock:
            idle = self._idle.setdefault(cursor.place, [])
            if len(idle) < _IDLE_CURSORS:
                idle.append(cursor)
                return
        cursor.close()

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        with self._lock:
            if self._reader is None:
                self._reader = Reader(self.options)
            try:
                yield self._reader
            except BaseException:
                self.reset()
                raise

    def partitions(self, stream: str) -> list[int]:
        """Return the partitions of a stream, none before its first event."""
        return self._topic(topic(self.options, stream)).partitions

    def _topic(self, name: str) -> "Topic":
        """Return what is known of a topic, asked again after a while, or at once where there was none."""
        with self._lock:
            asked, found = self._topics.get(name, (0.0, _NO_TOPIC))
            if not found.partitions or time.monotonic() - asked > _METADATA_S:
                found = self._described(name)
                self._topics[name] = (time.monotonic(), found)
            return found

    def _described(self, name: str) -> "Topic":
        from kafka.admin import KafkaAdminClient

        try:
            if self._admin is None:
                self._admin = KafkaAdminClient(**client_settings(self.options))
            [found] = self._admin.describe_topics([name])
        except BaseException:
            self.reset()
            raise
        partitions = sorted(each["partition_index"] for each in found["partitions"])
        return Topic(str(found["topic_id"]), partitions)

    def ensure(self, streams: Iterable[str]) -> None:
        """Make the topics of streams that have none."""
        missing = [stream for stream in streams if not self.partitions(stream)]
        if not missing:
            return
        articles = len(self.partitions(ARTICLES))
        wanted = {
            stream: articles if articles and is_spread(stream) else wanted_partitions(self.options, stream)
            for stream in missing
        }
        from kafka.errors import KafkaTimeoutError

        create_topics(self.options, wanted)
        deadline = time.monotonic() + NEW_TOPIC_S
        while any(not self.partitions(stream) for stream in missing):
            if time.monotonic() > deadline:
                raise KafkaTimeoutError("a new topic did not appear")
            time.sleep(0.02)

    def place(self, stream: str, subject: str) -> Place:
        """Return where the events of a key go. The stream exists."""
        count = len(self.partitions(stream))
        return Place(topic(self.options, stream), murmur2_partition(subject.encode(), count) if count > 1 else 0)

    def places(self, streams: Iterable[str]) -> list[Place]:
        """Return all partitions of streams."""
        return [Place(topic(self.options, stream), part) for stream in streams for part in self.partitions(stream)]

    def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the offsets that nothing will be inserted before any more."""
        if not places:
            return {}
        with self._reading() as reader:
            return reader.ends(places)

    def last_event(self, place: Place, end: int) -> int:
        """Return the position of the last event before the offset `end`: START where there is none."""
        with self._reading() as reader:
            begin = reader.begins(place)
            size = 2
            while True:
                first = max(begin, end - size)
                offsets = [record.offset for _, record in reader.between({place: (first, end)})]
                if offsets:
                    return int(max(offsets)) + 1
                if first == begin:
                    return START
                size *= 16

    def known(self, streams: Mapping[str, Sequence[str]]) -> Known:
        """Return what streams hold of the event ids given."""
        with self._lock:
            ends = self._catch_up_ids(streams)
            ids = {
                stream: self._ids.known(self._topic(topic(self.options, stream)).topic_id, ids)
                for stream, ids in streams.items()
            }
            return Known(ids, ends)

    def _cached(self, place: Place) -> Place:
        """Return a partition as the cache of ids names it."""
        return Place(self._topic(place.topic).topic_id, place.partition)

    def _catch_up_ids(self, streams: Iterable[str]) -> dict[Place, int]:
        places = self.places(streams)
        with self._reading() as reader:
            # Asked before the ends: another process may read on, and note it, at any moment.
            begins = {place: self._ids.next_offset(self._cached(place)) for place in places}
            ends = reader.ends(places)
            for name in {place.topic for place in places if begins[place] > ends[place]}:
                _logger.warning("topic %s ends before what was read of it: its event ids are read again", name)
                self._ids.forget(self._topic(name).topic_id)
                begins |= {place: 0 for place in places if place.topic == name}
            behind = {place: (begins[place], end) for place, end in ends.items() if begins[place] < end}
            if behind:
                self._read_ids(reader, behind)
        return ends

    def _read_ids(self, reader: Reader, spans: Mapping[Place, tuple[int, int]]) -> None:
        read: dict[Place, int] = {}
        ids: list[Noted] = []
        for place, record in reader.between(spans):
            cached = self._cached(place)
            ids.extend(_noted(cached.topic, record))
            read[cached] = record.offset + 1
            if len(ids) >= _CHUNK:
                self._ids.add(ids, read)
                ids.clear()
        self._ids.add(ids, {self._cached(place): end for place, (_, end) in spans.items()})

    def position(self, key: PositionKey) -> int:
        """Return a consumer's position, as the log has it now."""
        return self._position_now([key])[key]

    def moves(self, advances: Sequence[Advance]) -> dict[PositionKey, int]:
        """Return what would move forward: the highest of each consumer, where it is above what is stored."""
        highest: dict[PositionKey, int] = {}
        for consumer, stream, partition, position in advances:
            key = (consumer, stream, partition)
            highest[key] = max(position, highest.get(key, START))
        stored = self._position_now(list(highest))
        return {key: position for key, position in highest.items() if position > stored[key]}

    def _position_now(self, keys: Sequence[PositionKey]) -> dict[PositionKey, int]:
        with self._lock:
            count = len(self.partitions(POSITIONS))
            if count and keys:
                with self._reading() as reader:
                    self._positions.catch_up(reader, {self._positions.place(key, count) for key in keys})
            return {key: self._positions.of(key) for key in keys}

    def position_records(self, moves: Mapping[PositionKey, int]) -> list[Outgoing]:
        """Return what is written for positions."""
        count = len(self.partitions(POSITIONS))
        return [position_record(self._positions.place(key, count), key, position) for key, position in moves.items()]

    def landed(self, noted: Sequence[Noted], moves: Mapping[PositionKey, int], landed: Mapping[Place, Landed]) -> None:
        """Note what was committed, once readers see it, so that this process needn't read it again.

        Raises KafkaTimeoutError where our own transaction is still open though its commit was answered. A broker that
        is cut off from its controller for a moment takes the partitions for deleted, writes no marker there and says
        that all is done (Kafka 4.3, seen after kills); the next transaction's end would decide about these records.
        """
        from kafka.errors import KafkaTimeoutError

        ends = self.seen(landed, _SEEN_S)
        if any(ends[place] == found.first for place, found in landed.items()):
            raise KafkaTimeoutError("a commit was answered and had no effect")
        positions = topic(self.options, POSITIONS)
        with self._lock, suppress(LogError):  # what can't be noted is read again
            # Where nothing but this transaction and its marker came since the last look, all of it is known.
            read = {
                place: end
                for place, end in ends.items()
                if end == landed[place].last + 2 and landed[place].alone_from(self._read_up_to(place))
            }
            self._positions.note(moves, {place: end for place, end in read.items() if place.topic == positions})
            self._ids.add(
                [each._replace(topic=self._topic(each.topic).topic_id) for each in noted],
                {self._cached(place): end for place, end in read.items() if place.topic != positions},
            )

    def _read_up_to(self, place: Place) -> int:
        if place.topic == topic(self.options, POSITIONS):
            return self._positions.read_up_to(place)
        return self._ids.next_offset(self._cached(place))

    def seen(self, landed: Mapping[Place, Landed], timeout_s: float) -> dict[Place, int]:
        """Wait until nothing before the end of these records is undecided any more; return the ends of partitions."""
        deadline = time.monotonic() + timeout_s
        pause_s = 0.0005
        while True:
            ends = self.ends(list(landed))
            if all(ends[place] > found.last for place, found in landed.items()) or time.monotonic() > deadline:
                return ends
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, 0.05)


def _noted(topic_id: str, record: Any) -> Iterator[Noted]:
    """Yield a record's event id; none for what other tools wrote there, which no event can be."""
    headers = dict(record.headers)
    event_id, writer = headers.get(ID_HEADER), headers.get(WRITER_HEADER) or b""
    if event_id is not None:
        yield Noted(topic_id, event_id.decode(errors="replace"), writer)
        return
    try:
        yield Noted(topic_id, decode(record.value or b"").id, writer)
    except (RecordError, RecursionError):
        return


def _cluster_id(options: KafkaOptions) -> str:
    from kafka.admin import KafkaAdminClient

    with faults(options):
        client = KafkaAdminClient(**client_settings(options))
        try:
            return str(client.describe_cluster()["cluster_id"])
        finally:
            client.close()
