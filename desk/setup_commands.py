"""`kirkuk setup`: make ready what servers need before the stages run. It may be run any number of times.

Every step is a row in STEPS: a name, and a function that does its work, says what it does piece by piece, and does
nothing where there is nothing to do for the settings at hand.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import click
import msgspec

from desk.settings import Settings

REFUSED: Final = "refused"
DEFAULT_PREFIX: Final = "kirkuk"


class SetupOptions(NamedTuple):
    """What was asked for. `prefix` begins the names of the index's aliases; None: as the index's URL says."""

    settings: Settings
    kibana_url: str | None = None
    kibana_rules: bool = False
    prefix: str | None = None
    dry_run: bool = False


class Done(NamedTuple):
    """One piece of a step: what kind of thing, its name, what became of it (or "planned", "refused"), a remark."""

    what: str
    name: str
    result: str
    remark: str = ""


def _log(options: SetupOptions) -> Iterator[Done]:
    if urlsplit(options.settings.log_url).scheme != "kafka":
        return
    from connectors.kafka_options import parse_kafka_url
    from connectors.kafka_topics import setup_topics

    for line in setup_topics(parse_kafka_url(options.settings.log_url), dry_run=options.dry_run):
        yield _line(line, options)


def _index(options: SetupOptions) -> Iterator[Done]:
    if not urlsplit(options.settings.index_url).scheme.startswith("http"):
        return
    from connectors.elastic_options import parse_elastic_url
    from connectors.elastic_templates import setup_templates

    for line in setup_templates(parse_elastic_url(options.settings.index_url), dry_run=options.dry_run):
        yield _line(line, options)


def _line(line: str, options: SetupOptions) -> Done:
    name, _, remark = line.partition(": ")
    what, _, name = name.rpartition(" ")
    return Done(what, name, "planned" if options.dry_run else "done", remark)


def _prefix(index_url: str) -> str:
    if not urlsplit(index_url).scheme.startswith("http"):
        return DEFAULT_PREFIX
    from connectors.elastic_options import parse_elastic_url

    return parse_elastic_url(index_url).prefix


def _kibana(options: SetupOptions) -> Iterator[Done]:
    if options.kibana_url is None:
        return
    from desk.kibana_commands import set_up_kibana

    for told in set_up_kibana(
        options.kibana_url,
        options.settings.schema_dir,
        prefix=_prefix(options.settings.index_url) if options.prefix is None else options.prefix,
        rules=options.kibana_rules,
        dry_run=options.dry_run,
    ):
        yield Done(*told)


STEPS: Final[tuple[tuple[str, Callable[[SetupOptions], Iterator[Done]]], ...]] = (
    ("log", _log),
    ("index", _index),
    ("kibana", _kibana),
)
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
