"""Deliveries: retries that survive restarts, channels that don't wait for each other, channels that are given up."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors import registry
from connectors.ports import Append
from pipelines.alerting import Ledger
from pipelines.alerting.delivery import Lease, due, outcome, started
from pipelines.alerting.options import AlertOptions
from schemas.envelope import ALERTS, pack
from schemas.errors import DeliveryError, LogError
from schemas.records import AlertDelivered, AlertRaised, DeliveryFailed, DeliveryStarted, RuleMuted
from tests.alerting import alert_play as play
from tests.alerting.test_once_only import EXPECTED, wait_for

NOON = datetime(2017, 10, 16, 12, tzinfo=UTC)
SHARED = Lease(timedelta(seconds=60))


class HandClock:
    """A clock that moves when told to."""

    def __init__(self, now=NOON):
        self.time = now

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


class Channel:
    """A channel that does what it is told: `act` is called with each alert."""

    def __init__(self, name="outbox", act=lambda alert: None):
        self.name = name
        self.got = []
        self._act = act

    def send(self, alert):
        self._act(alert)
        self.got.append(alert.alert_id)


def refuse(alert):
    raise DeliveryError("the office is closed")


@pytest.fixture
def ledger(desk):
    """A ledger with one alert that was raised and not sent."""
    play.tell(desk.log, play.story()[0])
    desk.alert(Channel("nobody"))
    ledger = Ledger()
    ledger.fold(AlertRaised(alert=play.raised(desk.log)[0]))
    return ledger


def test_pauses_double_up_to_a_limit_and_end(ledger):
    """2, 4, 5, 5 seconds, then the channel is given up and nothing is due any more."""
    options = AlertOptions(first_pause_s=2, longest_pause_s=5, max_attempts=5)
    now, pauses = NOON, []
    while tasks := list(due(ledger, now, ["outbox"], SHARED)):
        ledger.fold(started(tasks[0], now))
        assert list(due(ledger, now, ["outbox"], SHARED)) == []
        failed = outcome(tasks[0], "no", now, options)
        ledger.fold(failed)
        if failed.retry_at is None:
            break
        pauses.append((failed.retry_at - now).total_seconds())
        assert list(due(ledger, failed.retry_at - timedelta(milliseconds=1), ["outbox"], SHARED)) == []
        now = failed.retry_at
    assert pauses == [2, 4, 5, 5]
    assert ledger.counts() == {"alerts": 1, "held_back": 0, "delivered": 0, "given_up": 1}
    assert list(ledger.unfinished()) == []


def test_a_send_without_outcome_is_taken_up_again_after_the_lease(ledger):
    """Others may be at work for `lease_s`; a sole worker takes up at once what was begun before it began."""
    [task] = due(ledger, NOON, ["outbox"], SHARED)
    ledger.fold(started(task, NOON))
    assert list(due(ledger, NOON + timedelta(seconds=59), ["outbox"], SHARED)) == []
    [again] = due(ledger, NOON + timedelta(seconds=60), ["outbox"], SHARED)
    assert again.attempt == 2
    sole = Lease(timedelta(seconds=60), NOON + timedelta(seconds=1))
    assert [found.attempt for found in due(ledger, NOON + timedelta(seconds=1), ["outbox"], sole)] == [2]
    assert list(due(ledger, NOON + timedelta(seconds=1), ["outbox"], Lease(timedelta(seconds=60), NOON))) == []


def test_a_late_delivery_counts_whoever_told_it(ledger):
    """A worker taken for dead tells that it did deliver: then nobody sends again, whatever is told afterwards."""
    [task] = due(ledger, NOON, ["outbox"], SHARED)
    ledger.fold(started(task, NOON))
    second = task._replace(attempt=2)
    ledger.fold(started(second, NOON))
    ledger.fold(outcome(task, None, NOON, AlertOptions()))
    ledger.fold(outcome(second, "no", NOON, AlertOptions()))
    assert list(ledger.unfinished()) == []
    assert ledger.counts()["delivered"] == 1


def test_the_alert_that_the_log_took_replaces_the_one_decided_here(ledger):
    """Another worker's came first and was sent: this one's, held back, gives way."""
    [alert] = ledger.alerts.values()
    other = Ledger()
    held = msgspec.structs.replace(alert, suppressed="quiet hours")
    other.fold(AlertRaised(alert=held))
    assert (list(other.unfinished()), other.counts()["held_back"]) == ([], 1)
    other.fold(AlertRaised(alert=alert))
    assert [channel for _, channel, _ in other.unfinished()] == ["outbox"]
    assert (other.counts()["alerts"], other.counts()["held_back"]) == (1, 0)


def test_retries_survive_a_restart(desk):
    """Every process tries once more at the time that the ledger says, until the channel takes the alert."""
    clock = HandClock()
    play.tell(desk.log, play.story()[0])
    refusing = Channel(act=refuse)
    for expected in (1, 2, 3):
        counts = desk.alert(refusing, clock=clock, first_pause_s=10)
        assert (counts["delivered"], failures(desk)) == (0, expected)
        desk.alert(refusing, clock=clock, first_pause_s=10)
        assert failures(desk) == expected
        clock.sleep(10 * 2 ** (expected - 1))
    taking = Channel()
    assert desk.alert(taking, clock=clock)["delivered"] == 1
    assert desk.alert(taking, clock=clock)["delivered"] == 1
    assert len(taking.got) == 1
    document = desk.index.get("alerts", taking.got[0])
    assert (document["status"], document["delivered"]) == ("delivered", ["outbox"])


def failures(desk):
    return sum(isinstance(record, DeliveryFailed) for record in play.ledger_records(desk.log))


def test_a_channel_is_given_up_and_counted(desk):
    """After the last attempt the ledger says so, the document shows it, and later processes let it be."""
    clock = HandClock()
    play.tell(desk.log, play.story()[0])
    for _ in range(3):
        counts = desk.alert(Channel(act=refuse), clock=clock, first_pause_s=1, max_attempts=2)
        clock.sleep(60)
    assert (counts["given_up"], failures(desk)) == (1, 2)
    last = [record for record in play.ledger_records(desk.log) if isinstance(record, DeliveryFailed)][-1]
    assert (last.retry_at, last.error) == (None, "the office is closed")
    assert desk.index.get("alerts", last.alert_id)["status"] == "failed"
    late = Channel()
    desk.alert(late, clock=clock)
    assert late.got == []


def test_a_channel_that_fails_or_hangs_holds_up_nobody_else(desk):
    """One channel hangs, one fails with a bug: the third gets everything, and the articles go on being read."""
    desk.rules_file.write_text(
        play.RULES.replace('channels = ["outbox"]', 'channels = ["outbox", "slow", "broken"]')
        + '[channels.slow]\nurl = "json://a"\n[channels.broken]\nurl = "json://b"\n'
    )
    gate, stop = threading.Event(), threading.Event()
    outbox, slow, broken = Channel(), Channel("slow", lambda alert: gate.wait(30)), Channel("broken", crash)
    play.tell(desk.log, *play.story())
    job = threading.Thread(target=desk.alert, args=(outbox, slow, broken), kwargs={"once": False, "stop": stop})
    job.start()
    try:
        wait_for(lambda: len(outbox.got) == len(EXPECTED) and failures(desk) >= len(EXPECTED))
        assert slow.got == []
        gate.set()
        wait_for(lambda: len(slow.got) == len(EXPECTED))
    finally:
        gate.set()
        stop.set()
        job.join(30)
    assert slow.got == outbox.got


def crash(alert):
    raise ZeroDivisionError("https://hooks.example/HUSH")


def test_a_bug_in_a_channel_shows_no_secret(desk, caplog):
    """Its exception may name the address: neither the log nor the ledger takes more than its type."""
    play.tell(desk.log, play.story()[0])
    with caplog.at_level(logging.DEBUG):
        desk.alert(Channel(act=crash), first_pause_s=60)
    [failed] = [record for record in play.ledger_records(desk.log) if isinstance(record, DeliveryFailed)]
    assert failed.error == "the channel failed (ZeroDivisionError)"
    assert "HUSH" not in caplog.text
    assert "ZeroDivisionError" in caplog.text


class FullOnce:
    """A log on which the first outcome that comes can't be stored, as on a disk that is full for a moment."""

    def __init__(self, log, refused):
        self._log, self._refused = log, refused

    def __getattr__(self, name):
        return getattr(self._log, name)

    def append(self, appends, advances=()):
        if not self._refused and any(item.event.name == "AlertDelivered" for item in appends):
            self._refused.append(len(appends))
            raise LogError("the disk is full")
        return self._log.append(appends, advances)


