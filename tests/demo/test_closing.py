"""What the demo says at its end."""

import shlex
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from connectors.registry import open_index
from desk.cli import cli
from desk.demo.run import alerts_told, closing_lines, demo_settings


@pytest.mark.parametrize("name", ["data", "a folder with 'quotes' and more than a hundred letters in its name " * 2])
def test_the_closing_lines_can_be_pasted(tmp_path, name, monkeypatch):
    """Each is one line that a shell splits into a command that runs on the kept data, whatever the folder is called."""
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv" / "bin" / "kirkuk"), "demo"])
    settings = demo_settings(tmp_path / name, [])
    index = open_index(settings.index_url)
    index.promote("g")
    index.close()
    _, *lines = closing_lines(settings, kept=name)
    words = [shlex.split(line) for line in lines]
    assert [each[1] for each in words] == ["search", "timeline", "alerts"]
    assert {each[0] for each in words} == {sys.argv[0]}
    done = CliRunner().invoke(cli, words[0][1:], standalone_mode=False)
    assert done.exception is None, done.exception


def test_a_demo_that_keeps_nothing_says_how_to_keep_it():
    """The data of a demo without a folder are gone at its end."""
    [line] = closing_lines(SimpleNamespace(), kept=None)
    assert line.endswith("kirkuk demo --data data")


def test_a_second_alert_for_one_label_is_not_called_an_alert_twice():
    """The promise is that no alert is sent twice; what is counted are two developments where the labels see one."""
    score = SimpleNamespace(alerts=30, false_alerts=1, duplicate_alerts=2)
    told = alerts_told(score)
    assert told.startswith("30 sent, each once; 1 false; 2 split")
    assert "twice" not in told
    assert "split" not in alerts_told(SimpleNamespace(alerts=30, false_alerts=1, duplicate_alerts=0))
