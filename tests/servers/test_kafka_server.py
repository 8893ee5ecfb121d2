"""The Kafka of the kit: it is a real one, and what happens to it happens as told."""

import uuid
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic


def new_topic(client: dict[str, Any]) -> str:
    topic = f"kit-{uuid.uuid4().hex}"
    admin = KafkaAdminClient(**client)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    admin.close()
    return topic


def send(client: dict[str, Any], topic: str, *values: bytes) -> None:
    producer = KafkaProducer(**client, acks="all")
    for value in values:
        producer.send(topic, value).get(timeout=20)
    producer.close()


def read(client: dict[str, Any], topic: str, **settings: Any) -> list[bytes]:
    consumer = KafkaConsumer(topic, **client, auto_offset_reset="earliest", consumer_timeout_ms=3_000, **settings)
    values = [record.value for record in consumer]
    consumer.close()
    return values


def test_it_gives_back_what_was_sent(kafka_server):
    """The shared broker keeps records of a topic in order."""
    topic = new_topic(kafka_server.client)
    send(kafka_server.client, topic, b"one", "كركوك".encode())
    assert read(kafka_server.client, topic) == [b"one", "كركوك".encode()]


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
    assert read(kafka_server.client, topic, isolation_level="read_committed") == [b"committed"]


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
    assert read(server.client, topic) == [b"before", b"between"]
