"""One step of the match job, without Beam: articles in, outcomes out, outcomes into index and log.

    stored event -> `code_event` -> Outcome -> `MatchSink.write` -> index documents, then one append: ArticleCoded,
                                                                    dead letters and the position, all or nothing

The index is written first and the log last. Both are idempotent, so a process that dies in between does the batch
again and
leaves no trace of it. What the index holds of an article depends on its highest revision alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from schemas.documents import article_document, event_documents

from connectors.ports import Advance, Append, Document, EventLog, Index, Stored
from pipelines.matching import Coder, code_article
from schemas.envelope import ARTICLES, DEAD_LETTERS, MATCHES, Event, derived, encode, pack, unpack
from schemas.errors import RecordError, RecordTooLargeError
from schemas.records import (
    Article,
    ArticleCoded,
    ArticlePublished,
    ArticleRef,
    ArticleRetracted,
    ArticleRevised,
    DeadLetter,
    stable_id,
)

MATCH_STEP: Final = "match"
INDEX_STEP: Final = "index"
_LONGEST_ERROR: Final = 2000
_LARGEST_EMBEDDED: Final = 200_000
"""Bytes of a record that a dead letter still carries whole; larger ones are pointed at, so that no dead letter can
outgrow the log's limit for one record."""


class Outcome(NamedTuple):
    """What became of one event of `articles`: coded (`coded` set) or dead (`dead` set), never both or neither.

    `documents` is empty for a withdrawn article: the index then forgets it.
    """

    article_id: str
    revision: int
    coded: Event | None = None
    documents: tuple[Document, ...] = ()
    event_ids: tuple[str, ...] = ()
    relevant: bool = False
    dead: DeadLetter | None = None


class Written(NamedTuple):
    """What one write did: counts, and the dead letters that are now in the log."""

    articles: int
    relevant: int
    events: int
    dead: tuple[DeadLetter, ...]


def coded_id(coded: ArticleCoded) -> str:
    """Return the id in `matches` of the outcome of one revision."""
    return stable_id(coded.article.article_id, str(coded.article.revision), coded.schema.digest)


def _pack_coded(coded: ArticleCoded) -> Event:
    article = coded.article
    return pack(coded, event_id=coded_id(coded), subject=article.article_id, time=article.ingested)


def _code(coder: Coder, article: Article) -> Outcome:
    coded = code_article(coder, article)
    return Outcome(
        article_id=article.article_id,
        revision=article.revision,
        coded=_pack_coded(coded),
        documents=(article_document(article, coded), *event_documents(coded)),
        event_ids=coded.event_ids,
        relevant=coded.relevant,
    )


def _withdraw(coder: Coder, record: ArticleRetracted) -> Outcome:
    """Code a withdrawal as a revision without events: it takes the article's reports out of every development."""
    article = ArticleRef(
        article_id=record.article_id,
        revision_id=stable_id(record.article_id, "retracted"),
        revision=record.revision,
        feed_id="",
        outlet="",
        publisher="",
        language=None,
        url=None,
        title="",
        published=None,
        fetched=record.at,
        ingested=record.at,
    )
    coded = ArticleCoded(article=article, schema=coder.ref, relevant=False)
    return Outcome(article_id=record.article_id, revision=record.revision, coded=_pack_coded(coded))


def _pointer(stored: Stored, partition: int) -> dict[str, Any]:
    return {"stream": ARTICLES, "partition": partition, "position": stored.position, "id": stored.event.id}


def dead_letter(stored: Stored, partition: int, generation: str, error: str, at: datetime) -> DeadLetter:
    """Describe an event of `articles` that can't be coded in `generation`.

    Its record is the event, or `{"stream", "partition", "position", "id"}` of one that is too large to carry.
    """
    record = encode(stored.event)
    if len(record) > _LARGEST_EMBEDDED:
        record = msgspec.json.encode(_pointer(stored, partition))
    return DeadLetter(
        dead_letter_id=stable_id(MATCH_STEP, generation, stored.event.id),
        step=MATCH_STEP,
        key=stored.event.subject,
        error=error[:_LONGEST_ERROR],
        record=record.decode(),
        at=at,
    )


