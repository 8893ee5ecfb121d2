"""Getting feeds over HTTP, from servers that may be slow, broken or hostile.

One fetch: wait for the host's turn, then hop by hop check the address, ask, follow a redirect by hand, read the body
piece by piece within its limits. Whatever goes wrong is a FetchFailed; no message shows a query string or credentials.
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
from connectors.inflate import ACCEPTED, EncodingError, inflater
from connectors.ports import Clock
from schemas.feeds import NOT_MODIFIED, Fetched, FetchFailed, FetchRequest

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PERMANENT: Final = frozenset({301, 308})
_PIECE: Final = 64 * 1024
_ACCEPT: Final = "application/rss+xml, application/atom+xml, application/feed+json, application/xml, */*;q=0.5"
_MAX_RETRY_AFTER_S: Final = 7 * 86400.0
_OK: Final = 200


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one fetch, and of all together.

    `max_wire_bytes` counts what comes over the network, `max_body_bytes` what it unpacks to. A host gets
    `per_host_concurrent` requests at a time, `per_host_delay_s` apart. `allow_loopback` lets feeds of this machine be
    fetched, as the demo does; private networks stay closed.
    """

    total_timeout_s: float = 30.0
    connect_timeout_s: float = 10.0
    max_wire_bytes: int = 10 * 2**20
    max_body_bytes: int = 50 * 2**20
    max_redirects: int = 5
    max_concurrent: int = 32
    per_host_concurrent: int = 1
    per_host_delay_s: float = 1.0
    allow_loopback: bool = False
    user_agent: str = "kirkuk/0.1 (feed reader)"


