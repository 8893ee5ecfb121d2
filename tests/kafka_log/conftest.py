"""Logs on Kafka: on the shared broker under a prefix of their own, or on one that a test may kill."""

import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors.kafka_log import KafkaLog
from connectors.kafka_options import parse_kafka_url

PLAY = Path(__file__).parents[1] / "contracts" / "log_play.py"
_prefixes = itertools.count()


@pytest.fixture(scope="session")
def play() -> ModuleType:
    """Builders, checks and the writer program."""
    spec = importlib.util.spec_from_file_location("log_play", PLAY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of event ids for this test alone."""
    folder = tmp_path / "state"
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(folder))
    return folder


@pytest.fixture
def opened() -> Iterator[Callable[..., KafkaLog]]:
    """Open logs by URL; they are closed at the end."""
    logs: list[KafkaLog] = []

    def open_log(url: str, **settings: Any) -> KafkaLog:
        logs.append(KafkaLog(parse_kafka_url(url), **settings))
        return logs[-1]

    yield open_log
    for log in logs:
        log.close()


@pytest.fixture
def url(kafka_server: Any) -> str:
    """A log of its own on the shared broker."""
    return f"kafka://{kafka_server.bootstrap}/log{os.getpid()}x{next(_prefixes)}"


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
