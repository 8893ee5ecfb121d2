"""First guesses about single words, without a look at their neighbours."""

from pipelines.matching.grammar import BE, DO, HAVE, Grammar
from pipelines.matching.tokens import QUOTES


def mark(low: str) -> str:
    """Tag what is no word."""
    if low in QUOTES:
        return "QUOTE"
    if low in "$€£¥":
        return "DET"
    if low in "/*#&@+=<>|~^_\\":
        return "FIX"
    if low in ",()[]":
        return "COMMA"
    if low in "–—-:;":
        return "BREAK"
    return "PUNCT"


def auxiliary(low: str) -> str:
    """Tag clitics and auxiliaries, "" for other words."""
    if low == "'s":
        return "POSS"
    if low in {"'t", "n't"}:
        return "NEG"
    if low in {"'ll", "'d"}:
        return "MODAL"
    if low == "to":
        return "TO"
    if low in BE:
        return "BE"
    if low in HAVE:
        return "HAVE"
    return "DO" if low in DO else ""


def by_ending(low: str, grammar: Grammar) -> tuple[str, str]:
    """Return tag and lemma of a word that no list has, by how it ends."""
    if low in grammar.nouns:
        return "NOUN", grammar.nouns[low]
    if low.endswith("ly") and len(low) > 4:
        return "ADV", low
    if "-" in low and low.endswith(("ed", "ing", "led", "run", "held", "backed", "based", "born", "level", "old")):
        return "ADJ", low
    if low.endswith("ed") and len(low) > 4:
        return "V?", low
    if low.endswith(("ous", "ful", "ive", "ible", "able", "ian", "ish", "less", "ic", "al")) and len(low) > 5:
        return "ADJ", low
    return "NOUN", grammar.noun_lemma(low)
