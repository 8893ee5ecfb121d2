"""How fast an index takes articles and events and answers searches.

`python -m benchmarks.search_speed [--articles 100000] [--repeats 7] [--index-url URL] [--json]`. Without a URL the
index is a new SQLite file; with one it is that server's, and its generation `g1` is made anew and dropped. The
corpus is generated from a fixed seed: articles of 300 words over 60 days from 40 outlets, words as unequally frequent
as in real text, `kirkuk` in every one of them. Each search is a whole page of 20 with its total, read through the port;
figures are medians.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

from connectors.ports import Index
from connectors.registry import open_index
from schemas.documents import Document, date_text
from schemas.records import stable_id

START = datetime(2017, 9, 1, tzinfo=UTC)
DAYS = 60
WORDS = 300
BATCH = 500
VOCABULARY = 30_000
SYLLABLES = ("ka", "ri", "mo", "su", "ba", "te", "na", "lo", "shi", "du", "pe", "ra")
SOMETIMES = ("peshmerga", "baghdad", "referendum", "oil", "withdrew", "barzani", "abadi")
ACTORS = tuple(f"actor-{number}" for number in range(60))
TYPES = ("RETREAT", "SEIZE", "ASSAULT", "CONSULT", "THREATEN", "VOTE", "ACCUSE", "REJECT")

SEARCHES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("a word of every article", "kirkuk", {}),
    ("a common word", "oil", {}),
    ("a rare word", "kariwo17", {}),
    ("two words", "oil barzani", {}),
    ("a phrase", '"golden division"', {}),
    ("words near by", '"kirkuk oil"~5', {}),
    ("a beginning", "pesh*", {}),
    ("a field and a word", 'outlet:"Outlet 7" oil', {}),
    ("two days and a word", "published:[2017-10-16 TO 2017-10-17] oil", {}),
    ("hours", 'published:["2017-10-16T03:10" TO "2017-10-16T14:25"]', {}),
    ("all but a word", "NOT oil", {}),
    ("everything", "", {}),
    ("nested", "(oil OR referendum) -abadi (types:RETREAT OR actors:actor-3) relevant:true", {}),
    ("one outlet's facet of a word", "oil", {"facets": ["outlet"]}),
    ("facets of a word of every article", "kirkuk", {"facets": ["outlet"]}),
    ("four facets of a common word", "oil", {"facets": ["outlet", "types", "actors", "published"]}),
    ("highlights", "oil barzani", {"highlight": True}),
    ("best of a common word", "oil", {"sort": "best"}),
    ("best of a word of every article", "kirkuk", {"sort": "best"}),
    ("best of two words", "oil barzani", {"sort": "best"}),
)


def vocabulary(rng: random.Random) -> list[str]:
    """Make up words; the rarer ones have numbers, so that they are many."""
    stems = ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(VOCABULARY)]
    return [stem if rank < VOCABULARY // 4 else f"{stem}{rank % 97}" for rank, stem in enumerate(stems)]


def article(rng: random.Random, number: int, total: int, words: list[str], weights: list[float]) -> Document:
    """Make up one article."""
    text = rng.choices(words, cum_weights=weights, k=WORDS - 5)
    text.insert(rng.randrange(100), "Kirkuk")
    for word in SOMETIMES:
        if rng.random() < 0.15:
            text.insert(rng.randrange(200), word.capitalize())
    if rng.random() < 0.02:
        text[150:150] = ["Golden", "Division"]
    published = START + timedelta(days=DAYS * number / total, seconds=rng.randrange(3000))
    article_id = stable_id("article", str(number))
    outlet = min(int(rng.paretovariate(0.6)), 40)
    fields = {
        "article_id": article_id,
        "revision": 1,
        "revision_id": stable_id(article_id, "1"),
        "title": " ".join(rng.choices(words, cum_weights=weights, k=9)),
        "text": " ".join(text),
        "outlet": f"Outlet {outlet}",
        "publisher": f"publisher-{outlet // 2}",
        "feed": f"feed-{outlet}",
        "language": "en",
        "url": f"https://outlet{outlet}.example/2017/{number}",
        "published": date_text(published),
        "fetched": date_text(published + timedelta(seconds=90)),
        "ingested": date_text(published + timedelta(seconds=91)),
        "published_flag": "ok",
        "relevant": rng.random() < 0.4,
        "types": rng.sample(TYPES, k=rng.randrange(3)),
        "actors": rng.sample(ACTORS, k=rng.randrange(5)),
        "places": ["kirkuk-city"],
        "schema_version": "1",
        "schema_digest": stable_id("schema"),
    }
    return Document("articles", article_id, 1, fields)


def corpus(total: int) -> Iterator[Document]:
    """Yield the articles, oldest first."""
    rng = random.Random(7)
    words = vocabulary(rng)
    weights = list(accumulate(1 / (rank + 5) for rank in range(VOCABULARY)))
    return (article(rng, number, total, words, weights) for number in range(total))


def events(total: int) -> Iterator[Document]:
    """Yield five events for each of the articles."""
    rng = random.Random(8)
    for found in corpus(total):
        shared = {key: value for key, value in found.fields.items() if key not in {"text", "types", "published_flag"}}
        for number in range(5):
            event_id = stable_id(found.id, str(number))
            fields = {
                **shared,
                "event_id": event_id,
                "type": rng.choice(TYPES),
                "mode": "verbal",
                "quote": " ".join(str(found.fields["text"]).split()[number * 20 : number * 20 + 20]),
                "trigger": "withdrew",
                "actors": rng.sample(ACTORS, k=2),
                "actor_names": ["the force", "the party"],
                "realis": "actual",
                "claim": "asserted",
                "score": 0.5,
                "rules": ["verb.withdraw", "subject.actor"],
                "spans": {"field": "text", "sentence": [0, 120], "trigger": [40, 48]},
            }
            yield Document("events", event_id, 1, fields)


def fill(index: Index, documents: Iterable[Document]) -> float:
    """Write documents in batches; return documents a second, without the time to make them up."""
    spent = 0.0
    written = 0
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == BATCH:
            spent += seconds(index, batch)
            written += len(batch)
            batch = []
    spent += seconds(index, batch)
    return (written + len(batch)) / spent


def seconds(index: Index, batch: list[Document]) -> float:
    """Write one batch; return how long it took."""
    started = time.perf_counter()
    index.upsert("g1", batch)
    return time.perf_counter() - started


def search_ms(index: Index, query: str, options: dict[str, Any], repeats: int) -> tuple[float, float, int]:
    """Return the median and the longest time of a search in milliseconds, and its total."""
    times, total = [], 0
    for _ in range(repeats):
        started = time.perf_counter()
        total = index.search("articles", query, **options).total
        times.append(1000 * (time.perf_counter() - started))
    return median(times), max(times), total


def measure(url: str, total: int, repeats: int) -> dict[str, Any]:
    """Return all figures."""
    index = open_index(url)
    index.promote("next")
    index.drop("g1")
    rate = fill(index, corpus(total))
    index.promote("g1")
    again = list(corpus(min(total, 2000)))
    changed = [document._replace(version=2, fields={**document.fields, "revision": 2}) for document in again]
    figures: dict[str, Any] = {
        "articles": total,
        "articles_per_s": round(rate),
        "replaced_per_s": round(fill(index, changed)),
        "events_per_s": round(fill(index, events(total // 10))),
    }
    figures["searches"] = {
        label: dict(zip(("median_ms", "max_ms", "total"), search_ms(index, query, options, repeats), strict=True))
        for label, query, options in SEARCHES
    }
    index.promote("next")
    index.drop("g1")
    index.close()
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Measure an index.")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--index-url", help="as in settings; default: a new SQLite file")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.db"
        figures = measure(options.index_url or f"sqlite:///{file}", options.articles, options.repeats)
        if not options.index_url:
            figures["megabytes"] = round(sum(path.stat().st_size for path in file.parent.iterdir()) / 1e6)
    if options.json:
        print(json.dumps(figures))
        return
    searches = figures.pop("searches")
    for name, value in figures.items():
        print(f"{name:40} {value:>12,}")
    print(f"\n{'search':40} {'median ms':>10} {'max ms':>10} {'hits':>6}")
    for label, found in searches.items():
        print(f"{label:40} {found['median_ms']:>10.2f} {found['max_ms']:>10.2f} {found['total']:>6}")


if __name__ == "__main__":
    main()
