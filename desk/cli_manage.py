"""Commands that look after the system: alerts, dead letters, the schema, the doctor."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from desk.cli_options import data_options, json_option, opened_index, opened_log

if TYPE_CHECKING:
    from desk.settings import Settings


@click.group()
def alerts() -> None:
    """List alerts, acknowledge them, mute rules, try channels."""


@alerts.command("list")
@click.option("--all", "include_suppressed", is_flag=True, help="Also those that were decided but not sent.")
@json_option
@data_options
def list_alerts_command(settings: "Settings", include_suppressed: bool, as_json: bool) -> None:
    """List alerts, newest last; with --json one line an alert."""
    from desk.alert_commands import list_alerts

    with opened_log(settings) as log:
        list_alerts(log, include_suppressed=include_suppressed, as_json=as_json)


@alerts.command("ack")
@click.argument("alert_id")
@click.option("--by", envvar="USER", default="somebody", show_default="$USER", help="Who has seen it.")
@click.option("--note", default="", help="A remark that stays with the alert.")
@data_options
def ack_command(settings: "Settings", alert_id: str, by: str, note: str) -> None:
    """Acknowledge an alert."""
    from connectors.ports import SystemClock
    from desk.alert_commands import acknowledge

    with opened_log(settings) as log:
        acknowledge(log, alert_id, by=by, note=note, clock=SystemClock())


@alerts.command("mute")
@click.argument("rule")
@click.option("--for", "length", default="2h", show_default=True, metavar="LENGTH", help="30m, 2h, 3d; 0m ends it.")
@click.option("--by", envvar="USER", default="somebody", show_default="$USER", help="Who mutes it.")
@data_options
def mute_command(settings: "Settings", rule: str, length: str, by: str) -> None:
    """Mute a rule for a while: its alerts are still decided and stored, but not sent."""
    from connectors.ports import SystemClock
    from desk.alert_commands import mute
    from schemas.rules import load_rules

    with opened_log(settings) as log:
        mute(log, load_rules(settings.rules_file), rule, length=_length(length), by=by, clock=SystemClock())


def _length(text: str) -> timedelta:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[-1:] not in units or not text[:-1].isdecimal() or len(text) > 6:
        raise click.BadParameter(f"{text!r}: write 30m, 2h or 3d", param_hint="--for")
    return timedelta(**{units[text[-1]]: int(text[:-1])})


@alerts.command("test")
@click.option("--send", is_flag=True, help="Really send; without it the channels are only shown.")
@data_options
def test_command(settings: "Settings", send: bool) -> int:
    """Try the channels with an alert that says it is a test."""
    from desk.alert_commands import try_channels

    if surprise := settings.surprise("rules"):
        click.echo(surprise, err=True)
    return try_channels(settings.rules_file, send=send)


@click.group("dead-letters")
def dead_letters() -> None:
    """Look at records that a step could not process; feed them again."""


@dead_letters.command("list")
@click.option("--all", "include_solved", is_flag=True, help="Also those that a retry solved.")
@json_option
@data_options
def list_letters_command(settings: "Settings", include_solved: bool, as_json: bool) -> None:
    """List dead letters, oldest first."""
    from desk.dead_letters_commands import print_letters

    with opened_log(settings) as log:
        print_letters(log, include_solved=include_solved, as_json=as_json)


@dead_letters.command("retry")
@click.argument("ids", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would be fed again.")
@json_option
@data_options
def retry_command(settings: "Settings", ids: tuple[str, ...], dry_run: bool, as_json: bool) -> int:
    """Feed dead letters to their step again. [default: all unsolved ones]"""
    from connectors.ports import SystemClock
    from desk.dead_letters_commands import print_retries, retry

    with opened_log(settings) as log, opened_index(settings) as index:
        results = retry(log, index, settings.schema_dir, ids=ids or None, clock=SystemClock(), dry_run=dry_run)
    return print_retries(results, as_json=as_json)


@click.group()
def schema() -> None:
    """Check an event schema, or look something up in it."""


@schema.command("check")
@click.argument("folder", required=False, type=click.Path(file_okay=False))
@json_option
@data_options
def check_command(settings: "Settings", folder: str | None, as_json: bool) -> int:
    """Validate a schema folder; list every fault with file and key."""
    from desk.schema_commands import check_schema

    return check_schema(folder or settings.schema_dir, as_json=as_json)


@schema.command("show")
@click.argument("name")
@json_option
@data_options
def show_command(settings: "Settings", name: str, as_json: bool) -> int:
    """Show an actor, a place or an event type by its id."""
    from desk.schema_commands import show_schema

    return show_schema(settings.schema_dir, name, as_json=as_json)


@click.command()
@json_option
@data_options
def doctor(settings: "Settings", as_json: bool) -> int:
    """Check versions, settings, clock, disk, schema, rules, channels, feeds, log, index, and how far behind who is.

    Each line is ok, WARNING or FAILED, with the remedy. Exit status 1 when something failed.
    """
    from desk.doctor import examine, print_findings

    return print_findings(examine(settings), as_json=as_json)


@click.command()
@click.option("--kibana", "kibana_url", metavar="URL", help="Also import data views, searches, charts, map, dashboard.")
@click.option("--kibana-rules", is_flag=True, help="Also its alerting rules; Kibana needs an encryption key for them.")
@click.option("--prefix", help="What the names of the index's aliases begin with  [default: as in the index's URL]")
@click.option("--dry-run", is_flag=True, help="Say what would be set up.")
@json_option
@data_options
def setup(
    settings: "Settings", kibana_url: str | None, kibana_rules: bool, prefix: str | None, dry_run: bool, as_json: bool
) -> int:
    """Make servers ready: topics of the log, templates of the index, objects of Kibana.

    It may be run any number of times: what is as it should be is left alone. The embedded log and index need none.
    """
    from desk.setup_commands import SetupOptions, set_up

    if kibana_rules and kibana_url is None:
        raise click.UsageError("--kibana-rules needs --kibana URL")
    options = SetupOptions(settings, kibana_url, kibana_rules, prefix, dry_run)
    return set_up(options, as_json=as_json)


def add_manage_commands(group: click.Group) -> None:
    """Add the commands of this module."""
    for command in (alerts, dead_letters, schema, doctor, setup):
        group.add_command(command)
