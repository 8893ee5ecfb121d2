"""The event log in one SQLite file: no server, any number of processes on one machine.

Layout: `events` is clustered by place, which is stream number and position in one integer, so a page of a stream is
one stretch of the file and its end is one seek. `event_ids` makes appends idempotent. `positions` lies in the same
file, so that a consumer's position moves in the transaction that appends its output.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from connectors.log_records import MAX_EVENT_BYTES, READ_BUDGET_BYTES, decode_stored, encode_appends
from connectors.ports import START, Advance, Append, Stored
from schemas.errors import LogError

APPLICATION_ID: Final = 0x6B6B6C67
"""Marks the file as a log ("kklg"), so that no index or other database is taken for one."""
SCHEMA_VERSION: Final = 1

_PLACE_BITS: Final = 40
"""Positions to 10^12 a stream, and 8 million streams, in SQLite's 64-bit keys."""
_PAGE_BYTES: Final = 8192
"""Holds two articles of 3 kB: 25 % faster than SQLite's 4096; larger ones bloat the write-ahead log with ids."""
_CHECKPOINT_PAGES: Final = 8000
"""64 MB of write-ahead log between checkpoints: ids land all over their table, and many batches then share the
writing of its pages. With 300,000 articles stored, a new one costs 2.1 times what the first did; with 16 MB, 2.6.
"""
_WAL_LIMIT_BYTES: Final = 128 * 1024 * 1024
_CACHE_KIB: Final = 16 * 1024
_POLL_S: Final = 0.004
"""How late `wait` notices an append. One look costs 7 µs; `PRAGMA data_version` costs 3 and misses what this connection
appends itself."""

