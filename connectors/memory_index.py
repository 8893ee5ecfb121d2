"""The index in memory: for tests, trials and short runs. It reads every document for every search."""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from connectors.facets import check_facets, count_values
from connectors.paging import BEST, COUNTED, START, Cursor, Ranked, newest_key, next_cursor, read_cursor, write_cursor
from connectors.ports import Document, Hit, Page, Rejected
from schemas.document_checks import UnfitError, encode_fields
from schemas.documents import FIELDS
from schemas.query import Query, parse_query
from schemas.query_highlight import clauses, highlights
from schemas.query_match import Subject, matches
from schemas.query_tree import Words
from schemas.query_words import places

_TITLE_WEIGHT: Final = 3.0
_SATURATION: Final = 1.2
"""How soon more of the same word stops to count, as in BM25."""

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class _Held(NamedTuple):
    """A document: callers get fields decoded afresh from `body`, so nobody changes what others see."""

    id: str
    version: int
    key: int
    body: bytes
    subject: Subject


class _Shelf:
    """The documents of one kind in one generation, by id and by key."""

    def __init__(self) -> None:
        self.by_id: dict[str, _Held] = {}
        self.by_key: dict[int, _Held] = {}

    def put(self, document: Document, body: bytes) -> None:
        """Keep a document, unless a higher version of it is here."""
        here = self.by_id.get(document.id)
        if here is not None and here.version > document.version:
            return
        self.remove(document.id)
        fields = _decode(body)
        key = newest_key(document.kind, document.id, fields)
        while key in self.by_key:
            key += 1
        self.by_id[document.id] = self.by_key[key] = _Held(document.id, document.version, key, body, Subject(fields))

    def remove(self, document_id: str) -> None:
        """Forget a document; unknown ones are fine."""
        held = self.by_id.pop(document_id, None)
        if held is not None:
            del self.by_key[held.key]

    def newest(self) -> list[_Held]:
        """Return all documents, newest first."""
        return [self.by_key[key] for key in sorted(self.by_key, reverse=True)]


class MemoryIndex:
    """Index in this process; see connectors.ports.Index. `close` keeps the documents, as other users may hold it."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._generations: dict[str, dict[str, _Shelf]] = {}
        self._live: str | None = None

    def upsert(self, generation: str, documents: Sequence[Document]) -> list[Rejected]:
        """Write all that fit; see Index."""
        rejected = []
        with self._lock:
            for document in documents:
                try:
                    body = encode_fields(document)
                except UnfitError as error:
                    rejected.append(Rejected(document, str(error)))
                else:
                    self._made(generation)[document.kind].put(document, body)
        return rejected

    def delete(self, generation: str, kind: str, ids: Sequence[str]) -> None:
        """Remove documents; see Index."""
        with self._lock:
            for document_id in ids:
                self._shelf(kind, generation).remove(document_id)

    def get(self, kind: str, document_id: str, *, generation: str | None = None) -> dict[str, Any] | None:
        """Return the fields of one document; see Index."""
        with self._lock:
            held = self._shelf(kind, generation).by_id.get(document_id)
        return None if held is None else _decode(held.body)

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
        with self._lock:
            kept = self._shelf(kind, generation).newest()
        found = [held for held in kept if matches(parsed, held.subject)]
        if sort == "best" and start == START:
            start = Cursor(best=_best(parsed, found, kept))
        rows, following = _page(start, found, max(limit, 0))
        documents = [_decode(held.body) for held in found] if facets else []
        return Page(
            hits=[_hit(parsed, held, score, highlight=highlight) for held, score in rows],
            total=min(len(found), COUNTED),
            total_is_lower_bound=len(found) > COUNTED,
            facets={name: count_values(kind, name, documents) for name in facets},
            next_cursor=None if following is None else write_cursor(following, kind, query, sort),
        )

    def scan(self, kind: str, *, generation: str | None = None) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield documents by id, as they are when the scan begins; see Index."""
        with self._lock:
            kept = sorted(self._shelf(kind, generation).newest(), key=lambda held: held.id)
        for held in kept:
            yield held.id, held.version, _decode(held.body)

    def count(self, kind: str, *, generation: str | None = None) -> int:
        """Count documents; see Index."""
        with self._lock:
            return len(self._shelf(kind, generation).by_id)

    def live(self) -> str | None:
        """Return the live generation; see Index."""
        return self._live

    def generations(self) -> list[str]:
        """Return all generations; see Index."""
        with self._lock:
            return list(self._generations)

    def promote(self, generation: str) -> None:
        """Move the live pointer; see Index. A generation that has no documents yet comes into being."""
        with self._lock:
            self._made(generation)
            self._live = generation

    def drop(self, generation: str) -> None:
        """Forget a generation; see Index. Unknown ones are fine."""
        with self._lock:
            if self._live == generation:
                raise ValueError(f"generation {generation!r} is live: promote another one first")
            self._generations.pop(generation, None)

    def close(self) -> None:
        """Do nothing: the index is the process's."""

    def _made(self, generation: str) -> dict[str, _Shelf]:
        return self._generations.setdefault(generation, {kind: _Shelf() for kind in FIELDS})

    def _shelf(self, kind: str, generation: str | None) -> _Shelf:
        if kind not in FIELDS:
            raise ValueError(f"kind {kind!r} is unknown; kinds are {', '.join(FIELDS)}")
        name = self._live if generation is None else generation
        return self._generations.get(name or "", {}).get(kind, _Shelf())


