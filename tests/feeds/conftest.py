"""A real HTTP server on loopback, whose every answer a test writes byte by byte if it likes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from connectors.feed_parser import ParseLimits, PooledFeedParser
from connectors.fetch import FetchLimits, HttpFetcher
from connectors.ports import SystemClock

Answer = Callable[["Exchange"], Awaitable[None]]

ITEM = (
    "<item><guid isPermaLink='false'>{0}</guid><title>Bridge closed {0}</title>"
    "<description>The bridge at Dibis was closed.</description><link>/news/{0}</link></item>"
)
RSS = "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Tigris Wire</title>{0}</channel></rss>"


def rss(*items: str) -> bytes:
    """A feed of items."""
    return RSS.format("".join(items)).encode()


GOOD = rss(*(ITEM.format(number) for number in range(3)))


class Exchange:
    """One request as it came, and the way to answer it."""

    def __init__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.path = lines[0].split(" ")[1]
        self.headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        self.writer = writer

    async def answer(self, body: bytes = b"", status: int = 200, length: int | None = None, **headers: str) -> None:
        """Write a whole answer; names of headers have _ for -."""
        fields = {"Content-Length": str(len(body) if length is None else length), "Connection": "close"}
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + body)
        await self.writer.drain()


class Server:
    """Answers by path; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[Exchange] = []
        self.port = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            exchange = Exchange(await reader.readuntil(b"\r\n\r\n"), writer)
            self.asked.append(exchange)
            await self.answers[exchange.path.partition("?")[0]](exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    found = Server()
    listening = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = listening.sockets[0].getsockname()[1]
    yield found
    listening.close()


@pytest.fixture
async def fetcher_of() -> AsyncIterator[Callable[..., HttpFetcher]]:
    """Make fetchers for loopback with short limits."""
    made: list[HttpFetcher] = []

    def make(**limits) -> HttpFetcher:
        defaults = {
            "allow_loopback": True,
            "per_host_delay_s": 0.0,
            "per_host_concurrent": 20,
            "total_timeout_s": 5.0,
            "max_wire_bytes": 2_000_000,
            "max_body_bytes": 4_000_000,
        }
        made.append(HttpFetcher(FetchLimits(**{**defaults, **limits}), SystemClock()))
        return made[-1]

    yield make
    for fetcher in made:
        await fetcher.close()


@pytest.fixture(scope="module")
def parser():
    """Two workers for a module: each costs 0.2 s to start."""
    found = PooledFeedParser(ParseLimits(timeout_s=4.0, cpu_s=2.0, max_items=500, max_memory_bytes=300 * 2**20))
    yield found
    found.close()
