"""How fast the event logs append and read, encoding and decoding included.

`python -m benchmarks.log_speed [--json] [--log-url URL | --servers] [--compression]`. Records are articles of about
3 kB, made here, in batches of 500 where nothing else is said; the file lies in a temporary folder (set TMPDIR to
measure another disk). Figures are per second of wall-clock time, one process.

`--log-url kafka://…` measures that log beside the others; use a prefix of its own, for it stays full of articles.
`--servers` starts a broker from tests/servers for it. `--compression` also compares codecs there, on news text.
"""

import argparse
import json
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.memory_log import MemoryLog
from connectors.ports import START, Advance, Append, EventLog
from connectors.registry import open_log
from connectors.sqlite_log import SqliteLog
from schemas.envelope import ARTICLES, MATCHES, encode, pack, unpack
from schemas.records import Article, ArticlePublished, stable_id

NOW = datetime(2017, 10, 17, 12, tzinfo=UTC)
TEXT = "Peshmerga units left the K1 base near Kirkuk before dawn, residents said. انسحبت القوات من كركوك. " * 23
BATCH = 500
BATCHES = 60
SIZES = {1: 150, 25: 60, 200: 15}
"""Size of a batch -> how many are appended."""
NEWS = Path(__file__).parent / "kirkuk_dev" / "articles.jsonl"


def article(number: int, text: str = TEXT) -> Append:
    """Make one article, of about 3 kB where no text is given, packed as an event."""
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
        text=text,
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


def read_all(log: EventLog, stream: str = ARTICLES, size: int = BATCH, *, unpacked: bool = False) -> int:
    """Read a stream in pages of a batch; return how many events there were."""
    after, count = START, 0
    while page := log.read(stream, after=after, limit=size):
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


def by_size(log: EventLog) -> dict[str, float]:
    """Return appends and reads a second in batches of several sizes, each in a stream of its own."""
    found = {}
    for size, count in SIZES.items():
        stream = f"{MATCHES}.{size}"
        work = [
            [Append(stream, article(20_000_000 + at * size + index).event) for index in range(size)]
            for at in range(count)
        ]
        log.append([Append(stream, article(29_000_000).event)])
        found[f"appends_by_{size}_per_s"] = size * count / seconds(lambda work=work: append_all(log, work))
        found[f"reads_by_{size}_per_s"] = (
            size * count / seconds(lambda stream=stream, size=size: read_all(log, stream, size))
        )
    return found


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


@contextmanager
def kafka_url(chosen: argparse.Namespace) -> Iterator[str | None]:
    """The URL of the log to measure beside the others, on a broker that is started for it with `--servers`."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("KIRKUK_LOG_STATE", f"{folder}/state")
        if not chosen.servers:
            yield chosen.log_url
            return
        sys.path.append(str(Path(__file__).parents[1] / "tests" / "servers"))
        import artifacts
        from kafka_server import KafkaServer

        files, java = artifacts.fetch("kafka"), artifacts.java()
        if isinstance(files, artifacts.Missing) or isinstance(java, artifacts.Missing):
            raise SystemExit("Kafka can't be started here: see tests/servers/README.md")
        with KafkaServer(Path(folder) / "kafka", files, java) as server:
            yield f"kafka://{server.start().bootstrap}/bench"


def news(batches: int) -> list[list[Append]]:
    """Return batches of 100 labelled articles, none twice in a batch, for a batch is compressed as a whole."""
    texts = [json.loads(line)["text"] for line in NEWS.read_text().splitlines()]
    shuffled = random.Random(4)
    return [
        [article(at * 100 + index, text) for index, text in enumerate(shuffled.sample(texts, 100))]
        for at in range(batches)
    ]


def compressions(url: str) -> dict[str, dict[str, float]]:
    """Return by codec what appends, reads and the disk take of news in batches of 100.

    And once with the checksum in Python, which kafka-python falls back on without the package crc32c.
    """
    from kafka.record import util

    from connectors import kafka_options

    codec, checksum = kafka_options.COMPRESSION, util.calc_crc32c.__defaults__
    work = news(20)
    found = {}
    try:
        for name in ("none", "lz4", "zstd", "zstd, crc in Python"):
            kafka_options.COMPRESSION = None if name == "none" else name.split(",")[0]
            util.calc_crc32c.__defaults__ = (util.crc32c_py,) if "Python" in name else checksum
            found[name] = _compressed(f"{url}-codec{len(found)}", work)
    finally:
        kafka_options.COMPRESSION, util.calc_crc32c.__defaults__ = codec, checksum
    return found


def _compressed(url: str, work: list[list[Append]]) -> dict[str, float]:
    from kafka.admin import KafkaAdminClient

    from connectors.kafka_options import client_settings, parse_kafka_url

    options = parse_kafka_url(url)
    count = 100 * len(work)
    with closing(open_log(url)) as log:
        append_all(log, [[article(-1)]])
        cpu = time.process_time()
        appended = seconds(lambda: append_all(log, work))
        append_cpu = time.process_time() - cpu
        read = seconds(lambda: read_all(log))
    with closing(KafkaAdminClient(**client_settings(options))) as admin:
        sizes = [
            each["partition_size"]
            for node in admin.describe_log_dirs()
            for place in node["log_dirs"]
            for each in _partitions(place, f"{options.prefix}.{ARTICLES}")
        ]
    return {
        "appends_per_s": count / appended,
        "appends_per_cpu_s": count / append_cpu,
        "reads_per_s": count / read,
        "disk_bytes_per_record": sum(sizes) / count,
    }


def _partitions(place: dict[str, Any], topic: str) -> list[dict[str, Any]]:
    return [part for found in place["topics"] if found["name"] == topic for part in found["partitions"]]


def measure(url: str | None) -> dict[str, dict[str, float]]:
    """Return all figures by backend; `url` is of one on a server."""
    found = {}
    with sqlite_logs() as (log, other, path):
        on_disk = {**throughput(log), **single(log)}
        stored = BATCH * BATCHES + 200
        on_disk["disk_bytes_per_record"] = checkpointed_bytes(path) / stored
        found["sqlite"] = on_disk | interleaved(log) | wake_ms(other, log) | by_size(log)
    if url is not None:
        with closing(open_log(url)) as log, closing(open_log(url)) as other:
            found["server"] = throughput(log) | single(log) | interleaved(log) | wake_ms(other, log) | by_size(log)
    log = MemoryLog()
    found["memory"] = throughput(log) | single(log) | interleaved(log) | wake_ms(log, log) | by_size(log)
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--compression", action="store_true")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--log-url", metavar="URL")
    where.add_argument("--servers", action="store_true")
    chosen = parser.parse_args()
    record_bytes = len(encode(article(0).event))
    with kafka_url(chosen) as url:
        if chosen.compression and url is None:
            parser.error("--compression needs --log-url or --servers")
        tables = [rounded(measure(url))] + ([rounded(compressions(url))] if chosen.compression and url else [])
    if chosen.json:
        print(json.dumps({"record_bytes": record_bytes, "batch": BATCH, **tables[0], "compression": tables[1:]}))
        return
    print(f"records of {record_bytes:,} bytes in batches of {BATCH}")
    for table in tables:
        print(f"{'':28}", *(f"{name:>16}" for name in table))
        for name in next(iter(table.values())):
            print(f"{name:28}", *(f"{found.get(name, ''):>16}" for found in table.values()))


def rounded(table: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Leave out digits that mean nothing."""
    return {
        column: {name: round(value, 3 if value < 1000 else 0) for name, value in found.items()}
        for column, found in table.items()
    }


if __name__ == "__main__":
    main()
