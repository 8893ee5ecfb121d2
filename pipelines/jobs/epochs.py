"""Bounded runs of the match graph, one after the other, for one generation.

An epoch reads from the stored position to a stop position. Everything that it did is in the log together with the
position it
reached, so an epoch that dies anywhere is simply begun again there. Building and running the graph on FnApiRunner
costs about 0.08 s, and a run can't be interrupted: so epochs are sized to last about a second when there is much to do.
"""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from connectors.ports import Advance, EventLog
from pipelines.generations import match_consumer
from schemas.envelope import ARTICLES
from schemas.records import SchemaRef

if TYPE_CHECKING:
    from pipelines.transforms import Plan, Span


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

    SMALLEST: Final = 20
    LARGEST: Final = 50_000

    def __init__(self, target_s: float) -> None:
        self.span = 200
        self._target_s = target_s

    def took(self, seconds: float, *, full: bool) -> None:
        """Learn from an epoch. One that ended with the stream (not `full`) doesn't show that more would have fitted."""
        if full or seconds > self._target_s:
            factor = min(4.0, max(0.25, self._target_s / max(seconds, 0.001)))
            self.span = min(self.LARGEST, max(self.SMALLEST, round(self.span * factor)))


def run_graph(plan: "Plan", spans: "Sequence[Span]", runner: Runner) -> dict[str, int]:
    """Run the match graph once and return its counters. Raises RuntimeError with the worker's error as text."""
    import apache_beam as beam
    from apache_beam.metrics.metric import MetricsFilter
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipelines import transforms

    pipeline = beam.Pipeline(runner=runner.name, options=PipelineOptions(flags=list(runner.args)))
    transforms.build(pipeline, plan, spans)
    result = pipeline.run()
    result.wait_until_finish()
    found = result.metrics().query(MetricsFilter().with_namespace(transforms.NAMESPACE))
    counts = dict.fromkeys(transforms.COUNTERS, 0)
    counts.update({item.key.metric.name: int(item.committed or 0) for item in found["counters"]})
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

    def backlog(self) -> int:
        """Return how many positions are not done yet, over all partitions."""
        return sum(self._articles.end(ARTICLES, partition=part) - done for part, done in self.positions().items())

    def positions(self) -> Mapping[int, int]:
        """Return the position done, by partition."""
        partitions = self._articles.partitions(ARTICLES)
        return {part: self._log.position(self._consumer, ARTICLES, partition=part) for part in partitions}

    def run_one(self) -> dict[str, int] | None:
        """Run one epoch and return its counts; None when there is nothing to do. Raises RuntimeError, LogError."""
        ends = {part: self._articles.end(ARTICLES, partition=part) for part in self.positions()}
        spans = self._spans(ends)
        if not spans:
            return None
        began = time.monotonic()
        counts = run_graph(self._plan(), spans, self._runner)
        self._pass_gaps(spans)
        full = any(span.stop != ends[span.partition] for span in spans)
        self._sizer.took(time.monotonic() - began, full=full)
        return counts

    def _spans(self, ends: Mapping[int, int]) -> "list[Span]":
        from pipelines.transforms import Span

        positions = self.positions().items()
        return [
            Span(part, done, min(ends[part], done + self._sizer.span)) for part, done in positions if done < ends[part]
        ]

    def _plan(self) -> "Plan":
        from pipelines.transforms import Plan

        generation = self._generation
        return Plan(
            *self._places, generation.schema_dir, generation.ref.digest, generation.name, batch_size=self._batch_size
        )

    def _pass_gaps(self, spans: "Sequence[Span]") -> None:
        """Store the stop positions: positions need not be dense, and a span may have held no event at all."""
        done = self.positions()
        advances = [
            Advance(self._consumer, ARTICLES, span.partition, span.stop)
            for span in spans
            if span.stop is not None and done[span.partition] < span.stop
        ]
        if advances:
            self._log.append([], advances)
