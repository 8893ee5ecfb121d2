"""Reading one kind of one generation of the SQLite index.

Rows are numbered by `newest_key`, so the full-text index walks hits from the newest on, and a page costs as much as it
shows, however many hits there are. Everything here runs within one read transaction.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from connectors.facets import count_values, in_order
from connectors.paging import BEST, COUNTED, START, Cursor, Ranked, next_cursor
from connectors.sqlite_generations import Tables, decode_fields
from connectors.sqlite_terms import columns, expression
from schemas.analysis import keyword
from schemas.documents import FIELDS
from schemas.query_dates import date_interval
from schemas.query_tree import And, Between, Node, Query, Value

MAX_RANKED: Final = 10_000
"""The best are looked for among this many of the newest hits: a word of every document would rank them all."""
_TITLE_WEIGHT: Final = 3.0
_TOP: Final = 2**63 - 1


class Row(NamedTuple):
    """A hit."""

    key: int
    score: float
    id: str
    fields: dict[str, Any]


class Found(NamedTuple):
    """A page of hits, how many there are in all (COUNTED + 1: more), and where the next page begins."""

    rows: list[Row]
    total: int
    cursor: Cursor | None


def find(connection: sqlite3.Connection, tables: Tables, query: Query, sort: str, cursor: Cursor, limit: int) -> Found:
    """Return one page: of the best first, if these are asked for, then of all others, newest first."""
    match = expression(query)
    total = _count(connection, tables, match)
    if sort == "best" and cursor == START:
        cursor = Cursor(best=_best(connection, tables, match))
    best = cursor.best[cursor.shown : cursor.shown + limit]
    shown = [row for ranked in best for row in _row(connection, tables, ranked)]
    rest = _newest(connection, tables, match, cursor, limit - len(best) + 1)
    wanted = rest[: limit - len(best)]
    given = [ranked.key for ranked in best] + [row.key for row in wanted]
    return Found([*shown, *wanted], total, next_cursor(cursor, given, more=len(rest) > len(wanted)))


def _count(connection: sqlite3.Connection, tables: Tables, match: str, limit: int = COUNTED + 1) -> int:
    counting = tables.sql("SELECT count(*) FROM (SELECT 1 FROM $words WHERE $words MATCH ? LIMIT ?)")
    return int(connection.execute(counting, (match, limit)).fetchone()[0])


def _best(connection: sqlite3.Connection, tables: Tables, match: str) -> tuple[Ranked, ...]:
    """Return the best hits by BM25, of equal ones the newest first. Terms of other fields weigh nothing."""
    weights = [_weight(name, tables.kind) for name in columns(tables.kind)]
    ranking = tables.sql("""
        SELECT key, score FROM (
            SELECT rowid AS key, -bm25($words, $marks) AS score
            FROM $words WHERE $words MATCH ? ORDER BY rowid DESC LIMIT ?
        ) ORDER BY score DESC, key DESC LIMIT ?
    """)
    return tuple(map(Ranked._make, connection.execute(ranking, (*weights, match, MAX_RANKED, BEST))))


def _weight(column: str, kind: str) -> float:
    if column not in FIELDS[kind]:
        return 0.0
    return _TITLE_WEIGHT if column == "title" else 1.0


def _row(connection: sqlite3.Connection, tables: Tables, ranked: Ranked) -> list[Row]:
    """Return one of the best, or nothing if it was deleted meanwhile."""
    reading = tables.sql("SELECT id, fields FROM $documents WHERE key = ?")
    found = connection.execute(reading, (ranked.key,)).fetchall()
    return [Row(ranked.key, ranked.score, document_id, decode_fields(fields)) for document_id, fields in found]


def _newest(connection: sqlite3.Connection, tables: Tables, match: str, cursor: Cursor, limit: int) -> list[Row]:
    """Return hits below the cursor, without the best ones."""
    best = {ranked.key for ranked in cursor.best}
    reading = tables.sql("""
        SELECT d.key, d.id, d.fields FROM $words CROSS JOIN $documents AS d ON d.key = $words.rowid
        WHERE $words MATCH ? AND $words.rowid < ? ORDER BY $words.rowid DESC
    """)
    below = _TOP if cursor.below is None else cursor.below
    rows: list[Row] = []
    for key, document_id, fields in connection.execute(reading, (match, below)):
        if key not in best:
            rows.append(Row(key, 0.0, document_id, decode_fields(fields)))
        if len(rows) == limit:
            break
    return rows


def count_facets(
    connection: sqlite3.Connection, tables: Tables, query: Query, total: int, facets: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Count the values of `facets`: all of them up to COUNTED hits.

    Beyond, the values among the newest COUNTED hits are taken, and the most frequent of them counted over all hits.
    """
    if not facets:
        return {}
    hits = _newest(connection, tables, expression(query), START, COUNTED)
    counted = {name: count_values(tables.kind, name, [row.fields for row in hits]) for name in facets}
    if total <= COUNTED:
        return counted
    return {name: _recount(connection, tables, query, name, values) for name, values in counted.items()}


def _recount(
    connection: sqlite3.Connection, tables: Tables, query: Query, name: str, values: Sequence[tuple[str, int]]
) -> list[tuple[str, int]]:
    return in_order(
        (value, _count(connection, tables, expression(_narrowed(query, name, value)), -1)) for value, _ in values
    )


def _narrowed(query: Query, name: str, value: str) -> Query:
    """Return the query of the hits with one value of a facet."""
    exactly: Node = Value(name, keyword(value))
    if FIELDS[query.kind][name] == "date":
        day = date_interval(value, None, 0)
        exactly = Between(name, day.first, day.last)
    return Query(query.kind, And((query.root, exactly)))