def _page(start: Cursor, found: Sequence[_Held], limit: int) -> tuple[list[tuple[_Held, float]], Cursor | None]:
    """Return the hits of one page with their scores, and where the next one begins."""
    by_key = {held.key: held for held in found}
    best = start.best[start.shown : start.shown + limit]
    passed = {ranked.key for ranked in start.best}
    rest = [held for held in found if held.key not in passed and (start.below is None or held.key < start.below)]
    wanted = rest[: limit - len(best)]
    rows = [(by_key[ranked.key], ranked.score) for ranked in best if ranked.key in by_key]
    given = [ranked.key for ranked in best] + [held.key for held in wanted]
    return rows + [(held, 0.0) for held in wanted], next_cursor(start, given, more=len(rest) > len(wanted))


def _hit(query: Query, held: _Held, score: float, *, highlight: bool) -> Hit:
    fields = _decode(held.body)
    return Hit(id=held.id, score=score, fields=fields, highlights=highlights(query, fields) if highlight else {})


def _best(query: Query, found: Sequence[_Held], kept: Sequence[_Held]) -> tuple[Ranked, ...]:
    """Rank hits by how often they hold the query's words, rarer words and titles weighing more."""
    wanted = [(clause, _rarity(clause, kept)) for clause in clauses(query.root)]
    ranked = [
        Ranked(held.key, sum((rarity * _weight(clause, held) for clause, rarity in wanted), 0.0)) for held in found
    ]
    return tuple(sorted(ranked, key=lambda one: (-one.score, -one.key))[:BEST])


def _rarity(clause: Words, kept: Sequence[_Held]) -> float:
    holding = sum(1 for held in kept if _weight(clause, held))
    return math.log(1 + len(kept) / (1 + holding))


def _weight(clause: Words, held: _Held) -> float:
    counts = {field: sum(1 for _ in places(clause, held.subject.words(field))) for field in clause.fields}
    weighed = sum(count * (_TITLE_WEIGHT if field == "title" else 1.0) for field, count in counts.items())
    return weighed / (weighed + _SATURATION)


_indexes: Final[dict[str, MemoryIndex]] = {}
_opening: Final = threading.Lock()


def memory_index(url: str) -> MemoryIndex:
    """Return this process's index of that URL: the same one for the same URL."""
    with _opening:
        return _indexes.setdefault(url, MemoryIndex())
