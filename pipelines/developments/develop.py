"""From a tally to the development as others see it, and its id."""

from typing import Final, Literal

from pipelines.developments.days import iso_day
from pipelines.developments.geography import Geography
from pipelines.developments.reports import Family
from pipelines.developments.slots import Spot
from pipelines.developments.tally import Bag, Tally
from pipelines.developments.titles import title_of
from schemas.records import Development, stable_id

KEPT_IDS: Final = 1000
"""Articles and events that a development names, the first to arrive: one told ten thousand times must still fit into
one record of the log."""
ClaimState = Literal["alleged", "asserted", "confirmed", "denied", "disputed"]


def development_id(topic: str, family: Family, spot: Spot) -> str:
    """Return the id of the development of a family with this side and day: the same in every run and generation."""
    return stable_id(topic, family.type, family.group, family.realis, spot.side, family.place, iso_day(spot.day))


def develop(own_id: str, family: Family, spot: Spot, tally: Tally, version: int, geography: Geography) -> Development:
    """Return the development that a tally, which must not be empty, adds up to."""
    bag = tally.bag
    claim = claim_of(bag("stance"))
    prefix = "denied " if claim == "denied" else ""
    voices = tally.denying if claim == "denied" else tally.asserting
    sources, copies = voices.counts()
    articles = tuple(article_id for _, article_id in bag("articles").lowest(KEPT_IDS))
    return Development(
        development_id=own_id,
        topic=geography.topic,
        type=family.type,
        mode=_first(bag(f"{prefix}modes")),
        side=spot.side,
        place=family.place or None,
        day=iso_day(spot.day),
        title=_title(family, spot, tally, prefix, geography),
        claim=claim,
        actors=bag(f"{prefix}actors").values(),
        recipients=bag(f"{prefix}recipients").values(),
        places=geography.finest(bag("places").values()),
        outlets=bag("outlets").values(),
        asserted_by=bag("asserted_by").values(),
        denied_by=bag("denied_by").values(),
        magnitudes=tally.figures(),
        sources=sources,
        copies=copies,
        first_seen=next(bag("first").lowest(1)),
        last_seen=bag("last").highest(),
        event_ids=tuple(dict.fromkeys(event_id for _, event_id in bag("events").lowest(KEPT_IDS))),
        article_ids=articles,
        version=version,
    )


def claim_of(stances: Bag) -> ClaimState:
    """Return what the reports together claim: the strongest assertion, unless somebody denies."""
    asserted = stances["confirmed"] or stances["asserted"] or stances["alleged"]
    if stances["denied"]:
        return "disputed" if asserted else "denied"
    if stances["confirmed"]:
        return "confirmed"
    return "asserted" if stances["asserted"] else "alleged"


def _title(family: Family, spot: Spot, tally: Tally, prefix: str, geography: Geography) -> str:
    title = title_of(
        family.type,
        _first(tally.bag(f"{prefix}modes")),
        actors=tally.bag(f"{prefix}actors").most_common(),
        recipients=tally.bag(f"{prefix}recipients").most_common(),
        place=_place(family, tally, geography),
        day=spot.day,
        side=spot.side,
        geography=geography,
    )
    planned = "Planned: " if family.realis == "future" else ""
    return f"{'Denied: ' if prefix else ''}{planned}{title}"


def _place(family: Family, tally: Tally, geography: Geography) -> str | None:
    """Return the place that most reports name, the family's own before others; in the theatre, where any is."""
    common: list[str] = tally.bag("places").most_common()
    if not common or family.place in common:
        return family.place or None
    return next((place for place in common if geography.in_theatre(place)), common[0])


def _first(bag: Bag) -> str | None:
    common = bag.most_common()
    return common[0] if common else None
