r"""The query language: Lucene's syntax over the fields of one kind of documents, the same on every backend.

    text -> luqum's syntax tree -> tree of schemas.query_tree, checked against FIELDS -> an index, or `matches`

Words stand side by side as AND. OR binds tighter than standing side by side, and AND tighter than OR: `a b OR c` is a
and (b or c). NOT, `-` take documents out; `+` changes nothing. Also: "phrase", "near by"~3, beginn*, field:value,
field:(a OR b), field:[2017-10-01 TO 2017-10-16}, field:>=5, field:* (has a value), `*` (everything), \ before a
character that means itself. A word without a field is looked for in the kind's default fields, each field by itself.
"""

import re
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from schemas.analysis import keyword, words
from schemas.documents import DEFAULT_FIELDS, FIELDS, FieldType
from schemas.errors import QueryError
from schemas.query_dates import Interval, after, before, date_interval, number_interval
from schemas.query_match import matches
from schemas.query_tree import MAX_DEPTH, And, Between, Everything, Exists, Node, Not, Or, Query, Value, Words

MAX_CHARS: Final = 10_000
MAX_CLAUSES: Final = 500
MAX_SLOP: Final = 1000
MIN_PREFIX: Final = 2
"""Letters before a `*`: one would gather a fifth of all words there are."""

