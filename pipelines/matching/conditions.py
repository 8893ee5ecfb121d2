"""Whether the conditions of a verb pattern hold in a clause: particles, voice and mood, and what fills the slots."""

from collections.abc import Callable, Iterable
from typing import Final

from pipelines.matching.lexicon import Rule
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence
from schemas.lexicon_patterns import Constraint

PARTICLE_REACH: Final = 6
_ACTORS: Final = frozenset({"@actor", "@party", "@place", "@person"})
_MODALS: Final = {
    "future": frozenset({"will", "'ll", "wo", "shall", "would", "'d"}),
    "may": frozenset({"could", "may", "might", "can"}),
    "must": frozenset({"must", "should"}),
}
"""What makes a promise or threat, a hint, a demand of a verb."""
_CONDITIONS: Final = {
    "if": frozenset({"if", "unless", "once", "as soon as", "until"}),
    "unless": frozenset({"unless"}),
}
"""What opens the clause that says on which condition."""
_MEASURES: Final = frozenset(
    ["number", "ten", "thousand", "hundred", "dozen", "score", "million", "group", "lot", "majority", "part", "handful",
     "series",
     "member", "rest", "half", "most", "bulk",
     "third", "quarter", "fifth", "worth",
     "stretch", "section", "portion", "string", "wave", "spate", "round", "batch", "pair", "couple", "remainder"]
)  # fmt: skip
"""Nouns that only count what "of" behind them names."""

_UNFINISHED: Final = frozenset({"inf", "ger"})
"""Clauses whose verb says what for or when and not that it is done: "sat down to discuss", "after speaking to"."""

IN_ORDER: Final = "in order to"
"""The mark of an infinitive that says what for, and not what is asked or offered."""
OWN: Final = frozenset({"it", "they", "we", "he", "she", "its", "their", "our", "his", "none"})
"""How a party begins that belongs to whoever speaks ("its men", "we", "none of our fighters")."""
_BIDDING: Final = 2
"""Tokens that may stand before an imperative: a quotation mark, "please", "so"."""
_STATES: Final = frozenset(
    ["be", "have", "know", "see", "want", "need", "think", "believe", "hear", "understand", "feel", "remember", "say",
     "comment", "sleep", "eat", "expect", "like", "hope", "fear", "wish", "mean", "care", "mind", "live", "belong",
     "seem", "doubt", "trust", "sit", "wait", "sound", "own", "do", "get", "come", "go", "receive"]
)  # fmt: skip
"""Verbs of being, having and knowing: "we do not know" denies nothing."""
_POLAR: Final = frozenset({"neg", "must", "bid"})
"""Flags of patterns that ask for "not", or don't mind it."""

Slots = dict[str, list[Phrase]]


def flag_holds(clause: Clause, flag: str) -> bool:
    """Tell whether a clause with a verb has a voice, a mood or a kind of complement (`FLAGS` of the lexicon)."""
    verb = clause.verb
    assert verb is not None
    if flag == "passive":
        return verb.passive
    if flag == "active":
        return not verb.passive
    if flag == "noobj":
        return not clause.objects
    if flag in {"oneobj", "twoobj"}:
        return (len(clause.undergoers()) > 1) == (flag == "twoobj")
    if flag == "bid":
        begins = not (clause.subjects or verb.modal or any(one.start < verb.start for _, one in clause.preps))
        return verb.form == "VB" and verb.finite and clause.kind == "main" and begins and verb.start <= _BIDDING
    if flag == "deed":
        done = verb.did or verb.perfect or verb.form == "VBD"
        return done and not (verb.modal or verb.passive or verb.lemma in _STATES)
    if flag == "finite":
        return clause.kind not in _UNFINISHED
    if flag == "neg":
        return verb.negated or any(phrase.negated for phrase in (*clause.doers()[:1], *clause.undergoers()[:1]))
    if flag in _MODALS:
        return verb.modal in _MODALS[flag] and not (flag == "must" and verb.perfect)
    return _hangs(clause, flag)


def flags_hold(clause: Clause, flags: frozenset[str]) -> bool:
    """Tell whether a clause with a verb has all flags but `said`, which asks for more than the clause."""
    return all(flag == "said" or flag_holds(clause, flag) for flag in flags)


