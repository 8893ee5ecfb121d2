"""Core verbs of languages that are coded without a grammar: who stands next to the verb, and which particles mark what.

Arabic puts the verb first and marks places and objects with prepositions; Turkish puts it last and marks them with
endings after an apostrophe. That, and longest stems, is all that is used; so the scores are low, and only the types
whose verbs are plain are listed (lexicon/<language>.core.yaml).
"""

import re
from typing import Final, NamedTuple

import msgspec

from pipelines.matching.normalise import fold
from pipelines.matching.scanner import Mention
from schemas.lexicon import Core, Group, lines, words
from schemas.records import Claim, ClaimSource, CodedEvent, EventTime, Party, Trigger
from schemas.vocabulary import Vocabulary

_WORD: Final = re.compile(r"[^\W\d_]+")
_SHORTEST: Final = 3
_PREFIXES: Final = ("", "و", "ف", "وس", "س", "ب", "ل", "ال", "وال", "بال", "لل")
_NEAR: Final = 25
"""Characters between a subject and a verb that follows it at once."""
_SUFFIX: Final = re.compile(r"['’](\w{1,6})")
_SYMMETRIC: Final = frozenset({"clash", "meet", "negotiate"})


class _Rule(NamedTuple):
    id: str
    group: Group


class CoreCoder:
    """One language's core verbs, compiled."""

    def __init__(self, code: str, core: Core, vocabulary: Vocabulary) -> None:
        self.verb_first = core.verb_first
        self._vocabulary = vocabulary
        self._stems: dict[str, _Rule] = {}
        for group in core.groups:
            name = f"{code}.{group.type}.{group.mode}" if group.mode else f"{code}.{group.type}"
            for stem in (*words(group.verbs), *lines(group.phrases)):
                self._stems[fold(stem).text] = _Rule(f"{name}.{stem}", group)
        self._negations = frozenset(fold(word).text for word in words(core.negations))
        self._said = {fold(word).text: "asserted" for word in words(core.said)}
        self._said |= {fold(word).text: "alleged" for word in words(core.claimed)}
        self._place_marks = frozenset(fold(word).text for word in words(core.place_marks))
        self._future = frozenset(fold(word).text for word in words(core.future))

    def code(
        self, text: str, span: tuple[int, int], mentions: list[Mention], *, title: bool, time: EventTime | None
    ) -> list[CodedEvent]:
        """Code one sentence; at most one event of a type."""
        found: dict[str, CodedEvent] = {}
        folded = fold(text[span[0] : span[1]])
        tokens = [(match.group(), *folded.original(*match.span())) for match in _WORD.finditer(folded.text)]
        for at, (word, start, end) in enumerate(tokens):
            rule = self._rule(word)
            here = (start + span[0], end + span[0])
            if rule is None or rule.group.type in found or any(m.start < here[1] and here[0] < m.end for m in mentions):
                continue
            event = self._event(rule, text, span, here, mentions, [token[0] for token in tokens[:at]])
            if event is not None:
                found[rule.group.type] = _placed(event, title=title, time=time)
        return list(found.values())

    def _rule(self, word: str) -> _Rule | None:
        for prefix in _PREFIXES if self.verb_first else ("",):
            if word.startswith(prefix):
                stem = word[len(prefix) :]
                for length in range(len(stem), _SHORTEST - 1, -1):
                    rule = self._stems.get(stem[:length])
                    if rule is not None:
                        return rule
        return None

    def _event(
        self,
        rule: _Rule,
        text: str,
        span: tuple[int, int],
        here: tuple[int, int],
        mentions: list[Mention],
        before: list[str],
    ) -> CodedEvent | None:
        actors, recipients, places = self._roles(rule.group, text, here, mentions)
        if not (actors or recipients or places):
            return None
        claim = self._claim(text, mentions, before, here)
        speakers = {source.span for source in claim.sources}
        return CodedEvent(
            type=rule.group.type,
            mode=rule.group.mode,
            actors=tuple(actors),
            recipients=tuple(party for party in recipients if party.span not in speakers),
            places=tuple(places),
            realis="future" if self._future & set(before[-2:]) else "actual",
            negated=bool(self._negations & set(before[-2:])),
            claim=claim,
            trigger=Trigger(text=text[slice(*here)], span=here),
            sentence=span,
            score=round(0.5 + 0.1 * bool(actors) + 0.05 * bool(places), 3),
            rules=(rule.id,),
        )

    def _roles(
        self, group: Group, text: str, here: tuple[int, int], mentions: list[Mention]
    ) -> tuple[list[Party], list[Party], list[Party]]:
        actors: list[Party] = []
        recipients: list[Party] = []
        places: list[Party] = []
        for mention in sorted(mentions, key=lambda m: self._distance(m, here)):
            marked = self._is_marked(text, mention)
            if mention.places and (marked or not self._metonym(mention) or actors):
                places.append(_party(text, mention, mention.places[0]))
                continue
            actor = mention.actors[0] if mention.actors else self._metonym(mention)
            if actor is None:
                continue
            party = _party(text, mention, actor)
            if group.mode in _SYMMETRIC or not (actors or marked):
                actors.append(party)
            else:
                recipients.append(party)
        return actors, recipients, places

    def _distance(self, mention: Mention, here: tuple[int, int]) -> tuple[int, int]:
        """Order mentions by how likely they are the subject: right before the verb, then on its subject side."""
        ahead = mention.start >= here[1]
        if not ahead and here[0] - mention.end <= _NEAR:
            return 0, here[0] - mention.end
        return (1 if ahead == self.verb_first else 2), abs(mention.start - here[0])

    def _metonym(self, mention: Mention) -> str | None:
        place = self._vocabulary.places.get(mention.places[0]) if mention.places else None
        return place.metonym if place is not None else None

    def _is_marked(self, text: str, mention: Mention) -> bool:
        """Tell whether a preposition before the name, or an ending after it, makes it no subject."""
        if self.verb_first:
            words_before = _WORD.findall(fold(text[max(0, mention.start - 12) : mention.start]).text)
            return bool(words_before) and words_before[-1] in self._place_marks
        ending = _SUFFIX.match(text, mention.end)
        return ending is not None and fold(ending.group(1)).text in self._place_marks

    def _claim(self, text: str, mentions: list[Mention], before: list[str], here: tuple[int, int]) -> Claim:
        stripped = (word.removeprefix("و") for word in before)
        strengths = [self._said[word] for word in stripped if word in self._said]
        if not strengths:
            return Claim()
        speaker = next((m for m in mentions if m.actors and m.end <= here[0]), None)
        if speaker is None:
            return Claim(status="alleged" if "alleged" in strengths else "asserted")
        party = _party(text, speaker, speaker.actors[0])
        source = ClaimSource(text=party.text, id=party.id, kind="official", span=party.span)
        return Claim(status="alleged" if "alleged" in strengths else "asserted", sources=(source,))


def _party(text: str, mention: Mention, name: str) -> Party:
    return Party(id=name, text=text[mention.start : mention.end], span=(mention.start, mention.end))


def _placed(event: CodedEvent, *, title: bool, time: EventTime | None) -> CodedEvent:
    return msgspec.structs.replace(event, field="title" if title else "text", time=time)


def guess_language(text: str, declared: str | None, known: frozenset[str]) -> str | None:
    """Return the code of a core language that a text is in, None for everything else.

    A declared language is believed; without one the script decides: Arabic letters without those that only Persian and
    Kurdish use are Arabic, Turkish shows itself by its own letters.
    """
    if declared:
        code = declared.split("-")[0].lower()
        return code if code in known else None
    sample = text[:2000]
    arabic = len(re.findall("[\u0600-\u06ff]", sample))
    if arabic * 3 > len(sample):
        return "ar" if "ar" in known and not re.search("[پچژگڕڵێۆ]", sample) else None
    turkish = len(re.findall("[ğışİ]", sample))
    return "tr" if "tr" in known and turkish * 60 > len(sample) else None
