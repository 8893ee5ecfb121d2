"""The match job: codes every article of the log as the live generation, in epochs.

wait for articles -> epoch through Beam -> report -> has another generation been promoted? -> again
"""

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from connectors import registry
from connectors.ports import Clock, EventLog, Index
from pipelines.generations import initial_generation, live_generation, live_promotion, promotion_append, reconcile
from pipelines.jobs.epochs import Epochs, Generation, Places, Runner
from pipelines.jobs.patience import Patience, last_line
from pipelines.jobs.runner_flags import bounded_args, check_streaming
from schemas.bounds import Count, Positive
from schemas.envelope import ARTICLES
from schemas.errors import IndexUnavailableError, LogError
from schemas.records import GenerationPromoted, SchemaRef

Progress = Callable[[Mapping[str, int | float | str]], None]
_logger = logging.getLogger(__name__)
_WAIT_S: Final = 0.5
"""How long one wait for articles lasts: what a stop may be late by when nothing happens."""


class MatchOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the match job.

    `runner` is a Beam runner by name and `beam_args` its command-line flags. `streaming` hands the runner the endless
    graph instead of running epochs (PortableRunner and FlinkRunner). `batch_size`: articles per element.
    `epoch_target_s`: what an epoch should last while there is a backlog; a stop waits for its end. `max_failures`:
    epochs or endless jobs that may fail in a row, with growing pauses between, before the job gives up.
    `stalled_after_s`: an endless job that codes nothing for so long, though articles wait, counts as failed.
    """

    runner: str = "FnApiRunner"
    beam_args: tuple[str, ...] = ()
    streaming: bool = False
    batch_size: Count = 100
    epoch_target_s: Positive = 1.0
    max_failures: Count = 8
    stalled_after_s: Positive = 300.0


def choose_schema(promoted: GenerationPromoted, configured_dir: str) -> tuple[str, SchemaRef]:
    """Return the folder and reference of the schema that a generation goes on with.

    The configured folder, if it holds the generation's schema; else the folder that the generation was promoted with,
    if that
    still holds it; else the configured one as it is now: it was edited, and new articles are coded with the edit until
    `kirkuk reprocess` codes the old ones as well. Raises SchemaError.
    """
    from pipelines.matching import load_coder

    configured = load_coder(configured_dir).ref
    if configured.digest == promoted.schema.digest or not Path(promoted.schema_dir or "\0").is_dir():
        return configured_dir, configured
    original = load_coder(promoted.schema_dir).ref
    if original.digest == promoted.schema.digest:
        return promoted.schema_dir, original
    return configured_dir, configured


def current_generation(log: EventLog, index: Index, schema_dir: str, clock: Clock) -> Generation:
    """Return the live generation; a log that has none gets its first, named after the schema. Raises SchemaError."""
    from pipelines.matching import load_coder

    promoted = live_promotion(log)
    if promoted is None:
        ref = load_coder(schema_dir).ref
        promoted = GenerationPromoted(
            generation=initial_generation(ref), previous=None, schema=ref, at=clock.now(), schema_dir=schema_dir
        )
        log.append([promotion_append(promoted, 1)])
    reconcile(log, index)
    return Generation(promoted.generation, *choose_schema(promoted, schema_dir))


class _MatchJob:
    """The state of one run: the open ports, the generation, what was counted."""

    def __init__(
        self, log_url: str, index_url: str, schema_dir: str, options: MatchOptions, clock: Clock, progress: Progress
    ) -> None:
        self.places = Places(log_url, log_url, index_url)
        self.log = registry.open_log(log_url)
        self.index = registry.open_index(index_url)
        self.runner = Runner(options.runner, bounded_args(options.beam_args))
        self._schema_dir = schema_dir
        self._options = options
        self._clock = clock
        self._progress = progress
        self.totals = {"articles": 0, "relevant": 0, "events": 0, "dead": 0, "epochs": 0, "failures": 0}
        self.follow()

    def follow(self) -> None:
        """Go on with the live generation, whichever it is now."""
        self.generation = current_generation(self.log, self.index, self._schema_dir, self._clock)
        self.epochs = Epochs(
            self.generation,
            self.places,
            self.log,
            self.log,
            runner=self.runner,
            batch_size=self._options.batch_size,
            target_s=self._options.epoch_target_s,
        )

    def step(self) -> bool:
        """Run one epoch of the live generation; False when there was nothing to do."""
        from pipelines import telemetry

        if live_generation(self.log) != self.generation.name:
            self.follow()
        telemetry.beat(telemetry.MATCH)
        counts = self.epochs.run_one()
        if counts is None:
            return False
        for name, count in counts.items():
            self.totals[name] += count
        self.totals["epochs"] += 1
        self.report()
        return True

    def report(self) -> None:
        """Tell the progress callback where the job stands."""
        self._progress({**self.totals, "backlog": self.epochs.backlog(), "generation": self.generation.name})

    def wait(self) -> None:
        """Wait a moment for articles, in whichever partition."""
        positions = self.epochs.positions()
        for part, done in positions.items():
            if self.log.wait(ARTICLES, after=done, timeout_s=_WAIT_S / len(positions), partition=part):
                return

    def close(self) -> None:
        """Close the ports."""
        self.index.close()
        self.log.close()


def run_match(
    log_url: str,
    index_url: str,
    schema_dir: str,
    options: MatchOptions,
    *,
    stop: threading.Event,
    clock: Clock,
    progress: Progress,
    once: bool = False,
) -> Mapping[str, int]:
    """Code articles until `stop` is set, or with `once` until none are left; return what the finished epochs counted.

    Stops within an epoch, which `epoch_target_s` keeps short; with `streaming` after the batches under way. `once` runs
    epochs, on whichever runner. Raises ConfigError and SchemaError for bad settings, and KirkukError after
    `max_failures` failures in a row, with the last error.
    """
    endpoint = check_streaming(options.runner, options.beam_args, (log_url, index_url)) if options.streaming else ""
    job = _MatchJob(log_url, index_url, schema_dir, options, clock, progress)
    try:
        if once:
            _drain(job, options, stop)
        elif endpoint:
            from pipelines.jobs.streaming import stream

            stream(job, endpoint, stop, max_failures=options.max_failures, stalled_after_s=options.stalled_after_s)
        else:
            _follow(job, options, stop)
        return dict(job.totals)
    finally:
        job.close()


def _drain(job: _MatchJob, options: MatchOptions, stop: threading.Event) -> None:
    while not stop.is_set() and _attempt(job, options, stop):
        pass


def _follow(job: _MatchJob, options: MatchOptions, stop: threading.Event) -> None:
    job.report()
    while not stop.is_set():
        if not _attempt(job, options, stop):
            job.wait()


def _attempt(job: _MatchJob, options: MatchOptions, stop: threading.Event) -> bool:
    """Run one step, again after a pause when it fails."""
    patience = Patience(options.max_failures)
    while True:
        try:
            return job.step()
        except (RuntimeError, LogError, IndexUnavailableError) as error:
            job.totals["failures"] += 1
            pause_s = patience.pause_s(error)
            _logger.warning("matching failed (%s); trying again in %.1f s", last_line(error), pause_s)
            if stop.wait(pause_s):
                return False
