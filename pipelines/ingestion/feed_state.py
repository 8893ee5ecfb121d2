"""What the log says of a feed: how its next poll asks, and how often it was silent. A fold of `feeds`.

Every event says enough for the fold to begin anywhere: what an older event said of moves and quiet polls is found out
again by the next polls.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pipelines.ingestion.links import canonical_link
from schemas.envelope import Event, pack, unpack
from schemas.feeds import NOT_MODIFIED, FeedSource, FetchRequest
from schemas.records import FateCounts, FeedFailed, FeedMoved, FeedPolled, stable_id

GONE: Final = 410
_LAPSE: Final = timedelta(days=7)
_DISTRUST_AFTER: Final = 3
"""Failures in a row after which a moved feed's first address is tried as well, at every second poll."""


class FeedState(NamedTuple):
    """One feed after its poll `last_poll_id` (an event id, empty before the first), successful or not.

    `address` is the digest of the configured address that all else belongs to, `moved_to` where it led permanently.
    `served` counts the items of the last body, `quiet` the polls in a row that brought nothing new, `failures` those
    that failed; `failure` is the kind of the last one.
    """

    last_poll_id: str = ""
    address: str = ""
    moved_to: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    served: int = 0
    newest_item_ids: tuple[str, ...] = ()
    quiet: int = 0
    failures: int = 0
    failure: str = ""
    gone: bool = False
    answered_at: datetime | None = None
    polled_at: datetime | None = None
    next_poll_at: datetime | None = None


def address_digest(url: str) -> str:
    """Identify a configured address. The feeds' events carry it as their source: validators belong to an address."""
    return f"kirkuk/feeds/{stable_id(url)[:16]}"


def pack_feed_event(record: FeedPolled | FeedFailed | FeedMoved, source: FeedSource, before: FeedState) -> Event:
    """Wrap news of a feed that was in the state `before`.

    The id says which poll it follows, and not what happened: of two processes that poll one feed at once only one has
    its validators stored, and the other one decides again on what the log then holds.
    """
    kind = "moved" if isinstance(record, FeedMoved) else "poll"
    event_id = stable_id(record.feed_id, kind, before.last_poll_id)
    return pack(record, event_id=event_id, subject=record.feed_id, time=record.at, source=address_digest(source.url))


def fold_feed_event(states: dict[str, FeedState], event: Event) -> None:
    """Bring `states` (feed id -> state) forward by one event of `feeds`. Raises RecordError."""
    record = unpack(event)
    if isinstance(record, (FeedPolled, FeedFailed, FeedMoved)):
        before = at_address(states.get(record.feed_id, FeedState()), event.source)
        if isinstance(record, FeedMoved):
            states[record.feed_id] = before._replace(moved_to=record.new_url)
        else:
            after = _after_answer(before, record) if isinstance(record, FeedPolled) else _after_failure(before, record)
            states[record.feed_id] = after._replace(last_poll_id=event.id)


def at_address(state: FeedState, address: str) -> FeedState:
    """Return the state as it holds for an address: at another one, nothing is left but which poll was the last."""
    return state if state.address == address else FeedState(last_poll_id=state.last_poll_id, address=address)


def _after_answer(before: FeedState, polled: FeedPolled) -> FeedState:
    counts = polled.items
    state = before._replace(
        etag=polled.etag,
        last_modified=polled.last_modified,
        quiet=0 if counts.new or counts.revised else before.quiet + 1,
        failures=0,
        failure="",
        gone=False,
        answered_at=polled.at,
        polled_at=polled.at,
        next_poll_at=polled.next_poll_at,
    )
    if polled.status == NOT_MODIFIED:
        return state
    return state._replace(
        body_hash=polled.body_hash,
        served=total(counts),
        newest_item_ids=polled.newest_item_ids or state.newest_item_ids,
    )


def _after_failure(before: FeedState, failed: FeedFailed) -> FeedState:
    return before._replace(
        failures=failed.consecutive,
        failure=failed.kind if failed.status is None else f"{failed.kind} {failed.status}",
        gone=failed.status == GONE,
        polled_at=failed.at,
        next_poll_at=failed.next_poll_at,
    )


def total(counts: FateCounts) -> int:
    """Count the items of a poll: each has one fate."""
    return counts.new + counts.revised + counts.unchanged + counts.duplicate + counts.dead


def request_for(source: FeedSource, state: FeedState) -> FetchRequest:
    """Say what to get next: from where the feed moved to, unless that keeps failing, and only if it has changed."""
    if state.moved_to is None:
        return FetchRequest(source.url, state.etag, state.last_modified)
    if state.failures >= _DISTRUST_AFTER and state.failures % 2:
        return FetchRequest(source.url)
    return FetchRequest(state.moved_to, state.etag, state.last_modified)


def has_moved(source: FeedSource, state: FeedState, url: str | None) -> bool:
    """Whether a permanent redirect led to an address that is not known yet."""
    return url is not None and canonical_link(url) is not None and url not in {source.url, state.moved_to}


def has_lapsed(state: FeedState | None, now: datetime) -> bool:
    """Whether a feed has been silent for so long that another one may carry its articles on."""
    return state is None or state.answered_at is None or now - state.answered_at > _LAPSE
