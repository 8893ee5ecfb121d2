"""Looks at log and index every few seconds, from a thread of its own: who asks for metrics or health never waits for a
server that does not answer, and can't burden it by asking often.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from connectors.ports import Clock, EventLog, Index
from connectors.registry import open_index, open_log, sqlite_path
from pipelines.generations import live_promotion
from pipelines.lag import Lag, lags
from schemas.errors import KirkukError
from schemas.records import GenerationPromoted

if TYPE_CHECKING:
    from desk.settings import Settings

EVERY_S: Final = 5.0
_logger = logging.getLogger(__name__)
Port = TypeVar("Port", EventLog, Index)


class Sight(NamedTuple):
    """What was seen at `at`. `*_fault` is empty where the thing answered; `index_live` the generation that it shows."""

    at: datetime
    log_fault: str = "not looked at yet"
    index_fault: str = "not looked at yet"
    promoted: GenerationPromoted | None = None
    index_live: str | None = None
    lags: tuple[Lag, ...] = ()


def is_there(url: str) -> bool:
    """Tell whether a backend exists; to open an embedded one would make an empty file."""
    return not url.startswith("sqlite:") or Path(sqlite_path(url)).is_file()


class Probe:
    """Keeps the latest sight. It opens log and index itself, and anew after a fault."""

    def __init__(self, settings: "Settings", clock: Clock, *, every_s: float = EVERY_S) -> None:
        self.every_s = every_s
        self.sight = Sight(clock.now())
        self._settings = settings
        self._clock = clock
        self._log: EventLog | None = None
        self._index: Index | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; a look that hangs ends with its process."""
        self._ended.set()
        self._thread.join(1.0)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self.look()
            except Exception:
                _logger.exception("log and index could not be looked at")
            self._ended.wait(self.every_s)
        self._close()

    def look(self) -> None:
        """Look once."""
        index_fault, index_live = self._look_at_index()
        log_fault, promoted, found = self._look_at_log()
        self.sight = Sight(self._clock.now(), log_fault, index_fault, promoted, index_live, tuple(found))

    def _look_at_log(self) -> tuple[str, GenerationPromoted | None, list[Lag]]:
        try:
            self._log = self._log or _opened(self._settings.log_url, open_log)
            promoted = live_promotion(self._log)
            return "", promoted, lags(self._log, promoted.generation if promoted else None)
        except KirkukError as error:
            _shut(self._log)
            self._log = None
            return str(error), None, []

    def _look_at_index(self) -> tuple[str, str | None]:
        try:
            self._index = self._index or _opened(self._settings.index_url, open_index)
            return "", self._index.live()
        except KirkukError as error:
            _shut(self._index)
            self._index = None
            return str(error), None

    def _close(self) -> None:
        _shut(self._log)
        _shut(self._index)


def _opened(url: str, opener: Callable[[str], Port]) -> Port:
    if not is_there(url):
        raise KirkukError("nothing there yet")
    return opener(url)


def _shut(port: EventLog | Index | None) -> None:
    if port is not None:
        with suppress(KirkukError):
            port.close()
