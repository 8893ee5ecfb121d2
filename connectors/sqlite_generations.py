"""Generations and documents in the SQLite index: tables, writing and forgetting.

A generation is one row of `generations` and, for each kind of documents, two tables named by its number: the documents
as JSON, numbered by `newest_key`, and a full-text index over what they are found by (`sqlite_terms`), which holds no
texts of its own. To forget a generation is to drop its tables.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Template
from typing import Any, Final, NamedTuple

import msgspec

from connectors.paging import newest_key
from connectors.sqlite_terms import TOKENISER, columns, indexed
from schemas.document_checks import encode_fields
from schemas.documents import FIELDS, Document

TABLES: Final = """
CREATE TABLE generations (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE live (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL);
"""

decode_fields: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Tables(NamedTuple):
    """The tables of one kind in one generation."""

    kind: str
    documents: str
    words: str

    def sql(self, statement: str) -> str:
        """Fill in `$documents`, `$words`, `$columns`, `$marks` (a ? for each column) and `$tokeniser`.

        Parameters can't name tables; these names are made of numbers and of the kinds and fields that FIELDS lists.
        """
        names = columns(self.kind)
        return Template(statement).substitute(
            documents=self.documents,
            words=self.words,
            columns=", ".join(f'"{name}"' for name in names),
            marks=", ".join("?" * len(names)),
            tokeniser=TOKENISER,
        )


class Written(NamedTuple):
    """A document on its way in: its key, its JSON, and what each column of the full-text table gets."""

    id: str
    version: int
    key: int
    body: bytes
    columns: tuple[str, ...]


class Stored(NamedTuple):
    """A document that is there."""

    id: str
    version: int
    key: int
    body: bytes


def tables_of(number: int, kind: str) -> Tables:
    """Return the tables of one kind. Raises ValueError for an unknown kind."""
    if kind not in FIELDS:
        raise ValueError(f"kind {kind!r} is unknown; kinds are {', '.join(FIELDS)}")
    return Tables(kind, f"documents_{number}_{kind}", f"words_{number}_{kind}")


def live_generation(connection: sqlite3.Connection) -> str | None:
    """Return the name of the live generation."""
    row = connection.execute("SELECT name FROM live").fetchone()
    return None if row is None else str(row[0])


def generation_number(connection: sqlite3.Connection, generation: str) -> int | None:
    """Return the number of a generation, None for an unknown one."""
    row = connection.execute("SELECT number FROM generations WHERE name = ?", (generation,)).fetchone()
    return None if row is None else int(row[0])


def make_generation(connection: sqlite3.Connection, generation: str) -> int:
    """Return the number of a generation, which comes into being if it is not there."""
    number = generation_number(connection, generation)
    if number is not None:
        return number
    number = connection.execute("INSERT INTO generations (name) VALUES (?)", (generation,)).lastrowid
    assert number is not None
    for kind in FIELDS:
        tables = tables_of(number, kind)
        connection.execute(
            tables.sql(
                "CREATE TABLE $documents (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, "
                "fields BLOB NOT NULL)"
            )
        )
        connection.execute(
            tables.sql("CREATE VIRTUAL TABLE $words USING fts5($columns, content='', tokenize=\"$tokeniser\")")
        )
    return number


def drop_generation(connection: sqlite3.Connection, generation: str) -> None:
    """Drop the tables of a generation; nothing for an unknown one."""
    number = generation_number(connection, generation)
    if number is None:
        return
    for kind in FIELDS:
        tables = tables_of(number, kind)
        connection.execute(tables.sql("DROP TABLE $words"))
        connection.execute(tables.sql("DROP TABLE $documents"))
    connection.execute("DELETE FROM generations WHERE number = ?", (number,))


def prepare(document: Document) -> Written:
    """Work out all that is written of a document, before any lock is taken. Raises UnfitError."""
    body = encode_fields(document)
    key = newest_key(document.kind, document.id, document.fields)
    return Written(document.id, document.version, key, body, indexed(document.kind, document.fields))


def stored(connection: sqlite3.Connection, tables: Tables, ids: Iterable[str]) -> dict[str, Stored]:
    """Return those of `ids` that are there."""
    reading = tables.sql("SELECT id, version, key, fields FROM $documents WHERE id = ?")
    rows = (connection.execute(reading, (document_id,)).fetchone() for document_id in ids)
    return {row[0]: Stored(*row) for row in rows if row is not None}


def replace(connection: sqlite3.Connection, tables: Tables, latest: Mapping[str, Written]) -> None:
    """Write what is new, or of the same or a higher version, and differs from what is there."""
    there = stored(connection, tables, latest)
    changed = [written for written in latest.values() if _is_change(written, there.get(written.id))]
    remove(connection, tables, [there[written.id] for written in changed if written.id in there])
    placed = list(_placed(connection, tables, changed))
    connection.executemany(
        tables.sql("INSERT INTO $documents (key, id, version, fields) VALUES (?, ?, ?, ?)"),
        [(key, written.id, written.version, written.body) for key, written in placed],
    )
    connection.executemany(
        tables.sql("INSERT INTO $words (rowid, $columns) VALUES (?, $marks)"),
        [(key, *written.columns) for key, written in placed],
    )


def _is_change(written: Written, there: Stored | None) -> bool:
    if there is None:
        return True
    return there.version <= written.version and (there.version, there.body) != (written.version, written.body)


def _placed(
    connection: sqlite3.Connection, tables: Tables, documents: Sequence[Written]
) -> Iterator[tuple[int, Written]]:
    """Yield documents by key, moved up to the next free one where two share a key.

    In order, because the full-text index stores what it has gathered whenever a row comes out of order.
    """
    is_taken = tables.sql("SELECT 1 FROM $documents WHERE key = ?")
    last = -1
    for written in sorted(documents, key=lambda written: (written.key, written.id)):
        key = max(written.key, last + 1)
        while connection.execute(is_taken, (key,)).fetchone():
            key += 1
        last = key
        yield key, written


def remove(connection: sqlite3.Connection, tables: Tables, documents: Iterable[Stored]) -> None:
    """Take documents out. The full-text index must be told again what it was given, as it holds no texts."""
    gone = sorted(documents, key=lambda document: document.key)
    connection.executemany(
        tables.sql("INSERT INTO $words ($words, rowid, $columns) VALUES ('delete', ?, $marks)"),
        [(document.key, *indexed(tables.kind, decode_fields(document.body))) for document in gone],
    )
    connection.executemany(tables.sql("DELETE FROM $documents WHERE key = ?"), [(document.key,) for document in gone])
