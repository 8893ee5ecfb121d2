"""The operator's list of feeds, `feeds.toml`: an array `[[feeds]]` of `schemas.feeds.FeedSource`."""

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from schemas.errors import ConfigError
from schemas.feeds import FeedSource
from schemas.strict_convert import convert, near

KEY: Final = "feeds"
_logger = logging.getLogger(__name__)
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_HEADER: Final = re.compile(r"\s*\[\[\s*feeds\s*\]\]")
_ASSIGNMENT: Final = re.compile(r"\s*(?P<key>[A-Za-z_]+)\s*=")
_COMMENT: Final = re.compile(r"#[^\"\n]*$")
_SHORTEST_INTERVAL_S: Final = 10.0
_SHORTEST_LOCAL_S: Final = 0.1
"""Between polls of a server on this machine, which is the operator's own."""


def load_feeds(path: Path | str) -> tuple[FeedSource, ...]:
    """Load the list, in its order; disabled feeds included.

    Warns in the log of addresses that hold a password. Raises ConfigError that lists every fault as
    `file: entry.key: what; remedy`.
    """
    entries = _entries(Path(path))
    feeds, faults = [], []
    for number, entry in enumerate(entries):
        name = _name(number, entry)
        feed, found = convert(entry, FeedSource, name)
        found += list(_faults(feed, name)) if feed else []
        faults += found
        if feed:
            feeds.append(feed)
    faults += _repeated(feeds)
    if faults:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    for feed in feeds:
        if "@" in urlsplit(feed.url).netloc:
            _logger.warning("%s: feeds[%s].url holds a password; keep the file private", path, feed.id)
    return tuple(feeds)


def mark_verified(text: str, feed_ids: Collection[str], day: date) -> str:
    """Return the text of a list in which those feeds are `verified` on `day`; all else stays as it is written.

    Raises ConfigError for a list that is not written with a line `[[feeds]]` above each feed.
    """
    lines = text.splitlines(keepends=True)
    bounds = [*(at for at, line in enumerate(lines) if _HEADER.match(line)), len(lines)]
    marked, done = lines[: bounds[0]], set()
    for start, end in pairwise(bounds):
        feed_id = _value(lines[start:end], "id")
        if feed_id in feed_ids:
            marked += _marked(lines[start:end], day)
            done.add(feed_id)
        else:
            marked += lines[start:end]
    if missing := sorted({*feed_ids} - done):
        raise ConfigError(f"can't find {', '.join(missing)}: write each feed below a line [[{KEY}]], with its id")
    return "".join(marked)


def _marked(block: list[str], day: date) -> list[str]:
    """Set the key where it stands, or else below the block's last key."""
    ends = [at for at, line in enumerate(block) if _ASSIGNMENT.match(line)]
    line = f'verified = "{day.isoformat()}"\n'
    for at in ends:
        if (found := _ASSIGNMENT.match(block[at])) and found["key"] == "verified":
            comment = _COMMENT.search(block[at])
            return [*block[:at], line.replace("\n", f"  {comment[0]}\n" if comment else "\n"), *block[at + 1 :]]
    last = ends[-1]
    above = [*block[:last], block[last] if block[last].endswith("\n") else block[last] + "\n"]
    return [*above, line, *block[last + 1 :]]


def _value(block: list[str], key: str) -> str | None:
    """Return a string value of a block, None where there is none in one line."""
    for line in block:
        found = _ASSIGNMENT.match(line)
        if found and found["key"] == key:
            try:
                return str(msgspec.toml.decode(line)[key])
            except (msgspec.DecodeError, KeyError):
                return None
    return None


def _entries(path: Path) -> list[Any]:
    try:
        data = msgspec.toml.decode(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"{path}: can't be read ({error.strerror}); correct KIRKUK_FEEDS_FILE or [feeds] file"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is no TOML: {error}") from error
    others = [f"{path}: {key}: unknown key; {near(key, [KEY])}" for key in data if key != KEY]
    if others:
        raise ConfigError("\n".join(others))
    entries = data.get(KEY, [])
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: {KEY}: is no list; write each feed below a line [[{KEY}]]")
    return entries


def _name(number: int, entry: Any) -> str:
    """Name an entry by its id, or else by its place, counted from 1."""
    known = entry.get("id") if isinstance(entry, Mapping) else None
    return f"{KEY}[{known if isinstance(known, str) and known else number + 1}]"


def _faults(feed: FeedSource, name: str) -> Iterator[str]:
    if not _ID.fullmatch(feed.id):
        yield f"{name}.id: {feed.id!r} is no id; use lower-case letters, digits and '-'"
    if fault := _url_fault(feed.url):
        yield f"{name}.url: {fault}"
    for key in ("outlet", "publisher"):
        if not getattr(feed, key).strip():
            yield f"{name}.{key}: is empty; name it"
    yield from _code_faults(feed, name)
    shortest_s = _SHORTEST_LOCAL_S if _is_local(feed.url) else _SHORTEST_INTERVAL_S
    if feed.poll_interval_s is not None and not feed.poll_interval_s >= shortest_s:
        yield f"{name}.poll_interval_s: must be {shortest_s:g} or more; servers block what asks more often"


def _is_local(url: str) -> bool:
    try:
        return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}
    except ValueError:
        return False


def _code_faults(feed: FeedSource, name: str) -> Iterator[str]:
    if feed.language == "ku":
        yield f"{name}.language: 'ku' is two languages; write ckb (Sorani) or kmr (Kurmanji)"
    elif not _LANGUAGE.fullmatch(feed.language):
        yield f"{name}.language: {feed.language!r} is no code; write en, ar, ckb, kmr, tr, fa or another ISO 639 code"
    if not _COUNTRY.fullmatch(feed.country):
        yield f"{name}.country: {feed.country!r} is no code; write two capitals as in IQ"
    if feed.verified is not None and not _is_day(feed.verified):
        yield f'{name}.verified: {feed.verified!r} is no day; write it as in "2017-10-16", or remove it'


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _url_fault(url: str) -> str | None:
    """Say what is wrong with an address, without repeating it: it may hold a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is no address; write https://host/path"
    if parts.scheme not in {"http", "https"}:
        return (
            f"begins with {parts.scheme + ':' if parts.scheme else 'no scheme'}; only http:// and https:// are fetched"
        )
    if not parts.hostname or any(letter.isspace() for letter in url):
        return "is no address; write https://host/path"
    return None


def _repeated(feeds: list[FeedSource]) -> Iterator[str]:
    ids: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for feed in feeds:
        if feed.id in ids:
            yield f"{KEY}[{feed.id}].id: is used twice; ids are what the log knows feeds by, choose another one"
        if (other := addresses.get(feed.url)) is not None:
            yield f"{KEY}[{feed.id}].url: is that of {other} too; remove one of them"
        ids[feed.id] = addresses[feed.url] = feed.id
