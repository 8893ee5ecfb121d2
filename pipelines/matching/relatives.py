"""What relative clauses and participles describe: "leaders in X who", "several of whom", "A and B, which"."""

from typing import TYPE_CHECKING, Final

from pipelines.matching.phrases import Phrase, VerbGroup
from pipelines.matching.tokens import Sentence

if TYPE_CHECKING:
    from pipelines.matching.parse import Parser

_QUANTITIES: Final = frozenset({"DET", "NUM", "PRON"})
_CONTENTS: Final = frozenset(
    ["claim", "news", "fact", "report", "announcement", "condition", "hope", "fear", "warning", "suggestion", "rumour",
     "rumor", "evidence", "sign", "belief", "idea", "statement", "insistence", "demand", "order", "message", "view",
     "doubt", "allegation", "accusation", "charge", "pledge", "promise", "threat", "decision", "agreement", "chance",
     "possibility", "risk", "danger", "impression", "assurance", "reassurance", "call", "ruling", "understanding",
     "argument", "notion", "proof", "confirmation", "denial", "complaint", "concern", "guarantee", "indication", "word",
     "conclusion", "feeling", "suspicion", "worry", "expectation", "requirement", "request", "response", "reply", "vow",
     "day", "night", "time", "moment", "year", "week", "month", "way", "reason", "information", "intelligence"]
)  # fmt: skip
"""Nouns whose "that" tells what they are about, or when; behind others it is "which"."""
_NO_GAP: Final = frozenset({"DET", "NOUN", "NAME", "PRON", "PRP$", "NUM", "ADJ", "SUB", "WH", "QUOTE", "VBG"})
"""What follows a verb that has its object."""
_LASTING: Final = frozenset(
    {"control", "hold", "regard", "see", "consider", "run", "want", "claim", "need", "call", "rule", "govern", "occupy"}
)
"""Verbs that in the present only say which thing is meant ("the crossings that they control")."""
_LONGEST_GAP: Final = 14
_TWO_FORMS: Final = frozenset(
    ["held", "left", "sent", "shut", "cut", "set", "made", "said", "told", "lost", "met", "won", "led", "fled", "hit",
     "put", "fought", "brought", "sought", "shot", "kept", "built"]
)  # fmt: skip


def described_by(parser: "Parser", low: str) -> list[Phrase]:
    """Return what a relative word refers to: "who" is nobody's town ("leaders in Erbil who ...")."""
    last = parser.last
    if last is not None and last.holder is not None and low in {"who", "whom"}:
        named = parser.sentence.mentions[last.head]
        if named is not None and named.places and not named.actors:
            return [last.holder]
    described = group(parser, last)
    clause = parser.clause
    if parser.comma and clause.kind == "inf" and clause.parent is not None and low == "which":
        # "an offer to patrol the area, which X dismissed": the offer is meant as likely as the area.
        described = [*described, *clause.parent.objects[-1:]]
    return described


def counted(parser: "Parser") -> list[Phrase] | None:
    """Return of whom "several of whom" tells, and forget the "several"; None where it isn't a mere quantity."""
    last = parser.last
    if last is None or not _QUANTITIES.issuperset(parser.sentence.tags[last.start : last.end]):
        return None
    if last.holder is not None and last in last.holder.apposed:
        last.holder.apposed.remove(last)
        return [last.holder]
    if parser.slot and parser.slot[-1] is last and len(parser.slot) > 1:
        parser.slot.pop()
        return group(parser, parser.slot[-1])
    return None


def group(parser: "Parser", phrase: Phrase | None) -> list[Phrase]:
    """Return the phrase with those that it is coordinated with."""
    if phrase is None:
        return []
    if parser.slot and phrase in parser.slot[-3:]:
        return [*parser.slot] if phrase.coordinated else [phrase]
    if parser.sentence.lows[phrase.head] == "those":
        return [phrase]
    return [phrase.holder] if phrase.holder is not None and phrase.prep == "of" and not phrase.strong else [phrase]


def opens_relative(parser: "Parser", at: int) -> bool:
    """Tell "the town that the army had left" from "told the town that the army had left": the noun is no content, the
    verb above tells nobody anything, and the verb behind "that" waits for its object.
    """
    tags, clause, last = parser.sentence.tags, parser.clause, parser.last
    if last is None or last.end != at or tags[at - 1] != "NOUN" or parser.sentence.lemmas[at - 1] in _CONTENTS:
        return False
    above = clause.verb
    if above is None or above.lemma in parser.tables.cues | parser.tables.controls:
        return False
    if not {"so", "such"}.isdisjoint(parser.sentence.lows[above.end : at]):
        return False
    return _has_gap(parser.sentence, at + 1)


def _has_gap(sentence: Sentence, at: int) -> bool:
    """Tell whether the next clause has a subject of its own and an active verb without an object."""
    tags, verb = sentence.tags, at
    while verb < min(len(tags) - 1, at + _LONGEST_GAP) and tags[verb] not in {"VBD", "VBN", "VB", "VBZ"}:
        if tags[verb] in {"BE", "COMMA", "PUNCT", "BREAK", "SUB", "WH", "QUOTE", "NEG"}:
            return False
        verb += 1
    subject = verb > at and tags[at] in {"DET", "NAME", "PRON", "PRP$", "NOUN", "ADJ", "NUM"}
    after = tags[verb + 1] if verb + 1 < len(tags) else "END"
    if tags[verb] in {"VB", "VBZ"} and sentence.lemmas[verb] in _LASTING:
        return False
    return subject and tags[verb] in {"VBD", "VBN", "VB", "VBZ"} and after not in _NO_GAP


def goes_on_above(parser: "Parser", verb: VerbGroup) -> bool:
    """Tell ", and seized X" behind a relative clause: past tense like the verb above, and no second "had seized"."""
    clause, sentence = parser.clause, parser.sentence
    above = clause.parent.verb if clause.parent is not None else None
    if not (parser.conj and parser.comma and clause.kind == "rel" and clause.verb is not None and above is not None):
        return False
    low, after = sentence.lows[verb.head], sentence.tags[verb.end : verb.end + 1]
    past = low.endswith("ed") or low in _TWO_FORMS
    return past and above.form == "VBD" and verb.head == verb.start and bool(after) and after[0] in _NO_GAP
