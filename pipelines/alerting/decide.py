"""From an updated development to alerts. Pure: rules, ledger and time come in, intents go out.

Every trigger of a rule is asked of the development as it stands, not of the step that led there: what holds and was not
alerted yet is alerted now. A missed step, a restart or another order of reports therefore ends with the same alerts.
(`spread` alone is a step, for "another place" says nothing about a state.)
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pipelines.alerting.ledger import Ledger
from pipelines.developments import Change
from schemas.documents import development_document
from schemas.query import matches
from schemas.records import Alert, Development, Evidence, stable_id
from schemas.rules import ReadyRule, Rule, Rules, Trigger

HISTORY = "history"
"""Why nothing is sent about what lay in the log before the rules or the schema could see it."""
_DENIED = frozenset({"denied", "disputed"})
Quote = Callable[[tuple[Change, ...]], tuple[Evidence, ...]]


class Sighting(NamedTuple):
    """A development as it stands after an update, with all ids it has had and the steps that led to it."""

    development: Development
    lineage: tuple[str, ...]
    realis: str
    changes: tuple[Change, ...] = ()


class Settled:
    """What held already when this process began, and is not in the ledger: history, about which nothing is sent."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str, str]] = set()

    def add(self, rule: str, lineage: Iterable[str], change: str) -> None:
        """Remember one."""
        self._keys.update((rule, development_id, change) for development_id in lineage)

    def holds(self, rule: str, lineage: Iterable[str], change: str) -> bool:
        """Tell whether a development held it, under any of its ids."""
        return any((rule, development_id, change) in self._keys for development_id in lineage)


def decide(
    sighting: Sighting, rules: Rules, ledger: Ledger, settled: Settled, quote: Quote, now: datetime
) -> list[Alert]:
    """Return the alerts that are due, those included that are held back. Each goes into the ledger before it is sent.

    The caller folds them before it asks again: throttles and `only_alerted` look at the ledger.
    """
    return [
        _alert(sighting, ready.rule, trigger, change, ledger, quote, now, quiet=_is_quiet(ready, now))
        for ready, trigger, change in due(sighting, rules, ledger)
        if not settled.holds(ready.rule.name, sighting.lineage, change.name)
    ]


class Due(NamedTuple):
    """What makes an alert: how it is named in its id, and the step that its evidence should show."""

    name: str
    step: Change


def due(sighting: Sighting, rules: Rules, ledger: Ledger) -> Iterator[tuple[ReadyRule, Trigger, Due]]:
    """Yield what holds for a development and is not in the ledger."""
    fields = development_document(sighting.development).fields
    for ready in rules.rules:
        if not _fits(sighting, ready.rule) or not matches(ready.query, fields):
            continue
        for trigger in ready.triggers:
            if ready.rule.only_alerted and not ledger.told(sighting.lineage):
                continue
            for found in _holding(sighting, ready.rule, trigger):
                if not ledger.holds(ready.rule.name, sighting.lineage, found.name):
                    yield ready, trigger, found


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


def _holding(sighting: Sighting, rule: Rule, trigger: Trigger) -> Iterator[Due]:
    """Yield what a trigger finds true of a development. Only a denial may be about one that is merely denied."""
    development = sighting.development
    if trigger.kind == "denied":
        if development.claim in _DENIED:
            yield Due("denied", Change(kind="denied"))
        return
    if development.claim not in rule.claims:
        return
    if trigger.kind == "opened":
        yield Due("opened", Change(kind="opened"))
    elif trigger.kind == "confirmed" and development.claim == "confirmed":
        yield Due("confirmed", Change(kind="confirmed"))
    elif trigger.kind == "corroborated" and development.sources >= trigger.number:
        yield Due(trigger.text, Change(kind="corroborated", new=development.sources))
    elif trigger.kind == "magnitude":
        value = development.magnitudes.get(trigger.facet)
        if value is not None and value >= trigger.number:
            yield Due(trigger.text, Change(kind="magnitude", facet=trigger.facet, new=value))
    elif trigger.kind == "spread":
        yield from (Due(f"spread:{step.facet}", step) for step in sighting.changes if step.kind == "spread")


def _is_quiet(ready: ReadyRule, now: datetime) -> bool:
    return ready.quiet is not None and ready.quiet.hold(now)


def _alert(
    sighting: Sighting, rule: Rule, trigger: Trigger, found: Due, ledger: Ledger, quote: Quote, now: datetime,
    *, quiet: bool,
) -> Alert:  # fmt: skip
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
        development=sighting.development,
        evidence=quote((found.step,)),
        suppressed=_held_back(rule, ledger, now, quiet=quiet),
        channels=rule.channels,
    )


def _held_back(rule: Rule, ledger: Ledger, now: datetime, *, quiet: bool) -> str | None:
    """Say why an alert is not sent, None when it is."""
    until = ledger.muted_until(rule.name)
    if until is not None and now < until:
        return f"muted until {until:%Y-%m-%d %H:%M} UTC"
    if quiet:
        return f"quiet hours {rule.quiet_hours}"
    last = ledger.last_sent(rule.name)
    if rule.throttle_s and last is not None and now < last + timedelta(seconds=rule.throttle_s):
        return f"throttled: the rule alerted at {last:%H:%M:%S} UTC, one in {rule.throttle_s:g} s"
    return None


def _summary(development: Development, trigger: Trigger, step: Change) -> str:
    """Say in one line what changed and how well it is founded."""
    sources = f"{development.sources} independent source{'s' if development.sources != 1 else ''}"
    copies = f", {development.copies} copies" if development.copies else ""
    what = {
        "opened": "new",
        "denied": f"denied by {', '.join(development.denied_by) or 'the outlet'}",
        "confirmed": "confirmed",
        "corroborated": f"told by {sources}",
        "magnitude": f"{trigger.facet} reached {step.new or 0:g}",
        "spread": f"also at {step.facet}",
    }[trigger.kind]
    return f"{what}; {development.claim}; {sources}{copies}; {', '.join(development.outlets)}"
