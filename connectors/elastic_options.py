"""Which Elasticsearch an index is on and how it is spoken to: the URL, the environment, the errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from connectors.access import variable
from schemas.errors import ConfigError, IndexUnavailableError

DEFAULT_PREFIX: Final = "kirkuk"
REQUEST_S: Final = 60.0
"""A bulk request of a busy node may take this long; a search that does is given up as well."""
_PREFIX_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class ElasticOptions(msgspec.Struct, frozen=True, kw_only=True):
    """An index on a cluster. Indices are `prefix-kind-generation`, aliases of the live generation `prefix-kind`."""

    server: str
    prefix: str = DEFAULT_PREFIX

    @property
    def name(self) -> str:
        """The index's address as messages show it."""
        return f"{self.server}/{self.prefix}"


def parse_elastic_url(url: str) -> ElasticOptions:
    """Read `http[s]://host:9200[/prefix]`. Raises ConfigError."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ConfigError(
            f"index URL {parts.scheme}://…: it holds a user or password; put them into KIRKUK_INDEX_USERNAME and "
            "KIRKUK_INDEX_PASSWORD, or an API key into KIRKUK_INDEX_API_KEY, in the environment"
        )
    try:
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 9200)
    except ValueError as error:
        raise ConfigError(f"index URL {parts.scheme}://…: its port is no number") from error
    prefix = parts.path.strip("/") or DEFAULT_PREFIX
    if not host or parts.query or parts.fragment:
        raise ConfigError(f"index URL {parts.scheme}://…: write {parts.scheme}://host:9200/prefix")
    if not set(prefix) <= _PREFIX_CHARS or prefix[0] in "-_." or len(prefix) > 100:
        raise ConfigError(f"index URL …/{prefix:.40}: a prefix is made of small letters, digits, - _ and .")
    return ElasticOptions(server=f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}", prefix=prefix)


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
        settings["ca_certs"] = authorities
    return settings


@contextmanager
def faults(options: ElasticOptions) -> Iterator[None]:
    """Turn what a server or a network can cause into IndexUnavailableError with a remedy."""
    from elasticsearch import ApiError, TransportError, UnsupportedProductError

    try:
        yield
    except ApiError as error:
        raise IndexUnavailableError(f"{options.name}: {_remedy(error.status_code, reason(error.body))}") from error
    except TransportError as error:
        raise IndexUnavailableError(
            f"{options.name}: it can't be reached ({type(error).__name__}): check the address and the server, "
            "and for https KIRKUK_INDEX_CA_CERTS"
        ) from error
    except UnsupportedProductError as error:
        raise IndexUnavailableError(f"{options.name}: what answers there is no Elasticsearch: check the URL") from error


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
