"""The runbook's recipe for putting a log back."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from connectors.ports import Append
from connectors.registry import open_log
from schemas.envelope import FEEDS, pack
from schemas.records import FeedFailed

NOW = datetime(2017, 10, 16, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
DIES = """
import os, sys
sys.path[:0] = [{root!r}, {here!r}]
from test_restore import append
from connectors.registry import open_log
log = open_log("sqlite:///data/log.db")
append(log, "after the backup")
os.kill(os.getpid(), 9)
"""


def append(log, feed_id):
    """Append a record that tells which state of the log holds it."""
    event = pack(FeedFailed(feed_id=feed_id, at=NOW, kind="dns", message=""), event_id=feed_id, subject="f", time=NOW)
    log.append([Append(FEEDS, event)])


def recipe():
    """The commands that the runbook gives for a restore, but for the reprocessing."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    section = re.search(r"^## Back up and restore$(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    lines = re.search(r"^```$(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1].strip().splitlines()
    assert lines[-1].startswith("kirkuk reprocess")
    return lines[:-1]


def test_a_restored_log_holds_what_the_backup_held(tmp_path):
    """After a kill -9 the recipe brings the backup back, and not what stood in the write-ahead file that was left."""
    (tmp_path / "data").mkdir()
    with closing(open_log(f"sqlite:///{tmp_path}/data/log.db")) as log:
        append(log, "before the backup")
    with (
        closing(sqlite3.connect(tmp_path / "data" / "log.db")) as source,
        closing(sqlite3.connect(tmp_path / "kept.db")) as kept,
    ):
        source.backup(kept)
    died = subprocess.run(
        [sys.executable, "-c", DIES.format(root=str(ROOT), here=str(Path(__file__).parent))], cwd=tmp_path, check=False
    )
    assert died.returncode == -9
    assert (tmp_path / "data" / "log.db-wal").stat().st_size
    for line in recipe():
        subprocess.run(line, shell=True, cwd=tmp_path, check=True)
    with closing(open_log(f"sqlite:///{tmp_path}/data/log.db")) as log:
        assert [stored.event.id for stored in log.read(FEEDS)] == ["before the backup"]
