"""Records as index documents: the only place that knows index fields.

Dates are written at millisecond resolution and fixed width (`2017-10-16T05:00:00.000Z`), so that they sort as text.
A field that has no value is left out; lists keep their order and have no repeats.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final, Literal, NamedTuple, cast

import msgspec

from schemas.records import Alert, Article, ArticleCoded, ArticleRef, CodedEvent, Development, Party

FieldType = Literal["text", "keyword", "keywords", "date", "integer", "float", "boolean", "geo", "stored"]
"""text: words, searched by analysis; keyword, keywords: one whole value or a list of them; geo: a list of
{"lat", "lon"}; stored: any JSON, given back but not searched."""

MAGNITUDES: Final = {
    "killed": "killed",
    "wounded": "wounded",
    "displaced": "displaced",
    "arrested": "arrested",
    "turnout": "turnout",
    "yes-share": "yes_share",
    "bpd": "bpd",
    "distance": "distance",
    "troops": "troops",
}
"""Kind of magnitude -> the field that holds the largest number of that kind."""


def _typed(**names: str) -> dict[str, FieldType]:
    """Lay out fields by type: `_typed(text="title quote")` is two text fields."""
    return {name: cast("FieldType", kind) for kind, listed in names.items() for name in listed.split()}


_MAGNITUDE_FIELDS: Final = _typed(float=" ".join(MAGNITUDES.values()))

_FOUND_IN: Final = _typed(
    keyword="article_id revision_id outlet publisher feed language url schema_version schema_digest",
    text="title",
    date="published fetched ingested",
    integer="revision",
    boolean="relevant",
)
"""Fields that articles and the events found in them share."""

_OF_DEVELOPMENT: Final = _typed(
    keyword="type mode side place claim",
    keywords="actors recipients places outlets",
    geo="location",
    date="day",
    integer="sources",
)
"""Fields that developments and the alerts about them share."""

FIELDS: Final[Mapping[str, Mapping[str, FieldType]]] = {
    "articles": {
        **_FOUND_IN,
        **_typed(
            text="text",
            keyword="country published_flag",
            keywords="authors categories types actors places event_ids",
        ),
    },
    "events": {
        **_FOUND_IN,
        **_MAGNITUDE_FIELDS,
        **_typed(
            text="quote trigger",
            keyword="event_id type mode precision realis claim",
            keywords="actors actor_names recipients recipient_names places place_names "
            "sources source_names source_kinds rules",
            geo="location",
            date="event_start event_end",
            boolean="negated",
            float="score",
            stored="spans",
        ),
    },
    "developments": {
        **_OF_DEVELOPMENT,
        **_MAGNITUDE_FIELDS,
        **_typed(
            text="title",
            keyword="development_id topic",
            keywords="asserted_by denied_by event_ids article_ids",
            date="first_seen last_seen",
            integer="copies",
        ),
    },
    "alerts": {
        **_OF_DEVELOPMENT,
        **_typed(
            text="title summary quotes note",
            keyword="alert_id rule development_id change severity suppressed status acknowledged_by",
            keywords="channels delivered failed",
            date="raised acknowledged",
        ),
    },
}
"""Kind of document -> field -> type. Nothing else may be in a document; every field may be missing."""

DEFAULT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "articles": ("title", "text"),
    "events": ("title", "quote"),
    "developments": ("title",),
    "alerts": ("title", "summary"),
}
"""Where words without a field are looked for."""

NEWEST: Final[Mapping[str, tuple[str, ...]]] = {
    "articles": ("published", "ingested"),
    "events": ("published", "ingested"),
    "developments": ("last_seen",),
    "alerts": ("raised",),
}
"""The date that orders a kind newest first: the first of these fields that a document has."""


class Document(NamedTuple):
    """One index document. `kind` is articles, events, developments or alerts; fields are those of FIELDS.

    `version`: a document is replaced only by one of the same or a higher version, so writes may be repeated and
    reordered.
    """

    kind: str
    id: str
    version: int
    fields: Mapping[str, Any]


class Position(NamedTuple):
    """A place on the map, in degrees."""

    latitude: float
    longitude: float


class AlertState(NamedTuple):
    """What became of an alert, folded from the ledger.

    `failed` are the channels that were given up; `changes` counts the ledger's records about the alert after
    AlertRaised, so it only grows.
    """

    delivered: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    acknowledged: datetime | None = None
    acknowledged_by: str | None = None
    note: str = ""
    changes: int = 0


def date_text(moment: datetime) -> str:
    """Write a date as documents hold it. `moment` is aware; microseconds are cut."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def day_text(day: str) -> str | None:
    """Write an ISO day as a date at its first moment; None for what is no day."""
    try:
        return date_text(datetime.combine(date.fromisoformat(day), time(), UTC))
    except ValueError:
        return None


