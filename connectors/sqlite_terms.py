"""What a document is found by in SQLite's full-text index, and queries in the index's own language.

Everything is a term there, so that any query is one expression that the index walks in the order of rows: the folded
words of each text field stand in that field's column, and the column TERMS holds one term for each other value:
`outlet=rudaw`, `has=outlet`, and for dates and numbers one for each level of their digits (`published=2017`,
`published=201710` ...), so that a range is a few dozen terms at most.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from schemas.analysis import keyword, words
from schemas.document_checks import date_text
from schemas.documents import FIELDS
from schemas.query_tree import And, Between, Everything, Exists, Node, Not, Or, Query, Value, Words

TERMS: Final = "_terms"
_EVERY: Final = "every"
_NO: Final = "no"
"""The term of every document, and of none."""

_ENCODED: Final = {code: chr(0xE000 + code) for code in range(128) if not chr(code).isalnum()} | {ord("\n"): " "}
"""Blanks and punctuation of terms as private-use letters, which the index's tokeniser takes for parts of words; line
ends, which stand between terms, as the blanks that it splits at."""


class Digits(NamedTuple):
    """How a kind of value is written in digits: their lowest and highest values, and how many characters each has."""

    lowest: tuple[int, ...]
    highest: tuple[int, ...]
    widths: tuple[int, ...]


DATES: Final = Digits((0, 0, 1, 1, 0, 0, 0, 0), (99, 99, 12, 31, 23, 59, 59, 999), (2, 2, 2, 2, 2, 2, 2, 3))
"""Century, year of it, month, day, hour, minute, second, millisecond."""
NUMBERS: Final = Digits((0,) * 16, (15,) * 16, (1,) * 16)
"""The bits of a float in an order that is the numbers' own, in fours."""


def columns(kind: str) -> tuple[str, ...]:
    """Return the columns of a kind's full-text table, in order."""
    return (*(name for name, kind_of in FIELDS[kind].items() if kind_of == "text"), TERMS)


def indexed(kind: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what stands in each of `columns(kind)` for a document."""
    texts = (" ".join(words(fields.get(name, ""))) for name in columns(kind)[:-1])
    return (*texts, "\n".join([_EVERY, *_terms(kind, fields)]).translate(_ENCODED))


def _terms(kind: str, fields: Mapping[str, Any]) -> Iterator[str]:
    types = FIELDS[kind]
    for name, value in fields.items():
        if value in ("", []):
            continue
        yield f"has={name}"
        match types[name]:
            case "keyword":
                yield f"{name}={keyword(value)}"
            case "keywords":
                yield from {f"{name}={keyword(item)}": None for item in value}
            case "boolean":
                yield f"{name}={'true' if value else 'false'}"
            case "date":
                yield from _levels(name, date_digits(value), DATES)
            case "integer" | "float":
                yield from _levels(name, number_digits(value), NUMBERS)
            case _:
                pass


def _levels(name: str, digits: tuple[int, ...], form: Digits) -> Iterator[str]:
    written = f"{name}="
    for digit, width in zip(digits, form.widths, strict=True):
        written += _digit(digit, width)
        yield written


def _digit(digit: int, width: int) -> str:
    return f"{digit:x}" if width == 1 else f"{digit:0{width}d}"


def date_digits(text: str) -> tuple[int, ...]:
    """Take a document's date apart: `2017-10-16T05:00:00.000Z`."""
    ends = ((0, 2), (2, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19), (20, 23))
    return tuple(int(text[start:end]) for start, end in ends)


def number_digits(value: float) -> tuple[int, ...]:
    """Take a number apart so that larger numbers have larger digits."""
    bits = int.from_bytes(struct.pack(">d", float(value) + 0.0))
    bits = bits ^ (1 << 63) if bits < 1 << 63 else bits ^ ((1 << 64) - 1)
    return tuple(bits >> shift & 15 for shift in range(60, -1, -4))


def cover(low: tuple[int, ...], high: tuple[int, ...], form: Digits) -> Iterator[tuple[int, ...]]:
    """Yield the fewest beginnings of digits that all values from `low` to `high`, and only those, begin with."""
    lowest, highest = form.lowest, form.highest
    part = low
    while part and part[-1] == lowest[len(part) - 1]:
        part = part[:-1]
    while (*part, *lowest[len(part) :]) <= high:
        size = len(part)
        if (*part, *highest[size:]) > high:
            part = (*part, lowest[size])
            continue
        yield part
        while part and part[-1] == highest[len(part) - 1]:
            part = part[:-1]
        if not part:
            return
        part = (*part[:-1], part[-1] + 1)


def expression(query: Query) -> str:
    """Return a query in FTS5's language. Everything that came from outside is a quoted string in it."""
    return _Writing(query.kind).node(query.root)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _term(text: str, *, prefix: bool = False) -> str:
    return f"{_quoted(TERMS)} : {_quoted(text.translate(_ENCODED))}{' *' if prefix else ''}"


class _Writing:
    def __init__(self, kind: str) -> None:
        self._types = FIELDS[kind]

    def node(self, node: Node) -> str:
        match node:
            case And(parts):
                return self._and(parts)
            case Or(parts):
                return "(" + " OR ".join(map(self.node, parts)) + ")"
            case Not(part):
                return f"({_term(_EVERY)} NOT {self.node(part)})"
            case _:
                return f"({self._leaf(node)})"

    def _leaf(self, node: Words | Value | Exists | Between | Everything) -> str:
        match node:
            case Words():
                return _words(node)
            case Value(field, value, prefix):
                return _term(f"{field}={value}", prefix=prefix)
            case Exists(field):
                return _term(f"has={field}")
            case Between():
                return self._between(node)
            case Everything():
                return _term(_EVERY)

    def _and(self, parts: tuple[Node, ...]) -> str:
        wanted = [self.node(part) for part in parts if not isinstance(part, Not)] or [_term(_EVERY)]
        unwanted = [self.node(part.part) for part in parts if isinstance(part, Not)]
        joined = "(" + " AND ".join(wanted) + ")"
        return f"({joined} NOT ({' OR '.join(unwanted)}))" if unwanted else joined

    def _between(self, node: Between) -> str:
        form = DATES if self._types[node.field] == "date" else NUMBERS
        take_apart = _ms_digits if form is DATES else number_digits
        low = form.lowest if node.low is None else take_apart(node.low)
        high = form.highest if node.high is None else take_apart(node.high)
        if (node.low is None and node.high is None) or low > high:
            return _term(f"has={node.field}" if low <= high else _NO)
        found = (_term("".join((f"{node.field}=", *map(_digit, part, form.widths)))) for part in cover(low, high, form))
        return " OR ".join(found)


def _ms_digits(value: float) -> tuple[int, ...]:
    return date_digits(date_text(int(value)))


def _words(node: Words) -> str:
    fields = "{" + " ".join(map(_quoted, node.fields)) + "}"
    distinct = list(dict.fromkeys(node.words))
    if node.slop and len(distinct) > 1:
        # FTS5 counts what stands between the first word and the last one.
        apart = len(node.words) + node.slop - 2
        return f"{fields} : NEAR({' '.join(map(_quoted, distinct))}, {apart})"
    phrase = distinct[:1] if node.slop else node.words
    return f"{fields} : {_quoted(' '.join(phrase))}{' *' if node.prefix else ''}"
