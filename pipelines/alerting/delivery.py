"""When a delivery is due, and what its outcome means. Pure."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pipelines.alerting.ledger import Delivery, Ledger
from pipelines.alerting.options import AlertOptions
from schemas.records import Alert, AlertDelivered, DeliveryFailed, DeliveryStarted

_DOUBLINGS: Final = 60
"""Longer than any pause; the thousandth power would be no number any more."""


class Task(NamedTuple):
    """One send that is due."""

    alert: Alert
    channel: str
    attempt: int


class Lease(NamedTuple):
    """When a send that was taken up without an outcome counts as abandoned: after `length`, and at once when it was
    taken up before `sole_since`: since then nobody else can be at work (None: others can).
    """

    length: timedelta
    sole_since: datetime | None = None

    def is_over(self, started: datetime, now: datetime) -> bool:
        """Tell whether the send may be taken up again."""
        return now >= started + self.length or (self.sole_since is not None and started < self.sole_since)


def due(ledger: Ledger, now: datetime, channels: Collection[str], lease: Lease) -> Iterator[Task]:
    """Yield the sends that are due on the open `channels`. A channel that the settings have no more waits for them."""
    for alert, channel, delivery in ledger.unfinished():
        if channel in channels and _is_due(delivery, now, lease):
            yield Task(alert, channel, delivery.attempt + 1)


def _is_due(delivery: Delivery, now: datetime, lease: Lease) -> bool:
    if delivery.started is not None:
        return lease.is_over(delivery.started, now)
    return delivery.retry_at is None or now >= delivery.retry_at


def started(task: Task, now: datetime) -> DeliveryStarted:
    """Return the record that claims a send."""
    return DeliveryStarted(alert_id=task.alert.alert_id, channel=task.channel, at=now, attempt=task.attempt)


def outcome(task: Task, error: str | None, now: datetime, options: AlertOptions) -> AlertDelivered | DeliveryFailed:
    """Return the record of a send's outcome; `error` None: it was taken."""
    alert_id, channel, attempt = task.alert.alert_id, task.channel, task.attempt
    if error is None:
        return AlertDelivered(alert_id=alert_id, channel=channel, at=now, attempt=attempt)
    retry_at = None
    if attempt < options.max_attempts:
        pause_s = min(options.longest_pause_s, options.first_pause_s * 2.0 ** min(attempt - 1, _DOUBLINGS))
        retry_at = now + timedelta(seconds=pause_s)
    return DeliveryFailed(
        alert_id=alert_id, channel=channel, at=now, attempt=attempt, error=error[:500], retry_at=retry_at
    )
