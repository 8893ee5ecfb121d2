"""Who does what to whom in a core language: from the cases of a verb's names to the roles of its event."""

from collections.abc import Container, Sequence
from typing import Final, NamedTuple

from pipelines.matching.core_cases import Argument
from schemas.lexicon import Group
from schemas.records import Party
from schemas.vocabulary import Vocabulary

ADDRESSING: Final = frozenset({"ACCUSE", "REJECT", "REQUEST", "THREATEN"})
"""Types done to a party in words: a capital or a region there stands for its government."""
_UNARMED: Final = frozenset({"ASSAULT", "SEIZE", "RETREAT"})
"""Types whose doers are no civilians; of DISPLACE they are nothing else."""
_SPOKEN: Final = ADDRESSING | {"STATEMENT", "SUPPORT", "AGREE", "CONCEDE"}
"""Types that happen in words: a place in them is mostly in what is said."""
_OBJECT: Final = frozenset({"acc", "to", "on", "against", "for"})
_RECIPIENTS: Final[dict[str, frozenset[str]]] = {
    "ACCUSE": _OBJECT,
    "THREATEN": _OBJECT | {"at"},
    "REQUEST": _OBJECT | {"from", "at"},
    "REJECT": _OBJECT | {"gen", "from", "with"},
    "SANCTION": _OBJECT | {"with"},
    "COERCE": _OBJECT,
    "ASSAULT": _OBJECT | {"gen"},
    "SEIZE": frozenset({"from"}),
    "RETREAT": frozenset({"to", "for"}),
    "SUPPORT": _OBJECT | {"with"},
    "AID": _OBJECT,
    "AGREE": frozenset(),
    "CONCEDE": _OBJECT,
    "CONSULT": frozenset({"to", "acc", "with"}),
    "PROTEST": frozenset({"against"}),
    "MOBILIZE": frozenset({"against"}),
    "COOPERATE": frozenset(),
}
"""The cases in which a party is whom it is done to, by type; types that aren't here have no recipients."""
_PASSIVE: Final = frozenset({"ASSAULT", "COERCE", "SANCTION", "SEIZE", "ACCUSE", "DISPLACE"})
_NO_OBJECT: Final = frozenset({"SEIZE", "RETREAT", "CONSULT", "PROTEST", "MOBILIZE", "AGREE", "COOPERATE"})
"""Types whose second unmarked party is no recipient."""
_TOGETHER: Final = frozenset({"with", "between", "against"})
_LEAVING: Final = frozenset({"RETREAT", "DISPLACE", "OIL"})
"""Types in which a capital with "from" is where they begin."""
_AWAY: Final[dict[tuple[str, str | None], str]] = {
    ("RETREAT", "withdraw"): "to",
    ("DISPLACE", "flee"): "to",
    ("DISPLACE", "return"): "from",
    ("MOBILIZE", "troops"): "from",
    ("MOBILIZE", "advance"): "from",
}
"""The case of a place that only says where somebody goes on to, or came from."""


class Roles(NamedTuple):
    """The parties of an event; `beside` are places that only say where another one lies."""

    actors: list[Party]
    recipients: list[Party]
    places: list[Party]
    beside: list[Party]


def party_of(text: str, argument: Argument, name: str) -> Party:
    """Name the party that an argument stands for."""
    mention = argument.mention
    return Party(id=name, text=text[mention.start : mention.end], span=(mention.start, mention.end))


