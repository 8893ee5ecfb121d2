"""From a body to items: RSS 0.9x to 2.0, RDF and Atom through feedparser, JSON Feed through msgspec."""

import calendar
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec
from dateutil import parser as date_parser

from connectors.feed_checks import HostileError, check, is_html, is_json
from connectors.feed_text import one_line, plain, tidy
from schemas.feeds import DeadItem, FeedItem, ParsedFeed, ParseFailed

_LONGEST_ID: Final = 1000
_LONGEST_LINK: Final = 2000
_LONGEST_TITLE: Final = 2000
_LONGEST_DATE: Final = 100
_LONGEST_RECORD: Final = 10_000
_MOST_NAMES: Final = 50


class ParseLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of parsing one feed; `workers` processes share the work.

    `timeout_s` is wall time, `cpu_s` processor time, `max_memory_bytes` what a worker may take beyond what it has when
    it starts. Items over `max_items` are cut, texts over `max_text_chars` shortened; both are told in warnings.
    """

    workers: int = 2
    timeout_s: float = 20.0
    cpu_s: float = 10.0
    max_memory_bytes: int = 1024 * 2**20
    max_items: int = 2000
    max_text_chars: int = 1_000_000


def parse_feed(body: bytes, headers: Mapping[str, str], url: str, limits: ParseLimits) -> ParsedFeed | ParseFailed:
    """Parse a body. Whatever it holds, the outcome is a value; only MemoryError and bugs in this module escape."""
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf"):
        return ParseFailed(kind="empty", message="the body is empty")
    if is_json(body):
        return _parse_json(body, url, limits)
    if is_html(body):
        return ParseFailed(kind="not-a-feed", message="the body is a web page, not a feed")
    try:
        return _parse_xml(body, headers, url, limits)
    except HostileError as error:
        return ParseFailed(kind="malformed", message=f"refused: {error}")


def _parse_xml(body: bytes, headers: Mapping[str, str], url: str, limits: ParseLimits) -> ParsedFeed | ParseFailed:
    import feedparser

    checked = check(body, limits.max_items)
    kept = {name: value for name, value in headers.items() if name in {"content-type", "content-language"}}
    try:
        found = feedparser.parse(
            io.BytesIO(checked.body), response_headers=kept, sanitize_html=False, resolve_relative_uris=False
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (feedparser raises what the libraries below it do)
        return ParseFailed(kind="malformed", message=f"{type(error).__name__} while parsing")
    if not found.version and not found.entries:
        broken = b"<rss" in body or b"<feed" in body
        message = _fault(found) or "no feed was found in the body"
        return ParseFailed(kind="malformed" if broken else "not-a-feed", message=message)
    warnings = [*checked.warnings, *([_fault(found)] if found.bozo else [])]
    base = urljoin(url, _text(found.feed.get("link")))
    return _assemble(
        str(found.version or "unknown"),
        (one_line(_text(found.feed.get("title")), _LONGEST_TITLE), _language(found.feed)),
        [_item(entry, base, limits) for entry in found.entries[: limits.max_items]],
        (checked.cut + max(0, len(found.entries) - limits.max_items), warnings, limits),
    )


def _fault(found: Any) -> str:
    error = found.get("bozo_exception")
    return f"{type(error).__name__}: {tidy(str(error))[:200]}" if error is not None else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _language(entry: Any) -> str | None:
    return _text(entry.get("language")).strip()[:35] or None


def _item(entry: Any, base: str, limits: ParseLimits) -> FeedItem:
    # feedparser's own look-up answers `updated` with `published` where there is none.
    updated_raw = dict.get(entry, "updated")
    source = entry.get("source")
    return FeedItem(
        guid=_text(entry.get("id"))[:_LONGEST_ID].strip() or None,
        link=_link(_text(entry.get("link")), base),
        title=one_line(_text(entry.get("title")), _LONGEST_TITLE),
        text=_body(entry, limits.max_text_chars),
        authors=_names(author.get("name") for author in entry.get("authors", ()) if author),
        categories=_names(tag.get("term") for tag in entry.get("tags", ())),
        published_raw=_text(entry.get("published"))[:_LONGEST_DATE] or None,
        published=_moment(entry.get("published_parsed"), entry.get("published")),
        updated_raw=_text(updated_raw)[:_LONGEST_DATE] or None,
        updated=_moment(dict.get(entry, "updated_parsed"), updated_raw),
        language=_language(entry),
        source_title=one_line(_text(source.get("title")), 200) or None if source else None,
    )


def _body(entry: Any, max_chars: int) -> str:
    """Return the longest text that an entry has: full content where there is some, else the summary."""
    texts = [_text(content.get("value")) for content in entry.get("content", ())]
    texts.append(_text(entry.get("summary")))
    return max((plain(text, max_chars) for text in texts), key=len)


def _names(values: Iterable[Any]) -> tuple[str, ...]:
    found = dict.fromkeys(one_line(_text(value), 200) for value in values)
    return tuple(name for name in found if name)[:_MOST_NAMES]


def _link(link: str, base: str) -> str | None:
    """Resolve a link; only addresses of the web are kept."""
    try:
        joined = urljoin(base, link.strip()) if link.strip() else ""
        parts = urlsplit(joined)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(joined) > _LONGEST_LINK:
        return None
    return joined


def _moment(parsed: Any, raw: Any) -> datetime | None:
    """Return a date as aware UTC: feedparser's reading, else dateutil's; a date without zone is UTC."""
    try:
        if parsed is not None:
            return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        text = _text(raw).strip()
        if not any(letter.isdigit() for letter in text) or len(text) > _LONGEST_DATE:
            return None
        found = date_parser.parse(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, OSError):
        return None


def _assemble(
    kind: str,
    about: tuple[str, str | None],
    items: list[FeedItem],
    rest: tuple[int, list[str], ParseLimits],
) -> ParsedFeed:
    """Tell items that can become articles from those that can't; what was cut is told once."""
    cut, warnings, limits = rest
    alive = [item for item in items if _is_article(item)]
    dead = [_dead(item) for item in items if not _is_article(item)]
    if cut:
        text = f"{cut} items over the limit of {limits.max_items} were not read"
        warnings.append(text)
        dead.append(DeadItem(key="over-limit", error=text, record=""))
    long = sum(len(item.text) >= limits.max_text_chars for item in alive)
    if long:
        warnings.append(f"{long} texts were cut after {limits.max_text_chars:,} characters")
    title, language = about
    return ParsedFeed(
        format=kind, title=title, language=language, items=tuple(alive), dead=tuple(dead), warnings=tuple(warnings)
    )


