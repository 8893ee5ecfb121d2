"""Writing to Kafka: one transaction an append, and one writer at a time where writers must not overlap.

Writers of a *lane* share one transactional id. Whoever takes the lane fences the one before: what that one had not
committed is aborted, and what it still tries to commit is refused. So a writer that has taken the lane and then read to
the end knows every event id, until its own transaction is committed or refused. Two streams that are appended together
are one lane; a partition of `matches` is one for itself, so that partitions are coded in parallel.

Writers of several lanes may meet in a stream (dead letters). There the order of the partition decides: a transaction
whose records don't follow directly on what its writer had read is aborted, and its writer reads on and tries again.
"""

import fcntl
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.kafka_ids import Place
from connectors.kafka_options import TRANSACTION_S, KafkaOptions, producer_settings
from schemas.envelope import ALERTS, ARTICLES, DEAD_LETTERS, FEEDS, MATCHES
from schemas.errors import LogError

_COURTESY_S: Final = 2.0
"""How long a writer waits for another process on this machine before it takes the lane away. A process that was stopped
in the middle of an append holds up the others for so long; without the wait, busy ones would abort each other's."""
_IMPOLITE_S: Final = 30.0
"""How long it then does not wait again for the same one."""
_POLL_S: Final = 0.002
ID_HEADER: Final = "id"
WRITER_HEADER: Final = "writer"
_CONTENT: Final = ("content-type", b"application/cloudevents+json")
"""CloudEvents 1.0, Kafka protocol binding, structured mode."""
_PRECEDENCE: Final = (ALERTS, ARTICLES, FEEDS)


class Outgoing(NamedTuple):
    """One record of a transaction."""

    stream: str
    place: Place
    key: bytes
    value: bytes
    event_id: str = ""
    mark: bytes = b""
    """Of the call that appends it: so it knows its own after a commit that it lost sight of."""


class Landed(NamedTuple):
    """Where the records of a transaction lie in one partition: `size` of them from offset `first` to `last`."""

    first: int
    last: int
    size: int

    def alone_from(self, offset: int) -> bool:
        """Return whether they begin at `offset` with no record or marker of others among them."""
        return self.first == offset and self.last - self.first + 1 == self.size


class OvertakenError(Exception):
    """Others wrote to a partition after it was read for its ids; `landed` are our records, which were not committed."""

    def __init__(self, landed: dict[Place, Landed]) -> None:
        super().__init__("another writer came between")
        self.landed = landed


def lane_of(streams: Sequence[str], partition: int, consumer: str = "") -> str:
    """Return the lane of an append to `streams`, whose first event goes to `partition`."""
    for stream in _PRECEDENCE:
        if stream in streams:
            return ARTICLES if stream == FEEDS else stream
    for stream in sorted(streams):
        if stream.startswith(MATCHES):
            return f"{stream}-{partition}"
    others = sorted(set(streams) - {DEAD_LETTERS}) or sorted(streams)
    return others[0] if others else f"positions.{consumer}"


class Lane:
    """The writer of one lane in this process. `hold` it, then `claim`, then `commit`."""

    def __init__(self, options: KafkaOptions, name: str, folder: Path) -> None:
        self._mark = secrets.token_bytes(8)
        """Stands in the lane's file while this process is the last that took it on this machine."""
        self._options = options
        self._id = f"{options.prefix}.{name}"
        self._lock = threading.Lock()
        self._path = folder / f"{hashlib.blake2b(name.encode(), digest_size=12).hexdigest()}.lane"
        self._producer: Any = None
        self._impolite_until = 0.0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep out the other threads, and for a while the other processes of this machine.

        What is raised inside gives the lane up.
        """
        with self._lock, self._file() as file:
            self._lock_politely(file.fileno())
            file.seek(0)
            if file.read(8) != self._mark:
                self.discard()
                file.truncate(0)
                file.write(self._mark)
                file.flush()
            try:
                yield
            except BaseException:
                # While it is held: the next thread finds no producer that is in doubt, and keeps the one it makes.
                self.discard()
                raise

    def _file(self) -> Any:
        """Open the lane's file; its folder is a cache that anybody may delete while we run. Raises LogError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._path.open("a+b")
        except OSError as error:
            raise LogError(
                f"{self._path}: can't be opened ({error.strerror}); "
                "set KIRKUK_LOG_STATE to a folder that can be written"
            ) from error

    def _lock_politely(self, file: int) -> None:
        """Wait a while for the file's lock, then go on without it: the broker's fence is what keeps writers apart."""
        deadline = time.monotonic() + _COURTESY_S
        while time.monotonic() < max(deadline, self._impolite_until):
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            if time.monotonic() < self._impolite_until:
                return
            time.sleep(_POLL_S)
        self._impolite_until = time.monotonic() + _IMPOLITE_S

    def claim(self, transaction_s: float = TRANSACTION_S) -> None:
        """Be the lane's only writer: what another had not committed is aborted. Raises kafka's errors.

        A writer made now has `transaction_s` for a transaction.
        """
        from kafka import KafkaProducer

        if self._producer is None:
            self._producer = KafkaProducer(**producer_settings(self._options, self._id, transaction_s))
            self._producer.init_transactions()

    def commit(
        self, records: Sequence[Outgoing], read_up_to: Mapping[Place, int], timeout_s: float
    ) -> dict[Place, Landed]:
        """Append all records in one transaction; return where they are.

        `read_up_to` says how far partitions were read for their ids: an id that came behind that is not known, so
        nothing is committed there. Raises OvertakenError (then `discard`), kafka's errors.
        """
        from kafka.errors import KafkaTimeoutError

        self._producer.begin_transaction()
        futures = [(record.place, self._send(record)) for record in records]
        self._producer.flush(timeout=timeout_s)
        offsets: dict[Place, list[int]] = {}
        for place, future in futures:
            offsets.setdefault(place, []).append(future.get(timeout=timeout_s).offset)
        landed = {place: Landed(min(found), max(found), len(found)) for place, found in offsets.items()}
        if not all(landed[place].alone_from(offset) for place, offset in read_up_to.items() if place in landed):
            raise OvertakenError(landed)
        if not _in_time(self._producer.commit_transaction, timeout_s):
            raise KafkaTimeoutError("the commit was not answered in time")
        return landed

    def _send(self, record: Outgoing) -> Any:
        from kafka.errors import UnknownTopicOrPartitionError

        headers = (
            [_CONTENT, (ID_HEADER, record.event_id.encode()), (WRITER_HEADER, record.mark)] if record.event_id else []
        )
        place = record.place
        try:
            return self._producer.send(
                place.topic, record.value, key=record.key, headers=headers, partition=place.partition
            )
        except ValueError as error:
            # Partitions that were added after this writer asked for them.
            raise UnknownTopicOrPartitionError(str(error)) from error

    def discard(self) -> None:
        """Give the lane up; an open transaction is aborted by the next that claims it."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(Exception):
                producer.close(timeout=0)


def _in_time(work: Any, timeout_s: float) -> bool:
    """Run what may never come back; return whether it did. Raises what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (raised again below, in the caller's thread)
            raised.append(error)

    thread = threading.Thread(target=run, name="kafka commit", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if raised:
        raise raised[0]
    return not thread.is_alive()


def murmur2_partition(key: bytes, count: int) -> int:
    """Return the partition of a key as Kafka's own clients choose it, so that other tools write to the same one."""
    from kafka.partitioner.default import murmur2

    return int((murmur2(key) & 0x7FFFFFFF) % count)
