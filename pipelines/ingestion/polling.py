"""When a feed is asked again. Deterministic: what spreads the polls is a hash of the feed's id, not a die."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from pipelines.ingestion.feed_state import GONE, FeedState
from pipelines.ingestion.options import IngestOptions
from schemas.feeds import FeedSource, FetchFailed
from schemas.records import stable_id

_GROWTH: Final = 1.25
_MOST_GROWTH: Final = 6.0
"""A quiet feed is asked up to six times less often: after eight polls without news, 30 minutes instead of 5."""
_SPREAD: Final = 0.1
_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_DOUBLINGS: Final = 40


def fraction(*parts: str) -> float:
    """Return a number from 0 to below 1 that looks random and is always the same for the same parts."""
    return int(stable_id(*parts)[:13], 16) / 16**13


def first_poll_delay_s(feed_id: str, feeds: int, options: IngestOptions) -> float:
    """Return how long after the start a feed is first asked, so that `feeds` of them don't come at once."""
    return fraction("first", feed_id) * min(options.max_interval_s, feeds / options.first_polls_per_s)


def max_age_s(headers: Mapping[str, str]) -> float | None:
    """Return how long the server calls its answer fresh, None when it doesn't say."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    return float(found[1]) if found else None


def next_after_answer(
    source: FeedSource,
    state: FeedState,
    headers: Mapping[str, str],
    options: IngestOptions,
    now: datetime,
    *,
    news: bool,
    gap: bool,
) -> datetime:
    """Return when to ask again after an answer that brought `news` or not; `state` is from before it.

    A suspected gap asks at the shortest interval: the list is too short for the feed's pace.
    """
    if gap:
        return now + timedelta(seconds=min(options.min_interval_s, source.poll_interval_s or options.min_interval_s))
    if source.poll_interval_s is not None:
        wait_s = _spread(source.poll_interval_s, state)
    else:
        growth = 1.0 if news else min(_MOST_GROWTH, _GROWTH ** (min(state.quiet, _DOUBLINGS) + 1))
        wait_s = _spread(max(options.poll_interval_s * growth, max_age_s(headers) or 0.0), state)
        wait_s = min(max(wait_s, options.min_interval_s), options.max_interval_s)
    return now + timedelta(seconds=wait_s)


def next_after_failure(
    state: FeedState, failure: FetchFailed, options: IngestOptions, now: datetime
) -> datetime | None:
    """Return when to try again after a failure, None for never: the server says that the feed is gone."""
    if failure.status == GONE:
        return None
    doublings = min(state.failures, _DOUBLINGS)
    wait_s = _spread(min(options.backoff_first_s * 2**doublings, options.backoff_max_s), state)
    asked_s = min(failure.retry_after_s or 0.0, options.retry_after_max_s)
    return now + timedelta(seconds=max(wait_s, asked_s))


def first_poll_at(
    source: FeedSource, state: FeedState, feeds: int, options: IngestOptions, now: datetime
) -> datetime | None:
    """Return when a starting process first asks a feed; None when it is gone from its configured address."""
    if state.gone:
        return None
    soonest = now + timedelta(seconds=first_poll_delay_s(source.id, feeds, options))
    latest = now + timedelta(seconds=max(options.max_interval_s, options.backoff_max_s, options.retry_after_max_s))
    return soonest if state.next_poll_at is None else min(max(soonest, state.next_poll_at), latest)


def _spread(wait_s: float, state: FeedState) -> float:
    """Lengthen a wait by up to a tenth, so that feeds which once came together drift apart."""
    return wait_s * (1 + _SPREAD * fraction("spread", state.address, state.last_poll_id))
