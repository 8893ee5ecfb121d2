"""Fixtures for all tests."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The real servers: Kafka, Elasticsearch and Beam's portable runner. See servers/README.md.
pytest_plugins = ["server_fixtures"]

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def log_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of event ids for this test alone, and for the processes that it starts; never the user's own."""
    folder = tmp_path_factory.mktemp("log-state") / "state"
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(folder))
    return folder


@pytest.fixture(scope="session", autouse=True)
def schema_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of schemas for this run; never the user's own."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIRKUK_CACHE", str(folder))
        yield folder


@pytest.fixture
def start_python() -> Iterator[Callable[..., subprocess.Popen[Any]]]:
    """Start Python with these arguments in a process of its own; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[Any]] = []

    def start(*arguments: object, **options: Any) -> subprocess.Popen[Any]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, *map(str, arguments)]
        started.append(subprocess.Popen(command, env=environment, **options))
        return started[-1]

    yield start
    for process in started:
        with process:
            process.kill()
