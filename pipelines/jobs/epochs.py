"""Bounded runs of the match graph, one after the other, for one generation.

An epoch reads from the stored position to a stop position. Everything that it did is in the log together with the
position it
reached, so an epoch that dies anywhere is simply begun again there. Building and running the graph on FnApiRunner
costs about 0.08 s, and a run can't be interrupted: so epochs are sized to last about a second when there is much to do.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from connectors.ports import Advance, EventLog
from pipelines.generations import match_consumer
from pipelines.match_plan import Plan, Span
from schemas.envelope import ARTICLES
from schemas.records import SchemaRef


@contextmanager
def quiet_beam() -> Iterator[None]:
    """Import Beam without its warning about Google's services, and keep its tracebacks of expected failures out.

    The warning goes to the root logger, which would get a handler by that.
    """
    root = logging.getLogger()
    handler = logging.NullHandler()
    root.addHandler(handler)
    root.addFilter(_is_no_beam_warning)
    logging.getLogger("apache_beam.runners.common").setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.removeFilter(_is_no_beam_warning)
        root.removeHandler(handler)


def _is_no_beam_warning(record: logging.LogRecord) -> bool:
    return "bigquery client libraries" not in record.getMessage()


class Runner(NamedTuple):
    """A Beam runner by name, with the command-line flags that it gets.

    Always named: Beam's default would first try to download another one.
    """

    name: str = "FnApiRunner"
    args: tuple[str, ...] = ()


class Generation(NamedTuple):
    """A generation, and the schema folder that it is coded with."""

    name: str
    schema_dir: str
    ref: SchemaRef


class Places(NamedTuple):
    """Which log is read, and where outcomes go. A dry run writes elsewhere than it reads."""

    articles_url: str
    log_url: str
    index_url: str


class EpochSizer:
    """How many positions one epoch should span, learnt from how long the last one took."""

    SMALLEST: Final = 200
    """An epoch costs a few tenths of a second however little it does: on a slow machine smaller ones would do little
    else."""
    LARGEST: Final = 50_000

    def __init__(self, target_s: float) -> None:
        self.span = 2 * self.SMALLEST
        self._target_s = target_s

    def took(self, seconds: float, *, full: bool) -> None:
        """Learn from an epoch. One that ended with the stream (not `full`) doesn't show that more would have fitted."""
        if full or seconds > self._target_s:
            factor = min(4.0, max(0.25, self._target_s / max(seconds, 0.001)))
            self.span = min(self.LARGEST, max(self.SMALLEST, round(self.span * factor)))


def run_graph(plan: Plan, spans: Sequence[Span], runner: Runner) -> dict[str, int]:
    """Run the match graph once and return its counters.

    Raises what a step raised, or RuntimeError with its text where the runner runs steps elsewhere.
    """
    with quiet_beam():
        import apache_beam as beam
        from apache_beam.metrics.metric import MetricsFilter
        from apache_beam.options.pipeline_options import PipelineOptions

        from pipelines import transforms

    # Flags are always given: Beam would read those of this process's command line otherwise.
    pipeline = beam.Pipeline(runner=runner.name, options=PipelineOptions(flags=list(runner.args)))
    transforms.build(pipeline, plan, spans)
    result = pipeline.run()
    result.wait_until_finish()
    found = result.metrics().query(MetricsFilter().with_namespace(transforms.NAMESPACE))
    counts = dict.fromkeys(transforms.COUNTERS, 0)
    for item in found["counters"]:
        counts[item.key.metric.name] += int(item.committed or 0)
    return counts


class Epochs:
    """Runs epochs of one generation; `articles` and `log` are the open logs of `places`, owned by the caller."""

    def __init__(
        self,
        generation: Generation,
        places: Places,
        articles: EventLog,
        log: EventLog,
        *,
        runner: Runner,
        batch_size: int,
        target_s: float,
    ) -> None:
        self._generation = generation
        self._consumer = match_consumer(generation.name)
        self._places = places
        self._articles = articles
        self._log = log
        self._runner = runner
        self._batch_size = batch_size
        self._sizer = EpochSizer(target_s)
        self._begun: dict[int, int] = {}

    def backlog(self) -> int:
        """Return how many positions are not done yet, over all partitions. Those behind the last event don't count."""
        return sum(self._behind(part, done) for part, done in self.positions().items())

    def _behind(self, part: int, done: int) -> int:
        behind = self._articles.end(ARTICLES, partition=part) - done
        return behind if behind > 0 and self._articles.wait(ARTICLES, after=done, timeout_s=0, partition=part) else 0

    def positions(self) -> Mapping[int, int]:
        """Return the position done, by partition.

        Never beyond what these epochs did themselves: where another worker is ahead, its work is done again, in order,
        so that nothing stays of what they wrote after it.
        """
        partitions = self._articles.partitions(ARTICLES)
        stored = {part: self._log.position(self._consumer, ARTICLES, partition=part) for part in partitions}
        return {part: min(done, self._begun.get(part, done)) for part, done in stored.items()}

    def run_one(self) -> dict[str, int] | None:
        """Run one epoch and return its counts; None when there is nothing to do. Raises RuntimeError, LogError."""
        ends = {part: self._articles.end(ARTICLES, partition=part) for part in self.positions()}
        spans = self._spans(ends)
        if not spans:
            return None
        self._begun.update({span.partition: span.stop for span in spans if span.stop is not None})
        # Loaded by the steps anyway, and not by commands that only ask for the options of this job.
        from pipelines import telemetry

        began = time.monotonic()
        counts = run_graph(self.plan(), spans, self._runner)
        self._pass_gaps(spans)
        full = any(span.stop != ends[span.partition] for span in spans)
        took_s = time.monotonic() - began
        self._sizer.took(took_s, full=full)
        telemetry.EPOCHS.observe(took_s)
        return counts

    def _spans(self, ends: Mapping[int, int]) -> list[Span]:
        positions = self.positions().items()
        return [
            Span(part, done, min(ends[part], done + self._sizer.span)) for part, done in positions if done < ends[part]
        ]

    def plan(self) -> Plan:
        """Return what a run of the graph for this generation has to do."""
        generation = self._generation
        return Plan(
            *self._places, generation.schema_dir, generation.ref.digest, generation.name, batch_size=self._batch_size
        )

    def _pass_gaps(self, spans: Sequence[Span]) -> None:
        """Store the stop positions: positions need not be dense, and a span may have held no event at all."""
        done = self.positions()
        advances = [
            Advance(self._consumer, ARTICLES, span.partition, span.stop)
            for span in spans
            if span.stop is not None and done[span.partition] < span.stop
        ]
        if advances:
            self._log.append([], advances)
