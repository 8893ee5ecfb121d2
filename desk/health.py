"""Is a running process alive, and is it ready: pure answers from what was seen, each with the remedy."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from prometheus_client.metrics_core import Metric

from connectors.findings import Finding, failure, good
from desk.operation_options import MetricsOptions
from desk.probe import Sight
from pipelines.telemetry import LAST_STEP_NAME

_SIGHT_PATIENCE: Final = 4.0
"""So many intervals may pass before a look that did not come back counts as log or index not answering."""


class StageView(NamedTuple):
    """What is known of one stage: whether its process runs, since when (seconds since 1970), and what it measured."""

    stage: str
    running: bool
    started: float
    families: Sequence[Metric] = ()
    restarts: int = 0
    error: str = ""


def last_step(view: StageView) -> float:
    """Return when a stage made its last step, or when it was started, in seconds since 1970."""
    steps = [sample.value for family in view.families if family.name == LAST_STEP_NAME for sample in family.samples]
    return max([view.started, *steps])


def liveness(views: Iterable[StageView], now: datetime, options: MetricsOptions) -> list[Finding]:
    """Say of each running stage whether its loop goes on. One that is down is started again by itself."""
    return [_alive(view, now.timestamp() - last_step(view), options) for view in views]


def _alive(view: StageView, idle_s: float, options: MetricsOptions) -> Finding:
    check = f"stage {view.stage}"
    if not view.running:
        return good(check, "is being started again")
    if idle_s > options.live_within_s:
        message = f"no step for {idle_s:.0f} s, and metrics.live_within_s is {options.live_within_s:g}"
        return failure(check, message, "look at its log lines, then start the process again: nothing is lost by it")
    return good(check, f"last step {max(0.0, idle_s):.1f} s ago")


def readiness(
    views: Iterable[StageView], sight: Sight, now: datetime, options: MetricsOptions, *, every_s: float
) -> list[Finding]:
    """Say whether news goes through: stages run, log and index answer, a schema is in use, nothing is far behind."""
    return [
        *(_running(view) for view in views),
        _answers("log", sight.log_fault, sight.at, now, every_s),
        _answers("index", sight.index_fault, sight.at, now, every_s),
        _schema(sight),
        *_lags(sight, options),
    ]


def _running(view: StageView) -> Finding:
    check = f"stage {view.stage}"
    if view.running:
        return good(check, "runs")
    return failure(check, f"is down: {view.error or 'not started yet'}", "it is started again; its log lines say more")


def _answers(check: str, fault: str, seen: datetime, now: datetime, every_s: float) -> Finding:
    age_s = (now - seen).total_seconds()
    if age_s > _SIGHT_PATIENCE * every_s:
        return failure(check, f"no answer for {age_s:.0f} s", "see that it runs and can be reached: kirkuk doctor")
    if fault:
        return failure(check, fault, "kirkuk doctor says more; it is made by the first job that writes")
    return good(check, "answers")


def _schema(sight: Sight) -> Finding:
    if sight.promoted is None:
        return failure("schema", "no generation is live", "the match stage begins the first one when it has its schema")
    if sight.index_live != sight.promoted.generation:
        message = f"the index shows {sight.index_live}, the log's live generation is {sight.promoted.generation}"
        return failure("schema", message, "the match stage brings them together when it starts: see that it runs")
    ref = sight.promoted.schema
    return good("schema", f"{ref.name} {ref.version} ({ref.digest[:12]}), generation {sight.promoted.generation}")


def _lags(sight: Sight, options: MetricsOptions) -> Iterator[Finding]:
    for lag in sight.lags:
        check, seconds = f"lag {lag.stage} {lag.partition}", lag.seconds(sight.at)
        message = f"{lag.records:,} records behind, the oldest {seconds:.0f} s old"
        if seconds > options.ready_lag_s:
            remedy = f"it may be catching up (metrics.ready_lag_s is {options.ready_lag_s:g}); else see its log lines"
            yield failure(check, message, remedy)
        else:
            yield good(check, message)
