"""When an article says that it was published, as far as that can be believed."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from schemas.feeds import FeedItem
from schemas.records import DateFlag

LATEST: Final = timedelta(days=1)
"""How far ahead of us a date may be: outlets that give local time as UTC are at most 14 hours ahead."""
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""There was no web before; such dates are zero times and misread years."""


class PublishedDate(NamedTuple):
    """A date that can be used (flag ok), or why there is none, with what stood in the feed."""

    published: datetime | None
    raw: str | None
    flag: DateFlag


def judge_date(raw: str | None, parsed: datetime | None, now: datetime) -> PublishedDate:
    """Judge one date of an item. A naive one counts as unparsable: nobody knows which moment it means."""
    if parsed is None and not raw:
        return PublishedDate(None, None, "missing")
    if parsed is None or parsed.tzinfo is None:
        return PublishedDate(None, raw, "unparsable")
    if parsed > now + LATEST:
        return PublishedDate(None, raw, "future")
    if parsed < EARLIEST:
        return PublishedDate(None, raw, "ancient")
    return PublishedDate(parsed.astimezone(UTC), raw, "ok")


def publication_date(item: FeedItem, now: datetime) -> PublishedDate:
    """Return the item's first usable date, of publication or else of update; without one, what is wrong with the
    first that it gives.
    """
    published = judge_date(item.published_raw, item.published, now)
    if published.flag == "ok":
        return published
    updated = judge_date(item.updated_raw, item.updated, now)
    return updated if updated.flag == "ok" or published.flag == "missing" else published
