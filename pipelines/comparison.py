"""What a new generation codes differently from an old one: counts over two `matches` streams, article by article.

Both streams follow the order of `articles`, so one walk over both with a small waiting room pairs them, whatever their
length.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from schemas.records import ArticleCoded, CodedEvent

Key = tuple[str, int]
_encoder: Final = msgspec.json.Encoder()


class Outline(msgspec.Struct, frozen=True):
    """One coded revision, reduced to what is compared: its events' contents by (type, field, trigger span)."""

    key: Key
    relevant: bool
    events: dict[tuple[str, str, int, int], tuple[bytes, ...]]


class Difference(msgspec.Struct, kw_only=True):
    """Counts of a comparison. An event is changed when both sides have it at the same trigger with other contents."""

    articles: int = 0
    relevant_before: int = 0
    relevant_after: int = 0
    only_before: int = 0
    only_after: int = 0
    events_before: int = 0
    events_after: int = 0
    events_gained: int = 0
    events_lost: int = 0
    events_changed: int = 0


def outline(coded: ArticleCoded) -> Outline:
    """Reduce a coded revision."""
    events: dict[tuple[str, str, int, int], list[bytes]] = {}
    for event in coded.events:
        events.setdefault(_place(event), []).append(_encoder.encode(event))
    article = coded.article
    contents = {place: tuple(sorted(variants)) for place, variants in events.items()}
    return Outline((article.article_id, article.revision), coded.relevant, contents)


def _place(event: CodedEvent) -> tuple[str, str, int, int]:
    return (event.type, event.field, *event.trigger.span)


def pair(before: Iterable[Outline], after: Iterable[Outline]) -> Iterator[tuple[Outline | None, Outline | None]]:
    """Yield each article's outlines of both sides together; None where a side has not got it."""
    waiting: tuple[dict[Key, Outline], dict[Key, Outline]] = ({}, {})
    sources = (iter(before), iter(after))
    open_sides = {0, 1}
    while open_sides:
        for side in sorted(open_sides):
            item = next(sources[side], None)
            if item is None:
                open_sides.discard(side)
                continue
            other = waiting[1 - side].pop(item.key, None)
            if other is not None:
                yield (item, other) if side == 0 else (other, item)
            elif 1 - side in open_sides:
                waiting[side][item.key] = item
            else:
                yield (item, None) if side == 0 else (None, item)
    yield from ((item, None) for item in waiting[0].values())
    yield from ((None, item) for item in waiting[1].values())


def compare(before: Iterable[Outline], after: Iterable[Outline]) -> Difference:
    """Count what differs between two generations."""
    counts = Difference()
    for old, new in pair(before, after):
        _count_article(counts, old, new)
        _count_events(counts, old.events if old else {}, new.events if new else {})
    return counts


def _count_article(counts: Difference, old: Outline | None, new: Outline | None) -> None:
    counts.articles += 1
    counts.only_before += new is None
    counts.only_after += old is None
    counts.relevant_before += old is not None and old.relevant
    counts.relevant_after += new is not None and new.relevant


def _count_events(
    counts: Difference,
    old: dict[tuple[str, str, int, int], tuple[bytes, ...]],
    new: dict[tuple[str, str, int, int], tuple[bytes, ...]],
) -> None:
    counts.events_before += sum(map(len, old.values()))
    counts.events_after += sum(map(len, new.values()))
    for place in old.keys() | new.keys():
        left, right = old.get(place, ()), new.get(place, ())
        counts.events_gained += max(0, len(right) - len(left))
        counts.events_lost += max(0, len(left) - len(right))
        if left and right:
            shared = len(set(left) & set(right))
            counts.events_changed += max(0, min(len(left), len(right)) - shared)
