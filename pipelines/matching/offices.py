"""What the vocabulary says about offices and local bodies: who is "the commander of X", whose "the police" are."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from schemas.vocabulary import Vocabulary

_LOCAL_KINDS: Final = frozenset({"force", "organisation"})


_NOT_THE_HOLDER: Final = frozenset({"deputy", "former", "vice", "assistant", "ex", "late", "then", "foreign", "defence",
                                    "defense", "interior", "finance", "oil"})  # fmt: skip


class _Term(NamedTuple):
    """One person's time in an office, first and last day included; None: open."""

    actor: str
    organisation: str
    start: date | None
    end: date | None

    def covers(self, day: date | None) -> bool:
        """Tell whether it lasts on a day; without a day, any term does."""
        return day is None or ((self.start or date.min) <= day <= (self.end or date.max))


class Offices:
    """Look-ups derived from one vocabulary. Immutable. `adjectives` are those that stand for a country or government:
    "Iraqi prime minister" is the title that "prime minister of Iraq" writes out.
    """

    def __init__(self, vocabulary: Vocabulary, adjectives: Mapping[str, Mapping[str, str]]) -> None:
        self._adjectives = adjectives
        self._terms: dict[str, list[_Term]] = {}
        for actor in vocabulary.actors.values():
            for tenure in actor.roles:
                term = _Term(actor.id, tenure.organisation, tenure.start, tenure.end)
                for title in tenure.titles:
                    self._terms.setdefault(title.lower(), []).append(term)
        self._last = frozenset(title.rpartition(" ")[2] for title in self._terms)
        self._borne = {
            actor.id: frozenset(
                word for tenure in actor.roles for title in tenure.titles for word in title.lower().split()
            )
            for actor in vocabulary.actors.values()
        }
        self._names = {
            actor.id: " ".join((actor.name, *actor.aliases.get("en", ()))).lower()
            for actor in vocabulary.actors.values()
        }
        self._local = dict(_local_bodies(vocabulary))

    def __bool__(self) -> bool:
        return bool(self._terms)

    def holder(self, words: Sequence[str], today: date | None) -> str | None:
        """Return who holds the office that the last words name ("the Iraqi prime minister")."""
        if not words or words[-1].rpartition(" ")[2] not in self._last:
            return None
        for begin in range(len(words)):
            for term in self._terms.get(" ".join(words[begin:]), ()):
                if term.covers(today) and not (begin and self._another(words[begin - 1], term)):
                    return term.actor
        return None

    def _another(self, word: str, term: _Term) -> bool:
        """Tell whether the word before a title makes it another's: "deputy", "Turkish" before "prime minister"."""
        government = self._adjectives.get(word, {}).get("gov")
        return word in _NOT_THE_HOLDER or government not in {None, term.organisation}

    def holder_of(self, words: Sequence[str], organisation: str, today: date | None) -> str | None:
        """Return who holds the office `words` ("commander") of an organisation, where its title says both in one."""
        wanted = " ".join(words)
        if wanted.rpartition(" ")[2] not in self._last:
            return None
        for title, terms in self._terms.items():
            if not title.endswith(f" {wanted}"):
                continue
            whose = title.removesuffix(f" {wanted}")
            for term in terms:
                if term.organisation == organisation and term.covers(today) and self._means(whose, organisation):
                    return term.actor
        return None

    def _means(self, words: str, organisation: str) -> bool:
        return words in self._adjectives or words in self._names.get(organisation, "")

    def bears(self, actor: str, word: str) -> bool:
        """Tell whether a title of somebody holds a word ("minister" for who is or was prime minister)."""
        return word in self._borne.get(actor, ())

    def local(self, head: str, place: str) -> str | None:
        """Return the body that a place calls its own: "police" in a place is what the vocabulary names after both."""
        return self._local.get((head, place))


def _local_bodies(vocabulary: Vocabulary) -> Iterator[tuple[tuple[str, str], str]]:
    named = {actor.name.lower(): actor.id for actor in vocabulary.actors.values() if actor.kind in _LOCAL_KINDS}
    for place in vocabulary.places.values():
        bare = place.name.lower().removesuffix(" province").removesuffix(" city")
        for name, actor in named.items():
            first, _, head = name.rpartition(" ")
            if first == bare:
                yield (head, place.id), actor
