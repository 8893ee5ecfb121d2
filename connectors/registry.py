"""Backends by URL. Imports are lazy: a driver is loaded only when its URL is used.

Logs: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`, `kafka://host:9092/prefix`, `memory://name`.
Indexes: `sqlite:///…`, `http[s]://host:9200/prefix`, `memory://name`.
"""

from urllib.parse import unquote, urlsplit

from connectors.ports import EventLog, Index
from schemas.errors import ConfigError


def sqlite_path(url: str) -> str:
    """Return the file path in a sqlite URL: three slashes are relative, four are absolute."""
    path = unquote(urlsplit(url).path)[1:]
    if not path:
        raise ConfigError(f"{url}: no file named; write sqlite:///data/log.db")
    return path


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
    raise ConfigError(
        f"log URL {scheme}://…: unknown scheme; use sqlite:///path, kafka://host:9092/prefix or memory://x"
    )


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
    raise ConfigError(f"index URL {scheme}://…: unknown scheme; use sqlite:///path, http://host:9200 or memory://name")
