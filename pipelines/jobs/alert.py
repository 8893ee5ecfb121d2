"""The alert job: follows what is coded, keeps developments, raises alerts and delivers them.

matches -> AlertStep: developments, decisions, one append -> deliveries that are due, one thread a channel
                                                        ^ outcomes come back into the ledger
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from datetime import timedelta
from queue import SimpleQueue
from typing import Final

from connectors import registry
from connectors.ports import Append, Clock, EventLog, Index, Notifier
from pipelines import telemetry
from pipelines.alert_report import report_send
from pipelines.alert_step import AlertStep, LedgerReader
from pipelines.alerting.delivery import Lease, Task, due, outcome, started
from pipelines.alerting.options import AlertOptions
from pipelines.generations import live_promotion, reconcile
from pipelines.jobs.match import choose_schema
from schemas.envelope import ALERTS, GENERATIONS, pack
from schemas.errors import DeliveryError, IndexUnavailableError, LogError
from schemas.records import Alert, AlertDelivered, DeliveryFailed, stable_id
from schemas.rules import Rules, unknown_names

Progress = Callable[[Mapping[str, int | float | str]], None]
_logger = logging.getLogger(__name__)
_WAIT_S: Final = 0.3
"""How long one wait for coded articles lasts: what a retry, a mute or a stop may be late by."""
_BUSY_WAIT_S: Final = 0.02
"""While sends are under way, their outcomes are looked for so often."""
_PAUSES_S: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
_LAST_SENDS_S: Final = 10.0
"""How long a stop waits for sends under way; what ends later is sent again by the next process."""


Outcome = AlertDelivered | DeliveryFailed


class Sender:
    """One channel in a thread of its own, which ends with the process even when a send hangs.

    The thread stores the outcome itself, through its own `log`, right after the send: a process that is killed in
    between sends again, and that moment is to be short.
    """

    def __init__(self, notifier: Notifier, log: EventLog, options: AlertOptions, clock: Clock) -> None:
        self._notifier = notifier
        self._log = log
        self._options = options
        self._clock = clock
        self._tasks: SimpleQueue[tuple[Task, Future[Outcome | None]] | None] = SimpleQueue()
        threading.Thread(target=self._run, name=f"send to {notifier.name}", daemon=True).start()

    def submit(self, task: Task) -> "Future[Outcome | None]":
        """Send an alert after those before it; the result is an outcome that could not be stored, or None."""
        future: Future[Outcome | None] = Future()
        self._tasks.put((task, future))
        return future

    def close(self) -> None:
        """End the thread after the sends that it has got."""
        self._tasks.put(None)

    def _run(self) -> None:
        while (item := self._tasks.get()) is not None:
            task, future = item
            found = outcome(task, self._send(task.alert), self._clock.now(), self._options)
            report_send(task, found)
            future.set_result(None if self._is_stored(found) else found)
        self._log.close()

    def _is_stored(self, found: Outcome) -> bool:
        try:
            with telemetry.appending(telemetry.ALERT):
                self._log.append([_wrap(found)])
        except LogError as error:
            _logger.warning("the outcome of a send could not be stored (%s); trying again", error)
            return False
        return True

    def _send(self, alert: Alert) -> str | None:
        """Return why an alert was not taken, None when it was."""
        try:
            self._notifier.send(alert)
        except DeliveryError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 (a bug in one channel must not stop the others)
            # Its text may hold a channel's address, and so a secret: it goes to nobody.
            _logger.warning("channel %s failed with %s", self._notifier.name, type(error).__name__)
            return f"the channel failed ({type(error).__name__})"
        return None


class Courier:
    """Sends what is due, so that a slow channel holds up itself alone."""

    def __init__(
        self, log: EventLog, senders: Mapping[str, Sender], options: AlertOptions, clock: Clock, *, sole: bool
    ) -> None:
        self._log = log
        self._senders = senders
        self._clock = clock
        self._lease = Lease(timedelta(seconds=options.lease_s), clock.now() if sole else None)
        self._under_way: dict[tuple[str, str], Future[Outcome | None]] = {}

    def start(self, reader: LedgerReader) -> None:
        """Take up a send for every free channel. The log says whether this worker is the one that does it.

        A send that only waited for its turn would outlive its lease, and another worker would send as well.
        """
        taken = {channel for _, channel in self._under_way}
        for task in list(due(reader.ledger, self._clock.now(), self._senders, self._lease)):
            key = (task.alert.alert_id, task.channel)
            if task.channel not in taken and self._claim(task):
                taken.add(task.channel)
                self._under_way[key] = self._senders[task.channel].submit(task)

    def _claim(self, task: Task) -> bool:
        record = started(task, self._clock.now())
        event_id = stable_id(task.alert.alert_id, task.channel, str(task.attempt), "started")
        event = pack(record, event_id=event_id, subject=task.alert.alert_id, time=record.at)
        return self._log.append([Append(ALERTS, event)]) == 1

    def collect(self) -> int:
        """Make sure that the outcomes of sends that ended are in the log; return how many ended. Raises LogError."""
        ended = {key: future for key, future in self._under_way.items() if future.done()}
        unstored = [found for future in ended.values() if (found := future.result()) is not None]
        self._log.append([_wrap(found) for found in unstored])
        for key in ended:
            del self._under_way[key]
        return len(ended)

    @property
    def busy(self) -> bool:
        """Whether sends are under way."""
        return bool(self._under_way)

    def await_all(self, timeout_s: float) -> None:
        """Wait for the sends that are under way."""
        wait(self._under_way.values(), timeout_s)

    def close(self) -> None:
        """Let go of the threads; a send that hangs ends with its process."""
        for sender in self._senders.values():
            sender.close()


def _wrap(record: Outcome) -> Append:
    event_id = stable_id(record.alert_id, record.channel, str(record.attempt), type(record).__name__)
    return Append(ALERTS, pack(record, event_id=event_id, subject=record.alert_id, time=record.at))


class _AlertJob:
    """The state of one run."""

    def __init__(
        self,
        log: EventLog,
        index: Index,
        schema_dir: str,
        rules: Rules,
        courier: Courier,
        options: AlertOptions,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._log = log
        self._index = index
        self._schema_dir = schema_dir
        self._rules = rules
        self._options = options
        self._clock = clock
        self._progress = progress
        self._courier = courier
        self._step: AlertStep | None = None
        self._reader = LedgerReader(log)
        self._seen_promotions = -1
        self.totals = {"coded": 0, "alerts": 0, "held_back": 0, "delivered": 0, "given_up": 0, "failures": 0}
        self._shown: Mapping[str, int | float | str] | None = None

    def turn(self) -> bool:
        """Do what there is to do now; return whether anything was done."""
        if self._step is None or self._log.end(GENERATIONS) != self._seen_promotions:
            self._follow()
        if self._step is None:
            return False
        # First what others have told: a mute holds for the articles that came after it.
        self._step.show_alerts(self._reader.catch_up())
        done = self._step.run(self._options.batch_size, self._clock.now())
        self.totals["coded"] += done
        sent = self._deliver(self._step)
        self.report()
        return bool(done or sent)

    def _follow(self) -> None:
        """Begin with the live generation, whichever it is, and the ledger as it is."""
        from schemas.vocabulary import load_vocabulary

        self._step = None
        self._seen_promotions = self._log.end(GENERATIONS)
        promoted = live_promotion(self._log)
        if promoted is None:
            return
        reconcile(self._log, self._index)
        self._reader = LedgerReader(self._log)
        self._reader.catch_up()
        vocabulary = load_vocabulary(choose_schema(promoted, self._schema_dir)[0])
        for fault in unknown_names(self._rules, vocabulary):
            _logger.warning("%s", fault)
        step = AlertStep(
            self._log,
            self._index,
            promoted.generation,
            vocabulary,
            self._rules,
            self._reader,
            stale_after_s=self._options.stale_after_s,
        )
        step.record_history(self._clock.now())
        self._reader.catch_up()
        # A process that died between ledger and index left this to be done.
        step.show_alerts(list(self._reader.ledger.alerts))
        self._step = step

    def _deliver(self, step: AlertStep) -> int:
        ended = self._courier.collect()
        touched = self._reader.catch_up()
        self._courier.start(self._reader)
        touched += self._reader.catch_up()
        step.show_alerts(list(dict.fromkeys(touched)))
        return ended

    def forget(self) -> None:
        """Drop what is in memory: it may be ahead of the log."""
        self._step = None

    def rest(self) -> None:
        """Wait until something may have to be done."""
        wait_s = _BUSY_WAIT_S if self._courier.busy else _WAIT_S
        if self._step is None:
            self._log.wait(GENERATIONS, after=self._seen_promotions, timeout_s=wait_s)
            return
        positions = self._step.positions()
        for partition, done in positions.items():
            if self._log.wait(self._step.stream, after=done, timeout_s=wait_s / len(positions), partition=partition):
                return

    def is_idle(self) -> bool:
        """Tell whether nothing is left to be done now."""
        return self._step is None or (not self._courier.busy and not self._step.backlog())

    def report(self) -> None:
        """Tell the progress callback where the job stands, when that changed."""
        ledger = self._reader.ledger
        self.totals.update(ledger.counts())
        waiting = sum(1 for _ in ledger.unfinished())
        backlog = self._step.backlog() if self._step else 0
        telemetry.ALERTS_WAITING.set(waiting)
        shown = {**self.totals, "waiting": waiting, "backlog": backlog}
        if shown != self._shown:
            self._shown = shown
            self._progress(shown)

    def close(self) -> None:
        """Record the outcomes of the last sends."""
        try:
            self._courier.await_all(_LAST_SENDS_S)
            self._deliver_outcomes()
        finally:
            self._courier.close()

    def _deliver_outcomes(self) -> None:
        try:
            self._courier.collect()
            touched = self._reader.catch_up()
            if self._step is not None:
                self._step.show_alerts(touched)
            self.report()
        except (LogError, IndexUnavailableError) as error:
            _logger.warning("the outcome of the last sends could not be stored: %s", error)


def run_alert(
    log_url: str,
    index_url: str,
    schema_dir: str,
    rules: Rules,
    notifiers: Sequence[Notifier],
    options: AlertOptions,
    *,
    stop: threading.Event,
    clock: Clock,
    progress: Progress,
    once: bool = False,
    sole: bool = True,
) -> Mapping[str, int]:
    """Raise and deliver alerts until `stop` is set, or with `once` until nothing is left to be done now.

    `sole`: the caller rules out that another alert job runs on this log (a lock does); a send that a dead one had taken
    up is then taken up at once. While log or index fail, the job pauses and tries again; with `once` it raises
    LogError or IndexUnavailableError after a few times. Raises SchemaError.
    """
    with closing(registry.open_log(log_url)) as log, closing(registry.open_index(index_url)) as index:
        senders = {
            notifier.name: Sender(notifier, registry.open_log(log_url), options, clock) for notifier in notifiers
        }
        courier = Courier(log, senders, options, clock, sole=sole)
        job = _AlertJob(log, index, schema_dir, rules, courier, options, clock, progress)
        try:
            _loop(job, stop, once=once)
        finally:
            job.close()
        return dict(job.totals)


def _loop(job: _AlertJob, stop: threading.Event, *, once: bool) -> None:
    failures = 0
    while not stop.is_set():
        telemetry.beat(telemetry.ALERT)
        try:
            busy = job.turn()
            if once and not busy and job.is_idle():
                return
            if not busy:
                job.rest()
            failures = 0
        except (LogError, IndexUnavailableError) as error:
            job.totals["failures"] += 1
            job.forget()
            if once and failures >= len(_PAUSES_S) - 3:
                raise
            pause_s = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
            failures += 1
            _logger.warning("alerting failed (%s); trying again in %.2f s", error, pause_s)
            stop.wait(pause_s)


__all__ = ["AlertOptions", "run_alert"]
