"""Partitions, sizes, settings of topics, and the cache of event ids."""

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from connectors import kafka_site
from connectors.kafka_ids import state_folder
from connectors.kafka_options import MAX_REQUEST_BYTES, parse_kafka_url
from connectors.kafka_topics import SETUP, check_topics, setup_topics, topic, topic_config
from connectors.ports import Advance, Append
from schemas.errors import ConfigError, LogError, RecordTooLargeError


@pytest.fixture
def admin(kafka_server):
    from kafka.admin import KafkaAdminClient

    with contextlib.closing(KafkaAdminClient(bootstrap_servers=kafka_server.bootstrap)) as client:
        yield client


def revisions(play, article, count):
    """Events of one article."""
    return [Append("articles", play.event(f"{article}-{number}", subject=article)) for number in range(count)]


def test_an_article_keeps_to_one_partition_and_its_revisions_in_order(url, opened, play):
    """Whatever the number of partitions; `matches` has the same one for the same article, other streams have one."""
    log = opened(f"{url}?partitions=5")
    articles = [f"مقال-{number}" for number in range(40)]
    for number in range(3):
        log.append([revisions(play, article, 3)[number] for article in articles])
    log.append([Append("matches.g1", play.event(f"coded-{each}", subject=each)) for each in articles])
    log.append(play.appends("one", stream="feeds"))
    assert list(log.partitions("articles")) == list(log.partitions("matches.g1")) == [0, 1, 2, 3, 4]
    assert list(log.partitions("feeds")) == [0]
    homes = {}
    for partition in log.partitions("articles"):
        found = log.read("articles", partition=partition)
        for article in {stored.event.subject for stored in found}:
            homes[article] = partition
            own = [stored.event.id for stored in found if stored.event.subject == article]
            assert own == [f"{article}-{number}" for number in range(3)]
    assert sorted(homes) == sorted(articles)
    assert len(set(homes.values())) == 5
    for partition in log.partitions("matches.g1"):
        for stored in log.read("matches.g1", partition=partition):
            assert homes[stored.event.subject] == partition


def test_the_partition_of_a_key_is_the_one_that_other_clients_choose(url, opened, play):
    """Java's default partitioner: murmur2 of the key; values computed with its published algorithm."""
    log = opened(f"{url}?partitions=7")
    log.append(
        [Append("articles", play.event(key, subject=key)) for key in ("21", "foobar", "a-little-bit-long-string")]
    )
    # murmur2 of these keys by the tests of Kafka's own client: -973932308, -790332482, -985981536.
    expected = {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536}
    log.append([Append("articles", play.event(key, subject=key)) for key in expected])
    for partition in log.partitions("articles"):
        for stored in log.read("articles", partition=partition):
            assert (expected[stored.event.subject] & 0x7FFFFFFF) % 7 == partition


def test_setup_makes_what_is_missing_and_mends_what_differs(url, opened, play, admin):
    """Twice is like once; a dry run changes nothing; the settings are those of the one table."""
    options = parse_kafka_url(f"{url}?partitions=3")
    planned = setup_topics(options, dry_run=True)
    assert len(planned) == len(SETUP)
    assert not {topic(options, stream) for stream in SETUP} & set(admin.list_topics())
    assert f"topic {topic(options, 'articles')}: to be made, 3 partitions" in planned
    assert setup_topics(options) == [line.replace(": to be made,", ": made,") for line in planned]
    assert setup_topics(options) == []
    from kafka.admin import ConfigResource, ConfigResourceType

    admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic(options, "alerts"), configs={"retention.ms": "1000"})]
    )
    wanted = [f"topic {topic(options, 'alerts')}: set retention.ms=-1"]
    deadline = 50
    while check_topics(options) != wanted and deadline:
        deadline -= 1
    assert setup_topics(options) == wanted
    log = opened(f"{url}?partitions=3")
    log.append(revisions(play, "a", 2))
    assert list(log.partitions("articles")) == [0, 1, 2]


