"""How far each stage is behind, asked of the log by whoever wants to know: a stage that hangs can't hide it."""

from datetime import datetime
from typing import NamedTuple

from connectors.ports import EventLog
from pipelines.generations import alert_consumer, match_consumer
from schemas.envelope import ARTICLES, MATCHES, derived


class Lag(NamedTuple):
    """What one stage has not done of one partition.

    `records` counts positions, which is as many records or, on a log whose positions have gaps, a few more. `oldest` is
    when the article of the first of them was ingested, None when nothing is left to do.
    """

    stage: str
    partition: int
    records: int
    oldest: datetime | None

    def seconds(self, now: datetime) -> float:
        """Return the age of the oldest undone record, 0 when there is none."""
        return 0.0 if self.oldest is None else max(0.0, (now - self.oldest).total_seconds())


def lags(log: EventLog, generation: str | None) -> list[Lag]:
    """Return how far matching and alerting of a generation are behind; None: there is none yet, so nothing is done.

    Raises LogError, and RecordError where the next record can't be decoded.
    """
    found = _behind(log, "match", match_consumer(generation) if generation else None, ARTICLES)
    if generation is not None:
        found += _behind(log, "alert", alert_consumer(generation), derived(MATCHES, generation))
    return found


def _behind(log: EventLog, stage: str, consumer: str | None, stream: str) -> list[Lag]:
    return [_lag(log, stage, consumer, stream, partition) for partition in log.partitions(stream)]


def _lag(log: EventLog, stage: str, consumer: str | None, stream: str, partition: int) -> Lag:
    end = log.end(stream, partition=partition)
    done = log.position(consumer, stream, partition=partition) if consumer else 0
    # Where positions have gaps, what lies between `done` and `end` may be no record at all.
    waiting = log.read(stream, after=done, limit=1, partition=partition) if done < end else []
    if not waiting:
        return Lag(stage, partition, 0, None)
    return Lag(stage, partition, end - done, waiting[0].event.time)
