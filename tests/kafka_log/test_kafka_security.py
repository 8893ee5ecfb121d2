"""A broker that asks who one is: SASL and rights on the real one, and what the environment says of TLS."""

import time
from pathlib import Path

import pytest
import server_fixtures
from kafka_server import PLAIN_USER, SCRAM_USER, make_certificate

from connectors.access import LOG_VARIABLES
from connectors.kafka_log import KafkaLog
from connectors.kafka_options import client_settings, parse_kafka_url
from connectors.ports import Advance
from schemas.errors import ConfigError, LogError


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, log_state):
    for name in LOG_VARIABLES:
        if name != "KIRKUK_LOG_STATE":
            monkeypatch.delenv(name, raising=False)


def say(monkeypatch, **values):
    for name, value in values.items():
        monkeypatch.setenv(f"KIRKUK_LOG_{name.upper()}", value)


@pytest.fixture(scope="module")
def guarded_kafka(tmp_path_factory):
    """One broker that asks for a user, for all tests here."""
    with server_fixtures.make_kafka(tmp_path_factory.mktemp("guarded"), sasl=True) as server:
        yield server.start()


@pytest.fixture(scope="module")
def options():
    return parse_kafka_url("kafka://host/x")


def test_the_environment_sets_tls(options, monkeypatch, tmp_path):
    """Files are passed on, names of servers are checked."""
    files = {name: str(tmp_path / name) for name in ("ca_certs", "cert_file", "key_file")}
    for path in files.values():
        Path(path).touch()
    say(monkeypatch, security="ssl", **files)
    settings = client_settings(options)
    assert settings["security_protocol"] == "SSL"
    assert [settings[f"ssl_{name}"] for name in ("cafile", "certfile", "keyfile")] == list(files.values())
    assert settings.get("ssl_check_hostname", True)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"security": "tls"}, "KIRKUK_LOG_SECURITY"),
        ({"security": "sasl_ssl"}, "set KIRKUK_LOG_USERNAME and KIRKUK_LOG_PASSWORD"),
        ({"security": "sasl_ssl", "sasl_mechanism": "GSSAPI"}, "KIRKUK_LOG_SASL_MECHANISM"),
    ],
)
def test_a_faulty_variable_is_told(options, monkeypatch, values, message):
    """The message names it and what it may be."""
    say(monkeypatch, **values)
    with pytest.raises(ConfigError, match=message):
        client_settings(options)


def log_in(monkeypatch, kafka, user, mechanism="PLAIN"):
    """Be a user from now on."""
    client = kafka.client_of(user, mechanism)
    say(
        monkeypatch,
        security="sasl_plaintext",
        sasl_mechanism=mechanism,
        username=client["sasl_plain_username"],
        password=client["sasl_plain_password"],
    )


def grant(kafka, user, prefix):
    """Give a user the rights that the runbook lists, and no others."""
    from kafka.admin import (
        ACL,
        ACLOperation,
        ACLPermissionType,
        ACLResourcePatternType,
        KafkaAdminClient,
        ResourcePattern,
        ResourceType,
    )

    wanted = {
        ResourceType.TOPIC: (ACLOperation.CREATE, ACLOperation.DESCRIBE, ACLOperation.READ, ACLOperation.WRITE),
        ResourceType.TRANSACTIONAL_ID: (ACLOperation.DESCRIBE, ACLOperation.WRITE),
    }
    acls = [
        ACL(
            principal=f"User:{user[0]}",
            host="*",
            operation=operation,
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=ResourcePattern(kind, f"{prefix}.", ACLResourcePatternType.PREFIXED),
        )
        for kind, operations in wanted.items()
        for operation in operations
    ]
    admin = KafkaAdminClient(**kafka.client)
    admin.create_acls(acls)
    admin.close()