def code_event(coder: Coder, stored: Stored, *, partition: int, generation: str, now: datetime) -> Outcome:
    """Code one event of `articles`. Never raises: whatever goes wrong with one article is its own dead letter."""
    try:
        record = unpack(stored.event)
        if isinstance(record, ArticleRetracted):
            return _withdraw(coder, record)
        if not isinstance(record, (ArticlePublished, ArticleRevised)):
            raise RecordError(f"{stored.event.name} is no article")  # noqa: TRY301 (one place turns faults into letters)
        return _code(coder, record.article)
    except Exception as error:  # noqa: BLE001 (a fault in the matcher must not stop the articles behind this one)
        fault = dead_letter(stored, partition, generation, f"{type(error).__name__}: {error}", now)
        return Outcome(article_id=stored.event.subject, revision=0, dead=fault)


def _rejected_letter(document: Document, reason: str, generation: str, now: datetime) -> DeadLetter:
    record = {"kind": document.kind, "id": document.id, "version": document.version, "fields": document.fields}
    text = msgspec.json.encode(record)
    if len(text) > _LARGEST_EMBEDDED:
        text = msgspec.json.encode({**record, "fields": None})
    return DeadLetter(
        dead_letter_id=stable_id(INDEX_STEP, generation, document.kind, document.id, str(document.version)),
        step=INDEX_STEP,
        key=document.id,
        error=reason[:_LONGEST_ERROR],
        record=text.decode(),
        at=now,
    )


def pack_dead(letter: DeadLetter) -> Append:
    """Wrap a dead letter for its stream."""
    event = pack(letter, event_id=letter.dead_letter_id, subject=letter.key, time=letter.at)
    return Append(DEAD_LETTERS, event)


