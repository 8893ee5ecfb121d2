"""What stands beside a token."""

from typing import Final

from pipelines.matching.dates import MONTHS
from pipelines.matching.tokens import Sentence

NOMINAL: Final = frozenset({"NOUN", "NAME", "PRON", "NUM"})
DAYS_PARTS: Final = frozenset({"day", "morning", "afternoon", "evening", "night", "week", "weekend", "month", "year"})
OBJECT_PARTS: Final = frozenset({"DET", "ADJ", "NOUN", "NUM", "PRP$"})
_SKIP: Final = frozenset({"ADV", "NEG"})
_PLURALS: Final = frozenset({"people", "police", "militia", "peshmerga", "men", "women", "children", "forces", "media"})


def previous(tags: list[str], at: int) -> int:
    """Return the index of the token before `at` that is no adverb, -1 at the beginning."""
    at -= 1
    while at >= 0 and tags[at] in _SKIP:
        at -= 1
    return max(at, -1)


def following(tags: list[str], at: int) -> str:
    """Return the tag of the token after `at` that is no adverb, END at the end."""
    at += 1
    while at < len(tags) and tags[at] in _SKIP:
        at += 1
    return tags[at] if at < len(tags) else "END"


def kind_of_that(tags: list[str], lows: list[str], at: int) -> str:
    """Tell the determiner ("that base"), the relative ("the base that fell") and the subordinator ("said that")."""
    before, after = previous(tags, at), following(tags, at)
    if at + 1 < len(lows) and lows[at + 1] in DAYS_PARTS:
        return "DET"
    if before >= 0 and tags[before] == "PREP" and after not in {"PRON", "DET", "NAME", "PRP$"}:
        return "PRON" if after in {"PREP", "PUNCT", "COMMA", "END", "CONJ"} else "DET"
    if before < 0 or tags[before] in {"PREP", "CONJ", "COMMA"}:
        return "DET" if after in {"NOUN", "ADJ"} else "SUB"
    if tags[before] == "QUOTE" and after in {"BE", "MODAL", "HAVE"}:
        return "PRON"
    if tags[before] in NOMINAL and after in {"V?", "MODAL", "BE", "HAVE", "DO"}:
        return "WH"
    return "SUB"


def is_date(low: str) -> bool:
    """Tell whether a word is the name of a day or month."""
    return low.endswith("day") or low in MONTHS


def is_clitic_verb(sentence: Sentence, at: int) -> bool:
    """Tell "it's" and "there's" from a possessor."""
    return at > 0 and sentence.lows[at - 1] in {"it", "he", "she", "there", "that", "what", "who", "here"}


def is_object(sentence: Sentence, at: int, cues: frozenset[str]) -> bool:
    """Tell whether the noun phrase that ends at `at` follows a verb in its plain form ("halt all oil exports")."""
    while at > 0 and sentence.tags[at] in OBJECT_PARTS:
        at -= 1
    return sentence.tags[at] == "VB" and sentence.lemmas[at] not in cues


def is_let(sentence: Sentence, at: int) -> bool:
    """Tell whether the noun phrase that ends at `at` is the object of "let" ("let no lorries pass")."""
    while at > 0 and sentence.tags[at] in OBJECT_PARTS | {"NAME", "PRON"}:
        at -= 1
    return sentence.lemmas[at] == "let"


def is_plural(low: str) -> bool:
    """Tell a noun in the plural by its ending, or by name."""
    return (low.endswith("s") and not low.endswith(("ss", "gas", "news"))) or low in _PLURALS


def are_two(sentence: Sentence, at: int) -> bool:
    """Tell whether the noun that ends at `at` is the second of two subjects ("Gorran and a smaller party")."""
    tags = sentence.tags
    while at > 0 and tags[at] in OBJECT_PARTS | {"NAME"}:
        at -= 1
    if at < 1 or tags[at] != "CONJ" or sentence.lows[at] != "and" or tags[at - 1] not in {"NAME", "NOUN"}:
        return False
    at -= 1
    while at > 0 and tags[at] in OBJECT_PARTS | {"NAME"}:
        at -= 1
    return at == 0 or tags[at] in {"SUB", "QUOTE", "BREAK", "COMMA"}


def pairs_gerund(sentence: Sentence, at: int) -> bool:
    """Tell the first of two participles with one object (", killing and abducting thousands") from a noun."""
    lows, tags = sentence.lows, sentence.tags
    second = lows[at + 2 : at + 3]
    goes_on = bool(second) and second[0].endswith("ing") and tags[at + 1] == "CONJ" and tags[at + 2] == "V?"
    return goes_on and tags[at + 3 : at + 4] in (["NOUN"], ["NUM"], ["DET"], ["PRP$"], ["NAME"], ["ADJ"], ["PRON"])