@pytest.mark.servers("kafka")
@pytest.mark.parametrize("mechanism, user", [("PLAIN", PLAIN_USER), ("SCRAM-SHA-512", SCRAM_USER)])
def test_a_user_with_the_rights_of_the_runbook_may_write_and_read(
    guarded_kafka, opened, play, monkeypatch, mechanism, user
):
    """Making topics, transactions, ids and positions need no more than these."""
    grant(guarded_kafka, user, user[0])
    log_in(monkeypatch, guarded_kafka, user, mechanism)
    log = opened(f"kafka://{guarded_kafka.bootstrap}/{user[0]}")
    assert log.append(play.appends("a", "b"), [Advance("w", "articles", 0, 3)]) == 2
    assert log.append(play.appends("b")) == 0
    assert play.ids(log.read("articles")) == ["a", "b"]
    assert log.position("w", "articles") == 3
    elsewhere = opened(f"kafka://{guarded_kafka.bootstrap}/foreign")
    began = time.monotonic()
    with pytest.raises(LogError, match="may not do that"):
        elsewhere.append(play.appends("a"))
    assert time.monotonic() - began < 20, "trying again would not help, so nobody waits for it"


@pytest.mark.servers("kafka")
@pytest.mark.parametrize("wrong", [{"password": "wrong-password"}, {"security": "plaintext"}])
def test_a_client_that_is_refused_is_told_what_to_check(guarded_kafka, monkeypatch, wrong):
    """The message holds no password; a broker that only hangs up is told from one that is away."""
    log_in(monkeypatch, guarded_kafka, PLAIN_USER)
    say(monkeypatch, **wrong)
    with pytest.raises(LogError, match="KIRKUK_LOG_SECURITY, _SASL_MECHANISM, _USERNAME") as caught:
        KafkaLog(parse_kafka_url(f"kafka://{guarded_kafka.bootstrap}/x"))
    chain = repr(caught.value) + repr(caught.value.__cause__)
    assert "wrong-password" not in chain
    assert PLAIN_USER[1] not in chain


@pytest.fixture(scope="module")
def tls_kafka(tmp_path_factory):
    """One broker that speaks TLS alone, for all tests here."""
    with server_fixtures.make_kafka(tmp_path_factory.mktemp("tls"), tls=True) as server:
        yield server.start()


@pytest.mark.servers("kafka")
def test_a_log_over_tls(tls_kafka, opened, play, monkeypatch):
    """With the authority's file everything works."""
    say(monkeypatch, security="ssl", ca_certs=str(tls_kafka.ca_file))
    log = opened(f"kafka://{tls_kafka.bootstrap}/tls")
    assert log.append(play.appends("a", "b"), [Advance("w", "articles", 0, 3)]) == 2
    assert play.ids(log.read("articles")) == ["a", "b"]
    assert log.position("w", "articles") == 3


@pytest.mark.servers("kafka")
@pytest.mark.parametrize("fault", ["another authority", "no authority", "another name", "no tls"])
def test_a_server_that_tls_does_not_vouch_for_is_refused(tls_kafka, monkeypatch, tmp_path, fault):
    """By whom its certificate is, and for which name; the message says what to check."""
    ca_file = tls_kafka.ca_file
    if fault == "another authority":
        make_certificate(tmp_path)
        ca_file = tmp_path / "ca.pem"
    say(monkeypatch, security="plaintext" if fault == "no tls" else "ssl")
    if fault != "no authority":
        say(monkeypatch, ca_certs=str(ca_file))
    address = tls_kafka.bootstrap
    if fault == "another name":
        address = address.replace("127.0.0.1", "localhost")
    with pytest.raises(LogError, match=r"KIRKUK_LOG_SECURITY.*_CA_CERTS"):
        KafkaLog(parse_kafka_url(f"kafka://{address}/tls"))


def test_a_file_of_authorities_that_is_not_there_is_told(options, monkeypatch, tmp_path):
    """By the variable that names it, and not as a broker that is away."""
    for name in ("ca_certs", "cert_file", "key_file"):
        say(monkeypatch, security="ssl", ca_certs="", cert_file="", key_file="")
        say(monkeypatch, **{name: str(tmp_path / "none.pem")})
        with pytest.raises(ConfigError, match=rf"KIRKUK_LOG_{name.upper()}: .*none\.pem"):
            client_settings(options)
