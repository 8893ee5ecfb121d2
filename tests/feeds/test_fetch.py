"""Fetching over real HTTP: what is asked, what is refused, and that every trouble is a value."""

import asyncio
import gzip
import json
import random
import socket
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from schemas.feeds import Fetched, FetchFailed, FetchRequest
from tests.feeds.hostile import BOMB, FEED, OK, SERVERS, always, drip, raw, redirect


async def ask(fetcher, url, **validators):
    return await fetcher.fetch(FetchRequest(url, **validators))


async def test_validators_go_back_as_they_came(server, fetcher_of):
    """ETag and Last-Modified are echoed to the letter, odd ones too."""
    server.answers["/"] = always(b"", status=304)
    odd = 'W/"a b\'c", "x'
    found = await ask(fetcher_of(), server.url("/"), etag=odd, last_modified="yesterday")
    assert isinstance(found, Fetched)
    assert (found.status, found.body) == (304, b"")
    assert server.asked[0].headers["if-none-match"] == odd
    assert server.asked[0].headers["if-modified-since"] == "yesterday"


async def test_a_validator_can_not_add_headers(server, fetcher_of):
    """Line ends in a stored ETag don't reach the wire."""
    server.answers["/"] = always()
    found = await ask(fetcher_of(), server.url("/"), etag='"a"\r\nX-Evil: 1')
    assert isinstance(found, Fetched)
    assert "x-evil" not in server.asked[0].headers


@pytest.mark.parametrize(
    "encoding,packed",
    [
        ("gzip", gzip.compress(FEED)),
        ("x-gzip", gzip.compress(FEED[:3]) + gzip.compress(FEED[3:])),
        ("deflate", zlib.compress(FEED)),
        ("deflate", zlib.compress(FEED)[2:-4]),
        ("identity", FEED),
    ],
    # Packed bytes hold the time of packing, and processes that run tests side by side must name them alike.
    ids=["gzip", "two members", "zlib", "bare deflate", "identity"],
)
async def test_encodings_are_unpacked(server, fetcher_of, encoding, packed):
    """Gzip of one or more members, both kinds of deflate, and none."""
    server.answers["/"] = always(packed, Content_Encoding=encoding)
    assert (await ask(fetcher_of(), server.url("/"))).body == FEED


@pytest.mark.parametrize("name", SERVERS)
async def test_a_trouble_is_a_value_and_disturbs_nobody(server, fetcher_of, name):
    """Each ends with its kind, within its limits, while a good feed comes through beside it."""
    server.answers["/trouble"], kind = SERVERS[name]
    server.answers["/good"] = always()
    fetcher, patient, began = fetcher_of(total_timeout_s=0.5), fetcher_of(), time.monotonic()
    failed, good = await asyncio.gather(ask(fetcher, server.url("/trouble")), ask(patient, server.url("/good")))
    assert isinstance(failed, FetchFailed)
    assert failed.kind == kind
    assert good.body == FEED
    assert time.monotonic() - began < 3


async def test_a_chain_of_redirects_ends(server, fetcher_of):
    """More hops than allowed are refused, each to a new address."""

    async def onwards(exchange):
        await exchange.answer(b"", status=302, Location=f"/?{len(server.asked)}")

    server.answers["/"] = onwards
    failed = await ask(fetcher_of(max_redirects=3), server.url("/"))
    assert failed.kind == "redirects"
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0"]
)
async def test_this_machine_is_closed_without_permission(server, fetcher_of, host):
    """No spelling of loopback is reached, and nothing is asked."""
    server.answers["/"] = always()
    failed = await ask(fetcher_of(allow_loopback=False), server.url("/", host))
    assert failed.kind == "private-address"
    assert server.asked == []


async def test_a_name_is_looked_up_once_and_its_address_is_the_one_that_is_asked(server, fetcher_of, monkeypatch):
    """A name that turns to another address after the check (DNS rebinding) gains nothing: there is no second look."""
    looks = []

    def look(host, port, *_):
        looks.append(host)
        address = "127.0.0.1" if len(looks) == 1 else "10.9.9.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    server.answers["/"] = always()
    found = await ask(fetcher_of(), server.url("/", "news.example"))
    assert (found.body, looks) == (FEED, ["news.example"])
    assert server.asked[0].headers["host"].startswith("news.example")


