"""An alert is raised once, and sent once by every process that lives: over restarts, kills, rivals and generations."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.developments import Board
from pipelines.rebuild import positions_of
from schemas.documents import Document, development_document
from schemas.records import AlertDelivered, DeliveryStarted
from tests.alerting import alert_play as play

EXPECTED = [
    "withdrawal opened",
    "clash opened",
    "territory opened",
    "clash magnitude:killed>=10",
    "withdrawal corroborated:3",
    "denial denied",
    "clash magnitude:killed>=50",
    "withdrawal opened",
]
"""What the story gives; the undated report of the withdrawal becomes a dated one, and is no second opening."""


def names(desk):
    return play.named(play.raised(desk.log))


def test_the_story_alerts_on_each_turn_once(desk):
    """Openings, corroboration, figures and a denial: one alert each, in the order of the articles, all sent."""
    play.tell(desk.log, *play.story())
    counts = desk.alert()
    assert names(desk) == EXPECTED
    assert desk.outbox.sent() == [alert.alert_id for alert in play.raised(desk.log)]
    assert counts == {
        "coded": 14, "alerts": 8, "held_back": 0, "delivered": 8, "given_up": 0, "failures": 0,
    }  # fmt: skip


def test_a_process_for_every_article_alerts_as_one_for_all(desk, new_desk):
    """The job begun anew for every single article leaves the same alerts, events and documents."""
    whole = new_desk("whole")
    play.tell(whole.log, *play.story())
    whole.alert()
    for article in play.story():
        play.tell(desk.log, article)
        desk.alert()
    assert play.outcome(desk.log, desk.index) == play.outcome(whole.log, whole.index)
    assert sorted(desk.outbox.sent()) == sorted(whole.outbox.sent())


@pytest.mark.parametrize(
    "step",
    ["after:log.append", "before:index.delete", "before:index.upsert", "after:notifier.send"],
)
def test_a_job_killed_at_every_step_ends_as_one_that_was_not(new_desk, step):
    """SIGKILL before or after the n-th call, for all n; the next process goes on where that one died.

    Before an append is after the one before it, but for what the index was told in between.
    """
    whole = new_desk("whole")
    play.tell(whole.log, *play.story())
    whole.alert()
    expected = play.outcome(whole.log, whole.index)
    for count in itertools.count(1):
        desk = new_desk(f"killed at {count}")
        play.tell(desk.log, *play.story())
        if desk.die(step, count) == 0:
            break
        desk.alert()
        assert play.outcome(desk.log, desk.index) == expected
        delivered = [record.alert_id for record in play.ledger_records(desk.log) if isinstance(record, AlertDelivered)]
        assert sorted(delivered) == sorted(whole.outbox.sent())
        assert set(desk.outbox.sent()) == set(delivered)
        assert len(desk.outbox.sent()) <= len(delivered) + 1
    assert count > 3


def test_only_the_kill_between_send_and_record_can_send_again(desk):
    """A process killed right after a send: the next one sends that alert again, for it can't know; no other."""
    play.tell(desk.log, *play.story())
    assert desk.die("after:notifier.send", 2) == -9
    first = desk.outbox.sent()
    desk.alert()
    sent = desk.outbox.sent()
    assert len(sent) - len(set(sent)) <= len(first)
    again = {alert_id for alert_id in sent if sent.count(alert_id) > 1}
    assert again <= set(first)
    assert set(sent) == {alert.alert_id for alert in play.raised(desk.log)}


def test_two_processes_at_once_raise_and_send_once(desk, new_desk):
    """Two jobs that nobody keeps apart share the work: the log lets one of them raise and one of them send."""
    whole = new_desk("whole")
    play.tell(whole.log, *play.story())
    whole.alert()
    play.tell(desk.log, *play.story())
    rivals = [desk.start(sole=False) for _ in range(2)]
    for rival in rivals:
        rival.join(60)
        assert rival.exitcode == 0
    assert play.outcome(desk.log, desk.index)["alerts"] == play.outcome(whole.log, whole.index)["alerts"]
    assert sorted(desk.outbox.sent()) == sorted(whole.outbox.sent())


