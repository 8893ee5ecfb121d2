"""What `kirkuk watch` shows: a live table and alerts above it on a terminal, JSON lines everywhere else."""

import sys
import time
from types import TracebackType
from typing import Final, Self, TextIO

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from desk.watch import Counts, View
from schemas.records import Alert

_JSON_EVERY_S: Final = 5.0
COLOURS: Final = {"info": "cyan", "warning": "yellow", "critical": "bold red"}
_SHAPES: Final = {"info": "·", "warning": "▲", "critical": "■"}
"""Severity is told by shape and word as well as by colour."""


def alert_text(alert: Alert) -> Text:
    """Write an alert in a few lines: what, who says so, the quote, and how to ask why."""
    text = Text()
    text.append(f"{_SHAPES[alert.severity]} {alert.severity.upper()} ", COLOURS[alert.severity])
    text.append(alert.title, "bold")
    text.append(f"  [{alert.rule}: {alert.change}]\n", "dim")
    for evidence in alert.evidence[:2]:
        says = ", ".join(source.text for source in evidence.sources)
        text.append(f"    “{evidence.quote}”", "italic")
        text.append(f" {evidence.outlet}{f' ({says})' if says else ''}\n", "dim")
    text.append(f"    kirkuk why {alert.alert_id[:12]}", "dim")
    return text


class JsonView:
    """One JSON document a line: {"alert": …} at once, {"counts": …} when they changed, every few seconds."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._last: Counts = {}
        self._latest: Counts = {}
        self._due = 0.0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last counts."""
        self._due = 0.0
        self.counts(self._latest)

    def counts(self, counts: Counts) -> None:
        """Write counts that changed."""
        self._latest = counts
        if counts != self._last and time.monotonic() >= self._due:
            self._last, self._due = counts, time.monotonic() + _JSON_EVERY_S
            self._write({"counts": counts})

    def alert(self, alert: Alert) -> None:
        """Write an alert."""
        self._write({"alert": alert})

    def _write(self, document: object) -> None:
        self._out.write(msgspec.json.encode(document).decode() + "\n")
        self._out.flush()


class TerminalView:
    """A table of the stages that stays at the bottom, with alerts scrolling above it."""

    def __init__(self, console: Console | None = None, *, heading: str = "") -> None:
        self._console = console or Console()
        self._live = Live(console=self._console, refresh_per_second=4, transient=False)
        self.heading = heading

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last table on the screen."""
        self._live.stop()

    def counts(self, counts: Counts) -> None:
        """Draw the table."""
        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column("stage", style="bold")
        table.add_column("counts")
        for stage, values in counts.items():
            shown = "  ".join(f"{name} [bold]{value}[/]" for name, value in values.items() if name not in _HIDDEN)
            error = Text(f"  restarted: {values['error']}", "red") if values.get("error") else Text()
            table.add_row(stage, Text.from_markup(shown or "starting …") + error)
        self._live.update(Group(Text(self.heading, "dim"), table) if self.heading else table)

    def alert(self, alert: Alert) -> None:
        """Print an alert above the table."""
        self._console.print(alert_text(alert))


_HIDDEN: Final = frozenset({"error", "generation", "under_way"})


def open_view(*, as_json: bool, heading: str = "") -> JsonView | TerminalView:
    """Return the view that fits standard output."""
    if as_json or not sys.stdout.isatty():
        return JsonView()
    return TerminalView(heading=heading)


__all__ = ["JsonView", "TerminalView", "View", "alert_text", "open_view"]