@pytest.mark.parametrize("other", ["10.0.0.1", "127.0.0.1", "fe80::1", "::ffff:192.168.0.1", "169.254.169.254"])
async def test_a_name_with_one_private_address_is_refused_whole(fetcher_of, monkeypatch, other):
    """One public address beside a private one does not help: nobody knows which of them would answer."""
    family = socket.AF_INET6 if ":" in other else socket.AF_INET
    places = [(socket.AF_INET, ("93.184.216.34", 80)), (family, (other, 80))]
    found = [(kind, socket.SOCK_STREAM, 6, "", place) for kind, place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    assert (await ask(fetcher_of(allow_loopback=False), "http://news.example/")).kind == "private-address"


async def test_a_hanging_name_server_holds_up_no_other_name(server, fetcher_of, monkeypatch):
    """Look-ups wait beside each other, as many as there are feeds; none outlives its fetch's time."""
    release, look = threading.Event(), socket.getaddrinfo

    def slow(host, *rest):
        if host.startswith("hangs"):
            release.wait(10)
        return look("127.0.0.1", *rest)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    server.answers["/"] = always()
    fetcher = fetcher_of(total_timeout_s=0.5)
    hanging = [ask(fetcher, f"http://hangs{number}.example/") for number in range(20)]
    good, *failed = await asyncio.gather(ask(fetcher, server.url("/", "good.example")), *hanging)
    release.set()
    assert good.body == FEED
    assert {each.kind for each in failed} == {"timeout"}


@pytest.mark.parametrize("status,moved", [(301, True), (308, True), (302, False), (307, False)])
async def test_only_permanent_redirects_move_a_feed(server, fetcher_of, status, moved):
    """`moved_to` is set when every hop was permanent."""
    server.answers["/old"] = redirect("/new", status)
    server.answers["/new"] = always()
    found = await ask(fetcher_of(), server.url("/old"))
    assert found.body == FEED
    assert found.moved_to == (server.url("/new") if moved else None)


async def test_one_passing_redirect_keeps_a_feed_where_it_is(server, fetcher_of):
    """A chain is permanent only as a whole."""
    server.answers["/old"], server.answers["/mid"] = redirect("/mid", 301), redirect("/new", 302)
    server.answers["/new"] = always()
    found = await ask(fetcher_of(), server.url("/old"))
    assert (found.url, found.moved_to) == (server.url("/new"), None)


async def test_credentials_never_become_a_new_address(server, fetcher_of):
    """A feed with credentials stays at its address, and those that a redirect brings along are not used."""
    server.answers["/old"] = redirect(f"http://eve:hush@127.0.0.1:{server.port}/new", 301)
    server.answers["/new"] = always()
    found = await ask(fetcher_of(), f"http://user:pass@127.0.0.1:{server.port}/old")
    assert (found.url, found.moved_to) == (server.url("/new"), None)
    assert server.asked[1].headers["authorization"] == server.asked[0].headers["authorization"]
    found = await ask(fetcher_of(), server.url("/old"))
    assert found.moved_to == server.url("/new")
    assert "authorization" not in server.asked[-1].headers


async def test_a_validator_of_broken_letters_is_not_sent_back(server, fetcher_of):
    """What can't be echoed to the letter is left out: the worst that follows is a whole answer."""
    server.answers["/"] = raw(OK + b'ETag: "\xe9"\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx')
    found = await ask(fetcher_of(), server.url("/"))
    etag = found.headers["etag"]
    assert etag.encode()
    assert isinstance(await ask(fetcher_of(), server.url("/"), etag=etag), Fetched)
    assert "if-none-match" not in server.asked[1].headers


async def test_a_message_has_one_line_without_secrets(server, fetcher_of):
    """Neither a path nor a query can write into a log."""
    server.answers["/a%0Ab%1b"] = always(b"", status=500)
    failed = await ask(fetcher_of(), server.url("/a%0ab%1b?token=hush"))
    assert failed.message.isprintable()
    assert "hush" not in failed.message


@pytest.mark.parametrize("seed", range(20))
async def test_random_answers_are_values(server, fetcher_of, seed):
    """Damage at any place of an answer never raises."""
    dice = random.Random(seed)
    fields = b'ETag: "a"\r\nLocation: /x\r\nContent-Encoding: gzip\r\nContent-Length: 60\r\nRetry-After: 5\r\n'
    answer = bytearray(b"HTTP/1.1 %d OK\r\n" % dice.choice([200, 301, 304, 429, 999]) + fields + b"\r\n" + BOMB[:60])
    for _ in range(dice.randrange(1, 9)):
        at = dice.randrange(len(answer))
        answer[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
    server.answers["/"] = raw(bytes(answer))
    assert isinstance(await ask(fetcher_of(total_timeout_s=0.3), server.url("/")), Fetched | FetchFailed)


async def test_retry_after_is_read_as_seconds_and_as_date(server, fetcher_of):
    """Both forms, within bounds; nonsense is None."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    for value, low, high in (("120", 120, 120), (soon, 590, 601), ("9" * 30, 604800, 604800)):
        server.answers["/"] = always(b"", status=429, Retry_After=value)
        failed = await ask(fetcher_of(), server.url("/"))
        assert failed.status == 429
        assert low <= failed.retry_after_s <= high
    server.answers["/"] = always(b"", status=503, Retry_After="soon ²")
    assert (await ask(fetcher_of(), server.url("/"))).retry_after_s is None


async def test_secrets_stay_with_their_host(server, fetcher_of):
    """Credentials go to the host that they are for only, and neither they nor a query string are shown."""
    server.answers["/"] = redirect(server.url("/other", "localhost"))
    server.answers["/other"] = always(b"", status=403)
    failed = await ask(fetcher_of(), f"http://user:hush@127.0.0.1:{server.port}/?key=hush")
    assert server.asked[0].headers["authorization"].startswith("Basic ")
    assert "authorization" not in server.asked[1].headers
    assert "hush" not in json.dumps([failed.message, failed.kind])


async def test_a_host_is_asked_one_at_a_time_with_a_pause(server, fetcher_of):
    """Politeness: requests to one host don't overlap and keep their distance."""
    times = []

    async def reply(exchange):
        times.append(time.monotonic())
        await exchange.answer(FEED)

    server.answers["/"] = reply
    fetcher = fetcher_of(per_host_concurrent=1, per_host_delay_s=0.15)
    await asyncio.gather(*(ask(fetcher, server.url("/")) for _ in range(3)))
    assert times[1] - times[0] > 0.12
    assert times[2] - times[1] > 0.12


async def test_a_redirect_waits_for_its_host_too(server, fetcher_of):
    """Many feeds that lead to one host ask it one after the other."""
    times = []

    async def reply(exchange):
        times.append(time.monotonic())
        await exchange.answer(FEED)

    server.answers["/shared"] = reply
    server.answers["/feed"] = redirect(f"http://localhost:{server.port}/shared")
    fetcher = fetcher_of(per_host_concurrent=1, per_host_delay_s=0.15)
    await asyncio.gather(*(ask(fetcher, server.url("/feed", host)) for host in ("127.0.0.1", "0x7f.1", "0x7f000001")))
    assert times[1] - times[0] > 0.12
    assert times[2] - times[1] > 0.12


async def test_waiting_for_a_turn_does_not_count_as_slow(server, fetcher_of):
    """The time limit is for the server, not for the queue before it."""
    server.answers["/"] = always()
    fetcher = fetcher_of(per_host_concurrent=1, per_host_delay_s=0.2, total_timeout_s=0.3)
    found = await asyncio.gather(*(ask(fetcher, server.url("/")) for _ in range(4)))
    assert all(isinstance(each, Fetched) for each in found)


async def test_a_closed_port_and_an_unknown_name_are_values(fetcher_of):
    """Nobody there, and no such name."""
    assert (await ask(fetcher_of(), "http://127.0.0.1:9/")).kind == "refused"
    assert (await ask(fetcher_of(), "http://nowhere.invalid/")).kind == "dns"
    assert (await ask(fetcher_of(), "http://[bad/")).kind == "protocol"


async def test_cancelling_passes_through(server, fetcher_of):
    """A stop is not turned into a failed poll."""
    server.answers["/"] = drip
    task = asyncio.create_task(ask(fetcher_of(), server.url("/")))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
