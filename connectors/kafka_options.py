"""Which Kafka cluster a log is on and how it is spoken to: the URL, the environment, the errors."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connectors.access import variable
from connectors.log_records import MAX_EVENT_BYTES
from schemas.errors import ConfigError, LogError, RecordTooLargeError

_driver_logger = logging.getLogger(f"{__name__}.driver")
DEFAULT_PREFIX: Final = "kirkuk"
DEFAULT_PORT: Final = 9092
_CONNECT_S: Final = 10.0
"""How long opening a log may take: a wrong address is told at once, and a stage is started again by who watches it."""
_REQUEST_S: Final = 15.0
_RECONNECT_S: Final = 2.0
"""Longest pause between two attempts to reach a broker that is away."""
TRANSACTION_S: Final = 30
"""How long what a dead writer left half done may hide what comes behind it, when nobody writes in its place."""
_HEADROOM: Final = 1024 * 1024
"""Room in a request for key, headers and framing around the largest event."""
MAX_REQUEST_BYTES: Final = MAX_EVENT_BYTES + _HEADROOM
_FETCH_BYTES: Final = 8 * 1024 * 1024
_HELD_MS: Final = 100
"""How long a broker holds a fetch at the end of a partition, and so what a jump backwards may have to wait for."""
COMPRESSION: Final = "zstd"
"""Two thirds of the size of lz4 on news, as fast to read, and nearly as fast to write: benchmarks/README.md."""


class KafkaOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A log on a cluster. Topics are `prefix.stream`."""

    bootstrap: tuple[str, ...]
    prefix: str = DEFAULT_PREFIX
    partitions: int | None = None
    """Partitions of `articles` and `matches` where they are made; None: one."""
    replication: int = -1
    """Copies of each partition where topics are made; -1: the cluster's default."""

    @property
    def name(self) -> str:
        """The log's address as messages show it."""
        return f"kafka://{','.join(self.bootstrap)}/{self.prefix}"


