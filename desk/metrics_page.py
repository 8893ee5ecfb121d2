"""The text of /metrics: what stages measured, and what was seen of log and index, in Prometheus's text format."""

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from prometheus_client import ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from desk.health import StageView
from desk.probe import Sight
from pipelines.telemetry import families

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_DIGEST_SHOWN: Final = 12


def measured(stage: str) -> list[Metric]:
    """Return what a stage measured in this process, with what the system says of the process."""
    return [*families(stage), *_process(stage)]


def _process(stage: str) -> Iterator[Metric]:
    collector = ProcessCollector(pid=os.getpid, registry=None)
    for family in collector.collect():
        family.samples = [sample._replace(labels={**sample.labels, "stage": stage}) for sample in family.samples]
        yield family


class _Page:
    """What `generate_latest` takes for a registry."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """Return the families, each once, with the samples of all stages."""
        merged: dict[str, Metric] = {}
        for family in self._found:
            known = merged.get(family.name)
            if known is None:
                known = merged[family.name] = Metric(family.name, family.documentation, family.type)
            known.samples.extend(family.samples)
        return merged.values()


def render(views: Sequence[StageView], sight: Sight) -> bytes:
    """Return the page."""
    found = [family for view in views for family in view.families]
    return generate_latest(_Page([*_infos(sight), *_stages(views), *_sight(sight), *found]))


def _infos(sight: Sight) -> Iterator[Metric]:
    build = GaugeMetricFamily("kirkuk_build_info", "What runs.", labels=("version", "python", "beam"))
    build.add_metric((_version("kirkuk"), platform.python_version(), _version("apache-beam")), 1)
    yield build
    schema = GaugeMetricFamily(
        "kirkuk_schema_info",
        "The event schema and generation that are live.",
        labels=("name", "version", "digest", "generation"),
    )
    if sight.promoted is not None:
        ref = sight.promoted.schema
        schema.add_metric((ref.name, ref.version, ref.digest[:_DIGEST_SHOWN], sight.promoted.generation), 1)
    yield schema


def _stages(views: Sequence[StageView]) -> Iterator[Metric]:
    running = GaugeMetricFamily("kirkuk_stage_up", "1 while a stage's process runs.", labels=("stage",))
    restarts = CounterMetricFamily(
        "kirkuk_stage_restarts", "How often a stage had to be started again.", labels=("stage",)
    )
    for view in views:
        running.add_metric((view.stage,), int(view.running))
        restarts.add_metric((view.stage,), view.restarts)
    yield running
    yield restarts


def _sight(sight: Sight) -> Iterator[Metric]:
    labels = ("stage", "partition")
    records = GaugeMetricFamily("kirkuk_lag_records", "Records that a stage has not done.", labels=labels)
    seconds = GaugeMetricFamily(
        "kirkuk_lag_seconds", "Age of the oldest record not done, since it was ingested.", labels=labels
    )
    for lag in sight.lags:
        records.add_metric((lag.stage, str(lag.partition)), lag.records)
        seconds.add_metric((lag.stage, str(lag.partition)), lag.seconds(sight.at))
    yield records
    yield seconds
    reachable = GaugeMetricFamily("kirkuk_backend_up", "1 while log or index answers.", labels=("backend",))
    reachable.add_metric(("log",), int(not sight.log_fault))
    reachable.add_metric(("index",), int(not sight.index_fault))
    yield reachable
    seen = GaugeMetricFamily(
        "kirkuk_backend_seen_timestamp_seconds", "When log and index were looked at last, in seconds since 1970."
    )
    seen.add_metric((), sight.at.timestamp())
    yield seen


def page_names() -> set[str]:
    """Return the names of samples that the page has beside those of stages; those of processes aside."""
    from datetime import UTC

    nothing = Sight(datetime.now(UTC))
    found = [*_infos(nothing), *_stages(()), *_sight(nothing)]
    return {family.name + ("_total" if family.type == "counter" else "") for family in found}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
