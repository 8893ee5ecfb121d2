"""From noun phrases to places: names, "the city of X", "X's airport", and "the city" by what the article named."""

from collections.abc import Sequence
from typing import Final

from pipelines.matching.phrases import Phrase
from pipelines.matching.tokens import Sentence
from schemas.vocabulary import Vocabulary

_KINDS: Final = {
    "city": frozenset({"city", "town"}),
    "town": frozenset({"town", "city"}),
    "province": frozenset({"province"}),
    "base": frozenset({"base"}),
    "airport": frozenset({"airport"}),
    "field": frozenset({"field"}),
    "region": frozenset({"region"}),
    "refinery": frozenset({"refinery"}),
}
_INSIDE: Final = frozenset({"in", "at", "near", "outside", "inside", "into", "around", "across", "over"})
"""Prepositions after which a capital is a town and no government."""
_WAYS: Final = frozenset({"road", "highway", "bridge", "border", "line"})
"""Nouns that a town's name only gives a direction to: the Erbil road is not in Erbil."""
_OUTLYING: Final = frozenset({"of", "in", "near", "around", "outside"})
"""What ties "the villages" to the place that names them."""


class Landmarks:
    """Looks places up in one vocabulary. `nouns` are those that can mean a place."""

    def __init__(self, vocabulary: Vocabulary, nouns: frozenset[str]) -> None:
        self._places = vocabulary.places
        self._nouns = nouns

    def ids(self, sentence: Sentence, phrase: Phrase, seen: Sequence[str]) -> list[str]:
        """Return the places that a phrase names; `seen` are those that the article has named, latest last."""
        mention = sentence.mentions[phrase.head]
        if mention is not None:
            return list(mention.places[:1])
        head = sentence.lemmas[phrase.head]
        if head not in self._nouns:
            return []
        for prep, inner in phrase.preps:
            named = sentence.mentions[inner.head]
            if prep in _OUTLYING and named is not None and named.places:
                return list(named.places[:1])
        for at in range(phrase.start, phrase.head) if head not in _WAYS else ():
            named = sentence.mentions[at]
            if named is not None and named.places:
                return list(named.places[:1])
        if sentence.lows[phrase.start] in {"the", "its", "this"} and phrase.end - phrase.start <= 2:
            return self._last(sentence, phrase.start, head, seen)
        return []

    def is_place(self, sentence: Sentence, at: int) -> bool:
        """Tell whether the name at a token is meant as a place: a capital without a preposition is a government."""
        mention = sentence.mentions[at]
        if mention is None or not mention.places:
            return False
        return self._places[mention.places[0]].metonym is None or (at > 0 and sentence.lows[at - 1] in _INSIDE)

    def _last(self, sentence: Sentence, at: int, head: str, seen: Sequence[str]) -> list[str]:
        kinds = _KINDS.get(head)
        if kinds is None:
            return []
        here = [
            mention.places[0]
            for token, mention in enumerate(sentence.mentions[:at])
            if mention is not None and self.is_place(sentence, token)
        ]
        for name in (*reversed(here), *reversed(seen)):
            if self._places[name].kind in kinds:
                return [name]
        return []
