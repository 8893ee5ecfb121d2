"""Whom pronouns and definite descriptions go back to: "he", "they", "it", "the two", "the general", "the ministry".

The subjects of the clauses before are likeliest, then the other names of the sentence, then what the article named
last. Somebody whom the schema doesn't know is an antecedent too: who goes back to him is no known party.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pipelines.matching.bodies import does_something
from pipelines.matching.naming import is_group, is_one, is_somebody
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.tokens import Sentence
from schemas.records import Party

if TYPE_CHECKING:
    from pipelines.matching.parties import Parties

PERSONAL: Final = frozenset({"he", "him", "himself", "she", "her", "herself"})
FIRST: Final = frozenset({"we", "us", "ourselves", "i", "me"})
PLURAL: Final = frozenset({"they", "them", "themselves"})
_OBJECTIVE: Final = frozenset({"him", "her", "them"})
_TITLES: Final = frozenset(
    ["general", "commander", "minister", "president", "premier", "leader", "politician", "governor", "cleric", "chief",
     "ayatollah", "envoy", "chairman", "speaker", "secretary", "lawmaker", "diplomat", "head", "guest", "visitor"]
)  # fmt: skip
_SOLDIERS: Final = frozenset({"general", "commander"})
_RANKS: Final = frozenset({"minister", "president", "premier", "governor", "speaker", "secretary"})
"""Offices that only who holds one is called by."""
_KIND_NOUNS: Final = {
    "party": "party",
    "movement": "party",
    "force": "force",
    "troop": "force",
    "soldier": "force",
    "fighter": "force",
    "group": "force",
}
_NAMED_AFTER: Final = frozenset({"ministry", "company", "coalition", "council", "court", "parliament", "commission"})
"""Nouns that stand in the names of those they go back to ("the ministry")."""
_IRREGULARS: Final = frozenset({"militia", "militiaman", "paramilitary"})
_ZEALOTS: Final = frozenset({"militant", "jihadist", "jihadi", "extremist", "insurgent", "terrorist"})
"""Nouns for the fighters of a side of their own."""
_TWO: Final = frozenset({"two", "both", "pair", "duo"})
_MEN: Final = frozenset(
    ["two", "both", "pair", "duo", "man", "leader", "president", "premier", "minister", "politician", "official",
     "ally", "rival", "commander", "general"]
)  # fmt: skip
_TALKING: Final = frozenset(
    {"meet", "telephone", "phone", "call", "host", "receive", "visit", "confer", "talk", "speak"}
)
"""Verbs after which "they" are both who did it and with whom."""
_REACH: Final = 40
"""Clauses searched for a subject: a sentence of thousands must not be read anew for each of its pronouns."""


def pronoun(parties: "Parties", sentence: Sentence, at: int) -> list[str]:
    """Return the ids of whom a pronoun goes back to; empty for a stranger, or where nobody fits."""
    low = sentence.lows[at]
    if low in FIRST:
        return [parties.speaker] if parties.speaker is not None else []
    if low == "it":
        return _it(parties, sentence, at)
    if low not in PERSONAL and low not in PLURAL:
        return []
    # Who does something to "him" is somebody else.
    taken = parties.others if low in _OBJECTIVE else set[str]()
    if low in PLURAL and taken.isdisjoint(pair := several(parties, sentence, at)) and pair:
        return pair
    known = (*subjects(parties, sentence, at, person=low in PERSONAL), *recent_here(parties, sentence, at, low))
    known = known or tuple(_ahead(parties, sentence, at, person=low in PERSONAL))
    if any(name not in taken for name in known):
        return next([name] for name in known if name not in taken)
    if stranger(parties, sentence, at) is not None:
        return []
    latest = reversed(parties.memory.people if low in PERSONAL else parties.memory.groups)
    return next(([name] for name in latest if name not in taken), [])


def stranger(parties: "Parties", sentence: Sentence, at: int) -> Party | None:
    """Return whom a pronoun goes back to where the schema doesn't know them ("a driver said he had fled")."""
    low = sentence.lows[at]
    if low not in PERSONAL and low not in PLURAL:
        return None
    fits = is_one if low in PERSONAL else is_group
    for phrase in _subjects_before(parties, sentence, at):
        if fits(sentence, phrase, parties.everybody) and not parties.ids(sentence, phrase):
            return parties.party(sentence, phrase, None)
    return parties.memory.stranger if parties.memory.alone == (low in PERSONAL) else None


