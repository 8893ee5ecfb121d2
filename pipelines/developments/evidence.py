"""The reports that show best why a development is believed, denied or changed."""

from collections.abc import Iterable, Sequence
from typing import Final

from pipelines.developments.changes import Change
from pipelines.developments.reports import Contribution
from pipelines.developments.tally import told_at
from schemas.records import Evidence

LIMIT: Final = 5


def evidence(
    contributions: Iterable[Contribution], changes: Sequence[Change] = (), *, limit: int = LIMIT
) -> tuple[Evidence, ...]:
    """Return at most `limit` quotes, the most telling first: one or more for each change, then for and against.

    Every quote is of another article while there are any. The order of `contributions` doesn't matter.
    """
    ranked = sorted(contributions, key=_rank)
    chosen: list[Contribution] = []
    for change in changes:
        _choose(_showing(ranked, change), chosen, wanted=1)
    _choose([item for item in ranked if item.stance == "denies"], chosen, wanted=1)
    _choose([item for item in ranked if item.stance != "denies"], chosen, wanted=limit)
    _choose(ranked, chosen, wanted=limit)
    return tuple(_evidence(item) for item in chosen[:limit])


def _rank(item: Contribution) -> tuple[object, ...]:
    """Order by what a reader trusts: confirmed, credited, said with its place, scored high, early, in the body."""
    event = item.report.event
    return (
        item.stance != "confirms",
        event.claim.status == "alleged",
        not item.places,
        event.field == "title",
        -event.score,
        item.report.article.ingested,
        item.report.event_id,
        item.window,
    )


def _showing(ranked: Sequence[Contribution], change: Change) -> list[Contribution]:
    if change.kind == "denied":
        return [item for item in ranked if item.stance == "denies"]
    if change.kind == "confirmed":
        return [item for item in ranked if item.stance == "confirms"]
    if change.kind == "magnitude":
        return sorted((item for item in ranked if _gives(item, change)), key=told_at, reverse=True)
    if change.kind == "spread":
        return [item for item in ranked if change.facet in item.places]
    if change.kind == "corroborated":
        return sorted(ranked, key=lambda item: item.report.article.ingested, reverse=True)
    return [item for item in ranked if item.stance != "denies"]


def _gives(item: Contribution, change: Change) -> bool:
    figures = item.report.event.magnitude or ()
    return item.stance != "denies" and any(
        figure.kind == change.facet and figure.value == change.new for figure in figures
    )


def _choose(candidates: Sequence[Contribution], chosen: list[Contribution], *, wanted: int) -> None:
    """Take the first `wanted` of other articles than are chosen; none where one of the candidates is chosen already."""
    ids = {item.report.event_id for item in chosen}
    if wanted == 1 and any(item.report.event_id in ids for item in candidates):
        return
    articles = {item.report.article.article_id for item in chosen}
    for item in candidates:
        if wanted and item.report.article.article_id not in articles:
            chosen.append(item)
            articles.add(item.report.article.article_id)
            wanted -= 1


def _evidence(item: Contribution) -> Evidence:
    report = item.report
    return Evidence(
        article_id=report.article.article_id,
        revision=report.article.revision,
        outlet=report.article.outlet,
        url=report.article.url,
        field=report.event.field,
        quote=report.quote,
        span=report.event.sentence,
        trigger=report.event.trigger.text,
        sources=report.event.claim.sources,
    )
