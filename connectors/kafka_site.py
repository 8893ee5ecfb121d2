"""What the logs of one process on one cluster share: the lanes, the ids and positions read so far."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

import msgspec

from connectors.access import variable
from connectors.kafka_ids import IdCache, Noted, Place, state_folder
from connectors.kafka_options import KafkaOptions, client_settings, faults
from connectors.kafka_reader import Reader
from connectors.kafka_topics import POSITIONS, create_topics, is_spread, topic, wanted_partitions
from connectors.kafka_writer import ID_HEADER, WRITER_HEADER, Landed, Lane, Outgoing, murmur2_partition
from connectors.ports import START, Advance
from schemas.envelope import ARTICLES, decode
from schemas.errors import RecordError

Result = TypeVar("Result")
_METADATA_S: Final = 60.0
"""How long the partitions of a topic are believed to be what they were."""
_CHUNK: Final = 5000
_SEEN_S: Final = 5.0
"""How long an append waits to be seen by readers: it is durable already, and hidden only where another writer died in
the middle of its own."""
_CATCH_UP_S: Final = 15.0

_PositionKey = tuple[str, str, int]
_key_decoder = msgspec.json.Decoder(_PositionKey)


class Topic(NamedTuple):
    """A topic's partitions, and the id that tells it from one of the same name that was deleted before."""

    topic_id: str
    partitions: list[int]


_NO_TOPIC: Final = Topic("", [])


