"""Noun phrases, verb groups and clauses: what the parser builds and everybody after it reads."""

from collections.abc import Iterable
from typing import Final

from pipelines.matching.participles import VERBS
from pipelines.matching.tokens import Sentence

_INSIDE: Final = frozenset({"DET", "ADJ", "NOUN", "NAME", "NUM", "PRP$"})
_OPENERS: Final = frozenset(
    {"the", "a", "an", "this", "these", "those", "all", "any", "no", "every", "each", "both", "some", "several"}
)
"""Determiners that begin another phrase ("gave the army | a deadline"); "few" and "many" may stand inside one."""
_OPENS_TIME: Final = frozenset({"last", "this", "next", "early", "late"})
_NOBODY: Final = frozenset({"no", "neither", "none", "nobody", "nothing"})
_CLOCK: Final = 5
"""Characters of a time that opens an entry of a live blog ("13.37")."""
_AUXILIARY: Final = frozenset({"BE", "HAVE", "DO", "MODAL"})


class Phrase:
    """A noun phrase: tokens [start, end), its head, possessor, what hangs on it, what it is apposed to."""

    __slots__ = (
        "apposed", "coordinated", "early", "end", "head", "holder", "late", "negated", "possessor", "prep", "preps",
        "start", "strong",
    )  # fmt: skip

    def __init__(self, start: int, end: int, head: int) -> None:
        self.start = start
        self.end = end
        self.head = head
        self.possessor: Phrase | None = None
        self.preps: list[tuple[str, Phrase]] = []
        self.apposed: list[Phrase] = []
        self.holder: Phrase | None = None
        self.prep: str | None = None
        self.coordinated = False
        self.late = ""
        self.early = False
        self.negated = False
        self.strong = False


class VerbGroup:
    """A verb with its auxiliaries: tokens [start, end), main verb at `head`."""

    __slots__ = (
        "did", "end", "finite", "form", "head", "lemma", "modal", "negated", "passive", "perfect", "start", "to",
    )  # fmt: skip

    def __init__(self, start: int) -> None:
        self.start = self.end = self.head = start
        self.lemma = ""
        self.form = ""
        self.finite = False
        self.passive = False
        self.perfect = self.did = False
        self.negated = False
        self.modal = ""
        self.to = False


class Clause:
    """One predicate. kind: main, coord, comp (content of the parent), sub, rel, inf, part, ger, reduced, aside.

    `preps` are (preposition, phrase) pairs; `gapped`: the subject is the antecedent of a relative clause.
    """

    __slots__ = (
        "adjoined", "antecedent", "children", "followed", "gapped", "index", "inverted", "kind", "leader",
        "mark", "objects", "parent", "particles", "phrases", "preps", "shares", "subjects", "verb",
    )  # fmt: skip

    def __init__(self, index: int, kind: str, parent: "Clause | None", mark: str) -> None:
        self.index = index
        self.kind = kind
        self.parent = parent
        self.mark = mark
        self.children: list[Clause] = []
        if parent is not None:
            parent.children.append(self)
        self.subjects: list[Phrase] = []
        self.objects: list[Phrase] = []
        self.preps: list[tuple[str, Phrase]] = []
        self.particles: list[tuple[int, str]] = []
        self.verb: VerbGroup | None = None
        self.antecedent: list[Phrase] = []
        self.gapped = False
        self.inverted = False
        self.adjoined = False
        self.shares: Clause | None = None
        self.leader: Clause | None = None
        self.followed: Clause | None = None
        self.phrases: list[Phrase] | None = None
        """All of them with what hangs on them, once somebody has asked for that."""

    def surface_subjects(self) -> list[Phrase]:
        """Return the grammatical subjects, those of a shared clause included."""
        return self.subjects

    def shares_preps(self) -> list[tuple[str, Phrase]]:
        """Return what stood before the verb of the clause whose subject is shared ("in Kirkuk, X came and saw")."""
        shared = self.shares
        if shared is None or shared.verb is None:
            return []
        return [(prep, phrase) for prep, phrase in shared.preps if phrase.end <= shared.verb.start and not phrase.early]

    def doers(self) -> list[Phrase]:
        """Return who does it: the subject, or the agent of a passive."""
        if self.verb is None or not self.verb.passive:
            return self.subjects
        agents = [phrase for prep, phrase in self.preps if prep == "by"]
        after = self.followed
        if agents or self.objects or after is None or after.verb is None or not after.verb.passive:
            return agents
        # "beaten and arrested by X": X did both.
        return [phrase for prep, phrase in after.preps if prep == "by"]

    def undergoers(self) -> list[Phrase]:
        """Return to whom it is done: the objects, or the subject of a passive."""
        if self.verb is not None and self.verb.passive:
            return self.subjects + self.objects
        if self.kind == "rel" and not self.gapped and not self.objects:
            return self.antecedent
        return self.objects


