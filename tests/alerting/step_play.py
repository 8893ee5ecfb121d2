"""The alert step on ports in memory, with restarts and failing appends where told; and streams to feed it."""

import itertools
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import strategies as st

from connectors import registry
from connectors.ports import Append
from pipelines.alert_step import AlertStep, LedgerReader
from pipelines.streams import replay
from schemas.envelope import ALERTS, MATCHES, derived, pack, unpack
from schemas.errors import LogError
from schemas.records import AlertRaised, stable_id
from tests.developments.builders import MONDAY, coded, event

NOON = datetime(2017, 10, 16, 12, tzinfo=UTC)
_names = itertools.count()
GENERATION = "1_0-test-1"
STREAM = derived(MATCHES, GENERATION)


class Bench:
    """A log and an index in memory, and the step on them."""

    def __init__(self, vocabulary, rules):
        name = f"memory://alerting-{next(_names)}"
        self.log, self.index = registry.open_log(name), registry.open_index(name)
        self.vocabulary, self.rules = vocabulary, rules
        self.now = NOON
        self.step = None
        self._told = 0

    def tell(self, *articles):
        """Append coded articles; the same one again is another event."""
        for item in articles:
            self._told += 1
            event_id = stable_id("told", str(self._told))
            wrapped = pack(item, event_id=event_id, subject=item.article.article_id, time=item.article.ingested)
            self.log.append([Append(STREAM, wrapped)])
        return self

    def restart(self, log=None):
        """Build the step anew from the log, as a process that begins."""
        log = log or self.log
        reader = LedgerReader(log)
        reader.catch_up()
        self.step = AlertStep(log, self.index, GENERATION, self.vocabulary, self.rules, reader)
        self.step.record_history(self.now)
        reader.catch_up()

    def run(self, limit=200):
        """Do what there is to do."""
        if self.step is None:
            self.restart()
        while work(self.step, limit, self.now):
            pass
        return self

    def alerts(self):
        found = (unpack(stored.event) for stored in replay(self.log, ALERTS))
        return [record.alert for record in found if isinstance(record, AlertRaised)]

    def keys(self):
        return [(alert.rule, alert.development_id, alert.change) for alert in self.alerts()]


def work(step, limit, now):
    """Do one batch as the job does: first what others have told."""
    step.show_alerts(step._reader.catch_up())
    return step.run(limit, now)


class Failing:
    """A log whose appends fail where told: before they are done, or after."""

    def __init__(self, log, fates):
        self._log, self._fates = log, iter(fates)

    def __getattr__(self, name):
        return getattr(self._log, name)

    def append(self, appends, advances=()):
        fate = next(self._fates, "")
        if fate == "before":
            raise LogError("the disk is full")
        new = self._log.append(appends, advances)
        if fate == "after":
            raise LogError("the answer was lost")
        return new


CLASH = {"kind": "ASSAULT", "mode": "clash", "actors": ("peshmerga", "iraqi-forces")}
DAYS = (None, "2017-10-15", "2017-10-16", "2017-10-17")
EVENTS = st.one_of(
    st.builds(event, day=st.sampled_from(DAYS), status=st.sampled_from(("asserted", "denied", "confirmed"))),
    st.builds(event, actors=st.sampled_from(((), ("peshmerga",), ("iraqi-forces",))), day=st.sampled_from(DAYS)),
    st.builds(
        lambda day, killed, place: event(**CLASH, day=day, place=place, figures={"killed": killed} if killed else None),
        st.sampled_from(DAYS),
        st.sampled_from((0, 4, 12, 60)),
        st.sampled_from(("kirkuk-city", "altun-kupri")),
    ),
)


def _article(name, revision, events, days):
    published = MONDAY + timedelta(days=days)
    placed = [_at(item, number) for number, item in enumerate(events)]
    return coded(name, *placed, revision=revision, published=published)


def _at(item, number):
    """Give the events of an article sentences of their own."""
    return msgspec.structs.replace(item, sentence=(100 * number, 100 * number + 80))


ARTICLES = st.builds(
    _article, st.sampled_from("abcdef"), st.integers(1, 3), st.lists(EVENTS, max_size=2), st.integers(0, 3)
)
STREAMS = st.lists(ARTICLES, min_size=1, max_size=12)