def test_facts_are_kept_for_ever_and_positions_compacted():
    """No article may ever expire: the log is what everything is rebuilt from."""
    for stream in ("articles", "feeds", "alerts", "generations", "dead_letters", "matches.g1", "developments.g1"):
        kept = topic_config(parse_kafka_url("kafka://host"), stream)
        assert (kept["cleanup.policy"], kept["retention.ms"], kept["retention.bytes"]) == ("delete", "-1", "-1")
        assert kept["unclean.leader.election.enable"] == "false"
    assert topic_config(parse_kafka_url("kafka://host"), "positions")["cleanup.policy"] == "compact"


def test_what_is_acknowledged_has_two_copies_where_topics_have_three():
    """With fewer copies a demand for two would refuse every append while one broker is away, or always."""
    found = [
        topic_config(parse_kafka_url(f"kafka://host{query}"), stream).get("min.insync.replicas")
        for query in ("", "?replication=1", "?replication=2", "?replication=3", "?replication=5")
        for stream in ("articles", "positions")
    ]
    assert found == [None] * 6 + ["2"] * 4


def test_five_megabytes_are_stored_whole(url, opened, play):
    """Compressed on the way; in one transaction with small ones."""
    import random

    text = "".join(random.Random(5).choices("abcdefghijklmnopqrstuvwxyz ", k=5_000_000))
    log = opened(url)
    log.append([*play.appends("small"), *play.appends("large", text=text), *play.appends("after")])
    page = log.read("articles")
    assert play.ids(page) == ["small", "large", "after"]
    assert play.payload(page[1])["text"] == text


def test_a_record_that_the_topic_refuses_is_told_with_the_remedy(url, opened, play, admin):
    """Nothing of the batch is there; the log goes on."""
    options = parse_kafka_url(url)
    admin.create_topics({topic(options, "articles"): {"num_partitions": 1, "configs": {"max.message.bytes": "10000"}}})
    import random

    noise = "".join(random.Random(6).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=60_000))
    log = opened(url)
    with pytest.raises(RecordTooLargeError, match=f"max.message.bytes to {MAX_REQUEST_BYTES}"):
        log.append([*play.appends("a"), *play.appends("large", text=noise)], [Advance("w", "feeds", 0, 4)])
    assert log.read("articles") == []
    assert log.position("w", "feeds") == 0
    assert log.append(play.appends("a")) == 1


def test_ids_are_known_without_the_cache(url, opened, play, log_state):
    """A lost, a damaged or another machine's cache: ids are read from the log again, of every writer."""
    first = opened(url)
    first.append(play.appends("a", "b"))
    first.close()
    [cache] = log_state.rglob("ids.db")
    for name in cache.parent.glob("ids.db*"):
        name.unlink()
    again = opened(url)
    assert again.append(play.appends("a", "b", "c")) == 1
    again.close()
    cache.write_bytes(b"no database at all" * 1000)
    damaged = opened(url)
    assert damaged.append(play.appends("c", "d")) == 1
    assert play.ids(play.read_all(damaged)) == ["a", "b", "c", "d"]


def test_ids_that_another_machine_appended_are_known(url, opened, play, monkeypatch, tmp_path):
    """Two caches, one log: whoever appends reads first what the other did."""
    here = opened(url)
    here.append(play.appends("a"))
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(tmp_path / "other machine"))
    there = opened(url)
    assert there.append(play.appends("a", "b")) == 1
    assert here.append(play.appends("b", "c")) == 1
    assert there.holds("articles", ["a", "b", "c", "d"]) == {"a", "b", "c"}
    assert play.ids(play.read_all(here)) == ["a", "b", "c"]


def test_a_topic_made_anew_is_not_taken_for_the_old_one(url, opened, play, admin):
    """After its deletion the same ids can be appended again: the cache knows one topic from another of its name."""
    options = parse_kafka_url(url)
    log = opened(url)
    log.append(play.appends("a"))
    log.close()
    admin.delete_topics([topic(options, "articles")])
    later = opened(url)
    assert later.append(play.appends("a", "b")) == 2
    assert play.ids(play.read_all(later)) == ["a", "b"]


