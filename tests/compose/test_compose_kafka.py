"""The broker of the compose file for real: Kafka's own container program makes its settings from the environment."""

import base64
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import guarded
import msgspec
import pytest
import server_fixtures
import yaml
from kafka_server import PLAIN_USER, KafkaServer
from server_base import ServerError
from server_ports import LOOPBACK

from connectors.kafka_options import parse_kafka_url
from connectors.kafka_topics import setup_topics
from connectors.log_records import MAX_EVENT_BYTES
from connectors.ports import START, Append
from connectors.registry import open_log
from schemas.envelope import ARTICLES, Event
from schemas.errors import LogError

pytestmark = pytest.mark.servers("kafka")

ROOT = Path(__file__).parents[2]
DEFAULTS = ("server.properties", "log4j2.yaml", "tools-log4j2.yaml")
Services = dict[str, dict[str, Any]]


class ComposeKafka(KafkaServer):
    """A broker with the environment of the compose file, at other addresses and with another data folder."""

    variables: Mapping[str, str]

    def prepare(self) -> None:
        folders = {name: self.folder / name for name in ("default", "mounted", "final")}
        for folder in folders.values():
            folder.mkdir(exist_ok=True)
        for name in DEFAULTS:
            (folders["default"] / name).touch()
        wrapper = [*self._run_java("kafka.docker.KafkaDockerWrapper", "256m"), "setup"]
        for name, folder in folders.items():
            wrapper += [f"--{name}-configs-dir", str(folder)]
        status = guarded.run(
            wrapper, folder=self.folder, output=self.log_file, limit_s=60, environment={**self.variables}
        )
        # Second time: the data folder is laid out already, which the image's start script lets pass as well.
        if status != 0 and "already formatted" not in self.log_tail():
            raise ServerError(self.log_tail())

    def command(self) -> Sequence[str]:
        return [*self._run_java("kafka.Kafka", "512m"), str(self.folder / "final" / "server.properties")]

    @property
    def client(self) -> dict[str, Any]:
        return self.client_of(("kirkuk", self.variables["password"]))


@pytest.fixture
def broker(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ComposeKafka]:
    """The broker, started."""
    monkeypatch.setattr(server_fixtures, "KafkaServer", ComposeKafka)
    server = server_fixtures.make_kafka(tmp_path)
    assert isinstance(server, ComposeKafka)
    client, controller = server.ports
    moved = {
        "://:9092": f"://{LOOPBACK}:{client}",
        "://:9093": f"://{LOOPBACK}:{controller}",
        "kafka:9092": f"{LOOPBACK}:{client}",
        "kafka:9093": f"{LOOPBACK}:{controller}",
        "/var/lib/kafka/data": str(tmp_path / "data"),
    }
    variables = {}
    for name, value in services["kafka"]["environment"].items():
        for before, after in moved.items():
            value = value.replace(before, after)  # noqa: PLW2901
        variables[name] = value
    server.variables = variables | {"password": services["ingest"]["environment"]["KIRKUK_LOG_PASSWORD"]}
    with server:
        yield server.start()


