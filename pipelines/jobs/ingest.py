"""The ingest job: polls every feed when it is due, and stores what came.

    Schedule -> fetch -> parse -> IngestStep.store, in the one writer thread -> due again
                 (many at once)

Nothing is kept but in the log: a process that dies polls again what it had not stored, with the validators from before,
and decides the same events. No feed waits for another one, and what goes wrong with one is a FeedFailed of its own.
"""

import asyncio
import itertools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from connectors import registry
from connectors.ports import Clock, FeedParser, Fetcher
from pipelines import telemetry
from pipelines.ingest_step import IngestStep, Poll
from pipelines.ingestion.decide import Answer, hash_body
from pipelines.ingestion.feed_state import request_for
from pipelines.ingestion.options import IngestOptions
from pipelines.ingestion.schedule import Schedule
from pipelines.ingestion.silence import Silence
from schemas.errors import LogError, RecordError
from schemas.feeds import NOT_MODIFIED, FeedSource, FetchFailed, ParseFailed

Progress = Callable[[Mapping[str, int | float | str]], None]
P = ParamSpec("P")
R = TypeVar("R")
_logger = logging.getLogger(__name__)
_TICK_S: Final = 0.1
"""How late a due feed or a stop may be noticed."""
_LONGEST_PAUSE_S: Final = 30.0
_STOP_GRACE_S: Final = 1.5
"""How long a stop waits for polls that are being stored; what is still fetched by then is fetched again next time."""


def run_ingest(
    log_url: str,
    feeds: Sequence[FeedSource],
    fetcher: Fetcher,
    parser: FeedParser,
    options: IngestOptions,
    *,
    stop: threading.Event,
    clock: Clock,
    progress: Progress,
    once: bool = False,
) -> Mapping[str, int]:
    """Poll the enabled feeds until `stop` is set, or with `once` each of them once; return what was counted.

    The counts are polls, failed, new, revised, unchanged, duplicate and dead. The fetcher is closed at the end, for its
    connections belong to the event loop that is made here; the parser is the caller's.
    Raises LogError when the log can't be opened or read (with `once` also when it refuses polls for too long), and
    RecordError when it holds what this release can't read.
    """
    log = registry.open_log(log_url)
    try:
        step = IngestStep(log, options, clock)
        enabled = [feed for feed in feeds if feed.enabled]
        job = _IngestJob(step, enabled, fetcher, parser, options, stop, clock, progress, once=once)
        asyncio.run(job.run())
        return dict(step.totals)
    finally:
        log.close()


