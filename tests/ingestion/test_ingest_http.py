"""Real feeds over real HTTP, through the real parser, into a log on disk; and the commands that try feeds."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from connectors import registry
from connectors.feed_parser import ParseLimits, PooledFeedParser
from connectors.fetch import FetchLimits, HttpFetcher
from connectors.ports import SystemClock
from desk.feeds_commands import check_feeds, parse_feed_file
from desk.settings import load_settings
from pipelines.ingestion.options import IngestOptions
from pipelines.jobs.ingest import run_ingest
from pipelines.streams import replay
from schemas.envelope import unpack
from schemas.feed_list import load_feeds
from tests.ingestion.newsroom import NOW, source

LIMITS = FetchLimits(allow_loopback=True, per_host_delay_s=0.01, total_timeout_s=5.0)


def rss(*items, title="Herald"):
    entries = "".join(
        f"<item><guid isPermaLink='false'>g-{name}</guid><link>https://herald.example/news/{name}?utm_source=rss</link>"
        f"<title>{text[:20]}</title><description>{text}</description><pubDate>{format_datetime(NOW)}</pubDate></item>"
        for name, text in items
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{entries}</channel></rss>".encode()


class Site:
    """A web server on loopback that serves what the test publishes, with ETags."""

    def __init__(self):
        self.pages = {}
        self.requests = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._loop.run_forever()

    async def _start(self):
        app = web.Application()
        app.router.add_get("/{name}", self._serve)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        place = web.TCPSite(self._runner, "127.0.0.1", 0)
        await place.start()
        self.port = self._runner.addresses[0][1]
        self._ready.set()

    async def _serve(self, request):
        self.requests.append((request.path, request.headers.get("If-None-Match")))
        status, body = self.pages[request.path]
        etag = f'"{hash(body)}"'
        if status == 200 and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(status=status, body=body, content_type="application/rss+xml", headers={"ETag": etag})

    def publish(self, path, body, status=200):
        self.pages[path] = (status, body)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self):
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="module")
def site():
    served = Site()
    yield served
    served.close()


@pytest.fixture(scope="module")
def parser():
    pool = PooledFeedParser(ParseLimits())
    yield pool
    pool.close()


def poll(log_url, parser, *feeds):
    return run_ingest(
        log_url,
        feeds,
        HttpFetcher(LIMITS, SystemClock()),
        parser,
        IngestOptions(),
        stop=threading.Event(),
        clock=SystemClock(),
        progress=lambda _: None,
        once=True,
    )


def records(log_url, stream):
    log = registry.open_log(log_url)
    found = [unpack(stored.event) for stored in replay(log, stream)]
    log.close()
    return found


def test_rounds_over_http(site, parser, tmp_path):
    url = f"sqlite:///{tmp_path}/log.db"
    feeds = [source(name, url=site.url(f"/{name}")) for name in ("world", "iraq", "broken", "away")]
    site.publish("/world", rss(("1", "Troops entered Kirkuk on Monday."), ("2", "Oil prices rose.")))
    site.publish("/iraq", rss(("1", "A summary."), ("3", "Parliament met in Baghdad.")))
    site.publish("/broken", b"<html><body>Please enable cookies</body></html>")
    site.publish("/away", b"", status=503)
    assert poll(url, parser, feeds[0])["new"] == 2
    first = poll(url, parser, *feeds)
    assert (first["polls"], first["failed"], first["new"], first["duplicate"]) == (4, 2, 1, 1)
    site.publish("/world", rss(("1", "Troops left Kirkuk on Tuesday."), ("2", "Oil prices rose.")))
    second = poll(url, parser, *feeds)
    assert (second["revised"], second["unchanged"], second["new"]) == (1, 1, 0)
    articles = [record.article for record in records(url, "articles")]
    assert [(article.text, article.revision) for article in articles if article.guid == "g-1"] == [
        ("Troops entered Kirkuk on Monday.", 1),
        ("Troops left Kirkuk on Tuesday.", 2),
    ]
    assert [asked[1] is not None for asked in site.requests if asked[0] == "/iraq"] == [False, True]


PROGRAM = """
import signal, sys, threading
from connectors.feed_parser import ParseLimits, PooledFeedParser
from connectors.fetch import FetchLimits, HttpFetcher
from connectors.ports import SystemClock
from desk.settings import load_settings
from pipelines.ingestion.options import IngestOptions
from pipelines.jobs.ingest import run_ingest
from tests.ingestion.newsroom import source

