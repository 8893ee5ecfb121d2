"""Articles to match and the crash kit; also a program, which runs a job and dies where it is told to. The tests run it
with its arguments in ARGUMENTS; by hand:

    python beam_play.py JOB LOG_URL INDEX_URL SCHEMA_DIR WHEN:PORT.METHOD COUNT

for example `match ... before:log.append 3` kills itself with SIGKILL right before the third append.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from connectors import registry
from connectors.ports import Append, EventLog, Index, SystemClock
from pipelines.generations import live_generation
from pipelines.streams import replay
from schemas.envelope import ARTICLES, DEAD_LETTERS, MATCHES, Event, derived, encode, pack, unpack
from schemas.records import Article, ArticlePublished, ArticleRetracted, ArticleRevised, stable_id

SUNDAY = datetime(2017, 10, 15, 20, tzinfo=UTC)

TEXTS = (
    "Peshmerga linked to the PUK withdrew from Kirkuk on Monday. Iraqi forces entered the city hours later.",
    "Iraqi forces took control of the K1 base on Monday, the army said. Eleven soldiers were killed.",
    "The KRG rejected Baghdad's demand to annul the referendum. Masoud Barzani accused the PUK of treason.",
    "Ο καιρός στο Κιρκούκ. The food festival in Kirkuk opens on Friday with forty cooks.",
    "Qassem Soleimani visited Sulaymaniyah and met Bafel Talabani, a PUK lawmaker said.",
    "قالت القوات العراقية إنها سيطرت على قاعدة كي وان في كركوك يوم الاثنين.",
    "The Popular Mobilization denied that its fighters were in Kirkuk. Families fled Tuz Khurmatu on Tuesday.",
    "The striker scored twice on Saturday evening and left the pitch to applause.",
)


def article(number: int, *, revision: int = 1, text: str | None = None) -> Article:
    """Build one article; the same arguments give the same article."""
    body = TEXTS[number % len(TEXTS)] if text is None else text
    body += f" Report {number}, edition {revision}."
    article_id = stable_id("article", str(number))
    return Article(
        article_id=article_id,
        revision_id=stable_id(article_id, body),
        revision=revision,
        feed_id=f"feed-{number % 3}",
        outlet=f"Outlet {number % 3}",
        publisher=f"publisher-{number % 3}",
        language="ar" if number % len(TEXTS) == 5 else "en",
        url=f"https://outlet{number % 3}.example/{number}",
        title=f"Story {number}",
        text=body,
        published=SUNDAY + timedelta(minutes=number),
        fetched=SUNDAY + timedelta(minutes=number, seconds=5),
        ingested=SUNDAY + timedelta(minutes=number, seconds=6),
    )


def stored_form(item: Article) -> Append:
    """Wrap an article for the stream of articles."""
    record = (
        ArticlePublished(article=item)
        if item.revision == 1
        else ArticleRevised(article=item, previous_revision_id=stable_id("before", item.revision_id))
    )
    event_id = stable_id(item.article_id, str(item.revision), item.revision_id)
    return Append(ARTICLES, pack(record, event_id=event_id, subject=item.article_id, time=item.ingested))


def retraction(number: int, revision: int | None = None) -> Append:
    """Wrap the withdrawal of an article."""
    article_id = article(number).article_id
    numbered = {} if revision is None else {"revision": revision}
    record = ArticleRetracted(article_id=article_id, reason="withdrawn", at=SUNDAY + timedelta(days=2), **numbered)
    event_id = stable_id(article_id, "retracted")
    return Append(ARTICLES, pack(record, event_id=event_id, subject=article_id, time=record.at))


def poison(number: int) -> Append:
    """Wrap a payload that is no article at all."""
    event = Event(
        id=stable_id("poison", str(number)),
        source="kirkuk",
        type="kirkuk.ArticlePublished",
        subject=f"poison-{number}",
        time=SUNDAY,
        data=msgspec.Raw(b'{"article": {"article_id": 5}}'),
    )
    return Append(ARTICLES, event)


def crisis(count: int) -> list[Append]:
    """Return `count` articles with edits, withdrawals and poison among them."""
    appends: list[Append] = []
    for number in range(count):
        appends.append(stored_form(article(number)))
        if number % 10 == 7:
            appends.append(poison(number))
        if number % 6 == 5:
            # An edit long after, one at once, and texts that lose all their events.
            earlier = number - 4 if number % 12 == 5 else number
            text = None if number % 18 == 5 else "Nothing of note happened."
            appends.append(stored_form(article(earlier, revision=2, text=text)))
        if number % 30 == 29:
            appends.append(retraction(number - 20, revision=9))
    return appends


def fill(log: EventLog, appends: list[Append]) -> None:
    """Append to the log as the feeds would: a few at a time."""
    for start in range(0, len(appends), 5):
        log.append(appends[start : start + 5])


def documents(index: Index, generation: str | None = None) -> dict[str, list[bytes]]:
    """Return every document of a generation as canonical JSON."""
    kinds = ("articles", "events", "developments", "alerts")
    return {
        kind: [msgspec.json.encode(row, order="deterministic") for row in index.scan(kind, generation=generation)]
        for kind in kinds
    }


def matches(log: EventLog, generation: str) -> list[bytes]:
    """Return the stored outcomes of a generation, in order."""
    return [encode(stored.event) for stored in replay(log, derived(MATCHES, generation))]


def state(log: EventLog, index: Index) -> dict[str, Any]:
    """Return all that a match run leaves behind, but for the times at which letters were written."""
    generation = live_generation(log)
    assert generation is not None
    letters = [unpack(stored.event) for stored in replay(log, DEAD_LETTERS)]
    return {
        "generation": generation,
        "live": index.live(),
        "matches": matches(log, generation),
        "position": log.position(f"match.{generation}", ARTICLES),
        "letters": [(letter.dead_letter_id, letter.key, letter.error, letter.record) for letter in letters],
        "documents": documents(index),
    }


class Deadly:
    """A port that dies at the n-th call of one method, before or after it."""

    calls = 0

    def __init__(self, port: Any, name: str, when: str, count: int) -> None:
        self._port = port
        self._name = name
        self._when = when
        self._count = count

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._port, method)
        if not callable(found) or f"{self._name}.{method}" != self._when.partition(":")[2]:
            return found
        return self._deadly(found)

    def _deadly(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            Deadly.calls += 1
            now = Deadly.calls == self._count
            if now and self._when.startswith("before"):
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*args, **named)
            if now:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


def arm(when: str, count: int) -> None:
    """Make every log and index that this process opens deadly."""
    open_log, open_index = registry.open_log, registry.open_index
    registry.open_log = lambda url: Deadly(open_log(url), "log", when, count)
    registry.open_index = lambda url: Deadly(open_index(url), "index", when, count)


def main(job: str, log_url: str, index_url: str, schema_dir: str, when: str, count: str) -> None:
    """Run a job until it dies or is done."""
    arm(when, int(count))
    if job == "match":
        from pipelines.jobs.match import MatchOptions, run_match

        run_match(
            log_url,
            index_url,
            schema_dir,
            MatchOptions(batch_size=20),
            stop=threading.Event(),
            clock=SystemClock(),
            progress=lambda _: None,
            once=True,
        )
    else:
        from pipelines.jobs.reprocess import ReprocessOptions, run_reprocess
        from schemas.rules import load_rules

        rules = load_rules(Path(__file__).parents[2] / "config" / "alerts.toml")
        run_reprocess(
            log_url,
            index_url,
            schema_dir,
            rules,
            ReprocessOptions(batch_size=20),
            stop=threading.Event(),
            clock=SystemClock(),
            progress=lambda _: None,
        )


if __name__ == "__main__":
    main(*globals().get("ARGUMENTS", sys.argv[1:]))