def last_revisions(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Return for each article the outcome of its highest revision among `outcomes`; dead ones aside."""
    latest: dict[str, Outcome] = {}
    for outcome in outcomes:
        known = latest.get(outcome.article_id)
        if outcome.dead is None and (known is None or outcome.revision >= known.revision):
            latest[outcome.article_id] = outcome
    return latest


def superseded_events(
    outcomes: Iterable[Outcome], latest: Mapping[str, Outcome], held: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Return the ids of event documents that no current revision has: of earlier revisions in the index or the batch.

    `held` maps article ids to the fields of their documents in the index.
    """
    stale = {event_id for fields in held.values() for event_id in fields.get("event_ids", ())}
    stale.update(event_id for outcome in outcomes for event_id in outcome.event_ids)
    for outcome in latest.values():
        stale.difference_update(outcome.event_ids)
    return sorted(stale)


class MatchSink:
    """Writes outcomes of one generation into index and log. One at a time; it owns neither port."""

    def __init__(self, log: EventLog, index: Index, generation: str) -> None:
        self._log = log
        self._index = index
        self._generation = generation
        self._stream = derived(MATCHES, generation)

    def write(
        self,
        outcomes: Sequence[Outcome],
        *,
        now: datetime,
        advances: Sequence[Advance] = (),
        also: Sequence[Append] = (),
        out_of_order: bool = False,
    ) -> Written:
        """Write documents, then outcomes, dead letters, `also` and `advances` in one append.

        `out_of_order`: the articles may have later revisions that the index holds already.
        Raises IndexUnavailableError and LogError; calling again with the same outcomes is safe.
        """
        letters = [outcome.dead for outcome in outcomes if outcome.dead is not None]
        letters += self._write_index(outcomes, now, revisit=out_of_order)
        coded = [Append(self._stream, outcome.coded) for outcome in outcomes if outcome.coded is not None]
        all_new, unfit = self._append(coded, [*map(pack_dead, letters), *also], advances, now)
        if not all_new:
            self._repair(outcomes)
        alive = [outcome for outcome in outcomes if outcome.dead is None]
        return Written(
            articles=len(alive),
            relevant=sum(outcome.relevant for outcome in alive),
            events=sum(len(outcome.event_ids) for outcome in alive),
            dead=(*letters, *unfit),
        )

    def _held(self, article_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        found = ((key, self._index.get("articles", key, generation=self._generation)) for key in article_ids)
        return {key: fields for key, fields in found if fields is not None}

    def _write_index(self, outcomes: Sequence[Outcome], now: datetime, *, revisit: bool) -> list[DeadLetter]:
        """Bring the articles of `outcomes` to their latest revision; return what the index refused."""
        latest = last_revisions(outcomes)
        held = self._held(key for key, outcome in latest.items() if revisit or outcome.revision > 1)
        overtaken = {key for key, fields in held.items() if fields["revision"] > latest[key].revision}
        current = {key: outcome for key, outcome in latest.items() if key not in overtaken}
        stale = superseded_events(
            [outcome for outcome in outcomes if outcome.article_id in current],
            current,
            {key: fields for key, fields in held.items() if key in current},
        )
        # Before the new article document, which is what a restarted process would learn the old event ids from.
        self._forget(stale, [key for key, outcome in current.items() if not outcome.documents])
        documents = [document for outcome in current.values() for document in outcome.documents]
        rejected = self._index.upsert(self._generation, documents)
        # And after it: another worker may have written an earlier revision in between.
        self._forget(stale, ())
        return [_rejected_letter(refusal.document, refusal.reason, self._generation, now) for refusal in rejected]

    def _forget(self, event_ids: Sequence[str], article_ids: Sequence[str]) -> None:
        self._index.delete(self._generation, "events", event_ids)
        self._index.delete(self._generation, "articles", article_ids)

    def _append(
        self, coded: Sequence[Append], rest: Sequence[Append], advances: Sequence[Advance], now: datetime
    ) -> tuple[bool, list[DeadLetter]]:
        """Append all; return whether all was new, and letters for outcomes that are too large to store."""
        try:
            return self._log.append([*coded, *rest], advances) == len(coded) + len(rest), []
        except RecordTooLargeError:
            unfit = self._append_singly(coded, now)
            self._log.append([*rest, *map(pack_dead, unfit)], advances)
            return False, unfit

    def _append_singly(self, coded: Sequence[Append], now: datetime) -> list[DeadLetter]:
        """Append what fits, one by one; the position follows with the letters, so a crash here repeats harmlessly."""
        unfit = []
        for item in coded:
            try:
                self._log.append([item])
            except RecordTooLargeError as error:
                unfit.append(self._too_large(item.event, error, now))
        return unfit

    def _too_large(self, event: Event, error: RecordTooLargeError, now: datetime) -> DeadLetter:
        return DeadLetter(
            dead_letter_id=stable_id(MATCH_STEP, self._generation, event.id, "too large"),
            step=MATCH_STEP,
            key=event.subject,
            error=f"the coded article can't be stored: {error}"[:_LONGEST_ERROR],
            record=msgspec.json.encode({"stream": ARTICLES, "article_id": event.subject}).decode(),
            at=now,
        )

    def _repair(self, outcomes: Sequence[Outcome]) -> None:
        """Some records were in the log before: another worker reads the same partition, and may be ahead of this one.

        Take back the event documents that the articles' documents, whoever wrote them, don't name.
        """
        held = self._held({outcome.article_id for outcome in outcomes})
        kept = {event_id for fields in held.values() for event_id in fields.get("event_ids", ())}
        mine = {event_id for outcome in outcomes for event_id in outcome.event_ids}
        self._index.delete(self._generation, "events", sorted(mine - kept))
