"""Fetching over real HTTP: what is asked, what is refused, and that every trouble is a value."""

import asyncio
import gzip
import json
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from schemas.feeds import Fetched, FetchFailed, FetchRequest

FEED = b"<rss/>"
BOMB = gzip.compress(b"\0" * 50_000_000)


async def ask(fetcher, url, **validators):
    return await fetcher.fetch(FetchRequest(url, **validators))


def always(body=FEED, **answer):
    async def reply(exchange):
        await exchange.answer(body, **answer)

    return reply


def redirect(target, status=302):
    return always(b"", status=status, Location=target)


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
)
async def test_encodings_are_unpacked(server, fetcher_of, encoding, packed):
    """Gzip of one or more members, both kinds of deflate, and none."""
    server.answers["/"] = always(packed, Content_Encoding=encoding)
    assert (await ask(fetcher_of(), server.url("/"))).body == FEED


async def reset(exchange):
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await exchange.writer.drain()
    exchange.writer.transport.abort()


async def drip(exchange):
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(200):
        exchange.writer.write(b" ")
        await exchange.writer.drain()
        await asyncio.sleep(0.05)


async def bad_chunks(exchange):
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n")
    await exchange.writer.drain()


async def not_http(exchange):
    exchange.writer.write(b"\x16\x03\x01 hello\r\n\r\n")
    await exchange.writer.drain()


TROUBLES = {
    "bomb": (always(BOMB, Content_Encoding="gzip"), "too-large"),
    "large": (always(b" " * 2_500_000), "too-large"),
    "brotli": (always(b"x", Content_Encoding="br"), "bad-encoding"),
    "nested": (always(b"x", Content_Encoding="gzip, gzip"), "bad-encoding"),
    "no gzip": (always(FEED, Content_Encoding="gzip"), "bad-encoding"),
    "cut gzip": (always(gzip.compress(FEED * 99)[:-9], Content_Encoding="gzip"), "bad-encoding"),
    "circle": (redirect("/trouble"), "redirects"),
    "to a file": (redirect("file:///etc/passwd"), "protocol"),
    "to metadata": (redirect("http://169.254.169.254/latest"), "private-address"),
    "to a private network": (redirect("http://10.0.0.1/"), "private-address"),
    "to a number": (redirect("http://2130706434/"), "protocol"),
    "to mapped": (redirect("http://[::ffff:10.0.0.1]/"), "private-address"),
    "reset": (reset, "protocol"),
    "short": (always(FEED, length=1000), "protocol"),
    "drip": (drip, "timeout"),
    "chunks": (bad_chunks, "protocol"),
    "no http": (not_http, "protocol"),
    "huge header": (always(FEED, X_Large="a" * 100_000), "protocol"),
    "gone": (always(b"", status=410), "http-status"),
}


@pytest.mark.parametrize("name", [name for name in TROUBLES if name != "to a number"])
async def test_a_trouble_is_a_value_and_disturbs_nobody(server, fetcher_of, name):
    """Each ends with its kind, within its limits, while a good feed comes through beside it."""
    server.answers["/trouble"], kind = TROUBLES[name]
    server.answers["/good"] = always()
    fetcher, began = fetcher_of(total_timeout_s=1.0), time.monotonic()
    failed, good = await asyncio.gather(ask(fetcher, server.url("/trouble")), ask(fetcher, server.url("/good")))
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


async def test_a_redirect_home_needs_permission_too(server, fetcher_of, monkeypatch):
    """A name that is public at first and leads home at the second look is caught at the connection."""
    failed = await ask(fetcher_of(), "http://192.168.3.4/")
    assert failed.kind == "private-address"


@pytest.mark.parametrize("status,moved", [(301, True), (308, True), (302, False), (307, False)])
async def test_only_permanent_redirects_move_a_feed(server, fetcher_of, status, moved):
    """`moved_to` is set when every hop was permanent."""
    server.answers["/old"] = redirect("/new", status)
    server.answers["/new"] = always()
    found = await ask(fetcher_of(), server.url("/old"))
    assert found.body == FEED
    assert found.moved_to == (server.url("/new") if moved else None)


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
