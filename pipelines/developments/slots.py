"""Which reports of a family are about one development: decided on their sides and days alone.

Reports with equal side and window share a slot, so a family of ten thousand reports has some dozens of slots, and what
is decided is a function of the set of slots, whatever order they came in:

    side of a slot     its own; a slot that names nobody (or one of the two sides of a meeting) takes the side that
                       slots within reach of its days have
    day of a slot      days that words name seed developments, each spread over `span_days`; a slot without a day joins
                       the latest one in its window; those that find none seed one on the day they were published
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pipelines.developments.policy import Policy
from pipelines.developments.reports import Contribution

UNKNOWN_SIDE: Final = "unknown"
"""The side of a development of which no report says who did it."""


class Slot(NamedTuple):
    """What the place of a report among developments depends on; days are ordinals, inclusive."""

    side: str | None
    first: int
    last: int
    exact: bool


class Spot(NamedTuple):
    """Where a development stands within its family: its side and its day."""

    side: str
    day: int


def slot_of(contribution: Contribution) -> Slot:
    """Return the slot of a contribution."""
    return Slot(contribution.side, *contribution.window)


def is_partial(slot: Slot, policy: Policy) -> bool:
    """Tell whether a slot says less than everything about who: nobody, or one side of a dealing between two."""
    return slot.side is None or (policy.side == "both" and "+" not in slot.side and slot.side != "")


def covers(side: str, partial: str | None) -> bool:
    """Tell whether a side can be what a partial one means."""
    return partial is None or side == partial or partial in side.split("+")


def choose_side(partial: str | None, weights: Counter[str]) -> str:
    """Return the side that a partial slot takes, given those around it and in how many slots and days they stand.

    Who is not named at all joins the side that is spoken of most. Who is named without his counterpart joins the one
    dealing that he is seen in, and stays alone if there are several.
    """
    fitting = [side for side in weights if covers(side, partial)]
    if partial is None and fitting:
        return min(fitting, key=lambda side: (-weights[side], side))
    if partial is not None and len(fitting) == 1:
        return fitting[0]
    return partial or UNKNOWN_SIDE


def seed_days(slots: Iterable[Slot], policy: Policy) -> dict[Slot, int]:
    """Return the day of the development that each slot of one side belongs to."""
    ordered = sorted(slots, key=lambda slot: (slot.last, slot.first))
    days: dict[Slot, int] = {}
    told: dict[int, int] = {}
    """Seed day -> the last day on which it was told, as far as that keeps it within reach."""
    seeds: list[int] = []
    for slot in ordered:
        if slot.exact:
            if not seeds or slot.first > seeds[-1] + policy.span_days:
                seeds.append(slot.first)
            days[slot] = seeds[-1]
            told[seeds[-1]] = slot.first
    for slot in ordered:
        if not slot.exact:
            seed = _latest_within_reach(slot, seeds, told)
            if seed is None:
                seed = slot.last
                insort(seeds, seed)
            days[slot] = seed
            told[seed] = max(told.get(seed, seed), min(slot.last, seed + policy.memory_days))
    return days


def _latest_within_reach(slot: Slot, seeds: Sequence[int], told: Mapping[int, int]) -> int | None:
    upto = bisect_right(seeds, slot.last)
    return next((seed for seed in reversed(seeds[:upto]) if told[seed] >= slot.first), None)


class Slots:
    """The slots of one family with the developments that they belong to, kept up to date as slots come and go.

    Only the sides around a slot are looked at again when it comes or goes.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._around: dict[int, Counter[str]] = {}
        """Day -> how many slots with a full side reach it, by side."""
        self._partial: dict[int, set[Slot]] = {}
        """Day -> the partial slots whose window holds it."""
        self._by_side: dict[str, set[Slot]] = {}
        self._sides: dict[Slot, str] = {}
        self._spots: dict[Slot, Spot] = {}
        self._gone: set[Slot] = set()
        self._unsettled: set[Slot] = set()
        self._stale: set[str] = set()

    def add(self, slot: Slot) -> None:
        """Take a slot that was not there."""
        self._gone.discard(slot)
        if is_partial(slot, self._policy):
            for day in range(slot.first, slot.last + 1):
                self._partial.setdefault(day, set()).add(slot)
            self._unsettled.add(slot)
        else:
            self._weigh(slot, 1)
            self._place(slot, slot.side or "")

    def discard(self, slot: Slot) -> None:
        """Drop a slot that was there."""
        self._gone.add(slot)
        if is_partial(slot, self._policy):
            for day in range(slot.first, slot.last + 1):
                self._partial[day].discard(slot)
            self._unsettled.discard(slot)
        else:
            self._weigh(slot, -1)
        side = self._sides.pop(slot, None)
        if side is not None:
            self._by_side[side].discard(slot)
            self._stale.add(side)

    def _weigh(self, slot: Slot, step: int) -> None:
        slack = self._policy.span_days
        for day in range(slot.first - slack, slot.last + slack + 1):
            sides = self._around.setdefault(day, Counter())
            sides[slot.side or ""] += step
            if not sides[slot.side or ""]:
                del sides[slot.side or ""]
            self._unsettled |= self._partial.get(day, set())

    def _place(self, slot: Slot, side: str) -> None:
        before = self._sides.get(slot)
        if before == side:
            return
        if before is not None:
            self._by_side[before].discard(slot)
            self._stale.add(before)
        self._sides[slot] = side
        self._by_side.setdefault(side, set()).add(slot)
        self._stale.add(side)

    def settle(self) -> dict[Slot, Spot | None]:
        """Return the slots whose development is another than at the last call; None for those that are gone."""
        for slot in self._unsettled:
            self._place(slot, choose_side(slot.side, self._weights(slot)))
        moved: dict[Slot, Spot | None] = {slot: None for slot in self._gone if self._spots.pop(slot, None) is not None}
        moved.update(self._resettled())
        self._gone.clear()
        self._unsettled.clear()
        self._stale.clear()
        return moved

    def _weights(self, slot: Slot) -> Counter[str]:
        weights: Counter[str] = Counter()
        for day in range(slot.first, slot.last + 1):
            weights.update(self._around.get(day, {}))
        return weights

    def _resettled(self) -> Iterator[tuple[Slot, Spot]]:
        for side in self._stale:
            for slot, day in seed_days(self._by_side[side], self._policy).items():
                spot = Spot(side, day)
                if self._spots.get(slot) != spot:
                    self._spots[slot] = spot
                    yield slot, spot
