"""What may stand where the search server should: another web server, a proxy with troubles of its own, nobody."""

import http.client
import http.server
import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from connectors.elastic_index import ElasticIndex
from connectors.elastic_options import parse_elastic_url
from connectors.registry import open_index
from schemas.errors import IndexUnavailableError
from tests.contracts.index_play import LIVE, document, emptied, numbered

PAGE = b"<html><body><h1>Welcome to our web server</h1>" + b"<!-- padding -->" * 500 + b"</body></html>"
PROXY_LIMIT = 50_000


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port; yield the URL."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Silent(http.server.BaseHTTPRequestHandler):
    """A handler that keeps connections and prints nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name it has there)
        """Print nothing."""

    def body(self) -> bytes:
        """Read what was sent."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def answering(status: int, kind: str, body: bytes, **headers: str) -> type[Silent]:
    """Make a handler that answers everything alike."""

    class Alike(Silent):
        def _alike(self) -> None:
            self.body()
            self.answer(status, kind, body, **headers)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _alike  # noqa: N815 (names that http.server asks for)

    return Alike


STRANGERS = {
    "a web page": answering(200, "text/html", PAGE),
    "another JSON service": answering(200, "application/json", b'{"hits":{"hits":[]},"items":[],"count":0}'),
    "a page that is not there": answering(404, "text/html", PAGE),
    "a JSON service without such a path": answering(404, "application/json", b'{"detail":"Not Found"}'),
    "a redirection to somewhere else": answering(301, "text/html", PAGE, Location="https://elsewhere.example/"),
    "a log-in page of a proxy": answering(401, "text/html", PAGE),
    "a method that is not allowed": answering(405, "text/html", PAGE),
    "JSON that ends early": answering(
        200,
        "application/vnd.elasticsearch+json;compatible-with=8",
        b'{"items":[',
        **{"X-Elastic-Product": "Elasticsearch"},
    ),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_is_no_search_server_is_unavailable_and_never_empty(stranger):
    """No call takes it for an index without documents; the message is short and names the address. It takes no time,
    as waiting would not help.
    """
    with serving(STRANGERS[stranger]) as server, closing(open_index(f"{server}/x")) as index:
        calls = {
            "get": lambda: index.get("articles", "a"),
            "search": lambda: index.search("articles", "kirkuk"),
            "scan": lambda: list(index.scan("articles")),
            "scan one": lambda: list(index.scan("articles", generation=LIVE)),
            "count": lambda: index.count("articles"),
            "live": index.live,
            "generations": index.generations,
            "upsert": lambda: index.upsert(LIVE, [document("a")]),
            "delete": lambda: index.delete(LIVE, "articles", ["a"]),
            "promote": lambda: index.promote(LIVE),
            "drop": lambda: index.drop(LIVE),
        }
        for name, call in calls.items():
            began = time.monotonic()
            with pytest.raises(IndexUnavailableError) as caught:
                pytest.fail(f"{name} returned {call()!r}")
            assert time.monotonic() - began < 5
            assert str(caught.value).startswith(f"{server}/x: ")
            assert len(str(caught.value)) < 600


def test_what_speaks_no_http_is_waited_for_and_then_unavailable():
    """It may be a server that is only starting."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        options = parse_elastic_url(f"http://127.0.0.1:{listening.getsockname()[1]}/x")
        with closing(ElasticIndex(options, patience_s=0.5)) as index:
            with pytest.raises(IndexUnavailableError, match="can't be reached"):
                index.upsert(LIVE, [document("a")])
            with pytest.raises(IndexUnavailableError, match="can't be reached"):
                index.live()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)
    assert not thread.is_alive()


def proxy_to(port: int, troubles: Iterator[int | None]) -> type[Silent]:
    """Make a proxy that answers with a page of its own now and then, and always to what is too large for it."""

    class Proxy(Silent):
        def _pass(self) -> None:
            body = self.body()
            trouble = 413 if len(body) > PROXY_LIMIT else next(troubles)
            if trouble is not None:
                self.answer(trouble, "text/html", PAGE)
                return
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                kept = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                upstream.request(self.command, self.path, body, kept)
                answer = upstream.getresponse()
                content = answer.read()
            finally:
                upstream.close()
            product = {"X-Elastic-Product": answer.getheader("X-Elastic-Product", "")}
            self.answer(answer.status, answer.getheader("Content-Type", ""), content, **product)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass  # noqa: N815 (names that http.server asks for)

    return Proxy


def test_a_proxy_with_troubles_of_its_own_loses_nothing(elastic_server):
    """It answers every fifth request with 502, 503, 504, 429 or 500 and a page, and takes no more than 50 kB: jobs get
    through all the same, and only what is too large for it alone is refused.
    """
    troubles = itertools.cycle([None] * 4 + [502] + [None] * 3 + [503, 429] + [None] * 6 + [504] + [None] * 3 + [500])
    direct = f"{elastic_server.url}/proxied{os.getpid()}"
    with serving(proxy_to(elastic_server.ports[0], troubles)) as proxy:
        for index in emptied(direct):
            options = parse_elastic_url(f"{proxy}/proxied{os.getpid()}")
            with closing(ElasticIndex(options, patience_s=60)) as proxied:
                huge = document("huge", text="kirkuk " * 10_000)
                articles = [numbered(number, text="kirkuk oil " * 60) for number in range(200)]
                rejected = proxied.upsert(LIVE, [*articles[:90], huge, *articles[90:]])
                assert [one.document for one in rejected] == [huge]
                proxied.delete(LIVE, "articles", ["n00007"])
                proxied.promote(LIVE)
                assert proxied.get("articles", "n00008")["title"] == "Story 8"
                scanned = [name for name, _, _ in proxied.scan("articles", generation=LIVE)]
            assert index.live() == LIVE
            expected = [article.id for article in articles if article.id != "n00007"]
            assert scanned == expected == [name for name, _, _ in index.scan("articles")]
