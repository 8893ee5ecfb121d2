"""Several writers on one log: lanes that meet in a stream, threads, fences, transactions that the broker gave up."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.kafka_log import KafkaLog
from connectors.kafka_site import Site
from connectors.kafka_writer import Lane, lane_of
from connectors.ports import Advance, Append

CONTRACTS = Path(__file__).parents[1] / "contracts"
RACER = """
import sys, json
sys.path.insert(0, sys.argv[4])
import log_play as play
from connectors.registry import open_log
log = open_log(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
counts = []
for number in range(int(sys.argv[3])):
    own = play.appends(f"{sys.argv[2]}-{number}", stream=sys.argv[2])
    counts.append(log.append([*own, *play.appends(f"dead-{number}", stream="dead_letters")]) - 1)
print(json.dumps(counts), flush=True)
log.close()
"""


def test_streams_have_one_lane_whoever_appends_what():
    """Alerts before articles before feeds; dead letters go with what they are appended with."""
    assert lane_of(["articles", "feeds", "dead_letters"], 0) == lane_of(["feeds"], 0) == "articles"
    assert lane_of(["developments.g", "alerts"], 0) == lane_of(["articles", "alerts"], 0) == "alerts"
    assert lane_of(["matches.g", "dead_letters"], 3) == "matches.g-3"
    assert lane_of(["dead_letters"], 0) == "dead_letters"
    assert lane_of(["generations"], 0) == "generations"
    assert lane_of([], 0, "reader") == "positions.reader"


def test_processes_of_two_lanes_store_an_event_of_a_shared_stream_once(url, play, opened, monkeypatch, tmp_path):
    """Exactly one of them is told that it was new, also where they share no cache."""
    racers = []
    for lane in ("articles", "alerts"):
        environment = {**os.environ, "KIRKUK_LOG_STATE": str(tmp_path / lane), "PYTHONPATH": str(CONTRACTS.parents[1])}
        command = [sys.executable, "-c", RACER, url, lane, "15", str(CONTRACTS)]
        racers.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        )
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    outcomes = [json.loads(racer.communicate("go\n", timeout=120)[0]) for racer in racers]
    assert [sum(pair) for pair in zip(*outcomes, strict=True)] == [1] * 15
    log = opened(url)
    assert sorted(play.ids(log.read("dead_letters"))) == sorted(f"dead-{number}" for number in range(15))
    assert len(log.read("articles")) == len(log.read("alerts")) == 15


def overtake_once(monkeypatch, act):
    """Let `act` run between the look at what the log holds and the commit of the next append."""
    commit = Lane.commit
    done = []

    def late(self, *arguments):
        if not done:
            done.append(True)
            act()
        return commit(self, *arguments)

    monkeypatch.setattr(Lane, "commit", late)


def test_an_event_that_another_lane_appended_in_between_is_not_stored_twice(url, opened, play, monkeypatch):
    """The other one's came first, so this call tells it from its own; what else it had is stored."""
    log, other = opened(url), opened(f"{url}?replication=1")
    log.append([*play.appends("x"), *play.appends("d0", stream="dead_letters")])
    overtake_once(monkeypatch, lambda: other.append(play.appends("d1", stream="dead_letters")))
    assert log.append([*play.appends("y"), *play.appends("d1", "d2", stream="dead_letters")]) == 2
    assert play.ids(log.read("dead_letters")) == ["d0", "d1", "d2"]
    assert play.ids(log.read("articles")) == ["x", "y"]


def test_a_batch_over_several_partitions_is_overtaken_in_one_of_them(url, opened, play, monkeypatch):
    """Lanes of `matches` are by partition: a batch over all of them is in the lane of its first event alone."""
    log, other = opened(f"{url}?partitions=3"), opened(f"{url}?partitions=3&replication=1")
    events = [Append("matches.g", play.event(f"m{number}", subject=f"s{number}")) for number in range(30)]
    log.append([Append("matches.g", play.event("first", subject="s0"))])
    overtake_once(monkeypatch, lambda: other.append(events[20:]))
    assert log.append(events) == 20
    found = [
        stored.event.id for part in log.partitions("matches.g") for stored in log.read("matches.g", partition=part)
    ]
    assert sorted(found) == sorted(["first", *(append.event.id for append in events)])


def test_a_writer_that_was_fenced_after_its_look_is_refused(url, opened, play, monkeypatch, tmp_path):
    """Another machine takes the lane and appends the same event between this one's look and its commit."""
    here = opened(url)
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(tmp_path / "another machine"))
    there = opened(url)
    here.append(play.appends("before"))
    overtake_once(monkeypatch, lambda: there.append(play.appends("a")))
    assert here.append(play.appends("a", "b"), [Advance("c", "feeds", 0, 3)]) == 1
    assert play.ids(play.read_all(here)) == ["before", "a", "b"]
    assert here.position("c", "feeds") == 3


