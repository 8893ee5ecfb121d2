"""The alert job without its loop: coded articles in, developments and alerts out, by ports.

    batch of matches -> board -> documents of developments -> one append: developments, alerts, position
                                                           -> documents of alerts

What the process holds in memory is a fold of the log, so whenever a write fails, the whole is built anew from it.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from connectors.ports import START, Advance, Append, Document, EventLog, Index, Stored
from pipelines import telemetry
from pipelines.alert_report import Arrivals, Told, report_history, report_updates
from pipelines.alerting import HISTORY, Ancestry, Ledger, Sighting, decide
from pipelines.developments import Board, Change, Geography, changes, evidence
from pipelines.generations import alert_consumer
from pipelines.rebuild import development_append, development_documents, positions_of
from pipelines.streams import replay
from schemas.documents import alert_document
from schemas.envelope import ALERTS, MATCHES, Event, derived, pack, unpack
from schemas.records import Alert, AlertRaised, ArticleCoded, Development, Evidence, SchemaRef
from schemas.rules import Rules
from schemas.vocabulary import Vocabulary

_DOCUMENTS_A_WRITE: Final = 500
_EVENTS_AN_APPEND: Final = 500


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
    """Developments and decisions of one generation. Make it anew when anything in it raised.

    Making it folds what was done before; `record_history` then comes before anything else.
    """

    def __init__(
        self,
        log: EventLog,
        index: Index,
        generation: str,
        vocabulary: Vocabulary,
        rules: Rules,
        reader: LedgerReader,
        *,
        stale_after_s: float = 0.0,
    ) -> None:
        self._log = log
        self._index = index
        self._generation = generation
        self._stream = derived(MATCHES, generation)
        self._consumer = alert_consumer(generation)
        self._places = positions_of(vocabulary)
        self._schema = vocabulary.ref
        self._rules = rules
        self._reader = reader
        self._stale_after_s = stale_after_s
        self._board = Board(Geography(vocabulary))
        self._ancestry = Ancestry()
        self._folded: dict[int, int] = {}
        self._arrivals: dict[int, Arrivals] = {}
        for partition in log.partitions(self._stream):
            self._follow(partition)

    def _follow(self, partition: int) -> int:
        """Fold what was done before or by another worker, in silence; return the position done."""
        done = self._log.position(self._consumer, self._stream, partition=partition)
        after = self._folded.get(partition, START)
        for stored in replay(self._log, self._stream, partition=partition, after=after, upto=done):
            record = unpack(stored.event)
            if isinstance(record, ArticleCoded):
                for update in self._board.fold(record):
                    self._ancestry.follow(update)
        self._folded[partition] = done
        return done

    def record_history(self, now: datetime) -> int:
        """Store what holds and is not in the ledger as history, and return how much that is.

        Rules or a schema that came later found it in what was done before: nothing is sent about it.
        """
        appends: list[Append] = []
        for development in self._board.developments():
            own = development.development_id
            lineage = self._ancestry.of(own, self._board.lineage(own))
            sighting = self._sighting(development, lineage, (), self._schema)
            alerts = self._decide(sighting, now, held_back=HISTORY)
            report_history(alerts)
            appends += [Append(ALERTS, raised_event(alert)) for alert in alerts]
        for start in range(0, len(appends), _EVENTS_AN_APPEND):
            self._log.append(appends[start : start + _EVENTS_AN_APPEND])
        return len(appends)

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
        began = time.monotonic()
        done = self._follow(partition)
        arrivals = self._arrivals.setdefault(partition, Arrivals())
        arrivals.see(self._log.end(self._stream, partition=partition), now)
        batch = self._log.read(self._stream, after=done, limit=limit, partition=partition)
        if not batch:
            return 0
        documents: dict[str, Document | None] = {}
        appends: list[Append] = []
        told: list[Told] = []
        for stored in batch:
            appends += self._fold(stored, documents, told, now)
        self._write_developments(documents)
        with telemetry.appending(telemetry.ALERT):
            self._log.append(appends, [Advance(self._consumer, self._stream, partition, batch[-1].position)])
        self._folded[partition] = batch[-1].position
        report_updates(told, arrivals, now + timedelta(seconds=time.monotonic() - began))
        self.show_alerts(self._reader.catch_up())
        return len(batch)

    def _fold(
        self, stored: Stored, documents: dict[str, Document | None], told: list[Told], now: datetime
    ) -> Iterator[Append]:
        record = unpack(stored.event)
        if not isinstance(record, ArticleCoded):
            return
        for update in self._board.fold(record):
            lineage = self._ancestry.follow(update)
            documents.update(development_documents(update, self._places))
            yield development_append(self._generation, record, update)
            alerts: list[Alert] = []
            if update.after is not None:
                steps = changes(update.before, update.after)
                sighting = self._sighting(update.after, lineage, steps, record.schema)
                alerts = self._decide(sighting, now, held_back=self._stale(record, now))
                yield from (Append(ALERTS, raised_event(alert)) for alert in alerts)
            told.append(Told(stored.position, record, update, alerts))

    def _sighting(
        self, development: Development, lineage: Sequence[str], steps: tuple[Change, ...], schema: SchemaRef
    ) -> Sighting:
        family = self._board.family(development.development_id)
        assert family is not None
        return Sighting(development, tuple(lineage), family.realis, steps, schema)

    def _stale(self, coded: ArticleCoded, now: datetime) -> str | None:
        """Say that an article came too long ago to alert on, None when it did not."""
        limit_s, came = self._stale_after_s, coded.article.ingested
        if limit_s and now - came > timedelta(seconds=limit_s):
            return f"stale: it came at {came:%Y-%m-%d %H:%M} UTC, and the limit is {limit_s:g} s"
        return None

    def _decide(self, sighting: Sighting, now: datetime, *, held_back: str | None) -> list[Alert]:
        def quote(shown: tuple[Change, ...]) -> tuple[Evidence, ...]:
            return evidence(self._board.contributions(sighting.development.development_id), shown)

        alerts = decide(sighting, self._rules, self._reader.ledger, quote, now, held_back=held_back)
        for alert in alerts:
            self._reader.ledger.fold(AlertRaised(alert=alert))
        return alerts

    def _write_developments(self, documents: dict[str, Document | None]) -> None:
        self._index.delete(
            self._generation, "developments", [key for key, document in documents.items() if document is None]
        )
        with telemetry.indexing(telemetry.ALERT):
            self._index.upsert(self._generation, [document for document in documents.values() if document is not None])

    def show_alerts(self, alert_ids: Sequence[str]) -> None:
        """Write the documents of alerts as the ledger has them. Raises IndexUnavailableError."""
        ledger = self._reader.ledger
        for start in range(0, len(alert_ids), _DOCUMENTS_A_WRITE):
            chosen = [key for key in alert_ids[start : start + _DOCUMENTS_A_WRITE] if key in ledger.alerts]
            documents = [alert_document(ledger.alerts[key], ledger.state(key), self._places) for key in chosen]
            self._index.upsert(self._generation, documents)
