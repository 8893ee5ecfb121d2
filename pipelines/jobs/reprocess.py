"""Reprocessing: all history coded again, beside what is live, compared with it, and put in its place at once.

    epochs into the new generation -> developments -> report -> the last articles -> one append: promoted -> index

Nothing is raised and nothing is sent. Until the promotion the live generation is not touched, and the jobs that work on
it go on; afterwards they follow by themselves. A run that dies anywhere is finished by the next one.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import NamedTuple

import msgspec

from connectors import registry
from connectors.ports import START, Clock, EventLog, Index
from pipelines.alert_step import LedgerReader
from pipelines.coded import aligned, coded_articles, coded_outlines
from pipelines.comparison import Difference, compare
from pipelines.generations import (
    alert_consumer,
    earlier_generations,
    generation_name,
    match_consumer,
    promotion_append,
    promotion_of,
    promotions,
    reconcile,
    superfluous,
)
from pipelines.jobs.epochs import Epochs, Generation, Places, Runner
from pipelines.jobs.match import choose_schema
from pipelines.matching import load_coder
from pipelines.rebuild import Rebuild, copy_alerts
from pipelines.rehearsal import Rehearsal
from schemas.envelope import ARTICLES, MATCHES, derived
from schemas.errors import KirkukError
from schemas.records import GenerationPromoted, SchemaRef
from schemas.rules import Rules

Progress = Callable[[Mapping[str, int | float | str]], None]


class ReprocessOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of reprocessing.

    `runner`, `beam_args` and `batch_size` as in MatchOptions. `epoch_target_s`: what an epoch should last; a stop waits
    for its end. `keep`: how many generations before the live one the index keeps for a rollback.
    """

    runner: str = "FnApiRunner"
    beam_args: tuple[str, ...] = ()
    batch_size: int = 200
    epoch_target_s: float = 3.0
    keep: int = 1


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """How many there were and are, by id: developments, or alerts of the ledger and alerts that the rules give."""

    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0


class ReprocessReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run. `previous` is what was live; `articles` counts revisions that the new generation coded.

    `finished` False: it was stopped, and the next run goes on from there.
    """

    generation: str
    previous: str | None
    schema: SchemaRef
    articles: int = 0
    events: Difference = msgspec.field(default_factory=Difference)
    developments: Shift = Shift()
    alerts: Shift = Shift()
    finished: bool = False
    promoted: bool = False
    dropped: tuple[str, ...] = ()


def shift(before: set[str], after: set[str]) -> Shift:
    """Compare two sets of ids."""
    return Shift(before=len(before), after=len(after), gained=len(after - before), lost=len(before - after))


class _Ports(NamedTuple):
    """`facts` is the log of everything and `shown` the index that people look at; `log` and `documents` are written.

    They are the same two, except on a dry run.
    """

    facts: EventLog
    shown: Index
    log: EventLog
    documents: Index


class _Run:
    """One run towards one generation, beside the one that is live."""

    def __init__(self, ports: _Ports, epochs: Epochs, target: Generation, rules: Rules) -> None:
        self._ports = ports
        self._epochs = epochs
        self._target = target
        self._rehearsal = Rehearsal(rules)
        self._history = promotions(ports.facts)
        self._previous = self._history[-1].generation if self._history else None
        vocabulary = load_coder(target.schema_dir).vocabulary
        self._rebuild = Rebuild(ports.log, ports.documents, target.name, vocabulary, self._rehearsal)
        self._aligned: dict[int, tuple[int, int]] = {}

    def compare(self, stop: threading.Event, progress: Progress) -> ReprocessReport:
        """Code and build everything and compare it with what is live."""
        done = self._catch_up(stop, progress)
        return self._report() if done else self._stopped()

    def replace(self, stop: threading.Event, clock: Clock, progress: Progress, keep: int | None) -> ReprocessReport:
        """Compare, then put the target in the place of what is live; drop what `keep` leaves (None: nothing)."""
        report = self.compare(stop, progress)
        # Comparing takes its time, in which articles may have come.
        if not report.finished or not self._catch_up(stop, progress):
            return self._stopped()
        self._promote(clock)
        dropped = [] if keep is None else self._drop(keep)
        return msgspec.structs.replace(report, promoted=True, dropped=tuple(dropped))

    def _catch_up(self, stop: threading.Event, progress: Progress) -> bool:
        """Code what is left of the articles, then make the developments; False when it was stopped."""
        while (counts := None if stop.is_set() else self._epochs.run_one()) is not None:
            progress({"generation": self._target.name, "backlog": self._epochs.backlog(), **counts})
        if stop.is_set():
            return False
        self._rebuild.fold(self._taken_over())
        return True

    def _taken_over(self) -> dict[int, int]:
        """Return where the alert job stands, in terms of the target's stream: what it has dealt with is dealt with."""
        if self._previous is None:
            return {}
        facts, stream, consumer = self._ports.facts, derived(MATCHES, self._previous), alert_consumer(self._previous)
        for part in facts.partitions(stream):
            reached = facts.position(consumer, stream, partition=part)
            old, new = self._aligned.get(part, (START, START))
            seen = coded_articles(facts, self._previous, partition=part, after=old, upto=reached)
            others = coded_articles(self._ports.log, self._target.name, partition=part, after=new)
            self._aligned[part] = (reached, max(new, aligned(seen, others)))
        return {part: new for part, (_, new) in self._aligned.items()}

    def _stopped(self) -> ReprocessReport:
        return ReprocessReport(generation=self._target.name, previous=self._previous, schema=self._target.ref)

    def _report(self) -> ReprocessReport:
        before = iter(()) if self._previous is None else coded_outlines(self._ports.facts, self._previous)
        events = compare(before, coded_outlines(self._ports.log, self._target.name))
        return ReprocessReport(
            generation=self._target.name,
            previous=self._previous,
            schema=self._target.ref,
            articles=events.articles - events.only_before,
            events=events,
            developments=shift(self._developments_before(), self._rebuild.developments()),
            alerts=self._alerts(),
            finished=True,
        )

    def _developments_before(self) -> set[str]:
        if self._previous is None:
            return set()
        return {found for found, _, _ in self._ports.shown.scan("developments", generation=self._previous)}

    def _alerts(self) -> Shift:
        """Count the alerts of the ledger, and those that the rules give over the target's developments."""
        reader = LedgerReader(self._ports.facts)
        reader.catch_up()
        counts = self._rehearsal.against(reader.ledger)
        return Shift(before=counts.raised, after=counts.rehearsed, gained=counts.gained, lost=counts.lost)

    def _promote(self, clock: Clock) -> None:
        """Append the promotion; the index follows. Raises KirkukError if something else was promoted meanwhile."""
        if len(promotions(self._ports.facts)) != len(self._history):
            raise KirkukError("another generation was promoted meanwhile; run `kirkuk reprocess` again")
        if self._previous is not None:
            copy_alerts(self._ports.documents, self._previous, self._target.name)
        promotion = GenerationPromoted(
            generation=self._target.name,
            previous=self._previous,
            schema=self._target.ref,
            at=clock.now(),
            schema_dir=self._target.schema_dir,
        )
        self._ports.log.append([promotion_append(promotion, len(self._history) + 1)])
        reconcile(self._ports.log, self._ports.documents)

    def _drop(self, keep: int) -> list[str]:
        """Drop the index's documents of generations that nobody needs any more."""
        names = superfluous(promotions(self._ports.facts), self._ports.documents.generations(), keep)
        for name in names:
            self._ports.documents.drop(name)
        return names


