"""A real Elasticsearch: one node, the analysis of the product's templates, with or without users."""

import base64
import http.client
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import artifacts
import guarded
from server_base import Server, ServerError
from server_ports import LOOPBACK

ELASTIC_USER = "elastic"
# For tests alone.
ELASTIC_PASSWORD = "elastic-word"
# Elasticsearch refuses to run as root. The number need not be anybody's.
UNPRIVILEGED = 65_534


class Answer(NamedTuple):
    """The status of an answer and its body: what its JSON says, else the text."""

    status: int
    body: Any


class ElasticServer(Server):
    """`url` is its address; `api` asks it anything. With `security` one must log in; `user` is the one who may all."""

    name = "elastic"
    usual_ports: ClassVar[tuple[int, ...]] = (9200, 9300)

    def __init__(
        self, folder: Path, home: Path, java: artifacts.Java, *, security: bool = False, usual_ports: bool = False
    ) -> None:
        super().__init__(folder, usual_ports=usual_ports)
        self.security = security
        self._home = home
        self._java = java
        self._config = self.folder / "config"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports[0]}"

    @property
    def user(self) -> tuple[str, str] | None:
        return (ELASTIC_USER, ELASTIC_PASSWORD) if self.security else None

    def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30,
    ) -> Answer:
        """Ask it. A body that is text or bytes is sent as JSON lines (bulk, msearch), any other as JSON.

        Raises OSError or http.client.HTTPException when it can't be reached; any status is an answer.
        """
        sent = {"Content-Type": "application/json"}
        if isinstance(body, str | bytes):
            sent["Content-Type"] = "application/x-ndjson"
        elif body is not None:
            body = json.dumps(body)
        known = user or self.user
        if known and not (headers and "Authorization" in headers):
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(known).encode()).decode()
        connection = http.client.HTTPConnection(LOOPBACK, self.ports[0], timeout=timeout_s)
        try:
            payload = body.encode() if isinstance(body, str) else body
            connection.request(method, path, payload, {**sent, **(headers or {})})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        try:
            return Answer(response.status, json.loads(text))
        except ValueError:
            return Answer(response.status, text)

    def prepare(self) -> None:
        if not self._config.exists():
            # Complete or not at all: a start that was killed in here begins anew.
            made = self.folder / "config.part"
            shutil.rmtree(made, ignore_errors=True)
            shutil.copytree(self._home / "config", made)
            (made / "jvm.options").write_text("".join(f"{option}\n" for option in self._java_options()))
            if self.security:
                self._set_password(made)
            made.rename(self._config)
        (self.folder / "tmp").mkdir(exist_ok=True)
        settings = "".join(f"{key}: {json.dumps(value)}\n" for key, value in self._settings().items())
        (self._config / "elasticsearch.yml").write_text(settings)

    def command(self) -> Sequence[str]:
        return [*unprivileged(), str(self._home / "bin" / "elasticsearch")]

    def environment(self) -> Mapping[str, str]:
        return self._environment(self._config)

    def answers(self) -> bool:
        try:
            health = self.api("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s", timeout_s=5)
            return health.status == http.HTTPStatus.OK and (not self.security or self._logs_in())
        except (OSError, http.client.HTTPException):
            return False

    def _logs_in(self) -> bool:
        """At its first start it makes an index for users and meanwhile refuses the right password now and then; once
        it has stored the password there, it knows it for good.
        """
        word = {"password": ELASTIC_PASSWORD}
        return self.api("POST", f"/_security/user/{ELASTIC_USER}/_password", word).status == http.HTTPStatus.OK

    def _java_options(self) -> list[str]:
        """Instead of the package's own, which write garbage collector logs and heap dumps into its home."""
        return [
            "-Xms512m",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={self.folder}/java_error.log",
            "-Djava.io.tmpdir=${ES_TMPDIR}",
        ]

    def _environment(self, config: Path) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ES_") and key != "JAVA_HOME"}
        folders = {"ES_JAVA_HOME": self._java.home, "ES_PATH_CONF": config, "ES_TMPDIR": self.folder / "tmp"}
        return kept | {key: str(value) for key, value in folders.items()}

    def _set_password(self, config: Path) -> None:
        """Put the first password where the server looks for it when its data are new."""
        keystore = str(self._home / "bin" / "elasticsearch-keystore")
        add = 'printf %s "$2" | "$1" add --stdin --force bootstrap.password'
        status = guarded.run(
            ["/bin/sh", "-c", add, "add", keystore, ELASTIC_PASSWORD],
            folder=self.folder,
            output=self.log_file,
            limit_s=self.start_limit_s,
            environment=self._environment(config),
        )
        if status != 0:
            raise ServerError(f"the first password could not be set (status {status}):\n{self.log_tail()}")

    def _settings(self) -> dict[str, Any]:
        http_port, transport_port = self.ports
        return {
            "cluster.name": "kirkuk-test",
            "node.name": "one",
            "discovery.type": "single-node",
            "network.host": LOOPBACK,
            "http.port": http_port,
            "transport.port": transport_port,
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            # A full disk of the developer's machine is no reason to refuse a test's ten documents.
            "cluster.routing.allocation.disk.threshold_enabled": False,
            "xpack.security.enabled": self.security,
            "xpack.security.autoconfiguration.enabled": False,
            "xpack.security.http.ssl.enabled": False,
            "xpack.security.transport.ssl.enabled": False,
        }


def unprivileged() -> list[str]:
    """What to put before a command that must not be root's; nothing for who isn't root.

    It keeps root's right to every file, and no other: test folders belong to root and are closed to others. Without
    the secure bit, access(2), by which Java asks first, would look at the user number alone.
    """
    if os.geteuid() != 0:
        return []
    number = str(UNPRIVILEGED)
    caps = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override", "--bounding-set=-all,+dac_override"]
    bits = ["--securebits=+no_setuid_fixup"]
    return ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", *caps, *bits, "--"]
