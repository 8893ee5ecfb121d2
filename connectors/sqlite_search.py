"""Reading one kind of one generation of the SQLite index.

Rows are numbered by `newest_key`, so the full-text index walks hits from the newest on, and a page costs as much as it
shows, however many hits there are. Everything here runs within one read transaction.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from connectors.facets import MAX_VALUES, count_values, in_order
from connectors.paging import BEST, COUNTED, START, Cursor, Ranked, next_cursor
from connectors.sqlite_generations import Tables, decode_fields
from connectors.sqlite_terms import columns, expression
from schemas.analysis import keyword
from schemas.documents import FIELDS
from schemas.query_dates import date_interval
from schemas.query_tree import And, Between, Node, Query, Value

MAX_RANKED: Final = 10_000
"""The best are looked for among this many of the newest hits: a word of every document would rank them all."""
MAX_SORTED: Final = 5_000
"""Facets are counted among this many of the newest hits, for the same reason."""
SAMPLED: Final = 300
_TITLE_WEIGHT: Final = 3.0
_TOP: Final = 2**63 - 1


class Row(NamedTuple):
    """A hit."""

    key: int
    score: float
    id: str
    fields: dict[str, Any]


class Found(NamedTuple):
    """A page of hits, the keys of the newest COUNTED + 1 hits, and where the next page begins."""

    rows: list[Row]
    newest: list[int]
    cursor: Cursor | None


def find(connection: sqlite3.Connection, tables: Tables, query: Query, sort: str, cursor: Cursor, limit: int) -> Found:
    """Return one page: of the best first, if these are asked for, then of all others, newest first."""
    match = expression(query)
    newest = _keys(connection, tables, match, None, COUNTED + 1)
    if sort == "best" and cursor == START:
        cursor = Cursor(best=_best(connection, tables, match))
    best = cursor.best[cursor.shown : cursor.shown + limit]
    rest = _rest(connection, tables, match, cursor, newest, limit - len(best) + 1)
    wanted = [Ranked(key, 0.0) for key in rest[: limit - len(best)]]
    given = [ranked.key for ranked in (*best, *wanted)]
    rows = _rows(connection, tables, (*best, *wanted))
    return Found(rows, newest, next_cursor(cursor, given, more=len(rest) > len(wanted)))


def _keys(connection: sqlite3.Connection, tables: Tables, match: str, below: int | None, limit: int) -> list[int]:
    """Return the keys of hits below a key, newest first."""
    reading = tables.sql("SELECT rowid FROM $words WHERE $words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?")
    return [key for (key,) in connection.execute(reading, (match, _TOP if below is None else below, limit))]


def _rest(
    connection: sqlite3.Connection, tables: Tables, match: str, cursor: Cursor, newest: list[int], limit: int
) -> list[int]:
    """Return the keys of hits below the cursor that are not among the best."""
    best = {ranked.key for ranked in cursor.best}
    enough = limit + len(best)
    if cursor.below is None and (enough <= len(newest) or len(newest) <= COUNTED):
        keys = newest[:enough]
    else:
        keys = _keys(connection, tables, match, cursor.below, enough)
    return [key for key in keys if key not in best][:limit]


def _rows(connection: sqlite3.Connection, tables: Tables, hits: Iterable[Ranked]) -> list[Row]:
    """Read hits, without those that were deleted since the first page ranked them."""
    reading = tables.sql("SELECT id, fields FROM $documents WHERE key = ?")
    found = ((ranked, connection.execute(reading, (ranked.key,)).fetchone()) for ranked in hits)
    return [Row(*ranked, row[0], decode_fields(row[1])) for ranked, row in found if row is not None]


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


def count_facets(
    connection: sqlite3.Connection, tables: Tables, query: Query, newest: list[int], facets: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Count the values of `facets`, of which `newest` are the newest hits: all of them up to COUNTED.

    Beyond, the values among the newest SAMPLED hits are taken, or the thirty days up to the newest of them, and counted
    among the newest MAX_SORTED hits.
    """
    if not facets:
        return {}
    few = len(newest) <= COUNTED
    sample = [Ranked(key, 0.0) for key in newest[: COUNTED if few else SAMPLED]]
    fields = [row.fields for row in _rows(connection, tables, sample)]
    counted = {name: count_values(tables.kind, name, fields) for name in facets}
    if few:
        return counted
    oldest = _key_at(connection, tables, expression(query), MAX_SORTED)
    counting = tables.sql("SELECT count(*) FROM $words WHERE $words MATCH ? AND rowid >= ?")

    def recounted(name: str, value: str) -> tuple[str, int]:
        narrowed = expression(_narrowed(query, name, value))
        return value, connection.execute(counting, (narrowed, oldest)).fetchone()[0]

    candidates = {name: _candidates(tables.kind, name, values) for name, values in counted.items()}
    return {name: in_order(recounted(name, value) for value in values) for name, values in candidates.items()}


def _candidates(kind: str, name: str, values: Sequence[tuple[str, int]]) -> list[str]:
    """Return the values to count; of dates all days, as the newest hits are of a few days only."""
    found = [value for value, _ in values]
    if FIELDS[kind][name] != "date" or not found:
        return found
    newest = date.fromisoformat(max(found)).toordinal()
    return [date.fromordinal(day).isoformat() for day in range(newest, max(newest - MAX_VALUES, 0), -1)]


def _key_at(connection: sqlite3.Connection, tables: Tables, match: str, place: int) -> int:
    """Return the key of the hit at that place among the newest, counted from 1; 0 when there are fewer."""
    reading = tables.sql("SELECT rowid FROM $words WHERE $words MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET ?")
    row = connection.execute(reading, (match, place - 1)).fetchone()
    return 0 if row is None else int(row[0])


def _narrowed(query: Query, name: str, value: str) -> Query:
    """Return the query of the hits with one value of a facet."""
    exactly: Node = Value(name, keyword(value))
    if FIELDS[query.kind][name] == "date":
        day = date_interval(value, None, 0)
        exactly = Between(name, day.first, day.last)
    return Query(query.kind, And((query.root, exactly)))
