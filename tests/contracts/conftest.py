"""Every event log backend as one fixture, `log_backend`; a test that takes it, or `log`, runs on each."""

import importlib.util
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors.memory_log import MemoryLog
from connectors.ports import EventLog
from connectors.sqlite_log import SqliteLog

PLAY = Path(__file__).with_name("log_play.py")


class SqliteBackend:
    """Logs in one file: each `open` is another handle on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: list[SqliteLog] = []

    def open(self, **settings: Any) -> SqliteLog:
        log = SqliteLog(self.path, **settings)
        self._opened.append(log)
        return log

    def corrupt(self, log: SqliteLog, stream: str, position: int, body: bytes) -> None:
        """Put other bytes in the place of a stored event."""
        connection = sqlite3.connect(self.path)
        with connection:
            changed = connection.execute(
                "UPDATE events SET body = ?1 WHERE place = (SELECT (number << 40) + ?2 FROM streams WHERE name = ?3)",
                (body, position, stream),
            )
            assert changed.rowcount == 1
        connection.close()

    def close(self) -> None:
        for log in self._opened:
            log.close()


class MemoryBackend:
    """One log in memory: each `open` gives the same one, as `memory_log` does for one URL."""

    def __init__(self) -> None:
        self._log: MemoryLog | None = None

    def open(self, **settings: Any) -> MemoryLog:
        if self._log is None or settings:
            self._log = MemoryLog(**settings)
        return self._log

    def corrupt(self, log: MemoryLog, stream: str, position: int, body: bytes) -> None:
        log._bodies[stream][position - 1] = body

    def close(self) -> None:
        """Nothing to release."""


LOG_BACKENDS: dict[str, Callable[[Path], Any]] = {
    "sqlite": lambda folder: SqliteBackend(folder / "log.db"),
    "memory": lambda _: MemoryBackend(),
}


@pytest.fixture(params=sorted(LOG_BACKENDS))
def log_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """One backend, empty; it closes what it opened."""
    backend = LOG_BACKENDS[request.param](tmp_path)
    yield backend
    backend.close()


@pytest.fixture
def log(log_backend: Any) -> EventLog:
    """An empty log of each backend."""
    return log_backend.open()


@pytest.fixture
def sqlite_backend(tmp_path: Path) -> Iterator[SqliteBackend]:
    """A file, for facts that only files have."""
    backend = SqliteBackend(tmp_path / "log.db")
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def play() -> ModuleType:
    """Builders, checks and the writer program."""
    spec = importlib.util.spec_from_file_location("log_play", PLAY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def start_writer() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start `log_play.py` in a process of its own; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(PLAY), *map(str, arguments)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(PLAY.parents[2])},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
