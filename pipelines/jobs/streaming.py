"""The match job as one endless job on a portable runner: submit, watch, end, and begin again where that is needed.

    submit from the stored positions -> watch -> stop asked for:      drain, cancel, done
                                              -> other generation:    drain, cancel, submit that
                                              -> more partitions:     drain, cancel, submit them all
                                              -> failed, lost, stuck: pause, submit again

The runner holds nothing that matters. A batch's effects and the position after it are one append to the log, so a job
that ended in whatever way is begun again from the log, on whichever runner.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from threading import Event
from typing import Final, Protocol, Self, cast

from connectors.ports import EventLog
from pipelines import telemetry
from pipelines.generations import live_generation
from pipelines.jobs.epochs import Epochs, Generation, Runner, quiet_beam
from pipelines.jobs.job_service import ENDED, JobService, RunnerError, quiet_worker, quietly
from pipelines.jobs.patience import Patience, last_line
from pipelines.jobs.runner_flags import STREAMING_FLAG
from pipelines.match_plan import Plan, Span
from schemas.envelope import ARTICLES
from schemas.errors import IndexUnavailableError, LogError
from schemas.records import stable_id

_logger = logging.getLogger(__name__)
_WATCH_S: Final = 0.5
"""How often the job is looked at: what a new generation waits, and what a report may be late by."""
_DRAIN_S: Final = 5.0
"""How long a stop waits for the batches under way; what takes longer is done again by the next run."""
_SETTLED_S: Final = 0.2
_EXPECTED: Final = (RuntimeError, RunnerError, LogError, IndexUnavailableError)
_numbers = count(1)


class Job(Protocol):
    """What streaming needs of the match job."""

    log: EventLog
    generation: Generation
    epochs: Epochs
    runner: Runner
    totals: dict[str, int]

    def follow(self) -> None:
        """Go on with the live generation."""

    def report(self) -> None:
        """Tell where the job stands."""


def stream(job: Job, endpoint: str, stop: Event, *, max_failures: int, stalled_after_s: float) -> None:
    """Keep an endless job running until `stop`; `job.totals` then has what it counted.

    Raises KirkukError after `max_failures` failures in a row: jobs that ended, or could not begin, without progress.
    """
    with quiet_beam():
        from apache_beam.runners.portability import portable_runner  # noqa: F401 (its import warns)
    patience = Patience(max_failures)
    service = JobService(endpoint)
    with quiet_worker(), contextlib.closing(service):
        while not stop.is_set():
            telemetry.beat(telemetry.MATCH)
            begun: Mapping[int, int] = {}
            try:
                job.follow()
                job.report()
                begun = job.epochs.positions()
                with _Submitted(job, service, begun) as submitted:
                    _watch(job, submitted, stop, patience, stalled_after_s)
            except _EXPECTED as error:
                job.totals["failures"] += 1
                if begun and _came_further(job, begun):
                    patience.recovered()
                pause_s = patience.pause_s(error)
                _logger.warning("the endless job failed (%s); submitting it again in %.1f s", last_line(error), pause_s)
                stop.wait(pause_s)


def _came_further(job: Job, begun: Mapping[int, int]) -> bool:
    with contextlib.suppress(*_EXPECTED):
        return job.epochs.positions() != begun
    return False


def _watch(job: Job, submitted: "_Submitted", stop: Event, patience: Patience, stalled_after_s: float) -> None:
    """Return when the job should end. Raises RunnerError when it has ended, or does nothing though it should."""
    partitions = tuple(job.log.partitions(ARTICLES))
    positions, moved = job.epochs.positions(), time.monotonic()
    while not stop.wait(_WATCH_S):
        telemetry.beat(telemetry.MATCH)
        submitted.check()
        now_at = job.epochs.positions()
        if now_at != positions or not job.epochs.backlog():
            positions, moved = now_at, time.monotonic()
            patience.recovered()
        submitted.count()
        job.report()
        if live_generation(job.log) != job.generation.name:
            _logger.info("another generation is live; going on with that")
            return
        if tuple(job.log.partitions(ARTICLES)) != partitions:
            _logger.info("the articles have other partitions than before; reading them all")
            return
        if time.monotonic() - moved > stalled_after_s:
            raise RunnerError(f"nothing was coded for {stalled_after_s:.0f} s though articles wait; is a worker gone?")


class _Submitted:
    """An endless job that was handed to the runner; it ends with the block."""

    def __init__(self, job: Job, service: JobService, begun: Mapping[int, int]) -> None:
        self._job = job
        self._service = service
        self._spans = [Span(part, done) for part, done in begun.items()]
        self._before = dict(job.totals)
        plan = job.epochs.plan()
        # By the log, so that a job of an earlier process is found, whatever generation it is at.
        self._name = "kirkuk-match-" + stable_id(plan.log_url, plan.index_url)[:12]
        self._plan = plan._replace(run=f"{self._name}-{next(_numbers)}")
        self._id = ""
        self._release: Callable[[], object] = bool

    def __enter__(self) -> Self:
        self._service.reach()
        earlier = self._service.jobs(self._name)
        for job_id, state in earlier.items():
            if state not in ENDED:
                _logger.warning("job %s was left running by an earlier process; cancelling it", job_id)
                self._service.cancel(job_id)
        self._release = _submit(self._plan, self._spans, self._job.runner, self._name)
        self._id = next(iter(self._service.jobs(self._name).keys() - earlier.keys()), "")
        if not self._id:
            quietly(self._release)
            raise RunnerError("the runner took the job and doesn't know it any more")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        from pipelines.log_source import drain

        try:
            if drain(self._plan.run, _DRAIN_S) and kind is None:
                self._settle()
        finally:
            quietly(self._release)

    def check(self) -> None:
        """Raise RunnerError when the job has ended or its runner is gone."""
        state = self._service.state(self._id)
        if state in ENDED:
            raise RunnerError(f"the runner ended the job: {self._service.failure(self._id) or state}")

    def count(self) -> None:
        """Add what the job counted so far to the totals."""
        from pipelines.transforms import NAMESPACE

        self._add(self._service.counts(self._id, NAMESPACE))

    def _add(self, counts: Mapping[str, int]) -> None:
        self._job.totals.update({name: self._before[name] + number for name, number in counts.items()})

    def _settle(self) -> None:
        """Wait until the counts of the last batches have reached the runner."""
        until = time.monotonic() + 5 * _SETTLED_S
        before: dict[str, int] = {}
        while before != self._job.totals and time.monotonic() < until:
            before = dict(self._job.totals)
            time.sleep(_SETTLED_S)
            self.count()


def _submit(plan: Plan, spans: Sequence[Span], runner: Runner, name: str) -> Callable[[], object]:
    """Hand the endless graph to the runner; return what ends the job, and its worker if that is in this process."""
    with quiet_beam():
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions

        from pipelines import transforms

    flags = [*runner.args, STREAMING_FLAG, f"--job_name={name}"]
    pipeline = beam.Pipeline(runner=runner.name, options=PipelineOptions(flags=flags))
    transforms.build(pipeline, plan, spans)
    try:
        result = pipeline.run()
    except Exception as error:
        # Whatever a job service, its channel or the staging of files raises: the next try may do better.
        raise RunnerError(f"the runner refused the job: {last_line(error)}") from error
    return cast("Callable[[], object]", result.cancel)
