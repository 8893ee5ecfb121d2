"""Reading what generations coded: whole, in outline, and where the one stands when the other stands somewhere."""

from collections.abc import Iterator
from typing import NamedTuple

from connectors.ports import START, EventLog
from pipelines.comparison import Key, Outline, outline, pair
from pipelines.streams import replay
from schemas.envelope import MATCHES, derived, unpack
from schemas.errors import KirkukError
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
    """Yield the outlines of all that a generation coded. Raises KirkukError when the log has nothing of it."""
    stream = derived(MATCHES, generation)
    partitions = log.partitions(stream)
    if not any(log.end(stream, partition=partition) for partition in partitions):
        raise KirkukError(f"{generation}: the log has nothing of this generation; `kirkuk doctor` names those it has")
    for partition in partitions:
        yield from (outline(found.coded) for found in coded_articles(log, generation, partition=partition))


def aligned(log: EventLog, old: str, reached: int, new: str, *, partition: int = 0) -> int:
    """Return the last position in `new` of what `old` holds up to `reached`.

    Who has read so far in the old generation has to go on behind it in the new one. Both follow the order of
    `articles`; what only one of them could code doesn't matter.
    """
    position = START
    seen = coded_articles(log, old, partition=partition, upto=reached)
    for left, right in pair(seen, coded_articles(log, new, partition=partition)):
        if left is not None and right is not None:
            position = max(position, right.position)
    return position
