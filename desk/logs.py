"""Log lines on standard error: standard output belongs to results.

A terminal gets lines for people; everything else gets one JSON object a line, with the time in UTC, `level`, `stage`,
`event`, and the ids that the line is about: `grep ARTICLE_ID` tells an article's way.

Titles, errors and addresses come from strangers. Whatever is in them, it stays one line; what is long is cut; passwords
in addresses and the values of secret variables are masked.
"""

import logging
import os
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, TextIO

_NOISY: Final = ("apache_beam", "asyncio", "aiohttp", "apprise", "luqum")
_DRIVERS: Final = ("kafka.", "elastic_transport.", "elasticsearch.")
"""Kept from the output and not from being made: adapters listen to what their drivers tell there alone."""
_SECRET: Final = re.compile("KIRKUK_(SECRET_.*|.*_PASSWORD|.*_API_KEY)")
_SHORTEST_SECRET: Final = 6
"""Shorter values are words of every day; masking them would hide the rest of the log."""
_MASK: Final = "***"
_USERINFO: Final = re.compile(r"(?<=://)[^/\s@]{1,500}@")
_LONGEST: Final = 1000
_LONGEST_TRACE: Final = 20_000
_MOST_ITEMS: Final = 100
_BREAKS: Final = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
"""What some programs take for the end of a line, and what turns the direction of a line around."""

Line = MutableMapping[str, Any]


def log_to_stderr(level: str = "WARNING", *, stage: str = "", out: TextIO | None = None) -> None:
    """Send this process's log to standard error, one line each; `stage` is named in all of them."""
    stream = sys.stderr if out is None else out
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_LazyFormatter(lambda: _formatter(stage, people=stream.isatty())))
    handler.addFilter(_is_ours)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or not f"{record.name}.".startswith(_DRIVERS)


class _LazyFormatter(logging.Formatter):
    """Makes the formatter with the first line: commands that log nothing don't pay for loading it."""

    def __init__(self, make: Callable[[], logging.Formatter]) -> None:
        super().__init__()
        self._make = make
        self._made: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        """Format one record."""
        if self._made is None:
            self._made = self._make()
        return self._made.format(record)


def _formatter(stage: str, *, people: bool) -> logging.Formatter:
    import structlog

    secrets = sorted((value for name, value in os.environ.items() if _is_secret(name, value)), key=len, reverse=True)

    def clean(_logger: Any, _method: str, line: Line) -> Line:
        return {key: _cleaned(value, secrets, _limit(key)) for key, value in line.items() if value is not None}

    def place(_logger: Any, _method: str, line: Line) -> Line:
        return {**({"stage": stage} if stage else {}), **line}

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        place,
    ]
    rendering: list[Any] = (
        [_in_one_line, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if people
        else [_ordered, structlog.processors.JSONRenderer(serializer=_to_json)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, clean, *rendering],
    )


def _is_secret(name: str, value: str) -> bool:
    return _SECRET.fullmatch(name) is not None and len(value) >= _SHORTEST_SECRET


def _limit(key: str) -> int:
    return _LONGEST_TRACE if key == "exception" else _LONGEST


def _cleaned(value: Any, secrets: list[str], limit: int) -> Any:
    """Mask secrets in a value, cut it, and make text of what is no plain value."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_cleaned(item, secrets, limit) for item in value[:_MOST_ITEMS]]
    if isinstance(value, Mapping):
        return {str(key): _cleaned(item, secrets, limit) for key, item in list(value.items())[:_MOST_ITEMS]}
    # Cut with room first: a pattern need not look at 50 MB.
    text = str(value.isoformat() if hasattr(value, "isoformat") else value)[: 2 * limit]
    text = _USERINFO.sub(f"{_MASK}@", text)
    for secret in secrets:
        text = text.replace(secret, _MASK)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= limit else text[:limit] + "…"


def _ordered(_logger: Any, _method: str, line: Line) -> Line:
    """Put what every line has in front, so that lines can be read one below the other."""
    first = {key: line[key] for key in ("timestamp", "level", "stage", "event") if key in line}
    return first | {key: value for key, value in line.items() if key not in first}


def _to_json(line: Line, **_: Any) -> str:
    import msgspec

    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", msgspec.json.encode(line).decode())


def _in_one_line(_logger: Any, _method: str, line: Line) -> Line:
    """Show letters that don't print, which could move the cursor or end the line. A traceback has lines of its own."""
    return {key: value if key == "exception" else _printable(value) for key, value in line.items()}


def _printable(value: Any) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in value)