if __name__ == "__main__":
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    parser = PooledFeedParser(ParseLimits())
    counts = run_ingest(
        sys.argv[1], [source("one", url=sys.argv[2])],
        HttpFetcher(FetchLimits(allow_loopback=True), SystemClock()), parser, IngestOptions(),
        stop=stop, clock=SystemClock(), progress=lambda counts: print(counts, flush=True),
    )
    parser.close()
    print("ended", counts, flush=True)
"""


def test_sigterm_ends_the_job_within_two_seconds(site, tmp_path):
    site.publish("/one", rss(("1", "Troops entered Kirkuk on Monday.")))
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    arguments = [sys.executable, str(program), f"sqlite:///{tmp_path}/log.db", site.url("/one")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as process:
        lines = iter(process.stdout.readline, "")
        assert any("'new': 1" in line for line in lines)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert any(line.startswith("ended") for line in lines)
        assert process.wait(10) == 0
        assert time.monotonic() - asked < 3
    assert len(records(arguments[2], "articles")) == 1


def write_list(path, site, *names):
    entry = '[[feeds]]\nid = "{0}"\nurl = "{1}"\noutlet = "H"\npublisher = "h"\nlanguage = "en"\ncountry = "IQ"\n'
    path.write_text("# kept\n" + "\n".join(entry.format(name, site.url("/" + name)) for name in names))
    settings = load_settings(environ={"KIRKUK_FEEDS_FILE": str(path)})
    return msgspec.structs.replace(settings, fetch=LIMITS)


def test_check_says_what_answers_and_marks_it(site, tmp_path):
    site.publish("/good", rss(("1", "Troops entered Kirkuk.")))
    site.publish("/gone", b"", status=404)
    path = tmp_path / "feeds.toml"
    settings = write_list(path, site, "good", "gone")
    out = io.StringIO()
    assert check_feeds(settings, write=True, as_json=True, out=out) == 1
    rows = {row["id"]: row for row in map(json.loads, out.getvalue().splitlines())}
    assert (rows["good"]["ok"], rows["good"]["items"]) == (True, 1)
    assert rows["gone"]["ok"] is False
    assert "http-status" in rows["gone"]["problems"][0]
    marked = {feed.id: feed.verified for feed in load_feeds(path)}
    assert marked["gone"] is None
    assert marked["good"] is not None
    assert path.read_text().startswith("# kept\n")


def test_check_of_one_feed_that_answers_succeeds(site, tmp_path):
    site.publish("/good", rss(("1", "Troops entered Kirkuk.")))
    settings = write_list(tmp_path / "feeds.toml", site, "good", "gone")
    out = io.StringIO()
    assert check_feeds(settings, only=["good"], out=out) == 0
    assert "1 of 1 feeds answered" in out.getvalue()


def test_parse_feed_prints_one_json_document(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_bytes(rss(("1", "Troops entered Kirkuk on Monday.")))
    out = io.StringIO()
    assert parse_feed_file(str(path), headers=["Content-Type: text/xml"], as_json=True, out=out) == 0
    parsed = json.loads(out.getvalue())
    assert parsed["items"][0]["text"] == "Troops entered Kirkuk on Monday."
    path.write_bytes(b"hello")
    out = io.StringIO()
    assert parse_feed_file(str(path), as_json=True, out=out) == 1
    assert json.loads(out.getvalue())["kind"]
