"""A stand-in for Kibana's HTTP API: there is no Kibana to be had as a package. It is strict where Kibana is.

It keeps objects and rules in memory, refuses requests without `kbn-xsrf` or without the right credentials, reads the
multipart form by the boundary, and answers in the shapes that Kibana documents. `refuse` makes it refuse single objects
or rules; `instead` answers everything with one fixed answer.
"""

import json
import ssl
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self


class FakeKibana:
    """One server on a free port of the loopback address, from `with` to its end."""

    def __init__(self, *, authorization: str | None = None, base: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.scheme = "http" if tls is None else "https"
        self.authorization = authorization
        self.base = base
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.rules: dict[str, dict[str, Any]] = {}
        self.refuse: dict[str, dict[str, Any]] = {}
        self.forget: set[str] = set()
        self.instead: tuple[int, dict[str, str], bytes] | None = None
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        handler = type("Handler", (_Handler,), {"kibana": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._server.server_port}{self.base}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def import_file(self, text: str) -> dict[str, Any]:
        """Take an export; what `refuse` names by id fails with the error that stands there."""
        done, errors = [], []
        for line in text.splitlines():
            one = json.loads(line)
            key = (one["type"], one["id"])
            if one["id"] in self.refuse:
                errors.append({"type": key[0], "id": key[1], "meta": {}, "error": self.refuse[one["id"]]})
            elif one["id"] not in self.forget:
                over = {"overwrite": True} if key in self.objects else {}
                done.append({"type": key[0], "id": key[1], "meta": {"title": one["attributes"]["title"]}, **over})
                self.objects[key] = one
        answer: dict[str, Any] = {"success": not errors, "successCount": len(done), "warnings": []}
        return answer | ({"successResults": done} if done else {}) | ({"errors": errors} if errors else {})


class _Handler(BaseHTTPRequestHandler):
    kibana: ClassVar[FakeKibana]

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def _handle(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.kibana.requests.append((method, self.path))
        self.kibana.headers.append(dict(self.headers))
        if self.kibana.instead is not None:
            status, headers, answer = self.kibana.instead
            self._send(status, answer, headers)
        elif self.kibana.authorization not in {None, self.headers.get("Authorization")}:
            self._json(401, {"statusCode": 401, "error": "Unauthorized", "message": "unable to authenticate user"})
        elif method != "GET" and not self.headers.get("kbn-xsrf"):
            self._json(400, {"statusCode": 400, "error": "Bad Request", "message": "no kbn-xsrf header"})
        elif (method, self.path) == ("POST", f"{self.kibana.base}/api/saved_objects/_import?overwrite=true"):
            self._json(200, self.kibana.import_file(self._form_file(body)))
        elif self.path.startswith(f"{self.kibana.base}/api/alerting/rule/"):
            self._rule(method, self.path.rpartition("/")[2], body)
        else:
            self._json(404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"})

    def _form_file(self, body: bytes) -> str:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        (part,) = BytesParser().parsebytes(head + body).get_payload()
        assert part.get_param("name", header="Content-Disposition") == "file"
        assert part.get_filename().endswith(".ndjson")
        return part.get_payload(decode=True).decode()

    def _rule(self, method: str, rule_id: str, body: bytes) -> None:
        rules = self.kibana.rules
        if method == "GET":
            known = rules.get(rule_id)
            self._json(200, known) if known else self._json(
                404, {"message": f"Saved object [alert/{rule_id}] not found"}
            )
            return
        sent = json.loads(body)
        if refused := self.kibana.refuse.get(sent["name"]):
            self._json(refused["statusCode"], refused)
            return
        wanted = {"actions", "name", "params", "schedule", "tags"}
        more = {"consumer", "enabled", "rule_type_id"} if method == "POST" else {"notify_when", "throttle"}
        # An action comes back with more than may be sent.
        if not wanted <= set(sent) <= wanted | more or any("connector_type_id" in one for one in sent["actions"]):
            self._json(400, {"message": f"[request body]: {sorted(sent)}"})
            return
        # An update keeps what it can't change, and all else is as it says.
        kept = {name: value for name, value in rules.get(rule_id, {}).items() if name not in wanted | more}
        actions = [{**action, "connector_type_id": ".email"} for action in sent["actions"]]
        rules[rule_id] = {**kept, **sent, "id": rule_id, "actions": actions}
        self._json(200, rules[rule_id])

    def _json(self, status: int, value: Any) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, answer: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
