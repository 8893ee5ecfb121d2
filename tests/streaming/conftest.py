"""A log, an index and an endless match job over them: in a thread of this process, or as the command `kirkuk match`."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import schemas
from connectors import registry
from connectors.ports import SystemClock
from pipelines.generations import live_generation, match_consumer
from pipelines.jobs.match import MatchOptions, run_match
from pipelines.streams import replay
from schemas.envelope import ARTICLES, DEAD_LETTERS, MATCHES, derived, encode
from tests.beam import beam_play, sparse_log

WAIT_S = 60.0
_own = itertools.count()


@pytest.fixture(scope="session")
def play() -> ModuleType:
    """Builders of articles, and what a run leaves behind."""
    return beam_play


@pytest.fixture(scope="session")
def sparse() -> ModuleType:
    """The log with several partitions and holes between its positions."""
    return sparse_log


@pytest.fixture(scope="session")
def schema_dir() -> str:
    return str(Path(schemas.__file__).parent / "kirkuk")


def until(true: Callable[[], object], timeout_s: float = WAIT_S) -> float:
    """Wait until something holds; return how long it took, in seconds."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < timeout_s, f"not within {timeout_s} s"
        time.sleep(0.01)
    return time.monotonic() - began


def loopback(endpoint: str) -> tuple[str, ...]:
    """Return the flags of a job whose steps run in the process that submits it."""
    return (f"--job_endpoint={endpoint}", "--environment_type=LOOPBACK")


class Job:
    """An endless match job in a thread of this process."""

    def __init__(self, site: "Site", options: MatchOptions) -> None:
        self.stop = threading.Event()
        self.seen: list[dict[str, Any]] = []
        self.counts: dict[str, int] = {}
        self.error: BaseException | None = None
        self._site = site
        self._options = options
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        site = self._site
        urls = (site.log_url, site.index_url, site.schema_dir)
        ways = {"stop": self.stop, "clock": SystemClock(), "progress": lambda state: self.seen.append(dict(state))}
        try:
            self.counts = dict(run_match(*urls, self._options, **ways))
        except BaseException as error:  # noqa: BLE001 (told by `end`)
            self.error = error

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def end(self, timeout_s: float = 30) -> dict[str, int]:
        """Stop it; return what it counted, or raise what it raised."""
        self.stop.set()
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), "the job did not stop"
        if self.error is not None:
            raise self.error
        return self.counts


class Site:
    """One log and one index, open for looking, and the jobs that work on them."""

    def __init__(self, folder: Path, log_url: str, index_url: str, schema_dir: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log_url = log_url
        self.index_url = index_url
        self.schema_dir = schema_dir
        self.log = registry.open_log(log_url)
        self.index = registry.open_index(index_url)
        self.jobs: list[Job] = []
        self.processes: list[subprocess.Popen[str]] = []

    def streaming(self, endpoint: str, **options: Any) -> Job:
        """Start an endless job in this process."""
        settings = {"runner": "PortableRunner", "streaming": True, "batch_size": 20, "beam_args": loopback(endpoint)}
        self.jobs.append(Job(self, MatchOptions(**{**settings, **options})))
        return self.jobs[-1]

    def command(self, endpoint: str, *args: str, **options: Any) -> "subprocess.Popen[str]":
        """Start `kirkuk match` with an endless job in a process of its own."""
        settings = {"runner": "PortableRunner", "streaming": True, "batch_size": 20, "beam_args": loopback(endpoint)}
        lines = [f"{key} = {json.dumps(value)}" for key, value in {**settings, **options}.items()]
        config = self.folder / "kirkuk.toml"
        config.write_text(
            f"data = {json.dumps(str(self.folder / 'data'))}\n"
            f"[log]\nurl = {json.dumps(self.log_url)}\n[index]\nurl = {json.dumps(self.index_url)}\n"
            f"[schema]\ndir = {json.dumps(self.schema_dir)}\n[match]\n" + "\n".join(lines) + "\n"
        )
        command = [sys.executable, "-m", "desk.cli", "match", "--json", "--config", str(config), *args]
        environment = {**os.environ, "KIRKUK_LOG_STATE": str(self.folder / "state")}
        with (self.folder / "match.err").open("ab") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        self.processes.append(process)
        return process

    def said(self) -> str:
        """What the commands wrote to standard error."""
        return (self.folder / "match.err").read_text()

    def generation(self) -> str:
        """The live generation, once there is one."""
        until(lambda: live_generation(self.log))
        return live_generation(self.log)

    def done(self) -> int:
        """How many articles (and what is none) the live generation is through with, counted in the log."""
        generation = live_generation(self.log)
        if generation is None:
            return 0
        total = 0
        for part in self.log.partitions(ARTICLES):
            position = self.log.position(match_consumer(generation), ARTICLES, partition=part)
            total += sum(1 for _ in replay(self.log, ARTICLES, upto=position, partition=part))
        return total

    def matches(self, generation: str) -> list[bytes]:
        """The stored outcomes of a generation, sorted: partitions have no order between them."""
        stream = derived(MATCHES, generation)
        parts = self.log.partitions(stream)
        return sorted(encode(stored.event) for part in parts for stored in replay(self.log, stream, partition=part))

    def letters(self) -> list[str]:
        """The ids of all dead letters, sorted."""
        parts = self.log.partitions(DEAD_LETTERS)
        return sorted(stored.event.id for part in parts for stored in replay(self.log, DEAD_LETTERS, partition=part))

    def close(self) -> None:
        for job in self.jobs:
            job.stop.set()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for job in self.jobs:
            job._thread.join(30)
        self.index.close()
        self.log.close()


def terminate(process: "subprocess.Popen[str]") -> tuple[dict[str, int], float]:
    """Stop a command as an operator does; return what it counted, and how long it took to end."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return json.loads(output)["match"], time.monotonic() - began


@pytest.fixture
def new_site(tmp_path: Path, schema_dir: str) -> Iterator[Callable[..., Site]]:
    """Make sites on files; they and their jobs end with the test."""
    sites: list[Site] = []

    def make(name: str = "site", *, log_url: str = "", index_url: str = "", schema: str = schema_dir) -> Site:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        urls = (log_url or f"sqlite:///{folder}/log.db", index_url or f"sqlite:///{folder}/index.db")
        sites.append(Site(folder, *urls, schema))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(new_site) -> Site:
    return new_site()


@pytest.fixture(params=["files", pytest.param("servers", marks=pytest.mark.servers("kafka", "elastic"))])
def places(request: pytest.FixtureRequest, new_site) -> Site:
    """A site on files, and one on real servers with three partitions."""
    if request.param == "files":
        return new_site()
    return new_site("served", **served(request))


def served(request: pytest.FixtureRequest) -> dict[str, str]:
    """Addresses on the real servers that no other test uses."""
    kafka, elastic = request.getfixturevalue("kafka_server"), request.getfixturevalue("elastic_server")
    own = f"stream-{next(_own)}"
    return {"log_url": f"kafka://{kafka.bootstrap}/{own}?partitions=3", "index_url": f"{elastic.url}/{own}"}


@pytest.fixture(scope="session")
def tools() -> Any:
    """Short ways for the tests of this folder, which is no package."""
    return sys.modules[__name__]
