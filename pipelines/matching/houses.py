"""Bodies that one noun names: those of both sides ("Iraqi and Kurdish officers"), a parliament without a name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pipelines.matching.phrases import Phrase
from pipelines.matching.tokens import Sentence

if TYPE_CHECKING:
    from pipelines.matching.parties import Parties

_BARE: Final = 2
"""Tokens of a noun with nothing but its article."""
_ABOUT_A_HOUSE: Final = frozenset({"of", "in", "from", "at", "into", "outside"})
"""Prepositions before a parliament that is no party ("a member of parliament")."""
_MEMBERS: Final = frozenset({"lawmaker", "legislator", "mp", "deputy"})


def shared(parties: "Parties", sentence: Sentence, phrase: Phrase) -> list[str]:
    """Resolve "Iraqi and Kurdish officers" and "the Iraqi and Kurdish premiers" to both."""
    adjectives = [at for at in range(phrase.start, phrase.head) if sentence.lows[at] in parties.adjectives]
    if len(adjectives) <= 1 or "CONJ" not in sentence.tags[phrase.start : phrase.head]:
        return []
    rest, classes = sentence.lemmas[adjectives[-1] + 1 : phrase.head + 1], parties.classes_of(sentence, phrase)
    found = []
    for at in adjectives:
        table = parties.adjectives[sentence.lows[at]]
        holder = parties.offices.holder([sentence.lows[at], *rest], parties.today)
        found.append(holder or next((table[name] for name in classes if name in table), None))
    return [one for one in found if one is not None] if all(found) else []


def chamber(parties: "Parties", sentence: Sentence, phrase: Phrase, classes: Sequence[str]) -> str | None:
    """Resolve a parliament that nothing tells apart: the one that the article named last, else the first."""
    if "parliament" not in classes or phrase.end - phrase.start > _BARE or phrase.prep in _ABOUT_A_HOUSE:
        return None
    if sentence.lows[phrase.start] in {"a", "an"} or sentence.lows[phrase.head] in _MEMBERS:
        return None
    chambers = list(parties.chambers.values())
    return next((name for name in reversed(parties.memory.groups) if name in chambers), next(iter(chambers), None))
