"""Backends by URL. Imports are lazy: a driver is loaded only when its URL is used.

Logs: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`, `kafka://host:9092/prefix`, `memory://name`.
Indexes: `sqlite:///…`, `http[s]://host:9200/prefix`, `memory://name`.
"""

from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from connectors.ports import EventLog, Index
from schemas.errors import ConfigError

_SCHEMES: Final[Mapping[str, Mapping[str, str]]] = {
    "log": {"sqlite": "sqlite:///path", "kafka": "kafka://host:9092/prefix", "memory": "memory://name"},
    "index": {
        "sqlite": "sqlite:///path",
        "http": "http[s]://host:9200/prefix",
        "https": "http[s]://host:9200/prefix",
        "memory": "memory://name",
    },
}
"""Schemes of each backend, with how a URL of it is written."""


def sqlite_path(url: str) -> str:
    """Return the file path in a sqlite URL: three slashes are relative, four are absolute."""
    path = unquote(urlsplit(url).path)[1:]
    if not path:
        raise ConfigError(f"{url}: no file named; write sqlite:///data/log.db")
    return path


def url_fault(url: str, what: Literal["log", "index"]) -> str:
    """Say what is wrong with the beginning of a URL, "" if nothing; the rest may hold a password and is not shown."""
    scheme, colon, _ = url.partition("://")
    known = _SCHEMES[what]
    if (colon and scheme.lower() in known) or url.lower().startswith("memory:"):
        return ""
    if not colon:
        server = "kafka://" if what == "log" else "http://"
        return f"begins with no scheme; write {server} before a server's address, or sqlite:///path for a file"
    return f"{scheme[:20]}://…: unknown scheme; use {' or '.join(dict.fromkeys(known.values()))}"


def open_log(url: str) -> EventLog:
    """Open an event log. Raises ConfigError for an unknown scheme, LogError when it can't be opened."""
    scheme = url.partition(":")[0].lower()
    if scheme == "sqlite":
        from connectors.sqlite_log import SqliteLog

        return SqliteLog(sqlite_path(url))
    if scheme == "memory":
        from connectors.memory_log import memory_log

        return memory_log(url)
    if scheme == "kafka":
        from connectors.kafka_log import KafkaLog
        from connectors.kafka_options import parse_kafka_url

        return KafkaLog(parse_kafka_url(url))
    raise ConfigError(f"log URL: {url_fault(url, 'log')}")


def open_index(url: str) -> Index:
    """Open an index. Raises ConfigError for an unknown scheme, IndexUnavailableError when it can't be opened."""
    scheme = url.partition(":")[0].lower()
    if scheme == "sqlite":
        from connectors.sqlite_index import SqliteIndex

        return SqliteIndex(sqlite_path(url))
    if scheme == "memory":
        from connectors.memory_index import memory_index

        return memory_index(url)
    if scheme in {"http", "https"}:
        from connectors.elastic_index import ElasticIndex
        from connectors.elastic_options import parse_elastic_url

        return ElasticIndex(parse_elastic_url(url))
    raise ConfigError(f"index URL: {url_fault(url, 'index')}")