def subjects(parties: "Parties", sentence: Sentence, at: int, *, person: bool) -> list[str]:
    """Return the known subjects before a token that "he" or "they" can go back to, the first one first."""
    found = []
    for phrase in _subjects_before(parties, sentence, at):
        for name in parties.ids(sentence, phrase)[:1]:
            one = parties.kind(name) == "person" or is_somebody(sentence, phrase)
            if one == person:
                found.append(name)
    return found


def several(parties: "Parties", sentence: Sentence, at: int) -> list[str]:
    """Return the two or more that "they" and "the two" stand for: those that one clause names together."""
    for clause in reversed(parties.clauses[:_REACH]):
        if clause.subjects and clause.subjects[-1].end <= at and len(pair := _together(parties, sentence, clause)) > 1:
            return pair
    named = any(one is not None and (one.actors or one.places) for one in sentence.mentions[:at])
    return [] if named else list(parties.memory.pair)


def names_two(sentence: Sentence, phrase: Phrase) -> bool:
    """Tell "the two", "both men" and "the pair": two that have been named, and not what sort they are."""
    if sentence.lows[phrase.head] in _TWO:
        return phrase.end - phrase.start <= 2
    counted = not _TWO.isdisjoint(sentence.lows[phrase.start : phrase.head])
    return counted and sentence.lemmas[phrase.head] in _MEN and phrase.end - phrase.start <= 3


def _together(parties: "Parties", sentence: Sentence, clause: Clause) -> list[str]:
    """Return those that a clause names side by side, as its subjects or as two who talk."""
    phrases = list(clause.subjects)
    if clause.verb is not None and clause.verb.lemma in _TALKING and len(phrases) == 1:
        phrases += clause.objects[:1] or [phrase for prep, phrase in clause.preps if prep in {"with", "to"}][:1]
    if len(phrases) < 2 or any(sentence.tags[phrase.head] == "PRON" for phrase in phrases):
        return []
    known = [parties.ids(sentence, phrase)[:1] for phrase in phrases]
    return list(dict.fromkeys(name for ids in known for name in ids)) if all(known) else []


def remember_subjects(parties: "Parties", sentence: Sentence, clauses: Sequence[Clause]) -> None:
    """Note who a sentence is about, for the next one: a pair that is named together, or a stranger."""
    memory = parties.memory
    memory.pair, memory.stranger = (), None
    main = [clause for clause in clauses[:_REACH] if clause.kind in {"main", "coord"} and clause.subjects]
    for clause in main:
        if len(pair := _together(parties, sentence, clause)) > 1:
            memory.pair = tuple(pair)
    first = main[0].subjects[0] if main else None
    if first is None or parties.ids(sentence, first) or sentence.tags[first.start] == "PRP$":
        return
    if len(main[0].subjects) == 1 and is_one(sentence, first, parties.everybody):
        memory.stranger, memory.alone = parties.party(sentence, first, None), True
    elif is_group(sentence, first, parties.everybody):
        memory.stranger, memory.alone = parties.party(sentence, first, None), False


def _subjects_before(parties: "Parties", sentence: Sentence, at: int) -> Iterator[Phrase]:
    """Yield the subjects of the clauses before a token; pronouns are left out, as they only lead back to others."""
    for clause in parties.clauses[:_REACH]:
        for phrase in clause.subjects:
            if phrase.end <= at and sentence.tags[phrase.head] != "PRON" and sentence.tags[phrase.start] != "PRP$":
                yield phrase


def recent_here(parties: "Parties", sentence: Sentence, at: int, low: str) -> Iterator[str]:
    """Yield the actors that the sentence names before a token, the first one first."""
    return _named(parties, sentence, at, person=low in PERSONAL)


def _named(parties: "Parties", sentence: Sentence, at: int, *, person: bool) -> Iterator[str]:
    for token, mention in enumerate(sentence.mentions[:at]):
        if mention is not None and mention.actors:
            if (parties.kind(mention.actors[0]) == "person") == person:
                yield parties.choose(mention.actors)
        elif mention is not None and not person and not parties.landmarks.is_place(sentence, token):
            yield from filter(None, [parties.named(mention)])


def recent(parties: "Parties", sentence: Sentence, at: int, *, person: bool) -> Iterator[str]:
    """Yield actors named before token `at`: of this sentence the first is likeliest, then the article's latest."""
    yield from _named(parties, sentence, at, person=person)
    yield from reversed(parties.memory.people if person else parties.memory.groups)


