"""The Kafka of the kit: it is a real one, and what happens to it happens as told."""

import itertools
import uuid
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ACL, ACLOperation, ACLPermissionType, NewTopic, ResourcePattern, ResourceType
from kafka.errors import KafkaError, TopicAuthorizationFailedError
from kafka_server import PLAIN_USER, SCRAM_USER

# For one answer on a machine that is busy with other things.
WAIT_S = 60

pytestmark = pytest.mark.nightly


def new_topic(client: dict[str, Any]) -> str:
    topic = f"kit-{uuid.uuid4().hex}"
    admin = KafkaAdminClient(**client)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    admin.close()
    return topic


def send(client: dict[str, Any], topic: str, *values: bytes) -> None:
    producer = KafkaProducer(**client, acks="all")
    for value in values:
        producer.send(topic, value).get(timeout=WAIT_S)
    producer.close()


def read(client: dict[str, Any], topic: str, count: int, **settings: Any) -> list[bytes]:
    """The first records of a topic; fewer when no more come for long."""
    consumer = KafkaConsumer(
        topic, **client, auto_offset_reset="earliest", consumer_timeout_ms=WAIT_S * 1000, **settings
    )
    values = [record.value for record in itertools.islice(consumer, count)]
    consumer.close()
    return values


def test_it_gives_back_what_was_sent(kafka_server):
    """The shared broker keeps records of a topic in order."""
    topic = new_topic(kafka_server.client)
    send(kafka_server.client, topic, b"one", "كركوك".encode())
    assert read(kafka_server.client, topic, 2) == [b"one", "كركوك".encode()]


def test_an_aborted_record_stays_unseen(kafka_server):
    """Transactions work on one broker: read_committed sees what was committed and nothing else."""
    topic = new_topic(kafka_server.client)
    producer = KafkaProducer(**kafka_server.client, transactional_id=f"kit-{uuid.uuid4().hex}")
    producer.init_transactions()
    for value, finish in ((b"aborted", producer.abort_transaction), (b"committed", producer.commit_transaction)):
        producer.begin_transaction()
        producer.send(topic, value)
        producer.flush()
        finish()
    producer.close()
    assert read(kafka_server.client, topic, 1, isolation_level="read_committed") == [b"committed"]


def test_a_killed_broker_comes_back_at_its_address_with_its_records(start_kafka):
    """SIGKILL, then start: same address, no record lost; a stop and a start likewise."""
    server = start_kafka()
    address = server.bootstrap
    topic = new_topic(server.client)
    send(server.client, topic, b"before")
    server.kill()
    assert not server.running
    server.start()
    send(server.client, topic, b"between")
    server.restart()
    assert server.bootstrap == address
    assert read(server.client, topic, 2) == [b"before", b"between"]


def test_who_logs_in_may_do_what_the_rules_give(start_kafka):
    """PLAIN and SCRAM log in; a topic without a rule for the user is closed, and without a login all is."""
    server = start_kafka(sasl=True)
    topic, closed = new_topic(server.client), new_topic(server.client)
    admin = KafkaAdminClient(**server.client)
    pattern = ResourcePattern(ResourceType.TOPIC, topic)
    for name, _ in (PLAIN_USER, SCRAM_USER):
        admin.create_acls([ACL(f"User:{name}", "*", ACLOperation.ALL, ACLPermissionType.ALLOW, pattern)])
    admin.close()
    plain, scram = server.client_of(PLAIN_USER), server.client_of(SCRAM_USER, "SCRAM-SHA-512")
    send(plain, topic, b"by plain")
    send(scram, topic, b"by scram")
    assert read(server.client, topic, 2) == [b"by plain", b"by scram"]
    with pytest.raises(TopicAuthorizationFailedError):
        send(plain, closed, b"not allowed")
    for nobody in ({"bootstrap_servers": server.bootstrap}, server.client_of((PLAIN_USER[0], "wrong"))):
        with pytest.raises(KafkaError):
            KafkaAdminClient(**nobody, bootstrap_timeout_ms=3_000)


def test_a_frozen_broker_answers_again_when_thawed(start_kafka):
    """A broker that hangs keeps its address and serves on afterwards, also when it hung longer than its session."""
    server = start_kafka()
    topic = new_topic(server.client)
    send(server.client, topic, b"before")
    server.freeze()
    with pytest.raises(KafkaError):
        KafkaAdminClient(**server.client, bootstrap_timeout_ms=4_000)
    server.thaw()
    send(server.client, topic, b"after")
    assert read(server.client, topic, 2) == [b"before", b"after"]
