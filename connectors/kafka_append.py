"""One append to Kafka, in as many attempts as it takes."""

import random
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Final

from connectors.kafka_ids import Noted, Place
from connectors.kafka_options import TRANSACTION_S
from connectors.kafka_positions import PositionKey
from connectors.kafka_site import Known, Site
from connectors.kafka_topics import POSITIONS
from connectors.kafka_writer import Landed, Lane, Outgoing, OvertakenError, lane_of
from connectors.ports import Advance, Append

_LONGEST_TRANSACTION_S: Final = 600
"""A broker allows 15 minutes by default."""


class Task:
    """One append, which may take several attempts: a commit whose answer got lost may have been one."""

    def __init__(
        self,
        site: Site,
        appends: Sequence[Append],
        encoded: Sequence[tuple[str, str, bytes]],
        advances: Sequence[Advance],
    ) -> None:
        self._site = site
        self._subjects = [event.subject for _, event in appends]
        self._encoded = encoded
        self._advances = advances
        self._ids: dict[str, list[str]] = {}
        for stream, event_id, _ in encoded:
            self._ids.setdefault(stream, []).append(event_id)
        self._mark = secrets.token_bytes(8)
        self._tried: set[tuple[str, str]] = set()
        """(stream, id) of what may have been committed by an attempt whose end is not known."""
        self._transaction_s: float = TRANSACTION_S

    def run(self, timeout_s: float) -> int:
        """Append; return how many events were new. Raises kafka's errors, and may then be run again."""
        site = self._site
        site.ensure([*self._ids, POSITIONS] if self._advances else self._ids)
        lane = site.lane(self._lane_name())
        deadline = time.monotonic() + timeout_s
        with lane.hold():
            while True:
                lane.claim(self._transaction_s)
                known = site.known(self._ids) if self._ids else Known({}, {})
                fresh = self._fresh(known.ids)
                moves = site.moves(self._advances)
                count = self._counted(known.ids, len(fresh))
                if not fresh and not moves:
                    return count
                try:
                    landed = self._commit(lane, fresh, moves, known.ends, timeout_s)
                    break
                except OvertakenError as error:
                    self._step_back(lane, error, deadline)
            # While the lane is held: a commit that turns out to be none gives it up.
            site.landed([Noted(record.place.topic, record.event_id, self._mark) for record in fresh], moves, landed)
        return count

    def _commit(
        self,
        lane: Lane,
        fresh: Sequence[Outgoing],
        moves: Mapping[PositionKey, int],
        ends: Mapping[Place, int],
        timeout_s: float,
    ) -> dict[Place, Landed]:
        self._tried |= {(record.stream, record.event_id) for record in fresh}
        began = time.monotonic()
        # The broker gives a transaction up after its time: to wait longer for this attempt is no use.
        limit_s = self._transaction_s if timeout_s > TRANSACTION_S else timeout_s
        try:
            return lane.commit([*fresh, *self._site.position_records(moves)], ends, limit_s)
        finally:
            # Much over a slow line: should it have failed of its time, it gets more at the next attempt.
            if time.monotonic() - began > self._transaction_s / 2:
                self._transaction_s = min(2 * self._transaction_s, _LONGEST_TRANSACTION_S)

    def _step_back(self, lane: Lane, overtaken: OvertakenError, deadline: float) -> None:
        """Abort, and wait until it is decided what the other writer's records are."""
        from kafka.errors import KafkaTimeoutError

        lane.discard()
        lane.claim(self._transaction_s)
        ends = self._site.seen(overtaken.landed, deadline - time.monotonic())
        if any(ends[place] <= found.last for place, found in overtaken.landed.items()):
            raise KafkaTimeoutError("another writer's transaction stayed open")
        time.sleep(random.uniform(0, 0.02))  # noqa: S311 (so that two don't meet again)

    def _lane_name(self) -> str:
        if not self._encoded:
            return lane_of([], 0, self._advances[0].consumer)
        spread = (
            self._site.place(stream, subject).partition
            for (stream, _, _), subject in zip(self._encoded, self._subjects, strict=True)
            if len(self._site.partitions(stream)) > 1
        )
        return lane_of(list(self._ids), next(spread, 0))

    def _fresh(self, known: dict[str, dict[str, bytes]]) -> list[Outgoing]:
        """Return the records of the events that the log doesn't hold, each id once."""
        taken = {stream: set(ids) for stream, ids in known.items()}
        fresh = []
        for (stream, event_id, body), subject in zip(self._encoded, self._subjects, strict=True):
            if event_id not in taken[stream]:
                taken[stream].add(event_id)
                place = self._site.place(stream, subject)
                fresh.append(Outgoing(stream, place, subject.encode(), body, event_id, self._mark))
        return fresh

    def _counted(self, known: dict[str, dict[str, bytes]], fresh: int) -> int:
        """Add what an earlier attempt committed after all."""
        recovered = sum(known[stream].get(event_id) == self._mark for stream, event_id in self._tried)
        return fresh + recovered
