"""What the alert step tells of a batch once it is in the log, and of each send: counts, latencies, log lines."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from pipelines import telemetry
from pipelines.alerting.delivery import Task
from pipelines.developments import Update, changes
from schemas.records import Alert, AlertDelivered, ArticleCoded, DeliveryFailed

_logger = logging.getLogger(__name__)
_MOST_ARTICLES: Final = 50
"""Ids of articles that a line about an alert names: `grep` for one of them finds it."""
_KEPT_ARRIVALS: Final = 10_000


class Told(NamedTuple):
    """A coded article, at its position of `matches`, with an update that it brought about and the alerts of that."""

    position: int
    coded: ArticleCoded
    update: Update
    alerts: Sequence[Alert]


class Arrivals:
    """When coded articles of one partition came, as far as one can see from here: the log doesn't say when they were
    coded. Seen by looking at the stream's end now and then, so a time is late by up to the time between two looks.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[int, datetime]] = deque(maxlen=_KEPT_ARRIVALS)

    def see(self, end: int, now: datetime) -> None:
        """Note that the stream reaches to `end`."""
        if not self._seen or end > self._seen[-1][0]:
            self._seen.append((end, now))

    def of(self, position: int) -> datetime | None:
        """Return when a position was first seen, None when it wasn't. Ask in the order of positions."""
        while self._seen and self._seen[0][0] < position:
            self._seen.popleft()
        return self._seen[0][1] if self._seen else None


def report_updates(told: Iterable[Told], arrivals: Arrivals, now: datetime) -> None:
    """Tell of what a batch did; `now` is when it was in the log."""
    for one in told:
        change = _change(one.update)
        telemetry.DEVELOPMENTS.labels(change).inc()
        if _logger.isEnabledFor(logging.INFO):
            _logger.info("development.%s", change, extra=_of_update(one))
        for alert in one.alerts:
            _report_alert(alert, one.coded.article.article_id)
            if alert.suppressed is None:
                telemetry.took(telemetry.ALERT, "ingested_to_alerted", one.coded.article.ingested, now)
        if any(alert.suppressed is None for alert in one.alerts) and (came := arrivals.of(one.position)) is not None:
            telemetry.took(telemetry.ALERT, "coded_to_alerted", came, now)


def report_history(alerts: Iterable[Alert]) -> None:
    """Tell of alerts that were held back as history."""
    for alert in alerts:
        _report_alert(alert, None)


def report_send(task: Task, found: AlertDelivered | DeliveryFailed) -> None:
    """Tell of the outcome of a send."""
    extra = _of_alert(task.alert) | {"channel": task.channel, "attempt": task.attempt}
    if isinstance(found, AlertDelivered):
        telemetry.DELIVERIES.labels(task.channel, "delivered").inc()
        telemetry.took(telemetry.ALERT, "raised_to_delivered", task.alert.raised, found.at)
        _logger.info("alert.delivered", extra=extra)
        return
    outcome = "given_up" if found.retry_at is None else "failed"
    telemetry.DELIVERIES.labels(task.channel, outcome).inc()
    level = logging.ERROR if found.retry_at is None else logging.WARNING
    extra |= {"error": found.error, "retry_at": found.retry_at}
    _logger.log(level, "alert.delivery_%s", outcome, extra=extra)


def _report_alert(alert: Alert, article_id: str | None) -> None:
    if alert.suppressed is None:
        telemetry.ALERTS_RAISED.labels(alert.severity).inc()
    else:
        telemetry.ALERTS_SUPPRESSED.labels(telemetry.reason_of(alert.suppressed)).inc()
    if _logger.isEnabledFor(logging.INFO):
        extra = _of_alert(alert) | {"article_id": article_id, "suppressed": alert.suppressed, "change": alert.change}
        _logger.info("alert.raised" if alert.suppressed is None else "alert.suppressed", extra=extra)


def _change(update: Update) -> str:
    if update.after is None:
        return "withdrawn"
    return "opened" if update.before is None else "changed"


def _of_update(one: Told) -> dict[str, Any]:
    subject = one.update.after or one.update.before
    assert subject is not None
    return {
        "article_id": one.coded.article.article_id,
        "revision": one.coded.article.revision,
        "development_id": subject.development_id,
        "changes": [change.key for change in changes(one.update.before, one.update.after)],
    }


def _of_alert(alert: Alert) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "development_id": alert.development_id,
        "rule": alert.rule,
        "article_ids": list(alert.development.article_ids[-_MOST_ARTICLES:]),
    }
