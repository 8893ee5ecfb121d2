"""One step of the ingest job, without network: a poll's outcome in, one append out.

    catch up with the log -> decide -> one append: articles, dead letters, the feed's news -> all of it new? else again

Decisions rest on the log alone, and events have ids that say what they follow. So of two processes that decide at once
the log takes one; the other one sees that something was there already, catches up and decides again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from connectors.ports import START, Append, Clock, EventLog
from pipelines import telemetry
from pipelines.ingest_report import report_letters, report_poll
from pipelines.ingestion.decide import Answer, Decision, decide_answer, decide_failure
from pipelines.ingestion.feed_state import FeedState, address_digest, at_address, fold_feed_event
from pipelines.ingestion.items import Context
from pipelines.ingestion.known import KnownArticles
from pipelines.ingestion.options import IngestOptions
from pipelines.ingestion.polling import first_poll_at
from pipelines.streams import replay
from schemas.envelope import ARTICLES, DEAD_LETTERS, FEEDS, Event, encode, pack
from schemas.errors import KirkukError, LogError, RecordTooLargeError
from schemas.feeds import FeedSource, FetchFailed
from schemas.records import DeadLetter, FeedFailed

Loading = Callable[[int, int], bool]
"""Told how many events of how many are read; returns whether to go on."""
_REPORT_EVERY: Final = 5000
_MOST_CONFLICTS: Final = 20
_TAIL_OF_FEEDS: Final = 20_000
"""Events of `feeds` that are read at the start; the whole stream only if a feed is not among them. A stream of some
dozen feeds has ten thousand a day, and the last event of a feed says all that the next poll needs."""


class Poll(NamedTuple):
    """The outcome of one poll of one feed."""

    source: FeedSource
    outcome: Answer | FetchFailed


class FeedStates(NamedTuple):
    """The states of feeds by id, and how far each partition of `feeds` was read for them."""

    states: dict[str, FeedState]
    positions: dict[int, int]


def read_feed_states(log: EventLog, feed_ids: Collection[str]) -> FeedStates:
    """Fold as much of `feeds` as says of each feed how it fares. Raises LogError, RecordError."""
    tail = max(_TAIL_OF_FEEDS, 100 * len(feed_ids))
    starts = {part: max(START, log.end(FEEDS, partition=part) - tail) for part in log.partitions(FEEDS)}
    found = _fold_feeds(log, starts)
    if any(starts.values()) and not found.states.keys() >= set(feed_ids):
        return _fold_feeds(log, dict.fromkeys(starts, START))
    return found


def _fold_feeds(log: EventLog, starts: Mapping[int, int]) -> FeedStates:
    found = FeedStates({}, dict(starts))
    for partition, after in starts.items():
        for stored in replay(log, FEEDS, after=after, partition=partition):
            fold_feed_event(found.states, stored.event)
            found.positions[partition] = stored.position
    return found


class IngestStep:
    """What the log holds of feeds and articles, kept up to date, and the writer of polls. Calls come one at a time,
    from any thread. The log is the caller's.
    """

    def __init__(self, log: EventLog, options: IngestOptions, clock: Clock) -> None:
        self._log = log
        self._options = options
        self._clock = clock
        self._known = KnownArticles()
        self._states: dict[str, FeedState] = {}
        self._positions: dict[tuple[str, int], int] = {}
        self._unsure: dict[str, Decision] = {}
        self.totals = dict.fromkeys(("polls", "failed", "new", "revised", "unchanged", "duplicate", "dead"), 0)

    def load(self, feeds: Sequence[FeedSource], going: Loading) -> bool:
        """Read what the log holds; False when `going` ended it. Raises LogError, RecordError."""
        self._states, positions = read_feed_states(self._log, [feed.id for feed in feeds])
        self._positions = {(FEEDS, partition): position for partition, position in positions.items()}
        return self._load_articles(going)

    def _load_articles(self, going: Loading) -> bool:
        total = sum(self._log.end(ARTICLES, partition=each) for each in self._log.partitions(ARTICLES))
        for done, event in enumerate(self._unread(ARTICLES), 1):
            self._known.fold(event)
            if done % _REPORT_EVERY == 0 and not going(done, total):
                return False
        return True

    def state(self, source: FeedSource) -> FeedState:
        """Return what is known of a feed at its configured address."""
        return at_address(self._states.get(source.id, FeedState()), address_digest(source.url))

    def first_polls(self, feeds: Sequence[FeedSource], now: datetime) -> list[tuple[FeedSource, datetime]]:
        """Return when each feed is due after a start; those that are gone are left out."""
        dated = ((feed, first_poll_at(feed, self.state(feed), len(feeds), self._options, now)) for feed in feeds)
        return [(feed, due) for feed, due in dated if due is not None]

    def store(self, poll: Poll) -> datetime | None:
        """Store a poll and return when the next one is due (None: never).

        Raises LogError; then nothing is lost by calling again with the same poll, which is stored once.
        """
        refused: set[str] = set()
        conflicts = 0
        while conflicts < _MOST_CONFLICTS:
            self._catch_up(FEEDS)
            self._catch_up(ARTICLES)
            if (settled := self._settled(poll)) is not None:
                return self._count(settled)
            decision = self._decide(poll, refused)
            try:
                complete = self._append(poll, decision)
            except RecordTooLargeError:
                refused.add(_largest(decision))
                continue
            if complete:
                return self._count(decision)
            conflicts += 1
        raise LogError(f"feed {poll.source.id}: another process keeps polling it; let one process ingest each feed")

    def _catch_up(self, stream: str) -> None:
        for event in self._unread(stream):
            if stream == FEEDS:
                fold_feed_event(self._states, event)
            else:
                self._known.fold(event)

    def _unread(self, stream: str) -> Iterator[Event]:
        for partition in self._log.partitions(stream):
            place = stream, partition
            for stored in replay(self._log, stream, after=self._positions.get(place, START), partition=partition):
                yield stored.event
                self._positions[place] = stored.position

    def _decide(self, poll: Poll, refused: Collection[str]) -> Decision:
        context = Context(self._known, self._states, self._options, self._clock.now())
        state = self.state(poll.source)
        if isinstance(poll.outcome, FetchFailed):
            return decide_failure(poll.source, state, poll.outcome, context)
        return decide_answer(poll.source, state, poll.outcome, context, refused=refused)

    def _append(self, poll: Poll, decision: Decision) -> bool:
        """Append a decision; return whether all of it was new, so that it holds as it was decided."""
        appends = [Append(ARTICLES, event) for event in decision.articles]
        letters = self._new_letters(decision.dead)
        appends += [Append(DEAD_LETTERS, _pack_letter(letter)) for letter in letters]
        appends += [Append(FEEDS, event) for event in decision.feed]
        try:
            with telemetry.appending(telemetry.INGEST):
                new = self._log.append(appends)
        except RecordTooLargeError:
            raise
        except LogError:
            self._unsure[poll.source.id] = decision
            raise
        report_letters(letters)
        return new == len(appends)

    def _new_letters(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """A dead item is served again at every poll, and is one letter."""
        unique = {letter.dead_letter_id: letter for letter in letters}
        held = self._log.holds(DEAD_LETTERS, list(unique)) if unique else set()
        return [letter for key, letter in unique.items() if key not in held]

    def _settled(self, poll: Poll) -> Decision | None:
        """Return the decision that a failing log took after all, if it did."""
        decision = self._unsure.pop(poll.source.id, None)
        if decision is None:
            return None
        state = self._states.get(poll.source.id, FeedState())
        taken = state.last_poll_id == decision.feed[-1].id and state.polled_at == decision.polled.at
        return decision if taken else None

    def _count(self, decision: Decision) -> datetime | None:
        polled = decision.polled
        # The state is the one from before the poll: what was appended is folded with the next one.
        report_poll(decision, first=self._states.get(polled.feed_id, FeedState()).answered_at is None)
        self.totals["polls"] += 1
        if isinstance(polled, FeedFailed):
            self.totals["failed"] += 1
        else:
            for fate in polled.items.__struct_fields__:
                self.totals[fate] += getattr(polled.items, fate)
        return polled.next_poll_at


def _pack_letter(letter: DeadLetter) -> Event:
    return pack(letter, event_id=letter.dead_letter_id, subject=letter.key, time=letter.at)


def _largest(decision: Decision) -> str:
    """Return the id of the largest article of a decision that is too large for the log as it is."""
    if not decision.articles:
        raise KirkukError("the log refuses a dead letter or a feed's news as too large; raise its limit for one record")
    return max(decision.articles, key=lambda event: len(encode(event))).id
