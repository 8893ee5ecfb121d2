"""Logs on Kafka: on the shared broker under a prefix of their own, or on one that a test may kill."""

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from connectors.kafka_log import KafkaLog
from connectors.kafka_options import parse_kafka_url
from tests.contracts import log_play

_prefixes = itertools.count()


@pytest.fixture(scope="session")
def play() -> ModuleType:
    """Builders, checks and the writer program."""
    return log_play


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
def start_writer(start_python: Callable[..., subprocess.Popen[bytes]]) -> Callable[..., subprocess.Popen[bytes]]:
    """Start `log_play.py` in a process of its own."""
    return partial(start_python, log_play.__file__, stdout=subprocess.PIPE)
