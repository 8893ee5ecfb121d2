"""The merge as a combine for batch pipelines: associative, commutative, idempotent, and the same as the board's.

    ArticleCoded -> grouped by article -> `tellings` -> (family, Telling) -> by family `create`, `add`, `merge`
                 -> (family, told) -> `extract` -> developments

A family's accumulator is its tellings by article and revision, so merging two is a union.
"""

from collections.abc import Iterable, Iterator

from pipelines.developments.board import by_family
from pipelines.developments.family import FamilyState, Order, Telling, order_of
from pipelines.developments.geography import Geography
from pipelines.developments.reports import Contribution, Family, contributions
from schemas.records import ArticleCoded, Development

Told = dict[tuple[str, Order], Telling]
"""What a family has been told so far."""


def tellings(revisions: Iterable[ArticleCoded], geography: Geography) -> Iterator[tuple[Family, Telling]]:
    """Yield what the revisions of ONE article tell, by family; each revision to every family that any of them is in."""
    told: dict[Order, dict[Family, tuple[Contribution, ...]]] = {}
    article_id = ""
    for coded in revisions:
        article_id = coded.article.article_id
        told[order_of(coded)] = by_family(contributions(coded, geography))
    for family in sorted({family for families in told.values() for family in families}):
        for order, families in told.items():
            yield family, Telling(article_id, order, families.get(family, ()))


def create() -> Told:
    """Return the accumulator of a family that was told nothing."""
    return {}


def add(told: Told, telling: Telling) -> Told:
    """Return the accumulator with one telling more."""
    return merge(told, {(telling.article_id, telling.order): telling})


def merge(left: Told, right: Told) -> Told:
    """Return the union of two accumulators."""
    return {**left, **right}


def extract(family: Family, told: Told, geography: Geography) -> list[Development]:
    """Return the developments of a family, by id."""
    state = FamilyState(family, geography)
    for key in sorted(told):
        state.tell(told[key])
    state.settle()
    return sorted((kept.development for kept in state.developments()), key=lambda found: found.development_id)


def developments(coded: Iterable[ArticleCoded], geography: Geography) -> list[Development]:
    """Return the developments of a set of coded articles, by id: the whole combine, without a runner."""
    by_article: dict[str, list[ArticleCoded]] = {}
    for item in coded:
        by_article.setdefault(item.article.article_id, []).append(item)
    families: dict[Family, Told] = {}
    for revisions in by_article.values():
        for family, telling in tellings(revisions, geography):
            told = families.setdefault(family, create())
            told[telling.article_id, telling.order] = telling
    found = [item for family, told in families.items() for item in extract(family, told, geography)]
    return sorted(found, key=lambda item: item.development_id)
