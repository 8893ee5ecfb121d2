"""`kirkuk feeds list` and `check`, and `kirkuk parse-feed`: what is polled, what answers, and what is in a feed."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click
import msgspec

from connectors.ports import Clock, EventLog, FeedParser, Fetcher, SystemClock
from schemas.errors import ConfigError, KirkukError
from schemas.feed_list import load_feeds, mark_verified
from schemas.feeds import FeedSource, FetchFailed, FetchRequest, ParsedFeed, ParseFailed
from schemas.strict_convert import near

if TYPE_CHECKING:
    from desk.settings import Settings
    from pipelines.ingestion.feed_state import FeedState

_STALE: Final = timedelta(days=7)
_CONCURRENCY: Final = 8


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking one feed once. `ok`: it answered with items; `problems` may be there all the same."""

    id: str
    ok: bool
    format: str = ""
    items: int = 0
    newest: datetime | None = None
    problems: tuple[str, ...] = ()


def list_feeds(settings: "Settings", *, as_json: bool = False, out: TextIO | None = None) -> None:
    """Print every feed with how it fares, as far as there is a log. Raises ConfigError, LogError."""
    out = out or sys.stdout
    feeds = _listed(settings)
    states = feed_states(settings, feeds)
    rows = [_row(feed, states.get(feed.id)) for feed in feeds]
    if as_json:
        out.write(msgspec.json.encode(rows).decode() + "\n")
        return
    for row in rows:
        out.write(f"{row['id']:26} {row['language']:4} {row['country']:3} {row['outlet']:20} {row['state']}\n")
    out.write(f"{len(rows)} feeds in {settings.feeds_file}\n")


def _listed(settings: "Settings") -> tuple[FeedSource, ...]:
    if surprise := settings.surprise("feeds"):
        click.echo(surprise, err=True)
    return load_feeds(settings.feeds_file)


def feed_states(settings: "Settings", feeds: Sequence[FeedSource]) -> "dict[str, FeedState]":
    """Return what the settings' log knows of feeds, nothing where there is no log. Raises LogError, RecordError."""
    from connectors.registry import open_log, sqlite_path

    url = settings.log_url
    if url.startswith("sqlite:") and not Path(sqlite_path(url)).is_file():
        return {}
    with closing(open_log(url)) as log:
        return known_states(log, feeds)


def known_states(log: EventLog, feeds: Sequence[FeedSource]) -> "dict[str, FeedState]":
    """Return what a log knows of feeds at their present addresses. Raises LogError, RecordError."""
    from pipelines.ingest_step import read_feed_states
    from pipelines.ingestion.feed_state import address_digest, at_address

    found = read_feed_states(log, [feed.id for feed in feeds]).states
    return {feed.id: at_address(found[feed.id], address_digest(feed.url)) for feed in feeds if feed.id in found}


def _row(feed: FeedSource, state: "FeedState | None") -> dict[str, Any]:
    row = msgspec.to_builtins(feed)
    row["state"] = _describe(feed, state)
    if state is not None:
        row["polled_at"], row["answered_at"] = _iso(state.polled_at), _iso(state.answered_at)
        row["next_poll_at"], row["failures"] = _iso(state.next_poll_at), state.failures
        row["failure"] = state.failure or None
        row["moved_to"] = state.moved_to
    return dict(row)


def _describe(feed: FeedSource, state: "FeedState | None") -> str:
    if not feed.enabled:
        return "disabled"
    if state is None or state.polled_at is None:
        return "not polled yet"
    if state.gone:
        return "gone for good (410): remove it or correct its address"
    if state.failures:
        since = f"since {_iso(state.answered_at)}" if state.answered_at else "never answered"
        return f"failing ({state.failure}), {state.failures} times in a row, {since}"
    return f"answered {_iso(state.answered_at)}"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def check_feeds(
    settings: "Settings",
    *,
    only: Collection[str] = (),
    write: bool = False,
    as_json: bool = False,
    out: TextIO | None = None,
    clock: Clock | None = None,
) -> int:
    """Fetch and parse each feed once and print what came, in the order of the answers; return 1 if any failed.

    `only` are ids (disabled feeds among them too); empty: all enabled feeds. `write` marks in the list those that
    answered with items. With `as_json` one line a feed. Raises ConfigError.
    """
    out, clock = out or sys.stdout, clock or SystemClock()
    feeds = _chosen(_listed(settings), only)
    checks = asyncio.run(_check_all(settings, feeds, clock, out, as_json=as_json))
    seen = [check.id for check in checks if check.ok]
    if write and seen:
        write_verified(Path(settings.feeds_file), seen, clock.now())
    if not as_json:
        marked = f", marked in {settings.feeds_file}" if write and seen else ""
        out.write(f"{len(seen)} of {len(feeds)} feeds answered with items{marked}\n")
    return 0 if len(seen) == len(feeds) else 1


def _chosen(feeds: Sequence[FeedSource], only: Collection[str]) -> list[FeedSource]:
    known = {feed.id: feed for feed in feeds}
    for feed_id in only:
        if feed_id not in known:
            raise ConfigError(f"--only {feed_id}: no feed has this id; {near(feed_id, known)}")
    return [known[feed_id] for feed_id in dict.fromkeys(only)] or [feed for feed in feeds if feed.enabled]


