"""The compose file as docker compose itself reads it: resolved by a small program over the library it is built on."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
# Downloads of its modules included, on a cold cache and a slow line.
BUILD_LIMIT_S = 300

Resolve = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Building the program counts for the first test that needs it, whichever that is."""
    for item in items:
        if "resolve" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(BUILD_LIMIT_S + 60))


@pytest.fixture(scope="session")
def example_variables() -> dict[str, str]:
    """What .env.example asks for, each with a value of its own, as `openssl rand -hex 16` would make it."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line)]
    return {name: value or f"{number:032x}" for number, (name, value) in enumerate(pairs, start=10**30)}


@pytest.fixture(scope="session")
def resolve(tmp_path_factory: pytest.TempPathFactory) -> Resolve:
    """Resolves compose files with all profiles on and only the given variables: `resolve(path, variables, *more)`."""
    if shutil.which("go") is None:
        reason = "Go is not installed, and the compose file is checked by a Go program"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    program = tmp_path_factory.mktemp("compose") / "check"
    command = ["go", "build", "-buildvcs=false", "-mod=readonly", "-o", str(program), "."]
    built = subprocess.run(
        command, cwd=Path(__file__).parent / "check", capture_output=True, text=True, timeout=BUILD_LIMIT_S
    )
    assert built.returncode == 0, built.stderr

    def run(path: Path, variables: Mapping[str, str], *more: Path) -> subprocess.CompletedProcess[str]:
        command = [str(program), str(path), *map(str, more)]
        return subprocess.run(command, env=dict(variables), capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture(scope="session")
def project(resolve: Resolve, example_variables: Mapping[str, str]) -> dict[str, Any]:
    """The compose file resolved with the variables of .env.example."""
    resolved = resolve(COMPOSE_FILE, example_variables)
    assert resolved.returncode == 0, resolved.stderr
    return json.loads(resolved.stdout)


@pytest.fixture(scope="session")
def services(project: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The services by name."""
    return project["services"]
