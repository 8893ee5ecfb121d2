"""What is peculiar to the index file: faults told in words, other releases, several processes, sudden death."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.sqlite_index import SqliteIndex
from connectors.sqlite_terms import columns
from schemas.documents import FIELDS
from schemas.errors import IndexUnavailableError
from tests.contracts import index_play
from tests.contracts.index_play import LIVE, contents, corpus, document, found, numbered

ROOT = Path(index_play.__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "index.db"


def write_elsewhere(path: Path, first: int, count: int) -> subprocess.Popen:
    """Start a process that writes numbered articles, ten at a time."""
    return subprocess.Popen(
        [sys.executable, index_play.__file__, f"sqlite:///{path}", str(first), str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def check(path: Path) -> None:
    """Let SQLite look for damage: the file's, and the full-text indexes'."""
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    names = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'").fetchall()
    assert names
    for (name,) in names:
        connection.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")
    connection.close()


def test_it_lasts_and_folders_are_made(tmp_path):
    path = tmp_path / "deep" / "er" / "index.db"
    index = SqliteIndex(path)
    index.upsert(LIVE, corpus())
    index.promote(LIVE)
    index.close()
    again = SqliteIndex(path)
    assert again.live() == LIVE
    assert set(found(again, "kirkuk")) == {"withdraw", "deny", "cross"}
    again.close()
    check(path)


def test_two_handles_see_each_other(path):
    one, other = SqliteIndex(path), SqliteIndex(path)
    one.upsert(LIVE, [document("a", title="kirkuk")])
    assert other.search("articles", "kirkuk", generation=LIVE).total == 1
    other.upsert(LIVE, [document("a", version=2, title="erbil")])
    other.promote(LIVE)
    assert one.live() == LIVE
    assert found(one, "kirkuk") == []
    one.promote("g2")
    one.drop(LIVE)
    assert other.get("articles", "a", generation=LIVE) is None
    assert other.generations() == ["g2"]
    one.close()
    other.close()


def test_a_file_of_another_kind_is_refused(path, tmp_path):
    path.write_bytes(b"These are notes, not a database. " * 100)
    with pytest.raises(IndexUnavailableError, match="not a database"):
        SqliteIndex(path)
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE events (id)")
    connection.commit()
    connection.close()
    with pytest.raises(IndexUnavailableError, match="no index"):
        SqliteIndex(other)


@pytest.mark.parametrize("version, remedy", [(99, "upgrade"), (0, "reprocess")])
def test_a_file_of_another_release_is_refused_with_the_remedy(path, version, remedy):
    SqliteIndex(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(IndexUnavailableError, match=remedy):
        SqliteIndex(path)


def test_a_path_that_can_not_be_is_told_in_words(tmp_path):
    with pytest.raises(IndexUnavailableError, match="can't be opened"):
        SqliteIndex(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(IndexUnavailableError, match="folder"):
        SqliteIndex(tmp_path / "file" / "index.db")


def test_a_closed_index_says_so(path):
    index = SqliteIndex(path)
    index.close()
    with pytest.raises(IndexUnavailableError, match="closed"):
        index.count("articles")


def test_a_lock_held_for_too_long_is_unavailable_and_nothing_is_lost(path):
    index = SqliteIndex(path, busy_timeout_s=0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(IndexUnavailableError, match="locked"):
        index.upsert(LIVE, [document("a")])
    assert index.count("articles", generation=LIVE) == 0
    holder.execute("COMMIT")
    holder.close()
    assert index.upsert(LIVE, [document("a")]) == []
    assert index.count("articles", generation=LIVE) == 1
    index.close()


def test_a_full_disk_takes_nothing_of_a_batch(path):
    index = SqliteIndex(path)
    index.upsert(LIVE, [document("a", title="kirkuk")])
    before = contents(index)
    with index._file.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    index._file._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(IndexUnavailableError, match="disk is full"):
        index.upsert(LIVE, [numbered(number, text=f"word{number} " * 500) for number in range(200)])
    assert contents(index) == before
    index._file._connection.execute("PRAGMA max_page_count = 1000000")
    assert index.upsert(LIVE, [numbered(1)]) == []
    index.close()
    check(path)


def test_two_processes_write_at_once_and_nothing_is_lost(path):
    writers = [write_elsewhere(path, first, 200) for first in (0, 1000)]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors
    index = SqliteIndex(path)
    assert index.count("articles", generation=LIVE) == 400
    assert index.search("articles", "kirkuk", generation=LIVE).total == 400
    for number in (0, 199, 1000, 1199):
        assert found(index, f"word{number}", generation=LIVE) == [f"n{number:05d}"]
    index.close()
    check(path)


def test_a_killed_writer_leaves_whole_batches_and_all_that_it_acknowledged(path):
    writer = write_elsewhere(path, 0, 100_000)
    acknowledged = [int(writer.stdout.readline()) for _ in range(12)]
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate(timeout=60)
    acknowledged += [int(line) for line in rest.split("\n")[:-1]]
    index = SqliteIndex(path)
    ids = {one for one, _, _ in index.scan("articles", generation=LIVE)}
    for first in acknowledged:
        assert {f"n{number:05d}" for number in range(first, first + 10)} <= ids
        assert index.search("articles", f"batch{first}", generation=LIVE).total == 10
    assert len(ids) % 10 == 0
    assert index.search("articles", f"batch{max(acknowledged) + 10}", generation=LIVE).total in {0, 10}
    assert index.upsert(LIVE, [numbered(0, text="changed")]) == []
    index.close()
    check(path)


def test_replacing_and_deleting_leaves_no_trace_in_the_full_text_index(path):
    """The index holds no texts, so it must be told the same words again; hostile ones too."""
    hostile = "كـركوك ½ ㎏ e\u0301 \U0001f9d1\u200d\U0001f692 İı " + "x" * 600 + " '\"*:()^~ \x00\x07"
    index = SqliteIndex(path)
    index.promote(LIVE)
    for version in range(1, 8):
        index.upsert(LIVE, [document("a", version=version, title=hostile, authors=[hostile], revision=version)])
    index.delete(LIVE, "articles", ["a"])
    index.close()
    connection = sqlite3.connect(path)
    for kind in FIELDS:
        connection.execute(f"CREATE VIRTUAL TABLE temp.left_{kind} USING fts5vocab(main, words_1_{kind}, row)")
        assert connection.execute(f"SELECT term FROM left_{kind}").fetchall() == []
        assert len(columns(kind)) > 1
    connection.close()
    check(path)


def test_a_fork_must_open_its_own(path):
    index = SqliteIndex(path)
    index.upsert(LIVE, [document("a")])
    child = os.fork()
    if child == 0:
        try:
            index.count("articles", generation=LIVE)
        except IndexUnavailableError:
            index.close()
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert index.count("articles", generation=LIVE) == 1
    index.close()
