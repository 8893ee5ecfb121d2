"""What the doctor asks log and index: do they answer, how far behind is who, is there dead mail, do they agree.

What a kind of server alone can be asked (version, topics, templates) is in SERVER_CHECKS, by the scheme of its URL. A
check of a driver is a function of `connectors` that takes the URL and yields findings; it is loaded when it is asked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from connectors.findings import Finding, failure, good, warning
from connectors.ports import EventLog
from connectors.registry import open_index, open_log
from desk.doctor_checks import Check
from desk.probe import is_there
from desk.settings import Settings
from pipelines.generations import live_generation, live_promotion
from pipelines.lag import Lag, lags
from schemas.envelope import ARTICLES, FEEDS, MATCHES, derived
from schemas.errors import ConfigError, SchemaError
from schemas.records import GenerationPromoted

ServerCheck = Callable[[str], Iterable[Finding]]
_SKEW: Final = timedelta(minutes=1)
_LONG_LAG_S: Final = 600.0
_KINDS: Final = ("articles", "events", "developments", "alerts")


def _kafka(url: str) -> Iterable[Finding]:
    from connectors.kafka_checks import examine_kafka

    return examine_kafka(url)


def _elastic(url: str) -> Iterable[Finding]:
    from connectors.elastic_checks import examine_elastic

    return examine_elastic(url)


LOG_SERVER_CHECKS: Final[Mapping[str, Sequence[ServerCheck]]] = {"kafka": (_kafka,)}
INDEX_SERVER_CHECKS: Final[Mapping[str, Sequence[ServerCheck]]] = {"http": (_elastic,), "https": (_elastic,)}


def _log_server(settings: Settings) -> Iterator[Finding]:
    for check in LOG_SERVER_CHECKS.get(urlsplit(settings.log_url).scheme, ()):
        yield from check(settings.log_url)


def _index_server(settings: Settings) -> Iterator[Finding]:
    for check in INDEX_SERVER_CHECKS.get(urlsplit(settings.index_url).scheme, ()):
        yield from check(settings.index_url)


def _log(settings: Settings) -> Iterator[Finding]:
    if not is_there(settings.log_url):
        yield good("log", "none yet; the first job makes it")
        return
    with closing(open_log(settings.log_url)) as log:
        promoted = live_promotion(log)
        live = promoted.generation if promoted else None
        ends = [log.end(ARTICLES, partition=part) for part in log.partitions(ARTICLES)]
        yield good("log", f"{sum(ends):,} positions of articles, generation {live or 'none'}")
        yield _skew(log)
        now = datetime.now(UTC)
        for lag in lags(log, live):
            yield _behind(lag, now)
        yield _letters(log)
        yield from _polled(log, settings)
        if promoted is not None:
            yield from _schema_of(promoted, settings)


def _skew(log: EventLog) -> Finding:
    """Compare this machine's clock with the newest records: one from the future says that a clock is wrong."""
    now, newest = datetime.now(UTC), datetime.min.replace(tzinfo=UTC)
    for stream in (ARTICLES, FEEDS):
        for part in log.partitions(stream):
            end = log.end(stream, partition=part)
            last = log.read(stream, after=max(0, end - 1), limit=1, partition=part)
            newest = max([newest, *(stored.event.time for stored in last)])
    if newest - now > _SKEW:
        message = f"the log's newest record is from {newest:%Y-%m-%d %H:%M:%S} UTC, {newest - now} from now"
        return failure(
            "clock of the log", message, "set the clocks of all machines by NTP: this one or a writer's is wrong"
        )
    return good("clock of the log", "no record comes from the future")


def _behind(lag: Lag, now: datetime) -> Finding:
    check, seconds = f"{lag.stage} partition {lag.partition}", lag.seconds(now)
    if not lag.records:
        return good(check, "has done all there is")
    message = f"{lag.records:,} records behind, the oldest {seconds:,.0f} s old"
    if seconds > _LONG_LAG_S:
        return warning(check, message, "see that `kirkuk watch` runs; if it does, its log lines tell what holds it up")
    return good(check, message)


