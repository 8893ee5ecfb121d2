"""What the system stores and passes on: frozen records, without behaviour.

Ids are lower-case hex strings made by `stable_id`; times are aware UTC; texts are NFC unicode without control
characters.
The streams these records live in, and which of them are facts, are in `schemas.envelope`.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

Realis = Literal["actual", "future", "hypothetical", "historical", "generic"]
ClaimStatus = Literal["asserted", "alleged", "confirmed", "denied"]
SourceKind = Literal["named", "official", "anonymous", "media", "document"]
DateFlag = Literal["ok", "missing", "unparsable", "future", "ancient"]


def stable_id(*parts: str) -> str:
    """Hash `parts` to 32 hex digits (BLAKE2b, 16 bytes); each part is length-prefixed, so no two lists collide by
    joining.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of all records: frozen, keyword-only, compared by value."""


class Article(Record, frozen=True, kw_only=True):
    """One revision of one article as one feed served it.

    `article_id` is the same for all revisions and does not depend on the feed's address; `revision_id` hashes article
    id, title
    and text; `revision` counts from 1. `text` is plain text. `published` is the parsed and clamped date (None when
    the feed
    gave none that can be used: then `published_flag` says why and `published_raw` keeps what stood there).
    `fetched` is when the response that held it arrived, `ingested` when it was appended (set once; rules and windows
    use it).
    """

    article_id: str
    revision_id: str
    revision: int = 1
    feed_id: str
    outlet: str
    publisher: str
    country: str | None = None
    language: str | None = None
    url: str | None = None
    guid: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    title: str
    text: str
    published: datetime | None = None
    published_raw: str | None = None
    published_flag: DateFlag = "ok"
    fetched: datetime
    ingested: datetime


class ArticlePublished(Record, frozen=True, kw_only=True):
    """An article was seen for the first time."""

    article: Article


class ArticleRevised(Record, frozen=True, kw_only=True):
    """A known article came with another title or text. Every edit is kept."""

    article: Article
    previous_revision_id: str


LAST_REVISION = 2**31 - 1
"""The revision number of a withdrawal that names none: it outranks every revision."""


class ArticleRetracted(Record, frozen=True, kw_only=True):
    """The outlet withdrew an article. `revision` is the number that the withdrawal takes among the article's
    revisions; a
    higher one that comes later brings the article back.
    """

    article_id: str
    reason: str
    at: datetime
    revision: int = LAST_REVISION


class FateCounts(Record, frozen=True, kw_only=True):
    """How many items of one poll ended in each fate; their sum is the number of items served."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    duplicate: int = 0
    dead: int = 0


class FeedPolled(Record, frozen=True, kw_only=True):
    """A feed answered. Validators are echoed verbatim in the next request.

    `body_hash` is the hash of the inflated body, None for a 304. `gap_suspected`: no item of the poll before was in
    this one.
    """

    feed_id: str
    at: datetime
    status: int
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    items: FateCounts = FateCounts()
    newest_item_ids: tuple[str, ...] = ()
    gap_suspected: bool = False
    next_poll_at: datetime | None = None


class FeedFailed(Record, frozen=True, kw_only=True):
    """A poll failed. `kind` is a short stable word (timeout, dns, refused, too-large, http-status, malformed ...)."""

    feed_id: str
    at: datetime
    kind: str
    message: str
    status: int | None = None
    consecutive: int = 1
    next_poll_at: datetime | None = None


class FeedMoved(Record, frozen=True, kw_only=True):
    """A feed answered with a permanent redirect; later polls use `new_url`."""

    feed_id: str
    at: datetime
    old_url: str
    new_url: str


class Party(Record, frozen=True, kw_only=True):
    """An actor, recipient or place as mentioned: canonical id (None when the schema does not know it), surface text,
    span.

    `span` is half-open, in code points, in the event's field. `text` is exactly the field's text at `span`.
    """

    id: str | None
    text: str
    span: tuple[int, int]


class EventTime(Record, frozen=True, kw_only=True):
    """When the event happened: ISO dates, inclusive; precision is day, week, month, year or unknown. `text` None:
    from `published`.
    """

    text: str | None = None
    start: str | None = None
    end: str | None = None
    precision: str = "unknown"


class Magnitude(Record, frozen=True, kw_only=True):
    """A number that matters: kind is killed, wounded, displaced, arrested, turnout, yes-share, bpd, distance or
    troops.
    """

    kind: str
    value: float
    unit: str | None = None
    text: str
    span: tuple[int, int]


class ClaimSource(Record, frozen=True, kw_only=True):
    """Who is credited for the claim, and by which cue."""

    text: str
    id: str | None = None
    kind: SourceKind = "named"
    cue: str | None = None
    span: tuple[int, int] | None = None


class Claim(Record, frozen=True, kw_only=True):
    """According to whom. Nested sources outermost first; empty: the outlet itself."""

    status: ClaimStatus = "asserted"
    sources: tuple[ClaimSource, ...] = ()


class Trigger(Record, frozen=True, kw_only=True):
    """The words that carry the event."""

    text: str
    span: tuple[int, int]


class CodedEvent(Record, frozen=True, kw_only=True):
    """One event found in one sentence of one article; the record of the event schema.

    `field` is title or text; all spans index it. `magnitude` lists all numbers of the event (empty: None in `match
    --json`).
    """

    field: Literal["title", "text"] = "text"
    type: str
    mode: str | None = None
    actors: tuple[Party, ...] = ()
    recipients: tuple[Party, ...] = ()
    places: tuple[Party, ...] = ()
    time: EventTime | None = None
    magnitude: tuple[Magnitude, ...] | None = None
    realis: Realis = "actual"
    negated: bool = False
    claim: Claim = Claim()
    trigger: Trigger
    sentence: tuple[int, int]
    score: float = 0.0
    rules: tuple[str, ...] = ()


