"""At the edges: numbers without end, ids too short, triggers within words, sends that wait for their turn."""

import threading
import time
from datetime import timedelta

import pytest

from desk.alert_commands import _marked, find_alert
from pipelines.alerting import Ledger
from pipelines.alerting.delivery import Task, outcome
from pipelines.alerting.options import AlertOptions
from schemas.errors import ConfigError, KirkukError
from schemas.records import AlertDelivered, AlertRaised, DeliveryStarted
from tests.alerting import alert_play as play
from tests.developments.builders import MONDAY, coded, event


@pytest.mark.parametrize("number", ["-1", "nan", "inf", "1e300"])
def test_a_throttle_that_is_no_length_of_time_is_a_fault_of_the_file(load, number):
    """Loaded, it would end the job at the first alert that it throttles."""
    with pytest.raises(ConfigError, match=r"rule 'a': throttle_s: must be 0 or more, and .* at most"):
        load(f'[[rule]]\nname = "a"\nthrottle_s = {number}')


def test_pauses_stay_the_longest_however_many_attempts(desk):
    play.tell(desk.log, coded("a", event()))
    desk.alert()
    task = Task(play.raised(desk.log)[0], "outbox", 9_999)
    found = outcome(task, "busy", MONDAY, AlertOptions(max_attempts=10_000))
    assert found.retry_at == MONDAY + timedelta(seconds=900)


def test_an_id_that_is_too_short_is_told_so_even_where_only_one_fits(desk):
    play.tell(desk.log, coded("a", event()))
    desk.alert()
    ledger = Ledger()
    (alert,) = play.raised(desk.log)
    ledger.fold(AlertRaised(alert=alert))
    assert find_alert(ledger, alert.alert_id[:6]) == alert
    with pytest.raises(KirkukError, match="too short for an alert's id: give 6 digits"):
        find_alert(ledger, alert.alert_id[:5])


def test_a_trigger_is_marked_as_a_word_of_its_own():
    assert _marked("unhit, hit and hit", "hit") == "unhit, >hit< and hit"
    assert _marked("a b", "") == "a b"
    assert _marked("cut short", "withdrew") == "cut short"


class Hanging:
    """A channel that does not come back until it is let go."""

    name = "outbox"

    def __init__(self):
        self.let_go = threading.Event()

    def send(self, alert):
        self.let_go.wait(30)


def test_a_send_is_claimed_only_when_its_channel_is_free(desk):
    """What waited for its turn behind a slow send would seem abandoned, and another worker would send it as well."""
    places = ("kirkuk-city", "daquq", "altun-kupri")
    play.tell(desk.log, *(coded(place, event(place=place)) for place in places))
    hanging, stop = Hanging(), threading.Event()
    job = threading.Thread(target=desk.alert, args=(hanging,), kwargs={"once": False, "stop": stop})
    job.start()
    until(lambda: len(play.raised(desk.log)) == 3 and claims(desk))
    time.sleep(0.1)
    assert len(claims(desk)) == 1
    hanging.let_go.set()
    until(lambda: sum(isinstance(record, AlertDelivered) for record in play.ledger_records(desk.log)) == 3)
    stop.set()
    job.join(20)
    assert not job.is_alive()


def claims(desk):
    return [record for record in play.ledger_records(desk.log) if isinstance(record, DeliveryStarted)]


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