def _hangs(clause: Clause, flag: str) -> bool:
    """Tell whether an infinitive, a that-clause, a gerund, a condition hangs on a clause, or an object."""
    children = clause.children
    if flag in _CONDITIONS:
        deeper = (one for child in children if child.kind == "inf" for one in child.children)
        return any(child.mark in _CONDITIONS[flag] for child in (*children, *deeper))
    if flag == "inf":
        return any(child.kind == "inf" and child.mark != IN_ORDER for child in children)
    if flag == "done":
        done = (one for child in children if child.kind == "reduced" for one in child.subjects)
        return any(one in clause.objects or one.holder in clause.objects for one in done)
    if flag == "that":
        return any(child.kind == "comp" for child in children)
    if flag == "ger":
        return any(child.kind == "ger" or (child.kind == "part" and not child.adjoined) for child in children)
    return bool(clause.objects)


def particle_at(clause: Clause, particles: frozenset[str]) -> int:
    """Return the token of the particle right after the verb or after a short object, else -1."""
    verb = clause.verb
    assert verb is not None
    for at, low in clause.particles:
        if low in particles and verb.end <= at <= verb.end + PARTICLE_REACH:
            return at
    return -1


def computed(constraint: Constraint) -> bool:
    """Tell whether a condition names a class that the matcher computes, and not words."""
    return any(word.startswith("@") for word in constraint.allowed)


