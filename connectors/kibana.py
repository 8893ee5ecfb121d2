"""Kibana over HTTP: saved objects in, alerting rules in, and what Kibana says became of each.

Credentials come from the environment (`connectors.access`), never from the URL. Nothing is followed or trusted: a
redirect is refused, for it would carry the credentials on, and an answer is believed only when it is JSON of the shape
that Kibana documents, because proxies and login pages answer 200 too.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import aiohttp
from yarl import URL

from connectors.access import variable
from schemas.errors import ConfigError, KirkukError

Json = dict[str, Any]
Result = Literal["created", "overwritten", "updated", "refused"]

_TIMEOUT_S: Final = 120.0
"""An import of some dozens of objects takes seconds; a Kibana that has just started can need a minute more."""
_CONNECT_TIMEOUT_S: Final = 10.0
_MAX_ANSWER_BYTES: Final = 8 * 2**20
_MAX_REASON: Final = 300
_IMPORT: Final = "api/saved_objects/_import"
_RULE: Final = "api/alerting/rule"
_UPDATED: Final = ("name", "params", "schedule", "tags")
"""What an update of a rule takes of the body that created it."""
_ACTION: Final = ("alerts_filter", "frequency", "group", "id", "params", "use_alert_data_for_template", "uuid")
"""What an update takes of an action; what Kibana tells of it beyond this, it refuses to be told."""


class KibanaError(KirkukError):
    """Kibana can't be reached, refuses all work, or what answers is no Kibana."""


class Outcome(NamedTuple):
    """What became of one object or rule; `reason` says why it was refused, or what else Kibana remarks."""

    kind: str
    id: str
    title: str
    result: Result
    reason: str = ""


class _Answer(NamedTuple):
    status: int
    body: Any
    """The JSON of the answer, None when it has none."""


