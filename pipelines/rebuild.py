"""The developments of a generation, made again in silence: what the alert job writes, but for its alerts.

    coded articles -> board -> updates -> documents, then one append: what was opened and changed, and the position

The alert job takes over behind the position that is stored under its name; what is coded behind it waits for that job.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from connectors.ports import START, Advance, Append, Document, EventLog, Index
from pipelines.coded import coded_articles
from pipelines.developments import Board, Geography, Update, changes
from pipelines.generations import alert_consumer
from pipelines.rehearsal import Rehearsal
from schemas.documents import Position, development_document
from schemas.envelope import DEVELOPMENTS, MATCHES, derived, pack
from schemas.records import ArticleCoded, DevelopmentChanged, DevelopmentOpened, stable_id
from schemas.vocabulary import Vocabulary

_STEPS_A_WRITE: Final = 200


class Step(NamedTuple):
    """A coded article that concerned developments, and what it did to them."""

    position: int
    coded: ArticleCoded
    updates: tuple[Update, ...]


class Rebuild:
    """Folds one generation's coded articles and writes its developments as far as it is told.

    `rehearsal` sees every update. It owns neither port.
    """

    def __init__(
        self, log: EventLog, index: Index, generation: str, vocabulary: Vocabulary, rehearsal: Rehearsal
    ) -> None:
        self._log = log
        self._index = index
        self._generation = generation
        self._stream = derived(MATCHES, generation)
        self._consumer = alert_consumer(generation)
        self._board = Board(Geography(vocabulary))
        self._places = positions_of(vocabulary)
        self._rehearsal = rehearsal
        self._folded: dict[int, int] = {}
        self._waiting: dict[int, list[Step]] = {}

    def developments(self) -> set[str]:
        """Return the ids of all developments folded so far."""
        return {development.development_id for development in self._board.developments()}

    def fold(self, upto: Mapping[int, int]) -> None:
        """Fold all that is coded now; write what developments became up to the positions `upto`, by partition.

        The rest waits for a later call. Raises LogError, IndexUnavailableError: begin a new Rebuild then, which writes
        what is missing.
        """
        for partition in self._log.partitions(self._stream):
            self._fold_partition(partition, upto.get(partition, START))

    def _fold_partition(self, partition: int, upto: int) -> None:
        written = self._log.position(self._consumer, self._stream, partition=partition)
        waited = self._waiting.pop(partition, [])
        kept = self._waiting[partition] = []
        due: list[Step] = []
        for step in chain(waited, self._steps(partition)):
            if step.position > upto:
                kept.append(step)
            elif step.position > written:
                due.append(step)
            if len(due) == _STEPS_A_WRITE:
                self._write(due, [])
                due = []
        self._write(due, [Advance(self._consumer, self._stream, partition, upto)])

    def _steps(self, partition: int) -> Iterator[Step]:
        """Fold what was not folded yet."""
        after = self._folded.get(partition, START)
        for found in coded_articles(self._log, self._generation, partition=partition, after=after):
            self._folded[partition] = found.position
            updates = self._board.fold(found.coded)
            if updates:
                self._rehearsal.see(self._board, updates, found.coded.article.ingested)
                yield Step(found.position, found.coded, updates)

    def _write(self, steps: Sequence[Step], advances: Sequence[Advance]) -> None:
        """Write the documents as they end up, then the events with the positions. Repeating it changes nothing."""
        last: dict[str, Document | None] = {}
        for step in steps:
            for update in step.updates:
                last.update(development_documents(update, self._places))
        self._index.delete(self._generation, "developments", [key for key, found in last.items() if found is None])
        self._index.upsert(self._generation, [found for found in last.values() if found is not None])
        self._log.append(list(self._events(steps)), advances)

    def _events(self, steps: Sequence[Step]) -> Iterator[Append]:
        for step in steps:
            for update in step.updates:
                yield development_append(self._generation, step.coded, update)


def positions_of(vocabulary: Vocabulary) -> dict[str, Position]:
    """Return where the vocabulary's places are."""
    return {place.id: Position(place.latitude, place.longitude) for place in vocabulary.places.values()}


def development_documents(update: Update, places: Mapping[str, Position]) -> Iterator[tuple[str, Document | None]]:
    """Yield what becomes of documents, by id: None is to be deleted. Take them in order: an id may come twice."""
    gone = (update.before, *update.absorbed)
    yield from ((development.development_id, None) for development in gone if development is not None)
    if update.after is not None:
        yield update.after.development_id, development_document(update.after, places)


def development_append(generation: str, coded: ArticleCoded, update: Update) -> Append:
    """Wrap what one coded article did to one development. Decided again, it is the same event."""
    subject = update.after or update.before
    assert subject is not None
    names = tuple(change.key for change in changes(update.before, update.after))
    record = (
        DevelopmentOpened(development=subject)
        if update.before is None
        else DevelopmentChanged(development=subject, changes=names)
    )
    article = coded.article
    event_id = stable_id(subject.development_id, article.article_id, str(article.revision), type(record).__name__)
    event = pack(record, event_id=event_id, subject=subject.development_id, time=article.ingested)
    return Append(derived(DEVELOPMENTS, generation), event)


def copy_alerts(index: Index, old: str, new: str) -> None:
    """Show the alerts of one generation in another as well. Raises IndexUnavailableError."""
    batch: list[Document] = []
    for alert_id, version, fields in index.scan("alerts", generation=old):
        batch.append(Document("alerts", alert_id, version, fields))
        if len(batch) == _STEPS_A_WRITE:
            index.upsert(new, batch)
            batch = []
    index.upsert(new, batch)