def test_two_jobs_that_follow_the_same_log_live_stay_in_step(desk, new_desk):
    """Each sees what the other has done, folds it and goes on: no alert twice, none lost, whoever comes first."""
    stop = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(desk.alert, once=False, stop=stop, sole=False) for _ in range(2)]
        for article in play.story():
            play.tell(desk.log, article)
            stop.wait(0.03)
        wait_for(lambda: len(desk.outbox.sent()) >= len(EXPECTED))
        stop.set()
        assert [job.result(30)["failures"] for job in jobs] == [0, 0]
    assert names(desk) == EXPECTED
    assert sorted(desk.outbox.sent()) == sorted(alert.alert_id for alert in play.raised(desk.log))
    starts = [record for record in play.ledger_records(desk.log) if isinstance(record, DeliveryStarted)]
    assert len(starts) == len(EXPECTED)


def wait_for(condition, timeout_s=20.0):
    """Wait until a condition holds."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come to pass")


def test_a_job_that_waits_alerts_when_an_article_comes(desk):
    """Nobody has to wake it: an article's append does."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(desk.alert, once=False, stop=stop)
        for number, article in enumerate(play.story()[:2], 1):
            play.tell(desk.log, article)
            wait_for(lambda expected=number: len(desk.outbox.sent()) == expected)
        stop.set()
        job.result(30)
    assert names(desk) == EXPECTED[:2]


def test_a_new_rule_finds_history_and_sends_nothing_of_it(new_desk):
    """What held before a rule came is in the ledger as history; what comes afterwards is alerted."""
    desk = new_desk(rules=play.RULES.replace('types = ["ASSAULT"]', 'types = ["OIL"]'))
    story = play.story()
    play.tell(desk.log, *story[:6])
    desk.alert()
    before = desk.outbox.sent()
    desk.rules_file.write_text(play.RULES)
    counts = desk.alert()
    assert (desk.outbox.sent(), counts["held_back"]) == (before, 2)
    held = [alert for alert in play.raised(desk.log) if alert.suppressed]
    assert {(alert.change, alert.suppressed) for alert in held} == {
        ("opened", "history"), ("magnitude:killed>=10", "history"),
    }  # fmt: skip
    play.tell(desk.log, *story[6:])
    desk.alert()
    assert [alert.change for alert in play.raised(desk.log) if alert.rule == "clash" and not alert.suppressed] == [
        "magnitude:killed>=50"
    ]


def test_another_generation_of_the_same_news_alerts_on_nothing_again(desk):
    """The new generation is followed from where the old one was read; what was told under it stays told."""
    story = play.story()
    play.tell(desk.log, *story[:8])
    desk.alert()
    before = desk.outbox.sent()
    play.tell(desk.log, *story[:8], generation="g2")
    play.promote(desk.log, "g2")
    desk.alert()
    assert desk.outbox.sent() == before
    play.tell(desk.log, *story[8:], generation="g2")
    desk.alert()
    assert names(desk) == EXPECTED


def test_the_index_shows_each_development_as_it_stands(desk, geography):
    """Documents are those of the board after all articles: none of a development that is gone, none out of date."""
    board = Board(geography)
    for number, article in enumerate(play.story()):
        board.fold(article)
        play.tell(desk.log, article)
        desk.alert()
        expected = [development_document(found, positions_of(play.VOCABULARY)) for found in board.developments()]
        shown = [Document("developments", *row) for row in desk.index.scan("developments")]
        assert shown == expected, f"after article {number}"


def test_a_worker_folds_what_another_one_did_before_it_decides(desk):
    """Whoever comes second takes the other's articles into account: a third source, though it read only one."""
    first, second = desk.step(), desk.step()
    left = [play.coded(name, play.LEFT) for name in "abc"]
    for worker, article in zip((first, first, second), left, strict=True):
        play.tell(desk.log, article)
        assert worker.run(10, play.MONDAY) == 1
    assert names(desk) == ["withdrawal opened", "withdrawal corroborated:3"]
    assert play.raised(desk.log)[-1].development.sources == 3
