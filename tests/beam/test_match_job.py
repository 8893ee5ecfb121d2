"""The match job on a log and an index on disk: what it writes, that it converges, and how it meets trouble."""

import subprocess
import sys
import threading
import time

import pytest

from connectors import registry
from connectors.ports import Rejected
from pipelines.generations import live_generation
from pipelines.streams import replay
from schemas.envelope import ARTICLES, DEAD_LETTERS, MATCHES, derived, unpack
from schemas.errors import ConfigError, IndexUnavailableError, KirkukError, RecordTooLargeError


class Around:
    """A port, with some of its methods replaced by functions that get the original method first."""

    def __init__(self, port, **methods):
        self._port = port
        self._methods = methods

    def __getattr__(self, name):
        original = getattr(self._port, name)
        if name not in self._methods:
            return original
        return lambda *args, **named: self._methods[name](original, *args, **named)


@pytest.fixture
def around(monkeypatch):
    """Wrap every index, or every log, that the registry opens."""

    def wrap(what, **methods):
        opened = getattr(registry, what)
        monkeypatch.setattr(registry, what, lambda url: Around(opened(url), **methods))

    return wrap


def coded(desk):
    """Return (article id, revision, number of events) of everything that was coded, in order."""
    found = (unpack(stored.event) for stored in replay(desk.log, derived(MATCHES, live_generation(desk.log))))
    return [(record.article.article_id, record.article.revision, len(record.events)) for record in found]


def test_every_event_of_the_log_ends_in_one_fate(desk, play):
    """Articles, edits and withdrawals are coded, poison becomes dead letters, and the counts say so."""
    appends = play.crisis(60)
    play.fill(desk.log, appends)
    counts = desk.match()
    poison = sum(append.event.subject.startswith("poison") for append in appends)
    assert (counts["articles"], counts["dead"]) == (len(appends) - poison, poison)
    assert len(coded(desk)) == counts["articles"]
    assert counts["relevant"] < counts["articles"]
    assert desk.log.position(f"match.{live_generation(desk.log)}", ARTICLES) == len(appends)
    assert desk.index.live() == live_generation(desk.log)
    assert desk.match()["epochs"] == 0


def test_the_index_holds_the_last_revision_alone(desk, play):
    """An edit replaces the article's document and its events; a withdrawal removes them; a later revision returns."""
    first, second = play.article(0), play.article(1)
    desk.log.append([play.stored_form(first), play.stored_form(second)])
    desk.match()
    before = desk.index.get("articles", first.article_id)["event_ids"]
    assert before
    desk.log.append([play.stored_form(play.article(0, revision=2)), play.retraction(1, revision=2)])
    desk.match()
    after = desk.index.get("articles", first.article_id)["event_ids"]
    assert not set(before) & set(after)
    assert [event_id for event_id, _, _ in desk.index.scan("events")] == sorted(after)
    assert desk.index.get("articles", second.article_id) is None
    desk.log.append([play.stored_form(play.article(1, revision=3))])
    desk.match()
    assert desk.index.get("articles", second.article_id)["revision"] == 3


def test_a_late_earlier_revision_changes_nothing(desk, play):
    """The highest revision wins, in whatever order revisions come, also within one batch."""
    desk.log.append([play.stored_form(play.article(0, revision=2)), play.stored_form(play.article(0))])
    desk.match()
    one_batch = play.documents(desk.index)
    desk.log.append([play.stored_form(play.article(0, revision=1, text="Peshmerga withdrew from Kirkuk on Monday."))])
    desk.match()
    assert play.documents(desk.index) == one_batch
    assert desk.index.get("articles", play.article(0).article_id)["revision"] == 2


def test_dead_letters_carry_the_record(desk, play):
    """The letter names the step, the key and the error, and holds the event as it was stored."""
    desk.log.append([play.poison(1)])
    desk.match()
    [letter] = [unpack(stored.event) for stored in replay(desk.log, DEAD_LETTERS)]
    assert (letter.step, letter.key) == ("match", "poison-1")
    assert "can't be read" in letter.error
    assert '"article_id": 5' in letter.record


def test_what_the_index_refuses_becomes_a_letter(desk, play, around):
    """The other documents are written, and the article's outcome is in the log all the same."""
    refused = play.article(2).article_id

    def upsert(original, generation, documents):
        rejected = [Rejected(document, "too long") for document in documents if document.id == refused]
        return rejected + original(generation, [document for document in documents if document.id != refused])

    around("open_index", upsert=upsert)
    desk.log.append([play.stored_form(play.article(number)) for number in range(4)])
    counts = desk.match()
    assert (counts["articles"], counts["dead"], desk.index.count("articles")) == (4, 1, 3)
    [letter] = [unpack(stored.event) for stored in replay(desk.log, DEAD_LETTERS)]
    assert (letter.key, letter.error) == (refused, f"the index refused articles/{refused}: too long")


def test_an_outcome_too_large_to_store_becomes_a_letter(desk, play, around):
    """The rest of its batch is stored, once."""
    large = play.article(2).article_id

    def append(original, appends, advances=()):
        if any(append.stream.startswith(MATCHES) and append.event.subject == large for append in appends):
            raise RecordTooLargeError("matches: too many bytes")
        return original(appends, advances)

    around("open_log", append=append)
    desk.log.append([play.stored_form(play.article(number)) for number in range(4)])
    desk.match()
    assert [key for key, _, _ in coded(desk)] == [play.article(number).article_id for number in (0, 1, 3)]
    [letter] = [unpack(stored.event) for stored in replay(desk.log, DEAD_LETTERS)]
    assert letter.error == "the coded article can't be stored: matches: too many bytes"


