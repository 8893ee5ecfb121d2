"""The index in Elasticsearch: one index for each kind and generation, behind one alias for each kind.

    upsert -> elastic_documents (fold) -> elastic_bulk (write)        search -> elastic_query -> elastic_search
    promote -> all aliases in one request

`schemas/elastic` holds the mapping. Durable on return: the server syncs its transaction log before it answers. What
this process wrote is refreshed before this process searches; others see it within a second.
"""

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final

from connectors.elastic_bulk import BulkWriter
from connectors.elastic_documents import Prepared, prepare, server_id
from connectors.elastic_options import ElasticOptions, client_settings, faults
from connectors.elastic_search import Searching, count_facets, find
from connectors.elastic_templates import KINDS, LAYOUT, missing_templates, put_templates
from connectors.facets import check_facets
from connectors.paging import COUNTED, read_cursor, write_cursor
from connectors.ports import Document, Hit, Page, Rejected
from schemas.document_checks import UnfitError
from schemas.documents import FIELDS
from schemas.errors import IndexUnavailableError
from schemas.query import parse_query
from schemas.query_highlight import highlights

_PATIENCE_S: Final = 120.0
"""How long a server may be away before a write fails: longer than it takes to start one again."""
_PAGE: Final = 500
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}", re.ASCII)


