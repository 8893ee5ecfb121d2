"""The supervisor of the stages: what it says when one of them ends."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from desk.settings import load_settings
from desk.watch import Watch, _Stage
from schemas.errors import ConfigError

ROOT = Path(__file__).parents[2]


class Blind:
    """A view that shows nothing."""

    def counts(self, counts):
        """Show nothing."""

    def alert(self, alert):
        """Show nothing."""


@pytest.fixture
def settings(tmp_path):
    return load_settings(data=tmp_path / "data", environ={"KIRKUK_METRICS_LISTEN": ""})


@pytest.fixture
def stage(settings):
    """The alert stage, started."""
    stage = _Stage("alert", settings, Blind())
    yield stage
    stage.ask_to_stop()
    stage.await_end(20)


def until_reaped(stage):
    deadline = time.monotonic() + 30
    while stage.child is not None:
        stage.reap()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stage_that_fails_is_told_with_its_error_and_the_pause(settings, stage, tmp_path, caplog):
    """The log has a warning with what the stage said at its end, and when it is started again."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "log.db").write_bytes(b"no database at all " * 100)
    stage.start_if_due()
    until_reaped(stage)
    [line] = [record for record in caplog.records if record.name == "desk.watch"]
    assert line.levelno == logging.WARNING
    assert "stage alert failed: " in line.getMessage()
    assert "log.db" in line.getMessage()
    assert "again in 0.5 s" in line.getMessage()


def test_a_stage_that_is_killed_is_told_by_its_status_and_not_by_an_older_error(stage, caplog):
    """Who says nothing at its end is told by the status; the error of an earlier life is not repeated."""
    stage.error = "of an earlier life"
    stage.start_if_due()
    stage.child.process.kill()
    until_reaped(stage)
    assert "stage alert failed: ended with status -9;" in caplog.text
    assert stage.shown()["error"] == "ended with status -9"


@pytest.mark.parametrize(
    "text,wanted",
    [
        ('[channels.desk]\nenv = "KIRKUK_SECRET_NOT_SET"\n', "KIRKUK_SECRET_NOT_SET is not set"),
        ('[channels.desk]\nurl = "nowhere://x"\n', "channels.desk.url"),
        ('[[rule]]\nname = "x"\nchange = ["opened"]\n', "change"),
    ],
)
def test_a_mistake_in_rules_or_channels_ends_the_watch_before_it_begins(tmp_path, text, wanted):
    """No stage has started, nothing is polled, and no folder is made."""
    (tmp_path / "alerts.toml").write_text(text)
    environ = {"KIRKUK_METRICS_LISTEN": "", "KIRKUK_RULES_FILE": str(tmp_path / "alerts.toml")}
    settings = load_settings(data=tmp_path / "data", environ=environ)
    with pytest.raises(ConfigError, match=wanted):
        Watch(settings, stop=threading.Event(), view=Blind()).run()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("after_s", [0.05, 0.2, 0.4])
def test_ctrl_c_in_the_first_moments_prints_no_traceback(tmp_path, after_s):
    """The terminal sends it to every process at once, while the stages still load: they end as they are asked to."""
    watch = subprocess.Popen(
        [sys.executable, "-m", "desk.cli", "watch", "--json", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KIRKUK_METRICS_LISTEN": ""},
        start_new_session=True,
    )
    children = Path(f"/proc/{watch.pid}/task/{watch.pid}/children")
    deadline = time.monotonic() + 30
    while len(children.read_text().split()) < 4 and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(after_s)
    os.killpg(watch.pid, signal.SIGINT)
    _, told = watch.communicate(timeout=60)
    assert "Traceback" not in told
    assert watch.returncode == 0
