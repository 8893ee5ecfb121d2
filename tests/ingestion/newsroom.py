"""A newsroom in memory: feeds that a test writes, a clock that it sets, and the ingest job over a real log."""

import threading
from datetime import UTC, datetime, timedelta

import msgspec

from connectors import registry
from pipelines.ingestion.options import IngestOptions
from pipelines.jobs.ingest import run_ingest
from pipelines.streams import replay
from schemas.envelope import unpack
from schemas.feeds import FeedItem, FeedSource, Fetched, FetchFailed, ParsedFeed, ParseFailed

NOW = datetime(2017, 10, 16, 6, tzinfo=UTC)


def source(feed_id="one", **changes) -> FeedSource:
    values = {
        "id": feed_id,
        "url": f"https://{feed_id}.example/rss",
        "outlet": "Herald",
        "publisher": "herald",
        "language": "en",
        "country": "IQ",
    }
    return FeedSource(**{**values, **changes})


def item(name="a1", text="Troops entered the city on Monday.", **changes) -> FeedItem:
    values = {
        "guid": f"guid-{name}",
        "link": f"https://herald.example/news/{name}",
        "title": f"Report {name}",
        "text": text,
        "published_raw": "2017-10-16T05:00:00Z",
        "published": datetime(2017, 10, 16, 5, tzinfo=UTC),
    }
    return FeedItem(**{**values, **changes})


class SetClock:
    """Shows what the test sets, and goes on by `step` at every look."""

    def __init__(self, now=NOW, step=timedelta(0)):
        self.time, self.step = now, step
        self._lock = threading.Lock()

    def now(self):
        with self._lock:
            self.time += self.step
            return self.time

    def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


class Web:
    """A fetcher of what the test published; honours ETags as a server does, and keeps all requests."""

    def __init__(self, clock):
        self.clock = clock
        self.pages = {}
        self.requests = []

    def publish(self, feed, *items, dead=(), **headers):
        parsed = ParsedFeed(format="rss20", language="en", items=items, dead=dead)
        self.pages[feed.url] = (msgspec.json.encode(parsed), headers)

    def put(self, feed, answer):
        self.pages[feed.url] = answer

    async def fetch(self, request):
        self.requests.append(request)
        page = self.pages[request.url]
        if isinstance(page, Exception):
            raise page
        if not isinstance(page, tuple):
            return page
        body, headers = page
        same = headers.get("etag") and headers["etag"] == request.etag
        status, body = (304, b"") if same else (200, body)
        return Fetched(status=status, url=request.url, headers=dict(headers), body=body, at=self.clock.now())

    async def close(self):
        pass


class JsonParser:
    """Reads a ParsedFeed that was written as JSON."""

    def __init__(self):
        self.bodies = 0

    async def parse(self, body, headers, url):
        self.bodies += 1
        try:
            return msgspec.json.decode(body, type=ParsedFeed)
        except msgspec.MsgspecError as error:
            return ParseFailed(kind="malformed", message=str(error))

    def close(self):
        pass


class Newsroom:
    """Feeds, the job over them and a look into its log."""

    def __init__(self, url, options=None):
        self.url = url
        self.log = registry.open_log(url)
        self.clock = SetClock()
        self.web = Web(self.clock)
        self.parser = JsonParser()
        self.options = options or IngestOptions()

    def poll(self, *feeds, stop=None, progress=lambda _: None, once=True):
        return run_ingest(
            self.url,
            feeds,
            self.web,
            self.parser,
            self.options,
            stop=stop or threading.Event(),
            clock=self.clock,
            progress=progress,
            once=once,
        )

    def read(self, stream):
        return [unpack(stored.event) for stored in replay(self.log, stream)]

    def ids(self, stream):
        return [stored.event.id for stored in replay(self.log, stream)]

    def articles(self):
        return [record.article for record in self.read("articles")]


def failed(kind="timeout", at=NOW, **more):
    return FetchFailed(kind=kind, message=f"{kind} of a test", at=at, **more)
