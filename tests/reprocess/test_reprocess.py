"""Reprocessing: what it writes, compares and promotes, and that it leaves alone what is live until then."""

import random
import signal
import threading

import pytest

from pipelines.generations import live_generation, promotions
from schemas.envelope import ALERTS, ARTICLES, DEAD_LETTERS, GENERATIONS, MATCHES, derived
from schemas.errors import KirkukError


@pytest.fixture
def coded(desk, play):
    """A desk with sixty articles of the crisis, coded."""
    play.fill(desk.log, play.crisis(60))
    desk.match()
    return desk


def ends(desk):
    """Return where the streams of facts and of what is live end."""
    live = live_generation(desk.log)
    streams = (ARTICLES, ALERTS, DEAD_LETTERS, GENERATIONS, derived(MATCHES, live))
    return live, desk.index.live(), *(desk.log.end(stream) for stream in streams)


def test_live_and_batch_give_byte_identical_documents(desk, play, reprocess):
    """Articles that came in random portions through epochs with random batches, and the same log in one go."""
    rng = random.Random(4)
    appends = play.crisis(120)
    while appends:
        portion = rng.randint(1, 40)
        desk.log.append(appends[:portion])
        del appends[:portion]
        desk.match(batch_size=rng.randint(1, 30))
    live = desk.index.live()
    report = reprocess(desk)
    assert report.promoted
    assert report.generation == desk.index.live() != live
    assert play.documents(desk.index, live) == play.documents(desk.index, report.generation)
    assert play.matches(desk.log, live) == play.matches(desk.log, report.generation)
    assert play.documents(desk.index, live)["events"]
    events = report.events
    assert (events.events_gained, events.events_lost, events.events_changed, events.only_after) == (0, 0, 0, 0)


def test_another_schema_is_compared_and_put_in_place(coded, edited_schema, play, reprocess):
    """The report counts what the edit changes; the new generation is live in log and index; the old one is kept."""
    old = coded.index.live()
    before = play.documents(coded.index, old)
    report = reprocess(coded, edited_schema)
    assert (report.previous, report.generation[:4]) == (old, "1_1-")
    assert report.finished
    assert report.promoted
    assert report.events.events_changed > 0
    assert report.events.events_after == report.events.events_before > 0
    assert report.articles == report.events.articles == coded.log.end(derived(MATCHES, old))
    assert live_generation(coded.log) == coded.index.live() == report.generation
    assert play.documents(coded.index, old) == before
    assert promotions(coded.log)[-1].schema_dir == edited_schema


def test_the_match_job_goes_on_with_the_new_schema(coded, edited_schema, play, reprocess):
    """It codes what comes next as the new generation, from where reprocessing stopped, and leaves the old one as is."""
    old = coded.index.live()
    report = reprocess(coded, edited_schema)
    end = coded.log.end(derived(MATCHES, old))
    coded.log.append([play.stored_form(play.article(500))])
    assert coded.match()["articles"] == 1
    assert coded.log.end(derived(MATCHES, old)) == end
    assert coded.log.end(derived(MATCHES, report.generation)) == end + 1


def test_a_dry_run_compares_and_leaves_no_trace(coded, edited_schema, play, reprocess):
    """Same figures as the real run; nothing in log or index."""
    before, state = ends(coded), play.state(coded.log, coded.index)
    dry = reprocess(coded, edited_schema, dry_run=True)
    assert (dry.finished, dry.promoted) == (True, False)
    assert (ends(coded), play.state(coded.log, coded.index)) == (before, state)
    assert coded.index.generations() == [coded.index.live()]
    assert coded.log.end(derived(MATCHES, dry.generation)) == 0
    real = reprocess(coded, edited_schema)
    assert (real.generation, real.events, real.developments) == (dry.generation, dry.events, dry.developments)


def test_a_log_without_a_generation_gets_its_first(desk, play, reprocess):
    """Reprocessing can take the place of the first match; the match job then goes on with it."""
    play.fill(desk.log, play.crisis(20))
    report = reprocess(desk)
    assert (report.previous, report.promoted) == (None, True)
    assert desk.match()["epochs"] == 0
    assert desk.index.live() == report.generation


def test_a_stop_leaves_what_is_live_and_a_rerun_finishes(coded, edited_schema, play, reprocess):
    """The next run goes on under the same name, and doesn't code again what is coded."""
    before = ends(coded)
    stop = threading.Event()
    report = reprocess(coded, edited_schema, stop=stop, progress=lambda _: stop.set(), epoch_target_s=0.0)
    assert (report.finished, report.promoted) == (False, False)
    assert ends(coded)[:2] == before[:2]
    seen = []
    again = reprocess(coded, edited_schema, progress=seen.append)
    assert (again.generation, again.promoted) == (report.generation, True)
    assert sum(counts["articles"] for counts in seen) <= again.articles


def test_whoever_is_promoted_meanwhile_wins(coded, edited_schema, reprocess):
    """A run that finds another generation promoted gives up with the remedy, and changes nothing."""
    other = []

    def meanwhile(_):
        if not other:
            other.append(None)
            other[0] = reprocess(coded)

    with pytest.raises(KirkukError, match="promoted meanwhile; run `kirkuk reprocess` again"):
        reprocess(coded, edited_schema, progress=meanwhile)
    assert coded.index.live() == live_generation(coded.log) == other[0].generation


def test_old_generations_are_dropped_but_for_some(coded, reprocess):
    """`keep` before the live one stay; the log keeps all that was coded."""
    first = coded.index.live()
    second = reprocess(coded).generation
    third = reprocess(coded)
    assert third.dropped == (first,)
    assert coded.index.generations() == [second, third.generation]
    fourth = reprocess(coded, keep=2)
    assert (fourth.dropped, coded.index.generations()) == ((), [second, third.generation, fourth.generation])
    assert reprocess(coded, keep=0).dropped == (second, third.generation, fourth.generation)
    assert coded.log.end(derived(MATCHES, first)) > 0


STEPS = [
    ("before:log.append", 2),
    ("after:log.append", 3),
    ("before:log.append", 6),
    ("after:index.upsert", 1),
    ("before:index.promote", 1),
    ("after:index.promote", 1),
    ("before:index.drop", 1),
    ("after:log.read", 9),
]


@pytest.mark.parametrize("when,count", STEPS)
def test_killed_anywhere_what_is_live_is_whole_and_a_rerun_finishes(desk, play, reprocess, when, count):
    """Before the promotion the live generation is as it was; after it the new one is; either way all is well after."""
    play.fill(desk.log, play.crisis(40))
    desk.match()
    reprocess(desk)
    before, documents = live_generation(desk.log), play.documents(desk.index)
    assert desk.die("reprocess", when, count) == -signal.SIGKILL
    live = live_generation(desk.log)
    assert play.documents(desk.index, live) == documents
    assert (live == before) == (when not in {"before:index.promote", "after:index.promote", "before:index.drop"})
    report = reprocess(desk)
    assert report.promoted
    assert desk.index.live() == live_generation(desk.log) == report.generation
    assert play.documents(desk.index) == documents
    assert len(desk.index.generations()) == 2
