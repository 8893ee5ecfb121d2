"""What others may do to a log's topics and to its cache: foreign records, deletions, lost tails, neighbours."""

import contextlib
import sqlite3

import pytest

from connectors.kafka_options import client_settings, parse_kafka_url
from connectors.kafka_topics import check_topics, setup_topics, topic
from connectors.ports import Advance
from schemas.errors import LogError


@pytest.fixture
def admin(kafka_server):
    from kafka.admin import KafkaAdminClient

    with contextlib.closing(KafkaAdminClient(bootstrap_servers=kafka_server.bootstrap)) as client:
        yield client


@pytest.fixture
def produce(url):
    """Write a record as another program might."""
    from kafka import KafkaProducer

    options = parse_kafka_url(url)
    with contextlib.closing(KafkaProducer(**client_settings(options))) as producer:

        def write(stream, value, *, key=b"k", partition=0, headers=()):
            sent = producer.send(
                topic(options, stream), value, key=key, partition=partition, headers=[(*each,) for each in headers]
            )
            return sent.get(timeout=20).offset

        yield write


def forget_cache(log_state):
    """Be another machine."""
    for name in list(log_state.rglob("ids.db*")):
        name.unlink()


@pytest.mark.parametrize("headers", [[("id", b"\xff\xfe")], [("writer", b"x")], [("id", b""), ("writer", b"")]])
def test_foreign_headers_do_not_stop_appends(url, opened, play, produce, headers):
    """A record with headers of others' making is no event, and no append fails of it."""
    log = opened(url)
    log.append(play.appends("a"))
    produce("articles", b"{}", headers=headers)
    assert log.append(play.appends("a", "b")) == 1


@pytest.mark.parametrize(
    "key, value",
    [(b"no json", b"7"), (b'["c","articles",0]', b"seven"), (b'["c","articles",0]', None), (b"[]", b"")],
)
def test_foreign_records_among_positions_are_passed_over(url, opened, produce, key, value):
    """What is no position is none; those around it are read, by this process and by the next."""
    log = opened(url)
    log.append([], [Advance("c", "articles", 0, 5)])
    for partition in log.partitions("positions"):
        produce("positions", value, key=key, partition=partition)
    assert log.position("c", "articles") == 5
    log.append([], [Advance("c", "articles", 0, 6)])
    log.close()
    assert opened(url).position("c", "articles") == 6


def test_a_lower_position_that_came_later_moves_nobody_back(url, opened, produce):
    """Writers of two lanes may store one consumer's positions out of order: the highest counts, for whoever reads."""
    log = opened(url)
    log.append([], [Advance("c", "articles", 0, 5)])
    for partition in log.partitions("positions"):
        produce("positions", b"3", key=b'["c","articles",0]', partition=partition)
    assert log.position("c", "articles") == 5
    log.close()
    assert opened(url).position("c", "articles") == 5


def test_a_machine_without_a_cache_appends_though_old_records_were_deleted(url, opened, play, admin, log_state):
    """What is still there is read for its ids; what was deleted is not known any more, and stops nobody."""
    from kafka import TopicPartition

    log = opened(url)
    log.append(play.appends(*"abcdef"))
    log.close()
    admin.delete_records({TopicPartition(topic(parse_kafka_url(url), "articles"), 0): 4})
    forget_cache(log_state)
    fresh = opened(url, patience_s=5)
    assert fresh.append(play.appends("e", "f", "g")) == 1


def test_a_cache_that_is_ahead_of_the_log_is_thrown_away(url, opened, play, log_state):
    """A broker that lost its tail, or was restored from a backup, holds fewer events than the cache says: what it lost
    is appended again, not left out.
    """
    log = opened(url)
    log.append(play.appends("a"))
    log.close()
    [cache] = log_state.rglob("ids.db")
    with contextlib.closing(sqlite3.connect(cache)) as connection, connection:
        [(name, digest_of_a)] = connection.execute("SELECT topic, digest FROM ids").fetchall()
        connection.execute("UPDATE read SET next = next + 5 WHERE topic = ?", (name,))
        from connectors.kafka_ids import digest

        assert digest(b"a".decode()) == digest_of_a
        connection.execute("INSERT INTO ids VALUES (?, ?, ?)", (name, digest("lost"), b""))
    later = opened(url)
    assert later.append(play.appends("a", "lost")) == 1
    assert play.ids(play.read_all(later)) == ["a", "lost"]


