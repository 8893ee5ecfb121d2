"""The ledger: what was alerted, delivered, acknowledged and muted. It is the fold of the `alerts` stream."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from schemas.documents import AlertState
from schemas.records import (
    Alert,
    AlertAcknowledged,
    AlertDelivered,
    AlertRaised,
    DeliveryFailed,
    DeliveryStarted,
    Record,
    RuleMuted,
)

Key = tuple[str, str, str]
"""(rule, development id, change)"""


class Delivery(NamedTuple):
    """How far one alert has got on one channel. `retry_at` None with `attempt` > 0: given up, or under way.

    `started` is when a worker took it up and has not told the outcome yet. `error` is that of the last failure.
    """

    attempt: int = 0
    retry_at: datetime | None = None
    started: datetime | None = None
    done: bool = False
    given_up: bool = False
    error: str = ""


class Ledger:
    """Folds the stream, each stored record once.

    An AlertRaised may be folded before it is stored; should another worker's be the one that the log took, that one
    holds as soon as it is folded.
    """

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self._keys: set[Key] = set()
        self._sent: set[str] = set()
        """Ids of developments that an alert was sent about."""
        self._deliveries: dict[str, dict[str, Delivery]] = {}
        self._open: dict[str, None] = {}
        self._states: dict[str, AlertState] = {}
        self._muted: dict[str, datetime] = {}
        self._last_sent: dict[str, datetime] = {}
        self._counts = {"alerts": 0, "held_back": 0, "delivered": 0, "given_up": 0}

    def fold(self, record: Record) -> str | None:
        """Take a record; return the id of the alert that it is about."""
        match record:
            case AlertRaised(alert=alert):
                self._raise(alert)
                return alert.alert_id
            case DeliveryStarted() | AlertDelivered() | DeliveryFailed():
                self._deliver(record)
                return record.alert_id
            case AlertAcknowledged():
                self._change(record.alert_id, acknowledged=record.at, acknowledged_by=record.by, note=record.note)
                return record.alert_id
            case RuleMuted():
                self._muted[record.rule] = record.until
        return None

    def _raise(self, alert: Alert) -> None:
        self._keys.add((alert.rule, alert.development_id, alert.change))
        before = self.alerts.get(alert.alert_id)
        if before == alert:
            return
        if before is not None:
            self._counts[_kind(before)] -= 1
        self._counts[_kind(alert)] += 1
        self.alerts[alert.alert_id] = alert
        channels = self._deliveries.pop(alert.alert_id, {})
        self._open.pop(alert.alert_id, None)
        if alert.suppressed is None:
            self._sent.add(alert.development_id)
            self._last_sent[alert.rule] = max(alert.raised, self._last_sent.get(alert.rule, alert.raised))
            self._deliveries[alert.alert_id] = {name: channels.get(name, Delivery()) for name in alert.channels}
            if alert.channels:
                self._open[alert.alert_id] = None

    def _deliver(self, record: DeliveryStarted | AlertDelivered | DeliveryFailed) -> None:
        channels = self._deliveries.setdefault(record.alert_id, {})
        before = channels.get(record.channel, Delivery())
        after = before if before.done else _after(before, record)
        if after == before:
            return
        channels[record.channel] = after
        self._counts["delivered"] += after.done
        self._counts["given_up"] += after.given_up - before.given_up
        if all(delivery.done or delivery.given_up for delivery in channels.values()):
            self._open.pop(record.alert_id, None)
        self._change(
            record.alert_id,
            delivered=tuple(name for name, delivery in channels.items() if delivery.done),
            failed=tuple(name for name, delivery in channels.items() if delivery.given_up),
        )

    def _change(self, alert_id: str, **fields: object) -> None:
        state = self._states.get(alert_id, AlertState())
        self._states[alert_id] = state._replace(changes=state.changes + 1, **fields)  # type: ignore[arg-type]

    def state(self, alert_id: str) -> AlertState:
        """Return what became of an alert."""
        return self._states.get(alert_id, AlertState())

    def counts(self) -> dict[str, int]:
        """Count alerts, those that were held back, and the channels that took one or were given up for one."""
        return dict(self._counts)

    def deliveries(self, alert_id: str) -> dict[str, Delivery]:
        """Return how far an alert has got, by channel."""
        return dict(self._deliveries.get(alert_id, {}))

    def unfinished(self) -> Iterator[tuple[Alert, str, Delivery]]:
        """Yield alerts with the channels that have neither taken nor finally refused them, oldest first."""
        for alert_id in list(self._open):
            for channel, delivery in self._deliveries[alert_id].items():
                if not delivery.done and not delivery.given_up:
                    yield self.alerts[alert_id], channel, delivery

    def holds(self, rule: str, lineage: Iterable[str], change: str) -> bool:
        """Tell whether a development was alerted by a rule for a change, under any of its ids."""
        return any((rule, development_id, change) in self._keys for development_id in lineage)

    def told(self, lineage: Iterable[str]) -> bool:
        """Tell whether any rule sent an alert that a development exists, under any of its ids."""
        return any(development_id in self._sent for development_id in lineage)

    def muted_until(self, rule: str) -> datetime | None:
        """Return until when a rule is muted."""
        return self._muted.get(rule)

    def last_sent(self, rule: str) -> datetime | None:
        """Return when a rule last raised an alert that was to be sent."""
        return self._last_sent.get(rule)


def _kind(alert: Alert) -> str:
    return "alerts" if alert.suppressed is None else "held_back"


def _after(before: Delivery, record: DeliveryStarted | AlertDelivered | DeliveryFailed) -> Delivery:
    """Return how far a delivery has got. What a later attempt overtook counts only when the channel took it."""
    if isinstance(record, AlertDelivered):
        return Delivery(max(record.attempt, before.attempt), done=True)
    if record.attempt < before.attempt:
        return before
    if isinstance(record, DeliveryStarted):
        return Delivery(record.attempt, started=record.at, error=before.error)
    return Delivery(record.attempt, record.retry_at, given_up=record.retry_at is None, error=record.error)
