"""Append numbered articles, one in twenty of them relevant, at a steady pace.

python writer.py LOG_URL COUNT SECONDS
"""

import sys
import time
from datetime import UTC, datetime

from benchmarks.match_speed import corpus
from connectors.ports import Append
from connectors.registry import open_log
from schemas.envelope import ARTICLES, pack
from schemas.records import Article, ArticlePublished, stable_id

BATCH = 25


def article_id(number: int) -> str:
    """The id of one of the articles."""
    return stable_id("article", str(number))


def published(number: int, text: str, now: datetime) -> Append:
    """One article, as ingestion would write it; ten outlets take turns."""
    name = article_id(number)
    item = Article(
        article_id=name,
        revision_id=stable_id(name, text),
        feed_id=f"feed-{number % 10}",
        outlet=f"Outlet {number % 10}",
        publisher=f"publisher-{number % 10}",
        language="en",
        url=f"https://outlet.example/{number}",
        title=f"Story {number}",
        text=text,
        published=now,
        fetched=now,
        ingested=now,
    )
    return Append(ARTICLES, pack(ArticlePublished(article=item), event_id=name, subject=name, time=now))


def main(log_url: str, count: str, seconds: str) -> None:
    """Append until all are there; a broker that is away is waited for."""
    total, pace = int(count), float(seconds) / int(count)
    texts = corpus(0.05, total)
    log = open_log(log_url)
    began = time.monotonic()
    for first in range(0, total, BATCH):
        now = datetime.now(UTC)
        appended = log.append(
            [published(first + at, text, now) for at, text in enumerate(texts[first : first + BATCH])]
        )
        assert appended == BATCH, f"{appended} of a batch of {BATCH} were new"
        time.sleep(max(0.0, began + (first + BATCH) * pace - time.monotonic()))
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
