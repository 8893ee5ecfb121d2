"""What an article is about beyond its single events: section 6 of the event schema where one event does not show it.

The consequences of the vote, a quarrel inside the Kurdish camp over the theatre, and demands whose content is there.
"""

import re
from collections.abc import Collection, Iterator
from math import log1p
from typing import Final, NamedTuple

from pipelines.matching.scanner import Mention
from schemas.records import CodedEvent
from schemas.vocabulary import Vocabulary

_KURDISH: Final = "kurdish"
_ISIS: Final = "isis"
_POWERS: Final = frozenset({"federal", "iran", "turkey", "us", "coalition", "international"})
_PARTIES: Final = _POWERS - {"international"} | {_KURDISH}
"""Sides whose deeds belong to the crisis where an article is on the dispute."""
_NOUN: Final = ".n."
"""What the names of rules for nouns hold."""
_OPPOSED: Final = frozenset({"federal", "iran"})
_UNDATED: Final = frozenset({"generic", "historical"})
_CONTENT: Final = frozenset({"AGREE", "CONCEDE", "REJECT", "REQUEST", "THREATEN"})
"""Types whose place is in what is asked, promised, offered, refused or threatened."""
_POLITICS: Final = _CONTENT | {"ACCUSE", "CONSULT", "COOPERATE", "MOBILIZE", "SANCTION", "STATEMENT", "SUPPORT"}
"""What states do about a vote: talk, measures, shows of force. Fighting needs a place or both sides to count."""
_QUARREL: Final = frozenset({"ACCUSE", "REJECT", "REQUEST", "STATEMENT", "THREATEN"})
_LEAD: Final = 400
"""Characters of a text that say what it is about, as its title does."""
_STOP: Final = re.compile(r"[.!?][\"'”’]?\s+|\n")


class Field(NamedTuple):
    """One field of an article, its text and the names in it."""

    name: str
    text: str
    mentions: list[Mention]


