"""Index backends and a small corpus in several languages; also a program, which writes until it is killed.

    python index_play.py INDEX_URL FIRST COUNT

upserts COUNT articles from number FIRST on, ten at a time, and writes a line for each ten that are durable.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from connectors import registry
from connectors.elastic_index import ElasticIndex
from connectors.elastic_options import client_settings, parse_elastic_url
from connectors.memory_index import MemoryIndex
from connectors.ports import Index
from connectors.sqlite_index import SqliteIndex
from schemas.documents import FIELDS, Document, date_text

BACKENDS = ("memory", "sqlite", pytest.param("elastic", marks=pytest.mark.servers("elastic")))
LIVE = "g1"
MONDAY = datetime(2017, 10, 16, 5, tzinfo=UTC)
NOW = datetime(2017, 10, 18, 12, tzinfo=UTC)


def opened(request: pytest.FixtureRequest, folder: Path) -> Iterator[Index]:
    """Yield one empty index of the backend that is the fixture's parameter; close it at the end."""
    if request.param == "elastic":
        yield from emptied(f"{request.getfixturevalue('elastic_server').url}/contract{os.getpid()}-{request.scope}")
        return
    made = (
        SqliteIndex(folder / "index.db", now=lambda: NOW) if request.param == "sqlite" else MemoryIndex(now=lambda: NOW)
    )
    yield made
    made.close()


def emptied(url: str, **settings: Any) -> Iterator[ElasticIndex]:
    """Yield an empty index on a search server, and delete all of it at the end.

    Its templates stay for the next one of this URL: they are most of what it takes to make one.
    """
    options = parse_elastic_url(url)
    made = ElasticIndex(options, now=lambda: NOW, **settings)
    yield made
    made.close()
    with Elasticsearch(options.server, **client_settings(options)) as client:
        names = list(client.indices.get_mapping(index=f"{options.prefix}-*", expand_wildcards="all"))
        if names:
            client.indices.delete(index=names)


def document(name: str, *, kind: str = "articles", version: int = 1, at: datetime = MONDAY, **fields: Any) -> Document:
    """Make a document; articles and events are published at `at`."""
    date = {"articles": "published", "events": "published", "developments": "last_seen", "alerts": "raised"}[kind]
    return Document(kind, name, version, {date: date_text(at), **fields})


def numbered(number: int, **fields: Any) -> Document:
    """Make one of many articles, an hour apart."""
    return document(f"n{number:05d}", at=MONDAY + timedelta(hours=number), title=f"Story {number}", **fields)


def corpus() -> list[Document]:
    """Return articles that the table of queries is about."""
    rows: list[tuple[str, dict[str, Any]]] = [
        ("withdraw", {"title": "Peshmerga withdraw from Kirkuk", "text": "PUK units left the K1 base before dawn."}),
        ("deny", {"title": "PUK denies", "text": "The PUK denied that its Peshmerga left Kirkuk. Barzani spoke."}),
        (
            "barzani",
            {"title": "Barzanî: “Em ê bimînin”", "text": "Serok Barzanî li Hewlêrê axivî. Kerkûk.", "language": "kmr"},
        ),
        ("arabic", {"title": "القوّات العراقيّة في كركوك", "text": "انسحبت البيشمركة من كـركوك.", "language": "ar"}),
        ("sorani", {"title": "پێشمەرگە لە کەرکوک", "text": "هێزەکانی پێشمەرگە کشانەوە. ١٢ کەس", "language": "ckb"}),
        ("persian", {"title": "نیروهای عراقی وارد کرکوک شدند", "text": "گزارش می‌شود", "language": "fa"}),
        ("turkish", {"title": "Irak güçleri KERKÜK'e girdi", "text": "Iğdır ve İstanbul'dan tepki", "language": "tr"}),
        ("vote", {"title": "Referendum: 93 % yes", "text": "Turnout was 72.16 percent. Oil exports fell."}),
        ("empty", {"language": "en"}),
        ("cross", {"title": "Kirkuk", "text": "Peshmerga", "outlet": "rudaw"}),
    ]
    more: dict[str, dict[str, Any]] = {
        "withdraw": {
            "outlet": "Rudaw",
            "types": ["RETREAT"],
            "actors": ["peshmerga-puk"],
            "relevant": True,
            "revision": 1,
        },
        "deny": {
            "outlet": "BBC News",
            "types": ["STATEMENT", "RETREAT"],
            "actors": ["puk"],
            "relevant": True,
            "revision": 2,
        },
        "barzani": {"outlet": "Rûdaw Kurdî", "actors": ["m-barzani"], "relevant": False, "revision": 10},
        "vote": {
            "outlet": "Reuters",
            "url": "https://reuters.example/a?b=1&c=(2)",
            "types": ["VOTE", "OIL"],
            "revision": 3,
        },
    }
    return [
        document(name, at=MONDAY + timedelta(hours=7 * place), **fields, **more.get(name, {}))
        for place, (name, fields) in enumerate(rows)
    ]


def found(index: Index, query: str, *, kind: str = "articles", **options: Any) -> list[str]:
    """Return the ids of all hits, in order, a few a page."""
    ids: list[str] = []
    cursor = None
    while True:
        page = index.search(kind, query, cursor=cursor, limit=3, **options)
        ids += [hit.id for hit in page.hits]
        cursor = page.next_cursor
        if cursor is None:
            return ids


def contents(index: Index, generation: str = LIVE) -> dict[str, list[tuple[str, int, dict[str, Any]]]]:
    """Return all that a generation holds."""
    return {kind: list(index.scan(kind, generation=generation)) for kind in FIELDS}


def main() -> None:
    """Write articles ten at a time, and say so."""
    url, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    index = registry.open_index(url)
    for number in range(first, first + count, 10):
        index.upsert(
            LIVE, [numbered(one, text=f"batch{number} kirkuk word{one}") for one in range(number, number + 10)]
        )
        print(number, flush=True)
    index.close()


if __name__ == "__main__":
    main()