def test_an_outcome_that_can_not_be_stored_is_stored_later(desk, monkeypatch):
    """The alert was taken: it is not sent again, and the ledger says so as soon as the log takes it."""
    refused, opened = [], registry.open_log
    monkeypatch.setattr(registry, "open_log", lambda url: FullOnce(opened(url), refused))
    play.tell(desk.log, play.story()[0])
    channel = Channel()
    assert desk.alert(channel)["delivered"] == 1
    assert desk.alert(channel)["delivered"] == 1
    assert (refused, len(channel.got)) == ([1], 1)


def test_an_alert_of_a_channel_that_is_not_open_waits_for_it(desk):
    """A process that has not got the channel leaves its alerts to one that has."""
    play.tell(desk.log, play.story()[0])
    assert desk.alert(Channel("another"))["delivered"] == 0
    assert desk.alert(Channel())["delivered"] == 1


def test_the_ledger_has_each_step_of_a_delivery(desk):
    """Raised before anything is sent, started before the send, delivered after it."""
    play.tell(desk.log, play.story()[0])
    seen = []
    desk.alert(Channel(act=lambda alert: seen.extend(type(record) for record in play.ledger_records(desk.log))))
    assert seen == [AlertRaised, DeliveryStarted]
    assert [type(record) for record in play.ledger_records(desk.log)] == [AlertRaised, DeliveryStarted, AlertDelivered]