def _is_article(item: FeedItem) -> bool:
    return bool(item.title or item.text)


def _dead(item: FeedItem) -> DeadItem:
    record = msgspec.json.encode(item).decode()[:_LONGEST_RECORD]
    return DeadItem(key=item.guid or item.link or "unnamed", error="it has neither title nor text", record=record)


def _parse_json(body: bytes, url: str, limits: ParseLimits) -> ParsedFeed | ParseFailed:
    """Read JSON Feed 1.0 and 1.1 (jsonfeed.org), leniently: a field of a wrong type counts as missing."""
    try:
        feed = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return ParseFailed(kind="malformed", message=f"JSON can't be read: {tidy(str(error))[:200]}")
    if not isinstance(feed, dict) or "jsonfeed.org/version" not in _text(feed.get("version")):
        return ParseFailed(kind="not-a-feed", message="the JSON document is no JSON Feed")
    raw = feed.get("items")
    entries = [entry for entry in raw if isinstance(entry, dict)] if isinstance(raw, list) else []
    base = urljoin(url, _text(feed.get("home_page_url")))
    return _assemble(
        "json11" if _text(feed["version"]).endswith("1.1") else "json1",
        (one_line(_text(feed.get("title")), _LONGEST_TITLE), _language(feed)),
        [_json_item(entry, base, limits) for entry in entries[: limits.max_items]],
        (max(0, len(entries) - limits.max_items), [], limits),
    )


def _json_item(entry: dict[str, Any], base: str, limits: ParseLimits) -> FeedItem:
    guid = entry.get("id")
    texts = (plain(_text(entry.get("content_html")), limits.max_text_chars), tidy(_text(entry.get("content_text"))))
    authors = entry.get("authors") or [entry.get("author")]
    tags = entry.get("tags")
    return FeedItem(
        guid=(_text(guid) if isinstance(guid, str) else str(guid or ""))[:_LONGEST_ID].strip() or None,
        link=_link(_text(entry.get("url")) or _text(entry.get("external_url")), base),
        title=one_line(_text(entry.get("title")), _LONGEST_TITLE),
        text=max(*texts, tidy(_text(entry.get("summary"))), key=len)[: limits.max_text_chars],
        authors=_names(author.get("name") for author in _list(authors) if isinstance(author, dict)),
        categories=_names(_list(tags)),
        published_raw=_text(entry.get("date_published"))[:_LONGEST_DATE] or None,
        published=_moment(None, entry.get("date_published")),
        updated_raw=_text(entry.get("date_modified"))[:_LONGEST_DATE] or None,
        updated=_moment(None, entry.get("date_modified")),
        language=_language(entry),
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
