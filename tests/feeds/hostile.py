"""Servers and bodies that are made to hurt: each name with the answer and the kind of failure that it must end in."""

import asyncio
import gzip
import zlib

FEED = b"<rss version='2.0'><channel><item><title>x</title></item></channel></rss>"
BOMB = gzip.compress(b"\0" * 10_000_000) * 100
"""1 MB that unpacks to 1 GB."""


def always(body=FEED, **answer):
    """Answer every request alike."""

    async def reply(exchange):
        await exchange.answer(body, **answer)

    return reply


def redirect(target, status=302):
    """Send everybody elsewhere."""
    return always(b"", status=status, Location=target)


def raw(*pieces, repeat=1, pause_s=0.0, reset=False):
    """Write bytes as they are, the last piece again and again."""

    async def reply(exchange):
        for piece in (*pieces[:-1], *(pieces[-1:] * repeat)):
            exchange.writer.write(piece)
            await exchange.writer.drain()
            if pause_s:
                await asyncio.sleep(pause_s)
        if reset:
            exchange.writer.transport.abort()

    return reply


async def onwards(exchange):
    """Send everybody to an address that is new each time."""
    number = int(exchange.path.partition("?")[2] or 0)
    await exchange.answer(b"", status=302, Location=f"?{number + 1}")


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
drip = raw(OK + b"Content-Length: 100000\r\n\r\n", b" ", repeat=200, pause_s=0.05)

SERVERS = {
    "bomb": (always(BOMB, Content_Encoding="gzip"), "too-large"),
    "bomb, deflate": (always(zlib.compress(b" " * 50_000_000), Content_Encoding="deflate"), "too-large"),
    "members": (always(gzip.compress(b"") * 50_000, Content_Encoding="gzip"), "bad-encoding"),
    "large": (always(b" " * 4_500_000), "too-large"),
    "endless": (raw(CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n", repeat=100_000), "too-large"),
    "brotli": (always(b"x", Content_Encoding="br"), "bad-encoding"),
    "nested": (always(b"x", Content_Encoding="gzip, gzip"), "bad-encoding"),
    "no gzip": (always(Content_Encoding="gzip"), "bad-encoding"),
    "no deflate": (always(b"\x78", Content_Encoding="deflate"), "bad-encoding"),
    "cut gzip": (always(gzip.compress(FEED * 99)[:-9], Content_Encoding="gzip"), "bad-encoding"),
    "circle": (redirect("?"), "redirects"),
    "endless redirects": (onwards, "redirects"),
    "to a file": (redirect("file:///etc/passwd"), "protocol"),
    "to nowhere": (redirect("http://"), "redirects"),
    "to no address": (redirect("http://[::1"), "protocol"),
    "to metadata": (redirect("http://169.254.169.254/latest"), "private-address"),
    "to a private network": (redirect("http://10.0.0.1/"), "private-address"),
    "to mapped": (redirect("http://[::ffff:10.0.0.1]/"), "private-address"),
    "to a number": (redirect("http://2852039166/"), "private-address"),
    "reset": (raw(OK + b"Content-Length: 100\r\n\r\nhalf", reset=True), "protocol"),
    "short": (always(length=1000), "protocol"),
    "drip": (drip, "timeout"),
    "dripping head": (raw(OK, b"X", repeat=200, pause_s=0.05), "timeout"),
    "silence": (raw(b"", b"", repeat=100, pause_s=0.05), "timeout"),
    "promises": (raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 100, repeat=1000, pause_s=0.02), "timeout"),
    "chunks": (raw(CHUNKED + b"zz\r\nx\r\n"), "protocol"),
    "no http": (raw(b"\x16\x03\x01 hello\r\n\r\n"), "protocol"),
    "nothing": (raw(b""), "protocol"),
    "huge header": (always(X_Large="a" * 100_000), "protocol"),
    "endless header": (raw(OK, b"X-A: b\r\n" * 100, repeat=100_000), "protocol"),
    "two lengths": (raw(OK + b"Content-Length: 1\r\nContent-Length: 9\r\n\r\nx"), "protocol"),
    "negative length": (raw(OK + b"Content-Length: -1\r\n\r\nx"), "protocol"),
    "gone": (always(b"", status=410), "http-status"),
}

_ITEM = b"<item><title>x</title></item>"
_RSS = b"<?xml version='1.0'?><rss version='2.0'><channel>%s</channel></rss>"
_WITH_TEXT = _RSS % b"<item><title>x</title><description>%s</description></item>"
_ENTITIES = b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))

BODIES = {
    "entity bomb": (b"<!DOCTYPE r [<!ENTITY a0 'ha'>%s]><rss><channel>&a9;</channel></rss>" % _ENTITIES, "malformed"),
    "entity from a file": (b"<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss>&a;</rss>", "malformed"),
    "attributes": (_RSS % (b"<item %s/>" % b" ".join(b"a%d='1'" % n for n in range(100_000))), "malformed"),
    "depth": (b"<rss version='2.0'><channel>" + b"<a>" * 100_000, "malformed"),
    "web page": (b"<!DOCTYPE html><html><body>Welcome", "not-a-feed"),
    "web page as xml": (b"<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'>", "not-a-feed"),
    "deep json": (b'{"a":' * 100_000, "malformed"),
    "deep lists": (b'{"version":"https://jsonfeed.org/version/1","items":' + b"[" * 900_000, "malformed"),
    "other json": (b'{"items": []}', "not-a-feed"),
    "zeros": (b"\0" * 100_000, "empty"),
    "empty": (b"", "empty"),
    "blanks": (b"\xef\xbb\xbf  \r\n", "empty"),
    "words": (b"not found", "not-a-feed"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, "not-a-feed"),
    "a file name": (b"/etc/passwd", "not-a-feed"),
    "an address": (b"http://127.0.0.1:1/", "not-a-feed"),
}  # fmt: skip
"""Bodies that are refused."""

ODD = {
    "100,000 items": _RSS % (_ITEM * 100_000),
    "100,000 items, broken": b"<rss version='2.0'><channel>&x" + _ITEM * 100_000,
    "nested in a text": _WITH_TEXT % (b"&lt;div>" * 100_000),
    "unclosed in a text": _WITH_TEXT % (b"&lt;a b" * 100_000),
    "scripts in a text": _WITH_TEXT % (b"&lt;script>" * 99_999),
    "not letters": _RSS % b"<item><title>x&#xD800;&#0;&#x110000;\x00\x08</title></item>",
    "wrong encoding": b"<?xml version='1.0' encoding='utf-16'?><rss version='2.0'><channel>%s</channel></rss>" % _ITEM,
    "no encoding": b"<?xml version='1.0' encoding='idna'?><rss version='2.0'><channel>%s</channel></rss>" % _ITEM,
    "zip encoding": b"<?xml version='1.0' encoding='zlib'?><rss version='2.0'><channel>\xff%s</channel></rss>" % _ITEM,
    "truncated": _RSS[: _RSS.index(b"%s")] + _ITEM + b"<item><title>half",
    "comment without end": b"<rss version='2.0'><channel>" + _ITEM + b"<!-- " * 100_000,
    "section without end": b"<rss version='2.0'><channel>" + _ITEM + b"<![CDATA[" * 100_000,
    "entities without end": b"<rss version='2.0'><channel>" + _ITEM + b"&a" * 100_000,
}  # fmt: skip
"""Bodies that cost or confuse, but have an item to give."""