class _IngestJob:
    """The state of one run: which feeds are due when, and which polls are under way."""

    def __init__(
        self,
        step: IngestStep,
        feeds: Sequence[FeedSource],
        fetcher: Fetcher,
        parser: FeedParser,
        options: IngestOptions,
        stop: threading.Event,
        clock: Clock,
        progress: Progress,
        *,
        once: bool,
    ) -> None:
        self._step = step
        self._feeds = feeds
        self._fetcher = fetcher
        self._parser = parser
        self._options = options
        self._stop = stop
        self._clock = clock
        self._progress = progress
        self._once = once
        hosts = [urlsplit(feed.url).hostname or "" for feed in feeds]
        self._schedule = Schedule(hosts, options.per_host_concurrency)
        self._silence = Silence(len(feeds))
        self._polls: dict[asyncio.Task[None], int] = {}
        self._storing: set[int] = set()
        self._due: dict[int, datetime] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ingest-writer")

    async def run(self) -> None:
        """Load, then poll until the end."""
        try:
            if await self._in_writer(self._step.load, self._feeds, self._loading):
                self._schedule_all()
                await self._poll_all()
        finally:
            await self._finish()

    async def _in_writer(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(function, *args, **kwargs))

    def _loading(self, done: int, total: int) -> bool:
        telemetry.beat(telemetry.INGEST)
        self._progress({"loading": done, "of": total})
        return not self._stop.is_set()

    def _schedule_all(self) -> None:
        now = self._clock.now()
        telemetry.FEEDS.set(len(self._feeds))
        numbers = {feed.id: number for number, feed in enumerate(self._feeds)}
        polls = self._step.first_polls(self._feeds, now)
        self._silence = Silence(len(polls))
        for feed, due in polls:
            self._wait_until(numbers[feed.id], now if self._once else due)

    def _wait_until(self, number: int, due: datetime) -> None:
        self._due[number] = due
        self._schedule.add(number, due)

    async def _poll_all(self) -> None:
        self._report()
        while not self._stop.is_set() and (self._schedule or self._polls or not self._once):
            telemetry.beat(telemetry.INGEST)
            self._start_due()
            if not self._polls:
                await asyncio.sleep(_TICK_S)
                continue
            done, _ = await asyncio.wait(self._polls, timeout=_TICK_S, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._schedule.done(self._polls.pop(task))
                task.result()
            if done:
                self._report()

    def _start_due(self) -> None:
        now = self._clock.now()
        while len(self._polls) < self._options.concurrency and (number := self._schedule.take(now)) is not None:
            telemetry.POLL_DELAY.observe((now - self._due[number]).total_seconds())
            self._polls[asyncio.create_task(self._poll(number))] = number

    def _report(self) -> None:
        self._progress({**self._step.totals, "feeds": len(self._feeds), "under_way": len(self._polls)})

    async def _poll(self, number: int) -> None:
        source = self._feeds[number]
        outcome = await self._outcome(source)
        self._storing.add(number)
        due = await self._store(Poll(source, outcome))
        self._storing.discard(number)
        told = self._silence.note(number, outcome.kind if isinstance(outcome, FetchFailed) else None)
        if told and not self._once:
            _logger.warning("%s", told)
        if due is not None and not self._once:
            self._wait_until(number, due)

    async def _outcome(self, source: FeedSource) -> Answer | FetchFailed:
        """Fetch and parse; whatever goes wrong is this feed's failure."""
        try:
            async with asyncio.timeout(self._options.poll_timeout_s):
                return await self._ask(source)
        except TimeoutError:
            return FetchFailed(kind="timeout", message="the poll took too long", at=self._clock.now())
        except Exception as error:
            _logger.exception("feed %s: polling failed", source.id)
            return self._internal(error)

    def _internal(self, error: Exception) -> FetchFailed:
        # Only the error's name: its text may hold an address with a password.
        return FetchFailed(kind="internal", message=type(error).__name__, at=self._clock.now())

    async def _ask(self, source: FeedSource) -> Answer | FetchFailed:
        state = self._step.state(source)
        request = request_for(source, state)
        fetched = await self._fetcher.fetch(request)
        if isinstance(fetched, FetchFailed):
            return fetched
        if fetched.status == NOT_MODIFIED:
            if request.etag or request.last_modified:
                return Answer(fetched)
            return FetchFailed(kind="protocol", message="answered 304 to an unconditional request", at=fetched.at)
        body_hash = hash_body(fetched.body)
        if body_hash == state.body_hash:
            return Answer(fetched, body_hash)
        parsed = await self._parser.parse(fetched.body, fetched.headers, fetched.url)
        if isinstance(parsed, ParseFailed):
            return FetchFailed(kind=parsed.kind, message=parsed.message, at=fetched.at, status=fetched.status)
        return Answer(fetched, body_hash, parsed)

    async def _store(self, poll: Poll) -> datetime | None:
        """Store a poll; if it can't be, store that. Raises what is wrong with the log and not with the feed."""
        try:
            return await self._insist(poll)
        except (LogError, RecordError):
            raise
        except Exception as error:
            _logger.exception("feed %s: its items could not be stored", poll.source.id)
            return await self._insist(Poll(poll.source, self._internal(error)))

    async def _insist(self, poll: Poll) -> datetime | None:
        """Offer a poll to the log until it is taken."""
        for tries in itertools.count(1):
            try:
                return await self._in_writer(self._step.store, poll)
            except LogError as error:
                if self._once and tries >= self._options.max_log_failures:
                    raise
                pause_s = min(_LONGEST_PAUSE_S, 0.125 * 2 ** min(tries, 10))
                _logger.warning("feed %s: not stored (%s); again in %.1f s", poll.source.id, error, pause_s)
                await asyncio.sleep(pause_s)
        return None

    async def _finish(self) -> None:
        """End what is fetched, let what is stored be stored, and close."""
        storing = [task for task, number in self._polls.items() if number in self._storing]
        for task in self._polls.keys() - storing:
            task.cancel()
        if storing:
            await asyncio.wait(storing, timeout=_STOP_GRACE_S)
        for task in storing:
            task.cancel()
        await asyncio.gather(*self._polls, return_exceptions=True)
        # An append that runs can't be broken off; those that wait are decided again by the next process.
        self._writer.shutdown(cancel_futures=True)
        await self._fetcher.close()
