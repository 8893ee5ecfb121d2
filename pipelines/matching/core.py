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
_OWNED: Final = 2
"""Characters between a noun and whose it is ("the withdrawal of the peshmerga")."""
_SUFFIX: Final = re.compile(r"['’](\w{1,6})")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ADDRESSING: Final = frozenset({"ACCUSE", "REJECT", "REQUEST", "THREATEN"})
"""Types done to a party in words: a capital or a region there stands for its government."""
_UNARMED: Final = frozenset({"ASSAULT", "SEIZE", "RETREAT"})
"""Types whose doers are no civilians; of DISPLACE they are nothing else."""


class _Verb(NamedTuple):
    """A verb found: its span, and the stretch of the sentence up to the verbs before and after it."""

    hit: Hit
    here: tuple[int, int]
    stretch: tuple[int, int]


class _Roles(NamedTuple):
    actors: list[Party]
    recipients: list[Party]
    places: list[Party]
    beside: list[Party]
    """Places that only say where another one lies."""


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
        self._ezafe = not core.verb_first and bool(core.prepositions)
        """The subject opens the clause: what stands right before the verb may belong to a noun there."""
        self._heads = tuple(_folded(core.object_endings))
        self._addressees = _folded(core.addressees)
        self._clauses = tuple(_folded(core.clause_endings))
        self._subjects = _folded(core.subject_endings)
        self._bearings = _folded(core.bearings)
        self._agents = _folded(core.agents)
        self._future = _folded(core.future)
        self._hypothetical = _folded(core.hypothetical)
        self._linked = _folded(core.linked)
        self._here = _folded(core.here)
        self._boundaries = _folded(core.boundaries)
        self._names = _place_names(code, vocabulary)

    def code(
        self,
        text: str,
        span: tuple[int, int],
        mentions: list[Mention],
        *,
        title: bool,
        time: EventTime | None,
        last: str | None = None,
    ) -> list[CodedEvent]:
        """Code one sentence; at most one event of a type, realis and polarity. `last` is the place named before it."""
        found: dict[tuple[str, str, bool], CodedEvent] = {}
        tokens = tokens_of(text, span)
        past = self._is_past(text[slice(*span)], time)
        for verb in self._verbs(tokens, span, mentions):
            event = self._event(verb, text, span, mentions, tokens, last)
            if event is not None:
                event = msgspec.structs.replace(event, realis="historical") if past else event
                found.setdefault((event.type, event.realis, event.negated), _placed(event, title=title, time=time))
        return self._denied(list(found.values()))

    def _denied(self, events: list[CodedEvent]) -> list[CodedEvent]:
        """What stands next to a denial, on the side of its content, is denied by whoever denies."""
        order = sorted(events, key=lambda event: event.trigger.span)
        for at, event in enumerate(order):
            content = at + 1 if self.verb_first else at - 1
            if (event.type, event.mode, event.negated) == ("STATEMENT", "deny", False) and 0 <= content < len(order):
                sources = tuple(
                    ClaimSource(text=party.text, id=party.id, kind="official", span=party.span)
                    for party in event.actors
                )
                order[content] = msgspec.structs.replace(order[content], claim=Claim(status="denied", sources=sources))
        return order

    def town(self, mentions: list[Mention]) -> str | None:
        """Return the place that "the city" means after these names: their last that stands for no government."""
        named = (m.places[0] for m in reversed(mentions) if m.places and self._metonym(m) is None)
        return next(named, None)

    def _is_past(self, sentence: str, time: EventTime | None) -> bool:
        """Tell whether a sentence names a year before the one of its time."""
        years = [int(year) for year in _YEAR.findall(fold(sentence).text)]
        if not years or time is None or time.start is None:
            return False
        return max(years) < int(time.start[:4])

    def _verbs(self, tokens: list[Token], span: tuple[int, int], mentions: list[Mention]) -> list[_Verb]:
        """Find the verbs that are no part of a name, and the stretch of each."""
        names = [m for m in mentions if m.actors[:1] != ("residents",)]
        hits = [(hit, (tokens[hit.first].start, tokens[hit.last].end)) for hit in self._stems.find(tokens)]
        free = [(hit, here) for hit, here in hits if not any(m.start < here[1] and here[0] < m.end for m in names)]
        marks = [token.end for token in tokens if token.text in self._boundaries]
        verbs = []
        for at, (hit, here) in enumerate(free):
            last = free[at - 1][1][1] if at else span[0]
            start = max([last, *(mark for mark in marks if mark <= here[0])])
            end = free[at + 1][1][0] if at + 1 < len(free) else span[1]
            verbs.append(_Verb(hit, here, (start, end)))
        return verbs

    def _event(
        self,
        verb: _Verb,
        text: str,
        span: tuple[int, int],
        mentions: list[Mention],
        tokens: list[Token],
        last: str | None,
    ) -> CodedEvent | None:
        group = verb.hit.rule.group
        actors, recipients, places = self._roles(verb, text, mentions, tokens, last)
        if not (actors or places or (recipients and group.frame == "passive")):
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
        following = set() if self.verb_first else {token.text for token in tokens[hit.last + 1 : hit.last + 2]}
        return "future" if hit.future or self._future & (near | following) else "actual"

    def _roles(
        self, verb: _Verb, text: str, mentions: list[Mention], tokens: list[Token], last: str | None
    ) -> tuple[list[Party], list[Party], list[Party]]:
        """Fill the roles from the verb's own stretch; who and where may be carried over from the rest."""
        own = [m for m in mentions if verb.stretch[0] <= m.start and m.end <= verb.stretch[1]]
        rest = [m for m in mentions if m not in own]
        group = verb.hit.rule.group
        roles = self._shares(group, text, verb.here, own)
        others = self._shares(group, text, verb.here, rest)
        taken = {party.id for party in (*roles.recipients, *roles.places)}
        carried = [] if group.frame == "passive" else [party for party in others.actors if party.id not in taken]
        actors = roles.actors or carried[:1]
        places = roles.places or self._meant(verb, text, tokens, last) or others.places or roles.beside
        return actors, roles.recipients, places or self._implied(text, actors) or others.beside

    def _meant(self, verb: _Verb, text: str, tokens: list[Token], last: str | None) -> list[Party]:
        """Resolve "the city" in the verb's stretch to the place named last."""
        if last is None:
            return []
        inside = (one for one in tokens if verb.stretch[0] <= one.start and one.end <= verb.stretch[1])
        word = next((one for one in inside if one.text in self._here), None)
        return [Party(id=last, text=text[word.start : word.end], span=(word.start, word.end))] if word else []

    def _shares(self, group: Group, text: str, here: tuple[int, int], mentions: list[Mention]) -> _Roles:
        roles = _Roles([], [], [], [])
        agents = [mention for mention in mentions if self._is_agent(text, mention)]
        passive = group.frame == "passive" or bool(agents)
        verb = fold(text[slice(*here)]).text
        both = self._is_symmetric(group)
        for mention in sorted(mentions, key=lambda m: self._distance(text, m, here)):
            marked = self._is_marked(text, mention, inside=any(ending in verb for ending in self._clauses))
            metonym = self._metonym(mention)
            doing = bool(metonym) and not marked and (both or not roles.actors)
            addressed = group.type in _ADDRESSING and metonym is not None and self._is_addressed(text, mention)
            if mention.places and not (doing or addressed or mention in agents):
                places = roles.beside if self._is_bearing(text, mention) else roles.places
                places.append(_party(text, mention, mention.places[0]))
                continue
            actor = mention.actors[0] if mention.actors else metonym
            if actor is None or any(actor == one.id for one in (*roles.actors, *roles.recipients)):
                continue
            party = _party(text, mention, actor)
            marked = marked or addressed
            no_subject = bool(roles.actors) or marked or passive or self._trails(mention, here)
            if mention in agents or both or not no_subject:
                if mention in agents or self._can_do(group, actor):
                    roles.actors.append(party)
            elif passive or marked or (mention.start >= here[1]) == self.verb_first:
                roles.recipients.append(party)
        return roles

    def _implied(self, text: str, actors: list[Party]) -> list[Party]:
        """Read the place off the actor's own name ("the police of Kirkuk")."""
        for party in actors:
            for word in _WORD.finditer(text, *party.span):
                name = self._names.get(fold(word.group()).text)
                if name is not None:
                    return [Party(id=name, text=word.group(), span=word.span())]
        return []

    def _is_symmetric(self, group: Group) -> bool:
        kind = self._vocabulary.types[group.type]
        mode = kind.details.get(group.mode or "")
        return kind.symmetric or (mode is not None and mode.symmetric)

    def _can_do(self, group: Group, actor: str) -> bool:
        """Tell whether a party is of a kind that does such things: civilians flee, they don't seize towns."""
        known = self._vocabulary.actors.get(actor)
        civil = known is not None and known.kind == "civil"
        return civil if group.type == "DISPLACE" else not (civil and group.type in _UNARMED)

    def _qualifies(self, text: str, mention: Mention) -> bool:
        """Tell whether the word behind a name bears an object's ending, so that the name only qualifies it."""
        after = _words_after(text, mention)[:1]
        return (
            bool(self._heads and after)
            and text[mention.end : mention.end + 1] == " "
            and after[0].endswith(self._heads)
        )

    def _distance(self, text: str, mention: Mention, here: tuple[int, int]) -> tuple[int, int]:
        """Order mentions by how likely they are the subject: right before the verb, then on its subject side."""
        ahead = mention.start >= here[1]
        if self._ezafe and not ahead:
            return 1, mention.start
        if not ahead and self._qualifies(text, mention):
            return 3, here[0] - mention.end
        if not ahead and here[0] - mention.end <= _NEAR:
            return 0, here[0] - mention.end
        return (1 if ahead == self.verb_first else 2), abs(mention.start - here[0])

    def _metonym(self, mention: Mention) -> str | None:
        place = self._vocabulary.places.get(mention.places[0]) if mention.places else None
        return place.metonym if place is not None else None

    def _is_marked(self, text: str, mention: Mention, *, inside: bool) -> bool:
        """Tell whether a preposition before the name, or an ending after it, makes it no subject.

        The subject of a clause inside another has an ending of its own (Turkish: the genitive).
        """
        before = _words_before(text, mention)
        if before and before[-1] in self._before:
            return True
        ending = _SUFFIX.match(text, mention.end)
        if ending is not None and not self._linked.isdisjoint(_words_after(text, mention)[1:2]):
            return False
        marks = self._endings - self._subjects if inside else self._endings
        return ending is not None and fold(ending.group(1)).text in marks

    def _trails(self, mention: Mention, here: tuple[int, int]) -> bool:
        """Tell whether a name stands behind a verb that comes last, and not as the owner of its noun."""
        return not self.verb_first and mention.start - here[1] > _OWNED

    def _is_addressed(self, text: str, mention: Mention) -> bool:
        ending = _SUFFIX.match(text, mention.end)
        beside = {*_words_before(text, mention)[-1:], *([fold(ending.group(1)).text] if ending else [])}
        return not self._addressees.isdisjoint(beside)

    def _is_agent(self, text: str, mention: Mention) -> bool:
        if self.verb_first or self._ezafe:
            before = _words_before(text, mention)
            return any(" ".join(before[-count:]) in self._agents for count in (1, 2))
        return not self._agents.isdisjoint(_words_after(text, mention)[:1])

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


def _place_names(code: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Return the one-word names of towns of the theatre in one language."""
    towns = (place for place in vocabulary.places.values() if place.theatre and not place.metonym)
    return {fold(name).text: place.id for place in towns for name in place.aliases.get(code, ()) if " " not in name}


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
    if kurmanji > 1 and kurmanji * 40 > len(sample):
        return "kmr"
    return "tr" if not kurmanji and len(re.findall("[ğışİ]", sample)) * 60 > len(sample) else None
