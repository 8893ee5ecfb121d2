"""Reading a stream from one position to another, page by page."""

from collections.abc import Iterator
from typing import Final

from connectors.ports import START, EventLog, Stored

PAGE: Final = 500


def replay(
    log: EventLog, stream: str, *, after: int = START, upto: int | None = None, partition: int = 0
) -> Iterator[Stored]:
    """Yield the events with `after` < position <= `upto` (None: to where the stream ends now)."""
    last = log.end(stream, partition=partition) if upto is None else upto
    position = after
    while position < last:
        page = log.read(stream, after=position, limit=PAGE, partition=partition)
        if not page:
            return
        for stored in page:
            if stored.position > last:
                return
            yield stored
        position = page[-1].position
