"""Writers and brokers die at any moment: what was acknowledged is there once, what was not once or not at all."""

import os
import signal
import threading
import time

import pytest

from connectors.kafka_log import KafkaLog
from connectors.kafka_options import parse_kafka_url
from connectors.ports import Advance
from schemas.errors import LogError


def acknowledged(process):
    """Return the number of batches that a writer said were done before it ended."""
    return len(process.stdout.read().split())


def test_nothing_acknowledged_is_lost_to_a_killed_writer(url, opened, play, start_writer):
    """Killed again and again at other moments, by a writer that takes up where the log ends."""
    done = 0
    for attempt in range(6):
        writer = start_writer(url, "w", done, 100_000, 40, 3000)
        for _ in range(2 + attempt):
            writer.stdout.readline()
        time.sleep(attempt * 0.003)
        writer.kill()
        told = done + 2 + attempt + acknowledged(writer)
        writer.wait()
        # Whoever takes the lane next settles what the dead writer left open.
        log = opened(url)
        log.append(play.batch(f"settler{attempt}", 0, 1))
        batches = play.whole_batches(play.read_all(log))["w"]
        assert batches == list(range(len(batches)))
        assert len(batches) - told in {0, 1}
        assert log.position("w", "source") == batches[-1]
        done = len(batches)


def test_a_writer_that_stopped_in_the_middle_is_fenced(url, opened, play, start_writer):
    """Two writers of the same batches: one is stopped at its work, the other goes on; nothing is there twice."""
    zombie = start_writer(url, "w", 0, 60, 40, 3000)
    for _ in range(5):
        zombie.stdout.readline()
    log = opened(url)
    for stop in range(3):
        zombie.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        for number in range(60 if stop == 2 else 20):
            log.append(play.batch("w", number, 40, 3000), [Advance("w", "source", 0, number)])
        assert time.monotonic() - began < 60
        zombie.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    assert zombie.wait(120) == 0
    assert acknowledged(zombie) == 55, "the stopped writer did not go on"
    assert play.whole_batches(play.read_all(log))["w"] == list(range(60))
    assert log.position("w", "source") == 59


@pytest.mark.timeout(170)
def test_a_broker_killed_and_started_again_loses_and_repeats_nothing(start_kafka, opened, play, start_writer):
    """Writer and reader wait for it and go on, three times, without an error of theirs."""
    kafka = start_kafka()
    url = f"kafka://{kafka.bootstrap}/killed"
    writer = start_writer(url, "w", 0, 150, 20, 3000)
    log = opened(url)
    pages, position = [], 0
    killer = threading.Thread(target=_kill_three_times, args=(kafka,))
    writer.stdout.readline()
    killer.start()
    while killer.is_alive() or writer.poll() is None:
        if log.wait("articles", after=position, timeout_s=0.5):
            pages.extend(log.read("articles", after=position))
            position = pages[-1].position
    pages.extend(log.read("articles", after=position, limit=10_000))
    killer.join()
    assert writer.wait() == 0
    assert play.whole_batches(play.read_all(log)) == {"w": list(range(150))}
    assert pages == play.read_all(log)
    assert log.position("w", "source") == 149


def _kill_three_times(kafka):
    for _ in range(3):
        time.sleep(1.5)
        kafka.kill()
        kafka.start()


@pytest.mark.timeout(170)
def test_a_broker_that_is_away_for_a_minute(start_kafka, opened, play):
    """The call that found it away succeeds when it is back, and counts right; one with less patience fails, and names
    the log and what to check. Afterwards both logs go on.
    """
    kafka = start_kafka()
    url = f"kafka://{kafka.bootstrap}/away"
    log, hasty = opened(url), opened(url, patience_s=3)
    log.append(play.batch("w", 0, 50, 3000))
    hasty.append(play.appends("a", stream="feeds"))
    counted = []
    appending = threading.Thread(target=lambda: counted.append(log.append(play.batch("w", 1, 50, 3000))))
    kafka.kill()
    back_at = time.monotonic() + 60
    appending.start()
    for call in (lambda: hasty.append(play.appends("b", stream="feeds")), lambda: hasty.read("articles")):
        with pytest.raises(LogError, match=r"kafka://127\.0\.0\.1:\d+/away: .*check the address and the broker"):
            call()
    time.sleep(max(0.0, back_at - time.monotonic()))
    assert not counted
    kafka.start()
    appending.join(60)
    assert counted == [50]
    assert play.whole_batches(play.read_all(log)) == {"w": [0, 1]}
    assert hasty.append(play.appends("b", stream="feeds")) == 1
    assert play.ids(hasty.read("feeds")) == ["a", "b"]


