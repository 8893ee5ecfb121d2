"""What makes two reports be about one development, by event type. The reasons stand in docs/decisions.md.

Every type answers: does the place count, and how finely; whose side counts; how long does a report without a day of its
own still speak of an earlier day; and over how many days is one development spread when reports name different days.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

PlaceKey = Literal["none", "district", "site"]
SideKey = Literal["none", "actor", "both", "third"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How reports of one type meet.

    `place`: none (identity lies in who, not where), district, or site (a town, a base, a field or a crossing stands by
    itself).
    `side`: actor (the side that acts), both (all sides, unordered), third (only sides other than the two of the dispute
    and civilians: in a battle, who is called attacker depends on the outlet), none.
    `recall_days`: a report without a day belongs to the latest development up to so many days before its publication.
    `span_days`: days named by reports up to so far after the first are the same development.
    `memory_days`: while reports keep coming, each within `recall_days` of the one before, those without a day speak of
    a development for so many days.
    `groups`: modes that are developments of their own, and the name of their group; all other modes are one group.
    `turns`: beginnings of trigger words that mark the opposite course, which is a group of its own (output that
    resumes is no part of its halt).
    `needs_place`, `needs_side`: without it, no development is made.
    """

    place: PlaceKey = "none"
    side: SideKey = "actor"
    recall_days: int = 1
    span_days: int = 0
    memory_days: int = 0
    groups: Mapping[str, str] = {}
    turns: tuple[str, ...] = ()
    needs_place: bool = False
    needs_side: bool = False


_TALK: Final = Policy(needs_side=True)
_MEETING: Final = Policy(side="both", recall_days=2, needs_side=True)
_DEED: Final = Policy(side="both", recall_days=2, needs_side=True)

POLICIES: Final[Mapping[str, Policy]] = {
    # What was taken stays taken: for days, articles say "who seized the city" in passing.
    "SEIZE": Policy(place="site", recall_days=5, span_days=2, memory_days=30, needs_place=True),
    "RETREAT": Policy(place="site", recall_days=5, span_days=2, memory_days=30, needs_place=True),
    # Fights flare up again daily, so a day is a development; its name changes with the outlet (clash, attack, kill).
    "ASSAULT": Policy(
        place="district", side="third", needs_place=True, groups={"explosives": "bomb", "abduct": "abduct"}
    ),
    "MOBILIZE": Policy(place="district", needs_side=True),
    "DISPLACE": Policy(
        # People leave for days, and for days after articles tell how many left.
        place="district",
        side="none",
        recall_days=5,
        span_days=3,
        needs_place=True,
        groups={"return": "return"},
    ),
    "PROTEST": Policy(place="district", side="none", needs_place=True),
    "COERCE": Policy(
        place="district",
        recall_days=2,
        needs_side=True,
        groups={mode: mode for mode in ("arrest", "curfew", "censor", "blockade", "seize-property")},
    ),
    # Outlets name one field, several or none for one halt.
    "OIL": Policy(
        side="none",
        groups={"price": "price", "export": "flow", "pipeline": "flow"},
        turns=("resum", "restart", "restor", "reopen", "recover", "rose", "rise", "rising", "increas", "boost"),
    ),
    "VOTE": Policy(
        side="none", recall_days=10, span_days=1, groups={"election": "election", "parliament": "parliament"}
    ),
    "SANCTION": Policy(
        recall_days=2,
        needs_side=True,
        groups={mode: mode for mode in ("relations", "economic", "airspace", "dismiss", "convict")},
    ),
    "CONSULT": _MEETING,
    "AGREE": _MEETING,
    "COOPERATE": _MEETING,
    "ACCUSE": _TALK,
    "AID": _TALK,
    "CONCEDE": _TALK,
    "REJECT": _TALK,
    "REQUEST": _TALK,
    "SUPPORT": _TALK,
    "THREATEN": _TALK,
}
"""STATEMENT is missing: a denial or confirmation is a part of the development that it speaks of."""

_REFERENDUM: Final = Policy(side="none", recall_days=30, span_days=30)
"""A people votes on a question once; for weeks, articles speak of that vote by the day of what they tell of it."""
_GIVING_WAY: Final = frozenset({"release", "ceasefire", "resign", "disarm"})
"""Modes of RETREAT that leave no ground."""
OTHER_TYPES: Final = _TALK
"""Types that a schema of another crisis adds."""


def policy_of(kind: str, mode: str | None) -> Policy:
    """Return the policy of an event type and mode."""
    if kind == "RETREAT" and mode in _GIVING_WAY:
        return _DEED
    if kind == "VOTE" and not POLICIES[kind].groups.get(mode or ""):
        return _REFERENDUM
    return POLICIES.get(kind, OTHER_TYPES)


def group_of(kind: str, mode: str | None, trigger: str) -> str:
    """Return which of a type's developments a mode belongs to; "" is the common one."""
    if kind == "RETREAT" and mode in _GIVING_WAY:
        return mode or ""
    policy = policy_of(kind, mode)
    group = policy.groups.get(mode or "", "")
    return f"{group}+" if policy.turns and trigger.casefold().startswith(policy.turns) else group