def test_a_topic_made_anew_that_grew_longer_is_not_taken_for_the_old_one(
    url, opened, play, admin, monkeypatch, tmp_path
):
    """Another machine filled it meanwhile: neither what the old one held nor what the new one holds is mistaken."""
    options = parse_kafka_url(url)
    log = opened(url)
    log.append(play.appends("a"))
    log.close()
    admin.delete_topics([topic(options, "articles")])
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("KIRKUK_LOG_STATE", str(tmp_path / "another machine"))
        opened(url).append(play.appends(*"bcdefgh"))
    later = opened(url)
    assert later.append(play.appends("b", "a")) == 1
    assert play.ids(play.read_all(later)) == list("bcdefgha")


def test_derived_streams_have_the_partitions_of_articles(url, opened, play):
    """Whatever the URL of the one who makes them says: an article's home is the same in both."""
    opened(f"{url}?partitions=4").append(play.appends("a"))
    other = opened(f"{url}?partitions=2")
    other.append(play.appends("m", stream="matches.g1"))
    assert list(other.partitions("matches.g1")) == [0, 1, 2, 3]


def test_two_clusters_with_one_id_one_prefix_and_one_cache_keep_their_own_events(
    start_kafka, opened, play, monkeypatch
):
    """A copy of a cluster has its id, and a test cluster may: whatever the other holds, an event that is not here is
    appended here. Told apart by address alone, or by the topics' ids alone.
    """
    clusters = [start_kafka(), start_kafka()]
    monkeypatch.setattr(kafka_site, "state_folder", lambda configured, *_: Path(configured) / "one for both")
    logs = [opened(f"kafka://{cluster.bootstrap}/twin") for cluster in clusters]

    def fill(log):
        return sum(log.append(play.batch("w", number, 5)) for number in range(60))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(fill, logs)) == [300, 300]
    for log in logs:
        assert play.whole_batches(play.read_all(log)) == {"w": list(range(60))}


def test_the_cache_of_another_address_is_another_folder():
    """Whatever the order in which its brokers are named."""
    folders = {state_folder("/s", "cluster", "p", brokers) for brokers in (("a:1", "b:2"), ("b:2", "a:1"), ("c:1",))}
    assert len(folders) == 2


def test_events_that_were_deleted_unread_are_told(url, opened, play, admin):
    """A consumer that stands before the first event still there has lost some: it is not taken on silently."""
    from kafka import TopicPartition

    options = parse_kafka_url(url)
    log = opened(url)
    log.append(play.appends(*"abcdef"))
    third = log.read("articles", limit=3)[-1].position
    admin.delete_records({TopicPartition(topic(options, "articles"), 0): 4})
    fresh = opened(url)
    assert play.ids(fresh.read("articles")) == ["e", "f"]
    with pytest.raises(LogError, match=r"articles partition 0: what stood before position 4 was deleted"):
        opened(url).read("articles", after=third)


def test_what_other_programs_wrote_there_does_no_harm(url, opened, play, admin):
    """Records without our headers count by the id in their envelope, or not at all."""
    from kafka import KafkaProducer

    from connectors.kafka_options import client_settings
    from schemas.envelope import encode

    options = parse_kafka_url(url)
    log = opened(url)
    log.append(play.appends("a"))
    producer = KafkaProducer(**client_settings(options))
    for body in (encode(play.event("theirs")), b"\xff\xfe", b""):
        producer.send(topic(options, "articles"), body, key=b"k").get(timeout=20)
    producer.close()
    assert log.append(play.appends("theirs", "b")) == 1
    assert log.holds("articles", ["a", "theirs", "b"]) == {"a", "theirs", "b"}


def test_positions_of_many_consumers_survive_compaction_and_reopening(url, opened):
    """What is asked for is the newest, read from the topic by a process that wrote none of it."""
    log = opened(url)
    for position in range(1, 40):
        log.append([], [Advance(f"c{number}", "articles", 0, position * 10 + number) for number in range(5)])
    log.close()
    again = opened(url)
    assert [again.position(f"c{number}", "articles") for number in range(5)] == [390, 391, 392, 393, 394]


