"""Commands that run jobs: watch, its stages one by one, the demo, reprocessing."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from desk.cli_options import (
    data_options,
    json_option,
    must_exist,
    opened_log,
    print_counts,
    progress_line,
    stop_on_signals,
)

if TYPE_CHECKING:
    from desk.settings import Settings


@click.command()
@json_option
@data_options
def watch(settings: "Settings", as_json: bool) -> None:
    """Run everything live: poll feeds, code articles, raise and deliver alerts.

    Shows live counts on a terminal and JSON lines elsewhere. Ctrl-C or SIGTERM stops in good order; a kill loses
    nothing: start it again and it goes on where it was.
    """
    from desk.live_view import open_view
    from desk.watch import Watch

    settings = _with_log_level(settings, "watch")
    with stop_on_signals() as stop, open_view(as_json=as_json, heading=f"data in {settings.data_dir}") as view:
        Watch(settings, stop=stop, view=view).run()


def _with_log_level(settings: "Settings", stage: str) -> "Settings":
    """Log from now on as the settings say; --log-level is above them, for every stage."""
    import msgspec

    from desk.logs import log_to_stderr
    from desk.operation_options import LogOptions

    given = click.get_current_context().find_root().params.get("log_level")
    if given:
        settings = msgspec.structs.replace(settings, logs=LogOptions(level=given.lower()))
    log_to_stderr(settings.logs.of(stage), stage=stage)
    return settings


def _stage_command(name: str, text: str, *, makes_log: bool) -> click.Command:
    @click.command(name, help=text)
    @click.option("--once", is_flag=True, help="Do what there is to do, then end.")
    @json_option
    @data_options
    def run(settings: "Settings", once: bool, as_json: bool) -> int:
        from connectors.terminal_notifier import TerminalNotifier
        from desk.stages import Run, run_stage

        settings = _with_log_level(settings, name)
        if once and not makes_log:
            must_exist(settings, settings.log_url)
        with stop_on_signals() as stop:
            terminal = TerminalNotifier(sys.stderr if as_json else sys.stdout)
            counts = run_stage(name, settings, Run(stop, progress_line(name), once, terminal))
        if sys.stderr.isatty():
            sys.stderr.write("\n")
        print_counts(name, counts, as_json=as_json)
        return _status(settings, counts) if name == "ingest" and once else 0

    return run


def _status(settings: "Settings", counts: Mapping[str, int]) -> int:
    """Return 1 and say why when feeds were polled and every one of them failed."""
    if not counts["polls"] or counts["failed"] < counts["polls"]:
        return 0
    from desk.feeds_commands import feed_states
    from pipelines.ingestion.silence import REMEDY, kinds_told
    from schemas.feed_list import load_feeds

    feeds = [feed for feed in load_feeds(settings.feeds_file) if feed.enabled]
    kinds = [state.failure for state in feed_states(settings, feeds).values() if state.failures]
    click.echo(f"kirkuk: all feeds failed: {kinds_told(kinds)}; {REMEDY}", err=True)
    return 1


ingest = _stage_command(
    "ingest",
    "Poll the feeds into the log, and nothing else. With --once, status 1 when all of them failed.",
    makes_log=True,
)
alert = _stage_command("alert", "Merge coded events into developments, raise alerts and deliver them.", makes_log=False)


@click.command()
@click.argument("file", required=False, type=click.Path())
@click.option("--all", "all_sentences", is_flag=True, help="Code every sentence, with or without a known party.")
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that share the work on FILE.",
)
@click.option("--schema", type=click.Path(file_okay=False), help="Schema folder. [default: the settings' one]")
@click.option("--once", is_flag=True, help="Without FILE: code what the log holds, then end.")
@json_option
@data_options
def match(
    settings: "Settings",
    file: str | None,
    all_sentences: bool,
    processes: int,
    schema: str | None,
    once: bool,
    as_json: bool,
) -> int:
    """Code articles: those of FILE to standard output, or without FILE those of the log.

    FILE ("-" is standard input) has a JSON document a line: {"id", "title"?, "text", "published"?, "language"?}. The
    output is a line each, in the same order: {"id", "relevant", "schema", "events"}. Spans index `text`, or `title`
    where "field" says so.
    """
    if file is None:
        if all_sentences or schema:
            raise click.UsageError("--all and --schema go with FILE")
        from connectors.terminal_notifier import TerminalNotifier
        from desk.stages import Run, run_stage

        settings = _with_log_level(settings, "match")
        if once:
            must_exist(settings, settings.log_url)
        with stop_on_signals() as stop:
            run = Run(stop, progress_line("match"), once, TerminalNotifier(sys.stderr))
            print_counts("match", run_stage("match", settings, run), as_json=as_json)
        return 0
    from desk.match_command import match_file
    from pipelines.matching import load_coder

    folder = schema or settings.schema_dir
    coder = load_coder(folder)
    return match_file(file, coder, all_sentences=all_sentences, processes=processes, schema_dir=folder)


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(min=5),
    default=60.0,
    show_default=True,
    help="How long the 26 days of the crisis take.",
)
@json_option
@click.option("--data", type=click.Path(file_okay=False), metavar="DIR", help="Keep the data in this folder.")
@click.option("--log", "log_url", metavar="URL", help="Play on this log instead, as kafka://localhost:9092/demo1.")
@click.option("--index", "index_url", metavar="URL", help="Play on this index instead, as http://localhost:9200/demo1.")
def demo(seconds: float, as_json: bool, data: str | None, log_url: str | None, index_url: str | None) -> int:
    """Play the Kirkuk crisis, 25 September to 20 October 2017, over real HTTP, and score what was found.

    Invented outlets serve their feeds on this machine; the same `watch` as ever polls them. Alerts show as they fire,
    the timeline at the end, then the score against labels. A second run on the same --data raises no alert again.
    On servers, take a prefix that is not in use: what is played there stays.
    """
    from desk.demo.run import Servers, run_demo

    return run_demo(seconds=seconds, data=data, as_json=as_json, servers=Servers(log_url, index_url))


@click.command()
@click.option("--schema", type=click.Path(file_okay=False), help="Schema folder. [default: the settings' one]")
@click.option("--dry-run", is_flag=True, help="Compare and report, then discard the new generation.")
@json_option
@data_options
def reprocess(settings: "Settings", schema: str | None, dry_run: bool, as_json: bool) -> int:
    """Code all history again, beside the live results; report what changed; switch to it at once. Sends nothing."""
    from desk.reprocess_commands import reprocess_history

    must_exist(settings, settings.log_url)
    with stop_on_signals() as stop:
        return reprocess_history(
            settings,
            # Jobs that run elsewhere read it from there.
            str(Path(schema).absolute()) if schema else settings.schema_dir,
            stop=stop,
            dry_run=dry_run,
            as_json=as_json,
            progress=progress_line("reprocess"),
        )


@click.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option("--limit", default=20, show_default=True, help="Events listed of each kind of difference.")
@json_option
@data_options
def diff(settings: "Settings", before: str | None, after: str | None, limit: int, as_json: bool) -> int:
    """Show what two generations code differently. [default: the live one and the one before it]"""
    from desk.reprocess_commands import diff_generations

    with opened_log(settings) as log:
        return diff_generations(log, before, after, limit=limit, as_json=as_json)


@click.command()
@click.argument("generation", required=False)
@json_option
@data_options
def rollback(settings: "Settings", generation: str | None, as_json: bool) -> int:
    """Go back to an earlier generation of results. [default: the one before the live one] Sends nothing."""
    from desk.reprocess_commands import roll_back_generation

    must_exist(settings, settings.log_url)
    with stop_on_signals() as stop:
        return roll_back_generation(
            settings, generation, stop=stop, progress=progress_line("rollback"), as_json=as_json
        )


def add_job_commands(group: click.Group) -> None:
    """Add the commands of this module."""
    for command in (watch, ingest, match, alert, demo, reprocess, rollback, diff):
        group.add_command(command)
