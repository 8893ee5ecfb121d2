"""The scripts of docker/: the worker pool that ends with its task manager, and the cancelling of jobs left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

DOCKER = Path(__file__).parents[2] / "docker"


@contextmanager
def listening() -> Iterator[int]:
    """A task manager as far as the script sees one: something that listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.fixture
def start_pool(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts the script over a Python program as its pool: `start_pool(port, program)`; what it says is in `said`."""
    started: list[subprocess.Popen[bytes]] = []

    def start(port: int, program: str) -> "subprocess.Popen[bytes]":
        settings = {"TASK_MANAGER_PORT": str(port), "CHECK_EVERY_S": "0.1", "PATIENCE": "3"}
        command = ["bash", str(DOCKER / "worker-pool.sh"), sys.executable, "-c", program]
        with (tmp_path / "said").open("wb") as said:
            started.append(subprocess.Popen(command, env={"PATH": os.environ["PATH"], **settings}, stderr=said))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_the_pool_ends_when_its_task_manager_is_gone(start_pool: Callable[..., Any], tmp_path: Path) -> None:
    """While the task manager's port answers the pool runs; when it does not any more, pool and script end, the script
    with status 1, so that the restart policy brings them back beside the new one.
    """
    with listening() as port:
        pool = start_pool(
            port, f"import os, time; open({str(tmp_path / 'id')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
        )
        with pytest.raises(subprocess.TimeoutExpired):
            pool.wait(1.5)
        inner = int((tmp_path / "id").read_text())
        os.kill(inner, 0)
    assert pool.wait(20) == 1
    assert "nothing answers" in (tmp_path / "said").read_text()
    with pytest.raises(ProcessLookupError):
        os.kill(inner, 0)


def test_a_pool_that_ends_by_itself_ends_the_script_with_its_status(start_pool: Callable[..., Any]) -> None:
    """A pool that crashes is seen at once, with its own exit status."""
    with listening() as port:
        assert start_pool(port, "raise SystemExit(7)").wait(20) == 7


def test_a_stop_ends_the_pool_in_good_order(start_pool: Callable[..., Any], tmp_path: Path) -> None:
    """SIGTERM, which docker stop sends, reaches the pool at once, and the script waits for its end."""
    program = """
import signal, sys, time
def bye(*_):
    sys.exit("bye")
signal.signal(signal.SIGTERM, bye)
print("ready", file=sys.stderr, flush=True)
time.sleep(60)
"""
    with listening() as port:
        pool = start_pool(port, program)
        until = time.monotonic() + 20
        while "ready" not in (tmp_path / "said").read_text() and time.monotonic() < until:
            time.sleep(0.05)
        pool.send_signal(signal.SIGTERM)
        assert pool.wait(10) == 143
    assert "bye" in (tmp_path / "said").read_text()


class Flink(ThreadingHTTPServer):
    """The two calls of Flink's REST interface that are used; a cancelled job is CANCELLING first, then CANCELED."""

    def __init__(self, jobs: dict[str, tuple[str, str]]) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.jobs = dict(jobs)
        self.looks = 0


class Answers(BaseHTTPRequestHandler):
    server: Flink

    def do_GET(self) -> None:
        assert self.path == "/jobs/overview"
        self.server.looks += 1
        jobs = [{"jid": jid, "name": name, "state": state} for jid, (name, state) in self.server.jobs.items()]
        self.reply(200, {"jobs": jobs})
        if self.server.looks > 1:
            self.server.jobs = {
                jid: (name, "CANCELED" if state == "CANCELLING" else state)
                for jid, (name, state) in self.server.jobs.items()
            }

    def do_PATCH(self) -> None:
        url = urlsplit(self.path)
        assert url.query == "mode=cancel"
        jid = url.path.removeprefix("/jobs/")
        self.server.jobs[jid] = (self.server.jobs[jid][0], "CANCELLING")
        self.reply(202, {})

    def reply(self, status: int, body: object) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def flink() -> Iterator[Flink]:
    """Flink with jobs of ours in every state, and one of others."""
    server = Flink(
        {
            "1": ("kirkuk-match-abc", "RUNNING"),
            "2": ("kirkuk-match-abc", "FAILED"),
            "3": ("other", "RUNNING"),
            "4": ("kirkuk-match-abc", "RESTARTING"),
        }
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def cancel(url: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", str(DOCKER / "cancel_flink_jobs.py"), url, "kirkuk-match"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_jobs_left_behind_are_cancelled_and_waited_for(flink: Flink) -> None:
    """Jobs of the name that are not over are cancelled and gone when the script ends; others are left alone."""
    done = cancel(f"http://127.0.0.1:{flink.server_port}/")
    assert (done.returncode, done.stderr) == (0, "cancelled: 2\n")
    assert {jid: state for jid, (_, state) in flink.jobs.items()} == {
        "1": "CANCELED", "2": "FAILED", "3": "RUNNING", "4": "CANCELED",
    }  # fmt: skip


def test_without_flink_nothing_is_submitted() -> None:
    """When Flink can't be asked, the script fails: the service is started again instead of submitting a second job."""
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        assert cancel(f"http://127.0.0.1:{unused.getsockname()[1]}").returncode != 0
