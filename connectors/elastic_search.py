"""One page of hits from Elasticsearch, in the order and with the cursors that every backend has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from connectors.elastic_documents import SEPARATOR
from connectors.elastic_options import is_no_index, reason
from connectors.elastic_query import to_elastic
from connectors.facets import MAX_VALUES, in_order
from connectors.paging import BEST, COUNTED, START, Cursor, Ranked, next_cursor
from schemas.errors import QueryError
from schemas.query_tree import Query

_SPELLINGS: Final = 20 * MAX_VALUES
"""Values with their spellings that are counted, so that the most frequent are complete."""
_NEWEST: Final = [{"lookup.newest": "desc"}, {"lookup.id": "desc"}]
_MANY: Final = 100
"""Documents of one key that a page can't be cut between: more than there will ever be."""
_LONGEST: Final = "30s"
"""A search that takes longer fails, and frees the server."""
_TOO_MUCH: Final = "too many"
"""Words that a beginning in a phrase may be, or clauses. The server answers 500 as if it were a fault of its own."""
_CLOSED: Final = "index_closed_exception"
"""What a server says of an index that somebody closed; that, too, has status 400."""
_NOTHING: Final[Mapping[str, Any]] = {"hits": {"hits": [], "total": {"value": 0}}}
_SHOWN: Final = ("lookup.id", "lookup.newest")


class Row(NamedTuple):
    """One hit."""

    id: str
    key: int
    score: float
    fields: dict[str, Any]


class Found(NamedTuple):
    """One page."""

    rows: list[Row]
    total: int
    aggregations: Mapping[str, Any]
    cursor: Cursor | None


class Searching(NamedTuple):
    """Where and what is searched."""

    client: Any
    where: str
    query: Query

    def ask(self, **request: Any) -> Mapping[str, Any]:
        """Search; an index that is not there holds nothing. Raises QueryError, elasticsearch's errors.

        A part of the answer is none: totals and pages would be wrong without a word.
        """
        from elasticsearch import ApiError, NotFoundError

        try:
            answer: Mapping[str, Any] = self.client.search(
                index=self.where,
                allow_partial_search_results=False,
                docvalue_fields=list(_SHOWN),
                timeout=_LONGEST,
                **request,
            )
        except NotFoundError as error:
            if is_no_index(error):
                return _NOTHING
            raise
        except ApiError as error:
            said = reason(error.body)
            if (error.status_code == 400 and error.error != _CLOSED) or _TOO_MUCH in said:
                raise QueryError(f"too much for the search server, make it simpler: {said}") from error
            raise
        return answer

    def only(self, *, keys: Sequence[int] = (), without: Sequence[int] = ()) -> dict[str, Any]:
        """Return the query as a filter, for hits of some keys, or without some."""
        filters: list[dict[str, Any]] = [to_elastic(self.query)]
        if keys:
            filters.append({"terms": {"lookup.newest": list(keys)}})
        excluded = [{"terms": {"lookup.newest": list(without)}}] if without else []
        return {"bool": {"filter": filters, "must_not": excluded}}


def find(searching: Searching, sort: str, start: Cursor, limit: int, facets: Sequence[str]) -> Found:
    """Return the page that begins at a cursor. Raises QueryError, elasticsearch's errors."""
    counting = {"track_total_hits": COUNTED + 1, "aggregations": _aggregations(facets)}
    counted: Mapping[str, Any] | None = None
    if sort == "best" and start == START:
        counted = searching.ask(
            query=to_elastic(searching.query),
            size=BEST,
            sort=[{"_score": "desc"}, *_NEWEST],
            track_scores=True,
            source=False,
            **counting,
        )
        start = Cursor(best=_best(counted))
    best = start.best[start.shown : start.shown + limit]
    wanted = limit - len(best)
    rest: list[Row] = []
    if start.shown + limit >= len(start.best):
        answer = _rest(searching, start, wanted + 1, {"track_total_hits": False} if start.best else counting)
        rest = [_row(hit, 0.0) for hit in answer["hits"]["hits"]]
        counted = counted or (None if start.best else answer)
    # What is left out of the page belongs to the total.
    counted = counted or searching.ask(query=searching.only(), size=0, **counting)
    kept = _whole_keys(searching, rest, wanted)
    given = [ranked.key for ranked in best] + [row.key for row in kept]
    following = next_cursor(start, given, more=len(rest) > wanted)
    total = counted["hits"]["total"]["value"]
    return Found(_ranked(searching, best) + kept, total, counted.get("aggregations", {}), following)


def _rest(searching: Searching, start: Cursor, size: int, counting: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for the newest hits below a cursor that are not among the best."""
    return searching.ask(
        query=searching.only(without=[ranked.key for ranked in start.best]),
        size=size,
        sort=_NEWEST,
        # Of one key, what comes after the empty id: nothing.
        search_after=None if start.below is None else [start.below, ""],
        **counting,
    )


def _whole_keys(searching: Searching, rest: list[Row], wanted: int) -> list[Row]:
    """Cut a page to what was wanted, but not between two documents of one key: the cursor is a key.

    Two ids of the same millisecond share a key once in a million times. A page of nothing but these is longer.
    """
    kept = rest[:wanted]
    if not kept or len(rest) <= wanted or rest[wanted].key != kept[-1].key:
        return kept
    shorter = [row for row in kept if row.key != kept[-1].key]
    return shorter or _of_keys(searching, [kept[-1].key])


def _of_keys(searching: Searching, keys: Sequence[int]) -> list[Row]:
    """Return the documents of some keys that are still there; a key may have more than one."""
    answer = searching.ask(
        query=searching.only(keys=keys), size=_MANY + len(keys), sort=_NEWEST, track_total_hits=False
    )
    return [_row(hit, 0.0) for hit in answer["hits"]["hits"]]


def _best(answer: Mapping[str, Any]) -> tuple[Ranked, ...]:
    ranked: dict[int, Ranked] = {}
    for row in (_row(hit, hit["_score"]) for hit in answer["hits"]["hits"]):
        # Where two documents share a key, it stands for both, at the place of the better one.
        ranked.setdefault(row.key, Ranked(row.key, row.score))
    return tuple(ranked.values())


def _ranked(searching: Searching, best: Sequence[Ranked]) -> list[Row]:
    """Return the documents of ranked keys that are still there, in their order."""
    if not best:
        return []
    found: dict[int, list[Row]] = {}
    for row in _of_keys(searching, [ranked.key for ranked in best]):
        found.setdefault(row.key, []).append(row)
    return [row._replace(score=one.score) for one in best for row in found.pop(one.key, ())]


def _row(hit: Mapping[str, Any], score: float) -> Row:
    shown = hit["fields"]
    return Row(shown["lookup.id"][0], int(shown["lookup.newest"][0]), score, hit.get("_source", {}))


def _aggregations(facets: Sequence[str]) -> dict[str, Any]:
    return {name: {"terms": {"field": f"lookup.facets.{name}", "size": _SPELLINGS}} for name in facets}


def count_facets(aggregations: Mapping[str, Any], name: str) -> list[tuple[str, int]]:
    """Count a field's values: those that fold alike are one, and go by their most frequent spelling."""
    counts: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    for bucket in aggregations.get(name, {}).get("buckets", ()):
        folded, _, spelling = bucket["key"].partition(SEPARATOR)
        counts[folded] += bucket["doc_count"]
        spellings.setdefault(folded, Counter())[spelling] += bucket["doc_count"]
    return in_order(
        (min(spellings[folded].items(), key=lambda item: (-item[1], item[0]))[0], count)
        for folded, count in counts.items()
    )