class SchemaRef(Record, frozen=True, kw_only=True):
    """Which schema coded it: name, declared version, digest of all its files."""

    name: str
    version: str
    digest: str


class ArticleRef(Record, frozen=True, kw_only=True):
    """What later stages need of an article without its body.

    `shingles` are sampled hashes of 4-word shingles of the body, for finding copies; sorted, at most a few hundred.
    """

    article_id: str
    revision_id: str
    revision: int
    feed_id: str
    outlet: str
    publisher: str
    language: str | None
    url: str | None
    title: str
    published: datetime | None
    fetched: datetime
    ingested: datetime
    shingles: tuple[int, ...] = ()


class ArticleCoded(Record, frozen=True, kw_only=True):
    """The outcome of matching one revision: written for irrelevant articles too (with no events), so that progress is
    visible.
    """

    article: ArticleRef
    schema: SchemaRef
    relevant: bool
    events: tuple[CodedEvent, ...] = ()
    event_ids: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    """For each event, in the same order: its id, and the sentence that it was found in (at most 500 characters)."""


class Report(Record, frozen=True, kw_only=True):
    """One coded event as a contribution to a development, with what is needed to merge and to explain it."""

    event_id: str
    article: ArticleRef
    event: CodedEvent
    quote: str


class Development(Record, frozen=True, kw_only=True):
    """The merge of all reports with the same development id, as a value that depends on the set of reports alone.

    `claim` is alleged, asserted, confirmed, denied or disputed. `sources` counts independent sources, `copies` the
    reports
    collapsed as syndicated. `version` counts the article revisions that ever touched it, so it only grows.
    """

    development_id: str
    topic: str
    type: str
    mode: str | None
    side: str
    place: str | None
    day: str
    title: str
    claim: Literal["alleged", "asserted", "confirmed", "denied", "disputed"]
    actors: tuple[str, ...]
    recipients: tuple[str, ...]
    places: tuple[str, ...]
    outlets: tuple[str, ...]
    asserted_by: tuple[str, ...]
    denied_by: tuple[str, ...]
    magnitudes: dict[str, float]
    sources: int
    copies: int
    first_seen: datetime
    last_seen: datetime
    event_ids: tuple[str, ...]
    article_ids: tuple[str, ...]
    version: int


class DevelopmentOpened(Record, frozen=True, kw_only=True):
    """A development came into being."""

    development: Development


class DevelopmentChanged(Record, frozen=True, kw_only=True):
    """A development changed; `changes` are names of kinds of change (denied, confirmed, corroborated, magnitude,
    spread ...).
    """

    development: Development
    changes: tuple[str, ...]


class Evidence(Record, frozen=True, kw_only=True):
    """One quoted sentence behind an alert, with its source; spans index the article's field."""

    article_id: str
    revision: int
    outlet: str
    url: str | None
    field: str
    quote: str
    span: tuple[int, int]
    trigger: str
    sources: tuple[ClaimSource, ...] = ()


class Alert(Record, frozen=True, kw_only=True):
    """Rule x development x kind of change. `alert_id` is the hash of those; `suppressed` says why it is not sent, or
    is None.
    """

    alert_id: str
    rule: str
    development_id: str
    change: str
    title: str
    summary: str
    severity: Literal["info", "warning", "critical"] = "warning"
    raised: datetime
    development: Development
    evidence: tuple[Evidence, ...]
    suppressed: str | None = None
    channels: tuple[str, ...] = ()
    schema: SchemaRef | None = None
    """The schema that the articles were coded with."""


class AlertRaised(Record, frozen=True, kw_only=True):
    """An alert was decided; it is in the ledger before anything is sent."""

    alert: Alert


class DeliveryStarted(Record, frozen=True, kw_only=True):
    """A worker took up an alert's delivery to a channel. Of several that try, the log takes one as new: it sends."""

    alert_id: str
    channel: str
    at: datetime
    attempt: int


class AlertDelivered(Record, frozen=True, kw_only=True):
    """One channel took the alert."""

    alert_id: str
    channel: str
    at: datetime
    attempt: int


class DeliveryFailed(Record, frozen=True, kw_only=True):
    """One channel refused; `retry_at` None means that no more tries are made."""

    alert_id: str
    channel: str
    at: datetime
    attempt: int
    error: str
    retry_at: datetime | None


class AlertAcknowledged(Record, frozen=True, kw_only=True):
    """A person has seen it."""

    alert_id: str
    at: datetime
    by: str
    note: str = ""


class RuleMuted(Record, frozen=True, kw_only=True):
    """A rule raises suppressed alerts until `until`."""

    rule: str
    at: datetime
    until: datetime
    by: str


class GenerationPromoted(Record, frozen=True, kw_only=True):
    """The derived streams and the index of `generation` became the live ones."""

    generation: str
    previous: str | None
    schema: SchemaRef
    at: datetime
    schema_dir: str = ""
    """The folder that the schema was read from, so that a running job can follow; it need not exist any more."""


class DeadLetter(Record, frozen=True, kw_only=True):
    """A record that a step could not process: nothing is dropped in silence.

    `record` is the offending input as JSON or, where it is no JSON, as base64 with `encoding` set; `step` is the
    stage to feed
    it to again (`kirkuk dead-letters retry`).
    """

    dead_letter_id: str
    step: str
    key: str
    error: str
    record: str
    encoding: Literal["json", "base64", "text"] = "json"
    at: datetime


class DeadLetterRetried(Record, frozen=True, kw_only=True):
    """A dead letter was fed to its step again, with this outcome."""

    dead_letter_id: str
    at: datetime
    ok: bool
    error: str = ""
