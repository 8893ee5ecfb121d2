"""What is measured: the one list of metrics. Steps count here; who shows the numbers is the desk's business.

Each stage has a registry, for it is a process of its own; what several stages measure carries the stage as a label.
Counters begin at nothing with their process: the log is the truth, these tell how fast and how well things go now.
No label holds an id, an address or a text: its values are known beforehand, or few by the settings (channels).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics_core import Metric

# A series with the time of creation beside each other one would double what is stored, and nothing here asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]

LAST_STEP_NAME: Final = "kirkuk_stage_last_step_timestamp_seconds"
INGEST: Final = "ingest"
MATCH: Final = "match"
ALERT: Final = "alert"
FATES: Final = ("new", "revised", "unchanged", "duplicate", "dead")
SPANS: Final = (
    "published_to_fetched",
    "fetched_to_coded",
    "coded_to_indexed",
    "coded_to_alerted",
    "ingested_to_alerted",
    "raised_to_delivered",
)

LIVE_S: Final = 6 * 3600.0
"""What began longer ago is history that is told or coded again: its age says nothing of how fast news goes through."""
_LATENCY_BUCKETS: Final = (
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0,
    LIVE_S,
)  # fmt: skip
_WRITE_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_EPOCH_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

_SHARED: Final = CollectorRegistry()
_OWN: Final = {stage: CollectorRegistry() for stage in (INGEST, MATCH, ALERT)}

LATENCY: Final = Histogram(
    "kirkuk_latency_seconds",
    "Time between two points on an article's way, for those that came within the last six hours.",
    ["span", "stage"],
    buckets=_LATENCY_BUCKETS,
    registry=_SHARED,
)
LATENCY_SKIPPED: Final = Counter(
    "kirkuk_latency_skipped",
    "Articles left out of kirkuk_latency_seconds: too old to be live, or from the first poll of a feed.",
    ["span", "stage"],
    registry=_SHARED,
)
LOG_APPEND: Final = Histogram(
    "kirkuk_log_append_duration_seconds",
    "How long an append to the log took, failed ones included.",
    ["stage"],
    buckets=_WRITE_BUCKETS,
    registry=_SHARED,
)
INDEX_WRITE: Final = Histogram(
    "kirkuk_index_write_duration_seconds",
    "How long a write to the index took, failed ones included.",
    ["stage"],
    buckets=_WRITE_BUCKETS,
    registry=_SHARED,
)
WRITE_FAILURES: Final = Counter(
    "kirkuk_write_failures", "Writes that log or index refused.", ["stage", "target"], registry=_SHARED
)
DEAD_LETTERS: Final = Counter("kirkuk_dead_letters", "Records that became dead letters.", ["stage"], registry=_SHARED)
LAST_STEP: Final = Gauge(
    LAST_STEP_NAME,
    "When the stage's loop last made a step, in seconds since 1970.",
    ["stage"],
    registry=_SHARED,
)

ITEMS: Final = Counter("kirkuk_items", "Items of feeds by their fate.", ["fate"], registry=_OWN[INGEST])
POLLS: Final = Counter(
    "kirkuk_polls", "Polls of feeds: answered, not_modified or failed.", ["outcome"], registry=_OWN[INGEST]
)
POLL_FAILURES: Final = Counter("kirkuk_poll_failures", "Failed polls by their kind.", ["kind"], registry=_OWN[INGEST])
POLL_DELAY: Final = Histogram(
    "kirkuk_poll_delay_seconds",
    "How much later than due a feed was polled.",
    buckets=_LATENCY_BUCKETS,
    registry=_OWN[INGEST],
)
FEEDS: Final = Gauge("kirkuk_feeds", "Feeds that are polled.", registry=_OWN[INGEST])
LAST_ANSWER: Final = Gauge(
    "kirkuk_last_answered_poll_timestamp_seconds",
    "When a feed last answered a poll, in seconds since 1970; 0 before the first answer.",
    registry=_OWN[INGEST],
)

ARTICLES: Final = Counter(
    "kirkuk_articles_coded", "Revisions coded: relevant, irrelevant or dead.", ["outcome"], registry=_OWN[MATCH]
)
EVENTS: Final = Counter("kirkuk_events_coded", "Events found in relevant articles.", registry=_OWN[MATCH])
EPOCHS: Final = Histogram(
    "kirkuk_epoch_duration_seconds",
    "How long a bounded run of the match graph took.",
    buckets=_EPOCH_BUCKETS,
    registry=_OWN[MATCH],
)

DEVELOPMENTS: Final = Counter(
    "kirkuk_developments",
    "What articles did to developments: opened, changed or withdrawn.",
    ["change"],
    registry=_OWN[ALERT],
)
ALERTS_RAISED: Final = Counter(
    "kirkuk_alerts_raised", "Alerts decided that are to be sent.", ["severity"], registry=_OWN[ALERT]
)
ALERTS_SUPPRESSED: Final = Counter(
    "kirkuk_alerts_suppressed", "Alerts decided that are not sent, by reason.", ["reason"], registry=_OWN[ALERT]
)
DELIVERIES: Final = Counter(
    "kirkuk_deliveries",
    "Sends by channel: delivered, failed (to be tried again) or given_up.",
    ["channel", "outcome"],
    registry=_OWN[ALERT],
)
ALERTS_WAITING: Final = Gauge(
    "kirkuk_alerts_waiting", "Deliveries that are not done and not given up.", registry=_OWN[ALERT]
)

_REASONS: Final = ("history", "stale", "muted", "quiet", "throttled", "said")


def _begin_at_nothing() -> None:
    """Show what can be counted before it happens: a rate needs a series that began with nothing."""
    for fate in FATES:
        ITEMS.labels(fate)
    for outcome in ("answered", "not_modified", "failed"):
        POLLS.labels(outcome)
    for outcome in ("relevant", "irrelevant", "dead"):
        ARTICLES.labels(outcome)
    for change in ("opened", "changed", "withdrawn"):
        DEVELOPMENTS.labels(change)
    for severity in ("info", "warning", "critical"):
        ALERTS_RAISED.labels(severity)
    for reason in (*_REASONS, "other"):
        ALERTS_SUPPRESSED.labels(reason)


_begin_at_nothing()


def families(stage: str) -> list[Metric]:
    """Return what one stage measured, as values that can be sent to another process."""
    own = _OWN.get(stage)
    found = [*_SHARED.collect(), *(own.collect() if own is not None else ())]
    for family in found:
        family.samples = [sample for sample in family.samples if sample.labels.get("stage", stage) == stage]
    return found


def all_names() -> set[str]:
    """Return the name of every sample that stages can have."""
    names: set[str] = set()
    for registry in (_SHARED, *_OWN.values()):
        for family in registry.collect():
            names.update(_sample_names(family))
    return names


def _sample_names(family: Metric) -> tuple[str, ...]:
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
    return tuple(family.name + suffix for suffix in suffixes)


def beat(stage: str) -> None:
    """Say that a stage's loop made a step."""
    LAST_STEP.labels(stage).set(time.time())


def took(stage: str, span: str, since: datetime, until: datetime) -> None:
    """Observe how long a part of an article's way took, if the article is live."""
    seconds = (until - since).total_seconds()
    if seconds > LIVE_S:
        LATENCY_SKIPPED.labels(span, stage).inc()
    else:
        # Clocks of two machines may disagree by a little; a negative latency is none.
        LATENCY.labels(span, stage).observe(max(0.0, seconds))


def reason_of(suppressed: str) -> str:
    """Return the one word of a reason that can be a label."""
    word = suppressed.partition(" ")[0].rstrip(":")
    return word if word in _REASONS else "other"


@contextmanager
def appending(stage: str) -> Iterator[None]:
    """Measure an append to the log."""
    with WRITE_FAILURES.labels(stage, "log").count_exceptions(), LOG_APPEND.labels(stage).time():
        yield


@contextmanager
def indexing(stage: str) -> Iterator[None]:
    """Measure a write to the index."""
    with WRITE_FAILURES.labels(stage, "index").count_exceptions(), INDEX_WRITE.labels(stage).time():
        yield
