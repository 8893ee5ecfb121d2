"""What every event log does, one call at a time."""

import threading
import time

import msgspec
import pytest

from connectors.memory_log import memory_log
from connectors.ports import START, Advance, Append
from connectors.registry import open_log
from schemas.envelope import encode
from schemas.errors import LogError, RecordError, RecordTooLargeError


def test_events_are_read_in_the_order_of_their_appends(log, play):
    """Order holds within one batch and from batch to batch."""
    log.append(play.appends("c", "a"))
    log.append(play.appends("b"))
    assert play.ids(log.read("articles")) == ["c", "a", "b"]


def test_append_counts_what_is_new(log, play):
    """The result is the number of events that were not there before."""
    assert log.append(play.appends("a", "b")) == 2
    assert log.append(play.appends("b", "c")) == 1


def test_after_is_exclusive(log, play):
    """Reading after an event's position begins with the next event."""
    log.append(play.appends("a", "b", "c"))
    page = log.read("articles")
    assert play.ids(log.read("articles", after=page[0].position)) == ["b", "c"]
    assert log.read("articles", after=page[-1].position) == []
    assert log.read("articles", after=page[-1].position + 1000) == []


def test_positions_grow_from_above_start(log, play):
    """The first position is above START, so that START means the beginning."""
    log.append(play.appends("a", "b", "c"))
    positions = [stored.position for stored in log.read("articles")]
    assert positions == sorted(set(positions))
    assert positions[0] > START


def test_limit_bounds_a_page(log, play):
    """A page holds at most `limit` events."""
    log.append(play.appends("a", "b", "c"))
    assert play.ids(log.read("articles", limit=2)) == ["a", "b"]
    assert log.read("articles", limit=0) == []


def test_end_is_the_last_position(log, play):
    """`end` is what a reader has reached who has read all."""
    assert log.end("articles") == START
    log.append(play.appends("a", "b"))
    assert log.end("articles") == log.read("articles")[-1].position


def test_an_unknown_stream_is_empty(log):
    """No call on a stream that does not exist fails."""
    assert log.read("nothing") == []
    assert log.end("nothing") == START
    assert list(log.partitions("nothing")) == [0]
    assert log.position("reader", "nothing") == START
    assert log.holds("nothing", ["a"]) == set()
    assert log.wait("nothing", after=START, timeout_s=0) is False


def test_streams_do_not_mix(log, play):
    """Each stream has its own events, ids and positions, also when one batch feeds two."""
    log.append([*play.appends("a", stream="one"), *play.appends("a", "b", stream="two"), *play.appends("c")])
    assert play.ids(log.read("one")) == ["a"]
    assert play.ids(log.read("two")) == ["a", "b"]
    assert log.holds("one", ["a", "b"]) == {"a"}


def test_streams_with_a_common_prefix_do_not_mix(log, play):
    """A generation's stream is no part of another's."""
    log.append(play.appends("a", stream="matches.g1"))
    log.append(play.appends("b", stream="matches.g10"))
    assert play.ids(log.read("matches.g1")) == ["a"]


def test_there_is_no_other_partition(log, play):
    """A partition that a stream doesn't have is empty."""
    log.append(play.appends("a"))
    assert list(log.partitions("articles")) == [0]
    assert log.read("articles", partition=1) == []
    assert log.end("articles", partition=1) == START


def test_a_second_append_of_an_id_is_skipped(log, play):
    """What is stored first stays; the rest of the batch is appended in order."""
    log.append(play.appends("a", text="first"))
    assert log.append(play.appends("b", "a", "c", text="second")) == 2
    page = log.read("articles")
    assert play.ids(page) == ["a", "b", "c"]
    assert play.payload(page[0]) == {"id": "a", "text": "first"}


def test_duplicates_within_a_batch_are_skipped(log, play):
    """The first of equal ids in one batch counts, and no position is lost to the other."""
    assert log.append([*play.appends("a", text="first"), *play.appends("a", "b", text="second")]) == 2
    page = log.read("articles")
    assert [play.payload(stored)["text"] for stored in page] == ["first", "second"]
    assert log.end("articles") == page[-1].position


def test_nothing_to_do_is_nothing_done(log):
    """Empty arguments do nothing."""
    assert log.append([]) == 0
    assert log.append([], []) == 0
    assert log.holds("articles", []) == set()


