"""One step of the match job, without Beam: articles in, outcomes out, outcomes into index and log.

    stored event -> `code_event` -> Outcome -> `MatchSink.write` -> index documents, then one append: ArticleCoded,
                                                                    dead letters and the position, all or nothing

The index is written first and the log last. Both are idempotent, so a process that dies in between does the batch
again and
leaves no trace of it. What the index holds of an article depends on its highest revision alone.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from connectors.ports import Advance, Append, Document, EventLog, Index, Rejected, Stored
from pipelines import telemetry
from pipelines.match_report import report_indexed, report_written
from pipelines.matching import Coder, code_article
from pipelines.rebuild import positions_of
from schemas.documents import Position, article_document, event_documents
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
_LONGEST_ERROR: Final = 2000
_LARGEST_EMBEDDED: Final = 200_000
"""Bytes of a record that a dead letter still carries whole; larger ones are pointed at, so that no dead letter can
outgrow the log's limit for one record."""


class Origin(NamedTuple):
    """Where an event of `articles` stands. As JSON it is the record of a dead letter, and says what to feed again."""

    partition: int
    stored: Stored


class Outcome(NamedTuple):
    """What became of one event of `articles`: coded (`coded` set) or dead (`dead` set), never both or neither.

    `documents` is empty for a withdrawn article: the index then forgets it.
    """

    origin: Origin
    article_id: str
    revision: int
    coded: Event | None = None
    documents: tuple[Document, ...] = ()
    event_ids: tuple[str, ...] = ()
    relevant: bool = False
    dead: DeadLetter | None = None
    fetched: datetime | None = None
    """When the article came; None for a withdrawn or a dead one."""


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


@lru_cache(maxsize=4)
def _places(coder: Coder) -> Mapping[str, Position]:
    return positions_of(coder.vocabulary)


def _code(coder: Coder, origin: Origin, article: Article) -> Outcome:
    coded = code_article(coder, article)
    return Outcome(
        origin=origin,
        article_id=article.article_id,
        revision=article.revision,
        coded=_pack_coded(coded),
        documents=(article_document(article, coded), *event_documents(coded, _places(coder))),
        event_ids=coded.event_ids,
        relevant=coded.relevant,
        fetched=article.fetched,
    )


def _withdraw(coder: Coder, origin: Origin, record: ArticleRetracted) -> Outcome:
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
    return Outcome(origin, record.article_id, record.revision, coded=_pack_coded(coded))


def dead_letter(origin: Origin, generation: str, fault: str, error: str, now: datetime) -> DeadLetter:
    """Describe what could not be done for an event of `articles` in `generation`; `fault` names the kind of failure.

    Its record is the event as stored, or `{"stream", "partition", "position", "id"}` of one that is too large to carry.
    """
    event = origin.stored.event
    record = encode(event)
    if len(record) > _LARGEST_EMBEDDED:
        place = {"stream": ARTICLES, "partition": origin.partition, "position": origin.stored.position, "id": event.id}
        record = msgspec.json.encode(place)
    return DeadLetter(
        dead_letter_id=stable_id(MATCH_STEP, generation, event.id, fault),
        step=MATCH_STEP,
        key=event.subject,
        error=error[:_LONGEST_ERROR],
        record=record.decode(),
        at=now,
    )


def code_event(coder: Coder, origin: Origin, *, generation: str, now: datetime) -> Outcome:
    """Code one event of `articles`. Never raises: whatever goes wrong with one article is its own dead letter."""
    event = origin.stored.event
    try:
        record = unpack(event)
        if isinstance(record, ArticleRetracted):
            return _withdraw(coder, origin, record)
        if not isinstance(record, (ArticlePublished, ArticleRevised)):
            raise RecordError(f"{event.name} is no article")  # noqa: TRY301 (one place turns faults into letters)
        return _code(coder, origin, record.article)
    except Exception as error:  # noqa: BLE001 (a fault in the matcher must not stop the articles behind this one)
        letter = dead_letter(origin, generation, "not coded", f"{type(error).__name__}: {error}", now)
        return Outcome(origin, event.subject, 0, dead=letter)


