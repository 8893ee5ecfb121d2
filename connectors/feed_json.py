"""JSON Feed 1.0 and 1.1 (jsonfeed.org), leniently: a field of a wrong type counts as missing."""

import re
from typing import Any, Final
from urllib.parse import urljoin

import msgspec

from connectors.feed_dates import moment
from connectors.feed_items import (
    LONGEST_RECORD,
    LONGEST_TITLE,
    Found,
    ParseLimits,
    assemble,
    guid_of,
    language_of,
    link_of,
    names_of,
    raw_date_of,
    text_of,
)
from connectors.feed_text import one_line, plain, tidy
from schemas.feeds import DeadItem, FeedItem, ParsedFeed, ParseFailed

_HALVES: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Escapes of letters in two halves, and single halves: programs that cut texts by length leave them."""


def parse_json(body: bytes, url: str, limits: ParseLimits) -> ParsedFeed | ParseFailed:
    """Parse a body that is UTF-8."""
    try:
        feed = _decoded(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return ParseFailed(kind="malformed", message=f"JSON can't be read: {tidy(str(error))[:200]}")
    if not isinstance(feed, dict) or "jsonfeed.org/version" not in text_of(feed.get("version")):
        return ParseFailed(kind="not-a-feed", message="the JSON document is no JSON Feed")
    return assemble(_found(feed, url, limits), limits)


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        mended = _HALVES.sub(lambda half: half[0] if len(half[0]) > len(b"\\ud800") else b"\\ufffd", body)
        return msgspec.json.decode(mended)


def _found(feed: dict[str, Any], url: str, limits: ParseLimits) -> Found:
    base = urljoin(url, text_of(feed.get("home_page_url")))
    entries = _list(feed.get("items"))
    read = entries[: limits.max_items]
    return Found(
        format="json11" if text_of(feed["version"]).rstrip("/").endswith("1.1") else "json1",
        title=one_line(text_of(feed.get("title")), LONGEST_TITLE),
        language=language_of(feed.get("language")),
        items=[_item(entry, base, limits) for entry in read if isinstance(entry, dict)],
        dead=[_no_item(entry) for entry in read if not isinstance(entry, dict)],
        cut=len(entries) - len(read),
        warnings=() if isinstance(feed.get("items"), list) else ("it has no list of items",),
    )


def _no_item(entry: Any) -> DeadItem:
    return DeadItem(key="unnamed", error="it is no object", record=msgspec.json.encode(entry).decode()[:LONGEST_RECORD])


def _item(entry: dict[str, Any], base: str, limits: ParseLimits) -> FeedItem:
    guid, published, updated = entry.get("id"), entry.get("date_published"), entry.get("date_modified")
    link = text_of(entry.get("url")) or text_of(entry.get("external_url"))
    return FeedItem(
        guid=guid_of(str(guid) if isinstance(guid, int | float) else guid),
        link=link_of(link, base) or link_of(text_of(guid), ""),
        title=one_line(text_of(entry.get("title")), LONGEST_TITLE),
        text=_text(entry, limits.max_text_chars),
        authors=names_of(each.get("name") for each in _authors(entry) if isinstance(each, dict)),
        categories=names_of(_list(entry.get("tags"))),
        published_raw=raw_date_of(published),
        published=moment(text_of(published)),
        updated_raw=raw_date_of(updated),
        updated=moment(text_of(updated)),
        language=language_of(entry.get("language")),
    )


def _text(entry: dict[str, Any], max_chars: int) -> str:
    content = tidy(text_of(entry.get("content_text")))
    summary = tidy(text_of(entry.get("summary")))
    return max(plain(text_of(entry.get("content_html")), max_chars), content, summary, key=len)[:max_chars]


def _authors(entry: dict[str, Any]) -> list[Any]:
    """Version 1.1 has a list, 1.0 one author."""
    return _list(entry.get("authors")) or [entry.get("author")]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