def _letters(log: EventLog) -> Finding:
    from desk.dead_letters_commands import letter_states

    states = letter_states(log)
    # Those of ingestion take no retry: the item comes again with the next poll.
    waiting = sum(not state.solved and state.letter.step != "ingest" for state in states)
    if waiting:
        remedy = "kirkuk dead-letters list, then `kirkuk dead-letters retry` when the cause is mended"
        return warning("dead letters", f"{waiting:,} of {len(states):,} wait to be fed again", remedy)
    return good("dead letters", f"{len(states):,}, none waits to be fed again")


def _polled(log: EventLog, settings: Settings) -> Iterator[Finding]:
    """Count how the enabled feeds fare."""
    from desk.feeds_commands import known_states
    from pipelines.ingestion.silence import REMEDY, kinds_told
    from schemas.feed_list import load_feeds

    try:
        feeds = [feed for feed in load_feeds(settings.feeds_file) if feed.enabled]
    except ConfigError:
        return  # the check of the list tells it
    states = [state for state in known_states(log, feeds).values() if state.polled_at is not None]
    failing = [state.failure for state in states if state.failures]
    message = (
        f"{len(states) - len(failing)} of {len(feeds)} answered last time, {len(feeds) - len(states)} not polled yet"
    )
    if not failing:
        yield good("feeds polled", message)
    elif len(failing) == len(states):
        yield failure("feeds polled", f"{message}; all failing: {kinds_told(failing)}", REMEDY)
    else:
        remedy = "kirkuk feeds list names them; docs/runbook.md, 'A feed is in trouble'"
        yield warning("feeds polled", f"{message}, {len(failing)} failing: {kinds_told(failing)}", remedy)


def _schema_of(promoted: GenerationPromoted, settings: Settings) -> Iterator[Finding]:
    """Warn when the live results were coded with another schema than the settings name."""
    from schemas.vocabulary import load_vocabulary

    try:
        ref = load_vocabulary(settings.schema_dir).ref
    except SchemaError:
        return  # the check of the schema tells it
    was = promoted.schema
    if was.digest != ref.digest:
        message = (
            f"the live generation was coded with {was.name} {was.version} ({was.digest[:12]}), the settings name "
            f"{ref.name} {ref.version} ({ref.digest[:12]})"
        )
        remedy = (
            f"set [schema] dir to {promoted.schema_dir or 'its folder'}, or `kirkuk reprocess` with the settings' one"
        )
        yield warning("schema in use", message, remedy)


def _index(settings: Settings) -> Iterator[Finding]:
    if not is_there(settings.index_url):
        yield good("index", "none yet; the first job makes it")
        return
    with closing(open_index(settings.index_url)) as index:
        live = index.live()
        wanted, coded = _log_state(settings)
        if live is None:
            remedy = "start `kirkuk watch` or `kirkuk match --once`: the index follows the log"
            yield warning("index", "no live generation", remedy)
        elif wanted is not None and live != wanted:
            message = f"it shows {live}, while the log's live generation is {wanted}"
            yield warning("index", message, "start `kirkuk watch` or `kirkuk match --once`: the index follows the log")
        elif coded and not index.count("articles"):
            message = f"{live} holds no articles, though the log has coded ones"
            yield failure("index", message, "kirkuk reprocess fills it from the log, and sends nothing")
        else:
            counts = ", ".join(f"{index.count(kind):,} {kind}" for kind in _KINDS)
            yield good("index", f"{counts}; live {live}")


def _log_state(settings: Settings) -> tuple[str | None, bool]:
    """Return the log's live generation, and whether it has coded anything."""
    if not is_there(settings.log_url):
        return None, False
    with closing(open_log(settings.log_url)) as log:
        live = live_generation(log)
        stream = derived(MATCHES, live or "")
        return live, live is not None and any(log.end(stream, partition=part) for part in log.partitions(stream))


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("log", _log),
    ("log server", _log_server),
    ("index", _index),
    ("index server", _index_server),
)
