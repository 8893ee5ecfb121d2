"""The command line as a user meets it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.registry import open_log
from desk.settings import load_settings

ROOT = Path(__file__).parents[2]
HEAVY = ("apache_beam", "aiohttp", "feedparser", "apprise", "luqum", "rich", "numpy", "sqlite3", "elasticsearch")


def kirkuk(*arguments, cwd, stdin="", **environ):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "desk.cli", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        timeout=60,
    )


def test_help_loads_nothing_heavy():
    """Help needs click alone: no driver, no Beam, no matcher."""
    code = "import sys, desk.cli; print([name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_help_is_quick(tmp_path):
    """`kirkuk --help` takes under 0.3 s of processor time; the best of three, for machines are noisy."""
    times = []
    for _ in range(3):
        began = os.times()
        assert kirkuk("--help", cwd=tmp_path).returncode == 0
        ended = os.times()
        times.append(ended.children_user + ended.children_system - began.children_user - began.children_system)
    assert min(times) < 0.3


@pytest.mark.parametrize(
    "command",
    [
        "watch", "ingest", "match", "alert", "demo", "reprocess", "diff", "search", "show", "timeline", "why",
        "parse-feed", "feeds list", "feeds check", "alerts list", "alerts ack", "alerts mute", "alerts test",
        "dead-letters list", "dead-letters retry", "schema check", "schema show", "doctor",
    ],
)  # fmt: skip
def test_every_command_explains_itself(command):
    """Each command has a text of its own under --help, and takes --data where it touches log or index."""
    from click.testing import CliRunner

    from desk.cli import cli

    done = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) > 4
    assert "\\b" not in done.output
    assert ("--data" in done.output) or command == "parse-feed"


def test_a_wrong_option_is_a_usage_error(tmp_path):
    """Status 2, and the message says what is wrong."""
    done = kirkuk("search", "--inn", "events", cwd=tmp_path)
    assert done.returncode == 2
    assert "--inn" in done.stderr


def test_no_process_can_code_nothing(tmp_path):
    """`match --processes 0` is a usage error that names the bound."""
    done = kirkuk("match", "-", "--processes", "0", cwd=tmp_path)
    assert done.returncode == 2
    assert "x>=1" in done.stderr


def test_examples_keep_their_lines(tmp_path):
    """The first steps stand below each other, as they are to be typed."""
    lines = kirkuk("--help", cwd=tmp_path).stdout.splitlines()
    assert any(line.startswith("    kirkuk demo  ") for line in lines)
    assert any(line.startswith("    kirkuk why ALERT  ") for line in lines)


def test_an_unknown_log_level_is_a_usage_error(tmp_path):
    """Status 2 and the levels that there are."""
    done = kirkuk("--log-level", "FOO", "doctor", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_index_that_is_gone_is_made_again_from_the_log(tmp_path):
    """With a log and no index, the remedy is named."""
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.close()
    done = kirkuk("search", "peshmerga", "--data", tmp_path, cwd=tmp_path)
    assert done.returncode == 1
    assert "kirkuk reprocess" in done.stderr


def test_looking_at_nothing_makes_nothing(tmp_path):
    """A search before anything was stored says so, and leaves no empty files."""
    done = kirkuk("search", "peshmerga", "--data", tmp_path / "none", cwd=tmp_path)
    assert done.returncode == 1
    assert "kirkuk watch" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "command", ["reprocess", "reprocess --dry-run", "rollback", "match --once", "alert --once", "diff", "search x"]
)
def test_a_mistyped_folder_is_told_and_nothing_is_made_there(tmp_path, command):
    """What works on a log that is there refuses a folder without one, and leaves no trace in it."""
    folder = tmp_path / "typo"
    done = kirkuk(*command.split(), "--data", folder, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"kirkuk: {folder}/")
    assert "nothing there yet" in done.stderr
    assert "or correct --data" in done.stderr
    assert not folder.exists()


def test_the_line_for_cron_finds_the_data_from_everywhere():
    """Cron starts in another folder with another path: the runbook's line names program and data from the root on."""
    [line] = re.findall(r"^15 3 \* \* \* +(.*)$", (ROOT / "docs" / "runbook.md").read_text("utf-8"), re.MULTILINE)
    variable, program, command, *_ = line.split()
    assert command == "reprocess"
    assert program.startswith("/")
    assert program.endswith("/kirkuk")
    assert Path(load_settings(environ=dict([variable.split("=")])).data_dir) == Path("/var/lib/kirkuk")


def test_a_bad_setting_is_one_line_and_status_1(tmp_path):
    """No traceback for a mistake in the environment."""
    done = kirkuk("doctor", cwd=tmp_path, KIRKUK_MATCH_BATCHSIZE="5")
    assert done.returncode == 1
    assert done.stderr.startswith("kirkuk: KIRKUK_MATCH_BATCHSIZE")
    assert "Traceback" not in done.stderr


def test_match_reads_standard_input_and_writes_a_line_each(tmp_path):
    """`match - --json` is a filter: lines in, lines out, in order, spans that reproduce the text."""
    text = "Iraqi forces seized the K1 base near Kirkuk on Monday."
    lines = [json.dumps({"id": number, "text": text if number % 2 else "Nothing."}) for number in range(4)]
    done = kirkuk("match", "-", "--json", cwd=tmp_path, stdin="\n".join(lines))
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["id"] for result in results] == [0, 1, 2, 3]
    assert [result["relevant"] for result in results] == [False, True, False, True]
    start, end = results[1]["events"][0]["trigger"]["span"]
    assert text[start:end] == results[1]["events"][0]["trigger"]["text"]


def test_doctor_tells_the_remedy_of_a_broken_schema(tmp_path):
    """A schema folder that does not load fails the check, by name, and the others go on."""
    (tmp_path / "schema").mkdir()
    done = kirkuk("doctor", "--json", cwd=tmp_path, KIRKUK_SCHEMA_DIR=str(tmp_path / "schema"))
    findings = {finding["check"]: finding for finding in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert findings["schema"]["state"] == "failed"
    assert "schema.yaml" in findings["schema"]["message"]
    assert findings["rules"]["state"] == "ok"
