"""The endless match job on Prism beside epochs on FnApiRunner: articles a second, delay, idle cost, memory over time.

`python -m benchmarks.streaming_speed [--json] [--articles N] [--minutes M] [--kafka]`: the same articles (one in twenty
on the crisis) from a log file into an index file, or with --kafka from a broker with three partitions. Steps run in
this process in both ways. Prism and Kafka come from tests/servers. `--minutes 5` adds memory under a steady 20
articles/s. Figures are by the clock; CPU is that of both processes.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.match_job_speed import SCHEMA, stored
from benchmarks.match_speed import corpus
from connectors import registry
from connectors.ports import EventLog, SystemClock
from pipelines.generations import live_generation, match_consumer
from pipelines.jobs.match import MatchOptions, run_match
from pipelines.matching import load_coder
from schemas.envelope import ARTICLES

sys.path.append(str(Path(__file__).parents[1] / "tests" / "servers"))

RELEVANT = 0.05
SINGLES = 40
IDLE_S = 10.0
RATE_PER_S = 20
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Room(NamedTuple):
    """A new log and index by URL, and the log, open."""

    log_url: str
    index_url: str
    log: EventLog

    def done(self) -> int:
        """Positions that the live generation is through with; positions are dense here but for Kafka's markers."""
        generation = live_generation(self.log)
        if generation is None:
            return 0
        consumer = match_consumer(generation)
        parts = self.log.partitions(ARTICLES)
        return sum(self.log.position(consumer, ARTICLES, partition=part) for part in parts)

    def end(self) -> int:
        """Return the position of the last article, over all partitions."""
        return sum(self.log.end(ARTICLES, partition=part) for part in self.log.partitions(ARTICLES))


@contextmanager
def room(kafka: str, number: Iterator[int]) -> Iterator[Room]:
    """Give a room on files, or with its log on a broker."""
    with tempfile.TemporaryDirectory() as folder:
        log_url = f"kafka://{kafka}/bench-{next(number)}?partitions=3" if kafka else f"sqlite:///{folder}/log.db"
        os.environ["KIRKUK_LOG_STATE"] = f"{folder}/state"
        with contextlib.closing(registry.open_log(log_url)) as log:
            yield Room(log_url, f"sqlite:///{folder}/index.db", log)


@contextmanager
def endless(place: Room, endpoint: str) -> Iterator[None]:
    """Run an endless job for as long as the block lasts."""
    stop = threading.Event()
    flags = (f"--job_endpoint={endpoint}", "--environment_type=LOOPBACK")
    options = MatchOptions(runner="PortableRunner", streaming=True, beam_args=flags)
    thread = threading.Thread(target=_match, args=(place, options, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _match(place: Room, options: MatchOptions, stop: threading.Event, *, once: bool = False) -> None:
    ways: dict[str, Any] = {"clock": SystemClock(), "progress": lambda _: None, "once": once}
    run_match(place.log_url, place.index_url, SCHEMA, options, stop=stop, **ways)


def until(true: Callable[[], bool]) -> float:
    """Wait; return for how long, in seconds."""
    began = time.perf_counter()
    while not true():
        time.sleep(0.002)
    return time.perf_counter() - began


def fill(place: Room, texts: list[str]) -> None:
    for first in range(0, len(texts), 500):
        place.log.append([stored(number, text) for number, text in enumerate(texts[first : first + 500], first)])


def caught_up(place: Room) -> bool:
    return 0 < place.end() == place.done()


def throughput(kafka: str, numbers: Iterator[int], endpoint: str, count: int) -> dict[str, float]:
    """Code a backlog in both ways, from the start of the job to the last position."""
    texts = corpus(RELEVANT, count)
    with room(kafka, numbers) as place:
        fill(place, texts)
        began = time.perf_counter()
        _match(place, MatchOptions(), threading.Event(), once=True)
        epochs_s = time.perf_counter() - began
    with room(kafka, numbers) as place:
        fill(place, texts)
        with endless(place, endpoint):
            streaming_s = until(lambda: caught_up(place))
    return {"epochs_articles_per_s": count / epochs_s, "streaming_articles_per_s": count / streaming_s}


def delay(kafka: str, numbers: Iterator[int], endpoint: str, prism_pid: int) -> dict[str, float]:
    """Append articles one at a time at random moments; then nothing. Milliseconds from append to stored position."""
    texts = corpus(1.0, SINGLES + 1)
    rng = random.Random(7)
    delays = []
    with room(kafka, numbers) as place:
        place.log.append([stored(0, texts[0])])
        with endless(place, endpoint):
            until(lambda: caught_up(place))
            for number in range(1, SINGLES + 1):
                time.sleep(rng.uniform(0.3, 0.9))
                began = time.perf_counter()
                place.log.append([stored(number, texts[number])])
                until(lambda: caught_up(place))
                delays.append((time.perf_counter() - began) * 1000)
            before = cpu_s("self"), cpu_s(str(prism_pid))
            time.sleep(IDLE_S)
            after = cpu_s("self"), cpu_s(str(prism_pid))
    return {
        "delay_median_ms": statistics.median(delays),
        "delay_worst_ms": max(delays),
        "idle_worker_cpu_percent": (after[0] - before[0]) / IDLE_S * 100,
        "idle_runner_cpu_percent": (after[1] - before[1]) / IDLE_S * 100,
    }


def memory(kafka: str, numbers: Iterator[int], endpoint: str, prism_pid: int, minutes: int) -> dict[str, float]:
    """Feed steadily and look at resident memory each minute, in KB; the first minute warms up."""
    texts = corpus(RELEVANT, 1000)
    figures: dict[str, float] = {}
    with room(kafka, numbers) as place, endless(place, endpoint):
        began, number = time.perf_counter(), 0
        for minute in range(1, minutes + 1):
            while time.perf_counter() - began < minute * 60:
                place.log.append([stored(number + one, texts[(number + one) % 1000]) for one in range(RATE_PER_S)])
                number += RATE_PER_S
                time.sleep(max(0.0, began + number / RATE_PER_S - time.perf_counter()))
            figures[f"worker_kb_after_{minute}_min"] = resident_kb("self")
            figures[f"runner_kb_after_{minute}_min"] = resident_kb(str(prism_pid))
        until(lambda: caught_up(place))
    return figures


def resident_kb(process: str) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_KB


def cpu_s(process: str) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Start the servers and return all figures; Beam and the schema are loaded before the clock starts."""
    import apache_beam  # noqa: F401 (loaded before the clock starts)
    from server_fixtures import make_kafka, make_prism

    load_coder(SCHEMA)
    numbers = iter(range(1_000))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as servers:
        prism = servers.enter_context(make_prism(Path(folder) / "prism")).start()
        broker = servers.enter_context(make_kafka(Path(folder) / "kafka")).start() if options.kafka else None
        kafka = broker.bootstrap if broker else ""
        figures = throughput(kafka, numbers, prism.endpoint, options.articles)
        figures |= delay(kafka, numbers, prism.endpoint, prism.pid)
        if options.minutes:
            figures |= memory(kafka, numbers, prism.endpoint, prism.pid, options.minutes)
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--minutes", type=int, default=0)
    parser.add_argument("--kafka", action="store_true")
    figures = {name: round(value, 1) for name, value in measure(parser.parse_args()).items()}
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:36} {value:>10,}")


if __name__ == "__main__":
    main()
