"""One page of hits from Elasticsearch, in the order and with the cursors that every backend has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from connectors.elastic_documents import SEPARATOR
from connectors.elastic_query import to_elastic
from connectors.facets import MAX_VALUES, in_order
from connectors.paging import BEST, COUNTED, START, Cursor, Ranked, next_cursor
from schemas.query_tree import Query

_SPELLINGS: Final = 20 * MAX_VALUES
"""Values with their spellings that are counted, so that the most frequent are complete."""
_NEWEST: Final = [{"lookup.newest": "desc"}, {"lookup.id": "desc"}]
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
        """Search; an index that is not there holds nothing. Raises elasticsearch's errors."""
        answer: Mapping[str, Any] = self.client.search(
            index=self.where, ignore_unavailable=True, docvalue_fields=list(_SHOWN), **request
        )
        return answer

    def only(
        self, *, below: int | None = None, keys: Sequence[int] = (), without: Sequence[int] = ()
    ) -> dict[str, Any]:
        """Return the query as a filter, for hits below a key, of some keys, or without some."""
        filters: list[dict[str, Any]] = [to_elastic(self.query)]
        if below is not None:
            filters.append({"range": {"lookup.newest": {"lt": below}}})
        if keys:
            filters.append({"terms": {"lookup.newest": list(keys)}})
        excluded = [{"terms": {"lookup.newest": list(without)}}] if without else []
        return {"bool": {"filter": filters, "must_not": excluded}}


def find(searching: Searching, sort: str, start: Cursor, limit: int, facets: Sequence[str]) -> Found:
    """Return the page that begins at a cursor. Raises elasticsearch's errors."""
    if sort == "best" and start == START:
        start = Cursor(best=_best(searching))
    best = start.best[start.shown : start.shown + limit]
    wanted = limit - len(best)
    passed = [ranked.key for ranked in start.best]
    answer = searching.ask(
        query=searching.only(below=start.below, without=passed), size=wanted + 1, sort=_NEWEST, track_total_hits=False
    )
    rest = [_row(hit, 0.0) for hit in answer["hits"]["hits"]]
    kept = _whole_keys(rest, wanted)
    rows = _ranked(searching, best) + kept
    given = [ranked.key for ranked in best] + [row.key for row in kept]
    counted = searching.ask(
        query=searching.only(), size=0, track_total_hits=COUNTED + 1, aggregations=_aggregations(facets)
    )
    following = next_cursor(start, given, more=len(rest) > len(kept))
    return Found(rows, counted["hits"]["total"]["value"], counted.get("aggregations", {}), following)


def _whole_keys(rest: list[Row], wanted: int) -> list[Row]:
    """Cut a page to what was wanted, but not between two documents of one key: the cursor is a key."""
    kept = rest[:wanted]
    if len(rest) > wanted and kept and rest[wanted].key == kept[-1].key:
        shorter = [row for row in kept if row.key != kept[-1].key]
        return shorter or kept
    return kept


def _best(searching: Searching) -> tuple[Ranked, ...]:
    answer = searching.ask(
        query=to_elastic(searching.query),
        size=BEST,
        sort=[{"_score": "desc"}, *_NEWEST],
        track_scores=True,
        track_total_hits=False,
        source=False,
    )
    return tuple(Ranked(row.key, row.score) for row in (_row(hit, hit["_score"]) for hit in answer["hits"]["hits"]))


def _ranked(searching: Searching, best: Sequence[Ranked]) -> list[Row]:
    """Return the documents of ranked keys that are still there, in their order."""
    if not best:
        return []
    answer = searching.ask(
        query=searching.only(keys=[ranked.key for ranked in best]), size=2 * len(best), track_total_hits=False
    )
    by_key = {row.key: row for row in (_row(hit, 0.0) for hit in answer["hits"]["hits"])}
    return [by_key[ranked.key]._replace(score=ranked.score) for ranked in best if ranked.key in by_key]


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
