"""A desk with a log, an index and an outbox on disk, and short ways to run the alert job on it."""

import multiprocessing
import threading

import pytest

from connectors import registry
from connectors.ports import SystemClock
from pipelines.alert_step import AlertStep, LedgerReader
from pipelines.alerting.options import AlertOptions
from pipelines.developments import Geography
from pipelines.jobs.alert import run_alert
from pipelines.matching import load_coder
from schemas.rules import load_rules
from tests.alerting import alert_play as play
from tests.developments.builders import SCHEMA_DIR

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.alerting.alert_play"])


class Desk:
    """One log and one index on disk, open for looking, an outbox, and the job that works on them."""

    def __init__(self, folder, rules=play.RULES):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.log_url = f"sqlite:///{folder}/log.db"
        self.index_url = f"sqlite:///{folder}/index.db"
        self.log = registry.open_log(self.log_url)
        self.index = registry.open_index(self.index_url)
        self.rules_file = folder / "alerts.toml"
        self.rules_file.write_text(rules)
        self.outbox = play.Outbox(folder / "outbox.txt")

    def alert(self, *notifiers, once=True, stop=None, clock=None, progress=lambda _: None, sole=True, **options):
        """Run the job in this process."""
        return run_alert(
            self.log_url,
            self.index_url,
            SCHEMA_DIR,
            load_rules(self.rules_file),
            notifiers or [self.outbox],
            AlertOptions(**{"batch_size": 3, "first_pause_s": 0.01, **options}),
            stop=stop or threading.Event(),
            clock=clock or SystemClock(),
            progress=progress,
            once=once,
            sole=sole,
        )

    def start(self, when="never:", count=0, *, sole=True):
        """Run the job in a process of its own."""
        arguments = (self.log_url, self.index_url, self.rules_file, self.folder / "outbox.txt", when, count)
        process = PROCESSES.Process(target=play.main, args=arguments, kwargs={"sole": sole})
        process.start()
        return process

    def die(self, when, count):
        """Run the job in a process that dies at the named step; return its exit status."""
        process = self.start(when, count)
        process.join(60)
        assert process.exitcode in {0, -9}
        return process.exitcode

    def step(self):
        """Make a worker of the live generation, without its loop."""
        reader = LedgerReader(self.log)
        reader.catch_up()
        return AlertStep(self.log, self.index, "g1", play.VOCABULARY, load_rules(self.rules_file), reader)

    def close(self):
        self.log.close()
        self.index.close()


@pytest.fixture
def new_desk(tmp_path, monkeypatch):
    """Make desks with a live generation; they are closed at the end."""
    play.schema_read_once(monkeypatch.setattr)
    desks = []

    def make(name="desk", rules=play.RULES):
        desks.append(Desk(tmp_path / name, rules))
        play.promote(desks[-1].log)
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(new_desk):
    return new_desk()


@pytest.fixture(scope="session")
def geography():
    return Geography(play.VOCABULARY)


@pytest.fixture(scope="session")
def coder():
    return load_coder(SCHEMA_DIR)


@pytest.fixture
def load(tmp_path):
    """Load rules from a text."""

    def run(text):
        path = tmp_path / "rules.toml"
        path.write_text(text, "utf-8")
        return load_rules(path)

    return run
