"""Alerts as lines on a stream: for `kirkuk alert` on its own, and for pipes."""

from typing import Final, TextIO

from schemas.errors import DeliveryError
from schemas.records import Alert
from schemas.rules import TERMINAL

_JOINERS: Final = "\u200c\u200d"


def alert_lines(alert: Alert) -> str:
    """Write an alert as plain text: what, why, the quotes with who says so, and how to ask more."""
    lines = [f"[{alert.severity.upper()}] {alert.title}", f"  rule {alert.rule} ({alert.change}): {alert.summary}"]
    for evidence in alert.evidence:
        says = ", ".join(source.text for source in evidence.sources)
        lines.append(f"  “{evidence.quote}” {evidence.outlet}{f', citing {says}' if says else ''}")
        if evidence.url:
            lines.append(f"    {evidence.url}")
    lines.append(f"  kirkuk why {alert.alert_id[:12]}")
    return "\n".join(map(_harmless, lines))


def _harmless(line: str) -> str:
    """Take out what a terminal would obey: the words are strangers'. Persian and Sorani need their joiners."""
    return "".join(letter if letter.isprintable() or letter in _JOINERS else " " for letter in line)


class TerminalNotifier:
    """Writes each alert to a stream and flushes it."""

    name = TERMINAL

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def send(self, alert: Alert) -> None:
        """Write one alert. Raises DeliveryError when the stream is closed."""
        try:
            self._out.write(alert_lines(alert) + "\n")
            self._out.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError("standard output is closed") from error
