"""`kirkuk alerts` and `kirkuk why`: what was raised, why, what became of it; acknowledging, muting, trying channels."""

import os
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, TextIO

import click
import msgspec

from connectors.ports import Append, Clock, EventLog, Notifier, SystemClock
from pipelines.alert_step import LedgerReader
from pipelines.alerting import Delivery, Ledger
from pipelines.streams import replay
from schemas.documents import alert_status
from schemas.envelope import ALERTS, pack, unpack
from schemas.errors import ConfigError, DeliveryError, KirkukError
from schemas.records import Alert, AlertAcknowledged, AlertRaised, Development, Evidence, RuleMuted, stable_id
from schemas.rules import TERMINAL, Rules, load_rules
from schemas.strict_convert import near

_SHORTEST_ID: Final = 6
_NAMES: Final = {
    "DeliveryStarted": "taken up",
    "AlertDelivered": "delivered",
    "DeliveryFailed": "refused",
    "AlertAcknowledged": "acknowledged",
}


def open_notifiers(rules: Rules, terminal: Notifier) -> list[Notifier]:
    """Open the enabled channels. Raises ConfigError for an unset variable or a URL that is not understood."""
    from connectors.apprise_notifier import AppriseNotifier

    opened: list[Notifier] = [terminal]
    for name, channel in rules.channels.items():
        if channel.enabled:
            url = channel.url or os.environ.get(channel.env, "")
            if not url:
                raise ConfigError(
                    f"{rules.file}: channels.{name}: {channel.env} is not set in the environment; "
                    "set it, or write enabled = false"
                )
            try:
                opened.append(AppriseNotifier(name, url))
            except ConfigError as error:
                raise ConfigError(f"{origin(rules, name)}: {error}") from error
    return opened


def origin(rules: Rules, name: str) -> str:
    """Say where a channel's address stands."""
    channel = rules.channels[name]
    return f"{channel.env} in the environment" if channel.env else f"{rules.file}: channels.{name}.url"


def read_ledger(log: EventLog) -> Ledger:
    """Return the ledger as it is now."""
    reader = LedgerReader(log)
    reader.catch_up()
    return reader.ledger


def list_alerts(
    log: EventLog, *, include_suppressed: bool = False, as_json: bool = False, out: TextIO | None = None
) -> None:
    """Print alerts in the order in which they were raised, a line each."""
    out = out or sys.stdout
    ledger = read_ledger(log)
    shown = [alert for alert in ledger.alerts.values() if alert.suppressed is None or include_suppressed]
    for alert in shown:
        row = alert_row(ledger, alert)
        out.write((msgspec.json.encode(row).decode() if as_json else _line(row)) + "\n")
    if not shown and not as_json and out.isatty():
        held = len(ledger.alerts)
        out.write(f"no alert was sent; --all shows {held} that were held back\n" if held else "no alerts yet\n")


def alert_row(ledger: Ledger, alert: Alert) -> dict[str, Any]:
    """Return an alert as plain data, with its state and how far each channel is."""
    state = ledger.state(alert.alert_id)
    row: dict[str, Any] = msgspec.to_builtins(alert)
    row["status"] = alert_status(alert, state)
    row["deliveries"] = {name: _told(delivery) for name, delivery in ledger.deliveries(alert.alert_id).items()}
    if state.acknowledged is not None:
        row["acknowledged"] = state.acknowledged.isoformat()
        row["acknowledged_by"], row["note"] = state.acknowledged_by, state.note
    return row


def _told(delivery: Delivery) -> dict[str, Any]:
    state = "delivered" if delivery.done else "given up" if delivery.given_up else "waiting"
    told: dict[str, Any] = {"state": state, "attempts": delivery.attempt}
    if delivery.error:
        told["error"] = delivery.error
    if delivery.retry_at is not None:
        told["retry_at"] = delivery.retry_at.isoformat()
    return told


def _line(row: dict[str, Any]) -> str:
    when = str(row["raised"])[:19].replace("T", " ")
    held = f" ({row['suppressed']})" if row["suppressed"] else ""
    head = f"{row['alert_id'][:12]}  {when}  {row['severity']:8}  {row['status']:12}"
    return f"{head}  {row['title']} [{row['change']}]{held}"