class Topic:
    """The schema's idea of what an article can be about, compiled once."""

    def __init__(self, vocabulary: Vocabulary, vote: Collection[str], gate: frozenset[str]) -> None:
        self._vocabulary = vocabulary
        self._gate = gate
        names = "|".join(re.escape(word.replace("_", " ")) for word in sorted(vote))
        self._vote_words = tuple(word.replace("_", " ").lower() for word in sorted(vote))
        self._vote = re.compile(rf"\b(?:{names})s?\b", re.IGNORECASE) if names else None

    def grounds(self, events: list[CodedEvent], title: Field, text: Field) -> dict[str, float]:
        """Return the grounds, each as 1, on which current events taken with the rest belong to the crisis."""
        current = [event for event in events if event.realis not in _UNDATED and not self._isis(event)]
        flight = any(event.type == "DISPLACE" for event in current)
        grounds = {
            "after_vote": self._after_the_vote(current, title, text),
            "camp": self._inside_the_camp(current, title, text),
            "content": any(self._content_matters(event, title, text) for event in current),
            "deed": self._is_on_the_dispute(title, text) and any(self._is_deed(event) for event in current),
            "flight": flight and self._names_theatre(title) and self._kurds_in(title),
        }
        return {name: 1.0 for name, holds in grounds.items() if holds}

    def name_signs(self, title: Field, text: Field) -> dict[str, float]:
        """Return what the names tell: whether the title has one; the logarithm of how many are in the theatre, of the
        Kurdish side, of the federal side; whether the vote is named; and whether none of the conditions of section 6
        can be met by what is named.
        """
        named: dict[str, set[str]] = {"places": set(), _KURDISH: set(), "federal": set()}
        for one in (*title.mentions, *text.mentions):
            if self._is_theatre(one):
                named["places"].add(one.places[0])
            elif one.actors:
                named.get(self._vocabulary.actors[one.actors[0]].side, set()).add(one.actors[0])
        signs = {
            "title_place": float(self._names_theatre(title)),
            "title_kurds": float(self._kurds_in(title) or self._names_side(title)),
            "vote_named": float(self._names_vote(title) or self._names_vote(text)),
        }
        signs |= {name: log1p(len(ids)) for name, ids in named.items()}
        both = bool(named[_KURDISH] and named["federal"])
        signs["unconnected"] = float(not (both or signs["places"] or signs["vote_named"]))
        return {name: value for name, value in signs.items() if value}

    def _names_vote(self, field: Field) -> bool:
        low = field.text.lower()
        if not any(word in low for word in self._vote_words):
            return False
        return self._vote is not None and self._vote.search(field.text) is not None

    def _names_side(self, field: Field) -> bool:
        return any(not self._gate.isdisjoint(one.actors) for one in field.mentions)

    def _after_the_vote(self, events: list[CodedEvent], title: Field, text: Field) -> bool:
        """Politics of a power towards the Kurds where the vote is named, of powers alone where the article leads with
        the vote.
        """
        if not (self._names_vote(title) or self._names_vote(text)):
            return False
        politics = [event for event in events if event.type in _POLITICS and self._sides(event) & _POWERS]
        return any(
            _KURDISH in self._sides(event)
            or self._kurds_in(title if event.field == title.name else text, event.sentence)
            for event in politics
        ) or (bool(politics) and self._leads_with_vote(title, text))

    @staticmethod
    def _kurds_in(field: Field, span: tuple[int, int] | None = None) -> bool:
        """Tell whether a field, or a sentence of it, names the Kurds."""
        return field.text.find("Kurd", *(span or (0, len(field.text)))) >= 0

    def _leads_with_vote(self, title: Field, text: Field) -> bool:
        """Tell whether a sentence of title or lead names both the Kurds and the vote."""
        return any(self._names_kurdish_vote(field, span) for field in (title, text) for span in _opening(field))

    def _names_kurdish_vote(self, field: Field, span: tuple[int, int]) -> bool:
        assert self._vote is not None
        if self._vote.search(field.text, *span) is None:
            return False
        inside = (one for one in field.mentions if span[0] <= one.start < span[1])
        return field.text.find("Kurd", *span) >= 0 or any(
            not self._gate.isdisjoint(one.actors + one.places) for one in inside
        )

    def _inside_the_camp(self, events: list[CodedEvent], title: Field, text: Field) -> bool:
        """Two Kurdish parties quarrel, and the article names a place of the theatre."""
        quarrels = [event for event in events if event.type in _QUARREL]
        camps = {camp for event in quarrels for camp in self._camps(event)}
        return len(camps) > 1 and (self._names_theatre(title) or self._names_theatre(text))

    def _content_matters(self, event: CodedEvent, title: Field, text: Field) -> bool:
        """Tell whether a demand or promise of a side names a place of the theatre, or one to a side the other one."""
        sides = self._sides(event) & (_POWERS | {_KURDISH})
        if event.type not in _CONTENT or not sides:
            return False
        field = title if event.field == title.name else text
        start, end = event.sentence
        inside = [one for one in field.mentions if start <= one.start < end]
        named = sides | {self._vocabulary.actors[one.actors[0]].side for one in inside if one.actors}
        both = _KURDISH in named and bool(sides & _OPPOSED) and _ISIS not in named
        return both or any(self._is_theatre(one) for one in inside)

    def _is_on_the_dispute(self, title: Field, text: Field) -> bool:
        """Tell whether the title names the theatre, or the text the theatre and both sides."""
        if self._names_theatre(title):
            return True
        actors = self._vocabulary.actors
        sides = {actors[one.actors[0]].side for one in (*title.mentions, *text.mentions) if one.actors}
        return _KURDISH in sides and not sides.isdisjoint(_OPPOSED) and self._names_theatre(text)

    def _is_deed(self, event: CodedEvent) -> bool:
        """Tell whether a side of the dispute does something; a lone noun ("demand from Turkey") says too little."""
        return bool(self._sides(event) & _PARTIES) and not any(_NOUN in rule for rule in event.rules)

    def _names_theatre(self, field: Field) -> bool:
        return any(self._is_theatre(one) for one in field.mentions)

    def _is_theatre(self, mention: Mention) -> bool:
        return any(self._vocabulary.places[place].theatre for place in mention.places)

    def _isis(self, event: CodedEvent) -> bool:
        return _ISIS in self._sides(event)

    def _sides(self, event: CodedEvent) -> set[str]:
        return {self._vocabulary.actors[name].side for name in _named(event) if name in self._vocabulary.actors}

    def _camps(self, event: CodedEvent) -> Iterator[str]:
        """Yield the Kurdish parties that those in an event belong to."""
        actors = self._vocabulary.actors
        for name in _named(event):
            step = actors.get(name)
            while step is not None and step.member_of:
                step = actors.get(step.member_of)
            if step is not None and step.kind == "party" and step.side == _KURDISH:
                yield step.id


def _opening(field: Field) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences with which a field opens."""
    start = 0
    for stop in _STOP.finditer(field.text, 0, _LEAD):
        yield start, stop.start()
        start = stop.end()
    yield start, min(len(field.text), _LEAD)


def _named(event: CodedEvent) -> Iterator[str]:
    return (party.id for party in (*event.actors, *event.recipients) if party.id is not None)
