"""Counts of values among hits, for embedded indexes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from schemas.analysis import keyword
from schemas.documents import FIELDS
from schemas.errors import QueryError

MAX_VALUES: Final = 30
"""Values of one facet: more than a page shows."""
_DAY_CHARS: Final = 10
COUNTED_TYPES: Final = frozenset({"keyword", "keywords", "boolean", "date"})


def check_facets(kind: str, facets: Sequence[str]) -> None:
    """Raise QueryError for a field that can't be counted: only keywords, true/false and dates (by day) can."""
    for name in facets:
        if FIELDS[kind].get(name) not in COUNTED_TYPES:
            possible = sorted(field for field, type_of in FIELDS[kind].items() if type_of in COUNTED_TYPES)
            raise QueryError(f"{kind} have no facet {name!r:.40}; facets are {', '.join(possible)}")


def facet_values(kind: str, name: str, fields: Mapping[str, Any]) -> list[str]:
    """Return the values of a field as they are counted: days of dates, true or false, keywords as written."""
    value = fields.get(name)
    if value is None:
        return []
    match FIELDS[kind][name]:
        case "date":
            return [value[:_DAY_CHARS]]
        case "boolean":
            return ["true" if value else "false"]
        case "keyword":
            return [value]
        case _:
            return list(value)


def count_values(kind: str, name: str, documents: Iterable[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Count a field's values, most frequent first, then by name, at most MAX_VALUES.

    Values that fold alike are one, as in a search, and go by the spelling that is the most frequent.
    """
    counts: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    for fields in documents:
        folded = {keyword(value): value for value in facet_values(kind, name, fields)}
        counts.update(folded.keys())
        for key, value in folded.items():
            spellings.setdefault(key, Counter())[value] += 1
    named = [(min(spellings[key].items(), key=_by_count)[0], count) for key, count in counts.items()]
    return in_order(named)


def in_order(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Sort a facet's counts: most frequent first, then by name; at most MAX_VALUES."""
    return sorted((counted for counted in counts if counted[1]), key=_by_count)[:MAX_VALUES]


def _by_count(counted: tuple[str, int]) -> tuple[int, str]:
    value, count = counted
    return -count, value
