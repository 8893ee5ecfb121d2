"""The search server dies, is away, or takes only little at a time: nothing is lost, refused or written twice."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import server_fixtures
from elastic_server import ElasticServer

from connectors.elastic_index import ElasticIndex
from connectors.elastic_options import parse_elastic_url
from schemas.documents import Document
from schemas.errors import IndexUnavailableError
from tests.contracts import index_play
from tests.contracts.index_play import LIVE, document, numbered

ROOT = Path(__file__).parents[2]
LARGEST_REQUEST = 1_000_000
UNDER_WAY = 500_000

pytestmark = pytest.mark.servers("elastic")


class SmallServer(ElasticServer):
    """It takes requests of a megabyte at most, and half of one at a time."""

    def _settings(self) -> dict[str, Any]:
        limits = {
            "http.max_content_length": f"{LARGEST_REQUEST}b",
            "indexing_pressure.memory.limit": f"{UNDER_WAY}b",
        }
        return super()._settings() | limits


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallServer]:
    """A server of this module's own, which its tests may kill; they leave it running."""
    files = server_fixtures.fetched("elastic")
    with SmallServer(tmp_path_factory.mktemp("small"), files, server_fixtures._java()) as server:
        yield server.start()


@pytest.fixture
def server(small: SmallServer, request: pytest.FixtureRequest) -> Iterator[SmallServer]:
    """The server, running before and after the test."""
    if not small.running:
        small.start()
    yield small
    if not small.running:
        small.start()


@pytest.fixture
def url(server: SmallServer, request: pytest.FixtureRequest) -> str:
    """The URL of an index of this test's; the server ends with the module, so nobody clears up."""
    return f"{server.url}/{request.node.name.split('[')[0].replace('_', '')[4:60]}"


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., ElasticIndex]]:
    """Open handles on the index; they are closed at the end."""
    made: list[ElasticIndex] = []

    def opened(**settings: Any) -> ElasticIndex:
        made.append(ElasticIndex(parse_elastic_url(url), **settings))
        return made[-1]

    yield opened
    for one in made:
        one.close()