def test_an_index_that_comes_back_loses_nothing(desk, play, around, caplog):
    """A failed epoch is done again after a pause; one short line tells of it, without a traceback."""
    calls = []

    def upsert(original, *args):
        calls.append(1)
        if len(calls) in {1, 3}:
            raise IndexUnavailableError("index: gone; start it")
        return original(*args)

    around("open_index", upsert=upsert)
    play.fill(desk.log, play.crisis(30))
    counts = desk.match(batch_size=10)
    assert (counts["failures"], len(coded(desk)), desk.match()["articles"]) == (2, 36, 0)
    assert {record.name for record in caplog.records} == {"pipelines.jobs.match"}
    assert caplog.messages[0] == "matching failed (index: gone; start it); trying again in 0.5 s"


def test_an_index_that_stays_away_ends_the_job(desk, play, around):
    """After the failures allowed the job gives up with an expected error that says why."""

    def upsert(original, *args):
        raise IndexUnavailableError("index: gone; start it")

    around("open_index", upsert=upsert)
    desk.log.append([play.stored_form(play.article(0))])
    with pytest.raises(KirkukError, match="failed 2 times in a row; last error: index: gone"):
        desk.match(max_failures=2)


def test_a_bug_escapes(desk, play, around):
    """A programming error is not tried again and not dressed up."""

    def upsert(original, *args):
        raise ZeroDivisionError("a bug")

    around("open_index", upsert=upsert)
    desk.log.append([play.stored_form(play.article(0))])
    with pytest.raises(ZeroDivisionError, match="a bug"):
        desk.match()


def test_two_jobs_at_once_leave_what_one_leaves(new_desk, play):
    """Two threads with epochs of their own on the same log: same matches, documents and letters."""
    one, two = new_desk("one"), new_desk("two")
    for each in (one, two):
        play.fill(each.log, play.crisis(120))
    one.match()
    threads = [threading.Thread(target=two.match, kwargs={"batch_size": size}) for size in (7, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left, right = play.state(one.log, one.index), play.state(two.log, two.index)
    assert sorted(left.pop("matches")) == sorted(right.pop("matches"))
    assert sorted(left.pop("letters")) == sorted(right.pop("letters"))
    assert left == right


def test_an_overtaken_job_takes_back_what_it_wrote_late(new_desk, play, monkeypatch):
    """One job hangs before its first write while another does everything, edits and withdrawals included."""
    appends = [play.stored_form(play.article(number)) for number in range(6)]
    later = [play.stored_form(play.article(2, revision=2, text="Nothing.")), play.retraction(0), play.retraction(1)]
    plain, raced = new_desk("plain"), new_desk("raced")
    for each in (plain, raced):
        each.log.append(appends)
    plain.log.append(later)
    plain.match()
    opened, waiting = registry.open_index, [True]

    def upsert(original, *args):
        if waiting:
            waiting.clear()
            raced.log.append(later)
            monkeypatch.setattr(registry, "open_index", opened)
            raced.match()
        return original(*args)

    monkeypatch.setattr(registry, "open_index", lambda url: Around(opened(url), upsert=upsert))
    raced.match()
    assert play.state(raced.log, raced.index) == play.state(plain.log, plain.index)


def test_a_running_job_follows_the_log_and_stops_soon(desk, play):
    """An article appended while the job waits is coded within a second or so; a stop takes about as long."""
    stop, seen = threading.Event(), threading.Event()

    def progress(state):
        if state["articles"] == 2:
            seen.set()

    job = threading.Thread(target=desk.match, kwargs={"stop": stop, "once": False, "progress": progress})
    desk.log.append([play.stored_form(play.article(0))])
    job.start()
    desk.log.wait("matches." + _generation(desk), after=0, timeout_s=30)
    desk.log.append([play.stored_form(play.article(1))])
    assert seen.wait(30)
    began = time.monotonic()
    stop.set()
    job.join(30)
    assert time.monotonic() - began < 5


def _generation(desk):
    while live_generation(desk.log) is None:
        desk.log.wait("generations", after=0, timeout_s=30)
    return live_generation(desk.log)


def test_the_command_line_of_the_process_is_not_beams(desk, play, monkeypatch):
    """Beam would take its options from there, or fail on ours."""
    monkeypatch.setattr(sys, "argv", ["kirkuk", "--runner=NoSuchRunner", "--streaming", "--data", "x"])
    desk.log.append([play.stored_form(play.article(0))])
    assert desk.match()["articles"] == 1


def test_streaming_needs_another_runner(desk):
    """FnApiRunner would never come back; the message names the setting."""
    with pytest.raises(ConfigError, match=r"match\.streaming"):
        desk.match(streaming=True)


def test_beam_says_nothing_by_itself():
    """Its import neither prints nor gives the root logger a handler, which would print all our messages twice."""
    program = "import logging; from pipelines.jobs.epochs import quiet_beam\nwith quiet_beam(): import apache_beam\n"
    done = subprocess.run(
        [sys.executable, "-c", program + "print(logging.getLogger().handlers)"], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
