"""The topics of a log: how many partitions, what is kept for how long, how large a record may be. The one place.

| topic                                   | partitions             | kept                                       |
|-----------------------------------------|------------------------|--------------------------------------------|
| articles, matches.*                     | `partitions` of the log| for ever; matches until their topic is deleted |
| every other stream                      | 1                      | for ever                                   |
| positions                               | 16                     | the newest of each consumer (compacted)    |

An article's key decides its partition in `articles` and `matches.*` alike, so both have the same number, and it stays
what it was when they were made: with another number, later revisions of an article would overtake earlier ones.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from connectors.kafka_options import MAX_REQUEST_BYTES, KafkaOptions, client_settings, faults
from schemas.envelope import ALERTS, ARTICLES, DEAD_LETTERS, DEVELOPMENTS, FEEDS, GENERATIONS, MATCHES

POSITIONS: Final = "positions"
NEW_TOPIC_S: Final = 15.0
"""How long a topic that was just made may take to be there for all."""
POSITION_PARTITIONS: Final = 16
"""Consumers are spread over these, so that what one dead writer left open hides few others' positions."""

_KEPT: Final[Mapping[str, str]] = {
    # A replica that lacks acknowledged events never becomes the one that is read from.
    "unclean.leader.election.enable": "false",
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": str(MAX_REQUEST_BYTES),
    "compression.type": "producer",
}
_NEWEST: Final[Mapping[str, str]] = {
    "unclean.leader.election.enable": "false",
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.1",
    "segment.bytes": str(1024 * 1024),
    "segment.ms": str(10 * 60 * 1000),
    "compression.type": "producer",
}
_DURABLE_COPIES: Final = 2
"""What is acknowledged has so many copies at least, where topics have more: one broker may be lost or away."""
SETUP: Final = (ARTICLES, FEEDS, ALERTS, GENERATIONS, DEAD_LETTERS, POSITIONS)
"""What `kirkuk setup` makes; derived streams come into being with their generation."""
_DERIVED: Final = (f"{MATCHES}.", f"{DEVELOPMENTS}.")


def topic(options: KafkaOptions, stream: str) -> str:
    """Return the topic of a stream."""
    return f"{options.prefix}.{stream}"


def is_spread(stream: str) -> bool:
    """Return whether a stream has as many partitions as the log."""
    return stream == ARTICLES or stream.startswith(MATCHES)


def wanted_partitions(options: KafkaOptions, stream: str) -> int:
    """Return how many partitions a stream is made with, where `articles` does not exist yet."""
    if stream == POSITIONS:
        return POSITION_PARTITIONS
    return (options.partitions or 1) if is_spread(stream) else 1


def topic_config(options: KafkaOptions, stream: str) -> dict[str, str]:
    """Return a topic's settings, as Kafka names them."""
    settings = dict(_NEWEST if stream == POSITIONS else _KEPT)
    if options.replication > _DURABLE_COPIES:
        # Kafka's default of 1 would acknowledge what the leader alone has.
        settings["min.insync.replicas"] = str(_DURABLE_COPIES)
    return settings


def create_topics(options: KafkaOptions, partitions: Mapping[str, int]) -> list[str]:
    """Make the topics of these streams with so many partitions each; return the streams that were not there before.

    Raises kafka's errors.
    """
    with _admin(options) as admin:
        return _create(options, admin, partitions)


def setup_topics(options: KafkaOptions, *, dry_run: bool = False) -> list[str]:
    """Make what is missing and mend settings that differ; return what was done, one line each. May be repeated.

    Partitions of existing topics are never changed. With `dry_run` nothing is, and the lines say what would be.
    Raises LogError.
    """
    with faults(options), _admin(options) as admin:
        there = set(admin.list_topics())
        missing = [stream for stream in SETUP if topic(options, stream) not in there]
        wanted = {stream: wanted_partitions(options, stream) for stream in missing}
        made = "to be made" if dry_run else "made"
        lines = [f"topic {topic(options, stream)}: {made}, {_counted(count)}" for stream, count in wanted.items()]
        ours = sorted(_ours(options, there))
        differing = _differences(options, admin, ours)
        if not dry_run:
            _create(options, admin, wanted)
            _wait_until_there(options, admin, wanted)
            _mend(options, admin, differing)
        return lines + [_told(options, stream, changes) for stream, changes in differing.items()]


def check_topics(options: KafkaOptions) -> list[str]:
    """Return what `setup_topics` would do, one line each: nothing where all is as it should be. Raises LogError."""
    return setup_topics(options, dry_run=True)


@contextmanager
def _admin(options: KafkaOptions) -> Iterator[Any]:
    from kafka.admin import KafkaAdminClient

    client = KafkaAdminClient(**client_settings(options))
    try:
        yield client
    finally:
        client.close()


def _create(options: KafkaOptions, admin: Any, partitions: Mapping[str, int]) -> list[str]:
    from kafka import errors

    made = []
    for stream, count in partitions.items():
        wanted = {
            "num_partitions": count,
            "replication_factor": options.replication,
            "configs": topic_config(options, stream),
        }
        with suppress(errors.TopicAlreadyExistsError):
            admin.create_topics({topic(options, stream): wanted})
            made.append(stream)
    return made


def _wait_until_there(options: KafkaOptions, admin: Any, streams: Iterable[str]) -> None:
    """A broker tells of a new topic a moment after it was made."""
    made = {topic(options, stream) for stream in streams}
    deadline = time.monotonic() + NEW_TOPIC_S
    while not made <= set(admin.list_topics()) and time.monotonic() < deadline:
        time.sleep(0.05)


def _counted(count: int) -> str:
    return "1 partition" if count == 1 else f"{count} partitions"


def _told(options: KafkaOptions, stream: str, changes: Mapping[str, str]) -> str:
    told = ", ".join(f"{key}={value}" for key, value in sorted(changes.items()))
    return f"topic {topic(options, stream)}: set {told}"


def _ours(options: KafkaOptions, names: Iterable[str]) -> Iterable[str]:
    """Return the streams among topic names; `news.test.articles` is none of the log `news`, but of `news.test`."""
    start = f"{options.prefix}."
    streams = (name.removeprefix(start) for name in names if name.startswith(start))
    return (stream for stream in streams if stream in SETUP or stream.startswith(_DERIVED))


def _differences(options: KafkaOptions, admin: Any, streams: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return for each existing stream the settings that are not as they should be: key -> wanted value."""
    from kafka.admin import ConfigFilterType, ConfigResource, ConfigResourceType

    asked = [ConfigResource(ConfigResourceType.TOPIC, topic(options, stream)) for stream in streams]
    if not asked:
        return {}
    found = admin.describe_configs(asked, config_filter=ConfigFilterType.DYNAMIC)["topic"]
    differing = {}
    for stream in streams:
        is_set = {key: entry["value"] for key, entry in found[topic(options, stream)].items()}
        changes = {key: value for key, value in topic_config(options, stream).items() if is_set.get(key) != value}
        if changes:
            differing[stream] = changes
    return differing


def _mend(options: KafkaOptions, admin: Any, differing: Mapping[str, dict[str, str]]) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType

    changes = [
        ConfigResource(ConfigResourceType.TOPIC, topic(options, stream), configs=configs)
        for stream, configs in differing.items()
    ]
    if changes:
        admin.alter_configs(changes)
