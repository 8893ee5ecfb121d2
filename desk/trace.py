"""`kirkuk trace ARTICLE`: the way of one article, told by the log alone.

It reads the log's streams from the start. The log does not say when an article was coded (what is coded again must be
the same), so those lines have no time.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import click
import msgspec

from connectors.ports import EventLog, Stored
from pipelines.generations import live_generation
from pipelines.streams import replay
from schemas.envelope import ALERTS, ARTICLES, DEAD_LETTERS, DEVELOPMENTS, MATCHES, derived, unpack
from schemas.errors import KirkukError, RecordError
from schemas.records import (
    AlertAcknowledged,
    AlertDelivered,
    AlertRaised,
    ArticleCoded,
    ArticlePublished,
    ArticleRetracted,
    ArticleRevised,
    DeadLetter,
    DeliveryFailed,
    DevelopmentChanged,
    DevelopmentOpened,
    stable_id,
)

_SHOWN_AT_MOST: Final = 5
_ID_SHOWN: Final = 12


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """One point on an article's way: what happened, when (None: the log doesn't say), where it stands in the log."""

    event: str
    at: datetime | None
    stream: str
    position: int
    details: dict[str, Any] = {}


def trace(log: EventLog, article: str) -> list[Station]:
    """Return the way of an article, by its id or the beginning of it. Raises KirkukError for none or several."""
    article_id, ways = _find(log, article)
    stations = [station for stored in ways for station in _arrival(stored)]
    revisions = {station.details["revision"] for station in stations if "revision" in station.details}
    live = live_generation(log)
    if live is not None:
        stations += _coded(log, derived(MATCHES, live), article_id)
        stations += _developments(log, derived(DEVELOPMENTS, live), article_id, revisions)
    return stations + list(_alerts(log, article_id)) + list(_letters(log, article_id))


def _all(log: EventLog, stream: str) -> Iterator[Stored]:
    for partition in log.partitions(stream):
        yield from replay(log, stream, partition=partition)


def _find(log: EventLog, article: str) -> tuple[str, list[Stored]]:
    found: dict[str, list[Stored]] = {}
    for stored in _all(log, ARTICLES):
        if stored.event.subject.startswith(article):
            found.setdefault(stored.event.subject, []).append(stored)
    if not found:
        raise KirkukError(f"{article}: the log has no such article; search for it with `kirkuk search`")
    if len(found) > 1 and article not in found:
        names = ", ".join(list(found)[:_SHOWN_AT_MOST])
        raise KirkukError(f"{article}: {len(found)} articles begin so ({names} …); give more of the id")
    article_id = article if article in found else next(iter(found))
    return article_id, found[article_id]


def _arrival(stored: Stored) -> Iterator[Station]:
    try:
        record = unpack(stored.event)
    except RecordError as error:
        details: dict[str, Any] = {"error": str(error)}
        yield Station(
            event="unreadable", at=stored.event.time, stream=ARTICLES, position=stored.position, details=details
        )
        return
    if isinstance(record, ArticleRetracted):
        details = {"revision": record.revision, "reason": record.reason}
        yield Station(event="retracted", at=record.at, stream=ARTICLES, position=stored.position, details=details)
    if not isinstance(record, ArticlePublished | ArticleRevised):
        return
    article = record.article
    shown = {"revision": article.revision, "outlet": article.outlet, "title": article.title}
    fate = "new" if isinstance(record, ArticlePublished) else "revised"
    for event, at, details in (
        ("published", article.published, {"date": article.published_flag}),
        ("fetched", article.fetched, {"feed_id": article.feed_id}),
        ("appended", article.ingested, {"fate": fate, **shown}),
    ):
        yield Station(event=event, at=at, stream=ARTICLES, position=stored.position, details=details)


def _coded(log: EventLog, stream: str, article_id: str) -> Iterator[Station]:
    for stored in _all(log, stream):
        if stored.event.subject != article_id:
            continue
        record = unpack(stored.event)
        if isinstance(record, ArticleCoded):
            types = sorted({event.type for event in record.events})
            details: dict[str, Any] = {"revision": record.article.revision, "relevant": record.relevant}
            details["events"] = len(record.events)
            details |= {"types": types} if types else {}
            yield Station(event="coded", at=None, stream=stream, position=stored.position, details=details)


def _developments(log: EventLog, stream: str, article_id: str, revisions: Iterable[int]) -> Iterator[Station]:
    """Yield what this article did to developments; others that are about the same carry its id as well."""
    wanted = article_id.encode()
    for stored in _all(log, stream):
        if wanted not in bytes(stored.event.data):
            continue
        record, name = unpack(stored.event), stored.event.name
        if not isinstance(record, DevelopmentOpened | DevelopmentChanged):
            continue
        own = record.development.development_id
        if all(stored.event.id != stable_id(own, article_id, str(number), name) for number in revisions):
            continue
        details: dict[str, Any] = {"development_id": own, "title": record.development.title}
        if isinstance(record, DevelopmentChanged):
            details["changes"] = list(record.changes)
        event = "development opened" if isinstance(record, DevelopmentOpened) else "development changed"
        yield Station(event=event, at=None, stream=stream, position=stored.position, details=details)


def _alerts(log: EventLog, article_id: str) -> Iterator[Station]:
    """Yield the alerts that rest on the article, and what became of them."""
    wanted, alerts = article_id.encode(), set[str]()
    for stored in _all(log, ALERTS):
        if stored.event.subject not in alerts and wanted not in bytes(stored.event.data):
            continue
        record = unpack(stored.event)
        if isinstance(record, AlertRaised):
            alerts.add(record.alert.alert_id)
            event, at = "alert raised" if record.alert.suppressed is None else "alert not sent", record.alert.raised
            alert = record.alert
            details = {"alert_id": alert.alert_id, "rule": alert.rule, "change": alert.change}
            details |= {"reason": alert.suppressed} if alert.suppressed is not None else {}
        elif isinstance(record, AlertDelivered):
            event, at = "alert delivered", record.at
            details = {"alert_id": record.alert_id, "channel": record.channel}
        elif isinstance(record, DeliveryFailed):
            event, at = "delivery failed", record.at
            details = {"alert_id": record.alert_id, "channel": record.channel, "error": record.error}
        elif isinstance(record, AlertAcknowledged):
            event, at, details = "alert acknowledged", record.at, {"alert_id": record.alert_id, "by": record.by}
        else:
            continue
        yield Station(event=event, at=at, stream=ALERTS, position=stored.position, details=details)


def _letters(log: EventLog, article_id: str) -> Iterator[Station]:
    for stored in _all(log, DEAD_LETTERS):
        if stored.event.subject != article_id:
            continue
        record = unpack(stored.event)
        if isinstance(record, DeadLetter):
            details = {"dead_letter_id": record.dead_letter_id, "step": record.step, "error": record.error}
            yield Station(event="dead", at=record.at, stream=DEAD_LETTERS, position=stored.position, details=details)


def print_trace(stations: Iterable[Station], *, as_json: bool) -> None:
    """Print one line a station; with `as_json` one JSON document a line."""
    for station in stations:
        if as_json:
            click.echo(msgspec.json.encode(station))
            continue
        at = f"{station.at:%Y-%m-%d %H:%M:%S}.{station.at.microsecond // 1000:03d}" if station.at else " " * 23
        details = "  ".join(f"{name}={_shown(name, value)}" for name, value in station.details.items())
        click.echo(f"{at}  {station.event:<19}  {details}")


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "-"
    if name.endswith("_id") and name != "feed_id":
        return str(value)[:_ID_SHOWN]
    return "".join(letter if letter.isprintable() else " " for letter in str(value))
