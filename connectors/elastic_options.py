"""Which Elasticsearch an index is on and how it is spoken to: the URL, the environment, the errors, the patience."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from connectors.access import variable
from connectors.waiting import pause
from schemas.documents import FIELDS
from schemas.errors import ConfigError, IndexUnavailableError

DEFAULT_PREFIX: Final = "kirkuk"
REQUEST_S: Final = 60.0
"""A bulk request of a busy node may take this long; a search that does is given up as well."""
MAX_SHARDS: Final = 1024
"""What Elasticsearch takes for one index."""
_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_PREFIX_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class ElasticOptions(msgspec.Struct, frozen=True, kw_only=True):
    """An index on a cluster. Indices are `prefix-kind-generation`, aliases of the live generation `prefix-kind`."""

    server: str
    prefix: str = DEFAULT_PREFIX
    shards: int | None = None
    """Shards of each new index; None: what the template says."""

    @property
    def name(self) -> str:
        """The index's address as messages show it."""
        return f"{self.server}/{self.prefix}"


def parse_elastic_url(url: str) -> ElasticOptions:
    """Read `http[s]://host:9200[/prefix][?shards=3]`. Raises ConfigError."""
    scheme = url.partition(":")[0]
    if "@" in url:
        raise ConfigError(
            f"index URL {scheme}://…: it holds a user or password; put them into KIRKUK_INDEX_USERNAME and "
            "KIRKUK_INDEX_PASSWORD, or an API key into KIRKUK_INDEX_API_KEY, in the environment"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if scheme == "https" else 9200)
    except ValueError as error:
        raise ConfigError(f"index URL {scheme}://…: its host or port can't be read") from error
    prefix = parts.path.strip("/") or DEFAULT_PREFIX
    if not host or parts.fragment:
        raise ConfigError(f"index URL {scheme}://…: write {scheme}://host:9200/prefix")
    if not set(prefix) <= _PREFIX_CHARS or prefix[0] in "-_." or len(prefix) > 100:
        raise ConfigError(f"index URL …/{prefix:.40}: a prefix is made of small letters, digits, - _ and .")
    if not FIELDS.keys().isdisjoint(prefix.split("-")):
        # The articles of `kirkuk-articles` would be generations of the articles of `kirkuk`.
        raise ConfigError(f"index URL …/{prefix:.40}: no part of a prefix may be one of {', '.join(FIELDS)}")
    server = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    return ElasticOptions(server=server, prefix=prefix, shards=_shards(parts.query))


def _shards(query: str) -> int | None:
    found = parse_qs(query, keep_blank_values=True)
    for key in found.keys() - {"shards"}:
        raise ConfigError(f"index URL …?{key:.40}=…: no such setting; shards is one")
    if not found:
        return None
    [text] = found["shards"][-1:]
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MAX_SHARDS):
        raise ConfigError(f"index URL …?shards={text:.20}: write a number from 1 to {MAX_SHARDS}")
    return int(text)


def client_settings(options: ElasticOptions, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the client is made with. Raises ConfigError for variables that contradict each other."""
    settings: dict[str, Any] = {"request_timeout": REQUEST_S, "max_retries": 0, "retry_on_timeout": False}
    api_key = variable("KIRKUK_INDEX_API_KEY", environ)
    user, password = variable("KIRKUK_INDEX_USERNAME", environ), variable("KIRKUK_INDEX_PASSWORD", environ)
    if api_key and user:
        raise ConfigError("KIRKUK_INDEX_API_KEY and KIRKUK_INDEX_USERNAME are both set; use one of them")
    if bool(user) != bool(password):
        raise ConfigError("set both KIRKUK_INDEX_USERNAME and KIRKUK_INDEX_PASSWORD, or neither")
    if api_key:
        settings["api_key"] = api_key
    if user:
        settings["basic_auth"] = (user, password)
    authorities = variable("KIRKUK_INDEX_CA_CERTS", environ)
    if authorities:
        if not options.server.startswith("https:"):
            raise ConfigError("KIRKUK_INDEX_CA_CERTS is set, but the index URL begins with http: write https")
        if not Path(authorities).is_file():
            raise ConfigError(f"KIRKUK_INDEX_CA_CERTS: there is no file {authorities}")
        settings["ca_certs"] = authorities
    return settings


class NotNowError(IndexUnavailableError):
    """It may pass without help: the server starts, is busy, or can't be reached."""


@contextmanager
def faults(options: ElasticOptions) -> Iterator[None]:
    """Turn what a server or a network can cause into IndexUnavailableError with a remedy."""
    from elasticsearch import ApiError, ConnectionTimeout, SSLError, TransportError, UnsupportedProductError
    from elasticsearch import ConnectionError as Unreachable

    try:
        yield
    except ApiError as error:
        is_passing = error.status_code == 429 or error.status_code >= 500
        made = NotNowError if is_passing else IndexUnavailableError
        raise made(f"{options.name}: {_remedy(error.status_code, reason(error.body))}") from error
    except TransportError as error:
        is_passing = isinstance(error, Unreachable | ConnectionTimeout) and not isinstance(error, SSLError)
        made = NotNowError if is_passing else IndexUnavailableError
        raise made(
            f"{options.name}: it can't be reached ({type(error).__name__}): check the address and the server, "
            "and for https KIRKUK_INDEX_CA_CERTS"
        ) from error
    except UnsupportedProductError as error:
        raise IndexUnavailableError(f"{options.name}: what answers there is no Elasticsearch: check the URL") from error


def is_too_large(error: IndexUnavailableError) -> bool:
    """Tell whether an error of `faults` says that the request was too large."""
    return getattr(error.__cause__, "status_code", None) == 413


def is_no_index(error: Any) -> bool:
    """Tell whether a 404 is the server's word on an index: a stranger's page says nothing about documents."""
    return bool(error.error == "index_not_found_exception")


class Patience:
    """Pauses between tries, each twice as long as the one before, with jitter so that many workers don't come back at
    once; it ends after `seconds`.
    """

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._pause_s = _PAUSE_S

    def wait(self, cause: IndexUnavailableError) -> None:
        """Wait before the next try. Raises `cause` when there is no time for one, or this process is to stop."""
        rest_s = self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311 (not a secret)
        if time.monotonic() + self._pause_s > self._deadline or not pause(rest_s):
            raise cause
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)


T = TypeVar("T")


def patiently(call: Callable[[], T], seconds: float) -> T:
    """Return what `call` returns, trying again while it raises NotNowError."""
    patience = Patience(seconds)
    while True:
        try:
            return call()
        except NotNowError as error:
            patience.wait(error)


def _remedy(status: int, said: str) -> str:
    match status:
        case 401:
            return "it does not know this client: check KIRKUK_INDEX_API_KEY, or _USERNAME and _PASSWORD"
        case 403 if "block" in said:
            return f"it takes no writes ({said}): free some disk space on the server, or lift the block"
        case 403:
            return f"this client may not do that ({said}): grant the rights in the runbook, or run `kirkuk setup`"
        case _:
            return f"it answered {status}: {said}"


def reason(body: Any, limit: int = 300) -> str:
    """Return what a server said was wrong, in one line."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(error, Mapping):
        return " ".join(str(error).split())[:limit]
    parts = [f"{error.get('type', 'error')}: {error.get('reason', '')}"]
    cause = error.get("caused_by")
    while isinstance(cause, Mapping):
        parts.append(str(cause.get("reason", "")))
        cause = cause.get("caused_by")
    return " ".join("; ".join(part for part in parts if part).split())[:limit]
