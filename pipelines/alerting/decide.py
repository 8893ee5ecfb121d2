"""From an updated development to alerts. Pure: rules, ledger and time come in, intents go out.

Every trigger of a rule is asked of the development as it stands, not of the step that led there: what holds and was not
alerted yet is alerted now. A missed step, a restart or another order of reports therefore ends with the same alerts.
(`spread` alone is a step, for "another place" says nothing about a state.)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from pipelines.alerting.ledger import Ledger
from pipelines.developments import Change
from schemas.documents import development_document
from schemas.query import matches
from schemas.records import Alert, Development, Evidence, SchemaRef, stable_id
from schemas.rules import ReadyRule, Rule, Rules, Trigger

HISTORY: Final = "history"
"""Why nothing is sent about what lay in the log before the rules or the schema could see it."""
_LISTED: Final = 5
"""Names in one line; a message is to be read at a glance."""
_IDS: Final = 200
"""Reports that an alert names; the development's document names all."""
_DENIED: Final = frozenset({"denied", "disputed"})
Quote = Callable[[tuple[Change, ...]], tuple[Evidence, ...]]


class Sighting(NamedTuple):
    """A development as it stands after an update, with all ids it has had and the steps that led to it.

    `schema` is what the article that updated it was coded with.
    """

    development: Development
    lineage: tuple[str, ...]
    realis: str
    changes: tuple[Change, ...] = ()
    schema: SchemaRef | None = None


def decide(
    sighting: Sighting, rules: Rules, ledger: Ledger, quote: Quote, now: datetime, *, held_back: str | None = None
) -> list[Alert]:
    """Return the alerts that are due, those included that are not to be sent. Each goes into the ledger before it is
    sent; the caller folds them before it asks again, for throttles and `only_alerted` look at the ledger.

    One update gives one message a rule at most: what a rule finds beside its first alert is held back, and so is the
    denial that comes with the news itself. After that nothing is due, whatever the order of the rules: so a process
    that begins here decides as one that goes on. `held_back`: why none of them is to be sent.
    """
    fields = development_document(sighting.development).fields
    told = ledger.told(sighting.lineage)
    alerts: list[Alert] = []
    for ready in sorted(rules.rules, key=lambda ready: ready.rule.only_alerted):
        reason = held_back or _why_not(ready, ledger, now)
        if ready.rule.only_alerted and not told:
            if all(alert.suppressed for alert in alerts):
                continue
            reason = reason or "said with the news itself"
        for trigger, found in _due(sighting, ready, ledger, fields):
            alerts.append(_alert(sighting, ready.rule, trigger, found, quote((found.step,)), now, reason))
            reason = reason or f"said with {found.name}"
    return alerts


class Found(NamedTuple):
    """What makes an alert: how it is named in its id, and the step that its evidence should show."""

    name: str
    step: Change


def _due(
    sighting: Sighting, ready: ReadyRule, ledger: Ledger, fields: Mapping[str, Any]
) -> Iterator[tuple[Trigger, Found]]:
    """Yield what a rule finds true of a development that is not in the ledger."""
    if not _fits(sighting, ready.rule) or not matches(ready.query, fields):
        return
    for trigger in ready.triggers:
        for found in _holding(sighting, ready.rule, trigger):
            if not ledger.holds(ready.rule.name, sighting.lineage, found.name):
                yield trigger, found


def _fits(sighting: Sighting, rule: Rule) -> bool:
    development = sighting.development
    return (
        sighting.realis in rule.realis
        and (not rule.types or development.type in rule.types)
        and (not rule.modes or development.mode in rule.modes)
        and (not rule.places or bool({development.place, *development.places} & set(rule.places)))
        and (not rule.sides or bool(set(development.side.replace(">", "+").split("+")) & set(rule.sides)))
        and (not rule.actors or bool({*development.actors, *development.recipients} & set(rule.actors)))
        and development.sources >= rule.min_sources
    )


