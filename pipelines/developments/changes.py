"""What kind of change lies between two states of one development."""

from collections.abc import Iterator
from typing import Final, Literal

from schemas.records import Development, Record

Kind = Literal["opened", "denied", "confirmed", "corroborated", "magnitude", "spread", "weakened", "withdrawn"]

_DENIED: Final = frozenset({"denied", "disputed"})
_STRENGTH: Final = {"denied": 0, "alleged": 1, "asserted": 2, "confirmed": 3}


class Change(Record, frozen=True, kw_only=True):
    """One change. `facet` is the kind of magnitude or the place; `old` and `new` are figures or numbers of sources.

    opened: it is new. denied: somebody denies it now. confirmed: somebody confirms it now. corroborated: more
    independent sources tell it. magnitude: a figure is new or another. spread: it reached another place. weakened:
    fewer sources, or a weaker claim. withdrawn: no report of it is left.
    """

    kind: Kind
    facet: str = ""
    old: float | None = None
    new: float | None = None

    @property
    def key(self) -> str:
        """Name the change for an alert id: the kind, and what makes a second one of the kind another change."""
        figure = "" if self.new is None else f"{self.new:g}"
        return ":".join(part for part in (self.kind, self.facet, figure) if part)


def changes(before: Development | None, after: Development | None) -> tuple[Change, ...]:
    """Return what changed, in a fixed order; () where nothing did that matters to a reader.

    A new development has its figures, denial, confirmation and corroboration as changes as well, so that a rule which
    asks for one of these need not ask for the opening.
    """
    if after is None:
        return (Change(kind="withdrawn"),) if before is not None else ()
    opened = (Change(kind="opened"),) if before is None else ()
    return (
        *opened,
        *_claim(before, after),
        *_sources(before, after),
        *_figures(before, after),
        *_spread(before, after),
    )


def _claim(before: Development | None, after: Development) -> Iterator[Change]:
    claim = before.claim if before is not None else None
    if after.claim in _DENIED and claim not in _DENIED:
        yield Change(kind="denied")
    if after.claim == "confirmed" and claim != "confirmed":
        yield Change(kind="confirmed")


def _sources(before: Development | None, after: Development) -> Iterator[Change]:
    # Sources of a denial are no corroboration of an assertion, nor the other way round.
    comparable = before is not None and (before.claim == "denied") == (after.claim == "denied")
    old = before.sources if before is not None and comparable else 0
    if after.sources > max(old, 1):
        yield Change(kind="corroborated", old=old, new=after.sources)
    if before is not None and comparable and (after.sources < old or _is_weaker(before.claim, after.claim)):
        yield Change(kind="weakened", old=old, new=after.sources)


def _is_weaker(before: str, after: str) -> bool:
    return _STRENGTH.get(after, 9) < _STRENGTH.get(before, -1)


def _figures(before: Development | None, after: Development) -> Iterator[Change]:
    known = before.magnitudes if before is not None else {}
    for kind in sorted(after.magnitudes):
        if known.get(kind) != after.magnitudes[kind]:
            yield Change(kind="magnitude", facet=kind, old=known.get(kind), new=after.magnitudes[kind])


def _spread(before: Development | None, after: Development) -> Iterator[Change]:
    if before is not None:
        for place in after.places:
            if place not in before.places:
                yield Change(kind="spread", facet=place)
