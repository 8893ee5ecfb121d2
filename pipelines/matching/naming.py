"""Names with titles, and adjectives that share one noun: "Police Brigadier X", "Arab and Turkmen notables"."""

from collections.abc import Container, Mapping
from typing import Final

from pipelines.matching.people import person_like
from pipelines.matching.phrases import Phrase
from pipelines.matching.tokens import Sentence

_SINGLE: Final = frozenset(["minister", "premier", "president", "spokesman", "commander", "general", "colonel",
                            "brigadier", "officer", "adviser", "aide", "envoy", "leader", "official", "lawmaker",
                            "deputy", "member", "diplomat", "chief", "governor"])  # fmt: skip
"""Nouns for one person."""
_ONES: Final = frozenset(
    ["man", "woman", "resident", "soldier", "fighter", "driver", "witness", "farmer", "teacher", "mother", "father",
     "widow", "shopkeeper", "doctor", "captain", "lieutenant", "sheikh", "politician", "analyst", "minister", "judge",
     "policeman", "villager", "student", "engineer", "journalist"]
)  # fmt: skip
CROWDS: Final = frozenset(
    {"some", "many", "several", "others", "dozens", "hundreds", "thousands", "scores", "mob", "crowd"}
)
_DESCRIBING: Final = frozenset({"of", "with", "within", "from"})
_ENDS: Final = frozenset({"COMMA", "PUNCT", "BREAK", "QUOTE", "SUB"})
_LONGEST_LIST: Final = 12
"""Tokens of a list of adjectives before their noun."""


def titles(sentence: Sentence, phrase: Phrase, heads: Container[str]) -> list[Phrase]:
    """Return what a name's title says, as a phrase of its own: "peshmerga commander" of "peshmerga commander X"."""
    if sentence.tags[phrase.head] != "NAME" or sentence.mentions[phrase.head] is not None:
        return []
    for at in range(phrase.head - 1, phrase.start - 1, -1):
        if sentence.mentions[at] is not None or sentence.lemmas[at] in heads:
            title = Phrase(phrase.start, at + 1, at)
            title.possessor = phrase.possessor
            return [title]
    return []


def by_name(sentence: Sentence, phrase: Phrase) -> Phrase:
    """Prefer the name that stands beside a noun for somebody ("the speaker, X", "its founder, X")."""
    if sentence.tags[phrase.head] != "NOUN":
        return phrase
    return next((one for one in phrase.apposed if sentence.tags[one.head] == "NAME"), phrase)


def shared_head(sentence: Sentence, phrase: Phrase, adjectives: Mapping[str, object]) -> int:
    """Return the noun that a lone adjective shares with those it is coordinated with, else the phrase's own head."""
    if phrase.end - phrase.start > 1 or sentence.lows[phrase.head] not in adjectives:
        return phrase.head
    tags = sentence.tags
    for at in range(phrase.end, min(len(tags), phrase.end + _LONGEST_LIST)):
        if tags[at] == "NOUN" or " " in sentence.lows[at]:
            return at if at > phrase.end else phrase.head
        if tags[at] not in {"CONJ", "COMMA", "ADJ", "NAME"}:
            break
    return phrase.head


def described_end(sentence: Sentence, phrase: Phrase) -> int:
    """Return the token after a phrase with what describes it: "guards of a bank", "those who left the town"."""
    every = sentence.lows[phrase.start] in {"those", "anyone", "everyone", "anybody", "everybody", "every", "all"}
    if not every or sentence.tags[phrase.end : phrase.end + 1] != ["WH"]:
        close = (inner.end for prep, inner in phrase.preps if prep in _DESCRIBING and inner.start <= phrase.end + 2)
        return max([phrase.end, *close])
    for at in range(phrase.end + 2, min(len(sentence), phrase.end + _LONGEST_LIST)):
        if sentence.tags[at] in _ENDS or sentence.lows[at] in {"with", "of", "for", "is", "are", "was", "were"}:
            return at
    return phrase.end


def is_somebody(sentence: Sentence, phrase: Phrase) -> bool:
    """Tell one person who speaks for a body ("Israel's prime minister"): "he" may be that one."""
    low = sentence.lows[phrase.head]
    if sentence.lemmas[phrase.head] in _SINGLE:
        return low == sentence.lemmas[phrase.head]
    return sentence.tags[phrase.head] == "NAME" and sentence.mentions[phrase.head] is None and bool(phrase.apposed)


def is_stranger(sentence: Sentence, phrase: Phrase, persons: Container[str]) -> bool:
    """Tell a person whom the schema doesn't know, by title or first name: "Mr Fallon", "Michael Fallon".

    Bodies mostly have an article ("the Red Crescent"), abbreviations are in capitals.
    """
    at, tags = phrase.head, sentence.tags
    if tags[at] != "NAME" or sentence.mentions[at] is not None or tags[phrase.start] == "DET" or at == phrase.start:
        return False
    surname = sentence.surface(at, at + 1)
    if not surname.replace("-", "").isalpha() or not surname[0].isupper() or surname.isupper():
        return False
    if any(sentence.lemmas[one] in persons or sentence.lows[one] in _FORMS for one in range(phrase.start, at)):
        return True
    return not sentence.title and tags[at - 1] == "NAME" and sentence.mentions[at - 1] is None


_FORMS: Final = frozenset({"mr", "mrs", "ms", "dr", "sir", "lord", "mr.", "mrs.", "ms.", "dr."})


def is_one(sentence: Sentence, phrase: Phrase, everybody: Container[str]) -> bool:
    """Tell a single person: a name with a title or of two words, a noun for somebody in the singular."""
    tags = sentence.tags
    if tags[phrase.head] == "NAME":
        return phrase.end - phrase.start > 1 and sentence.mentions[phrase.head] is None and phrase.possessor is None
    lemma = sentence.lemmas[phrase.head]
    return sentence.lows[phrase.head] == lemma and lemma in _SINGLE | _ONES and lemma in everybody


def is_group(sentence: Sentence, phrase: Phrase, everybody: Container[str]) -> bool:
    """Tell several people: a noun for somebody in the plural."""
    lemma, low = sentence.lemmas[phrase.head], sentence.lows[phrase.head]
    return sentence.tags[phrase.head] == "NOUN" and low != lemma and (lemma in everybody or person_like(lemma))


def headline_pair(sentence: Sentence, first: Phrase, second: Phrase) -> bool:
    """Tell the two of a headline ("Tehran, Baghdad agree", "Iraqi, Kurdish generals meet") from an apposition."""
    if not sentence.title or first.prep is not None or first.end - first.start > 1:
        return False
    names = sentence.mentions[first.head] is not None and sentence.mentions[second.head] is not None
    return names or (sentence.tags[first.head] == "ADJ" and sentence.tags[second.start] in {"ADJ", "NAME"})