def test_a_batch_with_a_record_too_large_is_refused_whole(log_backend, play):
    """Neither its other events nor its positions are stored, and the message says which record it was."""
    log = log_backend.open(max_event_bytes=10_000)
    log.append(play.appends("a"), [Advance("reader", "feeds", 0, 3)])
    batch = [*play.appends("b"), *play.appends("huge", text="x" * 20_000), *play.appends("c", stream="other")]
    with pytest.raises(RecordTooLargeError, match=r"articles: event huge has 20,\d+ bytes, more than the 10,000"):
        log.append(batch, [Advance("reader", "feeds", 0, 9)])
    assert play.ids(log.read("articles")) == ["a"]
    assert log.read("other") == []
    assert log.position("reader", "feeds") == 3
    assert log.holds("articles", ["b"]) == set()
    assert log.append(play.appends("b")) == 1


def test_fifty_megabytes_are_too_large_by_default(log, play):
    """An article that would stall every consumer behind it does not get in."""
    with pytest.raises(RecordTooLargeError):
        log.append(play.appends("whale", text="x" * 50_000_000))
    assert log.end("articles") == START


def test_the_limit_is_inclusive(log_backend, play):
    """A record of exactly the limit is stored."""
    [append] = play.appends("a", text="x" * 5000)
    log = log_backend.open(max_event_bytes=len(encode(append.event)))
    assert log.append([append]) == 1


def test_a_megabyte_is_stored_whole(log, play):
    """Large records come back byte for byte, in a batch with small ones."""
    text = "كركوك " * 90_000
    log.append([*play.appends("small"), *play.appends("large", text=text), *play.appends("after")])
    page = log.read("articles")
    assert play.ids(page) == ["small", "large", "after"]
    assert play.payload(page[1])["text"] == text


@pytest.mark.parametrize(
    "text",
    [
        "قوات البيشمركة انسحبت من كركوك",
        "پێشمەرگە لە کەرکووک کشایەوە",
        "Türkmen mahallesi: İĞÜŞÖÇ ığüşöç",
        "نیروهای پیشمرگه از کرکوک عقب‌نشینی کردند",
        "\U0001f525 \U00010380 \U0010ffff",
        "e\u0301 \u200f\u202e \ufeff",
        'quotes " and \\ and \n and \x00',
    ],
)
def test_every_script_comes_back_as_it_was(log, play, text):
    """Texts, ids and subjects are stored as they are, without normalising."""
    log.append([Append("articles", play.event(text, {"text": text}, subject=text))])
    [stored] = log.read("articles")
    assert play.payload(stored) == {"text": text}
    assert (stored.event.id, stored.event.subject) == (text, text)
    assert log.holds("articles", [text, "other"]) == {text}


@pytest.mark.parametrize("field", ["id", "subject"])
def test_half_a_surrogate_pair_is_refused_with_the_event_named(log, play, field):
    """Such text is no Unicode: the batch is refused as a whole, by a message that can be printed."""
    broken = msgspec.structs.replace(play.event("broken"), **{field: "broken \ud83d"})
    with pytest.raises(LogError, match=r"articles: event broken.* half a surrogate pair") as caught:
        log.append([*play.appends("a"), Append("articles", broken)])
    assert str(caught.value).encode()
    assert log.end("articles") == START


def test_an_event_comes_back_as_it_was(log, play):
    """All attributes of the envelope are kept."""
    [sent] = play.batch("w", 7, 1)
    log.append([sent])
    [stored] = log.read("articles")
    assert encode(stored.event) == encode(sent.event)


def test_positions_are_stored_by_consumer_stream_and_partition(log, play):
    """A position belongs to all three, and comes with the events of the same call."""
    log.append(play.appends("a"), [Advance("one", "articles", 0, 5), Advance("two", "articles", 0, 7)])
    log.append([], [Advance("one", "articles", 1, 2), Advance("one", "feeds", 0, 3)])
    assert log.position("one", "articles") == 5
    assert log.position("two", "articles") == 7
    assert log.position("one", "articles", partition=1) == 2
    assert log.position("one", "feeds") == 3
    assert log.position("three", "articles") == START