_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_QUOTED: Final = re.compile(r'\\.|"(?:[^"\\]|\\.)*(?:"|$)', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\.", re.DOTALL)
_UNEXPECTED: Final = re.compile(r"unexpected +'(?P<sign>.*)' at position (?P<at>\d+)!", re.DOTALL)
_ILLEGAL: Final = re.compile(r"Illegal character .* at position (?P<at>\d+)", re.DOTALL)
_QUOTE_IT: Final = 'put values with colons, brackets or signs in "quotation marks"'
_BAD_NUMBER: Final = re.compile(r"[~^][\d.]*\.")
_BOOLEANS: Final = frozenset({"true", "false"})
_FOREIGN: Final = {"&&": "AND", "||": "OR"}


def parse_query(kind: str, text: str, *, now: datetime | None = None) -> Query:
    """Read a query for one kind of documents; "" and "*" are everything. `now` is what `now-1d` counts from.

    Raises QueryError, whose `position` is the column of the fault from 0, for bad syntax, unknown fields, values that
    don't fit their field, and what would cost too much: leading wildcards, 10,000 characters, 500 clauses, 20 levels.
    """
    if kind not in FIELDS:
        raise QueryError(f"kind {kind!r:.40} is unknown; kinds are {', '.join(FIELDS)}")
    if len(text) > MAX_CHARS:
        raise QueryError(f"the query is longer than {MAX_CHARS} characters", MAX_CHARS)
    text = text.translate(_QUOTES)
    if not text.strip():
        return Query(kind, Everything())
    _check_depth(text)
    return Query(kind, _Reading(kind, now).node(_syntax_tree(text), None, 0))


def _check_depth(text: str) -> None:
    """Refuse deep nesting before a parser sees it."""
    depth = 0
    for at, letter in enumerate(_bare(text)):
        depth += (letter == "(") - (letter == ")")
        if depth > MAX_DEPTH:
            raise QueryError(f"parentheses nest deeper than {MAX_DEPTH}", at)


def _bare(text: str) -> str:
    """Return the text with blanks for phrases and escaped characters."""
    return _QUOTED.sub(lambda found: " " * len(found.group()), text)


def _syntax_tree(text: str) -> Any:
    from luqum.exceptions import ParseError
    from luqum.thread import parse

    try:
        return parse(text)
    except ParseError as error:
        raise _syntax_error(text, str(error)) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        fault = _BAD_NUMBER.search(_bare(text))
        raise QueryError("a whole number must follow here", fault.start() if fault else 0) from error


def _syntax_error(text: str, fault: str) -> QueryError:
    """Say what luqum's message means, and where."""
    if unexpected := _UNEXPECTED.search(fault):
        at = int(unexpected["at"])
        sign = unexpected["sign"] or text[at]
        hint = f"; {_QUOTE_IT}" if sign in ":[]{}^~+-" else ""
        return QueryError(f"{sign!r:.40} is out of place here{hint}", at)
    if illegal := _ILLEGAL.search(fault):
        at = int(illegal["at"])
        if text[at] == '"':
            return QueryError("this quotation mark is never closed", at)
        return QueryError(f"{text[at]!r} is out of place here; write \\{text[at]} for the character itself", at)
    opened = _unclosed(text)
    if opened is not None:
        return QueryError(f"this {text[opened]!r} is never closed", opened)
    return QueryError("the query ends too early: something must follow", len(text.rstrip()))


def _unclosed(text: str) -> int | None:
    """Return where the innermost bracket stands that is never closed."""
    open_at: list[int] = []
    for at, letter in enumerate(_bare(text)):
        if letter in "([{":
            open_at.append(at)
        elif letter in ")]}" and open_at:
            open_at.pop()
    return open_at[-1] if open_at else None


class _Reading:
    """One query being read: turns luqum's tree into ours."""

    def __init__(self, kind: str, now: datetime | None) -> None:
        self._kind = kind
        self._types = FIELDS[kind]
        self._now = now
        self._clauses = 0

    def node(self, item: Any, field: str | None, depth: int) -> Node:
        """Convert a luqum item that stands under `field`, if any."""
        if depth > 3 * MAX_DEPTH:
            raise QueryError(f"operators nest deeper than {3 * MAX_DEPTH}", item.pos)
        match type(item).__name__:
            case "AndOperation" | "UnknownOperation":
                return And(self._parts(item, field, depth))
            case "OrOperation":
                return Or(self._parts(item, field, depth))
            case "Not" | "Prohibit":
                return self._negated(item, field, depth)
            case "Plus" | "Group" | "FieldGroup":
                return self.node(item.children[0], field, depth + 1)
            case "SearchField":
                return self._search_field(item, field, depth)
            case _:
                return self._leaf(item, field)

    def _parts(self, item: Any, field: str | None, depth: int) -> tuple[Node, ...]:
        return tuple(self.node(child, field, depth + 1) for child in item.children)

    def _negated(self, item: Any, field: str | None, depth: int) -> Node:
        """Convert a negation; `score:-5` is luqum's too, and means the number."""
        child = item.a
        number = field is not None and self._types[field] in {"integer", "float"}
        if number and type(item).__name__ == "Prohibit" and type(child).__name__ == "Word":
            assert field is not None
            return self._exactly(field, f"-{child.value}", item.pos)
        return Not(self.node(child, field, depth + 1))

    def _search_field(self, item: Any, field: str | None, depth: int) -> Node:
        if field is not None:
            raise QueryError(f"a field inside the field {field!r}: {_QUOTE_IT}", item.pos)
        name = _unescape(item.name)
        if name == "*" and str(item.expr).strip() == "*":
            return Everything()
        if name not in self._types:
            raise QueryError(f"{self._kind} have no field {name!r:.40}{self._similar(name)}", item.pos)
        return self.node(item.expr, name, depth + 1)

    def _similar(self, name: str) -> str:
        near = get_close_matches(name[:40], self._types, n=1, cutoff=0.6)
        return f"; did you mean {near[0]!r}?" if near else f"; fields are {', '.join(sorted(self._types))}"

    def _leaf(self, item: Any, field: str | None) -> Node:
        self._clauses += 1
        if self._clauses > MAX_CLAUSES:
            raise QueryError(f"the query has more than {MAX_CLAUSES} clauses", item.pos)
        match type(item).__name__:
            case "Word":
                return self._word(item, field)
            case "Phrase":
                return self._phrase(item, field)
            case "Proximity":
                return self._proximity(item, field)
            case "Range" | "From" | "To":
                return self._range(item, field)
            case "Fuzzy":
                raise QueryError("word~ (similar spellings) is not supported; write the spellings with OR", item.pos)
            case "Boost":
                raise QueryError("^ (boosts) is not supported", item.pos)
            case _:
                raise QueryError("regular expressions are not supported; use word* or OR", item.pos)

    def _word(self, item: Any, field: str | None) -> Node:
        raw = item.value
        if raw == "*":
            return Everything() if field is None else Exists(field)
        if raw in _FOREIGN or raw.startswith("!"):
            raise QueryError(f"write {_FOREIGN.get(raw, 'NOT')} for {raw if raw in _FOREIGN else '!'!r}", item.pos)
        body = raw[:-1] if raw.endswith("*") and not raw.endswith("\\*") else raw
        wild = re.search(r"[*?]", _ESCAPED.sub("  ", body))
        if wild is not None:
            raise QueryError(_wildcard_fault(wild), item.pos + wild.start())
        text = _unescape(body)
        if body is raw or body == raw:
            return self._text(text, field, item.pos) if self._is_text(field) else self._exactly(field, text, item.pos)
        return self._prefix(text, field, item.pos)

    def _is_text(self, field: str | None) -> bool:
        return field is None or self._types[field] == "text"

    def _fields(self, field: str | None) -> tuple[str, ...]:
        return DEFAULT_FIELDS[self._kind] if field is None else (field,)

    def _text(self, text: str, field: str | None, position: int, *, slop: int = 0) -> Node:
        found = words(text)
        if not found:
            raise QueryError(f"{text!r:.40} has no letter or digit to look for", position)
        return Words(self._fields(field), tuple(found), slop=slop)

    def _prefix(self, text: str, field: str | None, position: int) -> Node:
        if self._is_text(field):
            found = words(text)
            if not found or len(found[-1]) < MIN_PREFIX or not words(text[-1]):
                raise QueryError(f"a beginning needs {MIN_PREFIX} letters or more before the *", position)
            return Words(self._fields(field), tuple(found), prefix=True)
        assert field is not None
        if self._types[field] not in {"keyword", "keywords"}:
            raise QueryError(f"{field!r} is no text: * stands alone, or write a range", position)
        if not keyword(text):
            raise QueryError(f"{text!r:.40} has nothing to look for", position)
        return Value(field, keyword(text), prefix=True)

    def _phrase(self, item: Any, field: str | None) -> Node:
        text = _unescape(item.value[1:-1])
        if self._is_text(field):
            return self._text(text, field, item.pos)
        return self._exactly(field, text, item.pos)

    def _proximity(self, item: Any, field: str | None) -> Node:
        if not self._is_text(field):
            raise QueryError(f"{field!r} is no text: ~ has no meaning there", item.pos)
        slop = int(item.degree)
        if slop > MAX_SLOP:
            raise QueryError(f"words can be looked for at most {MAX_SLOP} apart", item.pos)
        return self._text(_unescape(item.term.value[1:-1]), field, item.pos, slop=slop)

    def _exactly(self, field: str | None, text: str, position: int) -> Node:
        assert field is not None
        kind = self._types[field]
        if kind in {"keyword", "keywords"}:
            if not keyword(text):
                raise QueryError(f"{text!r:.40} has nothing to look for", position)
            return Value(field, keyword(text))
        if kind == "boolean":
            if text.lower() not in _BOOLEANS:
                raise QueryError(f"{field!r} is true or false, not {text!r:.40}", position)
            return Value(field, text.lower())
        interval = self._interval(field, kind, text, position)
        return Between(field, interval.first, interval.last)

    def _interval(self, field: str, kind: FieldType, text: str, position: int) -> Interval:
        if kind == "date":
            return date_interval(text, self._now, position)
        if kind in {"integer", "float"}:
            return number_interval(text, position)
        raise QueryError(f"{field!r} can't be searched; {field}:* asks whether it is there", position)

    def _range(self, item: Any, field: str | None) -> Node:
        if field is None:
            raise QueryError("a range needs a field, as in published:[2017-10-01 TO 2017-10-16]", item.pos)
        kind = self._types[field]
        if kind not in {"date", "integer", "float"}:
            raise QueryError(f"ranges work on dates and numbers, and {field!r} is {kind}", item.pos)
        whole = kind == "date"
        lowest, highest = _bounds(item)
        low = high = None
        if lowest is not None:
            interval = self._interval(field, kind, *lowest)
            low = interval.first if _includes(item, "low") else after(interval.last, whole=whole)
        if highest is not None:
            interval = self._interval(field, kind, *highest)
            high = interval.last if _includes(item, "high") else before(interval.first, whole=whole)
        return Between(field, low, high)


def _bounds(item: Any) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
    """Return the texts of a range's ends with their columns, None for an open end."""
    match type(item).__name__:
        case "From":
            return _bound(item.a), None
        case "To":
            return None, _bound(item.a)
        case _:
            return _bound(item.low), _bound(item.high)


def _bound(item: Any) -> tuple[str, int] | None:
    name = type(item).__name__
    if name == "Prohibit":
        return f"-{_unescape(item.a.value)}", item.pos
    if name == "Phrase":
        return _unescape(item.value[1:-1]), item.pos
    return None if item.value == "*" else (_unescape(item.value), item.pos)


def _includes(item: Any, end: str) -> bool:
    if type(item).__name__ == "Range":
        return bool(item.include_low if end == "low" else item.include_high)
    return bool(item.include)


def _wildcard_fault(wild: re.Match[str]) -> str:
    sign = wild.group()
    if sign == "*" and wild.start() == 0:
        return "a leading * is not supported: no index helps to find how a word ends; write the beginning, as in pesh*"
    return f"{sign} can't stand here: only * at the end of a word is supported; write \\{sign} for the character itself"


def _unescape(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)


__all__ = [
    "MAX_CHARS",
    "MAX_CLAUSES",
    "And",
    "Between",
    "Everything",
    "Exists",
    "Node",
    "Not",
    "Or",
    "Query",
    "Value",
    "Words",
    "matches",
    "parse_query",
]
