"""A stage in a process of its own: how it starts, tells its counts, stops, and dies with its parent.

The parent may be killed at any moment: a child notices that the pipe to it closed and ends at once, which is safe, for
every stage survives a kill. SIGTERM asks a child to stop in good order.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from connectors.waiting import give_up
from desk.settings import Settings
from schemas.errors import ConfigError, DeliveryError, KirkukError, SchemaError
from schemas.records import Alert
from schemas.rules import TERMINAL

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_REPORT_EVERY_S: Final = 0.2
_SHOW_S: Final = 10.0
UNUSABLE: Final = 3
"""Exit status of a child whose settings are wrong: to start it again would change nothing."""


ASK_METRICS: Final = ""
"""What the parent sends to be told the metrics; all else that it sends are ids of alerts."""


class Message(NamedTuple):
    """What a child tells: counts, the text of the error that ended it, an alert for the terminal, or its metrics if it
    was asked for them.
    """

    counts: Mapping[str, int | float | str] = {}
    error: str = ""
    alert: Alert | None = None
    metrics: "Sequence[Metric] | None" = None


class Child(NamedTuple):
    """A running child and the reading end of its pipe."""

    process: BaseProcess
    pipe: Connection


def start_child(stage: str, settings: Settings) -> Child:
    """Start a stage. The child starts afresh (no fork: threads and locks of the parent stay behind)."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=child_main, args=(stage, settings, theirs), name=f"kirkuk-{stage}", daemon=False)
    # Ctrl-C reaches every process of a terminal, and a child must not see it before it says that it takes no notice.
    # Blocked and not ignored, so that the one that is meant for us waits.
    resource_tracker.ensure_running()  # it would let the signal through again when it starts between the two
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return Child(process, ours)


def child_main(stage: str, settings: Settings, pipe: Connection) -> None:
    """Run a stage until SIGTERM, or until the parent is gone."""
    from desk.logs import log_to_stderr
    from desk.stages import STAGES, Run

    log_to_stderr(settings.logs.of(stage), stage=stage)
    stop = threading.Event()

    def ask(*_: object) -> None:
        stop.set()
        give_up()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    shown = Shown()
    reporter = Reporter(pipe)
    threading.Thread(target=_listen, args=(pipe, shown, stage, reporter), daemon=True).start()
    try:
        STAGES[stage](settings, Run(stop, reporter.progress, once=False, terminal=RelayNotifier(reporter, shown)))
        reporter.flush()
    except KirkukError as error:
        if stop.is_set():
            logging.getLogger(__name__).warning("stopped before it came to its end; nothing is lost: %s", error)
            os._exit(0)
        reporter.send(Message(error=str(error)))
        os._exit(UNUSABLE if isinstance(error, ConfigError | SchemaError) else 1)
    except Exception as error:
        logging.getLogger(__name__).exception("%s failed", stage)
        reporter.send(Message(error=f"{type(error).__name__}: {error}"))
        os._exit(1)
    # Threads that a library left behind must not hold the end up.
    os._exit(0)


def _listen(pipe: Connection, shown: "Shown", stage: str, reporter: "Reporter") -> None:
    """Note which alerts the parent has shown, tell it the metrics, and end with it when the pipe closes."""
    try:
        while True:
            told = pipe.recv()
            if told == ASK_METRICS:
                reporter.send(Message(metrics=_measured(stage)))
            else:
                shown.add(told)
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGKILL)


def _measured(stage: str) -> "Sequence[Metric]":
    from desk.metrics_page import measured

    return measured(stage)


class Shown:
    """The alerts that the parent said it has shown."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._changed = threading.Condition()

    def add(self, alert_id: str) -> None:
        """Note one."""
        with self._changed:
            self._ids.add(alert_id)
            self._changed.notify_all()

    def wait(self, alert_id: str, timeout_s: float) -> bool:
        """Wait until an alert is shown; return whether it is."""
        with self._changed:
            found = self._changed.wait_for(lambda: alert_id in self._ids, timeout_s)
            self._ids.discard(alert_id)
            return found


class Reporter:
    """Sends counts through a pipe, a few times a second at most; the last ones are never held back for long."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._latest: Mapping[str, Any] | None = None
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def progress(self, counts: Mapping[str, int | float | str]) -> None:
        """Take counts; send them now or within a fifth of a second."""
        with self._lock:
            self._latest = dict(counts)
            if self._timer is None:
                self._timer = threading.Timer(_REPORT_EVERY_S, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Send what is held back."""
        with self._lock:
            counts, self._latest, self._timer = self._latest, None, None
            if counts is not None:
                self._send(Message(counts))

    def send(self, message: Message) -> bool:
        """Send a message after what is held back; return whether somebody listens."""
        self.flush()
        with self._lock:
            return self._send(message)

    def _send(self, message: Message) -> bool:
        try:
            self._pipe.send(message)
        except OSError:
            return False
        return True


class RelayNotifier:
    """The terminal as a channel, seen from a child: the parent owns the screen."""

    name = TERMINAL

    def __init__(self, reporter: Reporter, shown: Shown) -> None:
        self._reporter = reporter
        self._shown = shown

    def send(self, alert: Alert) -> None:
        """Hand an alert to the parent, and wait until it is shown. Raises DeliveryError when it is not."""
        if not self._reporter.send(Message(alert=alert)):
            raise DeliveryError("the process that shows alerts is gone")
        if not self._shown.wait(alert.alert_id, _SHOW_S):
            raise DeliveryError(f"the terminal did not take the alert within {_SHOW_S:g} s")
