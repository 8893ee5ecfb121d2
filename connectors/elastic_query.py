"""Our query trees in Elasticsearch's query language. Leaves are folded and checked already; nothing is parsed again."""

from collections.abc import Iterable, Iterator
from math import inf, isinf
from typing import Any, Final

from connectors.elastic_documents import has_term, value_term
from schemas.documents import FIELDS
from schemas.query_tree import And, Between, Everything, Exists, Node, Not, Or, Query, Value, Words

TITLE_BOOST: Final = 3.0
"""How much more a word in a title says than one in a text."""
_FARTHEST: Final = float(2**62)


def to_elastic(query: Query) -> dict[str, Any]:
    """Return a query as Elasticsearch takes it."""
    return _node(query.kind, _plain(query.root))


def _plain(node: Node) -> Node:
    """Return an equal tree in which only leaves are negated, and no And is part of an And, nor an Or of an Or: the
    server takes 30 levels, not more.
    """
    match node:
        case And():
            return And(tuple(_parts(node)))
        case Or():
            return Or(tuple(_parts(node)))
        case Not(part):
            return _negated(part)
        case _:
            return node


def _parts(node: And | Or) -> Iterator[Node]:
    for part in map(_plain, node.parts):
        if isinstance(part, And | Or) and type(part) is type(node):
            yield from part.parts
        else:
            yield part


def _negated(node: Node) -> Node:
    match node:
        case Not(part):
            return _plain(part)
        case And(parts):
            return _plain(Or(tuple(map(Not, parts))))
        case Or(parts):
            return _plain(And(tuple(map(Not, parts))))
        case _:
            return Not(node)


def _node(kind: str, node: Node) -> dict[str, Any]:
    match node:
        case And(parts):
            wanted = [_node(kind, part) for part in parts if not isinstance(part, Not)]
            unwanted = [_node(kind, part.part) for part in parts if isinstance(part, Not)]
            return {"bool": {name: found for name, found in (("must", wanted), ("must_not", unwanted)) if found}}
        case Or(parts):
            return _any(_node(kind, part) for part in parts)
        case Not(part):
            return {"bool": {"must_not": [_node(kind, part)]}}
        case _:
            return _leaf(kind, node)


def _leaf(kind: str, node: Words | Value | Exists | Between | Everything) -> dict[str, Any]:
    match node:
        case Words():
            return _any(_words(node, field) for field in node.fields)
        case Everything():
            return {"match_all": {"boost": 0.0}}
        case _:
            return {"constant_score": {"filter": _value(kind, node), "boost": 0.0}}


def _any(queries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    listed = list(queries)
    return listed[0] if len(listed) == 1 else {"bool": {"should": listed, "minimum_should_match": 1}}


def _value(kind: str, node: Exists | Value | Between) -> dict[str, Any]:
    match node:
        case Exists(field):
            return {"term": {"lookup.terms": has_term(field)}}
        case Value(field, value, prefix):
            return {"prefix" if prefix else "term": {"lookup.terms": {"value": value_term(field, value)}}}
        case Between(field, low, high):
            return _range(field, -inf if low is None else low, inf if high is None else high, FIELDS[kind][field])


def _range(field: str, low: float, high: float, of: str) -> dict[str, Any]:
    if low > high or low == inf or high == -inf:
        return {"match_none": {}}
    if of == "integer":
        # The server refuses what is no long; documents have no integers beyond 2^53.
        low, high = (end if isinf(end) else min(max(end, -_FARTHEST), _FARTHEST) for end in (low, high))
    bounds: dict[str, Any] = {}
    if low > -inf:
        # To the server -0.0 is less than 0.0, to everybody else they are equal.
        bounds["gte"] = int(low) if of == "date" else low or -0.0
    if high < inf:
        bounds["lte"] = int(high) if of == "date" else high or 0.0
    if not bounds:
        return {"term": {"lookup.terms": has_term(field)}}
    return {"range": {field: {**bounds, **({"format": "epoch_millis"} if of == "date" else {})}}}


def _words(node: Words, field: str) -> dict[str, Any]:
    name = f"lookup.words.{field}"
    boost = TITLE_BOOST if field == "title" else 1.0
    if node.slop and len(set(node.words)) > 1:
        wanted = sorted(set(node.words))
        gaps = len(node.words) + node.slop - len(wanted)
        return {"intervals": {name: {"all_of": {**_each(wanted), "ordered": False, "max_gaps": gaps}, "boost": boost}}}
    words = node.words[:1] if node.slop else node.words
    if not node.prefix:
        return {"match_phrase": {name: {"query": " ".join(words), "boost": boost}}}
    if len(words) == 1:
        return {"prefix": {name: {"value": words[0], "boost": boost}}}
    beginning = {"prefix": {"prefix": words[-1]}}
    parts = {"intervals": [*_each(words[:-1])["intervals"], beginning], "ordered": True, "max_gaps": 0}
    return {"intervals": {name: {"all_of": parts, "boost": boost}}}


def _each(words: tuple[str, ...] | list[str]) -> dict[str, Any]:
    return {"intervals": [{"match": {"query": word}} for word in words]}
