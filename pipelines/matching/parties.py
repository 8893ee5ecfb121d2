"""From noun phrases to canonical ids: names, described parties, dated roles, pronouns and definite descriptions."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from pipelines.matching.antecedents import (
    FIRST,
    PERSONAL,
    PLURAL,
    definite,
    names_two,
    pronoun,
    recent,
    remember_subjects,
    several,
    whose,
    zealots,
)
from pipelines.matching.belonging import BELONGING, belonging, narrow
from pipelines.matching.bodies import both_sides, counts_two
from pipelines.matching.houses import chamber, shared
from pipelines.matching.landmarks import Landmarks
from pipelines.matching.naming import described_end, is_somebody, is_stranger, shared_head, titles
from pipelines.matching.offices import Offices
from pipelines.matching.people import Memory
from pipelines.matching.phrases import Clause, Phrase
from pipelines.matching.scanner import Mention
from pipelines.matching.tokens import Sentence
from schemas.lexicon import Language
from schemas.lexicon_patterns import words
from schemas.records import Party
from schemas.vocabulary import Vocabulary

_ENTOURAGE: Final = frozenset({"people", "man", "son", "brother", "nephew", "family", "wife", "entourage", "circle"})
"""Nouns that together with a possessor stand for the possessor ("Barzani's people say")."""


_LONGEST_TITLE: Final = 6
_MOST: Final = 200
"""Unknown names that are kept with whose people they are."""
_LOCAL_WORDS: Final = frozenset({"the", "local", "city", "town", "provincial"})
"""What may stand before a body that needs its place to be known ("the local police")."""


def _subjects(clauses: Sequence[Clause]) -> Iterator[Phrase]:
    for clause in reversed(clauses):
        yield from clause.subjects


def _objects(clauses: Sequence[Clause]) -> Iterator[Phrase]:
    for clause in reversed(clauses):
        yield from clause.objects


def _surname(sentence: Sentence, phrase: Phrase) -> str:
    return sentence.lows[phrase.head]


def _is_name(sentence: Sentence, phrase: Phrase) -> bool:
    return sentence.tags[phrase.head] == "NAME"


class Parties:
    """Resolution tables of one schema and language, with the memory of the article at hand."""

    def __init__(self, vocabulary: Vocabulary, language: Language) -> None:
        self.vocabulary = vocabulary
        source = language.parties
        self.heads: dict[str, list[str]] = {}
        for name, block in source.heads.items():
            for word in words(block):
                self.heads.setdefault(word, []).append(name)
        self.adjectives = source.adjectives
        self.combine = source.combine
        self.forces = source.forces
        self.chambers = {
            table["gov"]: table["parliament"]
            for table in source.adjectives.values()
            if "gov" in table and "parliament" in table
        }
        self.nouns = source.nouns
        self.linked = frozenset(words(source.linked))
        nouns = words(source.place_nouns) + words(language.events.classes.get("holding", ""))
        self.landmarks = Landmarks(vocabulary, frozenset(nouns))
        self.persons = frozenset(words(language.events.classes.get("person", "")))
        self.everybody = self.persons | self.heads.keys()
        self.offices = Offices(vocabulary, self.adjectives)
        self.said = frozenset(words(language.attribution.said))
        self.memory = Memory()
        self.today: date | None = None
        self.everyone = False
        self.speaker: str | None = None
        self.others: set[str] = set()
        self.clauses: Sequence[Clause] = ()
        self._known: dict[tuple[int, int, int, int, int], list[str]] = {}

    def begin(self, published: date | None, *, everyone: bool) -> None:
        """Forget the last article."""
        self._known = {}
        self.memory = Memory()
        self.speaker = None
        self.today = published
        self.everyone = everyone

    def turn(self, clauses: Sequence[Clause]) -> None:
        """Turn to the next sentence: what phrases stand for is worked out once a sentence."""
        self._known = {}
        self.clauses = clauses

    def kind(self, actor: str) -> str:
        """Return the kind of an actor."""
        known = self.vocabulary.actors.get(actor)
        return known.kind if known is not None else ""

    def words_of(self, mention: Mention | None) -> frozenset[str]:
        """Return the ids of a mention, for patterns that name an actor."""
        return frozenset(mention.actors) if mention is not None else frozenset()

    def remember(self, sentence: Sentence, clauses: Sequence[Clause]) -> None:
        """Note the names of a sentence once it has been coded. Its subjects, first one last, are likeliest to come
        back, whether they are named or described; of groups, those that somebody did something to come before
        them.
        """
        for at in range(len(sentence) - 1, -1, -1):
            mention = sentence.mentions[at]
            if mention is None:
                continue
            for actor in mention.actors[:1]:
                seen = self.memory.people if self.kind(actor) == "person" else self.memory.groups
                self.memory.saw(seen, self.choose(mention.actors))
            if self.landmarks.is_place(sentence, at):
                self.memory.saw(self.memory.places, mention.places[0])
        remember_subjects(self, sentence, clauses)
        for phrase in (*_objects(clauses), *_subjects(clauses)):
            if is_stranger(sentence, phrase, self.persons) and len(self.memory.strangers) < _MOST:
                self.memory.strangers.add(_surname(sentence, phrase))
            for actor in self.ids(sentence, phrase)[:1]:
                self._name(sentence, phrase, actor)
                human = self.kind(actor) == "person" or is_somebody(sentence, phrase)
                self.memory.saw(self.memory.people if human else self.memory.groups, actor)

    def _groups_before(self, sentence: Sentence, phrase: Phrase) -> list[str]:
        """Return the groups named before a phrase, latest last."""
        here = [one.actors[0] for one in sentence.mentions[: phrase.start] if one is not None and one.actors]
        return [*self.memory.groups, *(name for name in here if self.kind(name) != "person")]

    def _name(self, sentence: Sentence, phrase: Phrase, actor: str) -> None:
        """Note whose a name is that the schema doesn't know, where the article introduces it ("X, an aide to Y")."""
        for part in (phrase, *phrase.apposed):
            if _is_name(sentence, part) and sentence.mentions[part.head] is None and len(self.memory.surnames) < _MOST:
                self.memory.surnames.setdefault(_surname(sentence, part), actor)

    def choose(self, candidates: tuple[str, ...]) -> str:
        """Pick the candidate that the article named before, else the likeliest."""
        if len(candidates) > 1:
            for name in reversed(self.memory.people):
                if name in candidates:
                    return name
        return candidates[0]

    def is_class(self, sentence: Sentence, phrase: Phrase, allowed: frozenset[str]) -> bool:
        """Tell whether a phrase is an @actor, @party, @person or @place."""
        if allowed & {"@actor", "@party"} and sentence.lows[phrase.head] in FIRST:
            return True
        if "@place" in allowed and (self.place_ids(sentence, phrase) or (self.everyone and _is_name(sentence, phrase))):
            return True
        if allowed & {"@actor", "@party"} and (
            self.ids(sentence, phrase) or (self.everyone and _is_name(sentence, phrase))
        ):
            return True
        if "@person" in allowed:
            low = sentence.lows[phrase.head]
            if low in PERSONAL | PLURAL or sentence.lemmas[phrase.head] in self.persons:
                return True
            if _is_name(sentence, phrase) and (
                is_stranger(sentence, phrase, self.persons) or low in self.memory.strangers
            ):
                return True
            found = self.ids(sentence, phrase)
            return any(self.kind(one) in {"person", "civil"} for one in found)
        return False

    def force_like(self, sentence: Sentence, phrase: Phrase) -> bool:
        """Tell whether a phrase is an armed body, or the "we" of whoever is quoted."""
        if sentence.lows[phrase.head] == "we":
            return True
        classes = self.heads.get(sentence.lemmas[phrase.head], ())
        if "force" in classes or "militia" in classes or "police" in classes:
            return True
        return any(self.kind(one) == "force" for one in self.ids(sentence, phrase))

    def known(self, sentence: Sentence, phrase: Phrase) -> bool:
        """Tell whether a phrase has an id, as a party or as a place."""
        return bool(self.ids(sentence, phrase) or self.place_ids(sentence, phrase))

    def ids(self, sentence: Sentence, phrase: Phrase) -> list[str]:
        """Return the canonical ids that a phrase stands for; empty when the schema doesn't know it."""
        if sentence.tags[phrase.head] == "PRON":
            return pronoun(self, sentence, phrase.head)
        if sentence.tags[phrase.start] == "PRP$":
            return self._ids(sentence, phrase)
        key = (phrase.start, phrase.end, phrase.head, len(phrase.preps), len(phrase.apposed))
        found = self._known.get(key)
        if found is None:
            # While it is being worked out it stands for nobody: "X, his aide" must not ask for itself.
            self._known[key] = []
            found = self._known[key] = self._ids(sentence, phrase)
        return found

    def _ids(self, sentence: Sentence, phrase: Phrase) -> list[str]:
        mention = sentence.mentions[phrase.head]
        if mention is not None:
            if counts_two(sentence, phrase) and (both := self._two(sentence, phrase)):
                return both
            found = self.named(mention)
            return [narrow(self, found, sentence, phrase)] if found else []
        if several_ids := self._two(sentence, phrase):
            return several_ids
        described = self._introduced(sentence, phrase) or self._described(sentence, phrase)
        if described and not (self.kind(described) == "person" and self._another(sentence, phrase)):
            return [narrow(self, described, sentence, phrase)]
        if _is_name(sentence, phrase) and (known := self.memory.surnames.get(_surname(sentence, phrase))):
            return [known]
        return self._by_title(sentence, phrase)

    @staticmethod
    def _another(sentence: Sentence, phrase: Phrase) -> bool:
        """Tell whether a title is given to a name that the schema has not ("the Speaker, X"): it is another's then."""
        named = phrase.apposed[:1]
        return any(sentence.tags[one.head] == "NAME" and sentence.mentions[one.head] is None for one in named)

    def _two(self, sentence: Sentence, phrase: Phrase) -> list[str]:
        """Resolve phrases for two: "the two men", "both sides", "Iraqi and Kurdish officers"."""
        if names_two(sentence, phrase) and (pair := several(self, sentence, phrase.start)):
            return pair
        both = (
            both_sides(sentence, phrase, self._groups_before(sentence, phrase), self.vocabulary.actors)
            if counts_two(sentence, phrase)
            else []
        )
        return both or shared(self, sentence, phrase)

    def _by_title(self, sentence: Sentence, phrase: Phrase) -> list[str]:
        """Resolve by what stands beside a name: "X, a PUK lawmaker", "peshmerga commander X"."""
        for part in phrase.apposed:
            if sentence.tags[part.head] != "PRON" and (found := self.ids(sentence, part)):
                return found
        for part in titles(sentence, phrase, self.heads):
            # "Prime Minister X" is not the prime minister that the schema knows: that one has another name.
            if part.head != phrase.head and (found := self.ids(sentence, part)):
                return [] if self.kind(found[0]) == "person" else found
        return []

    def _introduced(self, sentence: Sentence, phrase: Phrase) -> str | None:
        """Return the person whose name follows a title ("the region's prime minister, X, ...")."""
        # "An adviser to the leader, X": the name stands behind what describes the adviser, and is his.
        beside = phrase.apposed or [name for _, inner in phrase.preps[-1:] for name in inner.apposed]
        if not beside or sentence.lemmas[phrase.head] not in self.everybody:
            return None
        mention = sentence.mentions[beside[0].head]
        person = mention is not None and bool(mention.actors) and self.kind(mention.actors[0]) == "person"
        return self.choose(mention.actors) if mention is not None and person else None

    def named(self, mention: Mention) -> str | None:
        """Return the party that a name stands for: an actor, or the government that a place stands for."""
        if mention.actors:
            return self.choose(mention.actors)
        for place in mention.places:
            known = self.vocabulary.places.get(place)
            if known is not None and known.metonym:
                return known.metonym
        return None

    def _owner(self, sentence: Sentence, phrase: Phrase, classes: Sequence[str]) -> str | None:
        """Resolve "X's office", "his aides" and "the prime minister's spokesman" to whose they are."""
        owner = phrase.possessor
        if sentence.tags[phrase.start] == "PRP$":
            body = None if BELONGING.isdisjoint(classes) else whose(self, sentence, phrase.start)
            armed = "force" in classes or sentence.lemmas[phrase.head] in {"man", "boy"}
            return self.forces.get(body or "", body) if armed else body
        if owner is None or (BELONGING.isdisjoint(classes) and sentence.lemmas[phrase.head] not in _ENTOURAGE):
            return None
        mention = sentence.mentions[owner.head]
        if mention is not None and sentence.lemmas[phrase.head] in _ENTOURAGE:
            return self.named(mention)
        found = self.ids(sentence, owner) if mention is None else []
        return found[0] if found else None

    def _described(self, sentence: Sentence, phrase: Phrase) -> str | None:
        """Resolve a common-noun phrase: dated role, adjective + head, modifier + head, bare noun, definite noun."""
        low = sentence.lows[phrase.head]
        if low == "latter":
            named = (
                self.choose(one.actors) for one in reversed(sentence.mentions[: phrase.start]) if one and one.actors
            )
            return next(named, None)
        classes = self.classes_of(sentence, phrase)
        found = (
            self._role(sentence, phrase)
            or self.by_adjective(sentence, phrase, classes)
            or self._owner(sentence, phrase, classes)
            or belonging(self, sentence, phrase, classes)
            or chamber(self, sentence, phrase, classes)
            or zealots(self, sentence, phrase)
            or self.nouns.get(low)
        )
        if found:
            return found
        if "police" in classes and (body := self._local(sentence, phrase)):
            return body
        if sentence.lows[phrase.start] in {"the", "that", "this", "his", "their", "both", "these", "those"}:
            return definite(self, sentence, phrase) if phrase.end - phrase.start <= 3 else None
        return None

    def classes_of(self, sentence: Sentence, phrase: Phrase) -> Sequence[str]:
        """Return the classes of a phrase's head, or of the noun it shares ("Iranian and Iraqi troops")."""
        head = sentence.lemmas[shared_head(sentence, phrase, self.adjectives)].rpartition(" ")[2]
        return self.heads.get(head) or self.heads.get(head.removesuffix("s")) or ()

    def by_adjective(self, sentence: Sentence, phrase: Phrase, classes: Sequence[str]) -> str | None:
        """Resolve by the adjective nearest to the head ("Iraqi Kurdish politician" is Kurdish)."""
        for at in range(phrase.end - 1, phrase.start - 1, -1):
            table = self.adjectives.get(sentence.lows[at])
            if table is None:
                continue
            for name in classes:
                if name in table:
                    return table[name]
            if len(table) == 1 and not BELONGING.isdisjoint(classes) and "people" in table:
                return table["people"]
        return None

    def _role(self, sentence: Sentence, phrase: Phrase) -> str | None:
        """Return who holds an office on the day of publication ("the Iraqi premier", "the head of the X")."""
        if not self.offices or phrase.end - phrase.start > _LONGEST_TITLE:
            return None
        lows = sentence.lows[phrase.start : phrase.end]
        whose = sentence.mentions[phrase.possessor.head] if phrase.possessor is not None else None
        body = self.named(whose) if whose is not None else None
        holder = self.offices.holder(lows, self.today)
        actors = self.vocabulary.actors
        if holder is not None and body is not None and actors[holder].side != actors[body].side:
            return body
        if lows[0] in {"a", "an"}:
            return holder
        words = lows[1:] if sentence.tags[phrase.start] == "DET" else lows
        for prep, inner in phrase.preps if sentence.lows[phrase.end : phrase.end + 1] == ["of"] else ():
            named = sentence.mentions[inner.head]
            if prep == "of" and named is not None and (organisation := self.named(named)) is not None:
                return self.offices.holder_of(words, organisation, self.today) or holder
            if prep == "of" and named is None and sentence.tags[inner.head] == "NAME":
                return None
        return holder

    def _local(self, sentence: Sentence, phrase: Phrase) -> str | None:
        """Resolve a body by where the sentence is, or the article was last ("police imposed a curfew on X")."""
        if not _LOCAL_WORDS.issuperset(sentence.lows[phrase.start : phrase.head]):
            return None
        named = ((at, mention) for at, mention in enumerate(sentence.mentions) if mention is not None)
        here = [(abs(at - phrase.head), mention.places[0]) for at, mention in named if mention.places]
        places = [min(here)[1], *reversed(self.memory.places)] if here else self.memory.places[::-1]
        return next(
            (body for place in places if (body := self.offices.local(sentence.lemmas[phrase.head], place))), None
        )

    def words_in(self, name: str) -> str:
        """Return the words of an actor's id and name."""
        actor = self.vocabulary.actors[name]
        return f"{actor.id} {actor.name}".lower()

    def it(self, sentence: Sentence, at: int) -> list[str]:
        """Resolve the "it" that says something: the first body of the sentence, else the article's latest."""
        if sentence.lows[at] != "it":
            return []
        return next(([name] for name in recent(self, sentence, at, person=False)), [])

    def place_ids(self, sentence: Sentence, phrase: Phrase) -> list[str]:
        """Return the places that a phrase names in this article."""
        return self.landmarks.ids(sentence, phrase, self.memory.places)

    def party(self, sentence: Sentence, phrase: Phrase, actor: str | None) -> Party:
        """Write a phrase down as a party."""
        last = described_end(sentence, phrase) if actor is None else phrase.end
        start, end = sentence.offsets(phrase.start, last)
        for prep, inner in phrase.preps:
            if prep == "linked":
                end = max(end, sentence.ends[inner.end - 1])
        return Party(id=actor, text=sentence.text[start:end], span=(start, end))