class Kibana:
    """One Kibana, or one space of it: `url` is its address with base path and `/s/<space>`, where it has them.

    Raises ConfigError when the URL or the credentials in the environment can't be used.
    """

    def __init__(self, url: str, environ: Mapping[str, str] | None = None, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._url = _checked_url(url)
        self._secrets, self._authorization = _credentials(environ)
        self._tls = _trusted(variable("KIRKUK_KIBANA_CA_CERTS", environ))
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=_CONNECT_TIMEOUT_S)

    def import_objects(self, objects: Sequence[Json]) -> list[Outcome]:
        """Import saved objects, those that exist are overwritten; return what became of each, in their order.

        Raises KibanaError when nothing is known to have been imported; importing again is always safe.
        """
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
        form = aiohttp.FormData()
        form.add_field("file", lines.encode(), filename="kirkuk.ndjson", content_type="application/ndjson")
        answer = self._ask("POST", f"{_IMPORT}?overwrite=true", form)
        if (
            answer.status != 200
            or not isinstance(answer.body, dict)
            or not isinstance(answer.body.get("success"), bool)
        ):
            raise KibanaError(self._explain(answer))
        return self._import_outcomes(objects, answer.body)

    def put_rule(self, rule: Json) -> Outcome:
        """Create an alerting rule (key, id and body), or bring it up to date and keep its actions and whether it runs.

        Raises KibanaError when Kibana takes no work at all.
        """
        name = rule["body"]["name"]
        path = f"{_RULE}/{rule['id']}"
        before = self._ask("GET", path)
        result: Result = "created"
        if before.status == 404:
            answer = self._ask("POST", path, rule["body"])
        elif before.status == 200 and isinstance(before.body, dict):
            answer, result = self._ask("PUT", path, _update(rule["body"], before.body)), "updated"
        else:
            answer = before
        if isinstance(answer.body, dict) and answer.status == 200 and answer.body.get("id") == rule["id"]:
            return Outcome("rule", rule["id"], name, result)
        return Outcome("rule", rule["id"], name, "refused", self._explain(answer))

    def _ask(self, method: str, path: str, body: Any = None) -> _Answer:
        """Ask Kibana. Raises KibanaError when it can't be reached or does not let us in."""
        answer = asyncio.run(self._exchange(method, path, body))
        if answer.status == 401 or 300 <= answer.status < 400:
            raise KibanaError(self._explain(answer))
        return answer

    async def _exchange(self, method: str, path: str, body: Any) -> _Answer:
        # Kibana refuses whatever changes something without the first header: no web page can forge it.
        headers = {"kbn-xsrf": "kirkuk", "Accept": "application/json", **self._authorization}
        sent = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        url = URL(f"{self._url}/{path}")
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.request(method, url, headers=headers, ssl=self._tls, allow_redirects=False, **sent) as response,
            ):
                return _Answer(response.status, await _body(response))
        except aiohttp.ClientSSLError as error:
            raise KibanaError(
                f"{self._url}: its certificate is not trusted; name its authority in KIRKUK_KIBANA_CA_CERTS"
            ) from error
        except TimeoutError as error:
            raise KibanaError(f"{self._url}: no answer in time; is it Kibana's address, and has it started?") from error
        except (aiohttp.ClientError, OSError) as error:
            why = self._shown(getattr(error, "strerror", None) or str(error) or type(error).__name__)
            raise KibanaError(f"{self._url}: can't be reached: {why}") from error

    def _import_outcomes(self, objects: Sequence[Json], body: Json) -> list[Outcome]:
        done = {_key(one): one for one in _listed(body, "successResults")}
        failed = {_key(one): one for one in _listed(body, "errors")}
        outcomes = []
        for one in objects:
            kind, name = key = _key(one)
            title = str(one["attributes"].get("name", one["attributes"].get("title")))
            if key in failed:
                outcomes.append(Outcome(kind, name, title, "refused", self._shown(_import_reason(failed[key]))))
            elif key in done:
                elsewhere = done[key].get("destinationId")
                note = f"as {self._shown(str(elsewhere))}: another space has its id" if elsewhere else ""
                outcomes.append(
                    Outcome(kind, name, title, "overwritten" if done[key].get("overwrite") else "created", note)
                )
            else:
                outcomes.append(Outcome(kind, name, title, "refused", "Kibana does not say what became of it"))
        return outcomes

    def _explain(self, answer: _Answer) -> str:
        """Say what an answer that is no success means, and what to do."""
        said = answer.body.get("message") if isinstance(answer.body, dict) else None
        if answer.status == 401:
            known = "does not accept the credentials" if self._secrets else "asks for credentials"
            meaning = f"{known}; set KIRKUK_KIBANA_API_KEY, or KIRKUK_KIBANA_USERNAME and KIRKUK_KIBANA_PASSWORD"
        elif 300 <= answer.status < 400:
            meaning = "sends us to another address, and credentials are not carried on; name Kibana's own address"
        elif answer.status in _MEANINGS:
            meaning = _MEANINGS[answer.status]
        elif answer.status == 200 or answer.body is None:
            meaning = "answers, but not as Kibana does; name Kibana's own address, with its base path if it has one"
        else:
            meaning = "refuses"
        detail = f": {self._shown(str(said))}" if said else ""
        return f"{self._url} (status {answer.status}) {meaning}{detail}"

    def _shown(self, text: str) -> str:
        """Make foreign text fit for a message: one line, short, without our secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
        return text if len(text) <= _MAX_REASON else text[:_MAX_REASON] + "…"


_MEANINGS: Final[Mapping[int, str]] = {
    403: "does not let this user do that; the privileges it needs are in docs/runbook.md",
    404: "has no such thing; name Kibana's own address, with its base path and space if it has them",
    409: "has this id already, perhaps in another space",
    413: "takes no file of this size (savedObjects.maxImportPayloadBytes)",
    429: "is busy; run it again later",
    502: "is not ready; run it again later",
    503: "is not ready; run it again later",
}


def _checked_url(url: str) -> str:
    try:
        parts = URL(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.host)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError("--kibana: no address; write https://kibana.example:5601, with base path or /s/<space>")
    if parts.user is not None or parts.password is not None or parts.query_string or parts.fragment:
        raise ConfigError("--kibana: an address alone; credentials belong in KIRKUK_KIBANA_... in the environment")
    return str(parts).rstrip("/")


def _credentials(environ: Mapping[str, str] | None) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the secrets, to keep them out of messages, and the header that they make."""
    key = variable("KIRKUK_KIBANA_API_KEY", environ)
    user, password = variable("KIRKUK_KIBANA_USERNAME", environ), variable("KIRKUK_KIBANA_PASSWORD", environ)
    if key and (user or password):
        raise ConfigError("KIRKUK_KIBANA_API_KEY and KIRKUK_KIBANA_USERNAME are both set; keep one of them")
    if bool(user) != bool(password):
        raise ConfigError("KIRKUK_KIBANA_USERNAME and KIRKUK_KIBANA_PASSWORD belong together; set both")
    if key:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigError("KIRKUK_KIBANA_API_KEY is no API key: it is one word of letters, digits, '+', '/', '='")
        return (key,), {"Authorization": f"ApiKey {key}"}
    if user:
        header = aiohttp.encode_basic_auth(user, password, encoding="utf-8")
        return (password, header.partition(" ")[2]), {"Authorization": header}
    return (), {}


def _trusted(authorities: str) -> ssl.SSLContext | Literal[True]:
    if not authorities:
        return True
    try:
        return ssl.create_default_context(cafile=authorities)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"KIRKUK_KIBANA_CA_CERTS: {authorities} can't be used: {error.strerror or error}") from error


async def _body(response: aiohttp.ClientResponse) -> Any:
    """Return the JSON of an answer, None when it has none or is too long to be one of Kibana's."""
    read = b""
    async for piece in response.content.iter_chunked(64 * 1024):
        read += piece
        if len(read) > _MAX_ANSWER_BYTES:
            return None
    try:
        return json.loads(read)
    except (ValueError, RecursionError):
        return None


def _key(one: Mapping[str, Any]) -> tuple[str, str]:
    return str(one.get("type")), str(one.get("id"))


def _listed(body: Json, name: str) -> list[Json]:
    listed = body.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _import_reason(failed: Json) -> str:
    """Say why an import refused an object: Kibana names a kind of error, and adds what fits it."""
    error = failed.get("error")
    if not isinstance(error, dict):
        return "no reason given"
    missing = ", ".join(f"{one.get('type')} {one.get('id')}" for one in _listed(error, "references"))
    return ": ".join(str(part) for part in (error.get("type"), error.get("message"), missing) if part)


def _update(body: Json, before: Json) -> Json:
    """Return the update of a rule: our definition, with the actions that somebody chose in Kibana."""
    actions = [{name: one[name] for name in _ACTION if name in one} for one in _listed(before, "actions")]
    throttled = {name: before[name] for name in ("notify_when", "throttle") if before.get(name) is not None}
    return {**{name: body[name] for name in _UPDATED}, **throttled, "actions": actions}
