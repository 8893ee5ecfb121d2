"""How a log behaves to the program around it: closing, waiting, sizes, what it leaves behind and what it prints."""

import logging
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from connectors.kafka_log import KafkaLog
from connectors.kafka_options import parse_kafka_url
from connectors.ports import Advance, Append
from schemas.errors import LogError


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