def run_reprocess(
    log_url: str,
    index_url: str,
    schema_dir: str,
    rules: Rules,
    options: ReprocessOptions,
    *,
    stop: threading.Event,
    clock: Clock,
    progress: Progress,
    dry_run: bool = False,
) -> ReprocessReport:
    """Code all history with the schema in `schema_dir`, compare, and promote the result; a dry run only compares.

    Raises SchemaError, LogError, IndexUnavailableError, KirkukError when another generation was promoted meanwhile.
    Whatever it raises, what was live is live, and running it again finishes the work.
    """
    ref = load_coder(schema_dir).ref
    with _opened(Places(log_url, log_url, index_url), dry_run=dry_run) as (ports, places):
        target = Generation(_unspoilt(ports, ref), schema_dir, ref)
        run = _Run(ports, _epochs(ports, places, target, options), target, rules)
        return run.compare(stop, progress) if dry_run else run.replace(stop, clock, progress, options.keep)


def _unspoilt(ports: _Ports, ref: SchemaRef) -> str:
    """Name the next generation. One that was begun and lost its documents is passed over: its positions stay."""
    number = len(promotions(ports.facts)) + 1
    while True:
        name = generation_name(ref, number)
        begun = any(
            ports.log.position(match_consumer(name), ARTICLES, partition=part) > START
            for part in ports.log.partitions(ARTICLES)
        )
        if not begun or name in ports.documents.generations():
            return name
        number += 1


def roll_back(
    log_url: str,
    index_url: str,
    schema_dir: str,
    rules: Rules,
    options: ReprocessOptions,
    *,
    stop: threading.Event,
    clock: Clock,
    progress: Progress,
    generation: str | None = None,
) -> ReprocessReport:
    """Make an earlier generation (None: the one before) the live one again, once it has caught up with the articles.

    It goes on with its own schema, or with the one in `schema_dir` when that is gone. Raises KirkukError when there is
    no such generation or the index has dropped it, and what `run_reprocess` raises.
    """
    with _opened(Places(log_url, log_url, index_url), dry_run=False) as (ports, places):
        promoted = _earlier(ports, generation)
        target = Generation(promoted.generation, *choose_schema(promoted, schema_dir))
        run = _Run(ports, _epochs(ports, places, target, options), target, rules)
        # Nothing is dropped: whoever goes back may want to go forward again.
        return run.replace(stop, clock, progress, None)


def _earlier(ports: _Ports, generation: str | None) -> GenerationPromoted:
    """Return the last promotion of the generation to go back to."""
    names = earlier_generations(promotions(ports.facts))
    name = generation or next(iter(names), None)
    promoted = None if name is None or name not in names else promotion_of(ports.facts, name)
    if promoted is None:
        raise KirkukError(f"{name or 'rollback'}: no such earlier generation; there are {', '.join(names) or 'none'}")
    stream = derived(MATCHES, promoted.generation)
    coded = any(ports.facts.end(stream, partition=part) for part in ports.facts.partitions(stream))
    empty = coded and not ports.documents.count("articles", generation=promoted.generation)
    if promoted.generation not in ports.documents.generations() or empty:
        raise KirkukError(f"{name}: its documents were dropped; `kirkuk reprocess` with its schema makes them again")
    return promoted


def _epochs(ports: _Ports, places: Places, target: Generation, options: ReprocessOptions) -> Epochs:
    return Epochs(
        target,
        places,
        ports.facts,
        ports.log,
        runner=Runner(options.runner, options.beam_args),
        batch_size=options.batch_size,
        target_s=options.epoch_target_s,
    )


@contextmanager
def _opened(places: Places, *, dry_run: bool) -> Iterator[tuple[_Ports, Places]]:
    """Open the ports; on a dry run what is written goes to a folder that is removed at the end."""
    with ExitStack() as stack:
        facts = stack.enter_context(closing(registry.open_log(places.articles_url)))
        shown = stack.enter_context(closing(registry.open_index(places.index_url)))
        if not dry_run:
            reconcile(facts, shown)
            yield _Ports(facts, shown, facts, shown), places
            return
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kirkuk-dry-run-"))
        places = Places(places.articles_url, f"sqlite:///{folder}/log.db", f"sqlite:///{folder}/index.db")
        log = stack.enter_context(closing(registry.open_log(places.log_url)))
        index = stack.enter_context(closing(registry.open_index(places.index_url)))
        yield _Ports(facts, shown, log, index), places