def parse_kafka_url(url: str) -> KafkaOptions:
    """Read `kafka://host:9092[,host2:9092]/prefix[?partitions=12&replication=3]`. Raises ConfigError."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ConfigError(
            "log URL kafka://…: it holds a user or password; "
            "put them into KIRKUK_LOG_USERNAME and KIRKUK_LOG_PASSWORD in the environment"
        )
    hosts = tuple(_with_port(host) for host in parts.netloc.split(",") if host)
    if not hosts:
        raise ConfigError("log URL kafka://…: no broker named; write kafka://host:9092/prefix")
    prefix = parts.path.strip("/") or DEFAULT_PREFIX
    if not is_topic(prefix):
        raise ConfigError(f"log URL kafka://…/{prefix}: a prefix is made of letters, digits, dots, dashes, underscores")
    return KafkaOptions(bootstrap=hosts, prefix=prefix, **_numbers(parts.query))


def _with_port(host: str) -> str:
    return host if ":" in host.rpartition("]")[2] else f"{host}:{DEFAULT_PORT}"


def _numbers(query: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in {"partitions", "replication"}:
            raise ConfigError(f"log URL kafka://…?{key}=…: no such setting; use partitions or replication")
        if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 1000:
            raise ConfigError(f"log URL kafka://…?{key}={value}: give a number from 1 to 1000")
        found[key] = int(value)
    return found


def is_topic(name: str) -> bool:
    """Return whether Kafka takes `name` for (a part of) a topic."""
    return (
        0 < len(name) <= 200
        and name not in {".", ".."}
        and all(c.isascii() and (c.isalnum() or c in "._-") for c in name)
    )


def client_settings(options: KafkaOptions, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what every client is made with. Raises ConfigError for a faulty variable."""
    security = variable("KIRKUK_LOG_SECURITY", environ) or "plaintext"
    if security not in {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"}:
        raise ConfigError(f"KIRKUK_LOG_SECURITY: {security!r}; use plaintext, ssl, sasl_plaintext or sasl_ssl")
    settings: dict[str, Any] = {
        "bootstrap_servers": list(options.bootstrap),
        "client_id": "kirkuk",
        "security_protocol": security.upper(),
        "request_timeout_ms": int(_REQUEST_S * 1000),
        "bootstrap_timeout_ms": int(_CONNECT_S * 1000),
        "reconnect_backoff_max_ms": int(_RECONNECT_S * 1000),
        "receive_message_max_bytes": 4 * MAX_REQUEST_BYTES + _FETCH_BYTES,
    }
    if "ssl" in security:
        settings |= _files(environ)
    if "sasl" in security:
        settings |= _sasl(environ)
    return settings


def _files(environ: Mapping[str, str] | None) -> dict[str, Any]:
    names = {
        "ssl_cafile": "KIRKUK_LOG_CA_CERTS",
        "ssl_certfile": "KIRKUK_LOG_CERT_FILE",
        "ssl_keyfile": "KIRKUK_LOG_KEY_FILE",
    }
    found = {}
    for key, name in names.items():
        if path := variable(name, environ):
            if not os.access(path, os.R_OK):
                raise ConfigError(f"{name}: {path} can't be read; name a PEM file")
            found[key] = path
    return found


def _sasl(environ: Mapping[str, str] | None) -> dict[str, Any]:
    mechanism = variable("KIRKUK_LOG_SASL_MECHANISM", environ) or "SCRAM-SHA-512"
    user, password = variable("KIRKUK_LOG_USERNAME", environ), variable("KIRKUK_LOG_PASSWORD", environ)
    if mechanism not in {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}:
        raise ConfigError(f"KIRKUK_LOG_SASL_MECHANISM: {mechanism!r}; use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
    if not user or not password:
        raise ConfigError("KIRKUK_LOG_SECURITY asks for SASL: set KIRKUK_LOG_USERNAME and KIRKUK_LOG_PASSWORD")
    return {"sasl_mechanism": mechanism, "sasl_plain_username": user, "sasl_plain_password": password}


def consumer_settings(options: KafkaOptions) -> dict[str, Any]:
    """Return what every reader is made with: no group, nothing committed, committed transactions only."""
    return client_settings(options) | {
        "group_id": None,
        "enable_auto_commit": False,
        "isolation_level": "read_committed",
        "auto_offset_reset": "none",
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
        "max_partition_fetch_bytes": _FETCH_BYTES,
        "fetch_max_wait_ms": _HELD_MS,
    }


def producer_settings(
    options: KafkaOptions, transactional_id: str, transaction_s: float = TRANSACTION_S
) -> dict[str, Any]:
    """Return what every writer is made with: idempotent, in transactions, acknowledged by all replicas in sync."""
    return client_settings(options) | {
        "transactional_id": transactional_id,
        "transaction_timeout_ms": int(transaction_s * 1000),
        "delivery_timeout_ms": max(int(transaction_s * 1000), int(_REQUEST_S * 1000) + 1000),
        "max_block_ms": int(_REQUEST_S * 1000),
        "acks": "all",
        "enable_idempotence": True,
        "compression_type": COMPRESSION,
        "batch_size": 512 * 1024,
        "linger_ms": 5,
        "max_request_size": MAX_REQUEST_BYTES,
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }


class _Refusals(logging.Handler):
    """Notes that a broker hung up on this client: kafka-python tells it to its logger alone, and goes on trying."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen = False

    def emit(self, record: logging.LogRecord) -> None:
        """Look for what a client sees of a wrong password, mechanism, protocol or certificate."""
        text = record.getMessage()
        signs = ("SaslAuthenticationFailed", "SaslHandshake failed", "CERTIFICATE_VERIFY_FAILED", "socket disconnected")
        self.seen = self.seen or any(sign in text for sign in signs)


class _Demoted(logging.Handler):
    """Hands the driver's lines on as debug lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line again; none of logging in, which hold the password as bytes, where no mask knows it."""
        if "sasl" in record.getMessage().lower():
            return
        _driver_logger.debug("%s: %s", record.name, record.getMessage(), exc_info=record.exc_info)


def hush_driver() -> None:
    """Keep what kafka-python logs (stack traces, every second, while a broker is away) from being shown as errors: what
    matters of it is raised or told by us. An application that set up the logger `kafka` itself is left alone.
    """
    logger = logging.getLogger("kafka")
    if logger.propagate and logger.level == logging.NOTSET and not logger.handlers:
        logger.propagate = False
        logger.addHandler(_Demoted())


@contextmanager
def faults(options: KafkaOptions) -> Iterator[None]:
    """Turn what a cluster or a network can cause into LogError with a remedy; let programming errors escape."""
    from kafka import errors

    refusal = _Refusals()
    logger = logging.getLogger("kafka")
    logger.addHandler(refusal)
    try:
        yield
    except errors.KafkaError as error:
        cause = _cause(error)
        if isinstance(cause, errors.MessageSizeTooLargeError | errors.RecordListTooLargeError):
            raise RecordTooLargeError(
                f"{options.name}: a record is larger than the topic takes: "
                f"raise the topic's max.message.bytes to {MAX_REQUEST_BYTES} (`kirkuk setup` does)"
            ) from cause
        if isinstance(cause, errors.AuthorizationError):
            raise LogError(
                f"{options.name}: this user may not do that ({type(cause).__name__}): grant the rights in the runbook"
            ) from cause
        raise LogError(f"{options.name}: {_said(cause, refused=refusal.seen)}") from cause
    finally:
        logger.removeHandler(refusal)


def _cause(error: Exception) -> Exception:
    """Return what a transaction failed of: later calls of it fail with that in their arguments."""
    from kafka import errors

    inner = next((each for each in error.args if isinstance(each, errors.KafkaError)), None)
    return error if inner is None else _cause(inner)


def _said(error: Exception, *, refused: bool) -> str:
    text = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
    found = f"it can't be reached or failed ({text}): check the address and the broker"
    if refused and "bootstrap" in text:
        return (
            f"{found}, and as it hangs up on this client KIRKUK_LOG_SECURITY, _SASL_MECHANISM, _USERNAME, _PASSWORD "
            "and _CA_CERTS"
        )
    return found


def is_final(error: BaseException) -> bool:
    """Return whether trying again can't help."""
    from kafka import errors

    return isinstance(
        error,
        errors.AuthorizationError
        | errors.MessageSizeTooLargeError
        | errors.RecordListTooLargeError
        | errors.UnsupportedVersionError
        | errors.InvalidTopicError
        | errors.PolicyViolationError
        | errors.KafkaConfigurationError
        | errors.SaslAuthenticationFailedError,
    )
