"""What the doctor asks a Kafka cluster beside the port: who answers, in which version, are the topics as wanted."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

from connectors.findings import Finding, good, warning
from connectors.kafka_options import KafkaOptions, client_settings, faults, parse_kafka_url
from connectors.kafka_topics import check_topics, topic
from schemas.envelope import ARTICLES

_OLDEST: Final = (2, 5)
"""The first release in which a writer that came back can fence its predecessor by its transactional id alone."""


def examine_kafka(url: str) -> Iterator[Finding]:
    """Yield what a cluster says of itself and of the log's topics. Raises ConfigError, LogError."""
    options = parse_kafka_url(url)
    with faults(options), _admin(options) as admin:
        yield _cluster(options, admin)
        yield from _copies(options, admin)
    differing = check_topics(options)
    yield from (warning("topics", f"not as it should be: {line}", "kirkuk setup") for line in differing)
    if not differing:
        yield good("topics", "all there, with the settings that they should have")


def _admin(options: KafkaOptions) -> Any:
    from kafka.admin import KafkaAdminClient

    return closing(KafkaAdminClient(**client_settings(options)))


def _cluster(options: KafkaOptions, admin: Any) -> Finding:
    brokers = admin.describe_cluster()["brokers"]
    versions = {tuple(admin.get_broker_version_data(broker["broker_id"]).broker_version) for broker in brokers}
    # What a broker offers, as far as the driver knows releases: a newer one counts as the newest that it knows.
    named = ", ".join(".".join(map(str, version)) for version in sorted(versions))
    message = f"{options.name}: {len(brokers)} broker{'s' if len(brokers) != 1 else ''}, version {named}"
    if fenced := [broker["host"] for broker in brokers if broker["is_fenced"]]:
        return warning("kafka", f"{message}; {', '.join(fenced)} fenced", "see that broker's log: it serves nobody")
    if min(versions) < _OLDEST:
        return warning("kafka", message, "upgrade the brokers to 2.5 or newer: writers can't fence each other there")
    return good("kafka", message)


def _copies(options: KafkaOptions, admin: Any) -> Iterator[Finding]:
    name = topic(options, ARTICLES)
    [articles] = admin.describe_topics([name])
    in_sync = [len(part["isr_nodes"]) for part in articles["partitions"]]
    wanted = [len(part["replica_nodes"]) for part in articles["partitions"]]
    if in_sync and min(in_sync) < max(wanted):
        message = f"a partition of {name} has {min(in_sync)} of {max(wanted)} copies in sync"
        yield warning("kafka", message, "start the brokers that are away; until then a loss of others loses articles")
    elif in_sync and max(wanted) == 1:
        message = f"each partition of {name} has one copy"
        yield warning("kafka", message, "for more than trials run three brokers, with ?replication=3 in the log URL")
