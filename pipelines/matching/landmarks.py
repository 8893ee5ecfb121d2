"""From noun phrases to places: names, "the city of X", "X's airport", and "the city" by what the article named."""

from collections.abc import Collection, Sequence
from typing import Final

from pipelines.matching.phrases import Phrase
from pipelines.matching.tokens import Sentence
from schemas.vocabulary import Vocabulary

_KINDS: Final = {
    "city": frozenset({"city", "town"}),
    "town": frozenset({"town", "city"}),
    "district": frozenset({"town"}),
    "sub-district": frozenset({"town"}),
    "province": frozenset({"province"}),
    "governorate": frozenset({"province"}),
    "base": frozenset({"base"}),
    "airbase": frozenset({"airport", "base"}),
    "airfield": frozenset({"airport"}),
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
_SITES: Final = frozenset(
    ["market", "bazaar", "mosque", "church", "shrine", "hospital", "school", "university", "square", "street", "gate",
     "campus", "hall", "building", "courthouse", "stadium", "cafe", "hotel", "prison",
     "vicinity", "outskirt", "edge", "centre", "center", "heart", "middle", "quarter", "suburb", "mountain",
     "part", "hill", "valley", "plain", "dam", "countryside", "surroundings", "surrounding", "environs", "pocket",
     "corner", "frontline", "front", "canal", "river", "ridge", "oilfield", "well", "installation", "plant"]
)  # fmt: skip
"""Nouns for what stands in the place that a name before them or behind "of" tells."""
_OWN_SITES: Final = frozenset({"provincial", "governorate", "governor"})
"""What makes a building that of the city named last ("the provincial council building")."""
_CITIES: Final = frozenset({"city", "town"})


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
        if head not in self._nouns and head not in _SITES:
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
            return self._last(sentence, phrase.start, _KINDS.get(head), seen)
        if head in _SITES and not _OWN_SITES.isdisjoint(sentence.lows[phrase.start : phrase.head]):
            return self._last(sentence, phrase.start, _CITIES, seen)
        return []

    def is_place(self, sentence: Sentence, at: int) -> bool:
        """Tell whether the name at a token is meant as a place: a capital without a preposition is a government."""
        mention = sentence.mentions[at]
        if mention is None or not mention.places:
            return False
        return self._places[mention.places[0]].metonym is None or (at > 0 and sentence.lows[at - 1] in _INSIDE)

    def _last(self, sentence: Sentence, at: int, kinds: Collection[str] | None, seen: Sequence[str]) -> list[str]:
        """Return the place of a kind that was named last, else the only one of the kind beside a place named before."""
        if kinds is None:
            return []
        here = [
            mention.places[0]
            for token, mention in enumerate(sentence.mentions[:at])
            if mention is not None and self.is_place(sentence, token)
        ]
        named = (*reversed(here), *reversed(seen))
        last = next((name for name in named if self._places[name].kind in kinds), None)
        if last is not None:
            return [last]
        around = {self._places[name].district for name in named[:1]}
        beside = [one.id for one in self._places.values() if one.kind in kinds and one.district in around]
        return beside if len(beside) == 1 else []
