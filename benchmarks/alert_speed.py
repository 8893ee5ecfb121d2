"""What the alert job does in a second, how long it takes to begin, and how soon it alerts.

`python -m benchmarks.alert_speed [--json] [--articles N]`: coded articles made from a fixed seed, a log and an index
file, the shipped schema and rules, one process. One article in four is on the crisis and has three events, over twenty
days and all places of the theatre.
"""

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import schemas
from connectors import registry
from connectors.ports import Append, EventLog, SystemClock
from pipelines.alerting.options import AlertOptions
from pipelines.generations import promotion_append
from pipelines.jobs.alert import run_alert
from pipelines.match_step import coded_id
from schemas.envelope import ALERTS, MATCHES, derived, pack
from schemas.records import (
    Alert,
    ArticleCoded,
    ArticleRef,
    CodedEvent,
    EventTime,
    GenerationPromoted,
    Party,
    Trigger,
    stable_id,
)
from schemas.rules import load_rules
from schemas.vocabulary import load_vocabulary

SCHEMA = str(Path(schemas.__file__).parent / "kirkuk")
RULES = load_rules(Path(__file__).parents[1] / "config" / "alerts.toml")
VOCABULARY = load_vocabulary(SCHEMA)
THEATRE = sorted(place.id for place in VOCABULARY.places.values() if place.theatre)
BEGIN = datetime(2017, 9, 25, 6, tzinfo=UTC)
TYPES = (
    ("SEIZE", "capture", "iraqi-forces"),
    ("RETREAT", "withdraw", "peshmerga"),
    ("ASSAULT", "clash", "pmu"),
    ("THREATEN", "ultimatum", "abadi"),
    ("MOBILIZE", "troops", "iraq-army"),
    ("DISPLACE", "flee", "residents"),
)
ALERTED = 30


class Quiet:
    """A channel that takes everything."""

    name = "terminal"

    def send(self, alert: Alert) -> None:
        """Do nothing."""


def party(party_id: str) -> Party:
    """Make a party that is named by its id."""
    return Party(id=party_id, text=party_id, span=(0, len(party_id)))


def coded(number: int, rng: random.Random) -> ArticleCoded:
    """Make one coded article."""
    came = BEGIN + timedelta(minutes=number * 28_800 / 20_000)
    events = tuple(event(rng, came) for _ in range(3)) if number % 4 == 0 else ()
    article_id = stable_id("article", str(number))
    article = ArticleRef(
        article_id=article_id,
        revision_id=stable_id(article_id, "1"),
        revision=1,
        feed_id="feed",
        outlet=f"Outlet {number % 60}",
        publisher=f"publisher {number % 60}",
        language="en",
        url=f"https://outlet.example/{number}",
        title=f"Story {number}",
        published=came,
        fetched=came,
        ingested=came,
        shingles=tuple(sorted(rng.getrandbits(32) for _ in range(40))) if events else (),
    )
    return ArticleCoded(
        article=article,
        schema=VOCABULARY.ref,
        relevant=bool(events),
        events=events,
        event_ids=tuple(stable_id(article_id, str(place)) for place in range(len(events))),
        quotes=tuple(f"What happened in story {number}." for _ in events),
    )


def event(rng: random.Random, came: datetime) -> CodedEvent:
    """Make one event of the day or the day before."""
    kind, mode, actor = rng.choice(TYPES)
    day = (came - timedelta(days=rng.randint(0, 1))).date().isoformat()
    return CodedEvent(
        type=kind,
        mode=mode,
        actors=(party(actor),),
        places=(party(rng.choice(THEATRE)),),
        time=EventTime(text="then", start=day, end=day, precision="day") if rng.random() < 0.5 else None,
        trigger=Trigger(text="word", span=(10, 14)),
        sentence=(0, 60),
        score=0.5,
    )


def wrap(item: ArticleCoded) -> Append:
    """Wrap a coded article for its stream."""
    article = item.article
    packed = pack(item, event_id=coded_id(item), subject=article.article_id, time=article.ingested)
    return Append(derived(MATCHES, "g"), packed)


class Room(NamedTuple):
    """A log and an index, and the log opened for looking."""

    log_url: str
    index_url: str
    log: EventLog

    def run(self, stop: threading.Event, *, once: bool) -> None:
        """Run the job."""
        run_alert(
            self.log_url,
            self.index_url,
            SCHEMA,
            RULES,
            [Quiet()],
            AlertOptions(),
            stop=stop,
            clock=SystemClock(),
            progress=lambda _: None,
            once=once,
        )

    def timed(self) -> tuple[float, float]:
        """Run the job to its end; return seconds of CPU time and by the clock."""
        began, began_cpu = time.perf_counter(), time.process_time()
        self.run(threading.Event(), once=True)
        return time.process_time() - began_cpu, time.perf_counter() - began


def delays(room: Room, items: Iterator[ArticleCoded]) -> list[float]:
    """Append articles to a job that waits; return the milliseconds from each append that alerts to the alert."""
    stop, found = threading.Event(), list[float]()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(room.run, stop, once=False)
        time.sleep(3)
        for item in items:
            time.sleep(0.2)
            end, began = room.log.end(ALERTS), time.perf_counter()
            room.log.append([wrap(item)])
            if room.log.wait(ALERTS, after=end, timeout_s=1):
                found.append((time.perf_counter() - began) * 1000)
            if len(found) == ALERTED:
                break
        stop.set()
        job.result()
    return found


def measure(count: int) -> dict[str, float]:
    """Return all figures."""
    rng = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        log = registry.open_log(f"sqlite:///{folder}/log.db")
        room = Room(f"sqlite:///{folder}/log.db", f"sqlite:///{folder}/index.db", log)
        promotion = GenerationPromoted(
            generation="g", previous=None, schema=VOCABULARY.ref, at=BEGIN, schema_dir=SCHEMA
        )
        log.append([promotion_append(promotion, 1)])
        for start in range(0, count, 1000):
            log.append([wrap(coded(number, rng)) for number in range(start, start + 1000)])
        cpu_s, clock_s = room.timed()
        alerts = log.end(ALERTS)
        again_cpu_s, again_s = room.timed()
        waited = delays(room, (coded(number, rng) for number in range(count, count + 100_000, 4)))
        log.close()
    return {
        "articles_per_cpu_s": count / cpu_s,
        "articles_per_s": count / clock_s,
        "ledger_records": alerts,
        "begin_again_cpu_s": again_cpu_s,
        "begin_again_s": again_s,
        "delay_ms_median": statistics.median(waited),
        "delay_ms_largest": max(waited),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--articles", type=int, default=20_000)
    arguments = parser.parse_args()
    figures = measure(arguments.articles)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:24} {value:,.1f}")


if __name__ == "__main__":
    main()
