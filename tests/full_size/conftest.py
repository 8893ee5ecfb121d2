"""The program as a user runs it, on real servers."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Variables of processes that this test starts."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "KIRKUK_LOG_STATE": str(tmp_path / "state")}


@pytest.fixture
def start(tmp_path: Path, environ: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a Python program; its output goes to `NAME.out` and `NAME.err`. What still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: Any) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{name}.out").open("ab") as output, (tmp_path / f"{name}.err").open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, *map(str, arguments)], stdout=output, stderr=errors, cwd=tmp_path, env=environ
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
