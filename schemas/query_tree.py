"""Queries as data: what `parse_query` returns and every backend translates.

Leaves hold values that are folded and resolved already, so backends compare and never interpret.
"""

from typing import Final

import msgspec

MAX_DEPTH: Final = 20
"""How deep groups may nest: more than people write, and less than the parsers of the backends can take."""


class Everything(msgspec.Struct, frozen=True, tag=True):
    """Every document."""


class Words(msgspec.Struct, frozen=True, tag=True):
    """Folded `words` side by side in one of the text fields.

    `prefix`: the last one need only begin the word there. `slop`: they may stand in any order, within a stretch that is
    `slop` words longer than they are.
    """

    fields: tuple[str, ...]
    words: tuple[str, ...]
    prefix: bool = False
    slop: int = 0


class Value(msgspec.Struct, frozen=True, tag=True):
    """A folded keyword or true/false; `prefix`: its beginning."""

    field: str
    value: str
    prefix: bool = False


class Between(msgspec.Struct, frozen=True, tag=True):
    """A number, or a date in milliseconds since 1970, from `low` to `high`; both belong to it, None is open."""

    field: str
    low: float | None = None
    high: float | None = None


class Exists(msgspec.Struct, frozen=True, tag=True):
    """The field has a value."""

    field: str


class And(msgspec.Struct, frozen=True, tag=True):
    """All parts; at least two."""

    parts: "tuple[Node, ...]"


class Or(msgspec.Struct, frozen=True, tag=True):
    """Any part; at least two."""

    parts: "tuple[Node, ...]"


class Not(msgspec.Struct, frozen=True, tag=True):
    """Every document that the part does not match."""

    part: "Node"


Node = Everything | Words | Value | Between | Exists | And | Or | Not


class Query(msgspec.Struct, frozen=True):
    """A query for one kind of documents, as read."""

    kind: str
    root: Node
