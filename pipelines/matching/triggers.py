"""Which words of a sentence carry events: verbs by their patterns, nouns by their arguments, fixed phrases."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from pipelines.matching.conditions import PARTICLE_REACH, Conditions, computed, flag_holds, particle_at
from pipelines.matching.idioms import Wording, clause_of, find_wordings
from pipelines.matching.lexicon import Patterns, Rule
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence
from schemas.lexicon_patterns import ANY_VERB

_STRONG_PREPS: Final = frozenset(
    {"between", "of", "by", "from", "on", "against", "in", "near", "at", "with", "outside"}
)


class Found(msgspec.Struct, frozen=True):
    """A trigger: tokens, its rule, its clause, and the phrases that fill each slot."""

    start: int
    end: int
    rule: Rule
    clause: Clause
    slots: dict[str, list[Phrase]]
    nominal: bool = False


class Triggers:
    """Finds triggers in parsed sentences."""

    def __init__(self, patterns: Patterns, parties: Parties) -> None:
        self.patterns = patterns
        self.parties = parties
        self.conditions = Conditions(parties)

    def find(
        self, sentence: Sentence, clauses: list[Clause], credited: Callable[[Clause], bool] = lambda _: False
    ) -> list[Found]:
        """Return triggers in the order of the sentence; at most one of a type for each word. `credited` tells whether
        somebody is said to say a clause.
        """
        self.conditions.begin(credited)
        wordings = find_wordings(sentence, self.patterns, self.parties)
        idioms = self._wordings(clauses, wordings)
        verbal = [hit for clause in clauses for hit in self._verbal(sentence, clause)]
        refused = {hit.start for hit in verbal if not _SPEECH_ACTS.isdisjoint(hit.rule.pattern.flags)}
        found = [hit for hit in idioms if _holds_verb(hit) and refused.isdisjoint(range(hit.start, hit.end))]
        void = _tokens(one for one in wordings if one.rule is None)
        covered = _covered(found) | void
        said = _said(found)
        found += [
            hit
            for hit in verbal
            if hit.start not in covered
            and (hit.clause.index, hit.rule.group.type) not in said
            and not (void and void & self._object_heads([hit]))
        ]
        found += self._nouns(sentence, clauses, found, [hit for hit in idioms if not _holds_verb(hit)], covered)
        found.sort(key=lambda hit: (hit.start, hit.rule.id))
        return found

    def _nouns(
        self, sentence: Sentence, clauses: list[Clause], found: list[Found], idioms: list[Found], covered: set[int]
    ) -> list[Found]:
        """Return what nouns tell, where no verb has told it already: idioms, fixed phrases, single nouns."""
        used, said = self._object_heads(found), _said(found)
        fresh = [
            hit
            for hit in idioms
            if (hit.clause.index, hit.rule.group.type) not in said and used.isdisjoint(range(hit.start, hit.end))
        ]
        taken = {hit.start for hit in found} | covered | _tokens(fresh)
        fresh += [
            hit
            for hit in self._phrases(sentence, clauses)
            if hit.start not in taken and not ((hit.clause.index, hit.rule.group.type) in said and _in_argument(hit))
        ]
        taken |= _tokens(hit for hit in fresh if hit.nominal)
        used, said = self._object_heads(found + fresh), _said(found + fresh)
        fresh += [
            hit
            for hit in self._nominal(sentence, clauses, used)
            if hit.start not in taken and not (is_argument(hit) and (hit.clause.index, hit.rule.group.type) in said)
        ]
        return fresh

    def _wordings(self, clauses: list[Clause], wordings: list[Wording]) -> list[Found]:
        """Return the idioms, whose roles stand around their verb, or around the noun that they hold."""
        if not wordings:
            return []
        phrases = [(clause, phrase) for clause in clauses for phrase in clause_phrases(clause)]
        found = []
        for wording in wordings:
            rule, clause = wording.rule, clause_of(wording, clauses, phrases)
            if rule is None or clause is None or not self.conditions.flags_hold(clause, rule.pattern.flags):
                continue
            inside = [phrase for _, phrase in phrases if wording.start <= phrase.head < wording.end]
            if not any(_only_called(clause, phrase) for phrase in inside):
                slots = self._slots_around(wording, rule, clause, inside)
                found.append(Found(wording.start, wording.end, rule, clause, slots))
        return found

    def _slots_around(
        self, wording: Wording, rule: Rule, clause: Clause, inside: list[Phrase]
    ) -> dict[str, list[Phrase]]:
        verb = clause.verb
        if verb is not None and wording.start <= verb.head < wording.end:
            return clause_slots(clause)
        arguments = (phrase for phrase in inside if phrase in clause.subjects or phrase in clause.objects)
        noun = next(arguments, inside[-1] if inside else None)
        slots = noun_slots(rule, noun, clause, self.patterns) if noun is not None else {"subj": [], "obj": []}
        slots["subj"] = slots["subj"] or [phrase for phrase in clause.doers() if phrase not in inside]
        return slots

    @staticmethod
    def _object_heads(found: list[Found]) -> frozenset[int]:
        """Return the noun tokens that a verb pattern has used already ("launched an attack")."""
        return frozenset(
            phrase.head
            for hit in found
            if hit.rule.pattern.constraints and hit.rule.group.type != "STATEMENT"
            for constraint in hit.rule.pattern.constraints
            if not constraint.absent
            for phrase in hit.slots.get(constraint.slot, ())
        )

    def _verbal(self, sentence: Sentence, clause: Clause) -> Iterator[Found]:
        verb = clause.verb
        if verb is None:
            return
        rules = self.patterns.verbs.get(verb.lemma)
        moody = bool(verb.modal) or verb.form == "VB" or flag_holds(clause, "neg")
        if not (rules or moody) or sentence.lows[max(0, verb.start - 2) : verb.start] == _YET_TO:
            return
        slots = clause_slots(clause)
        filled = [name for name, phrases in slots.items() if phrases]
        particles = [low for _, low in clause.particles]
        first = self.conditions.first
        fitting = self._fitting(verb.lemma, clause, filled, particles) if rules else []
        rule = first(sentence, clause, fitting, slots)
        if rule is None and rules and verb.passive and not slots["subj"]:
            fitting = self._fitting(verb.lemma, clause, [*filled, "subj"], particles)
            rule = first(sentence, clause, fitting, slots, unsaid=True)
        if moody and (rule is None or _SPEECH_ACTS.isdisjoint(rule.pattern.flags)):
            general = self._fitting(ANY_VERB, clause, filled, particles)
            said = first(sentence, clause, general, slots)
            rule = said if said is not None and (rule is None or said.group.content == "folded") else rule
        if rule is not None:
            yield Found(verb.head, self._trigger_end(clause, rule), rule, clause, slots)

    def _fitting(self, lemma: str, clause: Clause, filled: list[str], particles: list[str]) -> list[Rule]:
        asked = self.patterns.asked.get(lemma, ())
        flags = frozenset([flag for flag in asked if flag_holds(clause, flag)])
        return self.patterns.applicable(lemma, filled, flags, particles)

    def _trigger_end(self, clause: Clause, rule: Rule) -> int:
        verb = clause.verb
        assert verb is not None
        end = verb.head + 1
        if rule.pattern.particles:
            at = particle_at(clause, rule.pattern.particles)
            end = at + 1 if at <= verb.end + 1 else end
        for constraint in rule.pattern.constraints:
            if constraint.slot == "obj" and not constraint.absent and not computed(constraint):
                for phrase in clause.objects[:1]:
                    end = phrase.head + 1 if end <= phrase.head <= end + PARTICLE_REACH else end
        return end

    def _phrases(self, sentence: Sentence, clauses: list[Clause]) -> Iterator[Found]:
        table = self.patterns.phrases
        if not table:
            return
        for at, low in enumerate(sentence.lows):
            for tokens, rule in table.get(low, ()):
                if tuple(sentence.lows[at : at + len(tokens)]) == tokens:
                    phrase = self._holding(clauses, at)
                    if phrase is None:
                        continue
                    clause, noun = phrase
                    yield Found(
                        at,
                        at + len(tokens),
                        rule,
                        clause,
                        noun_slots(rule, noun, clause, self.patterns),
                        True,
                    )
                    break

    @staticmethod
    def _holding(clauses: list[Clause], at: int) -> tuple[Clause, Phrase] | None:
        for clause in clauses:
            for phrase in clause_phrases(clause):
                if phrase.start <= at < phrase.end:
                    return clause, phrase
        return None

    def _nominal(self, sentence: Sentence, clauses: list[Clause], used: frozenset[int]) -> Iterator[Found]:
        nouns = self.patterns.nouns
        seen: set[int] = set()
        for clause in clauses:
            for phrase in clause_phrases(clause):
                head = phrase.head
                if head in used or head in seen or sentence.tags[head] not in {"NOUN", "VBG"}:
                    continue
                seen.add(head)
                rules = nouns.get(sentence.lemmas[head]) or nouns.get(sentence.lows[head])
                if rules and not self._is_blocked(sentence, phrase):
                    found = self._noun(sentence, clause, phrase, rules[0])
                    if found is not None:
                        yield found

    def _is_blocked(self, sentence: Sentence, phrase: Phrase) -> bool:
        return any(
            " ".join(sentence.lows[at : at + 2]) in self.patterns.blocked or sentence.lows[at] in self.patterns.blocked
            for at in range(phrase.start, phrase.end)
        )

    def _noun(self, sentence: Sentence, clause: Clause, phrase: Phrase, rule: Rule) -> Found | None:
        if _only_called(clause, phrase):
            return None
        slots = noun_slots(rule, phrase, clause, self.patterns)
        if sentence.lemmas[phrase.head] in _CONTESTS:
            return (
                Found(phrase.head, phrase.head + 1, rule, clause, slots, True)
                if self._over_place(sentence, phrase)
                else None
            )
        strong = self._eventive(phrase, clause)
        argued = sentence.lemmas[phrase.head] in self.patterns.bare or self._has_party(sentence, phrase)
        if not strong and not argued:
            return None
        return Found(phrase.head, phrase.head + 1, rule, clause, slots, True)

    def _over_place(self, sentence: Sentence, phrase: Phrase) -> bool:
        """Tell the fight for a town from the fight against corruption."""
        return any(prep in {"for", "over"} and self.parties.place_ids(sentence, inner) for prep, inner in phrase.preps)

    def _eventive(self, phrase: Phrase, clause: Clause) -> bool:
        """Tell whether the clause says that it happens: "clashes broke out", "launched an attack", "there were"."""
        verb = clause.verb
        if verb is None:
            return False
        if verb.lemma in self.patterns.occur and phrase in clause.subjects:
            return verb.lemma != "be" or any(low in _ONGOING for _, low in clause.particles) or self._ongoing(clause)
        if verb.lemma == "be" and phrase in clause.objects:
            return not clause.subjects or clause.subjects[0].end - clause.subjects[0].start == 1
        return (verb.lemma in self.patterns.light or verb.lemma in _ATTESTING) and phrase in clause.undergoers()

    @staticmethod
    def _ongoing(clause: Clause) -> bool:
        return bool(clause.objects) and clause.verb is not None and clause.objects[0].end - clause.verb.end <= 2

    def _has_party(self, sentence: Sentence, phrase: Phrase) -> bool:
        inside = any(
            sentence.mentions[at] is not None or sentence.lows[at] in self.parties.adjectives
            for at in range(phrase.start, phrase.end)
        )
        if inside:
            return True
        return any(prep in _STRONG_PREPS and self.parties.known(sentence, inner) for prep, inner in phrase.preps)


_SPEECH_ACTS: Final = frozenset({"neg", "future", "must", "may", "bid"})
"""Flags of patterns for what is said about a deed and not for the deed: "will not lift", "will close"."""
_YET_TO: Final = ["yet", "to"]
"""What tells that it has not happened, and may never."""
_CONTESTS: Final = frozenset({"fight", "battle"})
"""Nouns that are an event only where they are over a place."""
_ATTESTING: Final = frozenset({"confirm", "witness", "mourn", "cover", "film"})
"""Verbs whose object has happened, by somebody else's hand."""
_ONGOING: Final = frozenset({"underway", "ongoing", "under"})