class Conditions:
    """Asks the patterns of one sentence after the other. What a phrase is, is found out once a sentence."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self._known: dict[tuple[int, int], bool] = {}
        self._forces: dict[int, bool] = {}
        self._heads: dict[int, tuple[str, ...]] = {}
        self._called: dict[tuple[int, str], set[str]] = {}
        self._credited: Callable[[Clause], bool] = lambda _: False

    def begin(self, credited: Callable[[Clause], bool]) -> None:
        """Forget the phrases of the last sentence. `credited` tells whether somebody is said to say a clause."""
        self._credited = credited
        self._known.clear()
        self._forces.clear()
        self._heads.clear()
        self._called.clear()

    def first(
        self, sentence: Sentence, clause: Clause, rules: Iterable[Rule], slots: Slots, *, unsaid: bool = False
    ) -> Rule | None:
        """Return the first rule whose conditions hold. Most fall at a look at the words of one slot."""
        for rule in rules:
            key = rule.key
            if key is not None and not (unsaid and key[0] == "subj"):
                words = self._called.get((clause.index, key[0]))
                if words is None:
                    words = self._words(sentence, clause, slots.get(key[0], ()))
                    self._called[clause.index, key[0]] = words
                if key[1].isdisjoint(words):
                    continue
            if self.hold(sentence, clause, rule, slots, unsaid=unsaid):
                return rule
        return None

    def hold(self, sentence: Sentence, clause: Clause, rule: Rule, slots: Slots, *, unsaid: bool = False) -> bool:
        """Tell whether all conditions hold. `unsaid`: a passive leaves the doer out ("the base was taken"); what it
        was done to must be told all the more. Else the flags hold already (`Patterns.applicable`).
        """
        pattern = rule.pattern
        if pattern.particles and particle_at(clause, pattern.particles) < 0:
            return False
        constraints = pattern.constraints
        if unsaid:
            constraints = tuple(one for one in constraints if one.slot != "subj" or one.absent)
            if not any(one.slot == "obj" and not one.absent and "@any" not in one.allowed for one in constraints):
                return False
            if not flags_hold(clause, pattern.flags):
                return False
        for constraint in constraints:
            if not self._holds(sentence, clause, constraint, slots):
                return False
        return "said" not in pattern.flags or self._said(clause, pattern.flags)

    def flags_hold(self, clause: Clause, flags: frozenset[str]) -> bool:
        """Tell whether what an idiom asks of its clause holds."""
        if clause.verb is not None and not flags_hold(clause, flags):
            return False
        return "said" not in flags or self._credited(clause)

    def _said(self, clause: Clause, flags: frozenset[str]) -> bool:
        """Tell whether somebody says it of a deed: not that it was none ("never interferes"), nor to describe something
        ("the town that they don't run").
        """
        denied = clause.verb is not None and flags.isdisjoint(_POLAR) and flag_holds(clause, "neg")
        aside = clause.mark == "as if" or clause.kind in {"rel", "reduced"}
        return not denied and not aside and self._credited(clause)

    def _holds(self, sentence: Sentence, clause: Clause, constraint: Constraint, slots: Slots) -> bool:
        slot, allowed = constraint.slot, constraint.allowed
        if slot == "that":
            hit = any(child.kind == "comp" and _says(sentence, child, allowed) for child in clause.children)
        elif slot in {"inf", "ger"}:
            hit = any(
                child.kind == slot and child.verb is not None and (child.verb.lemma in allowed or "@any" in allowed)
                for child in clause.children
            )
        elif slot == "obj2":
            hit = any(self._is(sentence, phrase, allowed) for phrase in slots["obj"][-2:])
            hit = hit or any(low in allowed for _, low in clause.particles) or _called(sentence, slots["obj"], allowed)
        else:
            hit = False
            for phrase in slots.get(slot, ()):
                if _counts(clause, phrase) and self._is(sentence, phrase, allowed):
                    hit = True
                    break
        return hit != constraint.absent

    def _words(self, sentence: Sentence, clause: Clause, phrases: Iterable[Phrase]) -> set[str]:
        """Return all words that a pattern without computed classes may call one of the phrases of a slot by."""
        found: set[str] = set()
        for phrase in phrases:
            if _counts(clause, phrase):
                self._call(sentence, phrase, found)
        return found

    def _call(self, sentence: Sentence, phrase: Phrase, found: set[str]) -> None:
        head = phrase.head
        found.update(self._wordings(sentence, phrase))
        mention = sentence.mentions[head]
        if mention is not None:
            found.update(self._parties.words_of(mention))
        if sentence.tags[head] == "NUM" or sentence.lemmas[head] in _MEASURES:
            for prep, inner in phrase.preps:
                if prep == "of":
                    self._call(sentence, inner, found)

    def _is(self, sentence: Sentence, phrase: Phrase, allowed: frozenset[str]) -> bool:
        key = (id(phrase), id(allowed))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._find_out(sentence, phrase, allowed)
        return known

    def _find_out(self, sentence: Sentence, phrase: Phrase, allowed: frozenset[str]) -> bool:
        """Tell whether a phrase's head, or what a measure word counts ("thousands of people"), is of the class."""
        head = phrase.head
        if not allowed.isdisjoint(self._wordings(sentence, phrase)):
            return True
        if "@num" in allowed and any(sentence.tags[at] == "NUM" for at in range(phrase.start, phrase.end)):
            return True
        if "@own" in allowed and sentence.lows[phrase.start] in OWN:
            return True
        if not allowed.isdisjoint(_ACTORS) and self._parties.is_class(sentence, phrase, allowed):
            return True
        if "troop" in allowed and self._is_force(sentence, phrase):
            return True
        mention = sentence.mentions[head]
        if mention is not None and not allowed.isdisjoint(self._parties.words_of(mention)):
            return True
        return (sentence.tags[head] == "NUM" or sentence.lemmas[head] in _MEASURES) and any(
            prep == "of" and self._is(sentence, inner, allowed) for prep, inner in phrase.preps
        )

    def _wordings(self, sentence: Sentence, phrase: Phrase) -> tuple[str, ...]:
        """Return what a pattern may call a phrase by: head, its lemma, the two last words, a name's last word."""
        known = self._heads.get(id(phrase))
        if known is None:
            head = phrase.head
            low = sentence.lows[head]
            pair = f"{sentence.lows[head - 1]} {low}" if head > phrase.start else low
            known = self._heads[id(phrase)] = (sentence.lemmas[head], low, pair, low.rpartition(" ")[2], "@any")
        return known

    def _is_force(self, sentence: Sentence, phrase: Phrase) -> bool:
        known = self._forces.get(id(phrase))
        if known is None:
            known = self._forces[id(phrase)] = self._parties.force_like(sentence, phrase)
        return known


def _counts(clause: Clause, phrase: Phrase) -> bool:
    """Tell a phrase of the verb's own from one that only describes the subject."""
    return phrase.prep is None or phrase.holder is None or phrase.holder not in clause.subjects


def _called(sentence: Sentence, objects: list[Phrase], allowed: frozenset[str]) -> bool:
    """Tell whether a word behind an object's noun says what it is called: "called the poll divisive"."""
    phrases = (inner for phrase in objects for inner in (phrase, *(one for _, one in phrase.preps)))
    behind = (at for phrase in phrases for at in range(phrase.head + 1, phrase.end))
    return any(sentence.lows[at] in allowed for at in behind)


def _says(sentence: Sentence, clause: Clause, allowed: frozenset[str]) -> bool:
    """Tell whether a that-clause has one of the words as verb or predicate."""
    heads = {sentence.lemmas[phrase.head] for phrase in clause.objects}
    verb = clause.verb
    return bool(heads & allowed) or (verb is not None and (verb.lemma in allowed or verb.modal in allowed))
