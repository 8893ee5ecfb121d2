"""The one Beam source over every event log: bounded by a stop position, or endless.

`LogSource` reads one partition of one stream and emits micro-batches. With `stop` it finishes there, so that the same
source serves epochs, batch reprocessing and streaming. Give each partition its own Read and flatten them: runners such
as
Flink key a source by its element, so one element for all partitions would run in one task.
"""

import threading
from datetime import datetime
from typing import Any, NamedTuple

from apache_beam.coders import Coder, PickleCoder
from apache_beam.io.unbounded_source import CheckpointMark, UnboundedReader, UnboundedSource
from apache_beam.utils.timestamp import MAX_TIMESTAMP, MIN_TIMESTAMP, Timestamp

from connectors import registry
from connectors.ports import START, EventLog, Stored
from pipelines.match_plan import DEFAULT_BATCH


class Batch(NamedTuple):
    """Consecutive events of one partition: all with `after` < position <= `last`."""

    stream: str
    partition: int
    after: int
    last: int
    events: tuple[Stored, ...]


class LogCheckpoint(CheckpointMark):  # type: ignore[misc,unused-ignore]
    """How far a reader came: the last position that it emitted. Nothing is acknowledged: consumers store their own."""

    def __init__(self, position: int) -> None:
        self.position = position

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogCheckpoint) and other.position == self.position

    def __hash__(self) -> int:
        return hash(self.position)


def _timestamp(moment: datetime) -> Timestamp:
    return Timestamp(micros=round(moment.timestamp() * 1_000_000))


_drained: set[str] = set()
_reading: set["LogReader"] = set()
_changed = threading.Condition()


def drain(run: str, timeout_s: float) -> bool:
    """Give the readers of a run in this process nothing more to read, and wait until what they read is written.

    Returns whether it was within the time. Readers elsewhere know nothing of it.
    """
    with _changed:
        _drained.add(run)
        return _changed.wait_for(lambda: all(reader.run != run for reader in _reading), timeout_s)


class LogReader(UnboundedReader):
    """Reads forward from a position. Timestamps are the newest event time seen so far, so none is ever late."""

    def __init__(self, log: EventLog, source: "LogSource", after: int) -> None:
        self._log = log
        self._source = source
        self._position = after
        self._current: Batch | None = None
        self._time = MIN_TIMESTAMP
        self._finished = False
        self.run = source.run

    def start(self) -> bool:
        """Read the first batch; whether there is one."""
        return self.advance()

    def advance(self) -> bool:
        """Read the next batch; False when there is none now, or none any more."""
        if not self._begin():
            return False
        source = self._source
        events = [] if self._exhausted() else self._read()
        if not events:
            self._finished = source.stop is not None
            self._pause()
            return False
        last = events[-1].position
        self._current = Batch(source.stream, source.partition, self._position, last, tuple(events))
        self._position = last
        self._time = max(self._time, *(_timestamp(stored.event.time) for stored in events))
        return True

    def _begin(self) -> bool:
        """Count as reading, which lasts until the steps behind are done with the batch; False when told to stop."""
        with _changed:
            if self.run in _drained:
                _reading.discard(self)
                _changed.notify_all()
                return False
            _reading.add(self)
            return True

    def _pause(self) -> None:
        with _changed:
            _reading.discard(self)
            _changed.notify_all()

    def _exhausted(self) -> bool:
        stop = self._source.stop
        return stop is not None and self._position >= stop

    def _read(self) -> list[Stored]:
        source = self._source
        events = self._log.read(
            source.stream, after=self._position, limit=source.batch_size, partition=source.partition
        )
        if source.stop is None:
            return events
        return [stored for stored in events if stored.position <= source.stop]

    def get_current(self) -> Batch:
        """Return the batch that was read last."""
        if self._current is None:
            raise ValueError("nothing was read yet")
        return self._current

    def get_current_timestamp(self) -> Timestamp:
        """Return the newest event time up to the current batch."""
        return self._time

    def get_watermark(self) -> Timestamp:
        """Return MAX_TIMESTAMP once the stop position is reached."""
        return MAX_TIMESTAMP if self._finished else self._time

    def get_checkpoint_mark(self) -> LogCheckpoint:
        """Return the last position emitted; taken at the end of a bundle, when its batches are written."""
        self._pause()
        return LogCheckpoint(self._position)

    def close(self) -> None:
        """Close this reader's log."""
        self._pause()
        self._log.close()


class LogSource(UnboundedSource):
    """One partition of one stream after `after`, up to and including `stop` (None: endless).

    `log_url` is opened by each reader, where it runs; `run` is the name for `drain`. Raises what `open_log` and `read`
    raise.
    """

    def __init__(
        self,
        log_url: str,
        stream: str,
        partition: int = 0,
        after: int = START,
        stop: int | None = None,
        *,
        batch_size: int = DEFAULT_BATCH,
        run: str = "",
    ) -> None:
        self.log_url = log_url
        self.stream = stream
        self.partition = partition
        self.after = after
        self.stop = stop
        self.batch_size = batch_size
        self.run = run

    def split(self, desired_num_splits: int, options: Any = None) -> list["LogSource"]:  # noqa: ARG002
        """Return the source itself: a partition is read in order, hence by one."""
        return [self]

    def create_reader(self, options: Any, checkpoint_mark: CheckpointMark | None) -> LogReader:  # noqa: ARG002
        """Open the log after the checkpoint, or after `after`."""
        after = checkpoint_mark.position if isinstance(checkpoint_mark, LogCheckpoint) else self.after
        return LogReader(registry.open_log(self.log_url), self, after)

    def get_checkpoint_mark_coder(self) -> Coder:
        """Pickle: a mark is one number."""
        return PickleCoder()