class Site:
    """Shared by all logs of this process with the same address. Raises kafka's errors; any thread may call."""

    _sites: ClassVar[dict[tuple[int, KafkaOptions, str], "Site"]] = {}
    _sites_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, options: KafkaOptions, patience_s: float) -> None:
        self.options = options
        self._patience_s = patience_s
        self._lock = threading.RLock()
        self._reader: Reader | None = None
        self._admin: Any = None
        self._topics: dict[str, tuple[float, Topic]] = {}
        self._positions: dict[_PositionKey, int] = {}
        self._positions_read: dict[Place, int] = {}
        self._lanes: dict[str, Lane] = {}
        self._users = 0
        self._folder = state_folder(variable("KIRKUK_LOG_STATE"), _cluster_id(options), options.prefix)
        self._ids = IdCache(self._folder)

    @classmethod
    def join(cls, options: KafkaOptions, patience_s: float) -> "Site":
        """Return this process's site; `leave` it once for each `join`."""
        key = (os.getpid(), options, variable("KIRKUK_LOG_STATE"))
        with cls._sites_lock:
            site = cls._sites.get(key)
            if site is None:
                site = cls._sites[key] = cls(options, patience_s)
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
            self._ids.close()

    def lane(self, name: str) -> Lane:
        """Return this process's writer of a lane."""
        with self._lock:
            if name not in self._lanes:
                self._lanes[name] = Lane(self.options, name, self._folder, self._patience_s)
            return self._lanes[name]

    def reset(self) -> None:
        """Use a new connection from now on."""
        with self._lock:
            reader, self._reader = self._reader, None
            admin, self._admin = self._admin, None
            for client in (reader, admin):
                if client is not None:
                    client.close()

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
        deadline = time.monotonic() + _CATCH_UP_S
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
                offsets = [record.offset for _, record in reader.between({place: (first, end)}, _deadline())]
                if offsets:
                    return int(max(offsets)) + 1
                if first == begin:
                    return START
                size *= 16

    def known(self, streams: Mapping[str, Sequence[str]]) -> dict[str, dict[str, bytes]]:
        """Return the event ids that streams hold of those given, each with its writer's mark."""
        with self._lock:
            self._catch_up_ids(streams)
            return {stream: self._ids.known(topic(self.options, stream), ids) for stream, ids in streams.items()}

    def _catch_up_ids(self, streams: Iterable[str]) -> None:
        places = self.places(streams)
        with self._reading() as reader:
            for name in {place.topic for place in places}:
                self._ids.belongs(name, self._topic(name).topic_id)
            ends = reader.ends(places)
            spans = {place: (self._ids.next_offset(place), end) for place, end in ends.items()}
            behind = {place: span for place, span in spans.items() if span[0] < span[1]}
            read: dict[Place, int] = {}
            ids: list[Noted] = []
            for place, record in reader.between(behind, _deadline()) if behind else ():
                ids.extend(_noted(place, record))
                read[place] = record.offset + 1
                if len(ids) >= _CHUNK:
                    self._ids.add(ids, read)
                    ids.clear()
            if behind:
                self._ids.add(ids, {place: end for place, (_, end) in behind.items()})

    def position(self, key: _PositionKey) -> int:
        """Return a consumer's position, as the log has it now."""
        with self._lock:
            if self.partitions(POSITIONS):
                self._catch_up_positions(self._position_place(key).partition)
            return self._positions.get(key, START)

    def moves(self, advances: Sequence[Advance]) -> dict[_PositionKey, int]:
        """Return what would move forward: the highest of each consumer, where it is above what is stored."""
        found: dict[_PositionKey, int] = {}
        for consumer, stream, partition, position in advances:
            key = (consumer, stream, partition)
            if position > found.get(key, self.position(key)):
                found[key] = position
        return found

    def position_record(self, key: _PositionKey, position: int) -> Outgoing:
        """Return what is written for a position."""
        return Outgoing(self._position_place(key), msgspec.json.encode(key), str(position).encode())

    def _position_place(self, key: _PositionKey) -> Place:
        count = len(self.partitions(POSITIONS)) or 1
        return Place(topic(self.options, POSITIONS), murmur2_partition(key[0].encode(), count))

    def _catch_up_positions(self, partition: int) -> None:
        place = Place(topic(self.options, POSITIONS), partition)
        with self._reading() as reader:
            end = reader.ends([place])[place]
            span = (self._positions_read.get(place, 0), end)
            if span[0] < end:
                first = max(span[0], reader.begins(place))
                for _, record in reader.between({place: (first, end)}, _deadline()):
                    self._note_position(_key_decoder.decode(record.key), int(record.value))
                self._positions_read[place] = end

    def _note_position(self, key: _PositionKey, position: int) -> None:
        self._positions[key] = max(position, self._positions.get(key, START))

    def landed(self, noted: Sequence[Noted], moves: Mapping[_PositionKey, int], landed: Mapping[Place, Landed]) -> None:
        """Note what was committed, once readers see it, so that this process needn't read it again."""
        ends = self._wait_until_seen(landed)
        with self._lock:
            for key, position in moves.items():
                self._note_position(key, position)
            # Where nothing but this transaction and its marker came since the last look, all of it is known.
            read = {
                place: ends[place]
                for place, (first, last, size) in landed.items()
                if ends.get(place) == last + 2 and last - first + 1 == size and self._read_up_to(place) == first
            }
            positions = topic(self.options, POSITIONS)
            self._positions_read |= {place: end for place, end in read.items() if place.topic == positions}
            self._ids.add(noted, {place: end for place, end in read.items() if place.topic != positions})

    def _read_up_to(self, place: Place) -> int:
        if place.topic == topic(self.options, POSITIONS):
            return self._positions_read.get(place, 0)
        return self._ids.next_offset(place)

    def _wait_until_seen(self, landed: Mapping[Place, Landed]) -> dict[Place, int]:
        deadline = time.monotonic() + _SEEN_S
        pause_s = 0.0005
        while True:
            ends = self.ends(list(landed))
            if all(ends[place] > found.last for place, found in landed.items()) or time.monotonic() > deadline:
                return ends
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, 0.05)


def _deadline() -> float:
    return time.monotonic() + _CATCH_UP_S


def _noted(place: Place, record: Any) -> Iterator[Noted]:
    """Yield a record's event id; none for what other tools wrote there, which no event can be."""
    headers = dict(record.headers)
    writer = headers.get(WRITER_HEADER, b"")
    if ID_HEADER in headers:
        yield Noted(place.topic, headers[ID_HEADER].decode(errors="replace"), writer)
        return
    try:
        yield Noted(place.topic, decode(record.value or b"").id, writer)
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


def patiently(work: Callable[[], Result], *, patience_s: float, retry: Callable[[Exception], bool]) -> Result:
    """Run `work` until it succeeds; after `patience_s`, or where `retry` says no, let its error escape."""
    deadline = time.monotonic() + patience_s
    pause_s = 0.05
    while True:
        try:
            return work()
        except Exception as error:
            if not retry(error) or time.monotonic() + pause_s > deadline:
                raise
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, 2.0)
