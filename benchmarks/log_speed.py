"""How fast the event logs append and read, encoding and decoding included.

`python -m benchmarks.log_speed [--json]`. Records are articles of about 3 kB in batches of 500, made here; the file
lies in a temporary folder (set TMPDIR to measure another disk). Figures are per second of wall-clock time, one process.
"""

import json
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connectors.memory_log import MemoryLog
from connectors.ports import START, Advance, Append, EventLog
from connectors.sqlite_log import SqliteLog
from schemas.envelope import ARTICLES, MATCHES, encode, pack, unpack
from schemas.records import Article, ArticlePublished, stable_id

NOW = datetime(2017, 10, 17, 12, tzinfo=UTC)
TEXT = "Peshmerga units left the K1 base near Kirkuk before dawn, residents said. انسحبت القوات من كركوك. " * 23
BATCH = 500
BATCHES = 60


def article(number: int) -> Append:
    """Make one article of about 3 kB, packed as an event."""
    article_id = stable_id("article", str(number))
    item = Article(
        article_id=article_id,
        revision_id=stable_id(article_id, "1"),
        feed_id="feed",
        outlet="Outlet",
        publisher="publisher",
        language="en",
        url=f"https://outlet.example/{number}",
        title=f"Story {number}",
        text=TEXT,
        published=NOW,
        fetched=NOW,
        ingested=NOW,
    )
    event = pack(ArticlePublished(article=item), event_id=article_id, subject=article_id, time=NOW)
    return Append(ARTICLES, event)


def batches(first: int, count: int) -> list[list[Append]]:
    """Make `count` batches of new articles."""
    return [[article(first + at * BATCH + index) for index in range(BATCH)] for at in range(count)]


def seconds(work: Callable[[], object]) -> float:
    """Return the wall-clock seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def append_all(log: EventLog, work: list[list[Append]]) -> None:
    """Append batch by batch, each with a position."""
    for at, batch in enumerate(work):
        log.append(batch, [Advance("bench", "source", 0, at)])


def read_all(log: EventLog, *, unpacked: bool = False) -> int:
    """Read the stream in pages of a batch; return how many events there were."""
    after, count = START, 0
    while page := log.read(ARTICLES, after=after, limit=BATCH):
        after = page[-1].position
        count += len(page)
        if unpacked:
            for stored in page:
                unpack(stored.event)
    return count


def throughput(log: EventLog) -> dict[str, float]:
    """Return appends and reads a second."""
    work = batches(0, BATCHES)
    events = BATCH * BATCHES
    return {
        "appends_per_s": events / seconds(lambda: append_all(log, work)),
        "known_appends_per_s": events / seconds(lambda: append_all(log, work)),
        "reads_per_s": events / seconds(lambda: read_all(log)),
        "unpacked_reads_per_s": events / seconds(lambda: read_all(log, unpacked=True)),
    }


def single(log: EventLog) -> dict[str, float]:
    """Return the costs of small calls, in microseconds: an append of one event is a whole synced transaction."""
    first = BATCH * BATCHES
    singles = [[article(first + number)] for number in range(200)]
    calls = 2000
    return {
        "append_one_us": seconds(lambda: append_all(log, singles)) / len(singles) * 1e6,
        "end_us": seconds(lambda: [log.end(ARTICLES) for _ in range(calls)]) / calls * 1e6,
        "position_us": seconds(lambda: [log.position("bench", "source") for _ in range(calls)]) / calls * 1e6,
        "empty_read_us": seconds(lambda: [log.read(ARTICLES, after=10**9) for _ in range(calls)]) / calls * 1e6,
    }


def interleaved(log: EventLog) -> dict[str, float]:
    """Return appends a second while each batch also appends to a second stream, as the match job does."""
    work = batches(10_000_000, BATCHES // 2)
    both = [[*batch, *(Append(f"{MATCHES}.g", event) for _, event in batch)] for batch in work]
    return {"two_stream_appends_per_s": BATCH * BATCHES / seconds(lambda: append_all(log, both))}


def wake_ms(reader: EventLog, writer: EventLog) -> dict[str, float]:
    """Return the median and worst time from the end of an append to a waiting reader's return."""
    delays = []
    for number in range(50):
        woken: list[float] = []
        after = reader.end("wake")

        def sleep(after: int = after, woken: list[float] = woken) -> None:
            reader.wait("wake", after=after, timeout_s=10)
            woken.append(time.perf_counter())

        thread = threading.Thread(target=sleep)
        thread.start()
        time.sleep(0.005 + number % 10 * 0.0004)
        writer.append([Append("wake", article(number).event)])
        appended = time.perf_counter()
        thread.join()
        delays.append((woken[0] - appended) * 1e3)
    delays.sort()
    return {"wake_median_ms": delays[len(delays) // 2], "wake_worst_ms": delays[-1]}


@contextmanager
def sqlite_logs() -> Iterator[tuple[EventLog, EventLog, Path]]:
    """Two handles on one new file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        one, other = SqliteLog(path), SqliteLog(path)
        yield one, other, path
        one.close()
        other.close()


def checkpointed_bytes(path: Path) -> int:
    """Return the size of the file once the write-ahead log is copied into it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return path.stat().st_size


def measure() -> dict[str, dict[str, float]]:
    """Return all figures by backend."""
    with sqlite_logs() as (log, other, path):
        on_disk = {**throughput(log), **single(log)}
        stored = BATCH * BATCHES + 200
        on_disk["disk_bytes_per_record"] = checkpointed_bytes(path) / stored
        on_disk.update(interleaved(log), **wake_ms(other, log))
    memory = MemoryLog()
    in_memory = {**throughput(memory), **single(memory), **interleaved(memory), **wake_ms(memory, memory)}
    return {"sqlite": on_disk, "memory": in_memory}


def main() -> None:
    """Print the figures."""
    record_bytes = len(encode(article(0).event))
    figures = {
        backend: {name: round(value, 3 if value < 1000 else 0) for name, value in found.items()}
        for backend, found in measure().items()
    }
    if "--json" in sys.argv[1:]:
        print(json.dumps({"record_bytes": record_bytes, "batch": BATCH, **figures}))
        return
    print(f"records of {record_bytes:,} bytes in batches of {BATCH}")
    for name in figures["sqlite"]:
        print(f"{name:28}", *(f"{found.get(name, ''):>14}" for found in figures.values()))


if __name__ == "__main__":
    main()
