"""What pytest does for tests that need servers: skip or fail, mark, order, fetch ahead. Each run is one of its own."""

import os
import subprocess
import sys
from pathlib import Path

import artifacts
import pytest

TESTS = """
import pytest

def test_shared(kafka_server):
    pass

def test_own(start_elastic):
    start_elastic()

@pytest.mark.servers("kafka")
def test_late(request):
    request.getfixturevalue("kafka_server")

def test_plain():
    pass
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs these tests on a machine without Java, Maven and Go; gives the exit status and what was printed."""
    (tmp_path / "test_these.py").write_text(TESTS)
    monkeypatch.setenv("KIRKUK_SERVER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(Path(artifacts.__file__).parent))
    monkeypatch.setenv("PATH", str(tmp_path / "no-tools"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(*options: str, ci: str | None = None) -> tuple[int, str]:
        environment = dict(os.environ)
        environment.pop("CI", None)
        if ci is not None:
            environment["CI"] = ci
        command = [sys.executable, "-m", "pytest", "-p", "server_fixtures", "-p", "no:cacheprovider", "-c", os.devnull]
        command += ["--rootdir", str(tmp_path), f"--basetemp={tmp_path / 'temp'}", *options, str(tmp_path)]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    return run


def test_without_the_tools_tests_are_skipped_and_the_end_says_why(run):
    """On a developer's machine: passed for the rest, and one line with the reason and the number of tests."""
    status, told = run("-q", "-p", "no:randomly")
    assert status == 0, told
    assert "1 passed, 3 skipped" in told
    assert "skipped 3 tests that need a real server: Java 17 or newer is not installed" in told


def test_on_ci_they_fail(run):
    """With CI=true a server that is not there is an error, for the shared and the own servers alike."""
    status, told = run("-q", ci="true")
    assert status == 1, told
    assert "1 passed" in told
    assert "skipped" not in told
    assert told.count("on CI that is an error: Java 17 or newer is not installed") >= 3


def test_they_are_marked_by_themselves_and_run_last(run):
    """`-m` picks them by the fixtures that they take or the marker that they carry, and plain tests come first."""
    status, told = run("--collect-only", "-q", "-m", "not servers")
    assert (status, told.count("::")) == (0, 1)
    assert "test_plain" in told
    _, told = run("--collect-only", "-q")
    names = [line.rpartition("::")[2] for line in told.splitlines() if "::" in line]
    assert names[0] == "test_plain"
    assert names[1] == "test_own"
    assert sorted(names[2:]) == ["test_late", "test_shared"]


def test_only_what_is_needed_is_fetched_ahead(run, tmp_path):
    """Without a server test nothing is fetched, so no cache is made."""
    assert run("-q", "-k", "test_plain")[0] == 0
    assert not (tmp_path / "cache").exists()
