"""A broker that asks who one is: SASL and rights on the real one, and what the environment says of TLS."""

import time

import pytest
import server_fixtures
from kafka_server import PLAIN_USER, SCRAM_USER

from connectors.access import LOG_VARIABLES
from connectors.kafka_log import KafkaLog
from connectors.kafka_options import client_settings, parse_kafka_url
from connectors.ports import Advance
from schemas.errors import ConfigError, LogError


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, state):
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


def test_the_environment_sets_tls(options, monkeypatch):
    """Files are passed on, names of servers are checked."""
    say(monkeypatch, security="ssl", ca_certs="/ca.pem", cert_file="/me.pem", key_file="/me.key")
    settings = client_settings(options)
    assert settings["security_protocol"] == "SSL"
    assert (settings["ssl_cafile"], settings["ssl_certfile"], settings["ssl_keyfile"]) == (
        "/ca.pem",
        "/me.pem",
        "/me.key",
    )
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