def _unique(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what has no value; turn times into text."""
    dates = {name: date_text(value) for name, value in fields.items() if isinstance(value, datetime)}
    return {name: value for name, value in {**fields, **dates}.items() if value is not None and value not in ("", [])}


def _ids(parties: Iterable[Party]) -> list[str]:
    return _unique(party.id for party in parties)


def _names(parties: Iterable[Party]) -> list[str]:
    return _unique(party.text for party in parties)


def _locations(places: Iterable[str], positions: Mapping[str, Position]) -> list[dict[str, float]]:
    found = (positions[place] for place in dict.fromkeys(places) if place in positions)
    return [{"lat": position.latitude, "lon": position.longitude} for position in found]


def _found_in(article: ArticleRef, coded: ArticleCoded) -> dict[str, Any]:
    return {
        "article_id": article.article_id,
        "revision": article.revision,
        "revision_id": article.revision_id,
        "title": article.title,
        "outlet": article.outlet,
        "publisher": article.publisher,
        "feed": article.feed_id,
        "language": article.language,
        "url": article.url,
        "published": article.published,
        "fetched": article.fetched,
        "ingested": article.ingested,
        "schema_version": coded.schema.version,
        "schema_digest": coded.schema.digest,
        "relevant": coded.relevant,
    }


def article_document(article: Article, coded: ArticleCoded) -> Document:
    """Return one article with what was found in it; its version is the revision."""
    events = coded.events
    fields = {
        **_found_in(coded.article, coded),
        "text": article.text,
        "country": article.country,
        "authors": _unique(article.authors),
        "categories": _unique(article.categories),
        "published_flag": article.published_flag,
        "types": _unique(event.type for event in events),
        "actors": _ids(party for event in events for party in (*event.actors, *event.recipients)),
        "places": _ids(place for event in events for place in event.places),
        "event_ids": list(coded.event_ids),
    }
    return Document("articles", article.article_id, article.revision, _present(fields))


def event_documents(coded: ArticleCoded, positions: Mapping[str, Position] | None = None) -> tuple[Document, ...]:
    """Return one document for each event of a revision, by event id; its version is the revision.

    `positions` maps place ids to where they are.
    """
    shared = _found_in(coded.article, coded)
    return tuple(
        Document(
            "events",
            event_id,
            coded.article.revision,
            _present({**shared, "event_id": event_id, **_event(event, quote, positions)}),
        )
        for event, event_id, quote in zip(coded.events, coded.event_ids, coded.quotes, strict=True)
    )


def _event(event: CodedEvent, quote: str, positions: Mapping[str, Position] | None) -> dict[str, Any]:
    sources = event.claim.sources
    places = _ids(event.places)
    return {
        "quote": quote,
        "trigger": event.trigger.text,
        "type": event.type,
        "mode": event.mode,
        "actors": _ids(event.actors),
        "actor_names": _names(event.actors),
        "recipients": _ids(event.recipients),
        "recipient_names": _names(event.recipients),
        "places": places,
        "place_names": _names(event.places),
        "location": _locations(places, positions or {}),
        "realis": event.realis,
        "negated": event.negated,
        "claim": event.claim.status,
        "sources": _unique(source.id for source in sources),
        "source_names": _unique(source.text for source in sources),
        "source_kinds": _unique(source.kind for source in sources),
        "score": event.score,
        "rules": _unique(event.rules),
        "spans": _spans(event),
        **_event_days(event),
        **_largest(event),
    }


def _event_days(event: CodedEvent) -> dict[str, Any]:
    if event.time is None:
        return {}
    start, end = event.time.start, event.time.end
    return {
        "event_start": day_text(start) if start else None,
        "event_end": day_text(end) if end else None,
        "precision": event.time.precision,
    }


def _largest(event: CodedEvent) -> dict[str, float]:
    largest: dict[str, float] = {}
    for magnitude in event.magnitude or ():
        name = MAGNITUDES.get(magnitude.kind)
        if name is not None:
            largest[name] = max(magnitude.value, largest.get(name, magnitude.value))
    return largest


def _spans(event: CodedEvent) -> dict[str, Any]:
    """Say where everything stands in the article's `field`: half-open, in code points."""
    parts: dict[str, Any] = msgspec.to_builtins(
        {
            "sentence": event.sentence,
            "trigger": event.trigger.span,
            "actors": event.actors,
            "recipients": event.recipients,
            "places": event.places,
            "sources": event.claim.sources,
            "magnitude": event.magnitude or (),
        }
    )
    return {"field": event.field, **{name: part for name, part in parts.items() if part}}


def development_document(development: Development, positions: Mapping[str, Position] | None = None) -> Document:
    """Return one development as it stands; its version is the development's."""
    fields = {
        **_development(development, positions),
        "development_id": development.development_id,
        "title": development.title,
        "topic": development.topic,
        "asserted_by": _unique(development.asserted_by),
        "denied_by": _unique(development.denied_by),
        "copies": development.copies,
        "first_seen": development.first_seen,
        "last_seen": development.last_seen,
        "event_ids": list(development.event_ids),
        "article_ids": list(development.article_ids),
        **{MAGNITUDES[kind]: value for kind, value in development.magnitudes.items() if kind in MAGNITUDES},
    }
    return Document("developments", development.development_id, development.version, _present(fields))


def _development(development: Development, positions: Mapping[str, Position] | None) -> dict[str, Any]:
    """Return what is shown of a development wherever it appears."""
    places = _unique((development.place, *development.places))
    return {
        "type": development.type,
        "mode": development.mode,
        "side": development.side,
        "place": development.place,
        "day": day_text(development.day),
        "claim": development.claim,
        "actors": _unique(development.actors),
        "recipients": _unique(development.recipients),
        "places": places,
        "location": _locations(places, positions or {}),
        "outlets": _unique(development.outlets),
        "sources": development.sources,
    }


_UNTOLD: Final = AlertState()


def alert_document(
    alert: Alert, state: AlertState = _UNTOLD, positions: Mapping[str, Position] | None = None
) -> Document:
    """Return one alert with what became of it; its version grows with `state.changes`."""
    fields = {
        **_development(alert.development, positions),
        "alert_id": alert.alert_id,
        "rule": alert.rule,
        "development_id": alert.development_id,
        "change": alert.change,
        "severity": alert.severity,
        "title": alert.title,
        "summary": alert.summary,
        "quotes": "\n".join(_unique(evidence.quote for evidence in alert.evidence)),
        "raised": alert.raised,
        "suppressed": alert.suppressed,
        "status": alert_status(alert, state),
        "channels": _unique(alert.channels),
        "delivered": _unique(state.delivered),
        "failed": _unique(state.failed),
        "acknowledged": state.acknowledged,
        "acknowledged_by": state.acknowledged_by,
        "note": state.note,
    }
    return Document("alerts", alert.alert_id, 1 + state.changes, _present(fields))


def alert_status(alert: Alert, state: AlertState) -> str:
    """Name an alert's state: acknowledged, suppressed, failed (on any channel), delivered (on all) or pending."""
    if state.acknowledged is not None:
        return "acknowledged"
    if alert.suppressed is not None:
        return "suppressed"
    if state.failed:
        return "failed"
    return "delivered" if set(alert.channels) <= set(state.delivered) else "pending"
