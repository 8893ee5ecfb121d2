"""Denials without a verb of denying: who says of his own side that it did not do something, denies it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from pipelines.matching.conditions import OWN
from schemas.records import Claim, ClaimSource, CodedEvent, Party

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
DENYING: Final = "STATEMENT"
_MODE: Final = "deny"
RULE: Final = "STATEMENT.deny.own-deed"


def with_denials(events: list[CodedEvent]) -> list[CodedEvent]:
    """Return the events of one sentence with the denials that they amount to; one at most, none beside another."""
    if any(event.type == DENYING for event in events):
        return events
    for event in events:
        source = _who_denies(event)
        if source is not None:
            return [*events, _denial(event, source)]
    return events


def _who_denies(event: CodedEvent) -> ClaimSource | None:
    """Return who says that his side did not do it."""
    if not event.negated or event.realis != "actual" or event.type not in _DEEDS or not event.claim.sources:
        return None
    source = event.claim.sources[-1]
    return source if any(_is_own(actor, source) for actor in event.actors) else None


def _is_own(actor: Party, source: ClaimSource) -> bool:
    first = actor.text.partition(" ")[0].lower()
    return first in _OWN or (actor.id is not None and actor.id == source.id)


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
