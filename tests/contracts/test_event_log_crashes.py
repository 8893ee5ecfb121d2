"""kill -9 at any moment: what was acknowledged is there, what was not is there whole or not at all."""

import time

import pytest

from connectors.ports import START


def kill_after(process, batches, pause_s):
    """Kill a writer some time after it acknowledged `batches` batches; return the number of the last acknowledged."""
    for _ in range(batches):
        process.stdout.readline()
    until = time.perf_counter() + pause_s
    while time.perf_counter() < until:
        pass
    process.kill()
    rest = process.stdout.read().split()
    process.wait()
    return batches + len(rest)


def test_nothing_acknowledged_is_lost_to_a_kill(sqlite_backend, play, start_writer):
    """Killed again and again at other moments, on the same file, by a writer that takes up where the log ends."""
    done = 0
    for attempt in range(12):
        writer = start_writer(sqlite_backend.path, "w", done, 100_000, 40, 3000)
        acknowledged = done + kill_after(writer, 2 + attempt % 5, attempt * 0.0004)
        log = sqlite_backend.open()
        batches = play.whole_batches(play.read_all(log))["w"]
        assert batches == list(range(len(batches)))
        # One more may have been made durable right before the kill, without a chance to say so.
        assert len(batches) - acknowledged in {0, 1}
        assert log.position("w", "source") == batches[-1]
        log.close()
        done = len(batches)


@pytest.mark.parametrize("statement", [1, 2, 3, 5, 7, 8, 10, 12, 13, 14])
def test_a_kill_between_the_statements_of_an_append_leaves_nothing(sqlite_backend, play, start_writer, statement):
    """From BEGIN (1) to COMMIT (14): neither events nor ids nor positions stay, and the batch can be appended again."""
    writer = start_writer(sqlite_backend.path, "w", 0, 3, 5, 3000, statement)
    assert writer.wait() == -9
    log = sqlite_backend.open()
    assert play.whole_batches(play.read_all(log)) == {"w": [0, 1]}
    assert log.position("w", "source") == 1
    assert log.append(play.batch("w", 2, 5)) == 5


def test_a_kill_leaves_nothing_of_a_batch_larger_than_the_cache(sqlite_backend, play, start_writer):
    """A batch that already spilled into the write-ahead log is not there without its commit."""
    commit = 4 + 300 + 300 + 2
    writer = start_writer(sqlite_backend.path, "w", 0, 1, 300, 100_000, commit)
    assert writer.wait() == -9
    assert sqlite_backend.path.with_name("log.db-wal").stat().st_size > 5_000_000
    log = sqlite_backend.open()
    assert log.end("articles") == START
    assert log.append(play.batch("w", 0, 300)) == 300


def test_a_reader_outlives_the_writer(sqlite_backend, play, start_writer):
    """An open reader goes on reading after a writer was killed in the middle of an append."""
    log = sqlite_backend.open()
    assert log.end("articles") == START
    assert start_writer(sqlite_backend.path, "w", 0, 3, 5, 3000, 5).wait() == -9
    assert play.whole_batches(play.read_all(log)) == {"w": [0, 1]}
    assert log.append(play.batch("own", 0, 2)) == 2
