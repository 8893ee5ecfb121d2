"""/metrics, /health/live and /health/ready over HTTP: three answers that are ready made, and nothing else.

The server reads one request head of at most 8 KiB, never a body, answers and closes. A connection lives five seconds at
most, and there are 64 at most at a time: who sends slowly, much or nonsense, holds up himself alone.
"""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

_logger = logging.getLogger(__name__)
_LONGEST_HEAD: Final = 8192
_MOST_CONNECTIONS: Final = 64
_WHOLE_TIME_S: Final = 5.0
_LINGER_S: Final = 0.5
"""How long what still comes is thrown away after the answer: closing at once would tear the answer from the sender."""
_LINGER_BYTES: Final = 65_536
_METHODS: Final = frozenset({b"GET", b"HEAD"})


class Answer(NamedTuple):
    """What is sent back."""

    status: HTTPStatus
    content_type: str
    body: bytes


Route = Callable[[], Answer]


def _said(status: HTTPStatus) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", f"{status.value} {status.phrase}\n".encode())


class MetricsServer:
    """Serves `routes` (exact paths) at an address from a thread of its own, until it is closed or the process ends."""

    def __init__(
        self, address: tuple[str, int], routes: Mapping[bytes, Route], *, on_close: Callable[[], None] = lambda: None
    ) -> None:
        """Raises OSError when the address can't be had."""
        self._on_close = on_close
        self._routes = routes
        self._socket = _bound(address)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._loop = asyncio.new_event_loop()
        self._open = 0
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> "MetricsServer":
        """Begin to answer."""
        self._thread.start()
        self._serving.wait(_WHOLE_TIME_S)
        return self

    def close(self) -> None:
        """Stop; the address is free again."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_WHOLE_TIME_S)
        self._socket.close()
        self._on_close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        starting = asyncio.start_server(self._serve, sock=self._socket, limit=_LONGEST_HEAD)
        server = self._loop.run_until_complete(starting)
        self._loop.call_soon(self._serving.set)
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            # One more turn, in which what was cancelled ends.
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _MOST_CONNECTIONS:
                async with asyncio.timeout(_WHOLE_TIME_S):
                    await self._answer(reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Who does not finish asking, or does not read the answer, gets none; nor does anybody after the end.
            pass
        finally:
            self._open -= 1
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            answer, with_body = _said(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE), True
        else:
            answer, with_body = self._choose(head)
        writer.write(_encode(answer, with_body=with_body))
        await writer.drain()
        writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                left = _LINGER_BYTES
                while left > 0 and (thrown := await reader.read(left)):
                    left -= len(thrown)

    def _choose(self, head: bytes) -> tuple[Answer, bool]:
        """Return the answer to a request, and whether its body is wanted."""
        parts = head.partition(b"\r\n")[0].split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
            return _said(HTTPStatus.BAD_REQUEST), True
        method, target, _ = parts
        if method not in _METHODS:
            return _said(HTTPStatus.METHOD_NOT_ALLOWED), True
        route = self._routes.get(target.partition(b"?")[0])
        return (_said(HTTPStatus.NOT_FOUND) if route is None else _made(route)), method != b"HEAD"


def _made(route: Route) -> Answer:
    try:
        return route()
    except Exception:
        _logger.exception("an answer could not be made")
        return _said(HTTPStatus.INTERNAL_SERVER_ERROR)


def _encode(answer: Answer, *, with_body: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (answer.body if with_body else b"")


def _bound(address: tuple[str, int]) -> socket.socket:
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_MOST_CONNECTIONS)
    except BaseException:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
