"""Whether a document fits its kind's fields, and where it stands among the newest."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final

import msgspec

from schemas import documents
from schemas.documents import FIELDS, NEWEST, Document, FieldType

MAX_BYTES: Final = 16 * 1024 * 1024
"""Bytes of a document's JSON: an article has 3,000 and a request to a search server may hold 100 million."""
MAX_ID: Final = 512
_MAX_INTEGER: Final = 2**53
"""Beyond it floats, which every backend may use for numbers, lose the last digits."""
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_MS: Final = timedelta(milliseconds=1)
_FIRST_MS: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MS
_LAST_MS: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MS

_encoder: Final = msgspec.json.Encoder(order="deterministic")


class UnfitError(ValueError):
    """A document that no index will ever take; the text says why."""


def date_ms(text: str) -> int:
    """Return a document's date in milliseconds since 1970. Raises ValueError for another form."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r:.60} is no date like 2017-10-16T05:00:00.000Z")
    return (datetime.fromisoformat(text) - _EPOCH) // _MS


def date_text(ms: int) -> str:
    """Write milliseconds since 1970 as a document's date; dates beyond the years 1 to 9999 become the nearest one."""
    bounded = min(max(ms, _FIRST_MS), _LAST_MS)
    return documents.date_text(_EPOCH + timedelta(milliseconds=bounded))


def newest_ms(kind: str, fields: Mapping[str, Any]) -> int:
    """Return the date that orders a document newest first, 0 for one that has none."""
    return next((date_ms(fields[name]) for name in NEWEST[kind] if name in fields), 0)


def encode_fields(document: Document) -> bytes:
    """Return a document's fields as JSON, the same bytes for the same fields. Raises UnfitError."""
    known = FIELDS.get(document.kind)
    if known is None:
        raise UnfitError(f"kind {document.kind!r:.60} is unknown; kinds are {', '.join(FIELDS)}")
    _check_name(document)
    for name, value in document.fields.items():
        if name not in known:
            raise UnfitError(f"{document.kind} have no field {name!r:.60}")
        if not _CHECKS[known[name]](value):
            raise UnfitError(f"{name}: {value!r:.60} is no {known[name]}")
    try:
        encoded = _encoder.encode(dict(document.fields))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UnfitError(f"it can't be written as JSON: {error}") from error
    if len(encoded) > MAX_BYTES:
        raise UnfitError(f"it has {len(encoded)} bytes; an index takes {MAX_BYTES}")
    return encoded


def _check_name(document: Document) -> None:
    if not (isinstance(document.id, str) and 0 < len(document.id) <= MAX_ID and _is_text(document.id)):
        raise UnfitError(f"id {document.id!r:.60} is no text of 1 to {MAX_ID} characters")
    if not (_is_integer(document.version) and document.version >= 0):
        raise UnfitError(f"version {document.version!r:.60} is no integer from 0 on")


def _is_text(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(value.encode()) is not None
    except UnicodeEncodeError:
        return False


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date_ms(value) is not None
    except ValueError:
        return False


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MAX_INTEGER


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (isinstance(value, float) and isfinite(value))


def _is_positions(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(_is_position(item) for item in value)


def _is_position(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() == {"lat", "lon"}
        and all(map(_is_number, value.values()))
        and abs(value["lat"]) <= 90
        and abs(value["lon"]) <= 180
    )


_CHECKS: Final[Mapping[FieldType, Callable[[Any], bool]]] = {
    "text": _is_text,
    "keyword": _is_text,
    "keywords": _is_texts,
    "date": _is_date,
    "integer": _is_integer,
    "float": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "geo": _is_positions,
    "stored": lambda _: True,
}
