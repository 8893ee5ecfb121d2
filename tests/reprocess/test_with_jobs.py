"""Reprocessing while the jobs work: alerts go on without a break, without a second one, and without a lost one."""

import threading

import pytest

from connectors.ports import SystemClock
from pipelines.alert_step import LedgerReader
from pipelines.alerting.options import AlertOptions
from pipelines.generations import alert_consumer, live_generation
from pipelines.jobs.alert import run_alert
from pipelines.jobs.reprocess import ReprocessOptions, roll_back
from pipelines.streams import replay
from schemas.envelope import ALERTS, MATCHES, derived, unpack
from schemas.errors import KirkukError
from schemas.records import AlertRaised


class Box:
    """A channel that keeps what it gets."""

    name = "terminal"

    def __init__(self):
        self.got = []

    def send(self, alert):
        self.got.append(alert.alert_id)


@pytest.fixture
def box():
    return Box()


@pytest.fixture
def alert(desk, rules, box):
    """Run the alert job on the desk until nothing is left to do, or until `stop`."""

    def run(*, stop=None, once=True):
        return run_alert(
            desk.log_url,
            desk.index_url,
            desk.schema_dir,
            rules,
            [box],
            AlertOptions(batch_size=10),
            stop=stop or threading.Event(),
            clock=SystemClock(),
            progress=lambda _: None,
            once=once,
        )

    return run


def raised(desk):
    found = (unpack(stored.event) for stored in replay(desk.log, ALERTS))
    return [record.alert.alert_id for record in found if isinstance(record, AlertRaised)]


def test_reprocessing_raises_and_sends_nothing(desk, play, alert, box, reprocess):
    """Nothing is written to the ledger; the alert job goes on in the new generation and does not alert again."""
    play.fill(desk.log, play.crisis(60))
    desk.match()
    alert()
    before, end = list(box.got), desk.log.end(ALERTS)
    assert before
    report = reprocess(desk)
    assert desk.log.end(ALERTS) == end
    assert (report.alerts.before, report.alerts.gained, report.alerts.lost) == (len(before), 0, 0)
    assert (report.developments.gained, report.developments.lost) == (0, 0)
    alert()
    assert (box.got, raised(desk)) == (before, sorted(set(raised(desk)), key=raised(desk).index))


def test_other_developments_of_old_news_are_history(desk, play, alert, box, reprocess, edited_schema):
    """Under another schema old reports make other developments: counted in the report, and sent to nobody."""
    play.fill(desk.log, play.crisis(60))
    desk.match()
    alert()
    before = list(box.got)
    report = reprocess(desk, edited_schema)
    assert min(report.developments.gained, report.developments.lost, report.alerts.gained, report.alerts.lost) > 0
    alert()
    assert box.got == before
    desk.log.append([play.stored_form(play.article(900, text="Turkish jets bombed PKK camps in Sinjar on Monday."))])
    desk.match()
    alert()
    assert len(box.got) > len(before)


def test_what_is_shown_is_whole_at_the_moment_of_the_switch(desk, play, alert, reprocess):
    """Developments and alerts of the new generation equal the old ones, before the alert job has looked at it."""
    play.fill(desk.log, play.crisis(60))
    desk.match()
    alert()
    before = play.documents(desk.index)
    assert before["developments"]
    assert before["alerts"]
    reprocess(desk)
    assert play.documents(desk.index) == before
    alert()
    assert play.documents(desk.index) == before


def test_what_the_alert_job_had_not_seen_is_alerted_after_the_switch(
    new_desk, rules, play, reprocess, desk, alert, box
):
    """Articles that were coded but not yet alerted when history was reprocessed are not taken for history."""
    appends = play.crisis(60)
    play.fill(desk.log, appends[:3])
    desk.match()
    alert()
    seen = len(box.got)
    play.fill(desk.log, appends[3:])
    desk.match()
    reprocess(desk)
    alert()
    assert len(box.got) > seen
    plain = new_desk("plain")
    play.fill(plain.log, appends)
    plain.match()
    other = Box()
    run_alert(
        plain.log_url, plain.index_url, plain.schema_dir, rules, [other], AlertOptions(), stop=threading.Event(),
        clock=SystemClock(), progress=lambda _: None, once=True,
    )  # fmt: skip
    assert sorted(box.got) == sorted(other.got)


