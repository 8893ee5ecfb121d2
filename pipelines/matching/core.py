"""Core verbs of languages that are coded without a grammar: who stands next to the verb, and which particles mark what.

Arabic puts the verb first and marks places and objects with prepositions; Turkish puts it last and marks them with
endings after an apostrophe; Persian and Kurdish put it last and use prepositions. That, and longest stems, is all that
is used; so the scores are low, and only the types whose verbs are plain are listed (lexicon/<language>.core.yaml).
"""

import re
from typing import Final, Literal, NamedTuple

import msgspec

from pipelines.matching.core_stems import Hit, Stems, Token, tokens_of
from pipelines.matching.normalise import fold
from pipelines.matching.scanner import Mention
from schemas.lexicon import Core, Group, words
from schemas.records import Claim, ClaimSource, CodedEvent, EventTime, Party, Realis, Trigger
from schemas.vocabulary import Vocabulary

_WORD: Final = re.compile(r"[^\W\d_]+")
_NEAR: Final = 25
"""Characters between a subject and a verb that follows it at once."""
_SUFFIX: Final = re.compile(r"['’](\w{1,6})")
_SYMMETRIC: Final = frozenset({"clash", "meet", "negotiate"})


class _Verb(NamedTuple):
    """A verb found: its span, and the stretch of the sentence up to the verbs before and after it."""

    hit: Hit
    here: tuple[int, int]
    stretch: tuple[int, int]


class CoreCoder:
    """One language's core verbs, compiled."""

    def __init__(self, code: str, core: Core, vocabulary: Vocabulary) -> None:
        self.verb_first = core.verb_first
        self._vocabulary = vocabulary
        self._stems = Stems(code, core)
        self._negations = _folded(core.negations)
        self._said = _folded(core.said)
        self._claimed = _folded(core.claimed)
        self._before = _folded(core.place_marks if core.verb_first else core.prepositions)
        self._endings = frozenset() if core.verb_first else _folded(core.place_marks)
        self._bearings = _folded(core.bearings)
        self._agents = tuple(_folded(core.agents))
        self._future = _folded(core.future)
        self._hypothetical = _folded(core.hypothetical)

    def code(
        self, text: str, span: tuple[int, int], mentions: list[Mention], *, title: bool, time: EventTime | None
    ) -> list[CodedEvent]:
        """Code one sentence; at most one event of a type, realis and polarity."""
        found: dict[tuple[str, str, bool], CodedEvent] = {}
        tokens = tokens_of(text, span)
        for verb in self._verbs(tokens, span, mentions):
            event = self._event(verb, text, span, mentions, tokens)
            if event is not None:
                found.setdefault((event.type, event.realis, event.negated), _placed(event, title=title, time=time))
        return list(found.values())

    def _verbs(self, tokens: list[Token], span: tuple[int, int], mentions: list[Mention]) -> list[_Verb]:
        """Find the verbs that are no part of a name."""
        hits = [(hit, (tokens[hit.first].start, tokens[hit.last].end)) for hit in self._stems.find(tokens)]
        free = [(hit, here) for hit, here in hits if not any(m.start < here[1] and here[0] < m.end for m in mentions)]
        ends = [span[0], *(here[1] for _, here in free)]
        starts = [*(here[0] for _, here in free[1:]), span[1]]
        return [_Verb(hit, here, (ends[at], starts[at])) for at, (hit, here) in enumerate(free)]

    def _event(
        self, verb: _Verb, text: str, span: tuple[int, int], mentions: list[Mention], tokens: list[Token]
    ) -> CodedEvent | None:
        group = verb.hit.rule.group
        actors, recipients, places = self._roles(verb, text, mentions)
        if not (actors or recipients or places):
            return None
        claim = self._claim(text, mentions, tokens, verb, actors)
        speakers = {source.span for source in claim.sources}
        near = {token.text for token in tokens[max(0, verb.hit.first - 2) : verb.hit.first]}
        if not self.verb_first:
            near.update(token.text for token in tokens[verb.hit.last + 1 : verb.hit.last + 2])
        return CodedEvent(
            type=group.type,
            mode=group.mode,
            actors=tuple(actors),
            recipients=tuple(party for party in recipients if party.span not in speakers),
            places=tuple(places),
            realis=self._realis(verb.hit, tokens),
            negated=verb.hit.negated or bool(self._negations & near),
            claim=claim,
            trigger=Trigger(text=text[slice(*verb.here)], span=verb.here),
            sentence=span,
            score=round(0.5 + 0.1 * bool(actors) + 0.05 * bool(places), 3),
            rules=(verb.hit.rule.id,),
        )

    def _realis(self, hit: Hit, tokens: list[Token]) -> Realis:
        """Read fear, condition and future off the words before the verb (behind it too where the verb comes last)."""
        near = {token.text for token in tokens[max(0, hit.first - 3) : hit.first]}
        after = set() if self.verb_first else {token.text for token in tokens[hit.last + 1 : hit.last + 3]}
        if self._hypothetical & (near | after):
            return "hypothetical"
        return "future" if hit.future or self._future & near else "actual"

    def _roles(self, verb: _Verb, text: str, mentions: list[Mention]) -> tuple[list[Party], list[Party], list[Party]]:
        """Fill the roles from the verb's own stretch; who and where may be carried over from the rest."""
        own = [m for m in mentions if verb.stretch[0] <= m.start and m.end <= verb.stretch[1]]
        group = verb.hit.rule.group
        actors, recipients, places = self._shares(group, text, verb.here, own)
        rest = [m for m in mentions if m not in own]
        if (own and (actors or recipients) and places) or not rest:
            return actors, recipients, places
        others, _, elsewhere = self._shares(group, text, verb.here, rest)
        if group.frame == "passive":
            return actors, recipients, places or elsewhere
        taken = {party.id for party in recipients}
        return actors or [party for party in others if party.id not in taken], recipients, places or elsewhere

    def _shares(
        self, group: Group, text: str, here: tuple[int, int], mentions: list[Mention]
    ) -> tuple[list[Party], list[Party], list[Party]]:
        actors: list[Party] = []
        recipients: list[Party] = []
        places: list[tuple[bool, Party]] = []
        agents = [mention for mention in mentions if self._is_agent(text, mention)]
        passive = group.frame == "passive" or bool(agents)
        for mention in sorted(mentions, key=lambda m: self._distance(m, here)):
            agent = mention in agents
            marked = not agent and self._is_marked(text, mention)
            metonym = self._metonym(mention)
            doing = bool(metonym) and not marked and (not actors or group.mode in _SYMMETRIC)
            if mention.places and not (doing or agent):
                places.append((self._is_bearing(text, mention), _party(text, mention, mention.places[0])))
                continue
            actor = mention.actors[0] if mention.actors else metonym
            if actor is None:
                continue
            subject = group.mode in _SYMMETRIC or not (actors or marked or passive)
            (actors if agent or subject else recipients).append(_party(text, mention, actor))
        firm = [party for bearing, party in places if not bearing]
        return actors, recipients, firm or [party for _, party in places]

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
        before = _words_before(text, mention)
        if before and before[-1] in self._before:
            return True
        ending = _SUFFIX.match(text, mention.end)
        return ending is not None and fold(ending.group(1)).text in self._endings

    def _is_agent(self, text: str, mention: Mention) -> bool:
        beside = {" ".join(_words_before(text, mention)[-count:]) for count in (1, 2)}
        beside.update(_words_after(text, mention)[:1])
        return any(agent in beside for agent in self._agents)

    def _is_bearing(self, text: str, mention: Mention) -> bool:
        before, after = _words_before(text, mention)[-1:], _words_after(text, mention)
        ending = _SUFFIX.match(text, mention.end)
        return not self._bearings.isdisjoint([*before, *after[bool(ending) : 1 + bool(ending)]])

    def _claim(
        self, text: str, mentions: list[Mention], tokens: list[Token], verb: _Verb, actors: list[Party]
    ) -> Claim:
        """Find who says so: the first party of the sentence, unless it is all that acts."""
        heard = tokens[: verb.hit.first] if self.verb_first else tokens
        cues = {token.text.removeprefix("و") if self.verb_first else token.text for token in heard}
        if cues.isdisjoint(self._said | self._claimed):
            return Claim()
        status: Literal["asserted", "alleged"] = "asserted" if cues.isdisjoint(self._claimed) else "alleged"
        speaker = next((m for m in mentions if m.actors and m.end <= verb.here[0]), None)
        if speaker is None or [party.span for party in actors] == [(speaker.start, speaker.end)]:
            return Claim(status=status)
        party = _party(text, speaker, speaker.actors[0])
        source = ClaimSource(text=party.text, id=party.id, kind="official", span=party.span)
        return Claim(status=status, sources=(source,))