def take_apart(clauses: Iterable[Clause]) -> None:
    """Take clauses and phrases apart once nobody needs them: what holds each other waits for the garbage collector."""
    for clause in clauses:
        for phrase in clause.phrases or ():
            phrase.holder = None
        for _, phrase in clause.preps:
            phrase.holder = None
        clause.children.clear()
        clause.parent = clause.followed = clause.shares = clause.leader = None


def read_phrase(sentence: Sentence, at: int) -> Phrase:
    """Read the noun phrase that begins at token `at`: "the army's 5th Division" is one, with a possessor."""
    tags, start = sentence.tags, at
    possessor: Phrase | None = None
    while True:
        first, at = at, _phrase_end(sentence, at)
        phrase = Phrase(start, at, _head(sentence, first, at))
        phrase.possessor = possessor
        phrase.negated = sentence.lows[first] in _NOBODY or (first > 0 and sentence.lows[first - 1] == "neither")
        phrase.strong = sentence.mentions[first:at].count(None) < at - first
        if at + 1 < len(tags) and _possessive(sentence, at) and tags[at + 1] in _INSIDE | {"VBG"}:
            possessor = Phrase(start, at, phrase.head)
            possessor.possessor = phrase.possessor
            at += 1
            continue
        return phrase


_TIME_NOUNS: Final = frozenset(
    [
        "day",
        "week",
        "weekend",
        "month",
        "year",
        "night",
        "morning",
        "evening",
        "afternoon",
        "hour",
        "a.m.",
        "p.m.",
        "a.m",
        "p.m",
        "minute",
        "midnight",
        "noon",
        "dawn",
        "dusk",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "decade",
        "km",
        "kilometre",
        "kilometer",
        "mile",
    ]
)


def is_time(sentence: Sentence, phrase: Phrase) -> bool:
    """Tell whether a phrase without a preposition says when ("last weekend", "a few days", "the day")."""
    for at in range(phrase.end - 1, phrase.start - 1, -1):
        if sentence.tags[at] != "NUM":
            return sentence.lemmas[at] in _TIME_NOUNS and sentence.mentions[at] is None
    low = sentence.lows[phrase.start]
    if phrase.end - phrase.start > 1:
        return False
    clock = ":" in low or (phrase.start == 0 and "." in low[1:3] and len(low) <= _CLOCK)
    return (len(low) == 4 and _is_year(sentence, phrase.start)) or (clock and low[0].isdigit())


def _is_year(sentence: Sentence, at: int) -> bool:
    """Tell the year that follows a date and a comma ("on September 25, 2017, X voted")."""
    return sentence.lows[at][:2] in {"19", "20"} and at > 0 and sentence.tags[at - 1] == "COMMA"


def _head(sentence: Sentence, first: int, end: int) -> int:
    """Return the head of tokens [first, end): the last noun, so that "fighters loyal" is headed by its noun."""
    for at in range(end - 1, first - 1, -1):
        if sentence.tags[at] in {"NOUN", "NAME", "PRON"}:
            return at
    return end - 1


def _possessive(sentence: Sentence, at: int) -> bool:
    if sentence.tags[at] == "POSS":
        return True
    return sentence.lows[at] in {"'", "’"} and sentence.lows[at - 1].endswith("s") and at + 1 < len(sentence)