def find_alert(ledger: Ledger, wanted: str) -> Alert:
    """Return the alert whose id begins so. Raises KirkukError when there is none or several."""
    if len(wanted) < _SHORTEST_ID:
        remedy = f"give {_SHORTEST_ID} digits; `kirkuk alerts list --all` shows them"
        raise KirkukError(f"{wanted!r}: too short for an alert's id: {remedy}")
    found = [alert for alert_id, alert in ledger.alerts.items() if alert_id.startswith(wanted.lower())]
    if len(found) != 1:
        what = "no alert has" if not found else "several alerts have"
        raise KirkukError(
            f"{wanted}: {what} this id; `kirkuk alerts list --all` shows them, {_SHORTEST_ID} digits will do"
        )
    return found[0]


def print_why(
    log: EventLog, alert_id: str, rules_file: str, *, as_json: bool = False, out: TextIO | None = None
) -> None:
    """Print why an alert was raised. Raises KirkukError for an unknown id."""
    out = out or sys.stdout
    ledger = read_ledger(log)
    alert = find_alert(ledger, alert_id)
    row = alert_row(ledger, alert)
    row["rule_now"] = _rule_now(alert.rule, rules_file)
    row["history"] = list(_history(log, alert.alert_id))
    if as_json:
        out.write(msgspec.json.encode(row).decode() + "\n")
    else:
        out.writelines(f"{line}\n" for line in _reasons(alert, row))


def _history(log: EventLog, alert_id: str) -> Iterator[dict[str, Any]]:
    """Yield what became of an alert, as it is in the ledger."""
    for partition in log.partitions(ALERTS):
        for stored in replay(log, ALERTS, partition=partition):
            if stored.event.subject == alert_id and stored.event.name != AlertRaised.__name__:
                told = msgspec.to_builtins(unpack(stored.event))
                yield {"what": _NAMES.get(stored.event.name, stored.event.name), **told}


def _rule_now(name: str, rules_file: str) -> dict[str, Any] | None:
    """Return a rule as the file has it now; None when it is gone or the file is faulty."""
    try:
        ready = load_rules(rules_file).named(name)
    except ConfigError:
        return None
    return msgspec.to_builtins(ready.rule) if ready is not None else None


def _reasons(alert: Alert, row: dict[str, Any]) -> Iterator[str]:
    yield alert.title
    yield f"  alert        {alert.alert_id}, {alert.severity}, raised {alert.raised:%Y-%m-%d %H:%M:%S} UTC"
    yield f"  rule         {alert.rule}, which {_conditions(row['rule_now'])}"
    yield f"  what changed {alert.change}: {alert.summary}"
    yield from _development(alert.development)
    if alert.schema is not None:
        yield f"  schema       {alert.schema.name} {alert.schema.version}, digest {alert.schema.digest[:12]}"
    yield "  evidence"
    for evidence in alert.evidence:
        yield from _evidence(evidence)
    if alert.suppressed:
        yield f"  not sent     {alert.suppressed}"
    for channel, told in row["deliveries"].items():
        yield f"  {channel:12} {told['state']}, attempts: {told['attempts']}"
    for told in row["history"]:
        yield f"    {_moment(told['at'])} {_happened(told)}"


def _moment(text: str) -> str:
    return text[:19].replace("T", " ")


def _happened(told: dict[str, Any]) -> str:
    """Put a record of the ledger in a few words."""
    if "by" in told:
        return f"{told['what']} by {told['by']} {told['note']}".rstrip()
    if "error" not in told:
        return f"{told['channel']}: {told['what']}, attempt {told['attempt']}"
    after = f"next try at {_moment(told['retry_at'])}" if told["retry_at"] else "given up"
    return f"{told['channel']}: {told['what']}, attempt {told['attempt']}: {told['error']}; {after}"


def _conditions(rule: dict[str, Any] | None) -> str:
    """Put a rule's conditions in a few words."""
    if rule is None:
        return "is not in the rules file any more"
    asked = [
        f"{name} {' or '.join(rule[name])}" for name in ("types", "modes", "places", "sides", "actors") if rule[name]
    ]
    asked += [f"query {rule['query']}"] if rule["query"] else []
    asked += [f"{rule['min_sources']} sources or more"] if rule["min_sources"] > 1 else []
    return f"alerts on {', '.join(rule['changes'])}" + (f" where {'; '.join(asked)}" if asked else "")


