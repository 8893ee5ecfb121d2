"""The alert job without its loop: coded articles in, developments and alerts out, by ports.

    batch of matches -> board -> documents of developments -> one append: developments, alerts, position -> documents
                                                                                                    of alerts

What the process holds in memory is a fold of the log, so whenever an append fails, the whole is built anew from it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from connectors.ports import START, Advance, Append, Document, EventLog, Index, Stored
from pipelines.alerting import Ledger, Settled, Sighting, decide, due
from pipelines.developments import Board, Change, Geography, Update, changes, evidence
from pipelines.generations import alert_consumer
from pipelines.rebuild import development_append, development_documents, positions_of
from pipelines.streams import replay
from schemas.documents import alert_document
from schemas.envelope import ALERTS, MATCHES, Event, derived, pack, unpack
from schemas.records import Alert, AlertRaised, ArticleCoded, Evidence
from schemas.rules import Rules
from schemas.vocabulary import Vocabulary

_DOCUMENTS_A_WRITE: Final = 500


class LedgerReader:
    """A ledger that follows the log: what other processes append (acknowledgements, mutes) is seen as well."""

    def __init__(self, log: EventLog) -> None:
        self.ledger = Ledger()
        self._log = log
        self._read: dict[int, int] = {}

    def catch_up(self) -> list[str]:
        """Fold what is new; return the ids of the alerts that it is about, each once."""
        touched: dict[str, None] = {}
        for partition in self._log.partitions(ALERTS):
            after = self._read.get(partition, START)
            for stored in replay(self._log, ALERTS, partition=partition, after=after):
                alert_id = self.ledger.fold(unpack(stored.event))
                if alert_id is not None:
                    touched[alert_id] = None
                self._read[partition] = stored.position
        return list(touched)


def raised_event(alert: Alert) -> Event:
    """Wrap an alert for the ledger. Its id is the alert's: the stream takes it once."""
    return pack(AlertRaised(alert=alert), event_id=alert.alert_id, subject=alert.alert_id, time=alert.raised)


class AlertStep:
    """Developments and decisions of one generation. Make it anew when anything in it raised."""

    def __init__(
        self, log: EventLog, index: Index, generation: str, vocabulary: Vocabulary, rules: Rules, reader: LedgerReader
    ) -> None:
        self._log = log
        self._index = index
        self._generation = generation
        self._stream = derived(MATCHES, generation)
        self._consumer = alert_consumer(generation)
        self._places = positions_of(vocabulary)
        self._rules = rules
        self._reader = reader
        self._settled = Settled()
        self._board = Board(Geography(vocabulary))
        self._silently_rebuild()

    def _silently_rebuild(self) -> None:
        """Fold what was done before; what then holds and was not alerted is history."""
        for partition in self._log.partitions(self._stream):
            done = self._log.position(self._consumer, self._stream, partition=partition)
            for stored in replay(self._log, self._stream, partition=partition, upto=done):
                record = unpack(stored.event)
                if isinstance(record, ArticleCoded):
                    self._board.fold(record)
        for development in self._board.developments():
            sighting = self._sighting(development.development_id, ())
            if sighting is not None:
                for ready, _, found in due(sighting, self._rules, self._reader.ledger):
                    self._settled.add(ready.rule.name, sighting.lineage, found.name)

    def _sighting(self, development_id: str, steps: tuple[Change, ...]) -> Sighting | None:
        development, family = self._board.development(development_id), self._board.family(development_id)
        if development is None or family is None:
            return None
        return Sighting(development, self._board.lineage(development_id), family.realis, steps)

    def backlog(self) -> int:
        """Return how many positions are not done yet."""
        return sum(self._log.end(self._stream, partition=part) - done for part, done in self.positions().items())

    def positions(self) -> dict[int, int]:
        """Return the position done, by partition of `matches`."""
        partitions = self._log.partitions(self._stream)
        return {part: self._log.position(self._consumer, self._stream, partition=part) for part in partitions}

    @property
    def stream(self) -> str:
        """The stream that is read."""
        return self._stream

    def run(self, limit: int, now: datetime) -> int:
        """Do one batch of each partition; return how many coded articles were done.

        Raises LogError, IndexUnavailableError: make the step anew then.
        """
        return sum(self._run_partition(partition, limit, now) for partition in self.positions())

    def _run_partition(self, partition: int, limit: int, now: datetime) -> int:
        done = self._log.position(self._consumer, self._stream, partition=partition)
        batch = self._log.read(self._stream, after=done, limit=limit, partition=partition)
        if not batch:
            return 0
        documents: dict[str, Document | None] = {}
        appends: list[Append] = []
        for stored in batch:
            appends += self._fold(stored, documents, now)
        self._write_developments(documents)
        self._log.append(appends, [Advance(self._consumer, self._stream, partition, batch[-1].position)])
        self.show_alerts(self._reader.catch_up())
        return len(batch)

    def _fold(self, stored: Stored, documents: dict[str, Document | None], now: datetime) -> Iterator[Append]:
        record = unpack(stored.event)
        if not isinstance(record, ArticleCoded):
            return
        for update in self._board.fold(record):
            documents.update(development_documents(update, self._places))
            yield development_append(self._generation, record, update)
            yield from (Append(ALERTS, raised_event(alert)) for alert in self._decide(update, now))

    def _decide(self, update: Update, now: datetime) -> list[Alert]:
        if update.after is None:
            return []
        development_id = update.after.development_id
        sighting = self._sighting(development_id, changes(update.before, update.after))
        if sighting is None:
            return []

        def quote(steps: tuple[Change, ...]) -> tuple[Evidence, ...]:
            return evidence(self._board.contributions(development_id), steps)

        # The lineage of this very update: a later one of the same article may have taken the id over.
        sighting = sighting._replace(development=update.after, lineage=update.lineage)
        alerts = decide(sighting, self._rules, self._reader.ledger, self._settled, quote, now)
        for alert in alerts:
            self._reader.ledger.fold(AlertRaised(alert=alert))
        return alerts

    def _write_developments(self, documents: dict[str, Document | None]) -> None:
        self._index.delete(
            self._generation, "developments", [key for key, document in documents.items() if document is None]
        )
        self._index.upsert(self._generation, [document for document in documents.values() if document is not None])

    def show_alerts(self, alert_ids: Sequence[str]) -> None:
        """Write the documents of alerts as the ledger has them. Raises IndexUnavailableError."""
        ledger = self._reader.ledger
        for start in range(0, len(alert_ids), _DOCUMENTS_A_WRITE):
            chosen = [key for key in alert_ids[start : start + _DOCUMENTS_A_WRITE] if key in ledger.alerts]
            documents = [alert_document(ledger.alerts[key], ledger.state(key), self._places) for key in chosen]
            self._index.upsert(self._generation, documents)
