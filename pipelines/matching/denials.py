"""Denials without a verb of denying: who says of his own side that it did not do something, denies it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from pipelines.matching.conditions import OWN
from schemas.records import Claim, ClaimSource, CodedEvent, Party
from schemas.vocabulary import Actor

_DEEDS: Final = frozenset(
    [
        "AGREE",
        "AID",
        "ASSAULT",
        "COERCE",
        "CONCEDE",
        "CONSULT",
        "COOPERATE",
        "DISPLACE",
        "MOBILIZE",
        "REQUEST",
        "RETREAT",
        "SANCTION",
        "SEIZE",
        "THREATEN",
    ]
)
"""Types of which not to have done it can be said; not to accept is to reject, and not to deny is nothing."""
_OWN: Final = OWN | {"i", "her", "my"}
_ONE_VOICE: Final = frozenset({"federal", "iran", "turkey", "us", "coalition"})
"""Sides whose parties speak for one another; the Kurdish parties accuse one another instead."""
DENYING: Final = "STATEMENT"
_MODE: Final = "deny"
RULE: Final = "STATEMENT.deny.own-deed"


def speaks_for(actors: Mapping[str, Actor]) -> dict[str, str]:
    """Return the side of each party whose side has one voice: an embassy denies for its army."""
    return {name: actor.side for name, actor in actors.items() if actor.side in _ONE_VOICE}


def with_denials(events: list[CodedEvent], sides: Mapping[str, str]) -> list[CodedEvent]:
    """Return the events of one sentence with the denials that they amount to; one at most, none beside another.

    `sides` is what `speaks_for` has made of the schema's actors.
    """
    if any(event.type == DENYING for event in events):
        return events
    for event in events:
        source = _who_denies(event, sides)
        if source is not None:
            return [*events, _denial(event, source)]
    return events


def _who_denies(event: CodedEvent, sides: Mapping[str, str]) -> ClaimSource | None:
    """Return who says that his side did not do it."""
    if not event.negated or event.realis != "actual" or event.type not in _DEEDS or not event.claim.sources:
        return None
    source = event.claim.sources[-1]
    return source if any(_is_own(actor, source, sides) for actor in event.actors) else None


def _is_own(actor: Party, source: ClaimSource, sides: Mapping[str, str]) -> bool:
    if actor.text.partition(" ")[0].lower() in _OWN:
        return True
    if actor.id is None or source.id is None:
        return False
    return actor.id == source.id or (actor.id in sides and sides[actor.id] == sides.get(source.id))


def _denial(event: CodedEvent, source: ClaimSource) -> CodedEvent:
    actors: Sequence[Party] = ()
    if source.span is not None:
        actors = (Party(id=source.id, text=source.text, span=source.span),)
    return msgspec.structs.replace(
        event,
        type=DENYING,
        mode=_MODE,
        actors=tuple(actors),
        recipients=(),
        places=(),
        magnitude=(),
        negated=False,
        claim=Claim(status="asserted", sources=event.claim.sources[:-1]),
        rules=(RULE,),
    )
