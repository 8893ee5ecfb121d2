"""Who somebody is by whose they are: "PUK fighters", "peshmerga loyal to the KDP", "an aide to X"."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pipelines.matching.bodies import leader
from pipelines.matching.phrases import Phrase
from pipelines.matching.tokens import Sentence

if TYPE_CHECKING:
    from pipelines.matching.parties import Parties

BELONGING: Final = frozenset({"member", "gov", "force", "org", "parliament"})
"""Classes of nouns that are somebody's."""
_OF_PARTY: Final = frozenset({"force", "party", "movement", "faction", "bloc"})
"""Classes and nouns that belong to a person's party ("Talabani's party", "Barzani's forces")."""
_SERVING: Final = frozenset({"adviser", "advisor", "aide", "deputy", "envoy", "assistant", "secretary", "ally"})
"""Nouns that "to" ties to whom they serve."""
_BELONGS: Final = frozenset({"of", "from", "linked", "in", "within", "for", "with"})


def narrow(parties: "Parties", actor: str, sentence: Sentence, phrase: Phrase) -> str:
    """Narrow "peshmerga" by "of the KDP", "PUK" or "linked to the PUK"."""
    table = parties.combine.get(actor)
    if table is None:
        return actor
    for other in _modifiers(parties, sentence, phrase):
        if other in table:
            return table[other]
    return actor


def belonging(parties: "Parties", sentence: Sentence, phrase: Phrase, classes: Sequence[str]) -> str | None:
    """Resolve somebody by whose they are: "PUK fighters", "an aide to X", "the council, chaired by X"."""
    if BELONGING.isdisjoint(classes):
        return None
    for other in _modifiers(parties, sentence, phrase):
        known = parties.vocabulary.actors.get(other)
        body = not _OF_PARTY.isdisjoint((sentence.lemmas[phrase.head], *classes))
        whose = known.member_of if known is not None and known.kind == "person" and body else None
        if "parliament" in classes:
            return parties.chambers.get(whose or other, whose or other)
        return parties.forces.get(whose or other, whose or other) if "force" in classes else whose or other
    place = _metonym_inside(parties, sentence, phrase)
    if place:
        return parties.chambers.get(place, place) if "parliament" in classes else place
    head_of = leader(sentence, phrase)
    named = parties.named(head_of) if head_of else None
    return (parties.vocabulary.actors[named].member_of or named) if named else None


def _modifiers(parties: "Parties", sentence: Sentence, phrase: Phrase) -> Iterator[str]:
    for at in range(phrase.start, phrase.end):
        mention = sentence.mentions[at]
        if at != phrase.head and mention is not None:
            yield from mention.actors
        if "-" in sentence.lows[at] and sentence.mentions[at] is None:
            yield from _hyphenated(parties, sentence.lows[at])
    for prep, inner in phrase.preps:
        if prep in _BELONGS or (prep == "to" and _links(parties, sentence, phrase, inner)):
            yield from _inside(parties, sentence, inner)


def _inside(parties: "Parties", sentence: Sentence, inner: Phrase) -> Iterator[str]:
    """Yield whose a body is that stands behind "of" or "for": "of the PUK", "for Iran's general staff"."""
    named = sentence.mentions[inner.head]
    if named is not None:
        yield from named.actors
        if not named.actors and (government := parties.named(named)) is not None:
            yield government
        return
    owner = inner.possessor
    whose = sentence.mentions[owner.head] if owner is not None else None
    actor = parties.named(whose) if whose is not None else None
    actor = actor or parties.by_adjective(sentence, inner, parties.heads.get(sentence.lemmas[inner.head], ()))
    if actor is not None:
        yield actor


def _links(parties: "Parties", sentence: Sentence, phrase: Phrase, inner: Phrase) -> bool:
    words_between = sentence.lows[phrase.end - 1 : inner.start]
    return sentence.lemmas[phrase.head] in _SERVING or not parties.linked.isdisjoint(words_between)


def _hyphenated(parties: "Parties", low: str) -> Iterator[str]:
    first = low.partition("-")[0]
    if first in parties.vocabulary.actors:
        yield first


def _metonym_inside(parties: "Parties", sentence: Sentence, phrase: Phrase) -> str | None:
    for at in range(phrase.start, phrase.end):
        mention = sentence.mentions[at]
        if mention is not None and at != phrase.head:
            named = parties.named(mention)
            if named is not None:
                return named
    return None
