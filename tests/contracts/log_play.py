"""Events to append, checks of what a log holds, and a writer that other processes run and kill.

    python log_play.py PATH|URL WRITER FIRST_BATCH BATCHES BATCH_SIZE EVENT_BYTES [STATEMENT]

appends batches and writes each batch's number to standard output once it is acknowledged. With STATEMENT, it kills
itself with SIGKILL right before it runs that statement (counted from 1) of its last batch.
"""

import os
import signal
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from connectors.ports import Advance, Append, EventLog, Stored
from connectors.registry import open_log
from connectors.sqlite_log import SqliteLog
from schemas.envelope import Event

MONDAY = datetime(2017, 10, 16, 4, tzinfo=UTC)
STREAM = "articles"


class Mark(NamedTuple):
    """What a test event says of itself: the `index`-th of `size` in the `batch`-th batch of `writer`."""

    writer: str
    batch: int
    index: int
    size: int


def event(event_id: str, payload: object = None, *, subject: str = "key") -> Event:
    """Build an event whose payload is any JSON."""
    data = msgspec.Raw(msgspec.json.encode(payload))
    return Event(id=event_id, source="test", type="kirkuk.Test", subject=subject, time=MONDAY, data=data)


def appends(*event_ids: str, stream: str = STREAM, text: str = "") -> list[Append]:
    """Build one append for each id."""
    return [Append(stream, event(event_id, {"id": event_id, "text": text})) for event_id in event_ids]


def batch(writer: str, number: int, size: int, event_bytes: int = 100) -> list[Append]:
    """Build the `number`-th batch of `writer`."""
    found = []
    for index in range(size):
        payload = [*Mark(writer, number, index, size), "م" * (event_bytes // 2)]
        stamped = event(f"{writer}-{number}-{index}", payload, subject=writer)
        moment = MONDAY + timedelta(seconds=number)
        found.append(Append(STREAM, msgspec.structs.replace(stamped, time=moment)))
    return found


def mark(stored: Stored) -> Mark:
    """Return what an event of a `batch` says of itself."""
    return Mark(*msgspec.json.decode(stored.event.data)[:4])


def ids(page: Iterable[Stored]) -> list[str]:
    """Return the ids of events, in order."""
    return [stored.event.id for stored in page]


def payload(stored: Stored) -> object:
    """Return the payload of an event."""
    return msgspec.json.decode(stored.event.data)


def read_all(log: EventLog, stream: str = STREAM, limit: int = 1000) -> list[Stored]:
    """Read a stream from its start to its end, page by page."""
    found: list[Stored] = []
    while page := log.read(stream, after=found[-1].position if found else 0, limit=limit):
        found.extend(page)
    return found


def whole_batches(page: Iterable[Stored]) -> dict[str, list[int]]:
    """Return the batches of each writer in the order of the log; fails unless each is there whole and in one piece."""
    found = defaultdict(list)
    open_batch: list[Mark] = []
    for stored in page:
        open_batch.append(mark(stored))
        first, last = open_batch[0], open_batch[-1]
        assert last == Mark(first.writer, first.batch, len(open_batch) - 1, first.size)
        if len(open_batch) == first.size:
            found[first.writer].append(first.batch)
            open_batch = []
    assert not open_batch, f"a part of a batch: {open_batch}"
    return dict(found)


def die_before(log: SqliteLog, statement: int) -> None:
    """Kill this process right before the `statement`-th SQL statement from now on."""
    seen = 0

    def look(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    log._connection.set_trace_callback(look)


def main(
    path: str, writer: str, first: str, batches: str, size: str, event_bytes: str, statement: str | None = None
) -> None:
    """Append batches, each with the writer's position, until done or killed."""
    log = open_log(path) if "://" in path else SqliteLog(path)
    end = int(first) + int(batches)
    for number in range(int(first), end):
        if statement is not None and number == end - 1:
            die_before(log, int(statement))
        log.append(batch(writer, number, int(size), int(event_bytes)), [Advance(writer, "source", 0, number)])
        os.write(1, b"%d\n" % number)
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
