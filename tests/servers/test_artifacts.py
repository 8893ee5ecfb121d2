"""Fetching: once, whole or not at all, and with a clear word when it can't be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import artifacts
import pytest

# A process that fetches: its build writes half, says so, and waits for its end when it is told to hang.
FETCHER = """
import sys, time, artifacts
def build(folder, log):
    (folder / "half").write_text("1")
    print("building", flush=True)
    time.sleep(float(sys.argv[1]))
    (folder / "whole").write_text("1")
print(artifacts._cached("thing", build), flush=True)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, for this process and its children."""
    monkeypatch.setenv("KIRKUK_SERVER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(Path(artifacts.__file__).parent))
    return tmp_path / "cache"


def fetcher(seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", FETCHER, str(seconds)], stdout=subprocess.PIPE, text=True)


def test_what_was_fetched_is_not_fetched_again(cache):
    """An entry is built at the first call and only found at the second."""
    built = []

    def build(folder: Path, log: Path) -> None:
        built.append(folder)

    assert artifacts._cached("thing", build) == artifacts._cached("thing", build) == cache / "thing"
    assert len(built) == 1


def test_a_killed_fetch_leaves_nothing_that_looks_whole(cache):
    """SIGKILL in the middle of a build: the next call builds anew, and what the dead one left is swept away."""
    with fetcher(60) as dying:
        assert dying.stdout.readline() == "building\n"
        dying.send_signal(signal.SIGKILL)
    assert [path.name.split(".")[-1] for path in cache.iterdir() if path.is_dir()] == ["part"]
    with fetcher(0) as next_one:
        assert next_one.communicate()[0].splitlines()[-1] == str(cache / "thing")
    assert sorted(path.name for path in (cache / "thing").iterdir()) == ["half", "whole"]
    assert [path.name for path in cache.iterdir() if path.is_dir()] == ["thing"]


def test_runs_beside_each_other_fetch_once(cache):
    """The second process waits for the first one's build and takes it."""
    first, second = fetcher(1), fetcher(1)
    told = [process.communicate(timeout=30)[0] for process in (first, second)]
    assert "".join(told).count("building") == 1
    assert [text.splitlines()[-1] for text in told] == [str(cache / "thing")] * 2


def test_a_build_that_fails_is_tried_again_the_next_time(cache):
    """Trouble is told with its reason and leaves no entry behind."""
    failed = artifacts._cached("thing", lambda folder, log: "no network")
    assert failed == artifacts.Missing("thing could not be had: no network")
    assert artifacts._cached("thing", lambda folder, log: None) == cache / "thing"


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def fetched_with(path: str, *names: str) -> tuple[int, str]:
    """Exit status and words of the fetching program when only these folders are on the PATH."""
    environment = {**os.environ, "PATH": path}
    environment.pop("JAVA_HOME", None)
    command = [sys.executable, artifacts.__file__, *names]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def test_what_the_machine_lacks_is_named(cache, tmp_path):
    """Without Java, with an old Java, without Maven and without Go, the answer says just that."""
    tools = tmp_path / "tools"
    assert fetched_with(str(tools), "kafka") == (
        1,
        "kafka: Java 17 or newer is not installed (no java in JAVA_HOME or on the PATH)\n",
    )
    program(tools, "java", "echo '    java.home = /x\n    java.specification.version = 1.8' >&2")
    assert "Java 17 or newer is needed, this one is 1.8" in fetched_with(str(tools), "elastic")[1]
    program(tools, "java", "echo '    java.home = /x\n    java.specification.version = 21' >&2")
    assert "Maven is not installed" in fetched_with(str(tools), "kafka")[1]
    assert "Go is not installed" in fetched_with(str(tools), "prism")[1]


def test_a_failed_download_is_told_without_passwords(cache, tmp_path):
    """The reason has Maven's own first words, but nothing of a login in an address."""
    tools = tmp_path / "tools"
    program(tools, "java", "echo '    java.home = /x\n    java.specification.version = 17' >&2")
    program(tools, "mvn", "echo 'could not reach https://someone:secret@repository.example/x'; exit 3")
    status, told = fetched_with(f"{tools}:/bin:/usr/bin", "kafka")
    assert status == 1
    assert "Maven ended with status 3" in told
    assert "could not reach https://repository.example/x" in told
    assert "secret" not in told


def test_a_download_that_hangs_is_stopped_with_all_its_children(cache, tmp_path, monkeypatch):
    """After the limit the whole process group is gone, and the reason says so."""
    monkeypatch.setattr(artifacts, "FETCH_LIMIT_S", 1)
    told = tmp_path / "child"
    tools = tmp_path / "tools"
    program(tools, "slow", f"sleep 60 & echo $! > {told}; wait")
    trouble = artifacts._run("slow", [str(tools / "slow")], tmp_path, tmp_path / "log")
    assert trouble == f"slow was stopped after 1 s, see {tmp_path / 'log'}"
    assert gone(int(told.read_text()))


def gone(pid: int, within_s: float = 5) -> bool:
    """Whether a process ends in time; one that is dead and not yet buried counts as ended."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        status = Path(f"/proc/{pid}/stat")
        try:
            if status.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_children_end_when_the_run_is_killed(tmp_path, monkeypatch):
    """SIGKILL to the process that started a server: the server and its children end too."""
    monkeypatch.setenv("PYTHONPATH", str(Path(artifacts.__file__).parent))
    starter = (
        "import pathlib, time, guarded\n"
        "out = open('out', 'wb')\n"
        "guarded.Guarded(['sh', '-c', 'sleep 60 & echo $!; wait'], out, folder=pathlib.Path())\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", starter], cwd=tmp_path) as parent:
        while not (tmp_path / "out").exists() or not (tmp_path / "out").read_text():
            time.sleep(0.02)
        parent.send_signal(signal.SIGKILL)
    assert gone(int((tmp_path / "out").read_text()))
