"""`kirkuk watch`: ingest, match and alert in three processes under one supervisor.

A stage that ends by itself is started again, after growing pauses; one whose settings are wrong ends the watch with its
message. SIGTERM and Ctrl-C stop the stages in the order of the flow, so that what was fetched is stored.
"""

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from threading import Event
from typing import TYPE_CHECKING, Final, Protocol

from connectors.ports import SystemClock
from desk.children import ASK_METRICS, UNUSABLE, Child, Message, start_child
from desk.health import StageView
from desk.lock import RoleLock
from desk.metrics_page import measured
from desk.operations import serving
from desk.settings import Settings
from schemas.errors import KirkukError
from schemas.records import Alert

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

ORDER: Final = ("ingest", "match", "alert")
_STOP_S: Final = 20.0
_PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_CALM_S: Final = 60.0
"""A stage that ran so long has left its earlier failures behind."""
_TICK_S: Final = 0.25
_ASK_EVERY_S: Final = 1.0
"""How old the metrics of a stage may get."""

_logger = logging.getLogger(__name__)
Counts = Mapping[str, Mapping[str, int | float | str]]


class View(Protocol):
    """Shows a person or a program what goes on."""

    def counts(self, counts: Counts) -> None:
        """Show where the stages stand; called several times a second."""

    def alert(self, alert: Alert) -> None:
        """Show an alert."""


class _Stage:
    """One stage under supervision."""

    def __init__(self, name: str, settings: Settings, view: View) -> None:
        self.name = name
        self.counts: Mapping[str, int | float | str] = {}
        self.error = ""
        self._last_words = ""
        self.restarts = 0
        self._settings = settings
        self._view = view
        self._failures = 0
        self._due = 0.0
        self._started = 0.0
        self._born = 0.0
        self._metrics: Sequence[Metric] = ()
        self._asked = False
        self._ask_due = 0.0
        self.child: Child | None = None

    def start_if_due(self) -> None:
        """Start the stage when its pause is over."""
        if self.child is None and time.monotonic() >= self._due:
            self._started, self._born = time.monotonic(), time.time()
            self._metrics, self._asked, self._last_words = (), False, ""
            self.child = start_child(self.name, self._settings)

    def read(self) -> None:
        """Take all messages that wait in the pipe."""
        assert self.child is not None
        try:
            while self.child.pipe.poll():
                message: Message = self.child.pipe.recv()
                self.counts = message.counts or self.counts
                if message.metrics is not None:
                    self._metrics, self._asked = message.metrics, False
                self._last_words = message.error or self._last_words
                if message.alert is not None:
                    self._view.alert(message.alert)
                    self.child.pipe.send(message.alert.alert_id)
        except (EOFError, OSError):
            return

    def ask_metrics(self) -> None:
        """Ask the child for its metrics, once until it has answered: what nobody reads must not fill the pipe."""
        now = time.monotonic()
        if self.child is None or self._asked or now < self._ask_due:
            return
        self._asked, self._ask_due = True, now + _ASK_EVERY_S
        with suppress(OSError):
            self.child.pipe.send(ASK_METRICS)

    def view(self) -> StageView:
        """Return what is known of the stage; may be called from any thread."""
        running = self.child is not None
        return StageView(self.name, running, self._born, self._metrics, self.restarts, self.error)

    def reap(self) -> None:
        """Notice that the child ended; plan its next start. Raises KirkukError when its settings are wrong."""
        if self.child is None or self.child.process.is_alive():
            return
        self.read()
        status = self.child.process.exitcode
        self.child.pipe.close()
        self.child = None
        if status == UNUSABLE:
            raise KirkukError(self._last_words)
        self._failures = 0 if time.monotonic() - self._started > _CALM_S else self._failures
        pause_s = _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
        self._due = time.monotonic() + pause_s
        self._failures += 1
        self.restarts += 1
        self.error = self._last_words or f"ended with status {status}"
        _logger.warning("stage %s failed: %s; it is started again in %g s", self.name, self.error, pause_s)

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.child is not None and self.child.process.is_alive():
            self.child.process.terminate()

    def await_end(self, timeout_s: float) -> None:
        """Wait for the end; kill what does not come to it."""
        if self.child is None:
            return
        process, deadline = self.child.process, time.monotonic() + timeout_s
        while process.is_alive() and time.monotonic() < deadline:
            wait([self.child.pipe, process.sentinel], 0.1)
            self.read()
            process.join(0.05)
        if process.is_alive():
            process.kill()
            process.join()
        self.read()
        self.child.pipe.close()
        self.child = None

    def shown(self) -> Mapping[str, int | float | str]:
        """Return the counts with what went wrong."""
        if not self.restarts:
            return self.counts
        return {**self.counts, "restarts": self.restarts, "error": self.error}


def _check(settings: Settings) -> None:
    """Read feeds and rules, open the channels: a mistake shows before anything is polled. Raises ConfigError."""
    from connectors.terminal_notifier import TerminalNotifier
    from desk.alert_commands import open_notifiers
    from schemas.feed_list import load_feeds
    from schemas.rules import load_rules

    load_feeds(settings.feeds_file)
    open_notifiers(load_rules(settings.rules_file), TerminalNotifier(sys.stderr))


class Watch:
    """The supervisor. `run` returns when `stop` is set; `counts` may be read from any thread."""

    def __init__(self, settings: Settings, *, stop: Event, view: View) -> None:
        self._settings = settings
        self._stop = stop
        self._view = view
        self._stages = [_Stage(name, settings, view) for name in ORDER]
        self._turned = time.time()

    def counts(self) -> Counts:
        """Return what each stage told last."""
        return {stage.name: stage.shown() for stage in self._stages}

    def views(self) -> Sequence[StageView]:
        """Return what is known of each stage and of the supervisor itself; may be called from any thread."""
        itself = StageView("watch", running=True, started=self._turned, families=measured("watch"))
        return [itself, *(stage.view() for stage in self._stages)]

    def run(self) -> Counts:
        """Supervise until `stop` is set; return the last counts.

        Raises KirkukError when the data folder is in use, and for settings that a stage finds wrong.
        """
        _check(self._settings)
        with RoleLock(self._settings.data_dir, "watch"), serving(self._settings, self.views, SystemClock()):
            try:
                while not self._stop.is_set():
                    self._turn()
            finally:
                self._end()
        return self.counts()

    def _turn(self) -> None:
        for stage in self._stages:
            stage.reap()
            stage.start_if_due()
            if self._settings.metrics.listen:
                stage.ask_metrics()
        self._turned = time.time()
        running = {stage.child.pipe: stage for stage in self._stages if stage.child is not None}
        for pipe in wait(list(running), _TICK_S):
            running[pipe].read()  # type: ignore[index] # only what was put in comes out
        self._view.counts(self.counts())
        # A closed pipe is always ready: without a pause its stage would be asked without end until it is reaped.
        self._stop.wait(0.02)

    def _end(self) -> None:
        """Stop in the order of the flow; each stage gets its time."""
        for stage in self._stages:
            stage.ask_to_stop()
        for stage in self._stages:
            stage.await_end(_STOP_S)
        self._view.counts(self.counts())