class _Failed(Exception):  # noqa: N818 (never leaves this module: a way out of nested steps)
    def __init__(self, kind: str, message: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.kind, self.status, self.retry_after_s = kind, status, retry_after_s


class _Host:
    """The turn of one host."""

    def __init__(self, concurrent: int) -> None:
        self.turns = asyncio.Semaphore(concurrent)
        self.next_at = 0.0
        self.waiting = 0


class _Hop(NamedTuple):
    """Where a redirect leads, and whether for good."""

    url: URL
    permanent: bool


def shown(url: URL | str) -> str:
    """Return scheme, host and path of an address: what may be shown."""
    try:
        parsed = URL(url) if isinstance(url, str) else url
        port = "" if parsed.is_default_port() or parsed.explicit_port is None else f":{parsed.explicit_port}"
        return f"{parsed.scheme}://{parsed.host or ''}{port}{parsed.path}"[:300]
    except ValueError:
        return "an address that can't be read"


class HttpFetcher:
    """Fetcher over aiohttp. Made anywhere, used in one event loop; connections are opened there at the first fetch."""

    def __init__(self, limits: FetchLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._hosts: dict[str, _Host] = {}
        self._all = asyncio.Semaphore(limits.max_concurrent)

    async def fetch(self, request: FetchRequest) -> Fetched | FetchFailed:
        """Get one feed. Never raises but when it is cancelled."""
        try:
            url = _checked(request.url)
            async with self._turn(url.host or ""), asyncio.timeout(self._limits.total_timeout_s):
                return await self._follow(url, request)
        except _Failed as failed:
            return self._failed(failed.kind, str(failed), failed.status, failed.retry_after_s)
        except TimeoutError:
            limit = f"{self._limits.total_timeout_s:g} s"
            return self._failed("timeout", f"{shown(request.url)}: no complete answer within {limit}")
        except PrivateAddressError as error:
            return self._failed("private-address", str(error))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._failed(*_explain(error, shown(request.url)))

    def _failed(
        self, kind: str, message: str, status: int | None = None, retry_after_s: float | None = None
    ) -> FetchFailed:
        return FetchFailed(kind=kind, message=message, at=self._clock.now(), status=status, retry_after_s=retry_after_s)

    def _turn(self, host: str) -> "_Turn":
        found = self._hosts.get(host)
        if found is None:
            found = self._hosts[host] = _Host(self._limits.per_host_concurrent)
        return _Turn(self._hosts, host, self._all, self._limits.per_host_delay_s)

    async def _follow(self, url: URL, request: FetchRequest) -> Fetched:
        """Go from hop to hop. Credentials belong to the first host only."""
        first, permanent, seen = url, True, {str(url)}
        headers = _validators(request)
        for _ in range(self._limits.max_redirects + 1):
            same_host = (url.scheme, url.host, url.port) == (first.scheme, first.host, first.port)
            outcome = await self._ask(url, headers, first if same_host else None)
            if isinstance(outcome, Fetched):
                moved = str(url) if permanent and url != first else None
                return msgspec.structs.replace(outcome, moved_to=moved)
            url, permanent = _checked(str(outcome.url)), permanent and outcome.permanent
            if str(url) in seen:
                raise _Failed("redirects", f"{shown(first)}: redirects lead in a circle")
            seen.add(str(url))
        raise _Failed("redirects", f"{shown(first)}: more than {self._limits.max_redirects} redirects")

    async def _ask(self, url: URL, headers: dict[str, str], credentials: URL | None) -> Fetched | _Hop:
        literal = literal_address(url.host or "")
        if literal is not None and not may_connect(literal, allow_loopback=self._limits.allow_loopback):
            raise _Failed("private-address", f"{shown(url)}: this address is not public")
        if credentials is not None and (credentials.user or credentials.password):
            login = aiohttp.encode_basic_auth(credentials.user or "", credentials.password or "")
            headers = {**headers, "Authorization": login}
        bare = url.with_user(None)
        async with self._open().get(bare, headers=headers, allow_redirects=False) as response:
            if response.status in _REDIRECTS and "Location" in response.headers:
                target = bare.join(URL(response.headers["Location"].strip()))
                return _Hop(target, response.status in _PERMANENT)
            if response.status not in {_OK, NOT_MODIFIED}:
                wait_s = self._retry_after(response.headers.get("Retry-After"))
                raise _Failed("http-status", f"{shown(url)}: status {response.status}", response.status, wait_s)
            body = await self._read(response, shown(url)) if response.status == _OK else b""
            fields = {name.lower(): value for name, value in response.headers.items()}
            return Fetched(status=response.status, url=str(bare), headers=fields, body=body, at=self._clock.now())

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            limits = self._limits
            self._session = aiohttp.ClientSession(
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


class _Turn:
    """Waits for a host's turn and a free place among all; hosts that nobody waits for are forgotten."""

    def __init__(self, hosts: dict[str, _Host], name: str, everybody: asyncio.Semaphore, delay_s: float) -> None:
        self._hosts = hosts
        self._name = name
        self._host = hosts[name]
        self._all = everybody
        self._delay_s = delay_s

    async def __aenter__(self) -> None:
        self._host.waiting += 1
        try:
            await self._host.turns.acquire()
        except BaseException:
            self._leave()
            raise
        try:
            loop = asyncio.get_running_loop()
            await asyncio.sleep(max(0.0, self._host.next_at - loop.time()))
            await self._all.acquire()
            self._host.next_at = loop.time() + self._delay_s
        except BaseException:
            self._host.turns.release()
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._all.release()
        self._host.turns.release()
        self._leave()

    def _leave(self) -> None:
        self._host.waiting -= 1
        over = asyncio.get_running_loop().time() >= self._host.next_at
        if self._host.waiting == 0 and over and self._hosts.get(self._name) is self._host:
            del self._hosts[self._name]


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
    """Echo the validators as they came; one that would break the request is left out."""
    found = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
    return {name: value for name, value in found.items() if value and not set(value) & set("\r\n\0")}


def _explain(error: Exception, where: str) -> tuple[str, str]:
    """Name what went wrong: kind and message. The error's own text may hold the whole address, so it is not shown."""
    cause = error
    while isinstance(cause.__cause__, OSError) and not isinstance(cause, PrivateAddressError):
        cause = cause.__cause__
    if isinstance(cause, PrivateAddressError):
        return "private-address", f"{where}: {cause}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns", f"{where}: the host name can't be resolved"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return "tls", f"{where}: no trusted TLS connection"
    if isinstance(error, aiohttp.ServerTimeoutError):
        return "timeout", f"{where}: no connection in time"
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionRefusedError):
        return "refused", f"{where}: no connection"
    return "protocol", f"{where}: broken answer ({type(error).__name__})"
