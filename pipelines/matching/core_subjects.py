"""Who acts where a core language doesn't say it beside the verb: speakers, pronouns, who acted in the clause before."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pipelines.matching.core_cases import Argument, folded
from pipelines.matching.core_claims import Cue, Line, Memory
from pipelines.matching.core_roles import ADDRESSING, Roles, RoleTable
from pipelines.matching.core_stems import Hit
from schemas.lexicon import Core
from schemas.records import CodedEvent, Party

_AGAINST: Final = frozenset({"with", "against"})
_MUTUAL: Final = frozenset({"CONSULT", "ASSAULT"})
_NOBODYS: Final = frozenset({"VOTE", "OIL", "DISPLACE"})
"""Types whose teller is seldom who does it."""


class Verb(NamedTuple):
    """A verb found, its span in the text, and the names that belong to it."""

    hit: Hit
    here: tuple[int, int]
    own: list[Argument]
    linked: bool
    """A particle written together with it ("and") links it to the verb before."""


class Subjects:
    """One language's words and forms for subjects that are named elsewhere."""

    def __init__(self, core: Core, roles: RoleTable) -> None:
        self.verb_first = core.verb_first
        self._roles = roles
        self._that = folded(core.complements)
        self._breaks = folded(core.breaks)
        self._pronouns = folded(core.pronouns)
        self._participles = folded(core.participles)
        self._relative = re.compile(core.relative) if core.relative else None

    def known(
        self, verb: Verb, line: Line, covering: list[Cue], memory: Memory, earlier: list[CodedEvent]
    ) -> list[Party]:
        """Return the subject that the verb's form or place says is somebody named before.

        A participle ("accusing") has the last verb's; "and demanded" of one object too; a pronoun opens its clause.
        """
        token = line.tokens[verb.hit.first].text
        acting = list(earlier[-1].actors) if earlier else []
        if token in self._participles:
            return self._speaking(covering) or acting
        bare = [one for one in verb.own if one.case == "bare"]
        group = verb.hit.rule.group
        if self.verb_first:
            talks = verb.linked and group.type == "REQUEST" and bool(earlier) and earlier[-1].type in ADDRESSING
            return acting if talks and len(bare) == 1 else []
        return self._pronoun(line, verb, memory)

    def _speaking(self, covering: list[Cue]) -> list[Party]:
        sources = [cue.credit.source for cue in covering if cue.speaker != (0, 0)]
        return [Party(id=one.id, text=one.text, span=one.span) for one in sources[-1:] if one.id and one.span]

    def _pronoun(self, line: Line, verb: Verb, memory: Memory) -> list[Party]:
        """Resolve a pronoun that opens the sentence or a clause to who acted last."""
        marks = self._that | self._breaks
        for at, token in enumerate(line.tokens[: verb.hit.first]):
            opens = at == 0 or line.tokens[at - 1].text in marks
            if token.text in self._pronouns and opens and memory.actor is not None:
                return [Party(id=memory.actor, text=line.text[token.start : token.end], span=(token.start, token.end))]
        return []

    def carried(
        self,
        verb: Verb,
        line: Line,
        covering: list[Cue],
        known: tuple[Roles, Roles],
        earlier: list[CodedEvent],
    ) -> list[Party]:
        """Find the doer that the verb's own clause leaves out."""
        group = verb.hit.rule.group
        roles, rest = known
        taken = {party.id for party in (*roles.recipients, *roles.places)}
        said = [party for party in _before(verb, rest.actors) if party.id not in taken][:1]
        if said:
            told = [event for event in earlier if event.type not in _MUTUAL]
            together = [event.actors for event in told if said[0] in event.actors]
            return [party for party in together[-1] if party.id not in taken] if together else said
        if self._relative is not None and self._relative.search(line.tokens[verb.hit.last].text):
            following = [party for party in rest.actors if party.span and party.span[0] >= verb.here[1]]
            if following:
                return following[:1]
        if group.type not in _NOBODYS:
            return [party for party in self._speaking(covering) if self._roles.can_do(group, party.id or "")]
        return []

    def other_side(self, verb: Verb, roles: Roles, rest: Roles, earlier: list[CodedEvent]) -> list[Party]:
        """Find the second side of a meeting or clash in what the sentence told before."""
        if verb.hit.rule.group.type not in _MUTUAL:
            return []
        side = next((one for one in verb.own if one.mention.start == roles.actors[0].span[0]), None)
        if side is None or (side.case not in _AGAINST and self.verb_first and not verb.linked):
            return []
        parties: Sequence[Party] = (earlier[-1].recipients or earlier[-1].actors) if earlier else ()
        if not parties and side.case in _AGAINST:
            parties = _before(verb, rest.actors)
        return [party for party in parties if party.id != roles.actors[0].id][:1]


def _before(verb: Verb, parties: list[Party]) -> list[Party]:
    """Return the parties that are named in front of the verb."""
    return [party for party in parties if party.span is not None and party.span[1] <= verb.here[0]]
