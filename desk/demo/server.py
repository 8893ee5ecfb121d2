"""A real HTTP server on the loopback interface that plays a crisis: each outlet is a feed whose items appear, change
and roll off as time goes on.

`CrisisServer` runs in a thread of this process; `python -m desk.demo.server` runs one in a process of its own and says
on its standard output, in one line of JSON, where it is. `GET /state` tells what has been served so far.
"""

import contextlib
import http.client
import socket
import struct
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
import msgspec

from connectors.ports import Clock, SystemClock
from desk.demo.playbook import DEFAULT_FOLDER, Playbook, Version, load_playbook, version_of
from desk.demo.playing import OK, Answer, answer, elapsed_at, moment_at
from schemas.errors import KirkukError
from schemas.feeds import FeedSource

HOST: Final = "127.0.0.1"
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing breaks the connection instead of ending it."""
_STATE_TIMEOUT_S: Final = 10.0


class PlayState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a play stands. `first_served` maps references (`id`, `id#1`) to wall times, aware UTC."""

    started: datetime
    ends: datetime
    play_time: datetime
    finished: bool
    requests: int
    first_served: dict[str, datetime]

    def served(self) -> dict[Version, datetime]:
        """Return `first_served` by version."""
        return {version_of(ref): at for ref, at in self.first_served.items()}


class CrisisServer:
    """Plays a playbook in `seconds` (None: as it says) from `start` (None: from the call of `start`).

    The play goes on whoever asks or does not ask; after its end every feed stays as it is. `first_served` maps each
    version of each article to the wall time at which the first response that held it had been sent completely.
    """

    def __init__(
        self,
        playbook: Playbook,
        seconds: float | None = None,
        start: datetime | None = None,
        *,
        poll_interval_s: float = 0.5,
        port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.playbook = playbook
        self.seconds = playbook.head.seconds if seconds is None else seconds
        self.first_served: dict[Version, datetime] = {}
        self.requests = 0
        self._poll_interval_s = poll_interval_s
        self._clock = clock or SystemClock()
        self._started = start
        self._lock = threading.Lock()
        self._http = _Server((HOST, port), _Handler)
        self._http.crisis = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The port, which the system chose unless it was given."""
        return int(self._http.server_address[1])

    @property
    def base_url(self) -> str:
        """Where the feeds are."""
        return f"http://{HOST}:{self.port}"

    @property
    def started(self) -> datetime:
        """When the play began, wall time."""
        if self._started is None:
            raise RuntimeError("the play has not been started")
        return self._started

    @property
    def ends(self) -> datetime:
        """When the play will be over, or was, wall time."""
        return self.started + timedelta(seconds=self.seconds)

    @property
    def finished(self) -> bool:
        """Whether the play is over."""
        return self._clock.now() >= self.ends

    def start(self) -> "CrisisServer":
        """Begin to play and to answer."""
        self._started = self._started or self._clock.now()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering. Idempotent."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()

    def feeds(self) -> list[FeedSource]:
        """Return the feeds as an operator would list them."""
        return [
            FeedSource(
                id=outlet.id,
                url=f"{self.base_url}/{outlet.id}",
                outlet=outlet.name,
                publisher=outlet.publisher,
                language=outlet.language,
                country=outlet.country,
                poll_interval_s=self._poll_interval_s,
            )
            for outlet in self.playbook.outlets
        ]

    def play_time(self) -> datetime:
        """Return what time it is in the play."""
        elapsed = (self._clock.now() - self.started).total_seconds()
        return moment_at(self.playbook.head, elapsed, self.seconds)

    def wall_time(self, moment: datetime) -> datetime:
        """Return when the play comes to `moment`, wall time."""
        return self.started + timedelta(seconds=elapsed_at(self.playbook.head, moment, self.seconds))

    def state(self) -> PlayState:
        """Tell where the play stands."""
        with self._lock:
            served = {version.ref: at for version, at in self.first_served.items()}
            requests = self.requests
        return PlayState(
            started=self.started,
            ends=self.ends,
            play_time=self.play_time(),
            finished=self.finished,
            requests=requests,
            first_served=served,
        )

    def respond(self, path: str, asked: Mapping[str, str]) -> Answer:
        """Decide the response to one request."""
        name = urlsplit(path).path.strip("/")
        if name == "state":
            return Answer(OK, {"content-type": "application/json"}, msgspec.json.encode(self.state()))
        with self._lock:
            self.requests += 1
        outlet = self.playbook.outlet.get(name)
        if outlet is None:
            return Answer(http.client.NOT_FOUND, {"content-type": "text/plain"}, b"no such feed\n")
        return answer(self.playbook, outlet, self.play_time(), asked)

    def sent(self, reply: Answer) -> None:
        """Note that a response has gone out completely."""
        now = self._clock.now()
        with self._lock:
            for version in reply.shown:
                self.first_served.setdefault(version, now)


class _Server(ThreadingHTTPServer):
    """Threads that die with the process, and a backlog for all feeds asked at once."""

    daemon_threads = True
    request_queue_size = 64
    crisis: CrisisServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that are killed or hung up on are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server_version = "crisis"
    sys_version = ""
    server: _Server

    def do_GET(self) -> None:
        crisis = self.server.crisis
        reply = crisis.respond(self.path, {name.lower(): value for name, value in self.headers.items()})
        if reply.hang_up:
            self._hang_up()
            return
        self._send(reply)
        crisis.sent(reply)

    def _send(self, reply: Answer) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != http.client.NOT_MODIFIED:
            self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it)
        """Say nothing: standard error belongs to the watcher."""


def read_state(base_url: str) -> PlayState:
    """Ask a running server where its play stands. Raises KirkukError when it doesn't answer."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=_STATE_TIMEOUT_S)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/state")
            return msgspec.json.decode(connection.getresponse().read(), type=PlayState)
        except (OSError, http.client.HTTPException, msgspec.MsgspecError) as error:
            raise KirkukError(f"{base_url}: the demo's server doesn't answer: {error}; is it still running?") from error


@click.command()
@click.option("--playbook", "folder", type=click.Path(path_type=Path, exists=True), default=DEFAULT_FOLDER)
@click.option("--seconds", type=click.FloatRange(min=0.1), default=None, help="How long the play lasts.")
@click.option("--port", type=int, default=0, help="0: any free port.")
@click.option("--poll-interval", "poll_interval_s", type=float, default=0.5)
def main(folder: Path, seconds: float | None, port: int, poll_interval_s: float) -> None:
    """Play a crisis until killed; print the address and the feeds as one line of JSON first."""
    server = CrisisServer(load_playbook(folder), seconds, poll_interval_s=poll_interval_s, port=port).start()
    where = {
        "port": server.port,
        "url": server.base_url,
        "started": server.started.astimezone(UTC),
        "seconds": server.seconds,
        "feeds": server.feeds(),
    }
    click.echo(msgspec.json.encode(where))
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    server.stop()


if __name__ == "__main__":
    main()