def test_a_mute_holds_for_the_articles_after_it(desk):
    """A running job sees what another process appended to the ledger before it decides."""
    clock = HandClock(NOON)
    mute = RuleMuted(rule="withdrawal", at=NOON, until=NOON + timedelta(hours=1), by="ann")
    stop = threading.Event()
    job = threading.Thread(target=desk.alert, kwargs={"once": False, "stop": stop, "clock": clock})
    job.start()
    try:
        play.tell(desk.log, play.story()[1])
        wait_for(lambda: play.raised(desk.log))
        desk.log.append([Append(ALERTS, pack(mute, event_id="m", subject="withdrawal", time=NOON))])
        play.tell(desk.log, play.story()[0])
        wait_for(lambda: len(play.raised(desk.log)) == 2)
    finally:
        stop.set()
        job.join(30)
    assert [alert.suppressed for alert in play.raised(desk.log)] == [None, "muted until 2017-10-16 13:00 UTC"]
    shown = [fields.get("suppressed") for _, _, fields in desk.index.scan("alerts")]
    assert set(shown) == {None, "muted until 2017-10-16 13:00 UTC"}


def test_stale_articles_raise_alerts_that_are_stored(desk):
    """With a limit, what came too long ago is not sent; without one, late is better than never."""
    clock = HandClock(NOON + timedelta(days=1))
    play.tell(desk.log, play.story()[0])
    assert desk.alert(clock=clock, stale_after_s=3600)["held_back"] == 1
    assert play.raised(desk.log)[0].suppressed == "stale: it came at 2017-10-16 12:01 UTC, and the limit is 3600 s"
    play.tell(desk.log, play.story()[1])
    assert desk.alert(clock=clock)["delivered"] == 1
