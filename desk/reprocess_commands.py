"""What `kirkuk reprocess` and `kirkuk diff` print: a new generation against the one before it."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TextIO

import msgspec

from connectors.ports import EventLog, SystemClock
from desk.lock import RoleLock
from pipelines.coded import coded_outlines
from pipelines.comparison import Change, Difference, Kind, changes, compare
from pipelines.generations import earlier_generations, promotions
from schemas.envelope import MATCHES, derived
from schemas.errors import KirkukError

if TYPE_CHECKING:
    from desk.settings import Settings
    from pipelines.jobs.reprocess import ReprocessReport

Progress = Callable[[Mapping[str, int | float | str]], None]
_KINDS: Final[tuple[Kind, ...]] = ("gained", "lost", "changed")
_QUOTE: Final = 160
"""Characters of a sentence that a listing shows."""


class GenerationDiff(msgspec.Struct, frozen=True, kw_only=True):
    """What `kirkuk diff --json` prints; `listed` holds at most `limit` changes of each kind, in article order."""

    before: str
    after: str
    events: Difference
    listed: list[Change]


def reprocess_history(
    settings: "Settings",
    schema_dir: str,
    *,
    stop: threading.Event,
    progress: Progress,
    dry_run: bool = False,
    keep: int | None = None,
    as_json: bool = False,
    out: TextIO | None = None,
) -> int:
    """Code all history with `schema_dir`, print the report; return 0, or 1 when it was stopped before its end.

    `keep`: earlier generations to keep (None: what the job's options say). Raises SchemaError, ConfigError, LogError,
    IndexUnavailableError, KirkukError when another process reprocesses the same data.
    """
    from pipelines.jobs.reprocess import ReprocessOptions, run_reprocess
    from schemas.rules import load_rules

    options = ReprocessOptions() if keep is None else ReprocessOptions(keep=keep)
    with RoleLock(settings.data_dir, "reprocess"):
        report = run_reprocess(
            settings.log_url,
            settings.index_url,
            schema_dir,
            load_rules(settings.rules_file),
            options,
            stop=stop,
            clock=SystemClock(),
            progress=progress,
            dry_run=dry_run,
        )
    return _print_report(report, settings, as_json=as_json, out=out)


def roll_back_generation(
    settings: "Settings",
    generation: str | None,
    *,
    stop: threading.Event,
    progress: Progress,
    as_json: bool = False,
    out: TextIO | None = None,
) -> int:
    """Make an earlier generation (None: the one before) the live one again and print the report; return 0 or 1.

    Raises KirkukError when there is none or its documents are gone, and as `reprocess_history` does.
    """
    from pipelines.jobs.reprocess import ReprocessOptions, roll_back
    from schemas.rules import load_rules

    with RoleLock(settings.data_dir, "reprocess"):
        report = roll_back(
            settings.log_url,
            settings.index_url,
            settings.schema_dir,
            load_rules(settings.rules_file),
            ReprocessOptions(),
            generation=generation,
            stop=stop,
            clock=SystemClock(),
            progress=progress,
        )
    return _print_report(report, settings, as_json=as_json, out=out)


def _print_report(report: "ReprocessReport", settings: "Settings", *, as_json: bool, out: TextIO | None) -> int:
    out = out or sys.stdout
    if as_json:
        out.write(msgspec.json.encode(report).decode() + "\n")
    else:
        out.writelines(f"{line}\n" for line in report_lines(report))
        if report.promoted and _digest(settings.schema_dir) != report.schema.digest:
            out.write(
                f"  the settings still name another schema ({settings.schema_dir}): name this one under [schema] with "
                f"dir = in {settings.file}, or in KIRKUK_SCHEMA_DIR, or the next reprocess goes back\n"
            )
    return 0 if report.finished else 1


def _digest(schema_dir: str) -> str:
    """Return what identifies the schema of a folder, "" when it does not load."""
    from schemas.errors import SchemaError
    from schemas.vocabulary import load_vocabulary

    try:
        return load_vocabulary(schema_dir).ref.digest
    except SchemaError:
        return ""


def report_lines(report: "ReprocessReport") -> Iterator[str]:
    """Describe a report for a person."""
    yield f"{report.generation} (schema {report.schema.name} {report.schema.version})"
    yield f"  against {report.previous or 'nothing: it is the first'}"
    yield from _difference_lines(report.events)
    yield f"  developments: {_moved(report.developments.before, report.developments.after)}, " + _gains(
        report.developments.gained, report.developments.lost
    )
    yield (
        f"  alerts: {report.alerts.gained:,} that the rules would raise were never raised; "
        f"{report.alerts.lost:,} raised ones would not be raised again; nothing was sent"
    )
    if report.promoted:
        yield "  it is live now; the one before is kept for a rollback"
    else:
        yield "  nothing was changed" if report.finished else "  stopped before its end; the next run goes on from here"
    if report.dropped:
        yield f"  removed from the index: {', '.join(report.dropped)}"


def _difference_lines(events: Difference) -> Iterator[str]:
    yield f"  articles: {events.articles:,}, relevant {_moved(events.relevant_before, events.relevant_after)}"
    if events.only_before or events.only_after:
        yield f"  articles in one of the two only: {events.only_before:,} before, {events.only_after:,} after"
    gains = _gains(events.events_gained, events.events_lost)
    yield f"  events: {_moved(events.events_before, events.events_after)}, {gains}, {events.events_changed:,} changed"


def _moved(before: int, after: int) -> str:
    return f"{before:,} -> {after:,}"


def _gains(gained: int, lost: int) -> str:
    return f"{gained:,} gained, {lost:,} lost"


def diff_generations(
    log: EventLog,
    before: str | None,
    after: str | None,
    *,
    limit: int = 20,
    as_json: bool = False,
    out: TextIO | None = None,
) -> int:
    """Print what two generations code differently (default: the live one and the one before it); return 0.

    Raises KirkukError for a generation that the log has nothing of, or when there are not two.
    """
    out = out or sys.stdout
    diff = compare_generations(log, *_choose(log, before, after), limit=limit)
    if as_json:
        out.write(msgspec.json.encode(diff).decode() + "\n")
    else:
        out.writelines(f"{line}\n" for line in diff_lines(diff))
    return 0


def compare_generations(log: EventLog, before: str, after: str, *, limit: int) -> GenerationDiff:
    """Compare two generations; list at most `limit` changes of each kind."""
    events = compare(coded_outlines(log, before), coded_outlines(log, after))
    listed: list[Change] = []
    left = dict.fromkeys(_KINDS, limit)
    for change in changes(coded_outlines(log, before), coded_outlines(log, after)):
        if left[change.kind] > 0:
            left[change.kind] -= 1
            listed.append(change)
        if not any(left.values()):
            break
    return GenerationDiff(before=before, after=after, events=events, listed=listed)


def diff_lines(diff: GenerationDiff) -> Iterator[str]:
    """Describe a difference for a person."""
    yield f"{diff.after} against {diff.before}"
    yield from _difference_lines(diff.events)
    totals = (diff.events.events_gained, diff.events.events_lost, diff.events.events_changed)
    for kind, total in zip(_KINDS, totals, strict=True):
        yield from _listing(kind, [change for change in diff.listed if change.kind == kind], total)


def _listing(kind: Kind, listed: Sequence[Change], total: int) -> Iterator[str]:
    if listed:
        more = f" (the first {len(listed)} places of {total:,} events)" if total > len(listed) else ""
        yield f"{kind}{more}:"
    for change in listed:
        yield f"  {change.type}  {change.quote[:_QUOTE]}"
        yield f"    {change.outlet}: {change.title} [{change.article_id[:12]}, revision {change.revision}]"


def _choose(log: EventLog, before: str | None, after: str | None) -> tuple[str, str]:
    history = promotions(log)
    names = [history[-1].generation, *earlier_generations(history)] if history else []
    right = after or (names[0] if names else None)
    left = before or next((name for name in names if name != right), None)
    if left is None or right is None:
        raise KirkukError("there are no two generations to compare; `kirkuk reprocess` makes another")
    for name in (left, right):
        stream = derived(MATCHES, name)
        if not any(log.end(stream, partition=partition) for partition in log.partitions(stream)):
            known = f"; once live were {', '.join(names)}" if names else ""
            raise KirkukError(f"{name}: the log has nothing of this generation{known}")
    return left, right
