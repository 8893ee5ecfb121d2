"""Beam around `match_step`: read batches, code them, write them. All decisions are elsewhere.

    LogSource -> CodeBatch -> WriteBatch -> written: counts
                                         -> dead letters, already in the log when they come out

Each partition has such a chain. Nothing is keyed, shuffled or flattened: a batch goes from its source to its sink in
one fused stage, in order, and article bodies are never encoded in between. Steps take URLs and open in `setup`, so the
graph runs on any runner.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import apache_beam as beam
from apache_beam.io.unbounded_source import ReadFromUnboundedSource
from apache_beam.metrics.metric import Metrics

from connectors import registry
from connectors.ports import Advance, EventLog, Index
from pipelines.generations import match_consumer
from pipelines.log_source import Batch, LogSource
from pipelines.match_plan import Plan, Span
from pipelines.match_step import MatchSink, Origin, Outcome, Written, code_event
from pipelines.matching import Coder, load_coder
from schemas.envelope import ARTICLES
from schemas.errors import ConfigError, LogError

COUNTERS: Final = ("articles", "relevant", "events", "dead")
NAMESPACE: Final = "match"
DEAD: Final = "dead_letters"
_IDLE_POLL_S: Final = 0.25
"""How long an endless source rests when there is nothing to read: part of an alert's delay on streaming runners."""
_IDLE_POLLS_PER_S: Final = 16.0
"""Of all partitions together: each look is a bundle of its own, and takes runner and worker about 10 ms."""
_BUNDLE_S: Final = 1.0
"""How long a source with much to read keeps its bundle: Flink never splits one, and makes no checkpoint meanwhile."""

_coders: dict[tuple[str, str], Coder] = {}


class CodedBatch(NamedTuple):
    """The outcomes of one batch, with the positions that it covers."""

    partition: int
    after: int
    last: int
    outcomes: tuple[Outcome, ...]


def shared_coder(schema_dir: str, digest: str) -> Coder:
    """Return this process's coder for a schema; its files are read once, not once per epoch.

    Raises SchemaError, and ConfigError when the folder no longer holds the schema with this digest.
    """
    coder = _coders.get((schema_dir, digest)) or load_coder(schema_dir)
    if coder.ref.digest != digest:
        raise ConfigError(
            f"{schema_dir}: the schema changed while a generation is coded with its earlier state; "
            "restart the job, or run `kirkuk reprocess` to code everything with the new one"
        )
    _coders[schema_dir, digest] = coder
    return coder


class CodeBatch(beam.DoFn):
    """Batch -> CodedBatch."""

    def __init__(self, schema_dir: str, schema_digest: str, generation: str) -> None:
        self._schema = (schema_dir, schema_digest)
        self._generation = generation
        self._coder: Coder | None = None

    def setup(self) -> None:
        """Load the schema."""
        self._coder = shared_coder(*self._schema)

    def process(self, batch: Batch) -> Iterator[CodedBatch]:
        """Code every event of the batch."""
        assert self._coder is not None
        now = datetime.now(UTC)
        outcomes = tuple(
            code_event(self._coder, Origin(batch.partition, stored), generation=self._generation, now=now)
            for stored in batch.events
        )
        yield CodedBatch(batch.partition, batch.after, batch.last, outcomes)


class WriteBatch(beam.DoFn):
    """CodedBatch -> Written; dead letters, once they are in the log, on the output `dead_letters`.

    Batches of a partition must come in order; one that leaves a gap raises LogError. One that another worker did before
    is done again: it changes nothing there, but takes back what this worker wrote of earlier revisions meanwhile.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._consumer = match_consumer(plan.generation)
        self._log: EventLog | None = None
        self._index: Index | None = None

    def setup(self) -> None:
        """Open log and index."""
        self._log = registry.open_log(self._plan.log_url)
        self._index = registry.open_index(self._plan.index_url)
        self._counters = {name: Metrics.counter(NAMESPACE, name) for name in COUNTERS}

    def process(self, batch: CodedBatch) -> Iterator[Any]:
        """Write one batch with the position that it reaches."""
        assert self._log is not None
        assert self._index is not None
        check_order(batch, self._log.position(self._consumer, ARTICLES, partition=batch.partition))
        sink = MatchSink(self._log, self._index, self._plan.generation)
        advance = Advance(self._consumer, ARTICLES, batch.partition, batch.last)
        written = sink.write(batch.outcomes, now=datetime.now(UTC), advances=[advance])
        self._count(written)
        yield written
        yield from (beam.pvalue.TaggedOutput(DEAD, letter) for letter in written.dead)

    def _count(self, written: Written) -> None:
        self._counters["articles"].inc(written.articles)
        self._counters["relevant"].inc(written.relevant)
        self._counters["events"].inc(written.events)
        self._counters["dead"].inc(len(written.dead))

    def teardown(self) -> None:
        """Close log and index."""
        for port in (self._log, self._index):
            if port is not None:
                port.close()


def check_order(batch: CodedBatch, done: int) -> None:
    """Raise LogError when events between `done` and the batch were not seen: to go on would lose them."""
    if batch.after > done:
        raise LogError(
            f"articles partition {batch.partition}: a batch after position {batch.after} came while only {done} is done"
        )


def build(pipeline: beam.Pipeline, plan: Plan, spans: Sequence[Span]) -> list[tuple[Any, Any]]:
    """Lay out the match graph: bounded where spans have a stop (epochs, batch), endless elsewhere (streaming).

    Returns for each span the collections of Written and of DeadLetter.
    """
    poll_s = max(_IDLE_POLL_S, len(spans) / _IDLE_POLLS_PER_S)
    return [_chain(pipeline, plan, span, poll_s) for span in spans]


def _chain(pipeline: beam.Pipeline, plan: Plan, span: Span, poll_s: float) -> tuple[Any, Any]:
    """Lay out one partition. Not flattened with the others: FnApiRunner would pickle every batch before the Flatten."""
    part = span.partition
    source = LogSource(
        plan.articles_url, ARTICLES, part, span.after, span.stop, batch_size=plan.batch_size, run=plan.run
    )
    outputs = (
        pipeline
        | f"Read {part}" >> ReadFromUnboundedSource(source, poll_s, max_read_time_seconds=_BUNDLE_S)
        | f"Code {part}" >> beam.ParDo(CodeBatch(plan.schema_dir, plan.schema_digest, plan.generation))
        | f"Write {part}" >> beam.ParDo(WriteBatch(plan)).with_outputs(DEAD, main="written")
    )
    return outputs["written"], outputs[DEAD]
