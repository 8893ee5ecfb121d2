"""Feeds: the operator's list, what a fetch brings and what a parser finds in it."""

from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

MODIFIED: Final = 200
NOT_MODIFIED: Final = 304


class FeedSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of feeds.toml. `publisher` names the family that owns the outlet: reports of one family are not
    independent. `verified` is the day (ISO) on which `kirkuk feeds check` last saw it answer with a feed, None before.
    """

    id: str
    url: str
    outlet: str
    publisher: str
    language: str
    country: str
    verified: str | None = None
    enabled: bool = True
    poll_interval_s: float | None = None


class FetchRequest(NamedTuple):
    """What to get: the address, and the validators of the last answer, echoed verbatim."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A usable answer: `status` 200 with the inflated body, or 304 with an empty one.

    `headers` have lower-case names. `moved_to` is the new address when every redirect on the way was permanent.
    """

    status: int
    url: str
    headers: dict[str, str]
    body: bytes
    at: datetime
    moved_to: str | None = None


class FetchFailed(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer. `kind` is one of: timeout, dns, refused, tls, private-address, too-large, bad-encoding,
    redirects, http-status, protocol. `message` names no secret (no query string, no credentials).
    """

    kind: str
    message: str
    at: datetime
    status: int | None = None
    retry_after_s: float | None = None


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as the feed gives it: text is plain (no markup, NFC), at most the parser's limit.

    `published` and `updated` are aware UTC where the raw strings could be read. `source_title` is the outlet that an
    aggregator names.
    """

    guid: str | None = None
    link: str | None = None
    title: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published_raw: str | None = None
    published: datetime | None = None
    updated_raw: str | None = None
    updated: datetime | None = None
    language: str | None = None
    source_title: str | None = None


class DeadItem(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that can't become an article, with the reason; `record` is its source, at most 10,000 characters."""

    key: str
    error: str
    record: str


class ParsedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A body that could be read, maybe with faults (`warnings`). Items keep the feed's order."""

    format: str
    title: str = ""
    language: str | None = None
    items: tuple[FeedItem, ...] = ()
    dead: tuple[DeadItem, ...] = ()
    warnings: tuple[str, ...] = ()


class ParseFailed(msgspec.Struct, frozen=True, kw_only=True):
    """Why a body is no feed. `kind` is one of: malformed, not-a-feed, too-large, timeout, memory, crashed, empty."""

    kind: Literal["malformed", "not-a-feed", "too-large", "timeout", "memory", "crashed", "empty"]
    message: str