def test_what_a_dead_writer_left_half_done_is_aborted_by_the_next(url, opened, play, monkeypatch, tmp_path):
    """At once, on whichever machine, and not when the transaction's time is over; readers see what comes behind."""
    log = opened(url)
    log.append(play.appends("before"))

    def die(self, records, *_):
        self._producer.begin_transaction()
        for record in records:
            self._send(record).get(timeout=20)
        self._producer = None
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Lane, "commit", die)
        with pytest.raises(SystemExit):
            log.append(play.appends("half", "done"))
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(tmp_path / "another machine"))
    began = time.monotonic()
    assert opened(url).append(play.appends("done", "after")) == 2
    assert play.ids(log.read("articles")) == ["before", "done", "after"]
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("at_once", [False, True])
def test_writers_of_one_machine_take_turns_on_a_lane(url, opened, play, caplog, at_once):
    """One that finds that another had the lane takes it anew, and waits while another has it: no append has to fail
    first, or is aborted by a neighbour's.
    """
    logs = [opened(url), opened(f"{url}?replication=1")]
    logs[0].append(play.appends("first"))

    def write(number):
        for at in range(10):
            assert logs[number].append(play.appends(f"{number}-{at}")) == 1

    if at_once:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, range(2)))
    else:
        for at in range(6):
            assert logs[at % 2].append(play.appends(f"turn-{at}")) == 1
    assert not [record for record in caplog.records if "trying again" in record.getMessage()]


def test_what_came_right_behind_an_append_is_read_for_its_ids(url, opened, play, monkeypatch, tmp_path):
    """Another machine's event that lands between a commit and the look whether it is seen is not taken for known."""
    here = opened(url)
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(tmp_path / "another machine"))
    there = opened(url)
    here.append(play.appends("before"))
    seen, came = Site.seen, []

    def late(self, *arguments):
        if not came:
            came.append(True)
            there.append(play.appends("theirs"))
        return seen(self, *arguments)

    monkeypatch.setattr(Site, "seen", late)
    assert here.append(play.appends("ours")) == 1
    assert here.append(play.appends("theirs", "last")) == 1
    assert play.ids(play.read_all(here)) == ["before", "ours", "theirs", "last"]


def test_threads_that_lose_their_answers_count_an_event_once(url, opened, play, monkeypatch):
    """Whose event it is that stands in the log is known by the call, not by the process: an alert is sent by one."""
    from kafka.errors import KafkaConnectionError

    logs = [opened(url), opened(url)]
    logs[0].append(play.appends("before"))
    commit, lost = Lane.commit, []

    def lose(self, *arguments):
        if not lost:
            lost.append(True)
            raise KafkaConnectionError("sent, and never arrived")
        return commit(self, *arguments)

    monkeypatch.setattr(Lane, "commit", lose)
    barrier = threading.Barrier(2)

    def race(log):
        barrier.wait()
        return log.append(play.appends("a"))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(race, logs)) == [0, 1]
    assert play.ids(play.read_all(logs[0])) == ["before", "a"]


def test_the_answer_of_one_thread_is_lost_and_another_appends_the_same(url, opened, play, monkeypatch):
    """Forced: the first fails before it wrote anything, the second succeeds, the first tries again."""
    from kafka.errors import KafkaConnectionError

    first, second = opened(url), opened(url)
    first.append(play.appends("before"))
    commit, counts, failed = Lane.commit, [], threading.Event()

    def fail(self, *arguments):
        if not failed.is_set():
            failed.set()
            other = threading.Thread(target=lambda: counts.append(second.append(play.appends("a"))))
            other.start()
            raise KafkaConnectionError("sent, and never arrived")
        return commit(self, *arguments)

    monkeypatch.setattr(Lane, "commit", fail)
    forget = KafkaLog._patiently

    def slowly(self, work, *rest):
        # The second gets the lane before the first tries again.
        def again():
            if failed.is_set() and threading.current_thread() is threading.main_thread():
                deadline = time.monotonic() + 20
                while not counts and time.monotonic() < deadline:
                    time.sleep(0.01)
            return work()

        return forget(self, again, *rest)

    monkeypatch.setattr(KafkaLog, "_patiently", slowly)
    counts_first = first.append(play.appends("a"))
    assert (counts, counts_first) == ([1], 0)


@pytest.mark.timeout(170)
def test_transactions_and_writers_that_the_broker_gave_up(start_kafka, opened, play, monkeypatch):
    """A transactional id that expired while its writer was idle, and a transaction that took longer than it may, are
    each begun again, and stored once.
    """
    kafka = start_kafka(
        settings={
            "transactional.id.expiration.ms": 2000,
            "transaction.remove.expired.transaction.cleanup.interval.ms": 500,
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500,
            "producer.id.expiration.ms": 1000,
        }
    )
    log = opened(f"kafka://{kafka.bootstrap}/idle")
    assert log.append(play.appends("a"), [Advance("c", "feeds", 0, 1)]) == 1
    time.sleep(5)
    assert log.append(play.appends("a", "b"), [Advance("c", "feeds", 0, 2)]) == 1
    monkeypatch.setattr("connectors.kafka_append.TRANSACTION_S", 2)
    send = Lane._send

    def late(self, record):
        future = send(self, record)
        if record.event_id == "c":
            future.get(timeout=20)
            time.sleep(3)
        return future

    monkeypatch.setattr(Lane, "_send", late)
    fresh = opened(f"kafka://{kafka.bootstrap}/idle?replication=1", patience_s=40)
    assert fresh.append(play.appends("c", "d"), [Advance("c", "feeds", 0, 3)]) == 2, "each attempt has twice the time"
    assert play.ids(play.read_all(log)) == ["a", "b", "c", "d"]
    assert log.position("c", "feeds") == 3
