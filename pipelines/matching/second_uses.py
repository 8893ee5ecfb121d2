"""Words of short lists that have a second use: "the home of", "had since left", "to close", "on May 12"."""

from typing import Final

from pipelines.matching.grammar import Grammar
from pipelines.matching.neighbours import DAYS_PARTS, following, is_clitic_verb, is_date, kind_of_that, previous
from pipelines.matching.participles import VERBS
from pipelines.matching.tokens import Sentence

_OBJECT_PARTS: Final = frozenset({"DET", "ADJ", "NOUN", "NUM", "PRP$"})
_OPENS_THING: Final = frozenset({"DET", "PRP$", "PRON", "NAME"})
"""What follows "close" in "to close their border", and not in "to close allies"."""
_AFTER_THERE: Final = frozenset({"BE", "MODAL", "HAVE", "V?", "VBD"})
"""What follows the "there" that opens a clause; elsewhere it is a place."""
_BEFORE_IF: Final = frozenset({"COMMA", "CONJ", "BREAK", "NOUN", "NAME", "PRON"})
"""What stands before the "should" of "should they refuse"; a question has its "why" there."""
_OPEN_NOUN: Final = frozenset({"DET", "PRP$", "POSS"})
_OPENS_OBJECT: Final = frozenset({"DET", "PRP$", "NAME", "NOUN", "NUM", "PRON"})
_CLAIMS: Final = frozenset(
    ["account", "claim", "allegation", "charge", "accusation", "report", "version", "suggestion", "demand", "offer",
     "proposal", "request", "deadline", "figure", "number", "estimate", "rumour", "rumor", "interpretation", "decision"]
)  # fmt: skip
"""What "that" points to behind a verb of saying: "dismissed that account", while "said that" opens a clause."""
_REFLEXIVE: Final = frozenset({"himself", "herself", "itself", "themselves"})
_PARTICLES: Final = frozenset({"out", "up", "off", "away", "down", "back"})
_ENDS: Final = frozenset({"END", "COMMA", "PUNCT", "BREAK"})
_ROUGHLY: Final = frozenset({"about", "around", "over"})
_COUNTABLE: Final = frozenset({"NOUN", "NAME", "ADJ", "NUM", "PREP", "V?"})
_PARTS: Final = (["third"], ["quarter"], ["dozen"], ["hundred"], ["thousand"], ["million"], ["fifth"])
_TELLING: Final = frozenset({"talk", "speak", "think", "hear", "ask", "worry", "complain", "know", "fight", "quarrel"})
"""Verbs after which "about" or "over" tells what is at stake, whatever its number."""
_MEASURES: Final = frozenset(
    ["a.m.", "p.m.", "am", "pm", "o'clock", "hours", "minutes", "days", "weeks", "months", "years", "hour", "km",
     "kilometres", "kilometers", "miles", "metres", "meters", "yards"]
)  # fmt: skip
"""What makes a number a time or a way."""


def bridge_dates(sentence: Sentence, grammar: Grammar) -> None:
    """Take a date between a helping verb and its participle for an adverb ("was this morning held", "has on Monday
    entered").
    """
    tags, lows = sentence.tags, sentence.lows
    for at in range(len(tags) - 3):
        if tags[at] not in {"BE", "HAVE"} or tags[at + 3] != "V?":
            continue
        dated = lows[at + 1] == "on" and is_date(lows[at + 2])
        verb = grammar.verbs.get(lows[at + 3])
        if verb is not None and "VBN" in verb.forms and (dated or _part_of_day(lows[at + 1 : at + 3])):
            tags[at + 1] = tags[at + 2] = "ADV"


def _part_of_day(pair: list[str]) -> bool:
    return pair[0] in {"this", "last"} and pair[1] in DAYS_PARTS


def reconsider(sentence: Sentence, grammar: Grammar, at: int) -> None:
    """Decide for words of a short list that have a second use."""
    tags, low, current = sentence.tags, sentence.lows[at], sentence.tags[at]
    if current == "ADJ":
        _adjective(sentence, grammar, at)
    elif current in {"ADV", "PREP"}:
        _adverb(sentence, grammar, at)
    elif current == "POSS" and is_clitic_verb(sentence, at):
        tags[at] = "BE"
    elif current == "PRON" and _stands_apart(tags, low, at):
        tags[at] = "ADV"
    elif current == "MODAL" and low == "may" and _is_month(sentence, at):
        tags[at] = "NAME"
    elif current == "MODAL" and low == "should" and tags[at - 1] in _BEFORE_IF:
        if following(tags, at) in {"PRON", "NAME", "DET", "PRP$"}:
            tags[at], sentence.lemmas[at] = "SUB", "if"
    elif current == "WH" and low == "that":
        points = tags[at - 1] in VERBS and (
            sentence.lemmas[at - 1] not in grammar.cues or not _CLAIMS.isdisjoint(sentence.lows[at + 1 : at + 2])
        )
        tags[at] = "DET" if points and _ends_object(sentence, at) else kind_of_that(tags, sentence.lows, at)