def _phrase_end(sentence: Sentence, at: int) -> int:
    tags = sentence.tags
    if tags[at] == "PRON":
        return at + 1
    end = at + 1
    while end < len(tags):
        tag = tags[end]
        opens = sentence.lows[end] in _OPENERS or (tag == "DET" and tags[end - 1] in {"NOUN", "NAME"})
        if (tag == "PRP$" or opens) and tags[end - 1] != "DET":
            break
        if tag == "PUNCT" and sentence.lows[end] == "%" and tags[end - 1] == "NUM":
            end += 1
            continue
        if (
            tag == "CONJ"
            and end + 2 < len(tags)
            and tags[end - 1] == tags[end + 1] == "ADJ"
            and tags[end + 2] in _INSIDE
        ):
            end += 2
            continue
        if tag == "QUOTE" and end + 1 < len(tags) and tags[end - 1] in {"DET", "ADJ"} and tags[end + 1] in _INSIDE:
            end += 2
            continue
        if (
            end in sentence.breaks
            or tag not in _INSIDE
            or (sentence.lows[end] in _OPENS_TIME and tags[end - 1] in {"NOUN", "NAME"})
        ):
            break
        end += 1
    return end


def read_verb(sentence: Sentence, at: int) -> VerbGroup:
    """Read auxiliaries, negation, adverbs and the main verb from token `at`."""
    tags, lows = sentence.tags, sentence.lows
    group, index = VerbGroup(at), at
    group.to = at > 0 and _after_to(sentence, at)
    be = False
    while index < len(tags) and (tags[index] in _AUXILIARY or tags[index] in {"NEG", "ADV"} or tags[index] in VERBS):
        tag = tags[index]
        if tag == "MODAL":
            group.modal = lows[index]
        elif tag == "NEG" or lows[index] == "never":
            group.negated = True
        elif tag == "HAVE":
            group.perfect = True
        elif tag == "DO":
            group.did = lows[index] == "did"
        elif tag == "BE":
            be = True
        if tag in _AUXILIARY:
            group.finite = group.finite or (not group.to and lows[index] not in {"be", "been", "being", "having"})
            group.head, group.form = index, tag
        elif tag in VERBS:
            group.head, group.form = index, tag
            break
        index += 1
    group.end = group.head + 1
    group.negated = group.negated or _no_before(sentence, at)
    _finish(sentence, group, be=be, bare=group.head == at)
    if group.lemma == "go" and _speaks_on(sentence, at, group.end):
        group.lemma, group.end = "go on", group.end + 1
    return group


def _speaks_on(sentence: Sentence, at: int, end: int) -> bool:
    """Tell "..., he went on." from the fighting that went on: somebody, and nothing behind it."""
    somebody = at > 0 and (sentence.lows[at - 1] in {"he", "she", "they"} or sentence.tags[at - 1] == "NAME")
    after = sentence.tags[end + 1 : end + 2]
    return somebody and sentence.lows[end : end + 1] == ["on"] and after in ([], ["COMMA"], ["PUNCT"], ["QUOTE"])


def _no_before(sentence: Sentence, at: int) -> bool:
    return at > 0 and (sentence.tags[at - 1] == "NEG" or sentence.lows[at - 1] in {"never", "without"})


def _after_to(sentence: Sentence, at: int) -> bool:
    at -= 1
    while at > 0 and sentence.tags[at] in {"ADV", "NEG"}:
        at -= 1
    return sentence.tags[at] == "TO"


def _finish(sentence: Sentence, group: VerbGroup, *, be: bool, bare: bool) -> None:
    """Set lemma, voice and finiteness."""
    form = group.form
    group.lemma = {"BE": "be", "HAVE": "have", "DO": "do"}.get(form) or sentence.lemmas[group.head]
    if form in {"VBD", "VBZ"} or (form == "VB" and not group.to):
        group.finite = True
    got = group.head > 0 and sentence.lemmas[group.head - 1] == "get" and form == "VBN"
    group.passive = form == "VBN" and (be or got)
    if form == "VBN" and bare:
        group.finite = False
    if form == "VB" and group.to:
        group.finite = False
