"""Reading what generations coded: whole, in outline, and where the one stands when the other stands somewhere."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connectors.ports import START, EventLog
from pipelines.comparison import Key, Outline, outline, pair
from pipelines.streams import replay
from schemas.envelope import MATCHES, derived, unpack
from schemas.records import ArticleCoded


class CodedAt(NamedTuple):
    """One coded revision at its place in `matches.<generation>`."""

    partition: int
    position: int
    coded: ArticleCoded

    @property
    def key(self) -> Key:
        """What it is the outcome of: the article and its revision."""
        return self.coded.article.article_id, self.coded.article.revision


def coded_articles(
    log: EventLog, generation: str, *, partition: int = 0, after: int = START, upto: int | None = None
) -> Iterator[CodedAt]:
    """Yield what a generation coded, in order: `after` < position <= `upto` (None: all there is now)."""
    for stored in replay(log, derived(MATCHES, generation), partition=partition, after=after, upto=upto):
        record = unpack(stored.event)
        if isinstance(record, ArticleCoded):
            yield CodedAt(partition, stored.position, record)


def coded_outlines(log: EventLog, generation: str) -> Iterator[Outline]:
    """Yield the outlines of all that a generation coded; nothing for one that the log does not know."""
    for partition in log.partitions(derived(MATCHES, generation)):
        yield from (outline(found.coded) for found in coded_articles(log, generation, partition=partition))


def aligned(seen: Iterable[CodedAt], other: Iterable[CodedAt]) -> int:
    """Return the last position in `other` of anything in `seen`, START if there is none.

    `seen` is what somebody has read in one generation, `other` what another holds of the same partition: there he has
    to go on behind the position returned. Both follow the order of `articles`; what only one could code doesn't matter.
    """
    pairs = pair(seen, other)
    return max((right.position for left, right in pairs if left is not None and right is not None), default=START)
