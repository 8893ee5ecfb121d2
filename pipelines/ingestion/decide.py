"""What one poll means: all that is to be stored for it goes into one append.

    answer or failure + what the log holds -> Decision: article events, dead letters, and news of the feed with its
                                              new validators and the time of its next poll

Validators are stored together with the articles that came with them, so a crash can't hide items behind a 304.
"""

import hashlib
from collections.abc import Collection
from typing import Final, NamedTuple

from pipelines.ingestion.feed_state import FeedState, has_moved, pack_feed_event
from pipelines.ingestion.items import Context, Judged, judge_items
from pipelines.ingestion.polling import next_after_answer, next_after_failure
from schemas.envelope import Event
from schemas.feeds import NOT_MODIFIED, FeedSource, Fetched, FetchFailed, ParsedFeed
from schemas.records import DeadLetter, FateCounts, FeedFailed, FeedMoved, FeedPolled

_REMEMBERED: Final = 20
"""How many of the newest items a poll is remembered by: one of them in the next poll shows that nothing was missed."""
_LONGEST_MESSAGE: Final = 500


class Answer(NamedTuple):
    """A feed's answer. `parsed` is None after a 304, and for a body that is the last one again."""

    fetched: Fetched
    body_hash: str | None = None
    parsed: ParsedFeed | None = None


class Decision(NamedTuple):
    """All that is to be appended for one poll of a feed, its news last."""

    articles: tuple[Event, ...]
    dead: tuple[DeadLetter, ...]
    feed: tuple[Event, ...]
    polled: FeedPolled | FeedFailed


def hash_body(body: bytes) -> str:
    """Identify a body, so that it need not be parsed a second time."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def decide_failure(source: FeedSource, state: FeedState, failure: FetchFailed, context: Context) -> Decision:
    """Record a poll that brought nothing; the validators stay those of the last answer."""
    record = FeedFailed(
        feed_id=source.id,
        at=failure.at,
        kind=failure.kind,
        message=failure.message[:_LONGEST_MESSAGE].encode("utf-8", "backslashreplace").decode(),
        status=failure.status,
        consecutive=state.failures + 1,
        next_poll_at=next_after_failure(state, failure, context.options, context.now),
    )
    return Decision((), (), (pack_feed_event(record, source, state),), record)


def decide_answer(
    source: FeedSource, state: FeedState, answer: Answer, context: Context, *, refused: Collection[str] = ()
) -> Decision:
    """Judge all items of an answer; `refused` are ids of article events that are too large for the log."""
    judged = _judge(source, state, answer, context, refused)
    moves = _moves(source, state, answer.fetched)
    polled = _polled(source, state, answer, judged, context)
    return Decision(judged.articles, judged.dead, (*moves, pack_feed_event(polled, source, state)), polled)


def _judge(source: FeedSource, state: FeedState, answer: Answer, context: Context, refused: Collection[str]) -> Judged:
    if answer.parsed is not None:
        return judge_items(source, answer.parsed, answer.fetched.at, context, refused=refused)
    if answer.fetched.status == NOT_MODIFIED:
        return Judged()
    return Judged(counts=FateCounts(unchanged=state.served))


def _moves(source: FeedSource, state: FeedState, fetched: Fetched) -> tuple[Event, ...]:
    if fetched.moved_to is None or not has_moved(source, state, fetched.moved_to):
        return ()
    old_url = state.moved_to or source.url
    record = FeedMoved(feed_id=source.id, at=fetched.at, old_url=old_url, new_url=fetched.moved_to)
    return (pack_feed_event(record, source, state),)


def _polled(source: FeedSource, state: FeedState, answer: Answer, judged: Judged, context: Context) -> FeedPolled:
    fetched, counts = answer.fetched, judged.counts
    before, served = set(state.newest_item_ids), judged.article_ids
    gap = bool(before and served) and before.isdisjoint(served)
    news = bool(counts.new or counts.revised)
    due = next_after_answer(source, state, fetched.headers, context.options, context.now, news=news, gap=gap)
    kept = state if fetched.status == NOT_MODIFIED else FeedState()
    return FeedPolled(
        feed_id=source.id,
        at=fetched.at,
        status=fetched.status,
        etag=fetched.headers.get("etag", kept.etag),
        last_modified=fetched.headers.get("last-modified", kept.last_modified),
        body_hash=answer.body_hash,
        items=counts,
        newest_item_ids=served[:_REMEMBERED],
        gap_suspected=gap,
        next_poll_at=due,
    )