def _development(development: Development) -> Iterator[str]:
    yield f"  development  {development.development_id}: {development.title}, {development.claim}"
    yield (
        f"  told by      {', '.join(development.outlets)}: {development.sources} independent, "
        f"{development.copies} copies"
    )
    if development.asserted_by:
        yield f"  asserted by  {', '.join(development.asserted_by)}"
    if development.denied_by:
        yield f"  denied by    {', '.join(development.denied_by)}"
    figures = ", ".join(f"{kind} {value:g}" for kind, value in sorted(development.magnitudes.items()))
    if figures:
        yield f"  figures      {figures}"


def _evidence(evidence: Evidence) -> Iterator[str]:
    yield f"    “{_marked(evidence.quote, evidence.trigger)}”"
    says = ", ".join(f"{source.text} ({source.kind})" for source in evidence.sources)
    yield f"      {evidence.outlet}, revision {evidence.revision}{f', citing {says}' if says else ''}"
    if evidence.url:
        yield f"      {evidence.url}"


def _marked(quote: str, trigger: str) -> str:
    """Put the trigger between > and <, where it stands as a word of its own."""
    word = re.compile(rf"(?<!\w){re.escape(trigger)}(?!\w)")
    return word.sub(lambda found: f">{found.group()}<", quote, count=1) if trigger else quote


def acknowledge(log: EventLog, alert_id: str, *, by: str, note: str, clock: Clock) -> None:
    """Record that somebody has seen an alert. Raises KirkukError for an unknown id."""
    alert = find_alert(read_ledger(log), alert_id)
    record = AlertAcknowledged(alert_id=alert.alert_id, at=clock.now(), by=by, note=note)
    event_id = stable_id(alert.alert_id, "acknowledged", by, note, record.at.isoformat())
    log.append([Append(ALERTS, pack(record, event_id=event_id, subject=alert.alert_id, time=record.at))])
    click.echo(f"acknowledged: {alert.title}")


def mute(log: EventLog, rules: Rules, rule: str, *, length: timedelta, by: str, clock: Clock) -> None:
    """Mute a rule from now on. Raises KirkukError for a rule that is not in the file."""
    if rules.named(rule) is None:
        known = [ready.rule.name for ready in rules.rules]
        raise KirkukError(f"{rule}: no such rule in {rules.file}; {near(rule, known)}")
    record = RuleMuted(rule=rule, at=clock.now(), until=clock.now() + length, by=by)
    event_id = stable_id(rule, "muted", record.at.isoformat())
    log.append([Append(ALERTS, pack(record, event_id=event_id, subject=rule, time=record.at))])
    click.echo(
        f"{rule} is muted until {record.until:%Y-%m-%d %H:%M} UTC" if length else f"{rule} is not muted any more"
    )


def try_channels(rules_file: str, *, send: bool, terminal: Notifier | None = None) -> int:
    """Name the channels, or send a test to each; return 1 when one refused."""
    from connectors.terminal_notifier import TerminalNotifier

    rules = load_rules(rules_file)
    channels = open_notifiers(rules, terminal or TerminalNotifier(sys.stdout))
    if not send:
        click.echo(f"channels: {', '.join(channel.name for channel in channels)}; --send sends a test to each")
        return 0
    results = [_try(channel, rules) for channel in channels]
    return int(not all(results))


def _try(channel: Notifier, rules: Rules) -> bool:
    from connectors.apprise_notifier import listening

    try:
        with listening() as heard:
            channel.send(trial_alert())
    except DeliveryError as error:
        why = f": {', '.join(dict.fromkeys(heard))}" if heard else ""
        where = f"; its address is {origin(rules, channel.name)}" if channel.name in rules.channels else ""
        click.echo(f"{channel.name}: {error}{why}{where}", err=True)
        return False
    click.echo(f"{channel.name}: taken", err=True)
    return True


def trial_alert() -> Alert:
    """Return an alert that says what it is."""
    now = SystemClock().now()
    development = Development(
        development_id="0" * 32, topic="test", type="TEST", mode=None, side="", place=None, day=f"{now:%Y-%m-%d}",
        title="This is a test", claim="asserted", actors=(), recipients=(), places=(), outlets=(), asserted_by=(),
        denied_by=(), magnitudes={}, sources=0, copies=0, first_seen=now, last_seen=now, event_ids=(),
        article_ids=(), version=1,
    )  # fmt: skip
    return Alert(
        alert_id="0" * 32, rule="test", development_id="0" * 32, change="opened", title="This is a test of the channel",
        summary="Nothing has happened.", severity="info", raised=now, development=development, evidence=(),
        channels=(TERMINAL,),
    )  # fmt: skip
