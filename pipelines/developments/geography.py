"""Sides and places of a vocabulary, as developments see them."""

from collections.abc import Iterable, Mapping
from typing import Final

from schemas.records import Party
from schemas.vocabulary import Place, Vocabulary

SITES: Final = frozenset({"town", "base", "airport", "field", "refinery", "pipeline", "crossing"})
"""Kinds of place that change hands by themselves."""
_CAMP: Final = {"iran": "federal"}
"""On the ground Iran's men fight beside the federal side, and outlets disagree about who was there."""


class Geography:
    """Look-ups derived from one vocabulary. Immutable."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.topic = vocabulary.topic
        self._actors = vocabulary.actors
        self._places = vocabulary.places
        self._districts = {place.id: _district(place, vocabulary.places) for place in vocabulary.places.values()}
        self._parents = {place.id: _ancestors(place, vocabulary.places) for place in vocabulary.places.values()}

    def sides(self, parties: Iterable[Party]) -> frozenset[str]:
        """Return the sides of the parties that the vocabulary knows."""
        known = (self._actors.get(party.id or "") for party in parties)
        return frozenset(actor.side for actor in known if actor is not None)

    def camps(self, parties: Iterable[Party]) -> frozenset[str]:
        """Return the sides as they fight on the ground."""
        return frozenset(_CAMP.get(side, side) for side in self.sides(parties))

    def organisations(self, parties: Iterable[Party]) -> frozenset[str]:
        """Return the parties' root organisations, for quarrels within one side."""
        return frozenset(self.root(party.id) for party in parties if party.id in self._actors)

    def root(self, actor_id: str | None) -> str:
        """Follow membership to its end. An unknown id is its own root."""
        current = actor_id or ""
        for _ in range(len(self._actors)):
            actor = self._actors.get(current)
            if actor is None or actor.member_of is None:
                break
            current = actor.member_of
        return current

    def side_of(self, actor_id: str | None) -> str | None:
        """Return an actor's side on the ground, None for an unknown one."""
        actor = self._actors.get(actor_id or "")
        return _CAMP.get(actor.side, actor.side) if actor is not None else None

    def district(self, place_id: str) -> str:
        """Return the district that a place counts as. A province is its chief city where that lies in the theatre."""
        return self._districts.get(place_id, place_id)

    def site(self, place_id: str) -> str:
        """Return the place itself for a town or an installation, else its district."""
        place = self._places.get(place_id)
        return place_id if place is not None and place.kind in SITES else self.district(place_id)

    def is_town(self, place_id: str) -> bool:
        """Tell whether a place is a town, that lies in a district which may have another name."""
        place = self._places.get(place_id)
        return place is not None and place.kind == "town"

    def innermost(self, parties: Iterable[Party]) -> tuple[str, ...]:
        """Return the known places, without those that only say where a place named before them lies.

        "The K1 base near Kirkuk" is one place; "Kirkuk and the K1 base" are two.
        """
        ids: list[str] = []
        for party in sorted(parties, key=lambda party: party.span):
            known = party.id is not None and party.id in self._places and party.id not in ids
            if known and not any(self._within(earlier, party.id or "") for earlier in ids):
                ids.append(party.id or "")
        return tuple(ids)

    def finest(self, place_ids: Iterable[str]) -> tuple[str, ...]:
        """Return the places, sorted, without the provinces and regions that others of them lie in."""
        found = sorted(set(place_ids))
        outer = frozenset[str]().union(*(self._parents.get(inner, frozenset()) for inner in found))
        return tuple(place for place in found if place not in outer)

    def _within(self, inner: str, outer: str) -> bool:
        return outer in self._parents[inner] or (outer != inner and self._places[inner].district == outer)

    def in_theatre(self, place_id: str | None) -> bool:
        """Tell whether a place lies where the crisis is."""
        place = self._places.get(place_id or "")
        return place is not None and place.theatre

    def place_name(self, place_id: str) -> str:
        """Return a place's name, or the id itself."""
        place = self._places.get(place_id)
        return place.name if place is not None else place_id

    def actor_kind(self, actor_id: str) -> str:
        """Return an actor's kind (state, force, party, person, organisation or civil), "" for an unknown one."""
        actor = self._actors.get(actor_id)
        return actor.kind if actor is not None else ""

    def actor_name(self, actor_id: str) -> str:
        """Return an actor's name, or the id itself."""
        actor = self._actors.get(actor_id)
        return actor.name if actor is not None else actor_id


def _ancestors(place: Place, places: Mapping[str, Place]) -> frozenset[str]:
    found: list[str] = []
    current = place.parent
    while current is not None and current not in found and current in places:
        found.append(current)
        current = places[current].parent
    return frozenset(found)


def _district(place: Place, places: Mapping[str, Place]) -> str:
    if place.kind != "province":
        return place.district
    cities = sorted(
        other.id for other in places.values() if other.parent == place.id and other.kind == "city" and other.theatre
    )
    return cities[0] if cities else place.district
