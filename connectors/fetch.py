"""Getting feeds over HTTP, from servers that may be slow, broken or hostile.

One fetch: wait for the host's turn, check the address, ask, read the body piece by piece within its limits; a redirect
is followed by hand, and begins anew at its host. Whatever goes wrong is a FetchFailed; no message shows a query string
or credentials.
"""

import asyncio
import ssl
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

import aiohttp
import msgspec
from yarl import URL

from connectors.address_guard import GuardedResolver, PrivateAddressError, literal_address, may_connect
from connectors.host_turns import HostTurns
from connectors.inflate import ACCEPTED, EncodingError, inflater
from connectors.ports import Clock
from schemas.bounds import Count, NotNegative, Positive
from schemas.feeds import NOT_MODIFIED, Fetched, FetchFailed, FetchRequest

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PERMANENT: Final = frozenset({301, 308})
_PIECE: Final = 64 * 1024
_ACCEPT: Final = "application/rss+xml, application/atom+xml, application/feed+json, application/xml, */*;q=0.5"
_MAX_RETRY_AFTER_S: Final = 7 * 86400.0
_OK: Final = 200
_BROKEN: Final = "\N{REPLACEMENT CHARACTER}"


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one fetch, and of all together.

    `total_timeout_s` is the time from asking to the end of the answer, over all redirects; waiting for a turn does not
    count. `max_wire_bytes` counts the body as it comes, `max_body_bytes` what it unpacks to. A host gets
    `per_host_concurrent` requests at a time, `per_host_delay_s` apart. `allow_loopback` lets feeds of this machine be
    fetched, as the demo does; private networks stay closed.
    """

    total_timeout_s: Positive = 30.0
    connect_timeout_s: Positive = 10.0
    max_wire_bytes: Count = 10 * 2**20
    max_body_bytes: Count = 50 * 2**20
    max_redirects: int = 5
    max_concurrent: Count = 32
    per_host_concurrent: Count = 1
    per_host_delay_s: NotNegative = 1.0
    allow_loopback: bool = False
    user_agent: str = "kirkuk/0.1 (feed reader)"


class _Failed(Exception):  # noqa: N818 (never leaves this module: a way out of nested steps)
    def __init__(self, kind: str, message: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.kind, self.status, self.retry_after_s = kind, status, retry_after_s


class _Hop(NamedTuple):
    """Where a redirect leads, and whether for good."""

    url: URL
    permanent: bool


def shown(url: URL | str) -> str:
    """Return scheme, host and path of an address: what may be shown."""
    try:
        parsed = URL(url) if isinstance(url, str) else url
        port = "" if parsed.is_default_port() or parsed.explicit_port is None else f":{parsed.explicit_port}"
        return f"{parsed.scheme}://{parsed.raw_host or ''}{port}{parsed.raw_path}"[:300]
    except ValueError:
        return "an address that can't be read"


class _Trip:
    """The way of one fetch from redirect to redirect. Credentials belong to the first host only."""

    def __init__(self, request: FetchRequest, limits: FetchLimits) -> None:
        self.first = self.url = _checked(request.url)
        self.headers = _validators(request)
        self.left_s = limits.total_timeout_s
        self._left_hops = self._max_hops = limits.max_redirects
        self._permanent = True
        self._seen = {self.url.with_user(None)}

    def login(self) -> str | None:
        """Return the header Authorization for the present address."""
        first, here = self.first, self.url
        if first.user is None or (here.scheme, here.raw_host, here.port) != (first.scheme, first.raw_host, first.port):
            return None
        return aiohttp.encode_basic_auth(first.user, first.password or "")

    def turn_to(self, hop: _Hop) -> None:
        """Follow a redirect. Raises _Failed for one that leads nowhere."""
        if not self._left_hops:
            raise _Failed("redirects", f"{shown(self.first)}: more than {self._max_hops} redirects")
        self._left_hops -= 1
        self._permanent = self._permanent and hop.permanent
        self.url = _checked(str(hop.url)).with_user(None)
        if self.url in self._seen:
            raise _Failed("redirects", f"{shown(self.first)}: redirects lead in a circle")
        self._seen.add(self.url)

    def moved_to(self) -> str | None:
        """Return the address that the feed has moved to for good. One with credentials stays where it was put: the
        new address can't hold them.
        """
        moved = self._permanent and self.url != self.first and self.first.user is None
        return str(self.url) if moved else None


class HttpFetcher:
    """Fetcher over aiohttp. Made anywhere, used in one event loop; connections are opened there at the first fetch."""

    def __init__(self, limits: FetchLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._turns = HostTurns(
            concurrent=limits.max_concurrent, per_host=limits.per_host_concurrent, delay_s=limits.per_host_delay_s
        )

    async def fetch(self, request: FetchRequest) -> Fetched | FetchFailed:
        """Get one feed. Never raises but when it is cancelled."""
        try:
            return await self._travel(_Trip(request, self._limits))
        except _Failed as failed:
            return self._failed(failed.kind, str(failed), failed.status, failed.retry_after_s)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._failed(*_explain(error, shown(request.url)))

    def _failed(
        self, kind: str, message: str, status: int | None = None, retry_after_s: float | None = None
    ) -> FetchFailed:
        return FetchFailed(kind=kind, message=message, at=self._clock.now(), status=status, retry_after_s=retry_after_s)

    async def _travel(self, trip: _Trip) -> Fetched:
        """Go from host to host, with a turn at each."""
        while True:
            host = trip.url.raw_host
            async with self._turns.turn(host or ""):
                while trip.url.raw_host == host:
                    answer = await self._in_time(trip)
                    if isinstance(answer, Fetched):
                        return msgspec.structs.replace(answer, moved_to=trip.moved_to())
                    trip.turn_to(answer)

    async def _in_time(self, trip: _Trip) -> Fetched | _Hop:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(trip.left_s) as limit:
                return await self._ask(trip)
        except TimeoutError as error:
            if not limit.expired():
                raise
            seconds = f"{self._limits.total_timeout_s:g} s"
            raise _Failed("timeout", f"{shown(trip.url)}: no complete answer within {seconds}") from error
        finally:
            trip.left_s -= clock() - began

    async def _ask(self, trip: _Trip) -> Fetched | _Hop:
        where, login = shown(trip.url), trip.login()
        literal = literal_address(trip.url.raw_host or "")
        if literal is not None and not may_connect(literal, allow_loopback=self._limits.allow_loopback):
            raise _Failed("private-address", f"{where}: this address is not public")
        headers = trip.headers if login is None else {**trip.headers, "Authorization": login}
        url = trip.url.with_user(None)
        async with self._open().get(url, headers=headers, allow_redirects=False) as response:
            if response.status in _REDIRECTS and "Location" in response.headers:
                target = url.join(URL(response.headers["Location"].strip()))
                return _Hop(target, response.status in _PERMANENT)
            if response.status not in {_OK, NOT_MODIFIED}:
                wait_s = self._retry_after(response.headers.get("Retry-After"))
                raise _Failed("http-status", f"{where}: status {response.status}", response.status, wait_s)
            body = await self._read(response, where) if response.status == _OK else b""
            fields = {name.lower(): _storable(value) for name, value in response.headers.items()}
            return Fetched(status=response.status, url=str(url), headers=fields, body=body, at=self._clock.now())

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            limits = self._limits
            self._session = aiohttp.ClientSession(
                # A cache of names would outlive the check of their addresses.
                connector=aiohttp.TCPConnector(
                    resolver=GuardedResolver(allow_loopback=limits.allow_loopback),
                    limit=limits.max_concurrent,
                    use_dns_cache=False,
                ),
                headers={
                    "User-Agent": limits.user_agent,
                    "Accept": _ACCEPT,
                    "Accept-Encoding": ACCEPTED,
                },
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse, where: str) -> bytes:
        limits, wire, body = self._limits, 0, bytearray()
        try:
            unpack = inflater(", ".join(response.headers.getall("Content-Encoding", [])))
            async for piece in response.content.iter_chunked(_PIECE):
                wire += len(piece)
                body += unpack.feed(piece, limits.max_body_bytes - len(body))
                if wire > limits.max_wire_bytes or len(body) > limits.max_body_bytes:
                    raise _Failed("too-large", f"{where}: over {self._size_limit(wire)}")
            unpack.finish()
        except EncodingError as error:
            raise _Failed("bad-encoding", f"{where}: {error}") from error
        return bytes(body)

    def _size_limit(self, wire: int) -> str:
        if wire > self._limits.max_wire_bytes:
            return f"{self._limits.max_wire_bytes:,} bytes on the wire"
        return f"{self._limits.max_body_bytes:,} bytes unpacked"

    def _retry_after(self, value: str | None) -> float | None:
        """Read Retry-After: seconds or a date."""
        if value is None:
            return None
        text = value.strip()
        if text.isdecimal() and text.isascii():
            return min(float(text[:9]), _MAX_RETRY_AFTER_S)
        try:
            seconds = (parsedate_to_datetime(text) - self._clock.now()) / timedelta(seconds=1)
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(seconds, 0.0), _MAX_RETRY_AFTER_S)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _checked(text: str) -> URL:
    """Read an address that may be asked. Raises _Failed."""
    try:
        url = URL(text)
    except (ValueError, TypeError) as error:
        raise _Failed("protocol", "the address can't be read") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise _Failed("protocol", f"{shown(url)}: only http and https are fetched")
    return url.with_fragment(None)


def _validators(request: FetchRequest) -> dict[str, str]:
    """Echo the validators as they came; one that would break the request, or that did not come whole, is left out."""
    found = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
    return {name: value for name, value in found.items() if value and value.isprintable() and _BROKEN not in value}


def _storable(value: str) -> str:
    """Replace bytes of a header that are no UTF-8."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_CAUSES: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...]] = (
    (aiohttp.ClientConnectorDNSError, "dns", "the host name can't be resolved"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls", "no trusted TLS connection"),
    (TimeoutError, "timeout", "no connection in time"),
    ((aiohttp.ClientConnectorError, ConnectionRefusedError), "refused", "no connection"),
    (aiohttp.InvalidURL, "protocol", "no such address can be asked"),
)
"""What an error means, the first that fits."""


def _explain(error: Exception, where: str) -> tuple[str, str]:
    """Name what went wrong: kind and message. The error's own text may hold the whole address, so it is not shown."""
    if isinstance(error.__cause__, PrivateAddressError):
        return "private-address", f"{where}: {error.__cause__}"
    for cause, kind, text in _CAUSES:
        if isinstance(error, cause):
            return kind, f"{where}: {text}"
    return "protocol", f"{where}: broken answer ({type(error).__name__})"
