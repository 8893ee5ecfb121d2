"""Steps in a pool of workers of their own (EXTERNAL), as on Flink: a worker that dies or hangs is got over."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import server_ports

ROOT = Path(__file__).parents[2]


class Pool:
    """A worker pool in a process of its own, and its workers, which are processes as well."""

    def __init__(self) -> None:
        self._port = server_ports.reserve(None)
        command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main"]
        # The pool starts its workers as `python`.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [*command, f"--service_port={self._port.number}"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def flags(self) -> tuple[str, ...]:
        return ("--environment_type=EXTERNAL", f"--environment_config=localhost:{self._port.number}")

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("localhost", self._port.number)) == 0

    def workers(self) -> list[int]:
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        return [int(child) for thread in threads for child in thread.read_text().split()]

    def signal(self, number: int) -> None:
        workers = self.workers()
        assert workers
        for worker in workers:
            os.kill(worker, number)

    def close(self) -> None:
        for worker in self.workers():
            os.kill(worker, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._port.release()


@pytest.fixture
def pool(tools):
    pool = Pool()
    # Prism ends with a panic when it finds no pool.
    tools.until(pool.listens)
    yield pool
    pool.close()


@pytest.mark.timeout(240)
def test_a_killed_worker_costs_no_article(site, play, start_prism, pool, tools):
    """The runner sees it go and ends the job; the job is submitted again and goes on in a new worker."""
    prism = start_prism()
    play.fill(site.log, play.crisis(200))
    flags = (f"--job_endpoint={prism.endpoint}", *pool.flags)
    job = site.streaming(prism.endpoint, beam_args=flags, batch_size=10)
    tools.until(lambda: site.done() > 30)
    pool.signal(signal.SIGKILL)
    tools.until(lambda: site.done() == len(play.crisis(200)))
    assert job.end()["failures"] >= 1
    assert len(site.matches(site.generation())) + len(site.letters()) == len(play.crisis(200))


@pytest.mark.timeout(240)
def test_a_worker_that_hangs_is_noticed(site, play, start_prism, pool, tools, caplog):
    """The runner says RUNNING for ever; articles that wait while nothing is coded tell that something is wrong."""
    prism = start_prism()
    play.fill(site.log, play.crisis(20))
    flags = (f"--job_endpoint={prism.endpoint}", *pool.flags)
    job = site.streaming(prism.endpoint, beam_args=flags, stalled_after_s=15)
    tools.until(lambda: site.done() == len(play.crisis(20)))
    pool.signal(signal.SIGSTOP)
    site.log.append([play.stored_form(play.article(500))])
    tools.until(lambda: site.done() == len(play.crisis(20)) + 1, 120)
    assert job.end()["failures"] >= 1
    assert "nothing was coded for 15 s though articles wait" in caplog.text
