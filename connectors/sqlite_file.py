"""One SQLite file that several processes and threads share: opened, marked, locked, and its faults told in words."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from schemas.errors import KirkukError

_POLL_S: Final = 0.004
_REMEDIES: Final = {
    "SQLITE_BUSY": "another process kept it locked for too long: stop that process, or try again",
    "SQLITE_LOCKED": "another process kept it locked for too long: stop that process, or try again",
    "SQLITE_FULL": "the disk is full: free some space; nothing of this batch was written",
    "SQLITE_NOTADB": "it is not a database: move it away, or name another file",
    "SQLITE_CORRUPT": "it is damaged: move it away and rebuild it, or restore a backup",
    "SQLITE_READONLY": "it can't be written: check the permissions of the file and of its folder",
    "SQLITE_CANTOPEN": "it can't be opened: check the path, and the permissions of its folder",
    "SQLITE_IOERR": "the disk failed to read or write: check the disk and its free space",
    "SQLITE_PERM": "it can't be opened: check its permissions",
}


class Layout(NamedTuple):
    """What a file holds. `application_id` marks it, so that no other database is taken for one; `tables` are SQL
    statements, each ended by a semicolon and a line end; `pragmas` are set for each connection.
    """

    name: str
    application_id: int
    version: int
    tables: str
    pragmas: tuple[str, ...]
    outdated: str
    """The remedy for a file of an older layout."""


class SqliteFile:
    """An open file of one layout, in write-ahead mode, made with its folders if it is not there.

    Writers of all processes queue for up to `busy_timeout_s`; readers never wait. One connection serves one call at a
    time, from any thread. Whatever a disk or another process can cause is raised as `error`.
    """

    def __init__(
        self, path: str | Path, layout: Layout, error: Callable[[str], KirkukError], *, busy_timeout_s: float
    ) -> None:
        self._path = Path(path)
        self._layout = layout
        self._error = error
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._closed = False
        with self._faults():
            self._connection = self._connect()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection with one state of the file for the whole block."""
        yield from self._transact("BEGIN")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection with the write lock: all of the block is stored, durably, or nothing."""
        yield from self._transact("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Close the file. In a process that only inherited it by a fork, it is left to its owner."""
        if self._process != os.getpid():
            return
        with self._lock:
            self._closed = True
            self._connection.close()

    def _transact(self, begin: str) -> Iterator[sqlite3.Connection]:
        if self._process != os.getpid():
            raise self._error(f"{self._path}: the {self._layout.name} was opened before a fork; open it again")
        with self._lock, self._faults():
            if self._closed:
                raise self._error(f"{self._path}: the {self._layout.name} was closed")
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn what a disk or another process can cause into the port's error; let programming errors escape."""
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.InterfaceError):
            raise
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            primary = "_".join(name.split("_")[:2])
            remedy = _REMEDIES.get(primary, f"the {self._layout.name} failed: {error} {name}")
            raise self._error(f"{self._path}: {remedy}") from error

    def _connect(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{self._path}: its folder can't be made: {error.strerror}; check the path"
            raise self._error(message) from error
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
        for pragma in self._layout.pragmas:
            connection.execute(f"PRAGMA {pragma}")
        if not self._is_laid_out(connection):
            _use_write_ahead_log(connection, self._busy_timeout_s)
            _lay_out(connection, self._layout)
            if not self._is_laid_out(connection):
                raise self._error(f"{self._path}: another process changed it while it was opened; try again")

    def _is_laid_out(self, connection: sqlite3.Connection) -> bool:
        """Return False for a new file. Raises `error` for another database, or another release's file."""
        # Counted first: another process may be laying out the tables, which come with the mark.
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        layout = self._layout
        if _pragma(connection, "application_id") != layout.application_id:
            if tables:
                raise self._error(f"{self._path}: it is a database but no {layout.name}: name another file")
            return False
        version = _pragma(connection, "user_version")
        if version > layout.version:
            raise self._error(
                f"{self._path}: written by a newer release (layout {version}, this one knows {layout.version}): "
                "upgrade kirkuk"
            )
        if version < layout.version:
            raise self._error(f"{self._path}: written by an older release (layout {version}): {layout.outdated}")
        return True


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _use_write_ahead_log(connection: sqlite3.Connection, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite doesn't wait for its busy timeout where two processes change the mode at once.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_POLL_S)
        else:
            return


def _lay_out(connection: sqlite3.Connection, layout: Layout) -> None:
    """Make the tables, unless another process did so at the same moment."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _pragma(connection, "application_id") != layout.application_id:
            for statement in layout.tables.strip().split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {layout.application_id}")
            connection.execute(f"PRAGMA user_version = {layout.version}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