_TABLES: Final = f"""
CREATE TABLE streams (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE events (place INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE event_ids (stream INTEGER, id TEXT, PRIMARY KEY (stream, id)) WITHOUT ROWID;
CREATE TABLE positions (
    consumer TEXT, stream TEXT, partition INTEGER, position INTEGER NOT NULL, PRIMARY KEY (consumer, stream, partition)
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""
_ADVANCE: Final = """
INSERT INTO positions (consumer, stream, partition, position) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET position = excluded.position WHERE excluded.position > position
"""
_REMEDIES: Final = {
    "SQLITE_BUSY": "another process kept it locked for too long: stop that process, or try again",
    "SQLITE_LOCKED": "another process kept it locked for too long: stop that process, or try again",
    "SQLITE_FULL": "the disk is full: free some space; nothing of this batch was appended",
    "SQLITE_NOTADB": "it is not a database: move it away, or name another file as the log",
    "SQLITE_CORRUPT": "it is damaged: restore a backup, or save what can be read with `sqlite3 FILE .recover`",
    "SQLITE_READONLY": "it can't be written: check the permissions of the file and of its folder",
    "SQLITE_CANTOPEN": "it can't be opened: check the path, and the permissions of its folder",
    "SQLITE_IOERR": "the disk failed to read or write: check the disk and its free space",
}


class SqliteLog:
    """EventLog in the SQLite file `path`; one partition (0) a stream, dense positions from 1.

    Durable: write-ahead log with `synchronous=FULL`, one fsync a batch. An acknowledged batch survives kill -9, and a
    power loss as far as the disk keeps its promise of fsync. (NORMAL would lose the last batches with the power and is
    only a tenth faster in batches of 500.) The file must lie on a local disk: write-ahead logs don't work over
    network file systems.

    Any thread may call, any number of processes may open the file, and writers queue for up to `busy_timeout_s`. After
    a fork the child opens its own. Creates missing parent folders. Raises LogError when the file can't be opened, is
    no log, or was written by a newer release.
    """

    def __init__(
        self, path: str | Path, *, max_event_bytes: int = MAX_EVENT_BYTES, busy_timeout_s: float = 30.0
    ) -> None:
        self._path = Path(path)
        self._max_event_bytes = max_event_bytes
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._numbers: dict[str, int] = {}
        self._closed = False
        with self._faults():
            self._connection = self._connect()

    def append(self, appends: Sequence[Append], advances: Sequence[Advance] = ()) -> int:
        """Append and advance in one transaction; see EventLog."""
        encoded = encode_appends(appends, self._max_event_bytes)
        if not encoded and not advances:
            return 0
        with self._session(), self._transaction():
            rows = self._place(encoded)
            self._connection.executemany("INSERT INTO events (place, body) VALUES (?, ?)", rows)
            self._connection.executemany(_ADVANCE, advances)
        return len(rows)

    def read(self, stream: str, *, after: int = START, limit: int = 1000, partition: int = 0) -> list[Stored]:
        """Read one page; see EventLog. It ends early once it holds 64 MiB."""
        with self._session():
            number = self._number(stream)
            if number is None or partition != 0 or limit < 1:
                return []
            base = number << _PLACE_BITS
            found = "SELECT place - ?1, body FROM events WHERE place > ?1 + ?2 AND place <= ?3 ORDER BY place LIMIT ?4"
            with closing(self._connection.execute(found, (base, max(after, START), _last(number), limit))) as rows:
                page = list(_within_budget(rows))
        return [decode_stored(stream, position, body) for position, body in page]

    def end(self, stream: str, *, partition: int = 0) -> int:
        """Return the last position; see EventLog."""
        with self._session():
            number = self._number(stream)
            return START if number is None or partition != 0 else self._end(number)

    def partitions(self, stream: str) -> Sequence[int]:  # noqa: ARG002 (the port asks by stream)
        """Return `(0,)`: a file has one writer at a time, so partitions would gain nothing."""
        return (0,)

    def position(self, consumer: str, stream: str, *, partition: int = 0) -> int:
        """Return a consumer's position; see EventLog."""
        found = "SELECT position FROM positions WHERE consumer = ? AND stream = ? AND partition = ?"
        with self._session():
            row = self._connection.execute(found, (consumer, stream, partition)).fetchone()
        return START if row is None else int(row[0])

    def holds(self, stream: str, event_ids: Sequence[str]) -> set[str]:
        """Return the ids that are there; see EventLog."""
        found = "SELECT 1 FROM event_ids WHERE stream = ? AND id = ?"
        with self._session():
            number = self._number(stream)
            if number is None:
                return set()
            look_up = self._connection.execute
            return {event_id for event_id in event_ids if look_up(found, (number, event_id)).fetchone()}

    def wait(self, stream: str, *, after: int, timeout_s: float, partition: int = 0) -> bool:
        """Look every few milliseconds; see EventLog."""
        deadline = time.monotonic() + timeout_s
        while self.end(stream, partition=partition) <= after:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            time.sleep(min(_POLL_S, left_s))
        return True

    def close(self) -> None:
        """Close the file. In a process that only inherited the log by a fork, the file is left to its owner."""
        if self._process != os.getpid():
            return
        with self._lock:
            self._closed = True
            self._connection.close()

    @contextmanager
    def _session(self) -> Iterator[None]:
        """Hold the connection, which serves one call at a time."""
        if self._process != os.getpid():
            raise LogError(f"{self._path}: this log was opened before a fork; open it again in the new process")
        with self._lock, self._faults():
            if self._closed:
                raise LogError(f"{self._path}: the log was closed")
            yield

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn what a disk or another process can cause into LogError; let programming errors escape."""
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.InterfaceError):
            raise
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            primary = "_".join(name.split("_")[:2])
            raise LogError(f"{self._path}: {_REMEDIES.get(primary, f'the log failed: {error} {name}')}") from error
        except OSError as error:
            raise LogError(f"{self._path}: its folder can't be made: {error.strerror}; check the path") from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write all or nothing. Taking the write lock first keeps positions in the order of commits."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Set the connection up, and lay the tables out in a new file."""
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        if not self._is_log(connection):
            _lay_out(connection, self._busy_timeout_s)
            if not self._is_log(connection):
                raise LogError(f"{self._path}: another process changed it while it was opened; try again")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")

    def _is_log(self, connection: sqlite3.Connection) -> bool:
        """Return False for a new file. Raises LogError for another database, or a newer release's log."""
        # Counted first: another process may be laying out the tables, which come with the mark.
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if _pragma(connection, "application_id") != APPLICATION_ID:
            if tables:
                raise LogError(f"{self._path}: it is a database but no event log: name another file as the log")
            return False
        version = _pragma(connection, "user_version")
        if version > SCHEMA_VERSION:
            raise LogError(
                f"{self._path}: written by a newer release (layout {version}, this one reads up to {SCHEMA_VERSION}): "
                "upgrade kirkuk"
            )
        return True

    def _number(self, stream: str) -> int | None:
        """Return the number of a stream, None before its first event."""
        number = self._numbers.get(stream)
        if number is None:
            row = self._connection.execute("SELECT number FROM streams WHERE name = ?", (stream,)).fetchone()
            if row is None:
                return None
            number = self._numbers[stream] = row[0]
        return number

    def _end(self, number: int) -> int:
        base = number << _PLACE_BITS
        found = "SELECT place FROM events WHERE place > ? AND place <= ? ORDER BY place DESC LIMIT 1"
        row = self._connection.execute(found, (base, _last(number))).fetchone()
        return START if row is None else int(row[0]) - base

    def _place(self, encoded: Sequence[tuple[str, str, bytes]]) -> list[tuple[int, bytes]]:
        """Note the ids of new events and give each its place, in the order of the batch."""
        known: dict[str, int] = {}
        places: dict[str, int] = {}
        rows = []
        note = "INSERT OR IGNORE INTO event_ids (stream, id) VALUES (?, ?)"
        execute = self._connection.execute
        for stream, event_id, body in encoded:
            if stream not in known:
                known[stream] = number = self._made(stream)
                places[stream] = (number << _PLACE_BITS) + self._end(number)
            if execute(note, (known[stream], event_id)).rowcount:
                places[stream] += 1
                rows.append((places[stream], body))
        return rows

    def _made(self, stream: str) -> int:
        """Return the number of a stream, which comes into being if it has none."""
        number = self._number(stream)
        if number is None:
            number = self._connection.execute("INSERT INTO streams (name) VALUES (?)", (stream,)).lastrowid
            assert number is not None
        return number


def _last(number: int) -> int:
    """Return the last place that a stream can have."""
    return ((number + 1) << _PLACE_BITS) - 1


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _within_budget(rows: sqlite3.Cursor) -> Iterator[tuple[int, bytes]]:
    """Yield rows up to the one that reaches the budget: always one, so that a reader gets on."""
    total = 0
    for position, body in rows:
        yield position, body
        total += len(body)
        if total >= READ_BUDGET_BYTES:
            return


def _lay_out(connection: sqlite3.Connection, timeout_s: float) -> None:
    """Make the tables, unless another process does so at the same moment."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            # SQLite doesn't wait for its busy timeout where two processes change the mode at once.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_POLL_S)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _pragma(connection, "application_id") != APPLICATION_ID:
            for statement in _TABLES.strip().split(";\n"):
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
