"""From one coded article to its contributions to developments. Pure: it looks at this one revision only.

coded events -> those that count -> facets that the article gives elsewhere (place, side, day) -> denials tied to what
they deny -> one contribution per event and place
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from pipelines.developments.days import Window, day_window, publication_day
from pipelines.developments.geography import Geography
from pipelines.developments.policy import Policy, group_of, policy_of
from schemas.records import ArticleCoded, CodedEvent, Party, Record, Report

Stance = Literal["asserts", "confirms", "denies"]

_COUNTED: Final = frozenset({"actual", "future"})
_STATEMENT: Final = "STATEMENT"
_POSSESSIVE: Final = ("its ", "their ", "his ", "her ", "our ", "own ")
_NEAR_CHARS: Final = 700
"""How far before a bare denial the denied thing may stand: about three sentences."""
_AFTER_CHARS: Final = 300
DENIAL_RECALL_DAYS: Final = 2
"""A denial that spells out what it denies speaks of what was reported up to so many days before."""


class Family(NamedTuple):
    """Reports that may be about one development: all but side and day agree."""

    realis: str
    type: str
    group: str
    place: str


class Contribution(Record, frozen=True, kw_only=True):
    """What one report adds to one development of its family. `side` is None when nobody says who did it.

    `deniers` are ids, or texts where the vocabulary has none. The report's event may be a STATEMENT that denies or
    confirms the family's event.
    """

    report: Report
    family: Family
    side: str | None
    window: Window
    stance: Stance
    places: tuple[str, ...]
    deniers: tuple[str, ...] = ()


class Draft(NamedTuple):
    """An event on its way: what it says about itself, before the rest of its article is asked."""

    report: Report
    policy: Policy
    kind: tuple[str, str, str]
    """Realis, type and group of what is spoken of: what must agree between events that complete each other."""
    places: tuple[str, ...]
    side: str | None
    window: Window
    stance: Stance
    deniers: tuple[str, ...] = ()

    @property
    def event(self) -> CodedEvent:
        """The coded event; of a bare denial or confirmation, the STATEMENT."""
        return self.report.event


def contributions(coded: ArticleCoded, geography: Geography) -> tuple[Contribution, ...]:
    """Return what one revision contributes to developments; () for an irrelevant or withdrawn article."""
    if not coded.relevant:
        return ()
    reports = sorted(_reports(coded), key=_reading_order)
    published = publication_day(coded.article)
    drafts = [draft for report in reports if (draft := _draft(report, geography, published)) is not None]
    drafts = _complete(_narrow(drafts, geography))
    drafts += _denials(reports, drafts, geography)
    return tuple(item for draft in drafts for item in _contribute(draft, geography))


def _reports(coded: ArticleCoded) -> list[Report]:
    return [
        Report(event_id=event_id, article=coded.article, event=event, quote=quote)
        for event_id, event, quote in zip(coded.event_ids, coded.events, coded.quotes, strict=True)
    ]


def _reading_order(report: Report) -> tuple[bool, int, int, str]:
    event = report.event
    return (event.field == "text", event.sentence[0], event.trigger.span[0], report.event_id)


def _draft(report: Report, geography: Geography, published: int) -> Draft | None:
    event = _with_owner(report.event)
    if event.realis not in _COUNTED or event.type == _STATEMENT:
        return None
    policy = policy_of(event.type, event.mode)
    stance = _stance(event)
    recall = max(policy.recall_days, DENIAL_RECALL_DAYS) if stance == "denies" else policy.recall_days
    return Draft(
        report=msgspec.structs.replace(report, event=event),
        policy=policy,
        kind=(event.realis, event.type, group_of(event.type, event.mode, event.trigger.text)),
        places=geography.innermost(event.places),
        side=_side(event, policy, geography),
        window=day_window(event, published, recall),
        stance=stance,
        deniers=tuple(source.id or source.text for source in event.claim.sources) if stance == "denies" else (),
    )


def _stance(event: CodedEvent) -> Stance:
    """Tell what a report says: "X did not withdraw" denies as much as "X denied that it had withdrawn"."""
    if event.negated or event.claim.status == "denied":
        return "denies"
    return "confirms" if event.claim.status == "confirmed" else "asserts"


def _with_owner(event: CodedEvent) -> CodedEvent:
    """Read "its troops", said by somebody, as that somebody's."""
    owner = next((source.id for source in reversed(event.claim.sources) if source.id), None)
    if owner is None or not any(_is_possessive(party) for party in event.actors):
        return event
    actors = tuple(
        msgspec.structs.replace(party, id=owner) if _is_possessive(party) else party for party in event.actors
    )
    return msgspec.structs.replace(event, actors=actors)


