"""Every event log backend as one fixture, `log_backend`; a test that takes it, or `log`, runs on each."""

import itertools
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors.kafka_log import KafkaLog
from connectors.kafka_options import KafkaOptions, client_settings
from connectors.kafka_topics import topic
from connectors.memory_log import MemoryLog
from connectors.ports import Append, EventLog
from connectors.sqlite_log import SqliteLog
from tests.contracts import log_play


class SqliteBackend:
    """Logs in one file: each `open` is another handle on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: list[SqliteLog] = []

    def open(self, **settings: Any) -> SqliteLog:
        log = SqliteLog(self.path, **settings)
        self._opened.append(log)
        return log

    def plant(self, log: SqliteLog, append: Append, body: bytes) -> int:
        """Append an event, but with these bytes in its place; return its position."""
        log.append([append])
        position = log.end(append.stream)
        connection = sqlite3.connect(self.path)
        with connection:
            changed = connection.execute(
                "UPDATE events SET body = ?1 WHERE place = (SELECT (number << 40) + ?2 FROM streams WHERE name = ?3)",
                (body, position, append.stream),
            )
            assert changed.rowcount == 1
        connection.close()
        return position

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

    def plant(self, log: MemoryLog, append: Append, body: bytes) -> int:
        log.append([append])
        log._bodies[append.stream][-1] = body
        return log.end(append.stream)

    def close(self) -> None:
        """Nothing to release."""


class KafkaBackend:
    """Topics of one prefix on the real broker: each `open` is another handle on them."""

    _prefixes = itertools.count()

    def __init__(self, bootstrap: str) -> None:
        self.options = KafkaOptions(bootstrap=(bootstrap,), prefix=f"contract{os.getpid()}x{next(self._prefixes)}")
        self._opened: list[KafkaLog] = []

    def open(self, **settings: Any) -> KafkaLog:
        log = KafkaLog(self.options, **settings)
        self._opened.append(log)
        return log

    def plant(self, log: KafkaLog, append: Append, body: bytes) -> int:
        """Append these bytes as another program might."""
        from kafka import KafkaProducer

        producer = KafkaProducer(**client_settings(self.options))
        sent = producer.send(topic(self.options, append.stream), body, key=append.event.subject.encode())
        position = sent.get(timeout=30).offset + 1
        producer.close()
        return position

    def close(self) -> None:
        for log in self._opened:
            log.close()


LOG_BACKENDS: dict[str, Callable[[pytest.FixtureRequest, Path], Any]] = {
    "sqlite": lambda _, folder: SqliteBackend(folder / "log.db"),
    "memory": lambda _, __: MemoryBackend(),
    "kafka": lambda request, _: KafkaBackend(request.getfixturevalue("kafka_server").bootstrap),
}


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.servers("kafka")] if name == "kafka" else [])
        for name in sorted(LOG_BACKENDS)
    ]
)
def log_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """One backend, empty; it closes what it opened."""
    backend = LOG_BACKENDS[request.param](request, tmp_path)
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
    return log_play


@pytest.fixture
def start_writer(start_python: Callable[..., subprocess.Popen[bytes]]) -> Callable[..., subprocess.Popen[bytes]]:
    """Start `log_play.py` in a process of its own."""
    return partial(start_python, log_play.__file__, stdout=subprocess.PIPE)
