"""Whether an article matters to the crisis: section 6 of the event schema as a function of its events."""

from collections.abc import Iterable
from math import log1p
from typing import Final

from schemas.records import CodedEvent, Party
from schemas.vocabulary import Vocabulary

_SIDES: Final = (frozenset({"kurdish"}), frozenset({"federal", "iran"}))
_UNDATED: Final = frozenset({"generic", "historical"})
_ARMED: Final = frozenset({"clash", "shelling", "airstrike", "explosives", "firearms"})
"""Modes of assault that don't happen in a kitchen or on a pitch."""
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


def has_current(events: Iterable[CodedEvent]) -> bool:
    """Tell whether any event is neither generic nor historical: without one nothing is relevant."""
    return any(event.realis not in _UNDATED for event in events)


def event_signs(events: Iterable[CodedEvent], vocabulary: Vocabulary) -> dict[str, float]:
    """Return how much the current events have to do with the crisis, as signs for a verdict over the whole article.

    Each is the logarithm of a number of events: of those with a place in the theatre and a known party (`local`) or
    none (`local_plain`), of those with weapons there (`armed`), with both sides (`both`), about the vote (`vote`), of
    a side alone (`side`), with Islamic State elsewhere (`isis_elsewhere`), of nobody known and no place (`other`).
    """
    counts: dict[str, int] = {}
    across: set[str] = set()
    for event in events:
        if event.realis in _UNDATED:
            continue
        sides = _sides(event, vocabulary)
        across |= sides
        kind = _kind_of_sign(event, sides, vocabulary)
        counts[kind] = counts.get(kind, 0) + 1
    signs = {kind: log1p(count) for kind, count in counts.items()}
    if all(across & side for side in _SIDES):
        signs["both_apart"] = 1.0
    return signs


def _kind_of_sign(event: CodedEvent, sides: set[str], vocabulary: Vocabulary) -> str:
    if all(sides & side for side in _SIDES):
        return "both"
    if event_is_relevant(event, vocabulary):
        kind = vocabulary.types[event.type]
        if kind.intrinsically_relevant:
            return "vote"
        if event.type == "ASSAULT" and event.mode in _ARMED:
            return "armed"
        return "local" if _is_known(event) else "local_plain"
    if any(party.id == "isis" for party in (*event.actors, *event.recipients)):
        return "isis_elsewhere"
    return "side" if sides & (_SIDES[0] | _SIDES[1]) else "other"


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
