"""What the match step tells of a batch: counts, latencies, log lines. A line for each article only where it has events,
for nineteen articles of twenty are about something else; at the level DEBUG, for every one.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pipelines import telemetry
from schemas.records import DeadLetter

if TYPE_CHECKING:
    from pipelines.match_step import Outcome, Written

_logger = logging.getLogger(__name__)
_FETCHED_TO_CODED: Final = "fetched_to_coded"
_CODED_TO_INDEXED: Final = "coded_to_indexed"


def report_indexed(outcomes: Iterable["Outcome"], generation: str, coded: datetime, indexed: datetime) -> None:
    """Tell of articles that the index holds now: what reached the sink at `coded` could be searched at `indexed`."""
    told = _logger.isEnabledFor(logging.DEBUG)
    for outcome in outcomes:
        if outcome.fetched is None:
            continue
        telemetry.took(telemetry.MATCH, _FETCHED_TO_CODED, outcome.fetched, coded)
        if (coded - outcome.fetched).total_seconds() <= telemetry.LIVE_S:
            telemetry.took(telemetry.MATCH, _CODED_TO_INDEXED, coded, indexed)
        if told:
            _logger.debug("article.indexed", extra=_extra(outcome, generation))


def report_written(outcomes: Sequence["Outcome"], written: "Written", generation: str) -> None:
    """Tell of a batch that is in the index and in the log."""
    telemetry.beat(telemetry.MATCH)
    telemetry.ARTICLES.labels("relevant").inc(written.relevant)
    telemetry.ARTICLES.labels("irrelevant").inc(written.articles - written.relevant)
    telemetry.ARTICLES.labels("dead").inc(sum(outcome.dead is not None for outcome in outcomes))
    telemetry.EVENTS.inc(written.events)
    for outcome in outcomes:
        if (level := _level(outcome)) is not None:
            extra = _extra(outcome, generation)
            extra |= {"relevant": outcome.relevant, "events": len(outcome.event_ids), "fetched": outcome.fetched}
            _logger.log(level, "article.coded", extra=extra)
    _report_letters(written.dead, generation)


def _report_letters(letters: Sequence[DeadLetter], generation: str) -> None:
    if letters:
        telemetry.DEAD_LETTERS.labels(telemetry.MATCH).inc(len(letters))
    for letter in letters:
        extra = {"article_id": letter.key, "dead_letter_id": letter.dead_letter_id, "generation": generation}
        _logger.info("article.dead", extra={**extra, "error": letter.error})


def _level(outcome: "Outcome") -> int | None:
    """Return the level at which an article is told of, None when it is not."""
    if outcome.dead is not None:
        return None
    level = logging.INFO if outcome.relevant else logging.DEBUG
    return level if _logger.isEnabledFor(level) else None


def _extra(outcome: "Outcome", generation: str) -> dict[str, Any]:
    return {"article_id": outcome.article_id, "revision": outcome.revision, "generation": generation}