def _it(parties: "Parties", sentence: Sentence, at: int) -> list[str]:
    """Resolve the "it" that does something: who acted in the last sentence, or the first body of this one."""
    if not does_something(sentence, at):
        return []
    if at == 0:
        return parties.memory.groups[-1:]
    known = (*subjects(parties, sentence, at, person=False), *_named(parties, sentence, at, person=False))
    before = next(iter(known), None)
    return [before] if before is not None else _ahead(parties, sentence, at, person=False)[:1]


def _ahead(parties: "Parties", sentence: Sentence, at: int, *, person: bool) -> list[str]:
    """Return the subject that a clause in front looks ahead to ("Before he left, X had ...")."""
    clause = next((one for one in parties.clauses[:_REACH] if any(at == phrase.head for phrase in one.subjects)), None)
    if clause is None or clause.kind not in {"sub", "ger", "part"} or clause.parent is None:
        return []
    waiting = [
        phrase for phrase in clause.parent.subjects if phrase.start > at and sentence.tags[phrase.head] != "PRON"
    ]
    found = [name for phrase in waiting for name in parties.ids(sentence, phrase)[:1]]
    return [name for name in found if (parties.kind(name) == "person") == person]


def whose(parties: "Parties", sentence: Sentence, at: int) -> str | None:
    """Resolve a possessive pronoun to a party: "our men" are the speaker's, "his forces" those of his party."""
    low = sentence.lows[at]
    if low in {"our", "my"}:
        return parties.speaker
    if low not in {"their", "its", "his", "her"}:
        return None
    person = low in {"his", "her"}
    likely = (*subjects(parties, sentence, at, person=person), *recent(parties, sentence, at, person=person))
    if not person:
        # "Officers visited the party and urged its leaders": who urges somebody's leaders is somebody else.
        return next((name for name in likely if name not in parties.others), None)
    name = next(iter(likely), None)
    known = parties.vocabulary.actors.get(name) if name is not None else None
    if known is None or known.kind != "person":
        return name
    return known.member_of or known.id


def definite(parties: "Parties", sentence: Sentence, phrase: Phrase) -> str | None:
    """Resolve "the general", "the ministry", "the militants", "the government" to who was named before."""
    head, at = sentence.lemmas[phrase.head], phrase.start
    described = (inner for prep, inner in phrase.preps if prep in {"of", "for"} and inner.start <= phrase.end + 2)
    if any("NAME" in sentence.tags[inner.start : inner.end] for inner in described):
        return None
    if head in _TITLES and sentence.lows[phrase.head] == head:
        return _titled(parties, sentence, phrase, head)
    if head not in _NAMED_AFTER and head not in _IRREGULARS and head not in _KIND_NOUNS:
        return None
    groups = recent(parties, sentence, at, person=False)
    if head in _NAMED_AFTER:
        return next((name for name in groups if head in parties.words_in(name)), None)
    if head in _IRREGULARS:
        return next((name for name in groups if parties.kind(name) == "force" and not _is_army(name)), None)
    kind = _KIND_NOUNS.get(head)
    fitting = (name for name in groups if parties.kind(name) == kind)
    return next(fitting, None) if kind is not None else None


def _is_army(name: str) -> bool:
    return name.endswith(("army", "forces", "police", "fedpol", "service"))


def zealots(parties: "Parties", sentence: Sentence, phrase: Phrase) -> str | None:
    """Resolve "militants" and "the jihadists" to the side of that kind that the article has named."""
    if sentence.lemmas[phrase.head] not in _ZEALOTS:
        return None
    actors = parties.vocabulary.actors
    groups = recent(parties, sentence, phrase.start, person=False)
    return next((name for name in groups if name in actors and actors[name].side == "isis"), None)


def _titled(parties: "Parties", sentence: Sentence, phrase: Phrase, head: str) -> str | None:
    """Return who goes by a title: of those named before, who bears it; else the latest who may."""
    known = list(recent(parties, sentence, phrase.start, person=True))
    bearer = next((name for name in known if parties.offices.bears(name, head)), None)
    if bearer is not None or head in _RANKS:
        return bearer
    return next((name for name in known if head not in _SOLDIERS or _soldier(parties, name)), None)


def _soldier(parties: "Parties", name: str) -> bool:
    actor = parties.vocabulary.actors.get(name)
    return actor is not None and actor.member_of is not None and parties.kind(actor.member_of) == "force"
