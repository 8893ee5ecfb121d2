"""The program as a user runs it, on real servers."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def start(tmp_path: Path, start_python: Callable[..., Any]) -> Callable[..., subprocess.Popen[bytes]]:
    """Start a Python program; its output goes to `NAME.out` and `NAME.err`."""

    def start(name: str, *arguments: Any) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{name}.out").open("ab") as output, (tmp_path / f"{name}.err").open("ab") as errors:
            process: subprocess.Popen[bytes] = start_python(*arguments, stdout=output, stderr=errors, cwd=tmp_path)
        return process

    return start
