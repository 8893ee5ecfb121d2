"""`kirkuk doctor`: is everything in order, and if not, what to do."""

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import click
import msgspec

from desk.settings import Settings
from schemas.errors import KirkukError

State = Literal["ok", "warning", "failed"]
_PACKAGES: Final = ("kirkuk", "apache-beam", "feedparser", "aiohttp", "luqum", "msgspec", "apprise")
_LEAST_FREE_BYTES: Final = 2**30
_MARKS: Final = {"ok": "ok     ", "warning": "WARNING", "failed": "FAILED "}
_FIRST_SANE_YEAR: Final = 2024


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `remedy` is empty when nothing is to be done."""

    check: str
    state: State
    message: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, one finding after the other; no check stops the others."""
    checks: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
        ("versions", _versions),
        ("settings", _settings),
        ("clock", _clock),
        ("disk", _disk),
        ("schema", _schema),
        ("rules", _rules),
        ("feeds", _feeds),
        ("log", _log),
        ("index", _index),
    )
    for name, check in checks:
        try:
            yield check(settings)
        except KirkukError as error:
            yield Finding(check=name, state="failed", message=str(error), remedy="correct what the message names")


def print_findings(findings: Iterator[Finding], *, as_json: bool) -> int:
    """Print findings as they come; return 1 when one failed."""
    failed = False
    for finding in findings:
        failed = failed or finding.state == "failed"
        if as_json:
            click.echo(msgspec.json.encode(finding))
            continue
        colour = {"ok": "green", "warning": "yellow", "failed": "red"}[finding.state]
        click.echo(f"{click.style(_MARKS[finding.state], colour)} {finding.check}: {finding.message}")
        if finding.remedy:
            click.echo(f"        -> {finding.remedy}")
    return int(failed)


def _versions(_settings: Settings) -> Finding:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            return Finding(check="versions", state="failed", message=f"{package} is not installed", remedy="make setup")
    python = ".".join(map(str, sys.version_info[:3]))
    return Finding(check="versions", state="ok", message=f"Python {python}, " + ", ".join(found))


def _settings(settings: Settings) -> Finding:
    return Finding(check="settings", state="ok", message=f"{settings.file}; data in {settings.data_dir}")


def _clock(_settings: Settings) -> Finding:
    now = datetime.now(UTC)
    if now.year < _FIRST_SANE_YEAR:
        return Finding(
            check="clock",
            state="failed",
            message=f"this machine says it is {now:%Y-%m-%d}",
            remedy="set the clock: articles are ordered by when they came in",
        )
    return Finding(check="clock", state="ok", message=f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _disk(settings: Settings) -> Finding:
    folder = Path(settings.data_dir)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    message = f"{free / 2**30:.1f} GiB free at {folder}"
    if free < _LEAST_FREE_BYTES:
        return Finding(
            check="disk", state="warning", message=message, remedy="make room, or choose another folder with --data"
        )
    return Finding(check="disk", state="ok", message=message)


def _schema(settings: Settings) -> Finding:
    from pipelines.matching import load_coder

    ref = load_coder(settings.schema_dir).ref
    return Finding(check="schema", state="ok", message=f"{ref.name} {ref.version} ({ref.digest[:12]})")


def _rules(settings: Settings) -> Finding:
    from schemas.rules import load_rules

    rules = load_rules(settings.rules_file)
    return Finding(check="rules", state="ok", message=f"{len(rules.rules)} rules in {settings.rules_file}")


def _feeds(settings: Settings) -> Finding:
    from schemas.feed_list import load_feeds

    feeds = load_feeds(settings.feeds_file)
    unverified = sum(feed.verified is None for feed in feeds)
    message = f"{len(feeds)} feeds in {settings.feeds_file}, {unverified} never seen to answer"
    if unverified:
        return Finding(check="feeds", state="warning", message=message, remedy="kirkuk feeds check --write")
    return Finding(check="feeds", state="ok", message=message)


def _log(settings: Settings) -> Finding:
    from connectors.registry import open_log
    from pipelines.generations import live_generation, match_consumer
    from schemas.envelope import ARTICLES

    if not _exists(settings.log_url):
        return Finding(check="log", state="ok", message="none yet; the first job makes it")
    log = open_log(settings.log_url)
    try:
        live = live_generation(log)
        parts = log.partitions(ARTICLES)
        ends = {part: log.end(ARTICLES, partition=part) for part in parts}
        consumer = match_consumer(live) if live else ""
        behind = sum(end - log.position(consumer, ARTICLES, partition=part) for part, end in ends.items())
    finally:
        log.close()
    message = f"{sum(ends.values()):,} positions of articles, {behind:,} not coded yet, generation {live or 'none'}"
    return Finding(check="log", state="ok", message=message)


def _index(settings: Settings) -> Finding:
    from connectors.registry import open_index

    if not _exists(settings.index_url):
        return Finding(check="index", state="ok", message="none yet; the first job makes it")
    index = open_index(settings.index_url)
    try:
        if index.live() is None:
            return Finding(
                check="index",
                state="warning",
                message="no live generation",
                remedy="start `kirkuk watch` or `kirkuk match --once`: the index follows the log",
            )
        if not index.count("articles") and _coded(settings):
            return Finding(
                check="index",
                state="failed",
                message=f"{index.live()} holds no articles, though the log has coded ones",
                remedy="kirkuk reprocess fills it from the log, and sends nothing",
            )
        counts = ", ".join(f"{index.count(kind):,} {kind}" for kind in ("articles", "events", "developments", "alerts"))
        return Finding(check="index", state="ok", message=f"{counts}; live {index.live()}")
    finally:
        index.close()


def _coded(settings: Settings) -> bool:
    """Tell whether the live generation has coded anything."""
    from connectors.registry import open_log
    from pipelines.generations import live_generation
    from schemas.envelope import MATCHES, derived

    if not _exists(settings.log_url):
        return False
    log = open_log(settings.log_url)
    try:
        live = live_generation(log)
        stream = derived(MATCHES, live or "")
        return live is not None and any(log.end(stream, partition=part) for part in log.partitions(stream))
    finally:
        log.close()


def _exists(url: str) -> bool:
    from connectors.registry import sqlite_path

    return not url.startswith("sqlite:") or Path(sqlite_path(url)).is_file()
