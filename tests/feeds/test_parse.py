"""Parsing: every format, every language of the region, and bodies made to hurt."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.feed_parser import ParseLimits, PooledFeedParser, parse_feed
from connectors.feed_text import plain, tidy
from schemas.feeds import ParsedFeed, ParseFailed
from tests.feeds.hostile import BODIES, ODD

LIMITS = ParseLimits(max_items=500)
URL = "https://tigris.example/feed"
NOON = datetime(2017, 10, 16, 9, 0, tzinfo=UTC)
HEAD = "<?xml version='1.0' encoding='utf-8'?>"
GUID = "<guid isPermaLink='false'>n1</guid>"
BODY = "<title>Oil &amp;amp; water</title><description>&lt;p&gt;First.&lt;/p&gt;&lt;p&gt;Second.</description>"
DATE = "<pubDate>Mon, 16 Oct 2017 12:00:00 +0300</pubDate>"

FORMATS = {
    "rss20": f"{HEAD}<rss version='2.0'><channel><title>T</title><link>https://tigris.example/</link>"
    f"<item>{GUID}{BODY}{DATE}<link>/n1</link></item></channel></rss>",
    "rss091u": f"{HEAD}<rss version='0.91'><channel><title>T</title><link>https://tigris.example/</link>"
    f"<item>{BODY}<link>https://tigris.example/n1</link></item></channel></rss>",
    "rss10": f"{HEAD}<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
    "xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>T</title><link>https://tigris.example/</link></channel>"
    f"<item rdf:about='n1'>{BODY}<link>https://tigris.example/n1</link><dc:date>2017-10-16T09:00:00Z</dc:date></item>"
    "</rdf:RDF>",
    "atom10": f"{HEAD}<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><entry><id>n1</id>"
    "<title type='html'>Oil &amp;amp; water</title><link href='/n1'/><published>2017-10-16T12:00:00+03:00</published>"
    "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>First.</p><p>Second.</p></div></content>"
    "</entry></feed>",
    "json11": '{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{"id": "n1", "url": "/n1", '
    '"title": "Oil &amp; water", "content_html": "<p>First.</p><p>Second.", '
    '"date_published": "2017-10-16T12:00:00+03:00"}]}',
}


def parse(body, headers=None, limits=LIMITS):
    return parse_feed(body if isinstance(body, bytes) else body.encode(), headers or {}, URL, limits)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_item(name):
    """Title and paragraphs are plain, links absolute, dates UTC."""
    feed = parse(FORMATS[name])
    assert isinstance(feed, ParsedFeed)
    assert feed.format == name
    (item,) = feed.items
    assert (item.title, item.text) == ("Oil & water", "First.\n\nSecond.")
    assert item.link == "https://tigris.example/n1"
    # feedparser reads dc:date as the date of the last change.
    assert (item.published or item.updated) == (None if name == "rss091u" else NOON)
    assert feed.warnings == ()


TEXTS = [
    "انسحبت قوات البيشمركة من كركوك",
    "هێزەکانی پێشمەرگە لە کەرکووک کشانەوە",
    "Peşmerge Kerkük’ten çekildi",
    "نیروهای پیشمرگه می‌گویند",
    "Pêşmerge ji Kerkûkê vekişiya",
    "𐤊𐤓𐤊",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_scripts_and_encodings(text, encoding):
    """Letters of all the languages come through, whatever Unicode encoding carries them."""
    body = FORMATS["rss20"].replace("Oil &amp;amp; water", text)
    body = body.replace("encoding='utf-8'", f"encoding='{encoding.removesuffix('-sig')}'").encode(encoding)
    assert parse(body).items[0].title == text


def test_arabic_in_a_windows_encoding():
    """windows-1256, declared rightly or as UTF-8, is read as Arabic; the second with a warning."""
    text = "انسحبت القوات من كركوك"
    body = FORMATS["rss20"].replace("Oil &amp;amp; water", text)
    right = parse(body.replace("utf-8", "windows-1256").encode("cp1256", "replace"))
    wrong = parse(body.encode("cp1256", "replace"))
    assert [right.items[0].title, wrong.items[0].title] == [text, text]
    assert any("windows-1256" in warning for warning in wrong.warnings)


def test_markup_can_not_act():
    """Scripts vanish with what they hold; no tag, handler or control character is left."""
    hostile = (
        "<svg/onload=alert(1)><script>steal()</script><b onclick=x>Seen</b>\u202e\x00\x1b <style>p{}</style>&lt;i&gt;"
    )
    assert plain(hostile, 1000) == "Seen <i>"


def test_spelling_marks_stay():
    """The joiner that Persian spelling needs is kept; overrides of direction are not."""
    assert tidy("می\u200cگویند\u202e x") == "می\u200cگویند x"


def test_text_is_cut_but_the_item_stays():
    """An article of 50 MB is kept, shortened, with a warning."""
    body = FORMATS["rss20"].replace("First.", "word " * 100_000)
    feed = parse(body, limits=ParseLimits(max_text_chars=1000))
    assert len(feed.items[0].text) <= 1000
    assert any("cut" in warning for warning in feed.warnings)


def test_items_without_words_are_dead_not_gone():
    """Nothing is dropped in silence: an empty item has a fate."""
    feed = parse(FORMATS["rss20"].replace(BODY, ""))
    assert (feed.items, [item.key for item in feed.dead]) == ((), ["n1"])


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "http://[", "data:text/html,x", "//"])
def test_only_links_of_the_web_are_kept(link):
    """Other schemes and broken links are no links."""
    assert parse(FORMATS["rss20"].replace("/n1</link>", f"{link}</link>").replace("<link>/", "<link>")).items[
        0
    ].link in {
        None,
        URL.replace("feed", ""),
    }


def test_a_string_is_never_opened(tmp_path):
    """A body that names a file is a body."""
    secret = tmp_path / "secret.xml"
    secret.write_text(FORMATS["rss20"])
    assert isinstance(parse(str(secret)), ParseFailed)


@pytest.mark.parametrize("seed", range(30))
def test_damage_is_always_a_value(seed):
    """Random bytes put into, and cut out of, good feeds never raise."""
    dice = random.Random(seed)
    body = bytearray(FORMATS[dice.choice(list(FORMATS))].encode())
    for _ in range(dice.randrange(1, 20)):
        at = dice.randrange(len(body))
        body[at : at + dice.randrange(4)] = bytes(dice.randrange(256) for _ in range(dice.randrange(4)))
    assert isinstance(parse(bytes(body)), ParsedFeed | ParseFailed)


@pytest.mark.parametrize("name", BODIES)
async def test_hostile_bodies_end_with_their_kind(parser, name):
    """Each is refused by name, quickly."""
    body, kind = BODIES[name]
    began = time.monotonic()
    outcome = await parser.parse(body, {}, URL)
    assert isinstance(outcome, ParseFailed)
    assert outcome.kind == kind
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("name", ODD)
async def test_odd_bodies_give_the_items_that_they_have(parser, name):
    """Bodies that cost much to others are read in time; what they have of items is kept."""
    began = time.monotonic()
    outcome = await parser.parse(ODD[name], {}, URL)
    assert isinstance(outcome, ParsedFeed)
    assert outcome.items[0].title.startswith("x")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("name", ["100,000 items", "100,000 items, broken"])
async def test_too_many_items_are_counted_not_dropped(parser, name):
    """The first items fit, the others are told, also where the body is not well-formed."""
    feed = await parser.parse(ODD[name], {}, URL)
    assert len(feed.items) == 500
    assert "99500 items over the limit" in feed.dead[0].error


async def test_a_cut_feed_gives_what_came_before_the_cut(parser):
    """A truncated body is read up to its last whole item, with a warning; half an item is dead, not an article."""
    feed = await parser.parse(ODD["truncated"], {}, URL)
    assert [item.title for item in feed.items] == ["x"]
    assert [item.key for item in feed.dead] == ["cut-off"]
    assert "half" in feed.dead[0].record
    assert feed.warnings


async def test_a_killed_worker_costs_one_feed():
    """A worker that dies ends its feed as crashed; the next feed gets a new one."""
    pool = PooledFeedParser(ParseLimits(workers=1))
    try:
        assert isinstance(await pool.parse(FORMATS["rss20"].encode(), {}, URL), ParsedFeed)
        os.kill(pool._workers[0]._process.pid, signal.SIGKILL)
        assert (await pool.parse(FORMATS["rss20"].encode(), {}, URL)).kind == "crashed"
        assert isinstance(await pool.parse(FORMATS["rss20"].encode(), {}, URL), ParsedFeed)
    finally:
        pool.close()


async def test_a_worker_that_hangs_is_killed_and_replaced():
    """One that does nothing at all, so that no signal handler and no processor limit helps, ends at the wall clock."""
    pool = PooledFeedParser(ParseLimits(workers=1, timeout_s=0.3))
    try:
        await pool.parse(FORMATS["rss20"].encode(), {}, URL)
        hanging = pool._workers[0]._process.pid
        os.kill(hanging, signal.SIGSTOP)
        assert (await pool.parse(FORMATS["rss20"].encode(), {}, URL)).kind == "timeout"
        assert isinstance(await pool.parse(FORMATS["rss20"].encode(), {}, URL), ParsedFeed)
        assert not _runs(hanging)
    finally:
        pool.close()


HEAVY = b"<rss version='2.0'><channel>" + b"<a " * 400_000
"""1 MB that takes the parser 40 s."""
LARGE = FORMATS["rss20"].replace("First.", "&amp;amp;" * 1_000_000).encode()
"""9 MB that take more than 40 MB to parse."""


@pytest.mark.parametrize(
    "body,limits,kind",
    [
        (HEAVY, {"timeout_s": 0.3}, "timeout"),
        (HEAVY, {"cpu_s": 0.0}, "timeout"),
        (LARGE, {"max_memory_bytes": 40 * 2**20}, "memory"),
        (LARGE, {"max_body_bytes": 1_000_000}, "too-large"),
    ],
    ids=["wall time", "processor time", "memory", "size"],
)
async def test_every_limit_ends_one_parse_and_no_other(body, limits, kind):
    """Wall time, processor time, memory and size have an end, while another feed goes through beside."""
    pool = PooledFeedParser(ParseLimits(workers=2, **limits))
    try:
        failed, good = await asyncio.gather(pool.parse(body, {}, URL), pool.parse(FORMATS["rss20"].encode(), {}, URL))
        assert failed.kind == kind
        assert isinstance(good, ParsedFeed)
        assert isinstance(await pool.parse(FORMATS["rss20"].encode(), {}, URL), ParsedFeed)
    finally:
        pool.close()


async def test_closing_does_not_wait_for_a_parse():
    """A stop kills what is under way: it takes no second though the parse would."""
    pool = PooledFeedParser(ParseLimits(workers=1))
    await pool.parse(FORMATS["rss20"].encode(), {}, URL)
    under_way = asyncio.create_task(pool.parse(HEAVY, {}, URL))
    await asyncio.sleep(0.2)
    began = time.monotonic()
    await asyncio.to_thread(pool.close)
    assert (await under_way).kind == "crashed"
    assert time.monotonic() - began < 1


ORPHAN = """
import asyncio, os, sys
from connectors.feed_parser import ParseLimits, PooledFeedParser
async def main():
    pool = PooledFeedParser(ParseLimits(workers=1))
    await pool.parse(b"<rss/>", {}, "")
    print(pool._workers[0]._process.pid, flush=True)
    if sys.argv[1] == "parsing":
        asyncio.create_task(pool.parse(b"<rss version='2.0'><channel>" + b"<a " * 400_000, {}, ""))
        await asyncio.sleep(0.3)
    os.kill(os.getpid(), 9)
if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["idle", "parsing"])
def test_workers_end_with_their_parent(tmp_path, state):
    """A killed parent leaves no worker behind, not even one in the middle of a parse of 40 s."""
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    root = Path(__file__).parents[2]
    # To a file: a pipe would only be at its end when the worker, which holds it too, is gone.
    with (tmp_path / "out").open("w") as out:
        subprocess.run(
            [sys.executable, str(script), state], stdout=out, env={**os.environ, "PYTHONPATH": str(root)}, timeout=30
        )
    pid = int((tmp_path / "out").read_text())
    deadline = time.monotonic() + 5
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    """Tell whether a worker is there; a dead process that nobody waits for has no command line."""
    try:
        return b"spawn" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
