"""`kirkuk setup`: make ready what servers need before the stages run. It may be run any number of times.

Every step is a row in STEPS: a name, and a function that does its work, says what it does piece by piece, and does
nothing where there is nothing to do for the settings at hand.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import click
import msgspec

from desk.settings import Settings

REFUSED: Final = "refused"


class SetupOptions(NamedTuple):
    """What was asked for. `prefix` begins the names of the index's aliases."""

    settings: Settings
    kibana_url: str | None = None
    kibana_rules: bool = False
    prefix: str = "kirkuk"
    dry_run: bool = False


class Done(NamedTuple):
    """One piece of a step: what kind of thing, its name, what became of it (or "planned", "refused"), a remark."""

    what: str
    name: str
    result: str
    remark: str = ""


def _kibana(options: SetupOptions) -> Iterator[Done]:
    if options.kibana_url is None:
        return
    from desk.kibana_commands import set_up_kibana

    for told in set_up_kibana(
        options.kibana_url,
        options.settings.schema_dir,
        prefix=options.prefix,
        rules=options.kibana_rules,
        dry_run=options.dry_run,
    ):
        yield Done(*told)


STEPS: Final[tuple[tuple[str, Callable[[SetupOptions], Iterator[Done]]], ...]] = (("kibana", _kibana),)
"""Name and function of each step, in order: what others need comes first."""


def set_up(options: SetupOptions, *, as_json: bool) -> int:
    """Do all steps and print what became of each piece; return 1 when something was refused, else 0."""
    results = []
    for step, work in STEPS:
        for done in work(options):
            results.append(done.result)
            _print(step, done, as_json=as_json)
    if not results and not as_json:
        click.echo("nothing to set up for these settings")
    return 1 if REFUSED in results else 0


def _print(step: str, done: Done, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({"step": step, **done._asdict()}))
    else:
        click.echo(f"{step}: {done.result:<11} {done.what} {done.name}" + (f"  {done.remark}" if done.remark else ""))
