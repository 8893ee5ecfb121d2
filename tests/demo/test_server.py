"""The server answers over real HTTP, plays on whatever its clients do, and knows when it first showed what."""

import http.client
import signal
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import timedelta

import msgspec
import pytest

from desk.demo.playbook import Edit, Fault, Version
from desk.demo.server import CrisisServer, read_state
from schemas.errors import KirkukError
from schemas.feeds import FeedSource


@contextmanager
def playing(playbook, clock, **options):
    server = CrisisServer(playbook, clock=clock, **options).start()
    try:
        yield server
    finally:
        server.stop()


def get(server, path):
    """Get `path`; return status and body when the server has noted that it sent them.

    One thread serves one connection, so an answer to a second request shows that the first is done with.
    """
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
        connection.request("GET", "/state")
        connection.getresponse().read()
        return reply.status, body


def test_feeds_are_served_as_time_goes_by(build, clock):
    """Each version is noted once, with the time at which it was first sent; seconds of wall time are hours of play."""
    story = build.story("a", 1, edits=(Edit(at=build.noon + timedelta(hours=3), text="Corrected."),))
    with playing(build.playbook(story), clock) as server:
        assert b"Title of a" not in get(server, "/wire")[1]
        assert server.first_served == {}
        clock.sleep(1)
        seen = clock.now()
        assert b"Title of a" in get(server, "/wire")[1]
        clock.sleep(1)
        get(server, "/wire")
        assert server.first_served == {Version("a", 0): seen}
        clock.sleep(1)
        assert b"Corrected." in get(server, "/wire")[1]
        assert server.first_served[Version("a", 1)] == clock.now()
        assert server.wall_time(build.noon + timedelta(hours=1)) == seen
        assert not server.finished
        clock.sleep(7)
        assert server.finished
        assert get(server, "/wire")[0] == 200


def test_not_modified_over_http(build, clock):
    """A 304 has no body, and the connection can be used again."""
    with playing(build.playbook(build.story("a", 1)), clock) as server:
        clock.sleep(2)
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
            connection.request("GET", "/wire")
            first = connection.getresponse()
            first.read()
            for _ in range(2):
                connection.request("GET", "/wire", headers={"If-None-Match": first.getheader("ETag")})
                again = connection.getresponse()
                assert (again.status, again.read()) == (304, b"")


@pytest.mark.parametrize("kind,status", [("unavailable", 503), ("gone", 410)])
def test_outages_show_nothing(build, clock, kind, status):
    """An article that an outage hid is not counted as served."""
    outlet = build.outlet(faults=(Fault(kind=kind, begins=build.noon),))
    with playing(build.playbook(build.story("a", 1), outlets=(outlet,)), clock) as server:
        clock.sleep(2)
        assert get(server, "/wire")[0] == status
        assert server.first_served == {}


def test_reset(build, clock):
    """A client is hung up on without an answer, and the next feed answers as ever."""
    broken = build.outlet(id="broken", faults=(Fault(kind="reset", begins=build.noon),))
    with playing(build.playbook(outlets=(broken, build.outlet())), clock) as server:
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            get(server, "/broken")
        assert get(server, "/wire")[0] == 200


def test_unknown_path(build, clock):
    """What is no feed is 404."""
    with playing(build.playbook(), clock) as server:
        assert get(server, "/elsewhere")[0] == 404


def test_feeds_are_sources_for_the_monitor(shipped, clock):
    """One entry for each outlet, with its family and language, on the loopback interface."""
    server = CrisisServer(shipped, clock=clock, poll_interval_s=0.25).start()
    feeds = server.feeds()
    server.stop()
    server.stop()
    assert all(isinstance(feed, FeedSource) and feed.url.startswith("http://127.0.0.1:") for feed in feeds)
    assert {feed.id for feed in feeds} == set(shipped.outlet)
    assert {feed.poll_interval_s for feed in feeds} == {0.25}


def test_state_over_http(build, clock):
    """Another process can ask for what was served, and gets a KirkukError when nobody answers any more."""
    with playing(build.playbook(build.story("a", 1)), clock) as server:
        clock.sleep(1)
        get(server, "/wire")
        state = read_state(server.base_url)
        assert state.served() == server.first_served
        assert (state.finished, state.requests, state.ends) == (False, 1, server.ends)
        url = server.base_url
    with pytest.raises(KirkukError, match="doesn't answer"):
        read_state(url)


def test_process_of_its_own():
    """`python -m desk.demo.server` says where it is in one line, serves, and outlives a client that is gone."""
    command = [sys.executable, "-m", "desk.demo.server", "--seconds", "0.1", "--poll-interval", "0.2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            where = msgspec.json.decode(process.stdout.readline())
            with closing(http.client.HTTPConnection("127.0.0.1", where["port"], timeout=5)) as connection:
                connection.request("GET", "/harbour-wire")
            assert read_state(where["url"]).first_served is not None
            assert {feed["poll_interval_s"] for feed in where["feeds"]} == {0.2}
        finally:
            process.send_signal(signal.SIGKILL)