def _is_possessive(party: Party) -> bool:
    return party.id is None and party.text.casefold().startswith(_POSSESSIVE)


def _side(event: CodedEvent, policy: Policy, geography: Geography) -> str | None:
    """Return the part of the identity that says who; "" where it doesn't count, None where it is not said."""
    if policy.side == "none":
        return ""
    everyone = (*event.actors, *event.recipients)
    if policy.side == "third":
        if not geography.camps(everyone):
            return None
        return "+".join(sorted(geography.camps(everyone) - {"kurdish", "federal", "civil"}))
    if policy.side == "both":
        return "+".join(sorted(geography.sides(everyone))) or None
    if policy.place != "none":
        return "+".join(sorted(geography.camps(event.actors) - {"civil"})) or _opponent(event, geography)
    return _speaker(event, geography)


def _opponent(event: CodedEvent, geography: Geography) -> str | None:
    """Guess who took a place from whom it was taken from: in this dispute there are two camps."""
    if event.type != "SEIZE":
        return None
    losers = geography.camps(event.recipients)
    if losers == {"kurdish"}:
        return "federal"
    return "kurdish" if losers == {"federal"} else None


def _speaker(event: CodedEvent, geography: Geography) -> str | None:
    """Return whose act of speech or policy it is; within one side, which organisation's against which."""
    actors = geography.sides(event.actors)
    if not actors:
        return None
    if len(actors) == 1 and geography.sides(event.recipients) == actors:
        ours, theirs = geography.organisations(event.actors), geography.organisations(event.recipients)
        if not ours & theirs:
            return "+".join(sorted(ours)) + ">" + "+".join(sorted(theirs))
    return "+".join(sorted(actors))


def _narrow(drafts: Sequence[Draft], geography: Geography) -> list[Draft]:
    """Give a title that names the district alone the town there that the text names for the same happening."""
    told: dict[tuple[str, str, str], set[str]] = {}
    for draft in drafts:
        if draft.event.field == "text":
            told.setdefault(draft.kind, set()).update(draft.places)
    return [
        draft
        if draft.event.field == "text"
        else draft._replace(places=_finer(draft.places, told, draft.kind, geography))
        for draft in drafts
    ]


def _finer(
    places: tuple[str, ...],
    told: Mapping[tuple[str, str, str], set[str]],
    kind: tuple[str, str, str],
    geography: Geography,
) -> tuple[str, ...]:
    names = told.get(kind, set())
    if len(places) != 1 or places[0] in names:
        return places
    district = geography.district(places[0])
    inner = tuple(sorted(name for name in names if geography.is_town(name) and geography.district(name) == district))
    return inner or places


def _complete(drafts: Sequence[Draft]) -> list[Draft]:
    """Give events without place, side or day those that the article gives for the same happening elsewhere."""
    placed = _fill_places(drafts)
    sided = _fill_sides(placed)
    return _fill_days(sided)


def _fill_places(drafts: Sequence[Draft]) -> list[Draft]:
    """Take the place of the same sentence, else the last one of the same kind of event, else the only one there is,
    else the one that the title names.
    """
    theme = _theme(drafts)
    by_sentence: dict[tuple[str, int], tuple[str, ...]] = {}
    for draft in drafts:
        if draft.places:
            by_sentence.setdefault(_sentence(draft.event), draft.places)
    last: dict[tuple[str, str, str], tuple[str, ...]] = {}
    filled = []
    for draft in drafts:
        if draft.policy.place == "none":
            filled.append(draft)
            continue
        places = draft.places or by_sentence.get(_sentence(draft.event)) or last.get(draft.kind) or theme
        last[draft.kind] = places
        filled.append(draft._replace(places=places))
    return filled


def _theme(drafts: Sequence[Draft]) -> tuple[str, ...]:
    """Return the only places that the article gives, else the only ones of its title; () where there are several."""
    placed = [draft for draft in drafts if draft.places and draft.policy.place != "none"]
    for group in (placed, [draft for draft in placed if draft.event.field == "title"]):
        if len(found := {draft.places for draft in group}) == 1:
            return next(iter(found))
    return ()


def _sentence(event: CodedEvent) -> tuple[str, int]:
    return (event.field, event.sentence[0])


def _fill_sides(drafts: Sequence[Draft]) -> list[Draft]:
    """Take the side that the article gives for the same kind of event at the same place, if it is one only."""
    known: dict[tuple[object, ...], set[str]] = {}
    for draft in drafts:
        if draft.side:
            for place in draft.places or ("",):
                known.setdefault((*draft.kind, place), set()).add(draft.side)
    filled = []
    for draft in drafts:
        if draft.side is None:
            found = set[str]().union(*(known.get((*draft.kind, place), set()) for place in draft.places or ("",)))
            filled.append(draft._replace(side=next(iter(found))) if len(found) == 1 else draft)
        else:
            filled.append(draft)
    return filled