def _folded(listed: str) -> frozenset[str]:
    return frozenset(fold(word).text for word in words(listed))


def _words_before(text: str, mention: Mention) -> list[str]:
    return _WORD.findall(fold(text[max(0, mention.start - 16) : mention.start]).text)


def _words_after(text: str, mention: Mention) -> list[str]:
    return _WORD.findall(fold(text[mention.end : mention.end + 20]).text)


def _party(text: str, mention: Mention, name: str) -> Party:
    return Party(id=name, text=text[mention.start : mention.end], span=(mention.start, mention.end))


def _placed(event: CodedEvent, *, title: bool, time: EventTime | None) -> CodedEvent:
    return msgspec.structs.replace(event, field="title" if title else "text", time=time)


_ALIASES: Final = {"ku": "kmr", "kur": "kmr", "fas": "fa", "per": "fa", "ara": "ar", "tur": "tr", "sdh": "ckb"}


def guess_language(text: str, declared: str | None, known: frozenset[str]) -> str | None:
    """Return the code of a core language that a text is in, None for everything else.

    A declared language is believed, except that plain "Kurdish" in Arabic letters is Sorani; without one the letters
    decide: those that only Sorani, Persian, Turkish or Kurmanji use, else Arabic script is Arabic.
    """
    sample = text[:2000]
    arabic = len(re.findall("[\u0600-\u06ff]", sample)) * 3 > len(sample)
    if declared:
        code = declared.split("-")[0].lower()
        code = "ckb" if code in {"ku", "kur"} and arabic else _ALIASES.get(code, code)
        return code if code in known else None
    guessed = _by_arabic_letters(sample) if arabic else _by_latin_letters(sample)
    return guessed if guessed in known else None


def _by_arabic_letters(sample: str) -> str:
    """A single foreign name must not decide: one letter in a hundred is asked for (one in fifty of Sorani's)."""
    if len(re.findall("[ڕڵێۆە]", sample)) * 50 > len(sample):
        return "ckb"
    return "fa" if len(re.findall("[پچژگی]", sample)) * 100 > len(sample) else "ar"


def _by_latin_letters(sample: str) -> str | None:
    if len(re.findall("[ğıİ]", sample)) * 60 > len(sample):
        return "tr"
    kurmanji = len(re.findall("[êîûÊÎÛ]", sample))
    if kurmanji * 40 > len(sample):
        return "kmr"
    return "tr" if not kurmanji and len(re.findall("[ğışİ]", sample)) * 60 > len(sample) else None