class ElasticIndex:
    """Index on an Elasticsearch cluster (8.19 or 9.x); see connectors.ports.Index.

    A write waits up to `patience_s` for a server that is away or too busy; everything else fails at once, and may be
    called again. Any thread may call; after a fork the child opens its own. `now` is what `now-1d` in queries counts
    from. Raises IndexUnavailableError when no server answers.
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
        prepared: list[Prepared] = []
        for document in documents:
            try:
                prepared.append(prepare(document))
            except UnfitError as error:
                rejected.append(Rejected(document, str(error)))
        if not prepared:
            return rejected
        self._check_usable()
        with self._lock:
            self._make(generation)
        writer = BulkWriter(
            self._options, self._client, lambda: self._make_again(generation), patience_s=self._patience_s
        )
        try:
            return rejected + writer.write(lambda kind: self._index(kind, generation), prepared)
        finally:
            with self._lock:
                self._unseen |= {self._index(one.document.kind, generation) for one in prepared}

    def delete(self, generation: str, kind: str, ids: Sequence[str]) -> None:
        """Remove documents; see Index."""
        index = self._index(kind, generation)
        if not ids:
            return
        actions = [{"delete": {"_index": index, "_id": server_id(each)}} for each in dict.fromkeys(ids)]
        with self._calling() as client:
            for start in range(0, len(actions), _PAGE):
                answer = client.bulk(operations=actions[start : start + _PAGE])
                self._check_deleted(answer["items"])
        with self._lock:
            self._unseen.add(index)

    def _check_deleted(self, items: Sequence[Mapping[str, Any]]) -> None:
        from connectors.elastic_options import reason

        for item in items:
            found = item["delete"]
            gone = found["status"] == 404
            if not gone and found["status"] >= 300:
                raise IndexUnavailableError(f"{self._options.name}: it does not delete: {reason(found.get('error'))}")

    def get(self, kind: str, document_id: str, *, generation: str | None = None) -> dict[str, Any] | None:
        """Return the fields of one document; see Index."""
        from elasticsearch import NotFoundError

        with self._calling() as client, suppress(NotFoundError):
            found: dict[str, Any] = client.get(index=self._index(kind, generation), id=server_id(document_id))[
                "_source"
            ]
            return found
        return None

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
            searching = Searching(client, self._seen(kind, generation), parsed)
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
        """Yield documents by id, a page at a time; see Index. What is written meanwhile may or may not be seen."""
        after: list[str] | None = None
        while True:
            with self._calling() as client:
                answer = client.search(
                    index=self._seen(kind, generation),
                    ignore_unavailable=True,
                    size=_PAGE,
                    sort=[{"lookup.id": "asc"}],
                    search_after=after,
                    version=True,
                    track_total_hits=False,
                )
            hits = answer["hits"]["hits"]
            if not hits:
                return
            for hit in hits:
                yield hit["sort"][0], hit["_version"], hit["_source"]
            after = hits[-1]["sort"]

    def count(self, kind: str, *, generation: str | None = None) -> int:
        """Count documents; see Index."""
        with self._calling() as client:
            return int(client.count(index=self._seen(kind, generation), ignore_unavailable=True)["count"])

    def live(self) -> str | None:
        """Return the live generation; see Index."""
        from elasticsearch import NotFoundError

        with self._calling() as client:
            try:
                found = client.indices.get_mapping(index=self._index("articles", None))
            except NotFoundError:
                return None
            return next((_generation(entry)[1] for entry in found.values()), None)

    def generations(self) -> list[str]:
        """Return all generations; see Index."""
        with self._calling() as client:
            return self._generations(client)

    def _generations(self, client: Any) -> list[str]:
        found = client.indices.get_mapping(index=f"{self._options.prefix}-articles-*", allow_no_indices=True)
        return [name for _, name in sorted(_generation(entry) for entry in found.values())]

    def promote(self, generation: str) -> None:
        """Move all aliases in one request; see Index. A generation that has no documents yet comes into being."""
        self._check_usable()
        with self._lock:
            self._make(generation)
        actions: list[dict[str, Any]] = []
        for kind in KINDS:
            alias = self._index(kind, None)
            old = {"index": f"{alias}-*", "alias": alias, "must_exist": False}
            actions += [{"remove": old}, {"add": {"index": self._index(kind, generation), "alias": alias}}]
        with self._calling() as client:
            client.indices.update_aliases(actions=actions)

    def drop(self, generation: str) -> None:
        """Delete a generation's indices; see Index. Unknown ones are fine."""
        if self.live() == generation:
            raise ValueError(f"generation {generation!r} is live: promote another one first")
        names = [self._index(kind, generation) for kind in reversed(KINDS)]
        with self._calling() as client:
            client.indices.delete(index=names, ignore_unavailable=True)
        with self._lock:
            self._made.discard(generation)
            self._unseen -= set(names)

    def close(self) -> None:
        """Close connections; see Index."""
        if self._process == os.getpid() and not self._closed:
            self._closed = True
            self._client.close()

    def _index(self, kind: str, generation: str | None) -> str:
        """Return the name of an index, or of the live one's alias."""
        if kind not in FIELDS:
            raise ValueError(f"kind {kind!r} is unknown; kinds are {', '.join(FIELDS)}")
        alias = f"{self._options.prefix}-{kind}"
        return alias if generation is None else f"{alias}-{_slug(generation)}"

    def _seen(self, kind: str, generation: str | None) -> str:
        """Return an index to search, with all that this process wrote there before made visible."""
        with self._lock:
            unseen, self._unseen = self._unseen, set()
            if unseen:
                try:
                    self._client.indices.refresh(index=sorted(unseen), ignore_unavailable=True)
                except BaseException:
                    self._unseen |= unseen
                    raise
        return self._index(kind, generation)

    def _make(self, generation: str) -> None:
        """Let a generation come into being, unless it is there."""
        if generation in self._made:
            return
        with self._calling() as client:
            if not all(client.indices.exists(index=self._index(kind, generation)) for kind in KINDS):
                put_templates(client, self._options, missing_templates(client, self._options))
                self._make_indices(client, generation)
        self._made.add(generation)

    def _make_indices(self, client: Any, generation: str) -> None:
        from elasticsearch import BadRequestError

        numbers = [
            _generation(entry)[0]
            for entry in client.indices.get_mapping(index=f"{self._options.prefix}-articles-*").values()
        ]
        meta = {"generation": generation, "number": max(numbers, default=0) + 1, "layout": LAYOUT}
        for kind in KINDS:
            try:
                client.indices.create(index=self._index(kind, generation), mappings={"_meta": meta})
            except BadRequestError as error:
                # Another process made it at the same moment.
                if error.error != "resource_already_exists_exception":
                    raise

    def _make_again(self, generation: str) -> None:
        with self._lock:
            self._made.discard(generation)
            self._make(generation)

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


def _slug(generation: str) -> str:
    """Return what stands for a generation in the names of its indices: its name, or a hash of one that can't."""
    if _PLAIN.fullmatch(generation):
        return generation
    return f"g-{hashlib.blake2b(generation.encode(errors='surrogatepass'), digest_size=12).hexdigest()}"


def _generation(entry: Mapping[str, Any]) -> tuple[int, str]:
    """Return the number and name of the generation that an index belongs to."""
    meta = entry["mappings"].get("_meta", {})
    return int(meta.get("number", 0)), str(meta.get("generation", ""))
