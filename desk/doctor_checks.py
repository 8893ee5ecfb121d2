"""What the doctor looks at on this machine: programs, settings, clock, disk, schema, rules, channels, feeds, screen."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from connectors.findings import Finding, failure, good, warning
from desk.settings import Settings

Check = Callable[[Settings], Iterable[Finding]]
_PACKAGES: Final = (
    "kirkuk", "apache-beam", "feedparser", "aiohttp", "luqum", "msgspec", "apprise", "prometheus-client", "structlog",
)  # fmt: skip
_DRIVERS: Final = {"kafka": "kafka-python", "http": "elasticsearch", "https": "elasticsearch"}
"""Scheme of a log's or an index's URL -> the package that is needed for it alone."""
_OLDEST_PYTHON: Final = (3, 11)
_LEAST_FREE_BYTES: Final = 2**30
_NO_ROOM_BYTES: Final = 2**26
_FIRST_SANE_YEAR: Final = 2024


def _versions(settings: Settings) -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        yield failure("versions", f"Python {python} is too old", "install Python 3.11 or newer, then make setup")
    schemes = (urlsplit(url).scheme for url in (settings.log_url, settings.index_url))
    drivers = [_DRIVERS[scheme] for scheme in schemes if scheme in _DRIVERS]
    found = []
    for package in (*_PACKAGES, *drivers):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            remedy = "pip install 'kirkuk[full]'" if package in drivers else "make setup"
            yield failure("versions", f"{package} is not installed", remedy)
    yield good("versions", f"Python {python}, " + ", ".join(found))


def _settings(settings: Settings) -> Iterator[Finding]:
    yield good("settings", f"{settings.file}; data in {settings.data_dir}")
    for kind in settings.shipped:
        message, _, remedy = settings.surprise(kind).partition("; ")
        yield warning("settings", message, remedy)


def _clock(_settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now.year < _FIRST_SANE_YEAR:
        message, remedy = f"this machine says it is {now:%Y-%m-%d}", "set the clock: articles are ordered by it"
        yield failure("clock", message, remedy)
    else:
        yield good("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = Path(settings.data_dir)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    message, remedy = f"{free / 2**30:.1f} GiB free at {folder}", "make room, or choose another folder with --data"
    if free < _NO_ROOM_BYTES:
        yield failure("disk", message, remedy)
    elif free < _LEAST_FREE_BYTES:
        yield warning("disk", message, remedy)
    else:
        yield good("disk", message)
    yield _writable(folder)


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return good("data folder", f"{folder} can be written")
    except OSError as error:
        message = f"{folder} can't be written: {error.strerror}"
        return failure("data folder", message, "correct its permissions, or choose another folder with --data")


def _schema(settings: Settings) -> Iterator[Finding]:
    from pipelines.matching import load_coder

    ref = load_coder(settings.schema_dir).ref
    yield good("schema", f"{ref.name} {ref.version} ({ref.digest[:12]})")


def _rules(settings: Settings) -> Iterator[Finding]:
    from schemas.errors import SchemaError
    from schemas.rules import load_rules, unknown_names
    from schemas.vocabulary import load_vocabulary

    rules = load_rules(settings.rules_file)
    yield good("rules", f"{len(rules.rules)} rules in {settings.rules_file}")
    try:
        vocabulary = load_vocabulary(settings.schema_dir)
    except SchemaError:
        return  # `_schema` tells it
    for fault in unknown_names(rules, vocabulary):
        yield warning("rules", fault, "a rule never fires for what the schema does not have: correct the name")


def _channels(settings: Settings) -> Iterator[Finding]:
    from connectors.terminal_notifier import TerminalNotifier
    from desk.alert_commands import open_notifiers
    from schemas.rules import load_rules

    rules = load_rules(settings.rules_file)
    names = [notifier.name for notifier in open_notifiers(rules, TerminalNotifier(sys.stderr))]
    yield good("channels", ", ".join(names))
    for ready in rules.rules:
        if ready.rule.enabled and (shut := [name for name in ready.rule.channels if name not in names]):
            message = f"rule {ready.rule.name!r} sends to {', '.join(shut)}, which is not enabled"
            yield warning("channels", message, f"enable the channel in {settings.rules_file}: its alerts wait for it")


def _feeds(settings: Settings) -> Iterator[Finding]:
    """Look at the list; how the feeds fare is asked of the log, as soon as there is one."""
    from desk.probe import is_there
    from schemas.feed_list import load_feeds

    feeds = load_feeds(settings.feeds_file)
    unverified = sum(feed.verified is None for feed in feeds)
    message = f"{len(feeds)} feeds in {settings.feeds_file}, {unverified} not marked as seen to answer"
    if not any(feed.enabled for feed in feeds):
        yield failure("feeds", f"none is enabled in {settings.feeds_file}", "add feeds, or take out enabled = false")
    elif unverified and not is_there(settings.log_url):
        yield warning("feeds", message, "kirkuk feeds check --write")
    else:
        yield good("feeds", message)


def _terminal(_settings: Settings) -> Iterator[Finding]:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "").replace("_", "")
    screen = os.environ.get("TERM", "unknown") if sys.stdout.isatty() else "no terminal: results go to a file or pipe"
    if encoding != "utf8":
        message = f"it takes {sys.stdout.encoding or 'nothing'}, so Arabic and Kurdish letters can't be shown"
        yield warning("screen", message, "export PYTHONUTF8=1, or set LANG to a UTF-8 locale")
    else:
        yield good("screen", f"{screen}, UTF-8")


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("versions", _versions),
    ("settings", _settings),
    ("clock", _clock),
    ("disk", _disk),
    ("schema", _schema),
    ("rules", _rules),
    ("channels", _channels),
    ("feeds", _feeds),
    ("screen", _terminal),
)