async def _check_all(
    settings: "Settings", feeds: Sequence[FeedSource], clock: Clock, out: TextIO, *, as_json: bool
) -> list[Check]:
    from connectors.feed_parser import PooledFeedParser
    from connectors.fetch import HttpFetcher

    fetcher, parser = HttpFetcher(settings.fetch, clock), PooledFeedParser(settings.parse)
    checks = []
    try:
        async for check in _checks(feeds, fetcher, parser, clock):
            checks.append(check)
            out.write(msgspec.json.encode(check).decode() + "\n" if as_json else _line(check))
            out.flush()
            _show_progress(len(checks), len(feeds))
    finally:
        await fetcher.close()
        parser.close()
    return checks


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[Kchecked {done} of {total}" + ("\n" if done == total else ""))
        sys.stderr.flush()


async def _checks(
    feeds: Sequence[FeedSource], fetcher: Fetcher, parser: FeedParser, clock: Clock
) -> AsyncIterator[Check]:
    gate = asyncio.Semaphore(_CONCURRENCY)

    async def check(feed: FeedSource) -> Check:
        async with gate:
            return await check_feed(feed, fetcher, parser, clock)

    for finished in asyncio.as_completed([check(feed) for feed in feeds]):
        yield await finished


async def check_feed(feed: FeedSource, fetcher: Fetcher, parser: FeedParser, clock: Clock) -> Check:
    """Ask one feed once."""
    fetched = await fetcher.fetch(FetchRequest(feed.url))
    if isinstance(fetched, FetchFailed):
        return Check(id=feed.id, ok=False, problems=(f"{fetched.kind}: {fetched.message}",))
    parsed = await parser.parse(fetched.body, fetched.headers, fetched.url)
    if isinstance(parsed, ParseFailed):
        return Check(id=feed.id, ok=False, problems=(f"{parsed.kind}: {parsed.message}",))
    moved = (f"moved for good to {fetched.moved_to}",) if fetched.moved_to else ()
    return judge(feed, parsed, clock.now(), moved)


def judge(feed: FeedSource, parsed: ParsedFeed, now: datetime, problems: Sequence[str] = ()) -> Check:
    """Say what is good and bad about a feed that could be parsed."""
    newest = max((item.published for item in parsed.items if item.published), default=None)
    found = [*problems, *parsed.warnings]
    if not parsed.items:
        found.append("no items")
    elif newest is None:
        found.append("no item has a date that can be read")
    elif now - newest > _STALE:
        found.append(f"no news since {newest.date().isoformat()}")
    if parsed.dead:
        found.append(f"{len(parsed.dead)} items can't be used: {parsed.dead[0].error}")
    return Check(
        id=feed.id,
        ok=bool(parsed.items),
        format=parsed.format,
        items=len(parsed.items),
        newest=newest,
        problems=tuple(found),
    )


def _line(check: Check) -> str:
    newest = _iso(check.newest) or "-"
    state = f"{'ok' if check.ok else 'FAILED':6} {check.id:26} {check.format:6} {check.items:4} items  newest {newest}"
    return state + "".join(f"\n       {_plain(problem)}" for problem in check.problems) + "\n"


def write_verified(path: Path, feed_ids: Collection[str], now: datetime) -> None:
    """Mark feeds in the list as seen today, atomically and with every comment kept. Raises ConfigError."""
    before = load_feeds(path)
    text = mark_verified(path.read_bytes().decode(), feed_ids, now.date())
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_bytes(text.encode())
        shutil.copymode(path, fresh)
        day = now.date().isoformat()
        if load_feeds(fresh) != tuple(
            msgspec.structs.replace(feed, verified=day) if feed.id in feed_ids else feed for feed in before
        ):
            raise ConfigError(f'{path}: can\'t be marked as it is written; set verified = "{day}" by hand')
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def parse_feed_file(
    file: str, *, url: str = "", headers: Sequence[str] = (), as_json: bool = False, out: TextIO | None = None
) -> int:
    """Parse a feed's body from a file ("-": standard input) and print it; return 1 when it is no feed.

    With `as_json` one document: the ParsedFeed, or `{"kind", "message"}` of the failure. Raises KirkukError for a file
    that can't be read; click.BadParameter for a header that is none.
    """
    out = out or sys.stdout
    parsed = asyncio.run(_parse(_read(file), dict(map(_header, headers)), url or "file:///" + Path(file).name))
    if as_json:
        out.write(msgspec.json.encode(parsed).decode() + "\n")
    elif isinstance(parsed, ParseFailed):
        sys.stderr.write(f"{file}: {parsed.kind}: {_plain(parsed.message)}\n")
    else:
        _print_parsed(parsed, out)
    return 1 if isinstance(parsed, ParseFailed) else 0


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise KirkukError(f"{file}: can't be read: {error.strerror}") from error


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.BadParameter(f"{text!r} is no header; write 'Content-Type: text/xml'", param_hint="--header")
    return name.strip().lower(), value.strip()


async def _parse(body: bytes, headers: dict[str, str], url: str) -> ParsedFeed | ParseFailed:
    from connectors.feed_parser import ParseLimits, PooledFeedParser

    parser = PooledFeedParser(ParseLimits())
    try:
        return await parser.parse(body, headers, url)
    finally:
        parser.close()


def _print_parsed(parsed: ParsedFeed, out: TextIO) -> None:
    lines = [f"{parsed.format}  {parsed.title}  {len(parsed.items)} items, {len(parsed.dead)} dead"]
    lines += [f"  warning: {warning}" for warning in parsed.warnings]
    for item in parsed.items:
        lines += [f"- {_iso(item.published) or item.published_raw or '-'}  {item.title}", f"  {item.link or ''}"]
    lines += [f"- dead: {dead.key}: {dead.error}" for dead in parsed.dead]
    out.writelines(_plain(line) + "\n" for line in lines)


def _plain(text: str) -> str:
    """Take out what a terminal would obey: the text is a stranger's."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
