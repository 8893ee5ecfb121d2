"""The developments of one family of reports, as its articles come, change and go."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from pipelines.developments.develop import develop, development_id
from pipelines.developments.geography import Geography
from pipelines.developments.lineage import Kept, Lines, Update
from pipelines.developments.policy import policy_of
from pipelines.developments.reports import Contribution, Family
from pipelines.developments.slots import Slot, Slots, Spot, covers, slot_of
from pipelines.developments.tally import Part, Tally
from schemas.records import ArticleCoded, Development

Order = tuple[int, datetime, str, str, tuple[str, ...]]
"""What tells revisions of an article apart; the highest is the one that counts."""


class Telling(NamedTuple):
    """One revision of an article as one family sees it; without contributions where it says nothing of the family."""

    article_id: str
    order: Order
    contributions: tuple[Contribution, ...]


def order_of(coded: ArticleCoded) -> Order:
    """Return the order of a coded revision. Of two with one number, the one that came in later counts."""
    article = coded.article
    return (article.revision, article.ingested, article.revision_id, coded.schema.digest, coded.event_ids)


class _Account:
    """What a family knows of one article."""

    def __init__(self) -> None:
        self.seen: set[Order] = set()
        self.latest: Telling | None = None
        self.first: datetime | None = None
        self.slots: set[Slot] = set()
        """Slots of all revisions."""
        self.spots: frozenset[Spot] = frozenset()
        """Where the latest revision's contributions are."""

    def take(self, telling: Telling) -> bool:
        """Take a revision that was not seen; return whether it is the latest."""
        self.seen.add(telling.order)
        ingested = telling.order[1]
        self.first = ingested if self.first is None else min(self.first, ingested)
        if self.latest is not None and self.latest.order > telling.order:
            return False
        self.latest = telling
        return True

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """What the latest revision says."""
        return self.latest.contributions if self.latest is not None else ()


