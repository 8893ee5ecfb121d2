"""What the readers of all formats share: limits, the shaping of fields, and the sorting of items by what can become of
them.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from connectors.feed_text import one_line
from schemas.bounds import Count, Positive
from schemas.feeds import DeadItem, FeedItem, ParsedFeed

LONGEST_TITLE: Final = 2000
_LONGEST_ID: Final = 1000
_LONGEST_LINK: Final = 2000
_LONGEST_DATE: Final = 100
_LONGEST_NAME: Final = 200
LONGEST_RECORD: Final = 10_000
_MOST_NAMES: Final = 50


class ParseLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of parsing one feed; `workers` processes share the work.

    `timeout_s` is wall time, `cpu_s` processor time, `max_memory_bytes` what a worker may take beyond what it has when
    it starts. Items over `max_items` are cut, texts over `max_text_chars` shortened; both are told in warnings.
    """

    workers: Count = 2
    timeout_s: Positive = 20.0
    cpu_s: Positive = 10.0
    max_memory_bytes: Count = 1024 * 2**20
    max_body_bytes: Count = 50 * 2**20
    max_items: Count = 2000
    max_text_chars: Count = 1_000_000


class Found(NamedTuple):
    """A feed as a reader found it: `items` are at most as many as allowed, `cut` were not read; `dead` are entries
    that are no items at all.
    """

    format: str
    title: str
    language: str | None
    items: Sequence[FeedItem]
    dead: Sequence[DeadItem]
    cut: int
    warnings: Sequence[str]


def text_of(value: Any) -> str:
    """Return a value that is text and can be stored, else an empty one."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def guid_of(value: Any) -> str | None:
    """Return an id as it stands, cut."""
    return text_of(value).strip()[:_LONGEST_ID] or None


def raw_date_of(value: Any) -> str | None:
    """Return a date as it stands, cut."""
    return text_of(value).strip()[:_LONGEST_DATE] or None


def language_of(value: Any) -> str | None:
    """Return a language tag as it stands, cut to the longest that there are."""
    return text_of(value).strip()[:35] or None


def name_of(value: Any) -> str | None:
    """Return a name in one line."""
    return one_line(text_of(value), _LONGEST_NAME) or None


def names_of(values: Iterable[Any]) -> tuple[str, ...]:
    """Return names or categories, each once."""
    found = dict.fromkeys(name_of(value) for value in values)
    return tuple(name for name in found if name)[:_MOST_NAMES]


def link_of(link: str, base: str) -> str | None:
    """Resolve a link; only addresses of the web are kept."""
    try:
        joined = urljoin(base, link.strip()) if link.strip() else ""
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or len(joined) > _LONGEST_LINK:
        return None
    return joined


def assemble(found: Found, limits: ParseLimits) -> ParsedFeed:
    """Tell items that can become articles from those that can't; what was cut is one dead item that says how many."""
    alive, dead, warnings = [], list(found.dead), list(found.warnings)
    for item in found.items:
        error = _why_dead(item)
        if error is None:
            alive.append(item)
        else:
            dead.append(_dead(item, error))
    if found.cut:
        text = f"{found.cut} items over the limit of {limits.max_items} were not read"
        warnings.append(text)
        dead.append(DeadItem(key="over-limit", error=text, record=""))
    long = sum(len(item.text) >= limits.max_text_chars for item in alive)
    if long:
        warnings.append(f"{long} texts were cut after {limits.max_text_chars:,} characters")
    return ParsedFeed(
        format=found.format,
        title=found.title,
        language=found.language,
        items=tuple(alive),
        dead=tuple(dead),
        warnings=tuple(warnings),
    )


def _why_dead(item: FeedItem) -> str | None:
    if not item.title and not item.text:
        return "it has neither title nor text"
    if not item.title and not item.guid and not item.link:
        return "it has neither title, guid nor link"
    return None


def _dead(item: FeedItem, error: str) -> DeadItem:
    record = msgspec.json.encode(item).decode()[:LONGEST_RECORD]
    return DeadItem(key=item.guid or item.link or "unnamed", error=error, record=record)
