"""The three stages of the live system, each run to its end by one call; what `kirkuk ingest|match|alert` and the
processes under `kirkuk watch` do.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from connectors.ports import Notifier, SystemClock
from desk.lock import RoleLock
from desk.settings import Settings

_logger = logging.getLogger(__name__)
Progress = Callable[[Mapping[str, int | float | str]], None]


class Run(NamedTuple):
    """How a stage is run: until `stop`, or with `once` until there is nothing to do. `terminal` shows alerts."""

    stop: threading.Event
    progress: Progress
    once: bool
    terminal: Notifier


Stage = Callable[[Settings, Run], Mapping[str, int]]
_HANDOVER_S: Final = 10.0
"""A stage that was killed leaves its lock at once, one that is stopping within seconds."""


def _warn_of_stand_in(settings: Settings, kind: str) -> None:
    if surprise := settings.surprise(kind):
        _logger.warning("%s", surprise)


def run_ingest_stage(settings: Settings, run: Run) -> Mapping[str, int]:
    """Poll the feeds. Raises ConfigError for a faulty feed list, KirkukError when the folder is in use, LogError."""
    from connectors.feed_parser import PooledFeedParser
    from connectors.fetch import HttpFetcher
    from pipelines.jobs.ingest import run_ingest
    from schemas.feed_list import load_feeds

    _warn_of_stand_in(settings, "feeds")
    feeds = load_feeds(settings.feeds_file)
    clock = SystemClock()
    with RoleLock(settings.data_dir, "ingest", patience_s=_HANDOVER_S):
        parser = PooledFeedParser(settings.parse)
        try:
            return run_ingest(
                settings.log_url,
                feeds,
                HttpFetcher(settings.fetch, clock),
                parser,
                settings.ingest,
                stop=run.stop,
                clock=clock,
                progress=run.progress,
                once=run.once,
            )
        finally:
            parser.close()


def run_match_stage(settings: Settings, run: Run) -> Mapping[str, int]:
    """Code the articles. Raises SchemaError for a faulty schema, KirkukError when the folder is in use, LogError."""
    from pipelines.jobs.match import run_match

    with RoleLock(settings.data_dir, "match", patience_s=_HANDOVER_S):
        return run_match(
            settings.log_url,
            settings.index_url,
            settings.schema_dir,
            settings.match,
            stop=run.stop,
            clock=SystemClock(),
            progress=run.progress,
            once=run.once,
        )


def run_alert_stage(settings: Settings, run: Run) -> Mapping[str, int]:
    """Merge, decide, deliver. Raises ConfigError for faulty rules, KirkukError when the folder is in use, LogError."""
    from desk.alert_commands import open_notifiers
    from pipelines.jobs.alert import run_alert
    from schemas.rules import load_rules

    _warn_of_stand_in(settings, "rules")
    rules = load_rules(settings.rules_file)
    with RoleLock(settings.data_dir, "alert", patience_s=_HANDOVER_S):
        return run_alert(
            settings.log_url,
            settings.index_url,
            settings.schema_dir,
            rules,
            open_notifiers(rules, run.terminal),
            settings.alert,
            stop=run.stop,
            clock=SystemClock(),
            progress=run.progress,
            once=run.once,
        )


def run_stage(stage: str, settings: Settings, run: Run) -> Mapping[str, int]:
    """Run a stage that has this process for itself, with metrics and health unless it ends by itself.

    Raises what the stage raises.
    """
    from desk.operations import own_view, serving

    if run.once:
        return STAGES[stage](settings, run)
    with serving(settings, own_view(stage), SystemClock()):
        return STAGES[stage](settings, run)


STAGES: Final[Mapping[str, Stage]] = {
    "ingest": run_ingest_stage,
    "match": run_match_stage,
    "alert": run_alert_stage,
}
