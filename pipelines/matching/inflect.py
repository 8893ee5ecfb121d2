"""English inflection: lemmas to forms, so that lexicons list lemmas only. Rules after any school grammar."""

from collections.abc import Mapping
from typing import Final, NamedTuple

_VOWELS: Final = frozenset("aeiou")
_HISSING: Final = ("s", "x", "z", "ch", "sh")


class Forms(NamedTuple):
    """The five forms of a verb."""

    base: str
    third: str
    past: str
    participle: str
    gerund: str


def _doubles(verb: str, doubling: frozenset[str]) -> bool:
    """Tell whether the last consonant doubles: one-syllable consonant-vowel-consonant, or listed."""
    if verb in doubling:
        return True
    if len(verb) < 3 or verb[-1] in "aeiouwxyh" or verb[-2] not in _VOWELS or verb[-3] in _VOWELS:
        return False
    return sum(letter in _VOWELS for letter in verb) == 1


def plural(noun: str) -> str:
    """Return the regular plural; also the third person of a verb."""
    if noun.endswith(_HISSING) or (noun.endswith("o") and noun[-2:-1] not in _VOWELS):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def _past(verb: str, doubling: frozenset[str]) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        return verb[:-1] + "ied"
    return verb + (verb[-1] if _doubles(verb, doubling) else "") + "ed"


def _gerund(verb: str, doubling: frozenset[str]) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and len(verb) > 2:
        return verb[:-1] + "ing"
    return verb + (verb[-1] if _doubles(verb, doubling) else "") + "ing"


def conjugate(verb: str, irregular: Mapping[str, str], doubling: frozenset[str]) -> Forms:
    """Return the forms of `verb`; a prefix before a hyphen ("re-enter") is carried along."""
    listed = irregular.get(verb)
    if listed is not None:
        past, _, participle = listed.partition(" ")
    else:
        past = participle = _past(verb, doubling)
    return Forms(verb, plural(verb), past, participle or past, _gerund(verb, doubling))