def _name(document: Document) -> tuple[str, str]:
    return document.kind, document.id


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
        out_of_order: bool = False,
    ) -> Written:
        """Write documents, then outcomes, dead letters and `advances` in one append.

        `out_of_order`: the articles may have later revisions that the index holds already.
        Raises IndexUnavailableError and LogError; calling again with the same outcomes is safe.
        """
        letters = [outcome.dead for outcome in outcomes if outcome.dead is not None]
        began = time.monotonic()
        letters += self._write_index(outcomes, now, revisit=out_of_order)
        indexed = now + timedelta(seconds=time.monotonic() - began)
        report_indexed(outcomes, self._generation, now, indexed)
        unfit, all_new = self._append(outcomes, letters, advances, now)
        if not all_new:
            self._repair(outcomes)
        alive = [outcome for outcome in outcomes if outcome.dead is None]
        written = Written(
            articles=len(alive),
            relevant=sum(outcome.relevant for outcome in alive),
            events=sum(len(outcome.event_ids) for outcome in alive),
            dead=(*letters, *unfit),
        )
        report_written(outcomes, written, self._generation)
        return written

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
        with telemetry.indexing(telemetry.MATCH):
            rejected = self._index.upsert(self._generation, documents)
        # And after it: another worker may have written an earlier revision in between.
        self._forget(stale, ())
        return self._refusals(rejected, current.values(), now)

    def _forget(self, event_ids: Sequence[str], article_ids: Sequence[str]) -> None:
        self._index.delete(self._generation, "events", event_ids)
        self._index.delete(self._generation, "articles", article_ids)

    def _refusals(self, rejected: Sequence[Rejected], outcomes: Iterable[Outcome], now: datetime) -> list[DeadLetter]:
        """Turn the index's refusals into letters that lead back to the article."""
        if not rejected:
            return []
        origins = {document: outcome.origin for outcome in outcomes for document in map(_name, outcome.documents)}
        letters = []
        for document, reason in rejected:
            name = _name(document)
            error = f"the index refused {'/'.join(name)}: {reason}"
            letters.append(dead_letter(origins[name], self._generation, "refused " + "/".join(name), error, now))
        return letters

    def _append(
        self, outcomes: Sequence[Outcome], letters: Sequence[DeadLetter], advances: Sequence[Advance], now: datetime
    ) -> tuple[list[DeadLetter], bool]:
        """Append all; return letters for outcomes that are too large to store, and whether everything was new."""
        coded = [Append(self._stream, outcome.coded) for outcome in outcomes if outcome.coded is not None]
        dead = [pack_dead(letter) for letter in letters]
        try:
            with telemetry.appending(telemetry.MATCH):
                return [], self._log.append([*coded, *dead], advances) == len(coded) + len(dead)
        except RecordTooLargeError:
            unfit = self._append_singly(outcomes, now)
            self._log.append([*dead, *map(pack_dead, unfit)], advances)
            return unfit, False

    def _append_singly(self, outcomes: Sequence[Outcome], now: datetime) -> list[DeadLetter]:
        """Append what fits, one by one; the position follows with the letters, so a crash here repeats harmlessly."""
        unfit = []
        for outcome in outcomes:
            if outcome.coded is None:
                continue
            try:
                self._log.append([Append(self._stream, outcome.coded)])
            except RecordTooLargeError as error:
                text = f"the coded article can't be stored: {error}"
                unfit.append(dead_letter(outcome.origin, self._generation, "too large", text, now))
        return unfit

    def _repair(self, outcomes: Sequence[Outcome]) -> None:
        """Some records were in the log before: another worker reads the same partition, and may be ahead of this one.

        Take back the event documents that the articles' documents, whoever wrote them, don't name.
        """
        held = self._held({outcome.article_id for outcome in outcomes})
        kept = {event_id for fields in held.values() for event_id in fields.get("event_ids", ())}
        mine = {event_id for outcome in outcomes for event_id in outcome.event_ids}
        self._index.delete(self._generation, "events", sorted(mine - kept))
