"""What the ingest step tells of a poll once it is stored: counts, latencies, log lines."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from pipelines import telemetry
from pipelines.ingestion.decide import Decision
from schemas.envelope import Event
from schemas.feeds import NOT_MODIFIED
from schemas.records import DateFlag, DeadLetter, FeedFailed, FeedPolled

_logger = logging.getLogger(__name__)
_NEW: Final = "ArticlePublished"
_PUBLISHED_TO_FETCHED: Final = "published_to_fetched"


class _Times(msgspec.Struct, frozen=True):
    """What is told of an article; the rest of its record is passed over."""

    article_id: str
    feed_id: str
    revision: int
    published: datetime | None
    fetched: datetime
    ingested: datetime
    published_flag: DateFlag = "ok"


class _Payload(msgspec.Struct, frozen=True):
    article: _Times


_decoder: Final = msgspec.json.Decoder(_Payload)


def report_poll(decision: Decision, *, first: bool) -> None:
    """Tell of a stored poll; `first`: the feed never answered before, so that its items may be of any age."""
    polled = decision.polled
    if isinstance(polled, FeedFailed):
        telemetry.POLLS.labels("failed").inc()
        telemetry.POLL_FAILURES.labels(polled.kind).inc()
        _logger.info("feed.failed", extra={"feed_id": polled.feed_id, "kind": polled.kind, "status": polled.status})
        return
    telemetry.POLLS.labels("not_modified" if polled.status == NOT_MODIFIED else "answered").inc()
    telemetry.LAST_ANSWER.set(polled.at.timestamp())
    for fate in telemetry.FATES:
        telemetry.ITEMS.labels(fate).inc(getattr(polled.items, fate))
    _report_articles(decision.articles, first=first)
    _log_poll(polled)


def report_letters(letters: Sequence[DeadLetter]) -> None:
    """Tell of dead letters that are new in the log: an item that stays dead is served again at every poll."""
    telemetry.DEAD_LETTERS.labels(telemetry.INGEST).inc(len(letters))
    for letter in letters:
        extra = {"key": letter.key, "dead_letter_id": letter.dead_letter_id, "error": letter.error}
        _logger.info("item.dead", extra=extra)


def _report_articles(events: Iterable[Event], *, first: bool) -> None:
    told = _logger.isEnabledFor(logging.DEBUG)
    for event in events:
        is_new = event.name == _NEW
        if not is_new and not told:
            continue
        times = _decoder.decode(event.data).article
        if is_new and times.published is not None and times.published_flag == "ok":
            if first:
                telemetry.LATENCY_SKIPPED.labels(_PUBLISHED_TO_FETCHED, telemetry.INGEST).inc()
            else:
                telemetry.took(telemetry.INGEST, _PUBLISHED_TO_FETCHED, times.published, times.fetched)
        if told:
            fate = "new" if is_new else "revised"
            _logger.debug("article.appended", extra={**msgspec.to_builtins(times), "fate": fate})


def _log_poll(polled: FeedPolled) -> None:
    items = polled.items
    if items.new or items.revised or items.dead:
        extra = {"feed_id": polled.feed_id, "new": items.new, "revised": items.revised, "dead": items.dead}
        _logger.info("feed.polled", extra=extra)
