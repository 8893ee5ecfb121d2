"""The board: all developments of one stream of coded articles, in memory, one article at a time.

It holds nothing that the `matches` stream does not: after a restart, fold the stream again from its beginning. The
developments are a function of the set of articles folded; the updates, of their order as well.
"""

from collections.abc import Iterator

from pipelines.developments.family import FamilyState, Order, Telling, order_of
from pipelines.developments.geography import Geography
from pipelines.developments.lineage import Update
from pipelines.developments.reports import Contribution, Family, contributions
from schemas.records import ArticleCoded, Development


class _Known:
    """What the board remembers of one article: the revisions that it saw, and the families that any of them is in."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.families: dict[Family, None] = {}


class Board:
    """Folds coded articles into developments. Not for use by several threads at once.

    The cost of an article depends on the families that it has to do with, not on the number of others.
    """

    def __init__(self, geography: Geography) -> None:
        self._geography = geography
        self._known: dict[str, _Known] = {}
        self._families: dict[Family, FamilyState] = {}
        self._family_of: dict[str, FamilyState] = {}

    def fold(self, coded: ArticleCoded) -> tuple[Update, ...]:
        """Take one coded revision and return what it did; () when it was folded before or concerns no development.

        Revisions may come in any order: only the highest counts, and a late earlier one changes a version at most.
        """
        article_id, order = coded.article.article_id, order_of(coded)
        known = self._known.setdefault(article_id, _Known())
        if order in known.orders:
            return ()
        told = by_family(contributions(coded, self._geography))
        for family in told:
            if family not in known.families:
                known.families[family] = None
                self._introduce(family, article_id, known.orders)
        known.orders.append(order)
        updates: list[Update] = []
        for family in known.families:
            state = self._families[family]
            state.tell(Telling(article_id, order, told.get(family, ())))
            updates += self._register(state)
        return tuple(updates)

    def _introduce(self, family: Family, article_id: str, orders: list[Order]) -> None:
        """Tell a family of the revisions of an article that said nothing of it."""
        state = self._families.get(family)
        if state is None:
            state = self._families[family] = FamilyState(family, self._geography)
        for order in orders:
            state.tell(Telling(article_id, order, ()))

    def _register(self, state: FamilyState) -> list[Update]:
        updates = state.settle()
        for update in updates:
            for retired in update.retired:
                del self._family_of[retired]
            if update.after is not None:
                self._family_of[update.after.development_id] = state
        return updates

    def developments(self) -> Iterator[Development]:
        """Yield all developments, by id."""
        yield from (self._development(key) for key in sorted(self._family_of))

    def _development(self, development_id: str) -> Development:
        return self._family_of[development_id].kept(development_id).development

    def development(self, development_id: str) -> Development | None:
        """Return the development that has this id now, None where there is none."""
        return self._development(development_id) if development_id in self._family_of else None

    def lineage(self, development_id: str) -> tuple[str, ...]:
        """Return all ids that a development has had; () for an unknown one."""
        state = self._family_of.get(development_id)
        return state.kept(development_id).lineage if state is not None else ()

    def family(self, development_id: str) -> Family | None:
        """Return the family of a development; None for an unknown one."""
        state = self._family_of.get(development_id)
        return state.family if state is not None else None

    def contributions(self, development_id: str) -> list[Contribution]:
        """Return the contributions behind a development now, in no particular order; [] for an unknown one."""
        state = self._family_of.get(development_id)
        return state.contributions(self._development(development_id)) if state is not None else []


def by_family(items: tuple[Contribution, ...]) -> dict[Family, tuple[Contribution, ...]]:
    """Sort an article's contributions by family."""
    found: dict[Family, list[Contribution]] = {}
    for item in items:
        found.setdefault(item.family, []).append(item)
    return {family: tuple(group) for family, group in found.items()}
