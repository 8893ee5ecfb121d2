"""What a document is found by in SQLite's full-text index, and queries in the index's own language.

Everything is a term there, so that any query is one expression that the index walks in the order of rows: the folded
words of each text field stand in that field's column, and the column TERMS holds one term for each other value:
`outlet=rudaw`, `has=outlet`, and for dates and numbers one for each level of their digits (`published=2017`,
`published=201710` ...), so that a range is a few dozen terms at most.
"""

import struct
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

from schemas.analysis import keyword, words
from schemas.document_checks import date_text
from schemas.documents import FIELDS
from schemas.query_tree import And, Between, Everything, Exists, Node, Not, Or, Query, Value, Words

TERMS: Final = "_terms"
_EVERY: Final = "every"
_NO: Final = "no"
"""The term of every document, and of none."""

_KEPT: Final = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum() and chr(code) not in "'\"")
TOKENISER: Final = f"ascii tokenchars '{_KEPT}'"
"""Texts are split into words before they come to the index, so it need only split at blanks: this one keeps all that is
not ASCII and the punctuation of terms."""
_BLANK, _APOSTROPHE, _QUOTE = "\ue020", "\ue027", "\ue022"
"""What would end a term, or the tokeniser's settings, as private-use letters; no folded text has those."""


class Digits(NamedTuple):
    """How a kind of value is written in digits: `cuts` are the lengths of the beginnings that are terms, `lowest` and
    `highest` what stands between them at least and at most.
    """

    cuts: tuple[int, ...]
    lowest: tuple[str, ...]
    highest: tuple[str, ...]

    def apart(self, written: str) -> tuple[str, ...]:
        """Cut what is written into its parts."""
        return tuple(written[start:end] for start, end in pairwise((0, *self.cuts)))


DATES: Final = Digits(
    (2, 4, 6, 8, 10, 12, 14, 17),
    ("00", "00", "01", "01", "00", "00", "00", "000"),
    ("99", "99", "12", "31", "23", "59", "59", "999"),
)
"""Century, year of it, month, day, hour, minute, second, millisecond."""
NUMBERS: Final = Digits(tuple(range(1, 17)), ("0",) * 16, ("f",) * 16)
"""The bits of a float in an order that is the numbers' own, in fours."""


def columns(kind: str) -> tuple[str, ...]:
    """Return the columns of a kind's full-text table, in order."""
    return (*(name for name, kind_of in FIELDS[kind].items() if kind_of == "text"), TERMS)


def indexed(kind: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what stands in each of `columns(kind)` for a document."""
    texts = [" ".join(words(fields.get(name, ""))) for name in columns(kind)[:-1]]
    return (*texts, _encoded("\n".join([_EVERY, *_terms(kind, fields)])))


def _encoded(terms: str) -> str:
    return terms.replace(" ", _BLANK).replace("'", _APOSTROPHE).replace('"', _QUOTE)


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
                yield from _levels(name, date_digits(value), DATES.cuts)
            case "integer" | "float":
                yield from _levels(name, number_digits(value), NUMBERS.cuts)
            case _:
                pass


def _levels(name: str, written: str, cuts: tuple[int, ...]) -> list[str]:
    return [f"{name}={written[:cut]}" for cut in cuts]


def date_digits(text: str) -> str:
    """Return the digits of a document's date, `2017-10-16T05:00:00.000Z`."""
    return text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16] + text[17:19] + text[20:23]


def number_digits(value: float) -> str:
    """Write a number so that larger numbers have larger digits."""
    bits = int.from_bytes(struct.pack(">d", float(value) + 0.0))
    ordered = bits ^ (1 << 63) if bits < 1 << 63 else bits ^ ((1 << 64) - 1)
    return f"{ordered:016x}"


def cover(low: str, high: str, form: Digits) -> Iterator[str]:
    """Yield the fewest beginnings of digits that all values from `low` to `high`, and only those, begin with."""
    lowest, highest = form.lowest, form.highest
    part, last = _stripped(form.apart(low), lowest), form.apart(high)
    while (*part, *lowest[len(part) :]) <= last:
        size = len(part)
        if (*part, *highest[size:]) > last:
            part = (*part, lowest[size])
            continue
        yield "".join(part)
        part = _stripped(part, highest)
        if not part:
            return
        part = (*part[:-1], _successor(part[-1]))


def _stripped(part: tuple[str, ...], extreme: tuple[str, ...]) -> tuple[str, ...]:
    """Cut off what is as low, or as high, as can be."""
    while part and part[-1] == extreme[len(part) - 1]:
        part = part[:-1]
    return part


def _successor(digits: str) -> str:
    if len(digits) == 1:
        return f"{int(digits, 16) + 1:x}"
    return f"{int(digits) + 1:0{len(digits)}d}"


def expression(query: Query) -> str:
    """Return a query in FTS5's language. Everything that came from outside is a quoted string in it."""
    return _Writing(query.kind).node(query.root)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _term(text: str, *, prefix: bool = False) -> str:
    return f"{_quoted(TERMS)} : {_quoted(_encoded(text))}{' *' if prefix else ''}"


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
        form, digits = (DATES, _ms_digits) if self._types[node.field] == "date" else (NUMBERS, number_digits)
        low = "".join(form.lowest) if node.low is None else digits(node.low)
        high = "".join(form.highest) if node.high is None else digits(node.high)
        if (node.low is None and node.high is None) or low > high:
            return _term(f"has={node.field}" if low <= high else _NO)
        return " OR ".join(_term(f"{node.field}={part}") for part in cover(low, high, form))


def _ms_digits(value: float) -> str:
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
