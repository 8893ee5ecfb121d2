"""A development's title: "Peshmerga withdraw from Kirkuk (16 October 2017)"."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from pipelines.developments.geography import Geography

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
    acting = actors[: 1 + ("+" in side)]
    who = [geography.actor_name(actor) for actor in acting]
    whom = [geography.actor_name(actor) for actor in recipients if actor not in acting][:2]
    where = geography.place_name(place) if place else "the region"
    phrase = _PHRASES.get(f"{kind}/{mode}") or _PHRASES.get(kind) or f"{kind.capitalize()}: {{who}}, {{where}}"
    singular = len(who) == 1 and geography.actor_kind(acting[0]) in _SINGULAR_KINDS
    text = phrase.format_map(
        {
            "who": _join(who) or _unnamed(side),
            "where": where,
            "s": "s" if singular else "",
            "es": "es" if singular else "",
            "whom": " " + _join(whom) if whom else "" if place is None else f" in {where}",
            **{word: f" {word} {_join(whom)}" if whom else "" for word in ("with", "to", "of", "on")},
        }
    )
    moment = date.fromordinal(day)
    return f"{text[:1].upper()}{text[1:]} ({moment.day} {moment:%B} {moment.year})"


def _join(names: Sequence[str]) -> str:
    return " and ".join(names)


def _unnamed(side: str) -> str:
    """Name a side of which nobody in particular is named, such as the Kurdish one."""
    known = [word.capitalize() for word in side.split("+") if word and word != "unknown"]
    return f"{_join(known)} side" if known else "unnamed parties"
