"""Fields of the index as Kibana meets them: what may be done with a type, and which values a field can have at all."""

from collections.abc import Collection, Iterator
from typing import Final, Literal, get_args, get_type_hints

from schemas.documents import FIELDS, FieldType
from schemas.records import Alert, ClaimStatus, DateFlag, Development, Realis, SourceKind
from schemas.vocabulary import Side, Vocabulary

STATUSES: Final = frozenset({"acknowledged", "suppressed", "failed", "delivered", "pending"})
"""What `schemas.documents.alert_status` can say."""

NUMBERS: Final[frozenset[FieldType]] = frozenset({"integer", "float"})
COUNTED: Final[frozenset[FieldType]] = frozenset({"keyword", "keywords", "boolean", "date", *NUMBERS})
"""Types whose values can be counted, grouped, sorted by: those with doc values."""
_RANGED: Final[frozenset[FieldType]] = frozenset({"date", *NUMBERS})

Use = Literal["show", "ask", "range", "group", "sort", "calculate", "over time", "on a map"]
_FIT: Final[dict[Use, frozenset[FieldType]]] = {
    "show": frozenset(get_args(FieldType)),
    "ask": COUNTED | {"text"},
    "range": _RANGED,
    "group": COUNTED,
    "sort": COUNTED,
    "calculate": NUMBERS,
    "over time": frozenset({"date"}),
    "on a map": frozenset({"geo"}),
}
"""What is done with a field -> the types that it can be done with."""


def field_faults(kind: str, field: object, use: Use) -> Iterator[str]:
    """Yield what is wrong with using a field of a kind of document in this way."""
    if field not in FIELDS[kind]:
        yield f"{kind} have no field {field!r}"
    elif FIELDS[kind][str(field)] not in _FIT[use]:
        yield f"{field!r} of {kind} is {FIELDS[kind][str(field)]}: not to {use}"


def value_faults(kind: str, field: str, value: object, vocabulary: Vocabulary) -> Iterator[str]:
    """Yield what is wrong with asking whether a field has this value. The field exists."""
    known = known_values(kind, field, vocabulary)
    if known is not None and value not in known:
        yield f"{field!r} of {kind} is never {value!r}"
    type_ = FIELDS[kind][field]
    if type_ in NUMBERS and not _is_number(value):
        yield f"{field!r} of {kind} is a number, {value!r} is not"
    if type_ == "boolean" and str(value).lower() not in {"true", "false"}:
        yield f"{field!r} of {kind} is true or false, not {value!r}"


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return not isinstance(value, bool)


def known_values(kind: str, field: str, vocabulary: Vocabulary) -> Collection[str] | None:
    """Return all values that a field can have, None where there is no list of them."""
    match field:
        case "type" | "types":
            return vocabulary.types
        case "mode":
            return {mode for event_type in vocabulary.types.values() for mode in event_type.modes}
        case "place" | "places":
            return vocabulary.places
        case "actors" | "recipients":
            return vocabulary.actors
        case "claim":
            return get_args(ClaimStatus if kind == "events" else get_type_hints(Development)["claim"])
        case _:
            return _FIXED.get(field)


_FIXED: Final[dict[str, Collection[str]]] = {
    "side": get_args(Side),
    "realis": get_args(Realis),
    "severity": get_args(get_type_hints(Alert)["severity"]),
    "source_kinds": get_args(SourceKind),
    "published_flag": get_args(DateFlag),
    "status": STATUSES,
}