def test_the_log_works_on_the_broker_of_the_compose_file(
    broker: ComposeKafka, services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the environment of `ingest` the log is set up with its partitions, takes the largest event, and is still
    there after the broker was killed; a wrong password is told as such.
    """
    environment = services["ingest"]["environment"]
    for name, value in environment.items():
        if name.startswith("KIRKUK_LOG_") and name != "KIRKUK_LOG_URL":
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(tmp_path / "state"))
    url = environment["KIRKUK_LOG_URL"].replace("kafka:9092", broker.bootstrap)

    assert any("12 partitions" in line for line in setup_topics(parse_kafka_url(url)))
    settle(lambda: setup_topics(parse_kafka_url(url)))
    log = open_log(url)
    assert len(log.partitions(ARTICLES)) == 12
    assert log.append([largest_event(MAX_EVENT_BYTES)]) == 1
    log.close()

    broker.kill()
    broker.start()
    log = open_log(url)
    assert sum(len(log.read(ARTICLES, after=START, partition=part)) for part in log.partitions(ARTICLES)) == 1
    log.close()

    monkeypatch.setenv("KIRKUK_LOG_PASSWORD", "another")
    with pytest.raises(LogError, match="KIRKUK_LOG_SECURITY"):
        open_log(url).end(ARTICLES)


def test_the_rights_in_the_manifests_are_enough(
    start_kafka: Callable[..., KafkaServer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the access rules of docs/kubernetes.md and no others, topics are set up and checked, and the log works."""
    page = (ROOT / "docs" / "kubernetes.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    manifests = [item for block in blocks for item in yaml.safe_load_all(block)]
    (user,) = (item["spec"] for item in manifests if item["kind"] == "KafkaUser")
    server = start_kafka(sasl=True)
    grant(server, user["authorization"]["acls"])

    name, word = PLAIN_USER
    access = {"SECURITY": "sasl_plaintext", "SASL_MECHANISM": "PLAIN", "USERNAME": name, "PASSWORD": word}
    for variable, value in {**access, "STATE": str(tmp_path / "state")}.items():
        monkeypatch.setenv(f"KIRKUK_LOG_{variable}", value)
    options = parse_kafka_url(f"kafka://{server.bootstrap}/kirkuk?partitions=2")
    settle(lambda: setup_topics(options))
    forget_after(server, "kirkuk.articles", "86400000")
    assert setup_topics(options) == ["topic kirkuk.articles: set retention.ms=-1"]
    settle(lambda: setup_topics(options))
    log = open_log(f"kafka://{server.bootstrap}/kirkuk?partitions=2")
    assert log.append([largest_event(4096)]) == 1
    log.close()
    with pytest.raises(LogError, match="may not"):
        setup_topics(parse_kafka_url(f"kafka://{server.bootstrap}/foreign"))


def grant(server: KafkaServer, rules: list[dict[str, Any]]) -> None:
    """Give the user what the rules of a KafkaUser say."""
    from kafka.admin import (
        ACL,
        ACLOperation,
        ACLPermissionType,
        ACLResourcePatternType,
        KafkaAdminClient,
        ResourcePattern,
        ResourceType,
    )

    def constant(name: str) -> str:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()

    acls = [
        ACL(
            principal=f"User:{PLAIN_USER[0]}",
            host="*",
            operation=ACLOperation[constant(operation)],
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=ResourcePattern(
                ResourceType[constant(rule["resource"]["type"])],
                rule["resource"]["name"],
                {"prefix": ACLResourcePatternType.PREFIXED}[rule["resource"]["patternType"]],
            ),
        )
        for rule in rules
        for operation in rule["operations"]
    ]
    admin = KafkaAdminClient(**server.client)
    admin.create_acls(acls)
    admin.close()


def forget_after(server: KafkaServer, topic: str, milliseconds: str) -> None:
    """Set a topic's retention as somebody might by hand, and wait until that shows."""
    from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

    asked = ConfigResource(ConfigResourceType.TOPIC, topic)
    admin = KafkaAdminClient(**server.client)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={"retention.ms": milliseconds})])
    until = time.monotonic() + 20
    while admin.describe_configs([asked])["topic"][topic]["retention.ms"]["value"] != milliseconds:
        assert time.monotonic() < until
        time.sleep(0.1)
    admin.close()


def settle(set_up: Callable[[], list[str]]) -> None:
    """Set up until there is nothing to do: a broker tells what its controller has made a moment later."""
    until = time.monotonic() + 20
    while (again := set_up()) and time.monotonic() < until:
        time.sleep(0.2)
    assert again == []


def largest_event(limit: int) -> Append:
    """An append that is as large as the log takes, within 1 KiB, of letters that hardly get smaller by compression."""
    letters = base64.b64encode(random.Random(1).randbytes(limit)).decode()
    return Append(
        ARTICLES,
        Event(
            id="largest",
            source="test",
            type="kirkuk.Test",
            subject="article",
            time=datetime(2017, 10, 16, tzinfo=UTC),
            data=msgspec.Raw(msgspec.json.encode(letters[: limit - 1024])),
        ),
    )
