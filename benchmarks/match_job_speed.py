"""How many articles a second the match job codes, end to end, and what one epoch costs by itself.

`python -m benchmarks.match_job_speed [--json] [--articles N]`: from a log file through Beam into an index file and back
into the log, one process, articles of 20 sentences made from a fixed seed. The first epochs, which are short, count
too. Figures are by CPU time, which other work on the machine disturbs least, and by the clock.
"""

import argparse
import json
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import schemas
from benchmarks.match_speed import corpus
from connectors import registry
from connectors.ports import Append, EventLog, SystemClock
from pipelines.jobs.epochs import Epochs, Generation, Places, Runner
from pipelines.jobs.match import MatchOptions, run_match
from pipelines.matching import load_coder
from schemas.envelope import ARTICLES, pack
from schemas.records import Article, ArticlePublished, stable_id

NOW = datetime(2017, 10, 17, 12, tzinfo=UTC)
SCHEMA = str(Path(schemas.__file__).parent / "kirkuk")
EPOCHS = 100


def stored(number: int, text: str) -> Append:
    """Wrap one text as a published article."""
    article_id = stable_id("article", str(number))
    item = Article(
        article_id=article_id,
        revision_id=stable_id(article_id, text),
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


@contextmanager
def room() -> Iterator[tuple[str, str, EventLog]]:
    """Give the URLs of a new log and index, and the open log."""
    with tempfile.TemporaryDirectory() as folder:
        log_url, index_url = f"sqlite:///{folder}/log.db", f"sqlite:///{folder}/index.db"
        log = registry.open_log(log_url)
        yield log_url, index_url, log
        log.close()


class Cost(NamedTuple):
    """Seconds of CPU time and by the clock."""

    cpu_s: float
    clock_s: float


def run(log_url: str, index_url: str) -> Cost:
    """Code what the log holds."""
    began, began_cpu = time.perf_counter(), time.process_time()
    run_match(
        log_url,
        index_url,
        SCHEMA,
        MatchOptions(),
        stop=threading.Event(),
        clock=SystemClock(),
        progress=lambda _: None,
        once=True,
    )
    return Cost(time.process_time() - began_cpu, time.perf_counter() - began)


def articles_per_s(name: str, share: float, count: int) -> dict[str, float]:
    """Code `count` articles of which `share` are on the crisis."""
    texts = corpus(share, count)
    with room() as (log_url, index_url, log):
        log.append([stored(number, text) for number, text in enumerate(texts)])
        cost = run(log_url, index_url)
    return {f"{name}_per_cpu_s": count / cost.cpu_s, f"{name}_per_s": count / cost.clock_s}


def one_by_one() -> dict[str, float]:
    """Code articles that come one at a time, by an epoch each. Returns milliseconds and the growth of memory."""
    [text] = corpus(1.0, 1)
    ref = load_coder(SCHEMA).ref
    times, before_kb = [], 0
    with room() as (log_url, index_url, log):
        epochs = Epochs(
            Generation("g", SCHEMA, ref),
            Places(log_url, log_url, index_url),
            log,
            log,
            runner=Runner(),
            batch_size=100,
            target_s=1.0,
        )
        for number in range(EPOCHS):
            log.append([stored(number, text)])
            began = time.process_time()
            epochs.run_one()
            times.append((time.process_time() - began) * 1000)
            if number == EPOCHS // 10:
                before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    return {
        "epoch_of_one_article_median_cpu_ms": statistics.median(times),
        "epoch_of_one_article_worst_cpu_ms": max(times[5:]),
        "memory_grown_in_90_epochs_kb": grown_kb,
    }


def measure(count: int) -> dict[str, float]:
    """Return all figures; Beam and the schema are loaded before the clock starts."""
    load_coder(SCHEMA)
    figures = one_by_one()
    return {
        **figures,
        **articles_per_s("articles_one_in_twenty", 0.05, count),
        **articles_per_s("articles_all_relevant", 1.0, count // 10),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--articles", type=int, default=5000)
    options = parser.parse_args()
    figures = {name: round(value, 1) for name, value in measure(options.articles).items()}
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:36} {value:>10,}")


if __name__ == "__main__":
    main()