def test_jobs_at_work_follow_and_lose_nothing(desk, new_desk, rules, play, alert, box, reprocess):
    """Match and alert jobs run, articles come in, history is reprocessed twice: as if nothing had happened."""
    appends = play.crisis(90)
    stop = threading.Event()
    play.fill(desk.log, appends[:3])
    jobs = [
        threading.Thread(target=desk.match, kwargs={"stop": stop, "once": False}),
        threading.Thread(target=alert, kwargs={"stop": stop, "once": False}),
    ]
    for job in jobs:
        job.start()
    try:
        for start, end in ((3, 5), (5, 90)):
            assert reprocess_when_live(desk, reprocess).promoted
            play.fill(desk.log, appends[start:end])
        play.fill(desk.log, appends[90:])
        settle(desk, len(appends))
    finally:
        stop.set()
        for job in jobs:
            job.join(60)
    plain = new_desk("plain")
    play.fill(plain.log, appends)
    plain.match()
    other = Box()
    run_alert(
        plain.log_url, plain.index_url, plain.schema_dir, rules, [other], AlertOptions(), stop=threading.Event(),
        clock=SystemClock(), progress=lambda _: None, once=True,
    )  # fmt: skip
    assert len(box.got) == len(set(box.got))
    assert sorted(box.got) == sorted(other.got)
    assert play.documents(desk.index)["events"] == play.documents(plain.index)["events"]
    assert play.documents(desk.index)["developments"] == play.documents(plain.index)["developments"]


def reprocess_when_live(desk, reprocess):
    while live_generation(desk.log) is None:
        desk.log.wait("generations", after=0, timeout_s=5)
    return reprocess(desk)


def settle(desk, articles):
    """Wait until the jobs have done everything."""
    for _ in range(600):
        live = live_generation(desk.log)
        stream = derived(MATCHES, live)
        coded = desk.log.position(f"match.{live}", "articles") == articles
        if coded and desk.log.position(alert_consumer(live), stream) == desk.log.end(stream):
            return
        threading.Event().wait(0.05)
    raise AssertionError("the jobs did not come to an end")


def test_a_rollback_catches_up_and_sends_nothing_twice(desk, play, alert, box, reprocess, rules):
    """Back to the generation before, with what came since; and forward again."""
    play.fill(desk.log, play.crisis(40))
    desk.match()
    alert()
    first = desk.index.live()
    second = reprocess(desk).generation
    desk.log.append([play.stored_form(play.article(number)) for number in (500, 501)])
    desk.match()
    alert()
    sent, documents = list(box.got), play.documents(desk.index)

    def back(name=None):
        return roll_back(
            desk.log_url, desk.index_url, desk.schema_dir, rules, ReprocessOptions(), generation=name,
            stop=threading.Event(), clock=SystemClock(), progress=lambda _: None,
        )  # fmt: skip

    report = back()
    assert (report.generation, report.previous, report.promoted, report.dropped) == (first, second, True, ())
    assert play.documents(desk.index) == documents
    alert()
    assert desk.match()["epochs"] == 0
    assert (box.got, play.documents(desk.index)) == (sent, documents)
    assert back(second).generation == second
    with pytest.raises(KirkukError, match="nothing-9: no such earlier generation"):
        back("nothing-9")
    desk.index.drop(first)
    with pytest.raises(KirkukError, match="its documents were dropped"):
        back(first)


def test_the_report_counts_alerts_that_other_rules_or_coding_give(desk, play, alert, reprocess, tmp_path):
    """The ledger has none: what the rules give is "never raised", and stays so."""
    play.fill(desk.log, play.crisis(30))
    desk.match()
    report = reprocess(desk)
    reader = LedgerReader(desk.log)
    reader.catch_up()
    assert report.alerts.after == report.alerts.gained > 0
    assert (report.alerts.before, len(reader.ledger.alerts)) == (0, 0)
