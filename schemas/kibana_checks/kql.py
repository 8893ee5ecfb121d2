"""A reader for the part of KQL that saved objects here use.

    query  := all ("or" all)*        all := one ("and" one)*        one := ["not"] ( "(" query ")" | term )
    term   := field ":" ( value | "(" value ("or" value)* ")" )  |  field (">" | ">=" | "<" | "<=") value
    value  := word | "quoted text" | "*"

Words without a field, wildcards inside words and nested fields are refused: what is not read can't be checked.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from schemas.errors import QueryError

EXISTS: Final = "*"
_MAX_DEPTH: Final = 50
_TOKEN: Final = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>>=|<=|[():<>])|(?P<word>[^\s():<>"\\{}]+))')
_WORDS: Final = ("and", "or", "not")


class Term(NamedTuple):
    """A condition on one field: `operator` is ":" (any of `values`), ">", ">=", "<" or "<="."""

    field: str
    operator: str
    values: tuple[str, ...]


class All(NamedTuple):
    """Every part holds. Without parts: everything is found."""

    parts: "tuple[Tree, ...]"


class Any(NamedTuple):
    """One part holds at least."""

    parts: "tuple[Tree, ...]"


class Not(NamedTuple):
    """The part does not hold."""

    part: "Tree"


Tree = Term | All | Any | Not


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def read_kql(text: str) -> Tree:
    """Read a query; the empty one finds everything. Raises QueryError with the place of the fault."""
    if not text.strip():
        return All(())
    reader = _Reader(_tokens(text), len(text))
    tree = reader.query(0)
    reader.end()
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            rest = text[at:].lstrip()
            raise QueryError(f"can't read {rest[:20]!r}", len(text) - len(rest))
        kind = str(found.lastgroup)
        tokens.append(_Token(kind, found[kind], found.start(kind)))
        at = found.end()
    return tokens


class _Reader:
    """Tokens of one query, read from the left."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._next = 0
        self._end = end

    def query(self, depth: int) -> Tree:
        parts = [self._all(depth)]
        while self._take_word("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def end(self) -> None:
        if self._next < len(self._tokens):
            raise QueryError(f"{self._tokens[self._next].text!r} is out of place", self._here())

    def _all(self, depth: int) -> Tree:
        parts = [self._one(depth)]
        while self._take_word("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Tree:
        if depth > _MAX_DEPTH:
            raise QueryError(f"brackets and `not` nest deeper than {_MAX_DEPTH}", self._here())
        if self._take_word("not"):
            return Not(self._one(depth + 1))
        if self._take_sign("("):
            tree = self.query(depth + 1)
            self._expect(")")
            return tree
        return self._term()

    def _term(self) -> Term:
        field = self._value()
        token = self._take()
        if token.text == ":" and self._take_sign("("):
            values = [self._value()]
            while self._take_word("or"):
                values.append(self._value())
            self._expect(")")
            return Term(field, ":", tuple(values))
        if token.kind != "sign" or token.text in "()":
            raise QueryError(f"a sign as ':' or '>=' must follow {field!r}", token.at)
        return Term(field, token.text, (self._value(),))

    def _value(self) -> str:
        token = self._take()
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "sign" or token.text.lower() in _WORDS:
            raise QueryError(f"{token.text!r} is out of place", token.at)
        if "*" in token.text and token.text != EXISTS:
            raise QueryError(f"{token.text!r}: wildcards inside words are not read here", token.at)
        return token.text

    def _take(self) -> _Token:
        if self._next == len(self._tokens):
            raise QueryError("something must follow", self._end)
        self._next += 1
        return self._tokens[self._next - 1]

    def _take_word(self, word: str) -> bool:
        return self._take_if(lambda token: token.kind == "word" and token.text.lower() == word)

    def _take_sign(self, sign: str) -> bool:
        return self._take_if(lambda token: token.kind == "sign" and token.text == sign)

    def _take_if(self, fits: Callable[[_Token], bool]) -> bool:
        found = self._next < len(self._tokens) and fits(self._tokens[self._next])
        self._next += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._take_sign(sign):
            raise QueryError(f"{sign!r} is missing", self._here())

    def _here(self) -> int:
        return self._tokens[self._next].at if self._next < len(self._tokens) else self._end