def _adverb(sentence: Sentence, grammar: Grammar, at: int) -> None:
    """Decide what else a word that the lists call an adverb or a preposition can be here."""
    tags, low, current = sentence.tags, sentence.lows[at], sentence.tags[at]
    if current == "PREP":
        if low == "like" and tags[at - 1] == "MODAL":
            tags[at] = "VB"
        elif low == "opposite" and tags[at - 1] in {"ADJ", "PRP$", "POSS", "DET"}:
            tags[at] = "ADJ"
        elif low == "since" and tags[at - 1] == "HAVE" and following(tags, at) == "V?":
            tags[at] = "ADV"
        elif low == "per" and sentence.lows[at + 1 : at + 2] == ["cent"]:
            tags[at], sentence.lemmas[at + 1] = "NOUN", "percent"
        elif low in _ROUGHLY and _is_rough(sentence, at):
            tags[at] = "ADV"
    elif tags[at - 1] in _OPEN_NOUN and tags[at + 1 : at + 2] in (["ADJ"], ["NOUN"], ["V?"]):
        tags[at] = "ADJ"
    elif _is_home(sentence, grammar, at):
        tags[at], sentence.lemmas[at] = "NOUN", grammar.noun_lemma(low)


def _is_rough(sentence: Sentence, at: int) -> bool:
    """Tell "about 200 families" and "about half of them" from "talks about 20 villages" and "around 3 a.m."."""
    tags, lows = sentence.tags, sentence.lows
    if at and (tags[at - 1] in {"NOUN", "NAME", "PRON"} or sentence.lemmas[at - 1] in _TELLING):
        return False
    part = lows[at + 1 : at + 2] == ["half"] or (lows[at + 1 : at + 2] == ["a"] and lows[at + 2 : at + 3] in _PARTS)
    counted = tags[at + 1 : at + 2] == ["NUM"] and ":" not in lows[at + 1] and len(lows) > at + 2
    return part or (counted and lows[at + 2] not in _MEASURES and tags[at + 2] in _COUNTABLE)


def _stands_apart(tags: list[str], low: str, at: int) -> bool:
    """Tell the "himself" that is no object ("had themselves come", "X, himself a Kurd", "the minister himself said"),
    and the "there" that is a place.
    """
    before = tags[at - 1]
    if low not in _REFLEXIVE:
        return low == "there" and following(tags, at) not in _AFTER_THERE
    return before in {"HAVE", "BE", "MODAL", "COMMA"} or (before in {"NOUN", "NAME"} and following(tags, at) == "V?")


def _is_month(sentence: Sentence, at: int) -> bool:
    """Tell "on May 12" and "the May election" from "may": by its capital, in titles by a number beside it."""
    if sentence.text[sentence.starts[at]] != "M":
        return False
    return not sentence.title or "NUM" in {sentence.tags[at - 1], *sentence.tags[at + 1 : at + 2]}


def _ends_object(sentence: Sentence, at: int) -> bool:
    """Tell whether the nouns after "that" are an object and not the subject of a clause."""
    tags = sentence.tags
    ahead = at + 1
    while ahead < len(tags) and tags[ahead] in _OBJECT_PARTS:
        ahead += 1
    return ahead > at + 1 and (ahead == len(tags) or tags[ahead] in {"PREP", "TO", "COMMA", "PUNCT", "BREAK", "CONJ"})


def _is_home(sentence: Sentence, grammar: Grammar, at: int) -> bool:
    """Tell the noun ("the home of a leader", "an oil well") from the adverb ("went home", "fought well")."""
    before, after = sentence.tags[at - 1], following(sentence.tags, at)
    if sentence.lows[at] not in grammar.nouns or after in {"NOUN", "NAME", "ADJ", "DET"}:
        return False
    return before in {"DET", "PRP$", "POSS"} or (before in {"ADJ", "NOUN"} and sentence.lows[at] == "well")


def _adjective(sentence: Sentence, grammar: Grammar, at: int) -> None:
    """Decide what else a word that the lists call an adjective can be here."""
    tags, verb = sentence.tags, grammar.verbs.get(sentence.lows[at])
    if _is_noun_here(sentence, grammar, at):
        tags[at] = "NOUN"
    elif verb is not None and "VB" in verb.forms and _is_infinitive(sentence, at):
        tags[at], sentence.lemmas[at] = "VB", verb.lemma
    elif verb is not None and "VBG" in verb.forms and tags[previous(tags, at)] == "BE" and at + 1 < len(tags):
        if tags[at + 1] in _OPENS_OBJECT:
            tags[at], sentence.lemmas[at] = "VBG", verb.lemma  # "were still surrounding the building"
    elif verb is not None and sentence.lows[at - 1] == "being" and "VBN" in verb.forms:
        tags[at], sentence.lemmas[at] = "VBN", verb.lemma


def _is_infinitive(sentence: Sentence, at: int) -> bool:
    """Tell the verb ("to close their border", "told shops to close", "told them to clear out") from the adjective."""
    before, after = sentence.tags[at - 1], following(sentence.tags, at)
    if before in {"TO", "MODAL"} and after in _OPENS_THING:
        return True
    return before == "TO" and (after in _ENDS or not _PARTICLES.isdisjoint(sentence.lows[at + 1 : at + 2]))


def _is_noun_here(sentence: Sentence, grammar: Grammar, at: int) -> bool:
    """Tell the noun ("the wounded", "a Kurdish official flew") from the adjective ("official flights")."""
    before, after = sentence.tags[at - 1], following(sentence.tags, at)
    if after == "V?" and before in {"ADJ", "NAME", "NOUN"} and sentence.lows[at] in grammar.nouns:
        verb = grammar.verbs.get(sentence.lows[at + 1])
        return verb is not None and ("VBD" in verb.forms or ("VBZ" in verb.forms and not verb.weak))
    if before == "DET" and after == "V?":
        verb = grammar.verbs.get(sentence.lows[at + 1])
        return verb is not None and "VBD" in verb.forms and not verb.weak
    return before == "DET" and after in {"END", "COMMA", "PUNCT", "PREP", "BE", "MODAL"}
