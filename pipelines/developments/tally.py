"""What the articles behind one development add up to, kept up to date as articles come, change and go.

Every article gives a list of facts (a place, an actor, a number, a stance ...). A tally is the multiset of the facts
of its articles, so it depends on the set of articles alone; one article costs the same in a small development and, but
for a copy of a sorted list of distinct values, in a large one.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from pipelines.developments.reports import Contribution
from pipelines.developments.voices import Voice, Voices, voice_of
from schemas.records import ClaimSource

Fact = tuple[str, Any]


class Part(NamedTuple):
    """What one article gives to one development: `first` is when any revision of it came in first."""

    first: datetime
    contributions: tuple[Contribution, ...]


class Bag:
    """A multiset of values of one type, with its distinct values in order."""

    def __init__(self) -> None:
        self._counts: dict[Any, int] = {}
        self._ordered: list[Any] = []

    def add(self, value: Any) -> None:
        """Put a value in."""
        count = self._counts.get(value, 0)
        if not count:
            insort(self._ordered, value)
        self._counts[value] = count + 1

    def remove(self, value: Any) -> None:
        """Take a value out."""
        self._counts[value] -= 1
        if not self._counts[value]:
            del self._counts[value]
            del self._ordered[bisect_left(self._ordered, value)]

    def values(self) -> tuple[Any, ...]:
        """Return the distinct values, lowest first."""
        return tuple(self._ordered)

    def lowest(self, count: int) -> Iterator[Any]:
        """Yield at most `count` distinct values, lowest first."""
        return islice(self._ordered, count)

    def highest(self) -> Any:
        """Return the highest value; None for an empty bag."""
        return self._ordered[-1] if self._ordered else None

    def most_common(self) -> list[Any]:
        """Return the distinct values, most frequent first, equals lowest first."""
        return sorted(self._ordered, key=lambda value: -self._counts[value])

    def __getitem__(self, value: Any) -> int:
        return self._counts.get(value, 0)


_EMPTY = Bag()


class Tally:
    """The facts and voices behind one development."""

    def __init__(self) -> None:
        self._bags: dict[str, Bag] = {}
        self._parts: dict[str, Part] = {}
        self.asserting = Voices()
        self.denying = Voices()

    def __len__(self) -> int:
        return len(self._parts)

    def put(self, article_id: str, part: Part | None) -> None:
        """Set what an article gives, in place of what it gave before; None: nothing any more."""
        before = self._parts.pop(article_id, None)
        if before is not None:
            for name, value in facts(before):
                self._bags[name].remove(value)
        if part is not None:
            self._parts[article_id] = part
            for name, value in facts(part):
                self._bags.setdefault(name, Bag()).add(value)
        _exchange(self.asserting, _voice(before, denying=False), _voice(part, denying=False))
        _exchange(self.denying, _voice(before, denying=True), _voice(part, denying=True))

    def bag(self, name: str) -> Bag:
        """Return the facts of one name."""
        return self._bags.get(name, _EMPTY)

    def figures(self) -> dict[str, float]:
        """Return the latest figure of each kind, by kind."""
        prefix = "figure:"
        latest = {name.removeprefix(prefix): bag.highest() for name, bag in self._bags.items() if name[:7] == prefix}
        return {kind: latest[kind][1] for kind in sorted(latest) if latest[kind] is not None}

    def contributions(self) -> Iterator[Contribution]:
        """Yield all contributions, in no order that means anything."""
        for part in self._parts.values():
            yield from part.contributions


def facts(part: Part) -> Iterator[Fact]:
    """Yield what one article adds to a development."""
    article = part.contributions[0].report.article
    yield "articles", (article.ingested, article.article_id)
    yield "outlets", article.outlet
    yield "first", part.first
    yield "last", article.ingested
    for contribution in part.contributions:
        yield "events", (article.ingested, contribution.report.event_id)
        for place in contribution.places:
            yield "places", place
        yield from _denial(contribution) if contribution.stance == "denies" else _assertion(contribution)


def _denial(contribution: Contribution) -> Iterator[Fact]:
    yield "stance", "denied"
    for denier in contribution.deniers or (contribution.report.article.outlet,):
        yield "denied_by", denier
    yield from _parties(contribution, "denied ")


def _assertion(contribution: Contribution) -> Iterator[Fact]:
    report = contribution.report
    yield "stance", "confirmed" if contribution.stance == "confirms" else report.event.claim.status
    for name in _credited(contribution) or (report.article.outlet,):
        yield "asserted_by", name
    yield from _parties(contribution, "")
    told = told_at(contribution)
    for magnitude in report.event.magnitude or ():
        yield f"figure:{magnitude.kind}", (told, magnitude.value)


def _credited(contribution: Contribution) -> tuple[str, ...]:
    event = contribution.report.event
    if event.type != contribution.family.type:
        return tuple(party.id or party.text for party in event.actors)
    return tuple(source.id or source.text for source in event.claim.sources)


def _parties(contribution: Contribution, prefix: str) -> Iterator[Fact]:
    """Yield how, who and on whom. Who confirms or denies in a STATEMENT is no party to what it speaks of."""
    event = contribution.report.event
    if event.type == contribution.family.type:
        if event.mode is not None:
            yield f"{prefix}modes", event.mode
        for party in event.actors:
            if party.id is not None:
                yield f"{prefix}actors", party.id
        for party in event.recipients:
            if party.id is not None:
                yield f"{prefix}recipients", party.id


def told_at(contribution: Contribution) -> datetime:
    """Return when a figure was given: at publication; a correction, when it came in."""
    article = contribution.report.article
    if article.published is None or article.published > article.ingested or article.revision > 1:
        return article.ingested
    return article.published


def _voice(part: Part | None, *, denying: bool) -> Voice | None:
    """Return an article's voice for or against; None where it has none on that side."""
    told = [item for item in part.contributions if (item.stance == "denies") == denying] if part is not None else []
    return voice_of(told[0].report.article, _sources(told)) if told else None


def _sources(told: Iterable[Contribution]) -> Iterator[ClaimSource]:
    for contribution in told:
        event = contribution.report.event
        yield from event.claim.sources
        if event.type != contribution.family.type:
            for party in event.actors:
                yield ClaimSource(text=party.text, id=party.id, kind="official")


def _exchange(voices: Voices, before: Voice | None, after: Voice | None) -> None:
    if before == after:
        return
    if before is not None:
        voices.remove(before)
    if after is not None:
        voices.add(after)
