"""The day of a report: named by its words, or in a window before publication. Days are ordinals, in Baghdad."""

from datetime import date
from typing import Final, NamedTuple

from pipelines.matching.dates import local_day
from schemas.records import ArticleRef, CodedEvent, EventTime

LONGEST_WINDOW_DAYS: Final = 400
"""Vaguer times ("since 2003") keep their last days: days are indexed one by one."""


class Window(NamedTuple):
    """The days that a report may speak of, inclusive, as ordinals. `exact`: its words name this one day."""

    first: int
    last: int
    exact: bool


def publication_day(article: ArticleRef) -> int:
    """Return the day of publication; of arrival, where the feed gave no date or one that lies after it."""
    published = article.published
    if published is None or published > article.ingested:
        published = article.ingested
    return local_day(published).toordinal()


def day_window(event: CodedEvent, published: int, recall_days: int) -> Window:
    """Return when an event can have happened. What is reported as done can't be dated after its publication."""
    default = Window(published - recall_days, published, exact=False)
    named = _named_days(event.time)
    if named is None:
        return default
    first, last = named
    if event.realis != "future":
        if first > published:
            return default
        last = min(last, published)
    return Window(max(first, last - LONGEST_WINDOW_DAYS), last, exact=named[0] == named[1])


def _named_days(time: EventTime | None) -> tuple[int, int] | None:
    if time is None or time.text is None or time.start is None:
        return None
    try:
        first = date.fromisoformat(time.start).toordinal()
        return first, max(first, date.fromisoformat(time.end or time.start).toordinal())
    except ValueError:
        return None


def iso_day(ordinal: int) -> str:
    """Return an ordinal as an ISO date."""
    return date.fromordinal(ordinal).isoformat()
