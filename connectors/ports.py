"""The ports: what the pipelines need of the outside world. The docstrings are the contract; tests/contracts holds
every backend to it.

Rules for all ports: datetimes are aware UTC; expected failures raise the error named here (from schemas.errors), bugs
raise anything
else; objects may be used from any thread, one call at a time; `close` is idempotent; they are picklable before first
use only where
said. Every argument that is a sequence may be empty, and then the call does nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from schemas.documents import Document
from schemas.envelope import Event
from schemas.feeds import Fetched, FetchFailed, FetchRequest, ParsedFeed, ParseFailed
from schemas.records import Alert, Record


class Append(NamedTuple):
    """One event for one stream."""

    stream: str
    event: Event


class Stored(NamedTuple):
    """An event at its place: `position` grows within (stream, partition), not necessarily by one."""

    position: int
    event: Event


class Advance(NamedTuple):
    """`consumer` has done everything up to and including `position` of (stream, partition)."""

    consumer: str
    stream: str
    partition: int
    position: int


START = 0
"""The position before the first event: `read(after=START)` begins at the beginning."""


class EventLog(Protocol):
    """An append-only log of named streams, each with one or more partitions; a key (event.subject) always lands in
    one partition.

    Streams come into being with their first event; an unknown stream reads as empty.
    """

    def append(self, appends: Sequence[Append], advances: Sequence[Advance] = ()) -> int:
        """Append all events and store all consumer positions, or nothing; return how many events were new.

        Returns only when the batch is durable (it survives kill -9 and, on disk backends, power loss as the backend
        documents).
        Idempotent by (stream, event.id): an event whose id the stream already holds is skipped; the rest of the batch
        is appended.
        Order within one call is kept. An advance never moves a position backwards.

        Raises RecordTooLargeError (encoded event over `max_event_bytes`), LogError.
        """

    def read(self, stream: str, *, after: int = START, limit: int = 1000, partition: int = 0) -> list[Stored]:
        """Return at most `limit` events with position > `after`, in position order; empty at the end.

        Only committed batches are seen, whole: a reader never sees a part of an uncommitted append, and an event
        never appears
        later below a position that was already read. Raises LogError; RecordError for a record that can't be decoded.
        """

    def end(self, stream: str, *, partition: int = 0) -> int:
        """Return the position of the last event (START when empty)."""

    def partitions(self, stream: str) -> Sequence[int]:
        """Return the partition numbers of a stream; `(0,)` where there is only one or the stream does not exist yet."""

    def position(self, consumer: str, stream: str, *, partition: int = 0) -> int:
        """Return the stored position of a consumer, START when it never stored one."""

    def holds(self, stream: str, event_ids: Sequence[str]) -> set[str]:
        """Return those of `event_ids` that the stream already holds."""

    def wait(self, stream: str, *, after: int, timeout_s: float, partition: int = 0) -> bool:
        """Block until the stream holds an event after `after`, or the time is over; return whether it does."""

    def close(self) -> None:
        """Release files and connections."""


class Rejected(NamedTuple):
    """A document that the index will never take, with the reason: it goes to dead_letters."""

    document: Document
    reason: str


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One search result; `highlights` maps a field to fragments in which hits stand between U+E000 and U+E001 (no
    markup).
    """

    id: str
    score: float
    fields: dict[str, Any]
    highlights: dict[str, list[str]] = {}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of results. `total` is exact up to 1,000, then `total_is_lower_bound` says "or more".

    `facets` maps a field to (value, count), most frequent first. `next_cursor` fetches the next page, None at the end.
    """

    hits: list[Hit]
    total: int
    total_is_lower_bound: bool = False
    facets: dict[str, list[tuple[str, int]]] = {}
    next_cursor: str | None = None


class Index(Protocol):
    """A search index that can be thrown away and rebuilt. It holds generations side by side; one of them is live.

    Reads without `generation` go to the live one; writes name theirs.
    """

    def upsert(self, generation: str, documents: Sequence[Document]) -> list[Rejected]:
        """Write documents, idempotent by (kind, id, version); return those that will never fit. Durable on return.

        Raises IndexUnavailableError when it may succeed later (nothing is lost by calling again with the same
        documents).
        """

    def delete(self, generation: str, kind: str, ids: Sequence[str]) -> None:
        """Remove documents; unknown ids are fine."""

    def get(self, kind: str, document_id: str, *, generation: str | None = None) -> dict[str, Any] | None:
        """Return the fields of one document, or None."""

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
        """Search one kind by a Lucene query ("" or "*": all). `sort` is newest or best. Raises QueryError,
        IndexUnavailableError.
        """

    def scan(self, kind: str, *, generation: str | None = None) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield (id, version, fields) of all documents of one kind, by id."""

    def count(self, kind: str, *, generation: str | None = None) -> int:
        """Count the documents of one kind."""

    def live(self) -> str | None:
        """Return the live generation, None before the first promotion."""

    def generations(self) -> list[str]:
        """Return all generations that exist, oldest first."""

    def promote(self, generation: str) -> None:
        """Make `generation` the live one, atomically for readers."""

    def drop(self, generation: str) -> None:
        """Delete a generation that is not live. Raises ValueError for the live one."""

    def close(self) -> None:
        """Release files and connections."""


class Fetcher(Protocol):
    """Gets feeds over HTTP. Everything that a server or a network can do wrong is a FetchFailed, never an exception."""

    async def fetch(self, request: FetchRequest) -> Fetched | FetchFailed:
        """Get one feed within the limits that the fetcher was made with; many may be under way at once."""

    async def close(self) -> None:
        """Release connections."""


class FeedParser(Protocol):
    """Turns a body into items. Everything that a body can hold is a ParseFailed at worst, never an exception."""

    async def parse(self, body: bytes, headers: Mapping[str, str], url: str) -> ParsedFeed | ParseFailed:
        """Parse one feed within the limits that the parser was made with; many may be under way at once."""

    def close(self) -> None:
        """Stop worker processes."""


class Notifier(Protocol):
    """One delivery channel."""

    @property
    def name(self) -> str:
        """The channel's name in settings and ledger; never its URL, which may hold secrets."""

    def send(self, alert: Alert) -> None:
        """Deliver one alert. Raises DeliveryError, whose text holds no secret."""


class Clock(Protocol):
    """Where the present comes from, so that tests and replays can say what it is."""

    def now(self) -> datetime:
        """Return the time, aware UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        from datetime import UTC

        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        import time

        time.sleep(seconds)


__all__ = [
    "START",
    "Advance",
    "Append",
    "Clock",
    "Document",
    "EventLog",
    "FeedParser",
    "Fetcher",
    "Hit",
    "Index",
    "Notifier",
    "Page",
    "Record",
    "Rejected",
    "Stored",
    "SystemClock",
]