def test_a_topic_deleted_and_made_anew_while_it_is_open(url, opened, play, admin):
    """A derived stream that was dropped and begun again takes its events again, at once."""
    options = parse_kafka_url(url)
    log = opened(url)
    log.append(play.appends("a", "b", stream="matches.g1"))
    assert play.ids(log.read("matches.g1")) == ["a", "b"]
    admin.delete_topics([topic(options, "matches.g1")])
    other = opened(f"{url}?replication=1")
    assert other.append(play.appends("z", stream="matches.g1")) == 1
    assert log.append(play.appends("a", "b", stream="matches.g1")) == 2
    assert play.ids(play.read_all(other, "matches.g1")) == ["z", "a", "b"]


@pytest.mark.parametrize("damage", ["deleted", "overwritten"])
def test_a_cache_lost_while_it_is_open(url, opened, play, log_state, damage):
    """Whoever has it open goes on, whoever comes next makes a new one, and no event is there twice or lost."""
    first = opened(url)
    first.append(play.appends("a", "b"))
    if damage == "deleted":
        forget_cache(log_state)
    else:
        for name in log_state.rglob("ids.db*"):
            name.write_bytes(b"\x5a" * 50_000)
    second = opened(f"{url}?replication=1")
    assert second.append(play.appends("b", "c")) == 1
    assert first.append(play.appends("a", "c", "d")) == 1
    assert second.append(play.appends("a", "d", "e")) == 1
    assert play.ids(play.read_all(second)) == ["a", "b", "c", "d", "e"]


def test_a_full_disk_under_the_cache_is_told_and_repeats_nothing(url, opened, play):
    """An append that only the cache had no room for is done; the next is refused until there is some."""
    log = opened(url, patience_s=1)
    log.append(play.appends("first"))
    connection = log._site._ids._connection
    [(pages,)] = connection.execute("PRAGMA page_count").fetchall()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    many = play.appends(*(f"id-{number}" for number in range(3000)))
    assert log.append(many) == 3000, "the log has them, and that is what counts"
    with pytest.raises(LogError, match=r"ids\.db: the cache of event ids .*disk is full.*KIRKUK_LOG_STATE"):
        log.append(play.appends("last"))
    connection.execute("PRAGMA max_page_count = 1000000")
    assert log.append([*many, *play.appends("last")]) == 1
    assert len(play.read_all(log)) == 3002


def test_a_prefix_that_another_begins_with_leaves_its_topics_alone(url, opened, play):
    """`news` and `news.test` are two logs: setting up one neither sees nor changes the other."""
    inner = parse_kafka_url(f"{url}.test")
    setup_topics(inner)
    outer = parse_kafka_url(url)
    assert not [line for line in setup_topics(outer) if "test." in line]
    assert check_topics(inner) == check_topics(outer) == []
    one, other = opened(url), opened(f"{url}.test")
    assert one.append(play.appends("a")) == other.append(play.appends("a")) == 1


def test_partitions_added_to_a_topic_do_not_stop_appends(url, opened, play, admin):
    """An administrator may do that (and reads in the docs why not to): events go on being stored, once each."""
    options = parse_kafka_url(url)
    log = opened(f"{url}?partitions=2")
    batch = [play.event(f"e{number}", subject=f"s{number}") for number in range(30)]
    from connectors.ports import Append

    log.append([Append("articles", each) for each in batch])
    admin.create_partitions({topic(options, "articles"): 5})
    log._site._topics.clear()
    more = [play.event(f"f{number}", subject=f"s{number}") for number in range(30)]
    assert log.append([Append("articles", each) for each in batch + more]) == 30
    assert sum(len(log.read("articles", partition=each)) for each in log.partitions("articles")) == 60


def test_a_topic_that_others_made_with_other_partitions(url, opened, play, admin):
    """Matches with fewer partitions than articles: each event is there once, in one partition by its key."""
    from connectors.ports import Append

    options = parse_kafka_url(url)
    admin.create_topics({topic(options, "articles"): {"num_partitions": 4, "replication_factor": 1}})
    admin.create_topics({topic(options, "matches.g"): {"num_partitions": 3, "replication_factor": 1}})
    log, other = opened(url), opened(f"{url}?replication=1")
    events = [play.event(f"m{number}", subject=f"s{number}") for number in range(40)]
    assert log.append([Append("matches.g", each) for each in events]) == 40
    assert other.append([Append("matches.g", each) for each in reversed(events)]) == 0
    found = [stored.event.id for part in (0, 1, 2) for stored in log.read("matches.g", partition=part)]
    assert sorted(found) == sorted(each.id for each in events)