def test_a_position_never_moves_backwards(log):
    """An advance to a lower position changes nothing, not even within one call."""
    log.append([], [Advance("reader", "articles", 0, 9)])
    log.append([], [Advance("reader", "articles", 0, 4)])
    assert log.position("reader", "articles") == 9
    log.append([], [Advance("reader", "articles", 0, 12), Advance("reader", "articles", 0, 11)])
    assert log.position("reader", "articles") == 12


def test_a_position_moves_with_a_batch_of_known_events(log, play):
    """A batch done a second time appends nothing and still stores its position."""
    log.append(play.appends("a"))
    assert log.append(play.appends("a"), [Advance("reader", "articles", 0, 1)]) == 0
    assert log.position("reader", "articles") == 1


def test_holds_tells_known_ids_from_unknown(log, play):
    """It takes any number of ids, also the same one twice."""
    known = [f"id-{number}" for number in range(2500)]
    log.append(play.appends(*known))
    asked = [*known[::2], *known[::2], *(f"other-{number}" for number in range(2500))]
    assert log.holds("articles", asked) == set(known[::2])


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"{", b"[]", b'{"id": 5}', b"", b'{"data":' + b"[" * 100_000], ids=lambda body: repr(body[:9])
)
def test_a_record_that_cannot_be_decoded_is_named(log_backend, play, body):
    """The error gives stream and position; what stands before it can still be read."""
    log = log_backend.open()
    log.append(play.appends("a"))
    bad = log_backend.plant(log, *play.appends("b"), body)
    log.append(play.appends("c"))
    with pytest.raises(RecordError, match=rf"articles position {bad}: ."):
        log.read("articles")
    assert play.ids(log.read("articles", limit=1)) == ["a"]
    assert play.ids(log.read("articles", after=bad)) == ["c"]
    assert log.append(play.appends("d")) == 1


def test_another_handle_sees_what_was_appended(log_backend, play):
    """Events and positions are there for whoever opens the log next, and ids are known to it."""
    first = log_backend.open()
    first.append(play.appends("a"), [Advance("reader", "articles", 0, 1)])
    first.close()
    second = log_backend.open()
    assert play.ids(second.read("articles")) == ["a"]
    assert second.position("reader", "articles") == 1
    assert second.append(play.appends("a")) == 0


def test_close_can_be_called_again(log):
    """Closing twice is fine."""
    log.close()
    log.close()


def test_wait_returns_at_once_when_there_is_something(log, play):
    """No time is lost while there is work."""
    log.append(play.appends("a"))
    assert log.wait("articles", after=START, timeout_s=60) is True


def test_wait_ends_with_its_time(log, play):
    """It returns False, not before the time is over."""
    log.append(play.appends("a"))
    began = time.monotonic()
    assert log.wait("articles", after=log.end("articles"), timeout_s=0.05) is False
    assert 0.045 <= time.monotonic() - began < 5


@pytest.mark.parametrize("same_handle", [True, False])
def test_wait_wakes_soon_after_an_append(log_backend, play, same_handle):
    """An append through any handle ends the wait, also one that brings the stream into being."""
    reader = log_backend.open()
    writer = reader if same_handle else log_backend.open()
    woken = []

    def sleep():
        woken.append((reader.wait("articles", after=START, timeout_s=60), time.monotonic()))

    thread = threading.Thread(target=sleep)
    thread.start()
    writer.append(play.appends("x", stream="other"))
    appended = time.monotonic()
    writer.append(play.appends("a"))
    thread.join(60)
    [(found, moment)] = woken
    assert found is True
    assert moment - appended < 2


def test_memory_logs_are_shared_by_url(play):
    """Whoever opens the same URL in one process gets the same log; closing takes it from nobody."""
    first = open_log("memory://shared-by-url")
    first.append(play.appends("a"))
    first.close()
    assert play.ids(memory_log("memory://shared-by-url").read("articles")) == ["a"]
    assert memory_log("memory://another-url").end("articles") == START


def test_a_sqlite_url_names_the_file(tmp_path, play):
    """Folders that are missing are made."""
    log = open_log(f"sqlite:///{tmp_path}/new/folder/log.db")
    log.append(play.appends("a"))
    log.close()
    assert (tmp_path / "new/folder/log.db").is_file()
