"""A development's title: "Peshmerga withdraw from Kirkuk (16 October 2017)"."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from pipelines.developments.geography import Geography
from pipelines.developments.slots import UNKNOWN_SIDE

_PHRASES: Final[Mapping[str, str]] = {
    "AGREE": "{who} reach{es} an agreement{with}",
    "CONSULT": "{who} hold{s} talks{with}",
    "CONSULT/visit": "{who} visit{s}{whom}",
    "CONSULT/meet": "{who} meet{s}{whom}",
    "CONSULT/phone": "{who} speak{s} by telephone{with}",
    "SUPPORT": "{who} back{s}{whom}",
    "CONCEDE": "{who} offer{s} to give way{to}",
    "CONCEDE/apologise": "{who} apologise{s}{to}",
    "COOPERATE": "{who} cooperate{s}{with}",
    "AID": "{who} aid{s}{whom}",
    "RETREAT": "{who} withdraw{s} from {where}",
    "RETREAT/surrender": "{who} give{s} up {where}",
    "RETREAT/release": "{who} release{s} captives or property",
    "RETREAT/ceasefire": "{who} cease{s} fire",
    "RETREAT/resign": "{who} resign{s}",
    "RETREAT/disarm": "{who} disarm{s}",
    "REQUEST": "{who} make{s} demands{of}",
    "ACCUSE": "{who} accuse{s}{whom}",
    "REJECT": "{who} reject{s} demands{of}",
    "THREATEN": "{who} threaten{s}{whom}",
    "PROTEST": "Protest in {where}",
    "SANCTION": "{who} impose{s} sanctions{on}",
    "SANCTION/relations": "{who} cut{s} relations{with}",
    "SANCTION/airspace": "{who} close{s} airspace{to}",
    "SANCTION/dismiss": "{who} dismiss{es} officials{of}",
    "SANCTION/convict": "{who} convict{s} or order{s} the arrest{of}",
    "MOBILIZE": "{who} move{s} forces in {where}",
    "COERCE": "{who} use{s} coercion in {where}",
    "COERCE/arrest": "{who} make{s} arrests in {where}",
    "COERCE/curfew": "{who} impose{s} a curfew in {where}",
    "COERCE/censor": "{who} restrict{s} media in {where}",
    "COERCE/blockade": "{who} blockade{s} {where}",
    "COERCE/seize-property": "{who} seize{s} property in {where}",
    "ASSAULT": "Fighting in {where}",
    "ASSAULT/explosives": "Bombing in {where}",
    "ASSAULT/abduct": "Abduction in {where}",
    "SEIZE": "{who} take{s} {where}",
    "VOTE": "Vote in {where}",
    "VOTE/referendum": "Independence referendum",
    "VOTE/parliament": "Vote in parliament",
    "DISPLACE": "Civilians flee {where}",
    "DISPLACE/return": "Civilians return to {where}",
    "OIL": "Oil operations change at {where}",
    "OIL/export": "Oil exports change",
    "OIL/pipeline": "Oil flow by pipeline changes",
    "OIL/price": "Oil prices move",
}
"""Phrases by type, and by type and mode where those differ. A schema of another crisis gets "Type: who, where"."""
_ALONE: Final[Mapping[str, str]] = {
    "ACCUSE": "{who} make{s} accusations",
    "AID": "{who} give{s} aid",
    "CONSULT/meet": "{who} hold{s} a meeting",
    "CONSULT/visit": "{who} pay{s} a visit",
    "SUPPORT": "{who} voice{s} support",
    "THREATEN": "{who} make{s} threats",
}
"""The same where nobody is named to whom it is done."""
_SINGULAR_KINDS: Final = frozenset({"person", "state", "organisation"})
"""Kinds of actor whose names take a verb in the singular; forces, parties and peoples are many."""


def title_of(
    kind: str,
    mode: str | None,
    *,
    actors: Sequence[str],
    recipients: Sequence[str],
    place: str | None,
    day: int,
    side: str,
    geography: Geography,
) -> str:
    """Return a title from ids, the first actors and recipients being the weightiest; `day` is an ordinal."""
    whom = [geography.actor_name(actor) for actor in recipients if actor not in actors[:1]][:2]
    acting = actors[: 1 if whom or "+" not in side else 2]
    singular = len(acting) == 1 and geography.actor_kind(acting[0]) in _SINGULAR_KINDS
    if not acting:
        singular = side not in {"", UNKNOWN_SIDE}
    place_name = geography.place_name(place) if place else ""
    together = kind == "CONSULT" and len(acting) > 1
    text = _phrase(kind, mode, alone=not whom and not together, placed=bool(place)).format_map(
        {
            "who": _join([geography.actor_name(actor) for actor in acting]) or _unnamed(side),
            "where": place_name or "the region",
            "s": "s" if singular else "",
            "es": "es" if singular else "",
            "whom": f" {_join(whom)}" if whom else "",
            **{word: f" {word} {_join(whom)}" if whom else "" for word in ("with", "to", "of", "on")},
        }
    )
    moment = date.fromordinal(day)
    return f"{text[:1].upper()}{text[1:]} ({moment.day} {moment:%B} {moment.year})"


def _phrase(kind: str, mode: str | None, *, alone: bool, placed: bool) -> str:
    names = (f"{kind}/{mode}", kind)
    tables = (_ALONE, _PHRASES) if alone else (_PHRASES,)
    found = next((table[name] for name in names for table in tables if name in table), None)
    if found is None:
        return f"{kind.capitalize()}: {{who}}, {{where}}"
    return f"{found} in {{where}}" if placed and "{where}" not in found else found


def _join(names: Sequence[str]) -> str:
    return " and ".join(names)


def _unnamed(side: str) -> str:
    """Name a side of which nobody in particular is named, such as the Kurdish one."""
    if side in {"", UNKNOWN_SIDE}:
        return "unnamed parties"
    return f"the {_join([word.capitalize() for word in side.split('+')])} side"