class RoleTable:
    """The vocabulary's part in the roles: who can do what, and which places stand for governments."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def metonym(self, argument: Argument) -> str | None:
        """Return the government that a place stands for."""
        places = argument.mention.places
        place = self._vocabulary.places.get(places[0]) if places else None
        return place.metonym if place is not None else None

    def actor(self, argument: Argument) -> str | None:
        """Return the party that a name is, if it is one by itself."""
        return argument.mention.actors[0] if argument.mention.actors else None

    def is_symmetric(self, group: Group) -> bool:
        """Tell whether both sides of an event are its actors."""
        kind = self._vocabulary.types[group.type]
        mode = kind.details.get(group.mode or "")
        return kind.symmetric or (mode is not None and mode.symmetric) or group.mode == "ceasefire"

    def can_do(self, group: Group, actor: str) -> bool:
        """Tell whether a party is of a kind that does such things: civilians flee, they don't seize towns."""
        known = self._vocabulary.actors.get(actor)
        civil = known is not None and known.kind == "civil"
        return civil if group.type == "DISPLACE" else not (civil and group.type in _UNARMED)

    def is_party(self, group: Group, argument: Argument, *, free: bool) -> bool:
        """Tell whether a name is a party; a place is one where nobody acts yet (`free`) or one is addressed."""
        if argument.mention.actors:
            return True
        if self.metonym(argument) is None or argument.owner:
            return bool(self.metonym(argument)) and argument.owner and group.type in _SPOKEN
        case = argument.case
        if self.is_symmetric(group) and case in _TOGETHER | {"bare"}:
            return True
        if case in {"bare", "gen", "by"}:
            return free or group.type in _SPOKEN
        return group.type in ADDRESSING | {"SANCTION"} and case in _RECIPIENTS[group.type] - {"on"}

    def assign(
        self,
        group: Group,
        text: str,
        arguments: list[Argument],
        bearing: Container[int],
        *,
        passive: bool,
        subject: Sequence[Party] = (),
    ) -> Roles:
        """Give each name of a verb, the likeliest subject first, the role that its case allows.

        `bearing` holds the first tokens of places that only say where another one lies. A `subject` that is known
        leaves the unmarked names to be objects.
        """
        roles = Roles(list(subject), [], [], [])
        given: dict[int, list[Party]] = {}
        passive = passive or any(one.case == "by" for one in arguments)
        for one in arguments:
            if self.is_party(group, one, free=not roles.actors and not passive):
                leader = given.get(max((end for end in given if end < one.first), default=-1)) if one.joined else None
                given[one.last] = self._add_party(group, text, one, roles, passive=passive, leader=leader)
            elif one.mention.places and not (self.metonym(one) and one.case == "bare"):
                aside = one.first in bearing or not self._happens_at(group, one)
                place = party_of(text, one, one.mention.places[0])
                if all(place.id != other.id for other in (*roles.places, *roles.beside)):
                    (roles.beside if aside else roles.places).append(place)
        return roles

    def _happens_at(self, group: Group, one: Argument) -> bool:
        if group.type == "STATEMENT" or (group.type in _SPOKEN and one.case not in {"in", "at"}):
            return False
        if one.case == "from" and self.metonym(one) is not None and group.type not in _LEAVING:
            return False
        return _AWAY.get((group.type, group.mode)) != one.case

    def _add_party(
        self, group: Group, text: str, one: Argument, roles: Roles, *, passive: bool, leader: list[Party] | None
    ) -> list[Party]:
        """Add a party where it belongs and return that list; what is coordinated follows its `leader`."""
        name = self.actor(one) or self.metonym(one)
        assert name is not None
        if any(name == other.id for other in (*roles.actors, *roles.recipients)):
            return []
        if leader is not None:
            chosen = leader
        elif self._acts(group, one, roles, passive=passive):
            chosen = roles.actors
        else:
            chosen = roles.recipients if self._suffers(group, one, passive=passive) else []
        if chosen is not roles.actors or self.can_do(group, name):
            chosen.append(party_of(text, one, name))
        return chosen

    def _acts(self, group: Group, one: Argument, roles: Roles, *, passive: bool) -> bool:
        if one.case == "by":
            return True
        if self.is_symmetric(group):
            return one.case in _TOGETHER | {"bare", "gen"} or (one.case == "to" and group.type != "CONSULT")
        if group.type == "AGREE" and one.case in _TOGETHER:
            return True
        if passive and group.type == "SEIZE":
            return one.case != "from"
        if group.type == "DISPLACE" and one.case == "from" and one.mention.actors:
            return not roles.actors
        if passive or (one.owner and one.case not in {"bare", "gen"}):
            return False
        return one.case in {"bare", "gen"} and not roles.actors

    def _suffers(self, group: Group, one: Argument, *, passive: bool) -> bool:
        if passive:
            return group.type in _PASSIVE and one.case in {"bare", "gen", "acc", "from", "in"}
        if group.type not in _RECIPIENTS:
            return False
        if one.case == "bare":
            return group.type not in _NO_OBJECT
        return one.case in _RECIPIENTS[group.type]
