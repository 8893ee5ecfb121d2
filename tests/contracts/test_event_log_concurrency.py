"""Several writers and readers at once, in threads and in processes."""

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.ports import START, Advance
from connectors.sqlite_log import SqliteLog
from schemas.errors import LogError


def follow(log, writers_alive, *, page):
    """Read onwards while writers are at work, and to the end after them; return every page."""
    pages = []
    position = START
    while True:
        alive = writers_alive()
        found = log.read("articles", after=position, limit=page)
        if found:
            pages.append(found)
            position = found[-1].position
        elif not alive:
            return pages


def check_followed(log, play, pages, writers):
    """What a reader saw as it came is what is there: nothing came late, and every writer's batches came in order."""
    seen = [stored for page in pages for stored in page]
    assert seen == play.read_all(log)
    assert play.whole_batches(seen) == writers


def test_threads_write_and_read_at_once(log_backend, play):
    """Each event is there once, each writer's in its order, and a reader beside them misses none."""
    writers = ["one", "two", "three"]

    def write(writer):
        log = log_backend.open()
        for number in range(30):
            log.append(play.batch(writer, number, 1 + number % 7))

    log = log_backend.open()
    with ThreadPoolExecutor(len(writers)) as pool:
        tasks = [pool.submit(write, writer) for writer in writers]
        pages = follow(log, lambda: not all(task.done() for task in tasks), page=10_000)
    for page in pages:
        play.whole_batches(page)
    check_followed(log, play, pages, {writer: list(range(30)) for writer in writers})


def test_one_handle_serves_many_threads(log_backend, play):
    """Threads that share a handle are served one after the other, without mixing their batches."""
    log = log_backend.open()

    def work(number):
        log.append(play.batch(f"w{number}", 0, 5), [Advance(f"w{number}", "articles", 0, number)])
        assert len(log.read("articles", limit=3)) == 3
        return log.position(f"w{number}", "articles")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(1, 60))) == list(range(1, 60))
    assert play.whole_batches(play.read_all(log)) == {f"w{number}": [0] for number in range(1, 60)}


def test_one_id_from_many_threads_is_stored_once(log_backend, play):
    """Of those who append the same event at once, exactly one is told that it was new."""
    barrier = threading.Barrier(6)

    def race(_):
        log = log_backend.open()
        barrier.wait()
        return [log.append(play.appends(f"id-{number}")) for number in range(20)]

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(race, range(6)))
    assert [sum(column) for column in zip(*results, strict=True)] == [1] * 20


@pytest.mark.parametrize("page", [10_000, 3])
def test_processes_write_and_read_at_once(sqlite_backend, play, start_writer, page):
    """Two processes that write into a new file and a third that reads: all there, each once, whole, never late."""
    writers = {"one": list(range(120)), "two": list(range(120))}
    processes = [start_writer(sqlite_backend.path, writer, 0, 120, 9, 500) for writer in writers]
    log = sqlite_backend.open()
    pages = follow(log, lambda: any(process.poll() is None for process in processes), page=page)
    assert [process.wait() for process in processes] == [0, 0]
    if page > 1000:
        for found in pages:
            play.whole_batches(found)
    check_followed(log, play, pages, writers)
    assert len(pages) > 2, "the reader did not run beside the writers"


def test_many_handles_make_one_file_at_once(tmp_path):
    """Opening a log that does not exist yet is safe from any number of sides."""
    for attempt in range(8):
        barrier = threading.Barrier(8)

        def make(number, path=tmp_path / f"{attempt}.db", barrier=barrier):
            barrier.wait()
            log = SqliteLog(path)
            log.append([], [Advance(f"c{number}", "s", 0, 1)])
            found = log.position(f"c{number}", "s")
            log.close()
            return found

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(make, range(8))) == [1] * 8


def test_a_new_file_that_another_is_looking_at_is_waited_for(sqlite_backend, play):
    """Laying out needs the file for itself for a moment; who reads it then delays the opening and does not fail it."""
    other = sqlite3.connect(sqlite_backend.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN")
    other.execute("SELECT * FROM sqlite_master").fetchall()
    release = threading.Timer(0.1, other.execute, ["ROLLBACK"])
    release.start()
    assert sqlite_backend.open().append(play.appends("a")) == 1
    release.join()
    other.close()


def test_a_writer_waits_for_another(sqlite_backend, play, start_writer):
    """A process that holds the file for a moment delays the others, no more."""
    other = start_writer(sqlite_backend.path, "other", 0, 40, 400, 3000)
    log = sqlite_backend.open()
    for number in range(10):
        log.append(play.batch("own", number, 2))
    assert other.wait() == 0
    assert play.whole_batches(play.read_all(log)) == {"own": list(range(10)), "other": list(range(40))}


def in_fork(work):
    """Run `work` in a forked process; return its exit status, 0 when it returned true."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            status = 0 if work() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_process_opens_its_own(sqlite_backend, play):
    """A child can't use its parent's handle, is told so, and its own works; the parent's goes on."""
    log = sqlite_backend.open()
    log.append(play.appends("before"))

    def child():
        try:
            log.append(play.appends("lost"))
        except LogError as error:
            refused = "open it again" in str(error)
        log.close()
        own = SqliteLog(sqlite_backend.path)
        own.append(play.appends("from the child"))
        own.close()
        return refused

    assert in_fork(child) == 0
    log.append(play.appends("after"))
    assert play.ids(log.read("articles")) == ["before", "from the child", "after"]