def long_article(number: int, size: int = 3000) -> Document:
    """Make an article of about `size` bytes, in JSON several times that, as it is also sent folded."""
    return numbered(number, text="kirkuk oil " * (size // 11))


def test_a_server_killed_under_a_writer_loses_nothing_that_it_acknowledged(server, url, opened):
    """It is killed twice in the middle of writing: the writer, another process, waits, goes on and ends well; all that
    it was told to be durable was there at each start.
    """
    writer = subprocess.Popen(
        [sys.executable, index_play.__file__, url, "0", "2000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
        for _ in range(2):
            server.kill()
            assert writer.poll() is None, writer.communicate()
            server.start()
            found = {name for name, _, _ in opened().scan("articles", generation=LIVE)}
            assert {f"n{first + one:05d}" for first in acknowledged for one in range(10)} <= found
            acknowledged += [int(writer.stdout.readline()) for _ in range(20)]
        # Not `communicate`, which would leave out what `readline` has read ahead.
        acknowledged += [int(line) for line in writer.stdout]
        assert writer.wait(150) == 0, writer.stderr.read()
    finally:
        writer.kill()
        writer.communicate()
    assert acknowledged == list(range(0, 2000, 10))
    index = opened()
    deadline = time.monotonic() + 10
    # What another process wrote is seen within a second.
    while index.count("articles", generation=LIVE) < 2000 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [name for name, _, _ in index.scan("articles", generation=LIVE)] == [f"n{one:05d}" for one in range(2000)]
    assert index.search("articles", "word1999", generation=LIVE).total == 1
    assert index.generations() == [LIVE]


def test_what_jobs_do_waits_for_the_server_and_what_people_do_fails_at_once(server, opened):
    """Writing, deleting, reading one by one and promoting go on where they were, unless it takes longer than patience
    lasts; a search says what is wrong. Nothing is refused, and what was called again is done once.
    """
    index, hasty = opened(), opened(patience_s=1.5)
    hasty.upsert("old", [numbered(1)])
    index.upsert("old", [numbered(number) for number in range(20)])
    index.promote("old")
    server.kill()
    for look in (
        lambda: index.search("articles", "story"),
        lambda: index.count("articles", generation="old"),
        index.live,
        index.generations,
        lambda: hasty.upsert("old", [numbered(78)]),
        lambda: hasty.delete("old", "articles", ["n00001"]),
        lambda: hasty.get("articles", "n00001", generation="old"),
        lambda: list(hasty.scan("articles", generation="old")),
        lambda: hasty.promote("hasty"),
        lambda: hasty.drop("young"),
    ):
        began = time.monotonic()
        with pytest.raises(IndexUnavailableError, match="can't be reached") as caught:
            look()
        assert time.monotonic() - began < 10
        assert "check the address" in str(caught.value)
    calls: dict[str, Callable[[], Any]] = {
        "upsert": lambda: opened().upsert("old", [numbered(77)]),
        "first write": lambda: opened().upsert("young", [numbered(1)]),
        "delete": lambda: opened().delete("old", "articles", ["n00003"]),
        "get": lambda: opened().get("articles", "n00005", generation="old"),
        "scan": lambda: len(list(opened().scan("articles", generation="old"))) >= 19,
        "promote": lambda: opened().promote("new"),
    }
    with ThreadPoolExecutor(len(calls)) as pool:
        waiting: dict[str, Future[Any]] = {name: pool.submit(call) for name, call in calls.items()}
        time.sleep(2)
        assert not any(call.done() for call in waiting.values())
        server.start()
        assert hasty.upsert("old", [numbered(78)]) == []
        answers = {name: call.result(timeout=120) for name, call in waiting.items()}
    assert answers["upsert"] == answers["first write"] == []
    assert answers["scan"] is True
    assert answers["get"]["title"] == "Story 5"
    assert index.live() == "new"
    assert {name for name, _, _ in index.scan("articles", generation="old")} == {
        f"n{number:05d}" for number in (*range(20), 77, 78) if number != 3
    }


def test_requests_that_are_too_large_are_cut_and_a_document_that_is_too_large_is_refused(opened):
    """The server, or a proxy before it, answers 413: all others are written, in whatever company they were."""
    index = opened(patience_s=20)
    huge = [document(f"huge-{number}", text="kirkuk " * 100_000) for number in range(2)]
    large = [document(f"large-{number}", text="kirkuk " * 10_000) for number in range(30)]
    small = [numbered(number) for number in range(100)]
    rejected = index.upsert(LIVE, [*large[:15], huge[0], *small, *large[15:], huge[1]])
    assert [one.document for one in rejected] == huge
    assert all("more than the server takes" in one.reason for one in rejected)
    assert index.count("articles", generation=LIVE) == 130
    index.delete(LIVE, "articles", [f"{number:0500d}" for number in range(5000)] + ["n00000"])
    assert index.count("articles", generation=LIVE) == 129


def test_a_busy_server_is_waited_for(server, opened):
    """It refuses what is beyond half a megabyte under way (429): six writers at once are slower, and lose nothing."""

    def refusals() -> int:
        [node] = server.api("GET", "/_nodes/stats/indexing_pressure").body["nodes"].values()
        return int(node["indexing_pressure"]["memory"]["total"]["coordinating_rejections"])

    before = refusals()
    batches = [[long_article(number) for number in range(first, first + 40)] for first in range(0, 1200, 40)]
    indexes = [opened(patience_s=60) for _ in range(6)]
    indexes[0].upsert(LIVE, [])
    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(indexes[place % 6].upsert, LIVE, batch) for place, batch in enumerate(batches)]
        assert [call.result(timeout=150) for call in calls] == [[]] * len(batches)
    assert indexes[0].count("articles", generation=LIVE) == 1200
    assert refusals() > before, "the server was never too busy: the test shows nothing"


def test_a_server_that_stays_busy_is_unavailable(opened):
    """A document that it could take at no time but is no larger than a request may be is nobody's fault but its own."""
    index = opened(patience_s=1)
    middle = document("middle", text="kirkuk " * 50_000)
    with pytest.raises(IndexUnavailableError, match="429"):
        index.upsert(LIVE, [middle])
    assert index.count("articles", generation=LIVE) == 0


def test_what_one_handle_wrote_others_see_within_a_second(opened):
    """The one that wrote sees it at once."""
    index, other = opened(), opened()
    index.promote(LIVE)
    for number in range(3):
        assert other.search("articles", "").total == number
        index.upsert(LIVE, [numbered(number)])
        written = time.monotonic()
        assert index.search("articles", "", generation=LIVE).total == number + 1
        assert index.get("articles", f"n{number:05d}")["title"] == f"Story {number}"
        while other.search("articles", "").total == number:
            assert time.monotonic() - written < 10, "a busy machine is slow, but not that slow"
            time.sleep(0.05)


def test_others_see_what_nobody_searched_for_yet(server, opened):
    """Without a search by the writer, the server makes it visible by itself."""
    index = opened()
    index.upsert(LIVE, [numbered(1)])
    with closing(ElasticIndex(parse_elastic_url(f"{server.url}/{index._options.prefix}"))) as other:
        deadline = time.monotonic() + 10
        while other.count("articles", generation=LIVE) == 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    name = f"{index._options.prefix}-articles-{LIVE}"
    shown = server.api("GET", f"/{name}/_settings").body[name]["settings"]["index"]
    assert shown["refresh_interval"] == "1s"
    assert shown["translog"]["durability"] == "request"
