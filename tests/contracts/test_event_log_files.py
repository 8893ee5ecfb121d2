"""What can be wrong with a file, a folder or a disk is a LogError that says what to do."""

import os
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path

import pytest

from connectors.ports import Advance
from connectors.sqlite_log import SqliteLog
from schemas.errors import LogError


def test_a_file_that_is_no_database_is_refused(tmp_path):
    """It is left as it was."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, just some notes\n" * 200)
    with pytest.raises(LogError, match=r"notes\.txt: it is not a database"):
        SqliteLog(path)
    assert path.read_text().startswith("not a database")


def test_another_database_is_refused(tmp_path):
    """No table is added to a database that is not ours."""
    path = tmp_path / "photos.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE photos (name)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LogError, match=r"photos\.db: it is a database but no event log"):
        SqliteLog(path)
    assert path.read_bytes() == before


def test_a_log_of_a_newer_release_is_refused(sqlite_backend):
    """The message says to upgrade; nothing is changed."""
    sqlite_backend.open().close()
    with sqlite3.connect(sqlite_backend.path) as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    with pytest.raises(LogError, match=r"log\.db: written by a newer release \(layout 99.*upgrade kirkuk"):
        SqliteLog(sqlite_backend.path)


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    """The message names the path."""
    with pytest.raises(LogError, match="can't be opened: check the path"):
        SqliteLog(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    """The message names the path."""
    (tmp_path / "data").write_text("")
    with pytest.raises(LogError, match=r"log\.db: its folder can't be made"):
        SqliteLog(tmp_path / "data" / "log.db")


def test_a_full_disk_refuses_the_batch_and_keeps_the_rest(sqlite_backend, play):
    """Nothing of the batch is there; with space again the same batch goes in."""
    log = sqlite_backend.open()
    log.append(play.batch("w", 0, 5), [Advance("reader", "feeds", 0, 1)])
    log._connection.execute("PRAGMA max_page_count = 12")
    with pytest.raises(LogError, match="the disk is full: free some space; nothing of this batch"):
        log.append(play.batch("w", 1, 200, 3000), [Advance("reader", "feeds", 0, 2)])
    assert play.whole_batches(log.read("articles")) == {"w": [0]}
    assert log.position("reader", "feeds") == 1
    log._connection.execute("PRAGMA max_page_count = 100000")
    assert log.append(play.batch("w", 1, 200, 3000)) == 200


def test_an_append_that_fails_on_a_bug_leaves_nothing_open(sqlite_backend, play):
    """The bug's own error escapes, the batch is undone, and the handle goes on: so do other writers."""
    log = sqlite_backend.open()
    with pytest.raises(OverflowError):
        log.append(play.appends("a", stream="new"), [Advance("reader", "feeds", 0, 2**70)])
    assert log.holds("new", ["a"]) == set()
    assert sqlite_backend.open(busy_timeout_s=0.05).append(play.appends("b")) == 1
    assert log.append(play.appends("a", stream="new")) == 1


def test_a_file_locked_too_long_is_said_to_be(sqlite_backend, play):
    """Reading goes on meanwhile; once the lock is gone the append succeeds."""
    log = sqlite_backend.open(busy_timeout_s=0.05)
    log.append(play.appends("a"))
    other = sqlite3.connect(sqlite_backend.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogError, match="another process kept it locked for too long"):
        log.append(play.appends("b"))
    assert play.ids(log.read("articles")) == ["a"]
    other.execute("ROLLBACK")
    other.close()
    assert log.append(play.appends("b")) == 1


def test_a_damaged_file_is_said_to_be(sqlite_backend, play):
    """Bytes overwritten in the middle of the file are a LogError or a RecordError, never a wrong event."""
    log = sqlite_backend.open()
    log.append(play.batch("w", 0, 500, 3000))
    log.close()
    data = bytearray(sqlite_backend.path.read_bytes())
    data[4 * 8192 : -8192] = b"\xa5" * (len(data) - 5 * 8192)
    sqlite_backend.path.write_bytes(data)
    damaged = sqlite_backend.open()
    with pytest.raises(LogError, match="it is damaged: restore a backup"):
        play.read_all(damaged)


def test_a_closed_log_says_so(sqlite_backend, play):
    """Every later call is a LogError, also one that was waiting."""
    log = sqlite_backend.open()
    caught = []

    def wait():
        with pytest.raises(LogError, match="was closed") as error:
            log.wait("articles", after=0, timeout_s=60)
        caught.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    log.close()
    waiting.join(30)
    assert len(caught) == 1
    with pytest.raises(LogError, match="was closed"):
        log.append(play.appends("a"))


def test_appends_are_synced_to_the_disk(sqlite_backend):
    """Write-ahead log with a sync at every commit: NORMAL would lose acknowledged batches with the power."""
    log = sqlite_backend.open()
    assert log._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert log._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_page_does_not_outgrow_memory(sqlite_backend, play):
    """A read of many large records ends early, and the next one goes on from there."""
    log = sqlite_backend.open()
    for number in range(8):
        log.append(play.batch("w", number, 1, 12_000_000))
    first = log.read("articles", limit=1000)
    assert 0 < len(first) < 8
    assert play.whole_batches(play.read_all(log)) == {"w": list(range(8))}


@pytest.fixture
def read_only_folder():
    """A folder that nobody may write into, where every user may look."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["log.db", "data/log.db"])
def test_a_read_only_folder_is_said_to_be(read_only_folder, name):
    """The message names the file and what to check."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            SqliteLog(read_only_folder / name)
        except LogError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        message = told.read()
    os.waitpid(child, 0)
    assert message.startswith(str(read_only_folder / name))
    assert "check the path" in message