def _fill_days(drafts: Sequence[Draft]) -> list[Draft]:
    """Take the day that the article names for the same happening, if it is one only and within reach."""
    named: dict[tuple[object, ...], set[int]] = {}
    for draft in drafts:
        if draft.window.exact:
            for place in draft.places or ("",):
                named.setdefault((*draft.kind, draft.side, place), set()).add(draft.window.first)
    return [draft if draft.window.exact else _with_day(draft, named) for draft in drafts]


def _with_day(draft: Draft, named: dict[tuple[object, ...], set[int]]) -> Draft:
    keys = ((*draft.kind, draft.side, place) for place in draft.places or ("",))
    days = set[int]().union(*(named.get(key, set()) for key in keys))
    reachable = [day for day in days if draft.window.first <= day <= draft.window.last]
    if len(reachable) != 1:
        return draft
    return draft._replace(window=Window(reachable[0], reachable[0], exact=True))


def _denials(reports: Sequence[Report], drafts: Sequence[Draft], geography: Geography) -> list[Draft]:
    """Tie each denial that does not spell out its content to the event of the article that it is about."""
    spelt_out = {
        _sentence(report.event)
        for report in reports
        if report.event.type != _STATEMENT and _stance(report.event) != "asserts"
    }
    found = []
    for report in reports:
        event = report.event
        if event.type != _STATEMENT or event.mode not in {"deny", "confirm"} or _sentence(event) in spelt_out:
            continue
        if event.realis != "actual" or event.negated:
            continue
        target = _spoken_of(report, drafts, geography)
        if target is not None:
            found.append(_tie(report, target))
    return found


def _spoken_of(report: Report, drafts: Sequence[Draft], geography: Geography) -> Draft | None:
    """Return the nearest event before a bare denial that its speaker can mean, else the nearest after it."""
    speaker = geography.camps(report.event.actors)
    candidates = [draft for draft in drafts if _may_be_denied(draft, report, speaker, geography)]
    start = report.event.sentence[0]
    if report.event.field == "title":
        return candidates[0] if candidates else None
    before = [draft for draft in candidates if _before(draft.event, start)]
    after = [draft for draft in candidates if draft.event.field == "text" and draft.event.sentence[0] > start]
    if before:
        return before[-1]
    return after[0] if after and after[0].event.sentence[0] - start <= _AFTER_CHARS else None


def _before(event: CodedEvent, start: int) -> bool:
    """Tell whether an event stands shortly before `start`; the title stands before the first paragraph."""
    place = 0 if event.field == "title" else event.sentence[0]
    return place <= start and start - place <= _NEAR_CHARS


def _may_be_denied(draft: Draft, report: Report, speaker: frozenset[str], geography: Geography) -> bool:
    event = draft.event
    if draft.stance == "denies" or event.type in {"REJECT", "SUPPORT", "DISPLACE"}:
        return False
    if event.type == "ACCUSE":
        accused = {party.id for party in event.recipients if party.id}
        return bool(accused & {party.id for party in report.event.actors})
    return not speaker or bool(speaker & geography.camps((*event.actors, *event.recipients)))


def _tie(report: Report, target: Draft) -> Draft:
    """Return the target's place among developments, days included, with the denial's words."""
    denies = report.event.mode == "deny"
    return target._replace(
        report=report,
        stance="denies" if denies else "confirms",
        deniers=tuple(party.id or party.text for party in report.event.actors) if denies else (),
    )


def _contribute(draft: Draft, geography: Geography) -> list[Contribution]:
    """Return one contribution per place that counts, none when what the type needs is not known."""
    policy = draft.policy
    if policy.needs_side and draft.side is None:
        return []
    by_key = _places_by_key(draft, geography)
    if not by_key:
        by_key = {} if policy.needs_place else {"": ()}
    return [
        Contribution(
            report=draft.report,
            family=Family(*draft.kind, key),
            side=draft.side,
            window=draft.window,
            stance=draft.stance,
            places=places,
            deniers=draft.deniers,
        )
        for key, places in by_key.items()
    ]


def _places_by_key(draft: Draft, geography: Geography) -> dict[str, tuple[str, ...]]:
    """Return the draft's places by the part of the identity that says where."""
    if draft.policy.place == "none":
        return {"": draft.places}
    key_of = geography.site if draft.policy.place == "site" else geography.district
    found: dict[str, tuple[str, ...]] = {}
    for place in draft.places:
        key = key_of(place)
        found[key] = (*found.get(key, ()), place)
    return found
