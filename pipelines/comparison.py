"""What a new generation codes differently from an old one, over their two `matches` streams, article by article.

Both streams follow the order of `articles`, so one walk over both with a small waiting room pairs them, whatever their
length.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, Protocol, TypeVar

import msgspec

from schemas.records import ArticleCoded, CodedEvent

Key = tuple[str, int]
Spot = tuple[str, str, int, int]
"""Type, field and trigger span of an event: what makes two events of one revision the same one."""
Kind = Literal["gained", "lost", "changed"]
_encoder: Final = msgspec.json.Encoder()


class HasKey(Protocol):
    """What can be paired: one revision of one article."""

    @property
    def key(self) -> Key:
        """Return the article's id and its revision."""


Keyed = TypeVar("Keyed", bound=HasKey)


class Outline(msgspec.Struct, frozen=True):
    """One coded revision, reduced to what is compared and shown: contents and sentences of its events by spot."""

    key: Key
    relevant: bool
    events: dict[Spot, tuple[bytes, ...]]
    quotes: dict[Spot, str] = {}
    outlet: str = ""
    title: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One spot at which the sides differ; `before` and `after` are how many events each has there."""

    kind: Kind
    type: str
    article_id: str
    revision: int
    outlet: str
    title: str
    quote: str
    before: int
    after: int


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
    events: dict[Spot, list[bytes]] = {}
    for event in coded.events:
        events.setdefault(_spot(event), []).append(_encoder.encode(event))
    article = coded.article
    return Outline(
        (article.article_id, article.revision),
        coded.relevant,
        {spot: tuple(sorted(variants)) for spot, variants in events.items()},
        {_spot(event): quote for event, quote in zip(coded.events, coded.quotes, strict=True)},
        article.outlet,
        article.title,
    )


def _spot(event: CodedEvent) -> Spot:
    return (event.type, event.field, *event.trigger.span)


def pair(before: Iterable[Keyed], after: Iterable[Keyed]) -> Iterator[tuple[Keyed | None, Keyed | None]]:
    """Yield each article's items of both sides together; None where a side has not got it."""
    waiting: tuple[dict[Key, Keyed], dict[Key, Keyed]] = ({}, {})
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
        for _, left, right in _spots(old, new):
            _count_events(counts, left, right)
    return counts


def changes(before: Iterable[Outline], after: Iterable[Outline]) -> Iterator[Change]:
    """Yield every spot at which two generations differ, in the order of the articles."""
    for old, new in pair(before, after):
        for spot, left, right in _spots(old, new):
            if left != right:
                yield _change(old, new, spot, len(left), len(right))


def _change(old: Outline | None, new: Outline | None, spot: Spot, before: int, after: int) -> Change:
    shown = new if after and new is not None else old
    assert shown is not None
    return Change(
        kind="changed" if before and after else "gained" if after else "lost",
        type=spot[0],
        article_id=shown.key[0],
        revision=shown.key[1],
        outlet=shown.outlet,
        title=shown.title,
        quote=shown.quotes[spot],
        before=before,
        after=after,
    )


def _count_article(counts: Difference, old: Outline | None, new: Outline | None) -> None:
    counts.articles += 1
    counts.only_before += new is None
    counts.only_after += old is None
    counts.relevant_before += old is not None and old.relevant
    counts.relevant_after += new is not None and new.relevant


def _spots(old: Outline | None, new: Outline | None) -> Iterator[tuple[Spot, tuple[bytes, ...], tuple[bytes, ...]]]:
    """Yield every spot that either side has, with the contents there of both."""
    left: Mapping[Spot, tuple[bytes, ...]] = old.events if old else {}
    right: Mapping[Spot, tuple[bytes, ...]] = new.events if new else {}
    for spot in sorted(left.keys() | right.keys()):
        yield spot, left.get(spot, ()), right.get(spot, ())


def _count_events(counts: Difference, left: tuple[bytes, ...], right: tuple[bytes, ...]) -> None:
    counts.events_before += len(left)
    counts.events_after += len(right)
    counts.events_gained += max(0, len(right) - len(left))
    counts.events_lost += max(0, len(left) - len(right))
    if left and right:
        shared = len(set(left) & set(right))
        counts.events_changed += max(0, min(len(left), len(right)) - shared)