def test_an_answer_lost_after_the_commit_is_not_a_second_append(url, opened, play, monkeypatch):
    """The commit happened, its answer did not come: the call finds its own events there, and counts them as new."""
    from kafka.errors import KafkaConnectionError

    from connectors.kafka_writer import Lane

    commit = Lane.commit
    lost = []

    def lose_the_answer(*arguments):
        landed = commit(*arguments)
        if not lost:
            lost.append(landed)
            raise KafkaConnectionError("the connection broke")
        return landed

    monkeypatch.setattr(Lane, "commit", lose_the_answer)
    log = opened(url)
    assert log.append(play.batch("w", 0, 10), [Advance("w", "source", 0, 7)]) == 10
    assert lost
    assert play.whole_batches(play.read_all(log)) == {"w": [0]}
    assert log.position("w", "source") == 7


@pytest.fixture
def half_done(url, opened):
    """Another lane's transaction with one event, left open: call it to write, then end it with the producer."""
    from kafka import KafkaProducer

    from connectors.kafka_options import producer_settings
    from connectors.kafka_writer import ID_HEADER
    from schemas.envelope import encode

    options = parse_kafka_url(url)
    producer = KafkaProducer(**producer_settings(options, "somebody", 30))
    producer.init_transactions()
    producer.begin_transaction()

    def write(append):
        body, headers = encode(append.event), [(ID_HEADER, append.event.id.encode())]
        producer.send(f"{options.prefix}.{append.stream}", body, key=b"k", headers=headers).get(timeout=20)
        return producer

    yield write
    producer.close()


@pytest.mark.parametrize("committed", [True, False])
def test_another_lanes_open_transaction_is_waited_for(url, opened, play, half_done, committed):
    """What is not committed is not read. An append behind it waits until it is known whether its own event is in there,
    and stores it only if not.
    """
    log = opened(url)
    log.append(play.appends("before"))
    producer = half_done(*play.appends("a"))
    assert play.ids(play.read_all(log)) == ["before"]
    counted = []
    appending = threading.Thread(target=lambda: counted.append(log.append(play.appends("a", "after"))))
    appending.start()
    appending.join(1.5)
    assert not counted
    if committed:
        producer.commit_transaction()
    else:
        producer.abort_transaction()
    appending.join(20)
    assert counted == [1 if committed else 2]
    assert play.ids(play.read_all(log)) == ["before", "a", "after"]
    assert log.append(play.appends("after", "a")) == 0


def test_an_append_elsewhere_does_not_wait_for_it(url, opened, play, half_done):
    """Streams that the open transaction didn't touch go on at once."""
    log = opened(url)
    log.append([*play.appends("before"), *play.appends("f", stream="feeds")])
    half_done(*play.appends("a"))
    began = time.monotonic()
    assert log.append(play.appends("g", stream="feeds")) == 1
    assert time.monotonic() - began < 3


def test_a_forked_process_opens_its_own(url, opened, play):
    """A child can't use its parent's handle and is told so; the parent's goes on."""
    log = opened(url)
    log.append(play.appends("before"))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            log.read("articles")
        except LogError as error:
            status = 0 if "open it again" in str(error) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    log.append(play.appends("after"))
    assert play.ids(log.read("articles")) == ["before", "after"]


def test_an_unknown_broker_is_told_at_once():
    """Opening does not wait for long: a wrong address is a mistake more often than an outage."""
    began = time.monotonic()
    with pytest.raises(LogError, match=r"kafka://127\.0\.0\.1:9/x: .*check the address"):
        KafkaLog(parse_kafka_url("kafka://127.0.0.1:9/x"))
    assert time.monotonic() - began < 20


def test_a_commit_that_was_answered_and_had_no_effect_is_noticed(url, opened, play, monkeypatch):
    """A broker may forget the markers of a commit that it answers. The events are appended again, once, and count."""
    from kafka import KafkaProducer

    commit, forgotten = KafkaProducer.commit_transaction, []

    def forget_one(producer):
        if forgotten:
            return commit(producer)
        return forgotten.append(producer)

    log = opened(url)
    assert log.append(play.appends("before")) == 1
    monkeypatch.setattr(KafkaProducer, "commit_transaction", forget_one)
    assert log.append(play.appends("a", "b"), [Advance("reader", "source", 0, 7)]) == 2
    assert len(forgotten) == 1
    assert log.append(play.appends("a", "after")) == 1
    assert play.ids(play.read_all(log)) == ["before", "a", "b", "after"]
    assert log.position("reader", "source") == 7
