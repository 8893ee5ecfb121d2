"""Queries inside saved objects: KQL that can be read, over fields that exist, for values that occur."""

from collections.abc import Iterator
from typing import Any as Anything

from schemas.errors import QueryError
from schemas.kibana_checks import kql
from schemas.kibana_checks.values import field_faults, value_faults
from schemas.vocabulary import Vocabulary


def query_faults(query: Anything, kind: str, vocabulary: Vocabulary) -> Iterator[str]:
    """Yield what is wrong with a query as saved objects hold it, asked of documents of `kind`."""
    if not isinstance(query, dict) or set(query) != {"language", "query"} or query["language"] != "kuery":
        yield "the query is no KQL"
        return
    try:
        tree = kql.read_kql(str(query["query"]))
    except QueryError as error:
        yield f"query {query['query']!r}, at {error.position}: {error}"
        return
    for fault in _tree_faults(tree, kind, vocabulary):
        yield f"query {query['query']!r}: {fault}"


def _tree_faults(tree: kql.Tree, kind: str, vocabulary: Vocabulary) -> Iterator[str]:
    match tree:
        case kql.Term():
            yield from _term_faults(tree, kind, vocabulary)
        case kql.Not():
            yield from _tree_faults(tree.part, kind, vocabulary)
        case kql.All() | kql.Any():
            if isinstance(tree, kql.All):
                yield from _mode_faults(tree, vocabulary)
            for part in tree.parts:
                yield from _tree_faults(part, kind, vocabulary)


def _term_faults(term: kql.Term, kind: str, vocabulary: Vocabulary) -> Iterator[str]:
    exists = term.values == (kql.EXISTS,)
    if term.operator == ":":
        faults = list(field_faults(kind, term.field, "ask"))
    else:
        faults = list(field_faults(kind, term.field, "range"))
    yield from faults
    if not faults and not exists:
        for value in term.values:
            yield from value_faults(kind, term.field, value, vocabulary)


def _mode_faults(tree: kql.All, vocabulary: Vocabulary) -> Iterator[str]:
    """Yield modes that none of the types beside them has: such a query finds nothing, and nobody would see why."""
    asked = {part.field: part.values for part in tree.parts if isinstance(part, kql.Term)}
    types = [vocabulary.types[name] for name in asked.get("type", ()) if name in vocabulary.types]
    if not types:
        return
    for mode in asked.get("mode", ()):
        if mode != kql.EXISTS and not any(mode in event_type.modes for event_type in types):
            yield f"{' and '.join(event_type.id for event_type in types)} has no mode {mode!r}"
