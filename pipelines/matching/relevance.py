"""Whether an article matters to the crisis: section 6 of the event schema as a function of its events."""

from collections.abc import Iterable
from typing import Final

from schemas.records import CodedEvent, Party
from schemas.vocabulary import Vocabulary

_SIDES: Final = (frozenset({"kurdish"}), frozenset({"federal", "iran"}))
_UNDATED: Final = frozenset({"generic", "historical"})
_WORDS: Final = frozenset({"ACCUSE", "AGREE", "CONCEDE", "REJECT", "REQUEST", "SUPPORT", "THREATEN"})
"""Types that matter by who speaks or is addressed: drivers warned of floods in Kirkuk are no part of the crisis."""


def is_relevant(events: Iterable[CodedEvent], vocabulary: Vocabulary) -> bool:
    """Tell whether at least one current event is in the theatre, between the two sides, or about their vote."""
    sides: set[str] = set()
    for event in events:
        if event_is_relevant(event, vocabulary):
            return True
        if event.realis not in _UNDATED:
            sides |= _sides(event, vocabulary)
            if all(sides & side for side in _SIDES):
                return True
    return False


def _sides(event: CodedEvent, vocabulary: Vocabulary) -> set[str]:
    """Return the sides in an event: of its parties, and of the government that its place stands for.

    What is done to or by Islamic State says nothing about the dispute, so such events have no sides.
    """
    named = (vocabulary.actors.get(party.id or "") for party in (*event.actors, *event.recipients))
    sides: set[str] = {actor.side for actor in named if actor is not None}
    if "isis" in sides:
        return set()
    for party in event.places:
        place = vocabulary.places.get(party.id or "")
        holder = vocabulary.actors.get(place.metonym) if place is not None and place.metonym else None
        if holder is not None and holder.side == "kurdish":
            sides.add(holder.side)
    return sides


def event_is_relevant(event: CodedEvent, vocabulary: Vocabulary) -> bool:
    """Apply to one event the grounds that one event can give: its place, and the vote."""
    if event.realis in _UNDATED or (event.type == "OIL" and event.mode == "price"):
        return False
    told = [party for party in event.places if _is_told(party, event)]
    places = [place for party in told if (place := vocabulary.places.get(party.id or "")) is not None]
    if any(place.theatre for place in places) and (event.type not in _WORDS or _is_known(event)):
        return True
    sides = _sides(event, vocabulary)
    kind = vocabulary.types.get(event.type)
    return bool(
        kind and kind.intrinsically_relevant and (sides & _SIDES[0] or any(_kurdish(place.id) for place in places))
    )


def _is_told(party: Party, event: CodedEvent) -> bool:
    """Tell a place of the event's own sentence from one that the sentence before has left to it."""
    return party.span is None or event.sentence[0] <= party.span[0] < event.sentence[1]


def _is_known(event: CodedEvent) -> bool:
    return any(party.id for party in (*event.actors, *event.recipients))


def _kurdish(place: str) -> bool:
    return place in {"kurdistan-region", "erbil", "sulaymaniyah", "disputed-territories"}


def gate_ids(vocabulary: Vocabulary) -> frozenset[str]:
    """Return the ids of which an article must name one before any of its events can be relevant."""
    kurdish = {actor.id for actor in vocabulary.actors.values() if actor.side in _SIDES[0]}
    places = {place.id for place in vocabulary.places.values() if place.theatre or place.metonym in kurdish}
    return frozenset(kurdish | places | {name for name in vocabulary.places if _kurdish(name)})
