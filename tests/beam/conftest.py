"""The crash kit as a fixture, logs and indexes on disk, and short ways to run the jobs."""

import multiprocessing
import runpy
import signal
import threading
from pathlib import Path
from types import ModuleType

import pytest

import schemas
from connectors import registry
from connectors.ports import SystemClock
from pipelines.jobs.match import MatchOptions, run_match
from tests.beam import beam_play, sparse_log

PROCESSES = multiprocessing.get_context("forkserver")
"""Processes to kill are forked from one that has loaded Beam and has done nothing else: that saves a second each."""
PROCESSES.set_forkserver_preload(["pipelines.transforms", "pipelines.jobs.reprocess", "connectors.sqlite_index"])


@pytest.fixture(scope="session")
def play() -> ModuleType:
    """Builders and the crash kit."""
    return beam_play


@pytest.fixture(scope="session")
def sparse() -> ModuleType:
    """The log with several partitions and holes between its positions."""
    return sparse_log


@pytest.fixture(scope="session")
def schema_dir() -> str:
    return str(Path(schemas.__file__).parent / "kirkuk")


class Desk:
    """One log and one index on disk, open for looking, and the jobs that work on them."""

    def __init__(self, folder: Path, schema_dir: str) -> None:
        folder.mkdir(exist_ok=True)
        self.log_url = f"sqlite:///{folder}/log.db"
        self.index_url = f"sqlite:///{folder}/index.db"
        self.schema_dir = schema_dir
        self.log = registry.open_log(self.log_url)
        self.index = registry.open_index(self.index_url)

    def match(self, *, stop=None, once=True, progress=lambda _: None, **options):
        return run_match(
            self.log_url,
            self.index_url,
            self.schema_dir,
            MatchOptions(**{"batch_size": 20, **options}),
            stop=stop or threading.Event(),
            clock=SystemClock(),
            progress=progress,
            once=once,
        )

    def die(self, job: str, when: str, count: int) -> int:
        """Run a job in a process of its own that dies at the named step; return its exit status."""
        arguments = {"ARGUMENTS": [job, self.log_url, self.index_url, self.schema_dir, when, str(count)]}
        process = PROCESSES.Process(target=runpy.run_path, args=(beam_play.__file__, arguments, "__main__"))
        process.start()
        process.join(120)
        assert process.exitcode in {0, -signal.SIGKILL}, f"the process ended with {process.exitcode}"
        return process.exitcode

    def close(self) -> None:
        self.log.close()
        self.index.close()


@pytest.fixture(scope="session")
def desk_class() -> type[Desk]:
    return Desk


@pytest.fixture
def new_desk(tmp_path, schema_dir):
    """Make desks; they are closed at the end."""
    desks = []

    def make(name: str = "desk") -> Desk:
        desks.append(Desk(tmp_path / name, schema_dir))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(new_desk) -> Desk:
    return new_desk()
