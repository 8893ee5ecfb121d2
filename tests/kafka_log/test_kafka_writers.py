"""Several writers on one log: lanes that meet in a stream, threads, fences, transactions that the broker gave up."""

import json
import logging
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.kafka_log import KafkaLog
from connectors.kafka_options import parse_kafka_url
from connectors.kafka_writer import Lane, lane_of
from connectors.ports import Advance, Append
from schemas.errors import LogError

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


def test_close_ends_an_append_that_waits_for_a_broker(start_kafka, opened, play):
    """A stage that is to stop closes its log from another thread: the append fails within its attempt, and nothing is
    lost by doing it again.
    """
    kafka = start_kafka()
    url = f"kafka://{kafka.bootstrap}/closing"
    log = opened(url)
    log.append(play.appends("a"))
    kafka.kill()
    raised = []

    def append():
        try:
            log.append(play.appends("b"))
        except LogError as error:
            raised.append(error)

    appending = threading.Thread(target=append)
    appending.start()
    time.sleep(2)
    began = time.monotonic()
    log.close()
    appending.join(40)
    assert raised
    assert time.monotonic() - began < 35
    kafka.start()
    assert opened(url).append(play.appends("a", "b")) == 1


def test_close_ends_a_wait(url, opened, play):
    """At once, with LogError."""
    log = opened(url)
    log.append(play.appends("a"))
    raised = []

    def wait():
        with pytest.raises(LogError, match="was closed"):
            log.wait("articles", after=log.end("articles"), timeout_s=60)
        raised.append(True)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.5)
    log.close()
    waiting.join(5)
    assert raised


def test_an_append_does_not_wait_for_who_waits(url, opened, play):
    """A thread that waits for events on the same handle holds up nobody who writes."""
    log = opened(url)
    log.append([*play.appends("a"), *play.appends("f", stream="feeds")])
    end = log.end("feeds")
    waiting = threading.Thread(target=lambda: log.wait("feeds", after=end, timeout_s=30))
    waiting.start()
    time.sleep(0.3)
    taken = []
    for number in range(15):
        began = time.monotonic()
        log.append(play.appends(f"b{number}"))
        taken.append(time.monotonic() - began)
        assert log.position("c", "articles") == 0
    log.append(play.appends("g", stream="feeds"))
    waiting.join(10)
    assert not waiting.is_alive()
    assert sorted(taken)[7] < 0.09, "a slice of a wait is 0.1 s"


def test_two_hundred_megabytes_in_one_transaction(url, opened, play):
    """Many large records over several partitions, more than any buffer or request holds: all of them, once, in order,
    in pages that fit into memory.
    """
    noise = random.Random(9)
    text = "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=1_000_000))
    log = opened(f"{url}?partitions=3")
    batch = [
        Append("articles", play.event(f"a{number}", {"text": f"{number}{text}"}, subject=f"s{number % 7}"))
        for number in range(200)
    ]
    assert log.append(batch) == 200
    assert log.append(batch) == 0
    found = {}
    for partition in log.partitions("articles"):
        pages, after = 0, 0
        while page := log.read("articles", partition=partition, after=after):
            assert sum(len(stored.event.data) for stored in page) < 80_000_000
            pages, after = pages + 1, page[-1].position
            for stored in page:
                found.setdefault(stored.event.subject, []).append(int(stored.event.id[1:]))
    assert sorted(number for numbers in found.values() for number in numbers) == list(range(200))
    assert all(numbers == sorted(numbers) for numbers in found.values())


def test_the_largest_record_comes_back(url, opened, play):
    """Just under 16 MiB that can't be compressed: larger than a fetch or a batch usually is."""
    log = opened(url)
    noise = random.Random(3).randbytes(7_900_000).hex()
    log.append([*play.appends("before"), *play.appends("huge", text=noise), *play.appends("after")])
    assert play.ids(play.read_all(log)) == ["before", "huge", "after"]
    assert play.payload(log.read("articles")[1])["text"] == noise


def test_the_end_is_found_behind_aborted_transactions(url, opened, play):
    """However much was aborted behind the last event; and an append goes on after it, as does a new reader."""
    from kafka import KafkaProducer

    from connectors.kafka_options import producer_settings

    log = opened(url)
    log.append(play.appends("a", "b"))
    last = log.read("articles")[-1].position
    options = parse_kafka_url(url)
    producer = KafkaProducer(**producer_settings(options, "aborter", 30))
    producer.init_transactions()
    for _ in range(12):
        producer.begin_transaction()
        for number in range(30):
            producer.send(f"{options.prefix}.articles", b"half %d" % number, key=b"k")
        producer.flush()
        producer.abort_transaction()
    producer.close()
    deadline = time.monotonic() + 10
    while log._site.ends(log._site.places(["articles"]))[log._site.places(["articles"])[0]] < 12 * 31 and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)
    assert log.end("articles") == opened(f"{url}?replication=1").end("articles") == last
    assert log.wait("articles", after=last, timeout_s=0.05) is False
    assert log.append(play.appends("b", "c")) == 1
    assert play.ids(play.read_all(log)) == ["a", "b", "c"]
    assert log.end("articles") > last


def test_opening_and_closing_leaves_nothing_behind(url, opened, play):
    """Neither threads nor files nor sockets, with all kinds of calls in between."""
    opened(url).append(play.appends("a"))
    before = None
    for number in range(12):
        log = KafkaLog(parse_kafka_url(f"{url}?replication={number + 1}"))
        log.append(play.appends("a"), [Advance("c", "articles", 0, number)])
        assert log.read("articles")
        log.end("articles")
        log.close()
        if number == 3:
            before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    after = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 1


def test_a_broker_that_is_away_makes_one_line(start_kafka, tmp_path):
    """Standard error of a program that never set up logging, or as commands do, shows our warning and no traces."""
    kafka = start_kafka()
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from connectors.kafka_log import KafkaLog
from connectors.kafka_options import parse_kafka_url
from connectors.ports import Append
from schemas.errors import LogError
if len(sys.argv) > 1:
    from desk.logs import log_to_stderr
    log_to_stderr()
log = KafkaLog(parse_kafka_url("kafka://{kafka.bootstrap}/quiet"), patience_s=6)
log.append([], [])
assert log.read("articles") == []
print("ready", flush=True)
sys.stdin.readline()
try:
    log.read("articles")
except LogError:
    print("told", flush=True)
log.close()
"""
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", program, *extra],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for extra in ([], ["with logs"])
    ]
    for each in programs:
        assert each.stdout.readline() == "ready\n"
    kafka.kill()
    for each in programs:
        out, err = each.communicate("go\n", timeout=90)
        assert out == "told\n"
        assert "Traceback" not in err
        assert len(err.splitlines()) == 1, err
        assert "trying again for up to 6 s" in err


def test_importing_changes_no_logger_and_a_logger_that_was_set_up_is_left_alone(monkeypatch):
    """Only opening a log hushes the driver, and only where nobody said otherwise."""
    from connectors.kafka_options import hush_driver

    command = "import logging, connectors.kafka_log; print(logging.getLogger('kafka').handlers)"
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
    logger = logging.getLogger("kafka")
    own = logging.NullHandler()
    monkeypatch.setattr(logger, "handlers", [own])
    monkeypatch.setattr(logger, "propagate", True)
    hush_driver()
    assert logger.handlers == [own]
    assert logger.propagate
