"""Nouns and verbs of saying that look alike: "a party channel claims", "leaders claim that", "..., claims a report"."""

from typing import Final

from pipelines.matching.grammar import Grammar
from pipelines.matching.neighbours import following, is_plural
from pipelines.matching.participles import LOOKAHEAD, VERBS
from pipelines.matching.tokens import Sentence

_ADDRESSED: Final = 10
"""Tokens up to the "to" that says what somebody is called on to do."""
_OPENS_CONTENT: Final = frozenset({"DET", "NAME", "PRON", "PRP$"})


def saying(sentence: Sentence, at: int, before: int, form: str, grammar: Grammar, *, noun: bool) -> str:
    """Decide beside or for a verb of saying: "a party channel claims" holds a noun, "leaders claim" a verb; else ""."""
    if form == "VB" and sentence.tags[before] in {"NOUN", "NAME", "ADJ", "DET"} and _cue_is_next(sentence, at, grammar):
        return "NOUN"
    if form == "VBZ" and (_calls_on(sentence, at, before) or (not noun and _one_says(sentence, at, before, grammar))):
        return form
    cue = noun and sentence.lemmas[at] in grammar.cues
    return form if cue and _reports(sentence, at, before, form, grammar) else ""


def _one_says(sentence: Sentence, at: int, before: int, grammar: Grammar) -> bool:
    """Tell "the mayor reckons" by its lone subject: a verb of saying that is no noun is always one there."""
    one = sentence.tags[before] in {"NOUN", "NAME"} and not is_plural(sentence.lows[before])
    return one and sentence.lemmas[at] in grammar.cues


def _calls_on(sentence: Sentence, at: int, before: int) -> bool:
    """Tell "the mission calls on all sides to stop" from the phone calls on a day."""
    if sentence.lows[at] != "calls" or sentence.lows[at + 1 : at + 2] not in (["on"], ["upon"]):
        return False
    one = sentence.tags[before] == "NAME" or (sentence.tags[before] == "NOUN" and not is_plural(sentence.lows[before]))
    return one and "TO" in sentence.tags[at + 2 : at + _ADDRESSED]


def _cue_is_next(sentence: Sentence, at: int, grammar: Grammar) -> bool:
    """Tell whether a finite verb of saying follows at once."""
    if sentence.tags[at + 1 : at + 2] != ["V?"] or sentence.lemmas[at + 1] not in grammar.cues:
        return False
    verb = grammar.verbs.get(sentence.lows[at + 1])
    return verb is not None and ("VBZ" in verb.forms or "VBD" in verb.forms)


def _reports(sentence: Sentence, at: int, before: int, form: str, grammar: Grammar) -> bool:
    """Tell "Kurdish leaders claim the army has burned" and "..., claims a report" from the nouns."""
    tags = sentence.tags
    after = following(tags, at)
    if tags[before] in {"COMMA", "QUOTE"}:
        return form == "VBZ" and after in {"DET", "NAME"} and any(tag in VERBS for tag in tags[:before])
    many = is_plural(sentence.lows[before])
    if after == "NUM" and many and form == "VB" and tags[before] in {"NOUN", "NAME"}:
        return True  # "sources claim three attacks"
    if (
        tags[before] not in {"NOUN", "NAME"}
        or many is not (form == "VB")
        or after not in _OPENS_CONTENT | {"SUB", "WH"}
    ):
        return False
    for ahead in range(at + 2, min(len(tags), at + LOOKAHEAD)):
        if tags[ahead] in {"BE", "HAVE", "MODAL", "VBD"}:
            return True
        if tags[ahead] == "V?":
            verb = grammar.verbs.get(sentence.lows[ahead])
            return verb is not None and "VBD" in verb.forms
        if tags[ahead] in {"COMMA", "PUNCT", "PREP"}:
            return False
    return False
