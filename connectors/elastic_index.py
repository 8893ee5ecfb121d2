"""The index in Elasticsearch: one index for each kind and generation, behind one alias for each kind.

    upsert -> elastic_documents (fold) -> elastic_bulk (write)        search -> elastic_query -> elastic_search
    promote -> all aliases in one request

`schemas/elastic` holds the mapping. Durable on return: the server syncs its transaction log before it answers. What
this process wrote is refreshed before this process searches; others see it within a second.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from connectors.elastic_bulk import BulkWriter, Operation, deleting, writing
from connectors.elastic_documents import is_id, prepare, server_id
from connectors.elastic_generations import (
    all_generations,
    drop_generation,
    index_name,
    live_generation,
    make_generation,
    promote_generation,
)
from connectors.elastic_options import (
    ElasticOptions,
    NotNowError,
    client_settings,
    faults,
    is_no_index,
    patiently,
    reason,
)
from connectors.elastic_search import Searching, count_facets, find
from connectors.elastic_templates import KINDS
from connectors.facets import check_facets
from connectors.paging import COUNTED, read_cursor, write_cursor
from connectors.ports import Document, Hit, Page, Rejected
from schemas.document_checks import UnfitError
from schemas.errors import IndexUnavailableError
from schemas.query import parse_query
from schemas.query_highlight import highlights

_PATIENCE_S: Final = 120.0
"""How long a server may be away before a write fails: longer than it takes to start one again."""
_PAGE: Final = 500


class ElasticIndex:
    """Index on an Elasticsearch cluster (8.19 or 9.x); see connectors.ports.Index.

    What jobs do (writing, promoting, reading one by one) waits up to `patience_s` for a server that is away or too
    busy; searching and looking around fails at once. Everything may be called again. Any thread may call; after a fork
    the child opens its own. `now` is what `now-1d` in queries counts from. Raises IndexUnavailableError when no server
    answers, ConfigError for environment variables that can't be.
    """

    def __init__(
        self,
        options: ElasticOptions,
        *,
        patience_s: float = _PATIENCE_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        from elasticsearch import Elasticsearch

        self._options = options
        self._patience_s = patience_s
        self._now = now
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._made: set[str] = set()
        self._unseen: set[str] = set()
        self._closed = False
        self._client = Elasticsearch(options.server, **client_settings(options))

    def upsert(self, generation: str, documents: Sequence[Document]) -> list[Rejected]:
        """Write all that fit; see Index."""
        rejected: list[Rejected] = []
        operations: list[Operation] = []
        for document in documents:
            try:
                prepared = prepare(document)
            except UnfitError as error:
                rejected.append(Rejected(document, str(error)))
            else:
                operations.append(writing(self._index(document.kind, generation), prepared))
        if operations:
            patiently(lambda: self._make(generation), self._patience_s)
            rejected += self._write(generation, operations)
        return rejected

    def delete(self, generation: str, kind: str, ids: Sequence[str]) -> None:
        """Remove documents; see Index."""
        index = self._index(kind, generation)
        operations = [deleting(index, document_id) for document_id in dict.fromkeys(ids) if is_id(document_id)]
        if operations:
            self._write(generation, operations)

    def _write(self, generation: str, operations: Sequence[Operation]) -> list[Rejected]:
        self._check_usable()
        restore = partial(self._make, generation, again=True)
        try:
            return BulkWriter(self._options, self._client, restore, patience_s=self._patience_s).write(operations)
        finally:
            with self._lock:
                self._unseen |= {one.where for one in operations}

    def get(self, kind: str, document_id: str, *, generation: str | None = None) -> dict[str, Any] | None:
        """Return the fields of one document; see Index."""
        index = self._index(kind, generation)
        if not is_id(document_id):
            return None
        return patiently(lambda: self._get(index, document_id), self._patience_s)

    def _get(self, index: str, document_id: str) -> dict[str, Any] | None:
        """Return one document's fields. Ids go into the body: a proxy may shorten a path that has `..` in it."""
        with self._calling() as client:
            [found] = client.mget(docs=[{"_index": index, "_id": server_id(document_id)}])["docs"]
            error = found.get("error")
            if error is None:
                return found["_source"] if found["found"] else None
            if error["type"] == "index_not_found_exception":
                return None
            # One of its shards is not there yet, or not any more.
            raise NotNowError(f"{self._options.name}: it can't read the document now: {reason(found)}")

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
        """Search one kind; see Index."""
        parsed = parse_query(kind, query, now=self._now())
        check_facets(kind, facets)
        start = read_cursor(cursor, kind, query, sort)
        with self._calling() as client:
            searching = Searching(client, self._seen(client, kind, generation), parsed)
            found = find(searching, sort, start, max(limit, 0), facets)
        marks = [highlights(parsed, row.fields) if highlight else {} for row in found.rows]
        return Page(
            hits=[
                Hit(id=row.id, score=row.score, fields=row.fields, highlights=marked)
                for row, marked in zip(found.rows, marks, strict=True)
            ],
            total=min(found.total, COUNTED),
            total_is_lower_bound=found.total > COUNTED,
            facets={name: count_facets(found.aggregations, name) for name in facets},
            next_cursor=None if found.cursor is None else write_cursor(found.cursor, kind, query, sort),
        )

    def scan(self, kind: str, *, generation: str | None = None) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield documents by id, a page at a time, all of one generation; see Index.

        What is written meanwhile may or may not be seen.
        """
        self._index(kind, generation)
        name = patiently(self.live, self._patience_s) if generation is None else generation
        if name is None:
            return
        after: list[str] | None = None
        while hits := patiently(partial(self._after, kind, name, after), self._patience_s):
            for hit in hits:
                yield hit["sort"][0], hit["_version"], hit["_source"]
            after = hits[-1]["sort"]

    def _after(self, kind: str, generation: str, after: list[str] | None) -> list[Mapping[str, Any]]:
        """Return the next documents by id; none of an index that is not there. Raises when it went away meanwhile."""
        from elasticsearch import NotFoundError

        with self._calling() as client:
            try:
                answer = client.search(
                    index=self._seen(client, kind, generation),
                    allow_partial_search_results=False,
                    size=_PAGE,
                    sort=[{"lookup.id": "asc"}],
                    search_after=after,
                    version=True,
                    track_total_hits=False,
                )
            except NotFoundError as error:
                if after is None and is_no_index(error):
                    return []
                raise
            return list(answer["hits"]["hits"])

    def count(self, kind: str, *, generation: str | None = None) -> int:
        """Count documents; see Index."""
        from elasticsearch import NotFoundError

        with self._calling() as client:
            try:
                return int(client.count(index=self._seen(client, kind, generation))["count"])
            except NotFoundError as error:
                if is_no_index(error):
                    return 0
                raise

    def live(self) -> str | None:
        """Return the live generation; see Index."""
        with self._calling() as client:
            return live_generation(client, self._options)

    def generations(self) -> list[str]:
        """Return all generations; see Index."""
        with self._calling() as client:
            return all_generations(client, self._options)

    def promote(self, generation: str) -> None:
        """Move all aliases in one request; see Index. A generation that has no documents yet comes into being."""
        patiently(partial(self._promote, generation), self._patience_s)

    def _promote(self, generation: str) -> None:
        self._make(generation, again=True)
        with self._calling() as client:
            promote_generation(client, self._options, generation)

    def drop(self, generation: str) -> None:
        """Delete a generation's indices; see Index. Unknown ones are fine."""
        if self.live() == generation:
            raise ValueError(f"generation {generation!r} is live: promote another one first")
        with self._calling() as client:
            drop_generation(client, self._options, generation)
        with self._lock:
            self._made.discard(generation)
            self._unseen -= {self._index(kind, generation) for kind in KINDS}

    def close(self) -> None:
        """Close connections; see Index."""
        if self._process == os.getpid() and not self._closed:
            self._closed = True
            self._client.close()

    def _index(self, kind: str, generation: str | None) -> str:
        return index_name(self._options, kind, generation)

    def _make(self, generation: str, *, again: bool = False) -> None:
        """Let a generation come into being, unless this process knows that it is there; `again`: ask the server."""
        with self._lock:
            if again or generation not in self._made:
                with self._calling() as client:
                    make_generation(client, self._options, generation)
                self._made.add(generation)

    def _seen(self, client: Any, kind: str, generation: str | None) -> str:
        """Return the index to search, with all that this process wrote there before made visible."""
        from elasticsearch import AuthorizationException

        index = self._index(kind, generation)
        with self._lock:
            wanted = {
                one for one in self._unseen if one == index or (generation is None and one.startswith(f"{index}-"))
            }
            if wanted:
                # Who may not ask for that sees it a second later, as everybody else does.
                with suppress(AuthorizationException):
                    client.indices.refresh(index=sorted(wanted), ignore_unavailable=True)
                self._unseen -= wanted
        return index

    @contextmanager
    def _calling(self) -> Iterator[Any]:
        self._check_usable()
        with faults(self._options):
            yield self._client

    def _check_usable(self) -> None:
        if self._process != os.getpid():
            raise IndexUnavailableError(f"{self._options.name}: opened before a fork; open it again in the new process")
        if self._closed:
            raise IndexUnavailableError(f"{self._options.name}: the index was closed")
