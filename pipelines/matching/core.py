"""Core events of languages that are coded without a grammar of their own: verb, names beside it, and their marks.

Arabic puts the verb first and marks places and objects with prepositions; Turkish puts it last and marks them with
endings; Persian and Kurdish put it last and use prepositions. That, longest stems and cues of saying are all that is
used; so the scores are low, and only the types whose verbs are plain are listed (lexicon/<language>.core.yaml).

tokens -> verbs (core_stems) -> cases of names (core_cases) -> who says so (core_claims) -> roles (core_roles) -> events
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from pipelines.matching.attribution import claim_of
from pipelines.matching.core_attach import Attachment
from pipelines.matching.core_cases import Argument, Cases, folded
from pipelines.matching.core_claims import Cue, Cues, Line, Memory
from pipelines.matching.core_demands import Demands
from pipelines.matching.core_numbers import Numbers
from pipelines.matching.core_roles import ADDRESSING, Roles, RoleTable
from pipelines.matching.core_stems import Hit, Stems, Token, tokens_of
from pipelines.matching.core_subjects import Subjects, Verb
from pipelines.matching.normalise import fold
from pipelines.matching.scanner import Mention
from schemas.lexicon import Core
from schemas.records import Claim, CodedEvent, EventTime, Party, Realis, Trigger
from schemas.vocabulary import Vocabulary

_DAMMA: Final = "\u064f"
"""The vowel that makes an Arabic verb of the past passive."""
_VOWELLED: Final = 4
"""Signs among which it stands."""
_BY_THEMSELVES: Final = frozenset({"VOTE", "OIL"})
"""Types whose wordings name what they are about ("turnout in the referendum")."""
_TOLD_IN_FULL: Final = frozenset({"ASSAULT", "PROTEST", "COERCE", "DISPLACE", "AGREE", "RETREAT"})
"""Types that a wording of several words tells without anybody known ("the two sides exchanged fire")."""
_SEIZING: Final = frozenset({"SANCTION", "COERCE"})
"""Types whose noun's owner is who suffers it ("the arrest of X")."""
_PARTICLES: Final = "وال|بال|ال|و|ب"
"""What may be written together with an Arabic word in front of it."""
_TITLED: Final = 2
"""Words of a title between an office's body and its holder."""
_LONGEST_TRIGGER: Final = 60
"""Characters of a wording with gaps that is shown whole."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_OWNED: Final = 2
"""Characters between a noun and whose it is ("the withdrawal of the peshmerga")."""
_TAIL: Final = 3
"""Words behind a verb that comes last among which a marked name still belongs to it."""
_PLACELESS: Final = ADDRESSING | {"STATEMENT", "SUPPORT", "AGREE", "CONCEDE"}


class CoreCoder:
    """One language's core verbs, compiled."""

    def __init__(self, code: str, core: Core, vocabulary: Vocabulary) -> None:
        self.verb_first = core.verb_first
        self._vocabulary = vocabulary
        self._stems = Stems(code, core)
        self._cases = Cases(core)
        self._cues = Cues(core, vocabulary)
        self._roles = RoleTable(vocabulary)
        self._subjects = Subjects(core, self._roles)
        self._numbers = Numbers(core)
        self._endings = bool(core.case_endings)
        self._negations = folded(core.negations)
        self._future = folded(core.future)
        self._hypothetical = folded(core.hypothetical)
        self._that = folded(core.complements)
        self._breaks = folded(core.breaks)
        self._demands = Demands(core)
        stems = "|".join(map(re.escape, sorted(folded(core.blocked))))
        self._blocked = re.compile(rf"\b(?:{_PARTICLES})?({stems})") if stems else None
        self._titles = folded(core.titles)
        self._bearings = folded(core.bearings)
        self._here = folded(core.here)
        embedded = re.compile(core.embedded) if core.embedded else None
        self._attach = Attachment(
            core.verb_first,
            self._endings,
            self._that,
            self._breaks | folded(core.conjunctions),
            frozenset() if core.verb_first else self._cases.particles,
            embedded,
        )
        self._names = _place_names(code, vocabulary)

    def code(
        self,
        text: str,
        span: tuple[int, int],
        mentions: list[Mention],
        *,
        title: bool,
        time: EventTime | None,
        memory: Memory | None = None,
    ) -> list[CodedEvent]:
        """Code one sentence; at most one event of a type, mode, realis and polarity. `memory` goes on to the next."""
        memory = Memory() if memory is None else memory
        tokens = tokens_of(text, span)
        hits = self._free_hits(tokens, mentions)
        carrying = {at for hit in hits for at in range(hit.first, hit.last + 1)}
        arguments = self._titleless(tokens, self._cases.arguments(text, tokens, mentions, carrying))
        line = Line(text, span, tokens, arguments, carrying, memory.speaker)
        cues = self._cues.find(line, memory)
        past = self._is_past(text[slice(*span)], time)
        found: dict[tuple[str, str | None, str, bool], CodedEvent] = {}
        for verb in self._verbs(line, hits):
            event = self._event(verb, line, cues, memory, list(found.values()))
            if event is not None:
                event = msgspec.structs.replace(event, realis="historical") if past else event
                event = msgspec.structs.replace(event, field="title" if title else "text", time=time)
                found.setdefault((event.type, event.mode, event.realis, event.negated), event)
        events = self._demands.link(line, list(found.values()))
        self._remember(events, arguments, memory)
        return events

    def _titleless(self, tokens: list[Token], arguments: list[Argument]) -> list[Argument]:
        """Leave out the body in a holder's title ("Peşmerge Komutanı X"); the holder is meant."""
        kept = list(arguments)
        for one, other in pairwise(arguments):
            between = [token.text for token in tokens[one.last + 1 : other.first]]
            titled = 0 < len(between) <= _TITLED and self._titles.issuperset(between)
            member = not between and one.case == "bare" and tokens[one.first - 1].text in self._cases.particles
            if other.mention.actors and (member if self.verb_first else titled):
                kept.remove(one)
        return kept

    def is_off_topic(self, *fields: str) -> bool:
        """Tell an article on another subject, by two words that belong to that one."""
        if self._blocked is None:
            return False
        return len(set(self._blocked.findall(fold(" ".join(fields)).text))) > 1

    def town(self, mentions: list[Mention]) -> str | None:
        """Return the place that "the city" means after these names: their last that stands for no government."""
        places = self._vocabulary.places
        named = (m.places[0] for m in reversed(mentions) if m.places and places[m.places[0]].metonym is None)
        return next(named, None)

    def _remember(self, events: list[CodedEvent], arguments: list[Argument], memory: Memory) -> None:
        places = (party.id for event in events for party in event.places if party.id)
        told = next((name for name in places if self._vocabulary.places[name].metonym is None), None)
        memory.town = told or self.town([one.mention for one in arguments]) or memory.town
        acting = [party.id for event in events for party in event.actors if party.id]
        memory.actor = acting[0] if acting else memory.actor

    def _is_past(self, sentence: str, time: EventTime | None) -> bool:
        """Tell whether a sentence names a year before the one of its time."""
        years = [int(year) for year in _YEAR.findall(fold(sentence).text)]
        if not years or time is None or time.start is None:
            return False
        return max(years) < int(time.start[:4])

    def _free_hits(self, tokens: list[Token], mentions: list[Mention]) -> list[Hit]:
        """Find the verbs that are no part of a name."""
        names = [m for m in mentions if m.actors[:1] != ("residents",)]
        spans = [(hit, tokens[hit.first].start, tokens[hit.last].end) for hit in self._stems.find(tokens)]
        return [hit for hit, start, end in spans if not any(m.start < end and start < m.end for m in names)]

    def _verbs(self, line: Line, hits: list[Hit]) -> list[Verb]:
        owned = self._attach.owners(line.text, line.tokens, hits, line.arguments)
        return [
            Verb(
                hit,
                (line.tokens[hit.first].start, line.tokens[hit.last].end),
                own,
                line.tokens[hit.first].text.startswith("و"),
            )
            for hit, own in zip(hits, owned, strict=True)
        ]

    def _event(
        self, verb: Verb, line: Line, cues: list[Cue], memory: Memory, earlier: list[CodedEvent]
    ) -> CodedEvent | None:
        group = verb.hit.rule.group
        covering = self._covering(verb, cues)
        roles = self._filled(verb, line, covering, memory, earlier)
        if group.type in ADDRESSING | {"STATEMENT"}:
            covering = [cue for cue in covering if not any(party.span == cue.speaker for party in roles.actors)]
        if (group.type, group.mode) == ("DISPLACE", "return") and not roles.actors:
            return None
        known = (
            roles.actors or roles.places or (roles.recipients and (group.frame == "passive" or group.type in _SEIZING))
        )
        whole = verb.hit.final > verb.hit.begin and group.type in _TOLD_IN_FULL
        if not (known or whole) and (group.type not in _BY_THEMSELVES or group.mode == "parliament"):
            return None
        return CodedEvent(
            type=group.type,
            mode=group.mode,
            actors=tuple(roles.actors),
            recipients=tuple(roles.recipients),
            places=tuple(roles.places),
            magnitude=self._numbers.find(line, verb.hit),
            realis=self._realis(verb.hit, line.tokens),
            negated=verb.hit.negated or self._is_negated(verb.hit, line.tokens),
            claim=claim_of([cue.credit for cue in covering]) if covering else Claim(),
            trigger=self._trigger(verb, line),
            sentence=line.span,
            score=round(0.5 + 0.1 * bool(roles.actors) + 0.05 * bool(roles.places), 3),
            rules=(verb.hit.rule.id,),
        )

    def _trigger(self, verb: Verb, line: Line) -> Trigger:
        """Show the whole wording where it is short and the language puts the verb at its end."""
        start, end = line.tokens[verb.hit.begin].start, verb.here[1]
        span = verb.here if self.verb_first or end - start > _LONGEST_TRIGGER else (start, end)
        return Trigger(text=line.text[slice(*span)], span=span)

    def _covering(self, verb: Verb, cues: list[Cue]) -> list[Cue]:
        """Return the cues whose content holds the verb. What is denied is no denial by itself."""
        return [cue for cue in cues if cue.start <= verb.here[0] and verb.here[1] <= cue.end]

    def _is_negated(self, hit: Hit, tokens: list[Token]) -> bool:
        near = {token.text for token in tokens[max(0, hit.first - 2) : hit.first]}
        if not self.verb_first:
            near.update(token.text for token in tokens[hit.last + 1 : hit.last + 2])
        return bool(self._negations & near)

    def _realis(self, hit: Hit, tokens: list[Token]) -> Realis:
        """Read fear, condition and future off the words before the verb (behind it too where the verb comes last)."""
        near = {token.text for token in tokens[max(0, hit.first - 3) : hit.first]}
        after = set() if self.verb_first else {token.text for token in tokens[hit.last + 1 : hit.last + 3]}
        if self._hypothetical & (near | after):
            return "hypothetical"
        following = set() if self.verb_first else {token.text for token in tokens[hit.last + 1 : hit.last + 2]}
        return "future" if hit.future or self._future & (near | following) else "actual"

    def _filled(self, verb: Verb, line: Line, covering: list[Cue], memory: Memory, earlier: list[CodedEvent]) -> Roles:
        """Fill the roles from the verb's own names; who and where may be carried over from the rest."""
        group = verb.hit.rule.group
        speaking = [cue.speaker for cue in covering]
        own = [one for one in verb.own if not _inside(one, speaking) and not self._is_flag(verb, one)]
        own = [self._owned(verb, one) for one in own]
        subject = self._subjects.known(verb, line, covering, memory, earlier)
        roles = self._assigned(verb, line, own, subject)
        if self._refers(verb, line, own):
            return Roles([], [], [], [])
        others = [one for one in line.arguments if one not in verb.own and not _inside(one, speaking)]
        rest = self._assigned(verb, line, others)
        if len(roles.actors) == 1 and self._roles.is_symmetric(group):
            roles.actors.extend(self._subjects.other_side(verb, roles, rest, earlier))
        if not roles.actors and not self._is_passive(verb, line.text):
            roles.actors.extend(self._subjects.carried(verb, line, covering, (roles, rest), earlier))
        if not roles.places and group.type not in _PLACELESS:
            roles.places.extend(
                self._meant(line, memory)
                or [place for place in rest.places if self._vocabulary.places[place.id or ""].metonym is None]
                or self._implied(line.text, roles.actors)
                or roles.beside
                or rest.beside
            )
        return roles

    def _owned(self, verb: Verb, one: Argument) -> Argument:
        """Read "an attack of (li-) X" as X's attack, and a capital behind a verb that comes last as where it leads."""
        if verb.hit.rule.group.type == "REQUEST" and self.verb_first and one.case == "to":
            return one._replace(case="content")
        if not self.verb_first and not self._endings and one.first > verb.hit.last and one.case == "bare":
            if verb.hit.rule.group.type in _SEIZING and one.first == verb.hit.last + 1:
                return one._replace(case="acc")
            return one if one.mention.actors else one._replace(case="to")
        of = self.verb_first and one.case == "for" and one.first == verb.hit.last + 1
        return one._replace(case="gen") if of else one

    def _is_flag(self, verb: Verb, one: Argument) -> bool:
        """Tell whose flag it is that somebody raises or lowers."""
        hit = verb.hit
        behind = hit.final if self.verb_first else hit.begin
        return hit.rule.group.mode == "flag" and one.first == behind + 1

    def _refers(self, verb: Verb, line: Line, own: list[Argument]) -> bool:
        """Tell a noun with the article and without names of its own: it points back to an event told before."""
        return self.verb_first and not own and line.tokens[verb.hit.first].text.startswith("ال")

    def _assigned(self, verb: Verb, line: Line, arguments: list[Argument], subject: Sequence[Party] = ()) -> Roles:
        before = {one.first: line.tokens[one.first - 1].text for one in arguments if one.first}
        after = {one.first: line.tokens[one.last + 1].text for one in arguments if one.last + 1 < len(line.tokens)}
        qualified = after if self._endings else before
        titled = {
            first for first, word in qualified.items() if word in self._titles or word.lstrip("وبل") in self._titles
        }
        bearing = {first for first, word in qualified.items() if word in self._bearings}
        named = [one for one in arguments if one.first not in titled or one.mention.actors]
        order = sorted(named, key=lambda one: self._distance(verb.hit, line, one))
        return self._roles.assign(
            verb.hit.rule.group, line.text, order, bearing, passive=self._is_passive(verb, line.text), subject=subject
        )

    def _is_passive(self, verb: Verb, text: str) -> bool:
        """Tell a passive by its wording, or by the vowel that Arabic writes on its first letters."""
        word = text[slice(*verb.here)].lstrip("وف")
        marked = self.verb_first and _DAMMA in word[:_VOWELLED] and not word.startswith(("ي", "ت", "ن"))
        return verb.hit.rule.group.frame == "passive" or marked

    def _distance(self, hit: Hit, line: Line, one: Argument) -> tuple[int, int]:
        """Order names by how likely they are the subject: on its side of the verb, then as they stand."""
        ahead = one.first >= hit.last
        if self.verb_first:
            opening = not ahead and one.case == "bare" and hit.first - one.last <= _TAIL
            return (0 if opening else 1 if ahead else 2), one.first
        trailing = ahead and line.tokens[one.first].start - line.tokens[hit.last].end <= _OWNED
        return (1 if not ahead else 0 if trailing and one.case == "bare" and not self._endings else 2), one.first

    def _meant(self, line: Line, memory: Memory) -> list[Party]:
        """Resolve "the city" to the place named last."""
        if memory.town is None:
            return []
        word = next((one for one in line.tokens if one.text in self._here), None)
        if word is None:
            return []
        return [Party(id=memory.town, text=line.text[word.start : word.end], span=(word.start, word.end))]

    def _implied(self, text: str, actors: list[Party]) -> list[Party]:
        """Read the place off the actor's own name ("the police of Kirkuk")."""
        for party in actors:
            for word in _WORD.finditer(text, *(party.span)):
                name = self._names.get(fold(word.group()).text)
                if name is not None:
                    return [Party(id=name, text=word.group(), span=word.span())]
        return []


def _inside(one: Argument, stretches: list[tuple[int, int]]) -> bool:
    return any(start <= one.mention.start and one.mention.end <= end for start, end in stretches)


def _place_names(code: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Return the one-word names of towns of the theatre in one language."""
    towns = (place for place in vocabulary.places.values() if place.theatre and not place.metonym)
    return {fold(name).text: place.id for place in towns for name in place.aliases.get(code, ()) if " " not in name}
