"""The index in one SQLite file: no server, any number of processes on one machine, thrown away and rebuilt at will.

What a file holds is in `sqlite_generations`, what documents are found by in `sqlite_terms`, and how it is searched in
`sqlite_search`.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from connectors.facets import check_facets
from connectors.paging import COUNTED, read_cursor, write_cursor
from connectors.ports import Document, Hit, Page, Rejected
from connectors.sqlite_file import Layout, SqliteFile
from connectors.sqlite_generations import (
    TABLES,
    Tables,
    Written,
    decode_fields,
    drop_generation,
    generation_number,
    live_generation,
    make_generation,
    prepare,
    remove,
    replace,
    stored,
    tables_of,
)
from connectors.sqlite_search import count_facets, find
from schemas.document_checks import UnfitError
from schemas.errors import IndexUnavailableError
from schemas.query import parse_query
from schemas.query_highlight import highlights

_LAYOUT: Final = Layout(
    name="index",
    application_id=0x6B6B6978,  # "kkix"
    version=1,
    tables=TABLES,
    pragmas=(
        "page_size = 8192",
        # Whoever wrote here stores afterwards that it did: what it relies on must not go with the power.
        "synchronous = FULL",
        "cache_size = -16000",
        "wal_autocheckpoint = 2000",
        "journal_size_limit = 67108864",
    ),
    outdated="delete the file and run `kirkuk reprocess`, which fills it again from the log",
)
_PAGE: Final = 500
"""Documents that a scan reads at once."""


class SqliteIndex:
    """Index in the SQLite file `path`; see connectors.ports.Index.

    Durable on return, through kill -9 and, as far as the disk keeps its promise of fsync, through a loss of power. Any
    thread may call, any number of processes may open the file; writers queue for up to `busy_timeout_s`, readers never
    wait. Raises IndexUnavailableError when the file can't be opened, is no index, or was written by another release.
    `now` is what `now-1d` in queries counts from.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        busy_timeout_s: float = 30.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._now = now
        self._file = SqliteFile(path, _LAYOUT, IndexUnavailableError, busy_timeout_s=busy_timeout_s)

    def upsert(self, generation: str, documents: Sequence[Document]) -> list[Rejected]:
        """Write all that fit in one transaction; see Index."""
        rejected: list[Rejected] = []
        by_kind: dict[str, dict[str, Written]] = {}
        for document in documents:
            try:
                written = prepare(document)
            except UnfitError as error:
                rejected.append(Rejected(document, str(error)))
                continue
            latest = by_kind.setdefault(document.kind, {})
            if document.id not in latest or latest[document.id].version <= document.version:
                latest[document.id] = written
        if by_kind:
            with self._file.writing() as connection:
                number = make_generation(connection, generation)
                for kind, latest in by_kind.items():
                    replace(connection, tables_of(number, kind), latest)
        return rejected

    def delete(self, generation: str, kind: str, ids: Sequence[str]) -> None:
        """Remove documents in one transaction; see Index."""
        if not ids:
            return
        with self._file.writing() as connection:
            number = generation_number(connection, generation)
            if number is not None:
                tables = tables_of(number, kind)
                remove(connection, tables, stored(connection, tables, list(dict.fromkeys(ids))).values())

    def get(self, kind: str, document_id: str, *, generation: str | None = None) -> dict[str, Any] | None:
        """Return the fields of one document; see Index."""
        with self._file.reading() as connection:
            tables = self._find(connection, kind, generation)
            if tables is None:
                return None
            reading = tables.sql("SELECT fields FROM $documents WHERE id = ?")
            row = connection.execute(reading, (document_id,)).fetchone()
        return None if row is None else decode_fields(row[0])

    def search(
        self,
        kind: str,
        query: str,
        *,
        sort: str = "newest",
        limit: int = 20,
        cursor: str | None = None,
        facets: Sequence[str] = (),
        highlight: bool = False,
        generation: str | None = None,
    ) -> Page:
        """Search one kind; see Index. Pages, totals and facets are of one state of the file."""
        parsed = parse_query(kind, query, now=self._now())
        check_facets(kind, facets)
        start = read_cursor(cursor, kind, query, sort)
        with self._file.reading() as connection:
            tables = self._find(connection, kind, generation)
            if tables is None:
                return Page(hits=[], total=0, facets={name: [] for name in facets})
            found = find(connection, tables, parsed, sort, start, max(limit, 0))
            counts = count_facets(connection, tables, parsed, found.newest, facets)
        marks = [highlights(parsed, row.fields) if highlight else {} for row in found.rows]
        return Page(
            hits=[
                Hit(id=row.id, score=row.score, fields=row.fields, highlights=marked)
                for row, marked in zip(found.rows, marks, strict=True)
            ],
            total=min(len(found.newest), COUNTED),
            total_is_lower_bound=len(found.newest) > COUNTED,
            facets=counts,
            next_cursor=None if found.cursor is None else write_cursor(found.cursor, kind, query, sort),
        )

    def scan(self, kind: str, *, generation: str | None = None) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield documents by id, a page at a time; see Index. What is written meanwhile may or may not be seen."""
        after = ""
        while True:
            with self._file.reading() as connection:
                tables = self._find(connection, kind, generation)
                if tables is None:
                    return
                reading = tables.sql("SELECT id, version, fields FROM $documents WHERE id > ? ORDER BY id LIMIT ?")
                page = connection.execute(reading, (after, _PAGE)).fetchall()
            if not page:
                return
            for document_id, version, fields in page:
                yield document_id, version, decode_fields(fields)
            after = page[-1][0]

    def count(self, kind: str, *, generation: str | None = None) -> int:
        """Count documents; see Index."""
        with self._file.reading() as connection:
            tables = self._find(connection, kind, generation)
            if tables is None:
                return 0
            return int(connection.execute(tables.sql("SELECT count(*) FROM $documents")).fetchone()[0])

    def live(self) -> str | None:
        """Return the live generation; see Index."""
        with self._file.reading() as connection:
            return live_generation(connection)

    def generations(self) -> list[str]:
        """Return all generations; see Index."""
        with self._file.reading() as connection:
            return [name for (name,) in connection.execute("SELECT name FROM generations ORDER BY number")]

    def promote(self, generation: str) -> None:
        """Move the live pointer; see Index. A generation that has no documents yet comes into being."""
        with self._file.writing() as connection:
            make_generation(connection, generation)
            connection.execute("INSERT OR REPLACE INTO live (one, name) VALUES (1, ?)", (generation,))

    def drop(self, generation: str) -> None:
        """Drop a generation's tables; see Index. Unknown ones are fine."""
        with self._file.writing() as connection:
            if live_generation(connection) == generation:
                raise ValueError(f"generation {generation!r} is live: promote another one first")
            drop_generation(connection, generation)

    def close(self) -> None:
        """Close the file; see Index."""
        self._file.close()

    def _find(self, connection: sqlite3.Connection, kind: str, generation: str | None) -> Tables | None:
        name = live_generation(connection) if generation is None else generation
        number = None if name is None else generation_number(connection, name)
        return None if number is None else tables_of(number, kind)