class FamilyState:
    """The developments of one family. What they are is a function of the set of tellings, in whatever order they came.

    `tell` as often as you like, then `settle`. Only what the tellings touch is looked at again.
    """

    def __init__(self, family: Family, geography: Geography) -> None:
        self.family = family
        self._geography = geography
        # A family's modes share one policy but for those that leave no ground, which are groups of their own.
        self._policy = policy_of(family.type, family.group)
        self._accounts: dict[str, _Account] = {}
        self._slots = Slots(self._policy)
        self._in_slot: dict[Slot, set[str]] = {}
        self._spot_of: dict[Slot, Spot] = {}
        self._tallies: dict[Spot, Tally] = {}
        self._by_side: dict[str, set[Spot]] = {}
        self._ever: dict[str | None, Counter[Slot]] = {}
        """Side -> slots of all revisions ever seen, counted once a revision of their articles."""
        self._ids: dict[Spot, str] = {}
        self._lines = Lines()
        self._stale_articles: set[str] = set()
        self._touched: set[Slot] = set()

    def tell(self, telling: Telling) -> None:
        """Take one revision of one article; one that was seen before changes nothing."""
        account = self._accounts.setdefault(telling.article_id, _Account())
        if telling.order in account.seen:
            return
        before = {slot_of(item) for item in account.contributions}
        is_latest = account.take(telling)
        self._count(account, {slot_of(item) for item in telling.contributions})
        self._stale_articles.add(telling.article_id)
        if is_latest:
            after = {slot_of(item) for item in account.contributions}
            self._enter(telling.article_id, after - before)
            self._leave(telling.article_id, before - after)

    def _count(self, account: _Account, slots: set[Slot]) -> None:
        for slot in slots - account.slots:
            self._ever.setdefault(slot.side, Counter())[slot] += len(account.seen) - 1
        account.slots |= slots
        for slot in account.slots:
            self._ever[slot.side][slot] += 1
        self._touched |= account.slots

    def _enter(self, article_id: str, slots: Iterable[Slot]) -> None:
        for slot in slots:
            if slot not in self._in_slot:
                self._slots.add(slot)
                self._in_slot[slot] = set()
            self._in_slot[slot].add(article_id)

    def _leave(self, article_id: str, slots: Iterable[Slot]) -> None:
        for slot in slots:
            self._in_slot[slot].discard(article_id)
            if not self._in_slot[slot]:
                self._slots.discard(slot)
                del self._in_slot[slot]

    def settle(self) -> list[Update]:
        """Bring the developments up to date; return what became of those that differ."""
        for slot, spot in self._slots.settle().items():
            if spot is None:
                del self._spot_of[slot]
            else:
                self._spot_of[slot] = spot
                self._stale_articles |= self._in_slot[slot]
        moves: Counter[tuple[str, str]] = Counter()
        stale: set[Spot] = set()
        for article_id in self._stale_articles:
            left, entered = self._distribute(article_id, stale)
            moves.update((self._id(old), self._id(new)) for old in left for new in entered)
        found = {self._id(spot): self._read(spot) for spot in stale}
        for spot in {spot for slot in self._touched for spot in self._near(slot)} - stale:
            found[self._id(spot)] = self._renumber(spot)
        self._stale_articles.clear()
        self._touched.clear()
        return self._lines.follow(found, moves)

    def _id(self, spot: Spot) -> str:
        if spot not in self._ids:
            self._ids[spot] = development_id(self._geography.topic, self.family, spot)
        return self._ids[spot]

    def _distribute(self, article_id: str, stale: set[Spot]) -> tuple[set[Spot], set[Spot]]:
        """Put an article's contributions where they belong; return the developments that it left and entered."""
        account = self._accounts[article_id]
        parts: dict[Spot, list[Contribution]] = {}
        for item in account.contributions:
            parts.setdefault(self._spot_of[slot_of(item)], []).append(item)
        assert account.first is not None
        before, after = set(account.spots), set(parts)
        for spot in before - after:
            self._tallies[spot].put(article_id, None)
        for spot, items in parts.items():
            self._tally(spot).put(article_id, Part(account.first, tuple(items)))
        account.spots = frozenset(after)
        stale |= before | after
        return before - after, after - before

    def _tally(self, spot: Spot) -> Tally:
        if spot not in self._tallies:
            self._tallies[spot] = Tally()
            self._by_side.setdefault(spot.side, set()).add(spot)
        return self._tallies[spot]

    def _near(self, slot: Slot) -> Iterator[Spot]:
        for side, spots in self._by_side.items():
            if self._fits(side, slot.side):
                yield from (spot for spot in spots if self._reaches(slot, spot))

    def _fits(self, side: str, said: str | None) -> bool:
        """Tell whether a development with `side` can be what reports with the side `said` speak of."""
        return covers(side, said) if said is None or self._policy.side == "both" else said == side

    def _reaches(self, slot: Slot, spot: Spot) -> bool:
        """Tell whether a slot's days touch a development's, wherever the slot itself belongs now."""
        until = spot.day + max(self._policy.span_days, self._policy.memory_days)
        return spot.day <= slot.last and slot.first <= until

    def _read(self, spot: Spot) -> Development | None:
        tally = self._tallies.get(spot)
        if tally is None:
            return None
        if not tally:
            del self._tallies[spot]
            self._by_side[spot.side].discard(spot)
            return None
        return develop(self._id(spot), self.family, spot, tally, self._version(spot), self._geography)

    def _renumber(self, spot: Spot) -> Development:
        """Return a development whose own reports are the same; only its version may be another."""
        development = self._lines[self._id(spot)].development
        return msgspec.structs.replace(development, version=self._version(spot))

    def _version(self, spot: Spot) -> int:
        """Count the revisions that ever spoke of these days and this side: it never falls, and rises with each."""
        return sum(
            count
            for said, slots in self._ever.items()
            if self._fits(spot.side, said)
            for slot, count in slots.items()
            if self._reaches(slot, spot)
        )

    def developments(self) -> list[Kept]:
        """Return all developments with their lineages, as of the last `settle`."""
        return list(self._lines.values())

    def kept(self, development_id: str) -> Kept:
        """Return a development of this family with its lineage."""
        return self._lines[development_id]

    def contributions(self, development: Development) -> list[Contribution]:
        """Return the contributions behind a development of this family, as of the last `settle`."""
        spot = Spot(development.side, date.fromisoformat(development.day).toordinal())
        tally = self._tallies.get(spot)
        return list(tally.contributions()) if tally is not None else []