def _only_called(clause: Clause, phrase: Phrase) -> bool:
    """Tell whether a noun only says what something is called or seen as ("what he called an attack on us")."""
    verb = clause.verb
    if verb is None:
        return False
    if phrase.prep == "as":
        return verb.lemma in NAMING
    named = phrase in clause.objects and verb.lemma in NAMING
    return named and (verb.lemma != "call" or clause.kind == "rel" or phrase is not clause.objects[0] or verb.passive)


NAMING: Final = frozenset(
    ["call", "describe", "label", "brand", "deem", "consider", "regard", "see", "term", "portray", "denounce"]
)


def _holds_verb(hit: Found) -> bool:
    """Tell whether an idiom holds the verb of its clause."""
    verb = hit.clause.verb
    return verb is not None and hit.start <= verb.head < hit.end


def _tokens(hits: Iterable[Found | Wording]) -> set[int]:
    return {token for hit in hits for token in range(hit.start, hit.end)}


def _covered(hits: Iterable[Found]) -> set[int]:
    """Return what idioms leave no other event; what is confirmed or denied is one beside the statement."""
    return {token for hit in hits for token in range(hit.start, hit.end - (hit.rule.group.type == "STATEMENT"))}


def _said(hits: Iterable[Found]) -> set[tuple[int, str]]:
    """Return which clauses have told events of which types."""
    return {(hit.clause.index, hit.rule.group.type) for hit in hits}


