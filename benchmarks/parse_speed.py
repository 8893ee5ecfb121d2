"""How fast feeds are parsed, and what taking the markup out of texts costs of that.

`python -m benchmarks.parse_speed [--json]`. Feeds of 40 items with texts of about 2 kB of HTML are made here, in RSS,
Atom and JSON Feed, in English and Arabic. Figures are of one process, but for the last, which is of the pool with two
workers.
"""

import asyncio
import io
import json
import sys
import time
from collections.abc import Callable
from typing import Final

import feedparser
import msgspec

from connectors.feed_parser import ParseLimits, PooledFeedParser, parse_feed
from connectors.feed_text import plain
from schemas.feeds import ParsedFeed

ITEMS: Final = 40
SECONDS: Final = 2.0
URL: Final = "https://bench.example/feed"
LIMITS: Final = ParseLimits()
WORDS: Final = {
    "english": "Peshmerga units left the K1 base near Kirkuk before dawn, residents said &amp; officials denied.",
    "arabic": "انسحبت قوات البيشمركة من قاعدة كي وان قرب كركوك قبل الفجر، بحسب ما قاله سكان ونفاه مسؤولون.",
}


def markup(language: str) -> str:
    """Return about 2 kB of HTML."""
    paragraph = f'<p>{WORDS[language]} <a href="/more" onclick="x()">more</a> <b>now</b><br/></p>\n'
    return paragraph * (2000 // len(paragraph.encode()) + 1)


def rss(language: str) -> bytes:
    """Return an RSS feed."""
    items = "".join(
        f"<item><title>Story {number}</title><link>/news/{number}</link><guid isPermaLink='false'>{number}</guid>"
        f"<pubDate>Mon, 16 Oct 2017 12:00:00 +0300</pubDate>"
        f"<description><![CDATA[{markup(language)}]]></description></item>"
        for number in range(ITEMS)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


def atom(language: str) -> bytes:
    """Return an Atom feed."""
    entries = "".join(
        f"<entry><title>Story {number}</title><link href='/news/{number}'/><id>urn:{number}</id>"
        f"<updated>2017-10-16T12:00:00Z</updated><content type='html'><![CDATA[{markup(language)}]]></content></entry>"
        for number in range(ITEMS)
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{entries}</feed>".encode()


def json_feed(language: str) -> bytes:
    """Return a JSON Feed."""
    items = [
        {"id": str(number), "url": f"/news/{number}", "title": f"Story {number}", "content_html": markup(language),
         "date_published": "2017-10-16T12:00:00+03:00"}
        for number in range(ITEMS)
    ]  # fmt: skip
    return msgspec.json.encode({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items})


FORMATS: Final = {"rss": rss, "atom": atom, "json": json_feed}


def rate(work: Callable[[], object]) -> float:
    """Return calls a second of process time, over about two seconds."""
    work()
    calls, began = 0, time.process_time()
    while (spent := time.process_time() - began) < SECONDS:
        work()
        calls += 1
    return calls / spent


def feeds_per_s(body: bytes) -> float:
    """Parse one feed again and again."""
    outcome = parse_feed(body, {}, URL, LIMITS)
    assert isinstance(outcome, ParsedFeed)
    assert len(outcome.items) == ITEMS
    return rate(lambda: parse_feed(body, {}, URL, LIMITS))


def parsed_alone(body: bytes, *, sanitize: bool) -> float:
    """Parse with feedparser and nothing else, with or without its own cleaning of markup."""
    return rate(
        lambda: feedparser.parse(
            io.BytesIO(body), response_headers={}, sanitize_html=sanitize, resolve_relative_uris=False
        )
    )


def cleaning(language: str) -> dict[str, float]:
    """Compare the time that cleaning takes here with that of feedparser's sanitizer, by feed."""
    body, text = rss(language), markup(language)
    own_ms = ITEMS * 1e3 / rate(lambda: plain(text, LIMITS.max_text_chars))
    bare, cleaned = parsed_alone(body, sanitize=False), parsed_alone(body, sanitize=True)
    theirs_ms = 1e3 / cleaned - 1e3 / bare
    return {
        "plain_ms_per_feed": own_ms,
        "sanitizer_ms_per_feed": theirs_ms,
        "ratio": theirs_ms / own_ms,
        "feedparser_ms_per_feed": 1e3 / bare,
    }


async def pooled() -> dict[str, float]:
    """Measure the pool: its start, the way there and back for a small feed, and many feeds at once."""
    pool, small, body = PooledFeedParser(ParseLimits(workers=2)), b"<rss><channel/></rss>", rss("english")
    try:
        began = time.perf_counter()
        await pool.parse(small, {}, URL)
        started = time.perf_counter()
        for _ in range(200):
            await pool.parse(small, {}, URL)
        returned = time.perf_counter()
        await asyncio.gather(*(pool.parse(body, {}, URL) for _ in range(200)))
        done = time.perf_counter()
    finally:
        pool.close()
    return {
        "first_parse_ms": (started - began) * 1e3,
        "smallest_parse_ms": (returned - started) * 1e3 / 200,
        "pool_feeds_per_s": 200 / (done - returned),
    }


def measure() -> dict[str, dict[str, float]]:
    """Return all figures by group."""
    speed = {f"{name} {language}": feeds_per_s(make(language)) for name, make in FORMATS.items() for language in WORDS}
    return {
        "feeds_per_s": speed,
        "items_per_s": {name: value * ITEMS for name, value in speed.items()},
        **{f"markup_{language}": cleaning(language) for language in WORDS},
        "pool": asyncio.run(pooled()),
    }


def main() -> None:
    """Print the figures."""
    figures = {group: {name: round(value, 2) for name, value in found.items()} for group, found in measure().items()}
    if "--json" in sys.argv[1:]:
        print(json.dumps({"items": ITEMS, "body_bytes": len(rss("english")), **figures}))
        return
    print(f"feeds of {ITEMS} items, {len(rss('english')):,} bytes")
    for group, found in figures.items():
        for name, value in found.items():
            print(f"{group:16} {name:24} {value:>12,.2f}")


if __name__ == "__main__":
    main()