def test_an_advance_that_moves_nothing_writes_nothing(url, opened):
    """Compaction keeps the last record of a consumer: a lower one must not be it."""
    log = opened(url)
    log.append([], [Advance("c", "articles", 0, 7)])
    before = log._site.ends(log._site.places(["positions"]))
    log.append([], [Advance("c", "articles", 0, 7), Advance("c", "articles", 0, 4)])
    assert log._site.ends(log._site.places(["positions"])) == before


def test_a_record_says_what_it_is(url, opened, play, kafka_server):
    """CloudEvents in structured mode: other consumers see the media type and the id without parsing."""
    from kafka import KafkaConsumer, TopicPartition

    options = parse_kafka_url(url)
    opened(url).append([Append("articles", play.event("a-1", subject="a"))])
    consumer = KafkaConsumer(bootstrap_servers=kafka_server.bootstrap, isolation_level="read_committed")
    consumer.assign([TopicPartition(topic(options, "articles"), 0)])
    consumer.seek_to_beginning()
    [record] = next(iter(consumer.poll(timeout_ms=10_000).values()))
    consumer.close()
    headers = dict(record.headers)
    assert headers["content-type"] == b"application/cloudevents+json"
    assert headers["id"] == b"a-1"
    assert record.key == b"a"
    assert msgspec.json.decode(record.value)["specversion"] == "1.0"


@pytest.mark.parametrize("stream", ["a/b", "كركوك", "positions", "x" * 300, ""])
def test_a_stream_that_no_topic_can_be_named_after_is_refused(url, opened, play, stream):
    """It reads as empty, as any unknown stream."""
    log = opened(url)
    with pytest.raises(LogError, match="can't be the name of a stream in Kafka"):
        log.append(play.appends("a", stream=stream))
    assert log.holds(stream, ["a"]) == set() if stream != "positions" else True


@pytest.mark.parametrize(
    "url, message",
    [
        ("kafka:///x", "no broker named"),
        ("kafka://user:secret@host/x", "KIRKUK_LOG_USERNAME"),
        ("kafka://host/a/b", "a prefix is made of"),
        ("kafka://host/x?partitions=0", "from 1 to 1000"),
        ("kafka://host/x?partitions=many", "from 1 to 1000"),
        ("kafka://host/x?shards=3", "no such setting"),
    ],
)
def test_a_faulty_url_is_told(url, message):
    """The message names the remedy, and no password."""
    with pytest.raises(ConfigError, match=message) as caught:
        parse_kafka_url(url)
    assert "secret" not in str(caught.value)


def test_a_url_names_brokers_and_prefix():
    """Ports and prefix have defaults; IPv6 addresses stand in brackets."""
    options = parse_kafka_url("kafka://one,two:9999,[::1],[::1]:7/news?partitions=12&replication=3")
    assert options.bootstrap == ("one:9092", "two:9999", "[::1]:9092", "[::1]:7")
    assert (options.prefix, options.partitions, options.replication) == ("news", 12, 3)
    assert parse_kafka_url("kafka://one").prefix == "kirkuk"


def test_a_damaged_cache_folder_is_told(url, opened, log_state, play):
    """A folder that can't be written is named, with the variable that names another."""
    log_state.parent.mkdir(exist_ok=True)
    log_state.write_text("a file")
    with pytest.raises(LogError, match="KIRKUK_LOG_STATE"):
        opened(url)


def test_the_cache_holds_no_text(url, opened, play, log_state):
    """Digests alone: nothing of an article lies outside the log."""
    opened(url).append(play.appends("secret-id", text="secret text"))
    [cache] = log_state.rglob("ids.db")
    with contextlib.closing(sqlite3.connect(cache)) as connection:
        rows = connection.execute("SELECT * FROM ids").fetchall()
    assert rows
    assert b"secret" not in b"".join(file.read_bytes() for file in cache.parent.iterdir())