def _in_argument(hit: Found) -> bool:
    """Tell whether a fixed phrase stands inside a subject or object: its verb has told the event."""
    arguments = (*hit.clause.subjects, *hit.clause.objects)
    return any(phrase.start <= hit.start < phrase.end and not phrase.late for phrase in arguments)


def is_argument(hit: Found) -> bool:
    """Tell whether an event noun is subject or object of its clause and has its mood."""
    return any(phrase.head == hit.start for phrase in (*hit.clause.subjects, *hit.clause.objects))


def clause_phrases(clause: Clause) -> list[Phrase]:
    """Return the noun phrases of a parsed clause, with what hangs on them, once each."""
    if clause.phrases is not None:
        return clause.phrases
    seen: set[int] = set()
    found: list[Phrase] = []
    stack = [*clause.subjects, *clause.objects, *(phrase for _, phrase in clause.preps)]
    stack.reverse()
    while stack:
        phrase = stack.pop()
        if phrase.start in seen:
            continue
        seen.add(phrase.start)
        found.append(phrase)
        if phrase.preps:
            stack.extend([inner for _, inner in reversed(phrase.preps)])
        stack.extend(phrase.apposed)
    clause.phrases = found
    return found


def clause_slots(clause: Clause) -> dict[str, list[Phrase]]:
    """Name the phrases around a verb: subj and obj as doer and undergoer, prepositions by their own names."""
    slots: dict[str, list[Phrase]] = {
        "subj": clause.doers(),
        "obj": clause.undergoers(),
    }
    for prep, phrase in (*clause.shares_preps(), *clause.preps):
        slots.setdefault(prep, []).append(phrase)
    for prep, phrases in slots.items():
        # "Forces loyal to X handed it to Y": what only describes the subject gives way to the verb's own.
        if len(phrases) > 1 and any(phrase.early for phrase in phrases):
            slots[prep] = [phrase for phrase in phrases if not phrase.early] or phrases
    for phrase in slots["obj"]:
        for prep, inner in phrase.preps:
            if inner not in slots.setdefault(prep, []):
                slots[prep].append(inner)
    for phrase in clause.subjects:
        for prep, inner in phrase.preps:
            slots.setdefault(prep, [inner])
    owners = [owner for phrase in slots["obj"] if (owner := phrase.possessor) is not None]
    if owners:
        slots["owner"] = owners
    return slots


def noun_slots(rule: Rule, phrase: Phrase, clause: Clause, patterns: Patterns) -> dict[str, list[Phrase]]:
    """Name the phrases around an event noun: possessor or light verb's subject as subj, "of" as its frame says."""
    slots: dict[str, list[Phrase]] = {"subj": [], "obj": []}
    for prep, inner in phrase.preps:
        slots.setdefault(prep, []).append(inner)
    verb = clause.verb
    if verb is not None and "by" not in slots and phrase in clause.undergoers() and verb.lemma in patterns.light:
        slots["subj"] = list(clause.doers())
    if phrase in clause.subjects or phrase in clause.objects:
        for prep, inner in clause.preps:
            if inner not in slots.setdefault(prep, []):
                slots[prep].append(inner)
    if phrase.possessor is not None:
        slots["subj"] = [phrase.possessor]
    elif not slots["subj"] and phrase.end - phrase.start > 1:
        slots["own"] = [phrase]
    if "of" in slots and rule.slots.of in {"subj", "obj"}:
        slots.setdefault(rule.slots.of, []).extend(slots.pop("of"))
    return slots
