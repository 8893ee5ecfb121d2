"""RSS 0.9x to 2.0, RDF and Atom, through feedparser."""

import io
import re
from typing import Any, Final
from urllib.parse import urljoin

from connectors.feed_checks import HostileError, check
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
    name_of,
    names_of,
    raw_date_of,
    text_of,
)
from connectors.feed_text import one_line, plain, tidy
from schemas.feeds import DeadItem, FeedItem, ParsedFeed, ParseFailed

_MAIL: Final = re.compile(r"[<(]?[^\s<>()]*@[^\s<>()]*[>)]?")
_AS_IT_IS: Final = {"content-type": "application/xml; charset=utf-8"}
"""The body is UTF-8 by now, whatever the server said of it."""


def parse_xml(body: bytes, language: str, url: str, limits: ParseLimits) -> ParsedFeed | ParseFailed:
    """Parse a body that is UTF-8; `language` is the header Content-Language, or empty."""
    import feedparser

    try:
        checked = check(body, limits.max_items)
    except HostileError as error:
        return ParseFailed(kind="malformed", message=f"refused: {error}")
    headers = {**_AS_IT_IS, "content-language": language} if language else _AS_IT_IS
    try:
        # A stream, never the text itself: feedparser would take a text for an address or a file name and open it.
        stream = io.BytesIO(checked.body)
        parsed = feedparser.parse(stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (feedparser raises what the libraries below it do)
        return ParseFailed(kind="malformed", message=f"{type(error).__name__} while parsing")
    if not parsed.version and not parsed.entries:
        return _no_feed(body, _fault(parsed))
    found = _found(parsed, url, checked.cut, limits)
    return assemble(found._replace(dead=_half_item(checked.rest)), limits)


def _no_feed(body: bytes, fault: str) -> ParseFailed:
    broken = b"<rss" in body or b"<feed" in body
    return ParseFailed(kind="malformed" if broken else "not-a-feed", message=fault or "no feed was found in the body")


def _fault(parsed: Any) -> str:
    error = parsed.get("bozo_exception")
    return f"{type(error).__name__}: {tidy(str(error))[:200]}" if error is not None else ""


def _found(parsed: Any, url: str, cut: int, limits: ParseLimits) -> Found:
    is_atom = text_of(parsed.version).startswith("atom")
    base = urljoin(url, text_of(parsed.feed.get("link")))
    items = [_Entry(entry, base, is_atom=is_atom).item(limits) for entry in parsed.entries[: limits.max_items]]
    return Found(
        format=text_of(parsed.version) or "unknown",
        title=one_line(text_of(parsed.feed.get("title")), LONGEST_TITLE),
        language=language_of(parsed.feed.get("language")),
        items=items,
        dead=(),
        cut=cut + max(0, len(parsed.entries) - limits.max_items),
        warnings=[_fault(parsed)] if parsed.bozo else [],
    )


def _half_item(rest: bytes) -> tuple[DeadItem, ...]:
    """A half item would become an article with half a text; the next answer has it whole."""
    if not rest:
        return ()
    record = tidy(rest[:LONGEST_RECORD].decode("utf-8", "replace"))
    return (DeadItem(key="cut-off", error="the body ends in the middle of this item", record=record),)


class _Entry:
    """One entry as feedparser has it. Atom says which texts are markup; elsewhere all may be."""

    def __init__(self, entry: Any, base: str, *, is_atom: bool) -> None:
        self._entry = entry
        self._base = base
        self._is_atom = is_atom

    def item(self, limits: ParseLimits) -> FeedItem:
        entry = self._entry
        # feedparser's own look-up answers `updated` with `published` where there is none.
        updated, updated_parsed = dict.get(entry, "updated"), dict.get(entry, "updated_parsed")
        title = entry.get("title_detail") or {"value": entry.get("title")}
        return FeedItem(
            guid=guid_of(entry.get("id")),
            link=link_of(text_of(entry.get("link")), self._base) or link_of(text_of(entry.get("id")), ""),
            title=" ".join(self._words(title, LONGEST_TITLE).split()),
            text=max((self._words(each, limits.max_text_chars) for each in self._texts()), key=len),
            authors=names_of(self._authors()),
            categories=names_of(tag.get("term") or tag.get("label") for tag in entry.get("tags", ())),
            published_raw=raw_date_of(entry.get("published")),
            published=moment(text_of(entry.get("published")), entry.get("published_parsed")),
            updated_raw=raw_date_of(updated),
            updated=moment(text_of(updated), updated_parsed),
            language=language_of(entry.get("language") or title.get("language")),
            source_title=name_of((entry.get("source") or {}).get("title")),
        )

    def _texts(self) -> list[Any]:
        """Return content and summary; where there is one of them only, feedparser often gives it as both."""
        contents = list(self._entry.get("content", ()))
        summary = self._entry.get("summary_detail") or {"value": self._entry.get("summary")}
        known = any(each.get("value") == summary.get("value") for each in contents)
        return contents if known else [*contents, summary]

    def _words(self, detail: Any, max_chars: int) -> str:
        text = text_of(detail.get("value"))
        if self._is_atom and detail.get("type") == "text/plain":
            return tidy(text)[:max_chars]
        return plain(text, max_chars)

    def _authors(self) -> list[str]:
        """Return the names; in RSS an author is an address with a name in brackets, and the address is left out."""
        authors = [author for author in self._entry.get("authors", ()) if author]
        raw = text_of(self._entry.get("author"))
        if len(authors) == 1 and "@" in raw and not self._is_atom:
            return [_MAIL.sub(" ", raw).strip(" \t\n()<>,;")]
        return [text_of(author.get("name")) for author in authors]
