"""A real Kafka: one broker that is its own controller."""

import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import artifacts
import guarded
from server_base import Server, ServerError
from server_ports import LOOPBACK

CLUSTER_ID = "a2lya3VrLXRlc3Rpbmctbg"
# Users of the SASL variant, for tests alone. The first may do everything, the others what ACLs give them.
BROKER_USER = ("broker", "broker-word")
PLAIN_USER = ("ingest", "ingest-word")
SCRAM_USER = ("match", "match-word")


class KafkaServer(Server):
    """`bootstrap` is its address; `client` has the settings that every client of kafka-python needs to reach it.

    With `sasl` clients must log in, as one of the users above by PLAIN (`client`, as the broker's own user) or
    SCRAM-SHA-512 (`client_of`), and need ACLs to do anything. With `tls` it speaks TLS alone, with a certificate for
    its address by an authority of its own (`ca_file`). `settings` are more of the broker's.
    """

    name = "kafka"
    usual_ports: ClassVar[tuple[int, ...]] = (9092, 9093)
    # The client's own time-out for one question while the broker starts.
    ask_limit_ms: ClassVar[int] = 5_000

    def __init__(
        self,
        folder: Path,
        libraries: Path,
        java: artifacts.Java,
        *,
        sasl: bool = False,
        tls: bool = False,
        settings: Mapping[str, str | int] | None = None,
        usual_ports: bool = False,
    ) -> None:
        super().__init__(folder, usual_ports=usual_ports)
        self.sasl = sasl
        self.tls = tls
        self.ca_file = self.folder / "tls" / "ca.pem"
        self._own_settings = settings or {}
        self._libraries = libraries
        self._java = java
        self._data = self.folder / "data"

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.ports[0]}"

    @property
    def client(self) -> dict[str, Any]:
        """Settings for KafkaProducer, KafkaConsumer and KafkaAdminClient, with every right."""
        if self.tls:
            return {
                "bootstrap_servers": self.bootstrap,
                "security_protocol": "SSL",
                "ssl_cafile": str(self.ca_file),
            }
        return self.client_of(BROKER_USER) if self.sasl else {"bootstrap_servers": self.bootstrap}

    def client_of(self, user: tuple[str, str], mechanism: str = "PLAIN") -> dict[str, Any]:
        """Settings of a client that logs in as a user of the SASL variant."""
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": mechanism,
            "sasl_plain_username": user[0],
            "sasl_plain_password": user[1],
        }

    def prepare(self) -> None:
        if self.tls and not self.ca_file.exists():
            make_certificate(self.ca_file.parent)
        settings = self.folder / "server.properties"
        settings.write_text("".join(f"{key}={value}\n" for key, value in self._settings().items()))
        if (self._data / "meta.properties").exists():
            return
        command = [*self._run_java("kafka.tools.StorageTool", "128m"), "format", "-t", CLUSTER_ID, "-c", str(settings)]
        if self.sasl:
            name, word = SCRAM_USER
            command += ["--add-scram", f"SCRAM-SHA-512=[name={name},password={word}]"]
        status = guarded.run(command, folder=self.folder, output=self.log_file, limit_s=self.start_limit_s)
        if status != 0:
            raise ServerError(f"Kafka's data folder could not be made (status {status}):\n{self.log_tail()}")

    def command(self) -> Sequence[str]:
        return [*self._run_java("kafka.Kafka", "512m"), str(self.folder / "server.properties")]

    def answers(self) -> bool:
        # Only when somebody listens is the client made: it takes long to give up and is loud about it.
        try:
            socket.create_connection((LOOPBACK, self.ports[0]), timeout=1).close()
        except OSError:
            return False
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        try:
            admin = KafkaAdminClient(**self.client, bootstrap_timeout_ms=self.ask_limit_ms)
        except KafkaError:
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except KafkaError:
            return False
        finally:
            admin.close()

    def _run_java(self, program: str, heap: str) -> list[str]:
        # One core's worth of collector, and no logging but what slf4j-simple prints.
        flags = [f"-Xmx{heap}", "-XX:+UseSerialGC", "-Djava.awt.headless=true"]
        return [self._java.java, *flags, "-cp", str(self._libraries / "*"), program]

    def _settings(self) -> dict[str, str | int]:
        broker, controller = self.ports
        settings: dict[str, str | int] = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"CLIENT://{LOOPBACK}:{broker},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"CLIENT://{LOOPBACK}:{broker}",
            "inter.broker.listener.name": "CLIENT",
            "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self._data),
            "auto.create.topics.enable": "false",
            # There is one broker, so nothing can be kept three times.
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            # The defaults of 50 partitions each cost start time and files, and show nothing here.
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.num.partitions": 4,
            "group.initial.rebalance.delay.ms": 0,
            # A killed broker's own registration must run out before it is let in again: 9 s by default.
            "broker.session.timeout.ms": 3_000,
            "broker.heartbeat.interval.ms": 500,
        }
        if self.sasl:
            settings |= self._sasl_settings()
        if self.tls:
            settings |= {
                "listener.security.protocol.map": "CLIENT:SSL,CONTROLLER:PLAINTEXT",
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": str(self.ca_file.with_name("broker.pem")),
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": str(self.ca_file),
            }
        return settings | self._own_settings

    def _sasl_settings(self) -> dict[str, str | int]:
        users = " ".join(f'user_{name}="{word}"' for name, word in (BROKER_USER, PLAIN_USER))
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
        name, word = BROKER_USER
        return {
            "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "listener.name.client.plain.sasl.jaas.config": (
                f'{plain} required username="{name}" password="{word}" {users};'
            ),
            "listener.name.client.scram-sha-512.sasl.jaas.config": f"{scram} required;",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The controller's is the only listener without a login, so only the broker itself is anonymous.
            "super.users": f"User:{name};User:ANONYMOUS",
        }


def make_certificate(folder: Path) -> None:
    """Make an authority (`ca.pem`) and with it a certificate and key for the loopback address (`broker.pem`)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "names").write_text(f"subjectAltName=IP:{LOOPBACK}")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
    new_key = ["-newkey", "rsa:2048", "-nodes"]
    for arguments in (
        ["req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority"],
        ["req", *new_key, "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=broker"],
        ["x509", "-req", "-in", "broker.csr", *signed, "-out", "broker.crt"],
    ):
        done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ServerError(f"openssl {arguments[0]} failed: {done.stderr}")
    (folder / "broker.pem").write_text((folder / "broker.key").read_text() + (folder / "broker.crt").read_text())