def _holding(sighting: Sighting, rule: Rule, trigger: Trigger) -> Iterator[Found]:
    """Yield what a trigger finds true of a development. Only a denial may be about one that is merely denied."""
    development = sighting.development
    if trigger.kind == "denied":
        if development.claim in _DENIED:
            yield Found("denied", Change(kind="denied"))
        return
    if development.claim not in rule.claims:
        return
    if trigger.kind == "opened":
        yield Found("opened", Change(kind="opened"))
    elif trigger.kind == "confirmed" and development.claim == "confirmed":
        yield Found("confirmed", Change(kind="confirmed"))
    elif trigger.kind == "corroborated" and development.sources >= trigger.number:
        yield Found(trigger.text, Change(kind="corroborated", new=development.sources))
    elif trigger.kind == "magnitude":
        value = development.magnitudes.get(trigger.facet)
        if value is not None and value >= trigger.number:
            yield Found(trigger.text, Change(kind="magnitude", facet=trigger.facet, new=value))
    elif trigger.kind == "spread":
        yield from (Found(f"spread:{step.facet}", step) for step in sighting.changes if step.kind == "spread")


def _alert(
    sighting: Sighting,
    rule: Rule,
    trigger: Trigger,
    found: Found,
    evidence: tuple[Evidence, ...],
    now: datetime,
    suppressed: str | None,
) -> Alert:
    origin = sighting.lineage[0]
    return Alert(
        alert_id=stable_id(rule.name, origin, found.name),
        rule=rule.name,
        development_id=origin,
        change=found.name,
        title=f"{rule.title or rule.name}: {sighting.development.title}",
        summary=_summary(sighting.development, trigger, found.step),
        severity=rule.severity,
        raised=now,
        development=_outline(sighting.development),
        evidence=evidence,
        suppressed=suppressed,
        channels=rule.channels,
        schema=sighting.schema,
    )


def _outline(development: Development) -> Development:
    """Leave out what a ledger need not keep: a development may rest on thousands of reports."""
    events, articles = development.event_ids[:_IDS], development.article_ids[:_IDS]
    return msgspec.structs.replace(development, event_ids=events, article_ids=articles)


def _why_not(ready: ReadyRule, ledger: Ledger, now: datetime) -> str | None:
    """Say why a rule sends nothing now, None when it does."""
    rule = ready.rule
    until = ledger.muted_until(rule.name)
    if until is not None and now < until:
        return f"muted until {until:%Y-%m-%d %H:%M} UTC"
    if ready.quiet is not None and ready.quiet.hold(now):
        return f"quiet hours {rule.quiet_hours}"
    last = ledger.last_sent(rule.name)
    if rule.throttle_s and last is not None and now < last + timedelta(seconds=rule.throttle_s):
        return f"throttled: the rule alerted at {last:%H:%M:%S} UTC, one in {rule.throttle_s:g} s"
    return None


def _summary(development: Development, trigger: Trigger, step: Change) -> str:
    """Say in one line what changed and how well it is founded."""
    sources = f"{development.sources} independent source{'s' if development.sources != 1 else ''}"
    deniers = f" by {_listed(development.denied_by)}" if development.denied_by else ""
    what = {
        "opened": "new",
        "denied": f"denied{deniers or ' by the outlet'}",
        "confirmed": "confirmed",
        "corroborated": f"told by {sources}",
        "magnitude": f"{trigger.facet} reached {step.new or 0:g}",
        "spread": f"also at {step.facet}",
    }[trigger.kind]
    copies = f", {development.copies} copies" if development.copies else ""
    figures = ", ".join(f"{value:g} {kind}" for kind, value in sorted(development.magnitudes.items()))
    denied = f", denied{deniers}" if deniers and trigger.kind != "denied" else ""
    parts = (what, f"{development.claim}{denied}", f"{sources}{copies}", figures, _listed(development.outlets))
    return "; ".join(part for part in parts if part)


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")
