"""The one form in which every event is stored: CloudEvents 1.0 in JSON, with upcasters by (type, version).

An `Event` carries its payload still encoded (`data`, JSON bytes), so that a reader that only counts or forwards pays
nothing
for it; `unpack` decodes the payload into its record, first lifting old versions with the registered upcasters.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from schemas import records
from schemas.errors import RecordError
from schemas.records import Record

ARTICLES: Final = "articles"
FEEDS: Final = "feeds"
MATCHES: Final = "matches"
DEVELOPMENTS: Final = "developments"
ALERTS: Final = "alerts"
GENERATIONS: Final = "generations"
DEAD_LETTERS: Final = "dead_letters"

FACTS: Final = frozenset({ARTICLES, FEEDS, ALERTS, GENERATIONS, DEAD_LETTERS})
"""Streams that can't be rebuilt from others. Derived streams are suffixed with their generation: see `derived`."""

PREFIX: Final = "kirkuk."
_ID_SEPARATOR: Final = ":"

_RECORD_TYPES: Final[dict[str, type[Record]]] = {
    kind.__name__: kind
    for kind in (
        records.ArticlePublished,
        records.ArticleRevised,
        records.ArticleRetracted,
        records.FeedPolled,
        records.FeedFailed,
        records.FeedMoved,
        records.ArticleCoded,
        records.DevelopmentOpened,
        records.DevelopmentChanged,
        records.AlertRaised,
        records.DeliveryStarted,
        records.AlertDelivered,
        records.DeliveryFailed,
        records.AlertAcknowledged,
        records.RuleMuted,
        records.GenerationPromoted,
        records.DeadLetter,
        records.DeadLetterRetried,
    )
}

CURRENT_VERSION: Final[dict[str, int]] = dict.fromkeys(_RECORD_TYPES, 1)
"""The payload version written today, by record name."""

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""(record name, version) -> a function from that version's payload to the next version's."""


class Event(msgspec.Struct, frozen=True, kw_only=True, rename={"data_version": "dataversion"}):
    """A CloudEvents 1.0 envelope. `id` is unique in its stream and made from content; `subject` is the key (ordering
    unit).
    """

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    data_version: int = 1
    data: msgspec.Raw

    @property
    def name(self) -> str:
        """The record's class name: `type` without the common prefix."""
        return self.type.removeprefix(PREFIX)


_encoder = msgspec.json.Encoder()
_event_decoder = msgspec.json.Decoder(Event)
_payload_decoders: Final = {name: msgspec.json.Decoder(kind) for name, kind in _RECORD_TYPES.items()}


def derived(stream: str, generation: str) -> str:
    """Name the derived stream of one generation: `matches` of generation `g1` is `matches.g1` (a legal Kafka topic)."""
    return f"{stream}.{generation}"


def pack(record: Record, *, event_id: str, subject: str, time: datetime, source: str = "kirkuk") -> Event:
    """Wrap `record`. Raises ValueError for a naive `time` or a record that has no stream of its own."""
    name = type(record).__name__
    if name not in CURRENT_VERSION:
        raise ValueError(f"{name} is not a record that is stored as an event")
    if time.tzinfo is None:
        raise ValueError("event time must be aware")
    return Event(
        id=event_id,
        source=source,
        type=PREFIX + name,
        subject=subject,
        time=time.astimezone(UTC),
        data_version=CURRENT_VERSION[name],
        data=msgspec.Raw(_encoder.encode(record)),
    )


def unpack(event: Event) -> Record:
    """Decode the payload as its current record. Raises RecordError for unknown types, future versions and broken
    payloads.
    """
    name = event.name
    current = CURRENT_VERSION.get(name)
    if current is None:
        raise RecordError(f"event {event.id}: unknown type {event.type!r}; was it written by a newer release?")
    if event.data_version > current:
        raise RecordError(
            f"event {event.id}: {name} version {event.data_version} is newer than this release's {current}: "
            "upgrade kirkuk"
        )
    try:
        if event.data_version == current:
            return _payload_decoders[name].decode(event.data)
        payload = msgspec.json.decode(event.data)
        for version in range(event.data_version, current):
            payload = UPCASTERS[name, version](payload)
        return msgspec.convert(payload, _RECORD_TYPES[name])
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError) as error:
        raise RecordError(f"event {event.id}: {name} version {event.data_version} can't be read: {error}") from error


def encode(event: Event) -> bytes:
    """Envelope to JSON bytes, in one line."""
    return _encoder.encode(event)


def decode(data: bytes) -> Event:
    """JSON bytes to envelope. Raises RecordError."""
    try:
        return _event_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordError(f"not a stored event: {error}") from error
