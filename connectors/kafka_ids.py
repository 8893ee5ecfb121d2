"""Which event ids a Kafka log holds: a cache in one SQLite file, that can be thrown away.

Kafka can't be asked whether it holds an id, so each machine keeps a digest of every id of the streams that it writes,
and how far it has read each partition for them. What another writer appends is read before it is needed. Without the
file, the first append reads its streams from the start.

Topics go by their id here, not by their name: one that was deleted and made again, or one of another cluster, must not
be taken for the one that was read. What would follow is that its events count as known and are never appended.
"""

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from schemas.errors import LogError
from schemas.user_cache import user_cache

Result = TypeVar("Result")

_DIGEST_BYTES: Final = 16
"""Two of 10^12 ids are alike with a probability of 10^-15."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS ids (topic TEXT, digest BLOB, writer BLOB, PRIMARY KEY (topic, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS read (topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition))
WITHOUT ROWID;
"""


class Place(NamedTuple):
    """One partition of one topic; in the cache, `topic` is the topic's id."""

    topic: str
    partition: int


class Noted(NamedTuple):
    """One event id of a topic, and the mark of the call that appended it."""

    topic: str
    event_id: str
    writer: bytes


def digest(event_id: str) -> bytes:
    """Return what is kept of an id."""
    return hashlib.blake2b(event_id.encode(), digest_size=_DIGEST_BYTES).digest()


def state_folder(configured: str, cluster: str, prefix: str, brokers: Sequence[str]) -> Path:
    """Return the folder for one log's cache, in `configured`, else in the user's cache folder.

    A copy of a cluster has its ids: the addresses tell them apart.
    """
    place = hashlib.blake2b(",".join(sorted(brokers)).encode(), digest_size=6).hexdigest()
    base = Path(configured) if configured else user_cache()
    return base / "kafka" / f"{cluster}-{place}-{prefix}"


class IdCache:
    """The ids that topics hold, and the offset that each partition was read up to for them.

    Any thread may call; any number of processes may share the file. A damaged file is replaced by a new one, which
    knows nothing yet. Raises LogError where the folder can't be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ids.db"
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = self._open()
        except (OSError, sqlite3.Error) as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> LogError:
        return LogError(
            f"{self._path}: the cache of event ids can't be used ({error}): "
            "free some space, or set KIRKUK_LOG_STATE to a folder that can be written"
        )

    def _do(self, work: Callable[[], Result]) -> Result:
        """Run `work` under the lock; on a new file where the one at hand was damaged meanwhile."""
        with self._lock:
            try:
                try:
                    return work()
                except (sqlite3.OperationalError, sqlite3.ProgrammingError):
                    raise
                except sqlite3.DatabaseError:
                    self._connection.close()
                    self._connection = self._open()
                    return work()
            except sqlite3.OperationalError as error:
                raise self._told(error) from error

    def _open(self) -> sqlite3.Connection:
        try:
            return self._laid_out()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            for name in (self._path, f"{self._path}-wal", f"{self._path}-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(name).unlink()
            return self._laid_out()

    def _laid_out(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # A power loss may cost the newest ids, which are then read again, and damages nothing.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_TABLES)
            connection.execute("SELECT count(*) FROM read").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def next_offset(self, place: Place) -> int:
        """Return the first offset of a partition that was not read for its ids."""
        asked = "SELECT next FROM read WHERE topic = ? AND partition = ?"
        row = self._do(lambda: self._connection.execute(asked, (place.topic, place.partition)).fetchone())
        return 0 if row is None else int(row[0])

    def known(self, topic: str, event_ids: Iterable[str]) -> dict[str, bytes]:
        """Return those of `event_ids` that a topic holds, each with its writer."""
        digests = {event_id: digest(event_id) for event_id in event_ids}

        def look_up() -> dict[str, bytes]:
            found = "SELECT writer FROM ids WHERE topic = ? AND digest = ?"
            rows = {
                event_id: self._connection.execute(found, (topic, short)).fetchone()
                for event_id, short in digests.items()
            }
            return {event_id: row[0] for event_id, row in rows.items() if row is not None}

        return self._do(look_up)

    def add(self, ids: Iterable[Noted], read: Mapping[Place, int]) -> None:
        """Note ids, and with them how far partitions were read."""
        rows = [(topic, digest(event_id), writer) for topic, event_id, writer in ids]
        moves = [(place.topic, place.partition, offset) for place, offset in read.items()]

        def note() -> None:
            with self._written():
                self._connection.executemany("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", rows)
                self._connection.executemany(
                    "INSERT INTO read VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = max(next, excluded.next)", moves
                )

        self._do(note)

    def forget(self, topic: str) -> None:
        """Forget what is noted of a topic."""

        def note() -> None:
            with self._written():
                for table in ("ids", "read"):
                    self._connection.execute(f"DELETE FROM {table} WHERE topic = ?", (topic,))  # noqa: S608 (own names)

        self._do(note)

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
