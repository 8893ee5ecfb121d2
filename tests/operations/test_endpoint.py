"""The metrics endpoint and the hostile world: what is asked wrongly, slowly or much harms nobody else."""

import contextlib
import logging
import socket
import time
from http import HTTPStatus

import msgspec
import pytest

from connectors.ports import SystemClock
from desk import metrics_server
from desk.metrics_server import Answer, MetricsServer
from desk.operation_options import MetricsOptions, split_address
from desk.operations import own_view, serving
from desk.settings import load_settings
from schemas.errors import ConfigError
from tests.operations.scrape import get, get_json, raw


def broken():
    raise RuntimeError("a fault")


@pytest.fixture
def address():
    """A server with two routes, one of which fails."""
    routes = {b"/metrics": lambda: Answer(HTTPStatus.OK, "text/plain", b"x 1\n" * 1000), b"/broken": broken}
    server = MetricsServer(("127.0.0.1", 0), routes).start()
    yield server.address
    server.close()


def test_only_what_is_served_is_answered(address):
    """The exact path, with or without a query, by GET or HEAD; everything else is refused with the fitting status."""
    assert get(address, "/metrics")[::2] == (200, b"x 1\n" * 1000)
    assert get(address, "/metrics?name=x")[0] == 200
    status, headers, body = get(address, "/metrics", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "4000", b"")
    for path in ("/", "/metrics/", "/METRICS", "/../metrics", "/%2e%2e/etc/passwd", "/health/../metrics"):
        assert get(address, path)[0] == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        status, headers, _ = get(address, "/metrics", method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_a_body_is_never_read(address):
    """A POST of megabytes is refused at its head, and the answer arrives."""
    head = b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"
    assert raw(address, head + b"x" * 30_000).startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize(
    "request_bytes,status",
    [
        (b"GET /metrics HTTP/1.1\r\n" + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n", b"431"),
        (b"GET /metrics HTTP/1.1\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 100_000, b"431"),
        (b"GET /metrics\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", b"400"),
        (b"GET  /metrics HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/2.0\r\n\r\n", b"400"),
        (b"GET /\xff\xfe\x00\n HTTP/1.1\r\n\r\n", b"404"),
    ],
)
def test_nonsense_is_refused_by_its_status(address, request_bytes, status):
    """Heads without end, broken request lines, TLS hellos and other bytes get a 4xx, and the next client its answer."""
    received = raw(address, request_bytes)
    assert received.startswith(b"HTTP/1.1 " + status), received[:100]
    assert get(address, "/metrics")[0] == 200


def test_a_fault_behind_a_route_is_a_500_without_its_text(address):
    """What went wrong is for the log, and not for whoever asks."""
    status, _, body = get(address, "/broken")
    assert (status, b"fault" in body) == (500, False)


def test_who_sends_slowly_is_cut_off_and_holds_up_nobody(address, monkeypatch):
    """A head that comes a byte at a time ends after the whole time for a connection; others are served meanwhile."""
    monkeypatch.setattr(metrics_server, "_WHOLE_TIME_S", 0.6)
    began = time.monotonic()
    with socket.create_connection(address, timeout=5) as slow:
        for letter in b"GET /metrics":
            slow.sendall(bytes([letter]))
        assert get(address, "/metrics")[0] == 200
        with contextlib.suppress(ConnectionResetError):
            assert slow.recv(100) == b""
    assert 0.4 < time.monotonic() - began < 3


def test_many_who_say_nothing_block_the_rest_for_seconds_at_most(address, monkeypatch):
    """Connections beyond the most that are served are closed at once; when the silent ones are cut off all goes on."""
    monkeypatch.setattr(metrics_server, "_WHOLE_TIME_S", 1.0)
    silent = [socket.create_connection(address, timeout=5) for _ in range(metrics_server._MOST_CONNECTIONS)]
    time.sleep(0.2)
    assert raw(address, b"GET /metrics HTTP/1.1\r\n\r\n") == b""
    time.sleep(2)
    assert get(address, "/metrics")[0] == 200
    for connection in silent:
        connection.close()


def test_who_does_not_read_the_answer_is_cut_off(monkeypatch):
    """A large answer that nobody takes is not kept for ever."""
    monkeypatch.setattr(metrics_server, "_WHOLE_TIME_S", 0.5)
    routes = {b"/large": lambda: Answer(HTTPStatus.OK, "text/plain", b"x" * 50_000_000)}
    server = MetricsServer(("127.0.0.1", 0), routes).start()
    try:
        with socket.create_connection(server.address, timeout=5) as lazy:
            lazy.sendall(b"GET /large HTTP/1.1\r\n\r\n")
            time.sleep(0.2)
            assert server._open == 1
            deadline = time.monotonic() + 5
            while server._open and time.monotonic() < deadline:
                time.sleep(0.05)
            assert server._open == 0
    finally:
        server.close()


def test_the_address_is_free_again_after_the_end():
    """A stage that starts again gets its port."""
    server = MetricsServer(("127.0.0.1", 0), {}).start()
    server.close()
    MetricsServer(server.address, {}).start().close()


def test_a_taken_port_is_told_with_the_setting_and_the_work_goes_on(tmp_path, caplog):
    """No metrics are better than no news."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = msgspec.structs.replace(
            load_settings(data=tmp_path, environ={}), metrics=MetricsOptions(listen=listen)
        )
        with caplog.at_level(logging.WARNING), serving(settings, list, SystemClock()) as server:
            assert server is None
    assert "metrics.listen" in caplog.text
    assert "KIRKUK_METRICS_LISTEN" in caplog.text


def test_a_stage_alone_serves_itself(tmp_path):
    """A stage that runs by itself has metrics and health at the address of the settings; where nothing is, it is alive
    and not ready.
    """
    settings = load_settings(data=tmp_path, environ={"KIRKUK_METRICS_LISTEN": "127.0.0.1:0"})
    with serving(settings, own_view("match"), SystemClock(), every_s=0.1) as server:
        assert b'kirkuk_stage_up{stage="match"} 1.0' in get(server.address, "/metrics")[2]
        assert get_json(server.address, "/health/live")[0] == 200
        time.sleep(0.5)
        status, document = get_json(server.address, "/health/ready")
    assert (status, document["status"]) == (503, "failed")
    states = {check["check"]: check for check in document["checks"]}
    assert states["log"]["state"] == "failed"
    assert states["log"]["remedy"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("listen", ["", "127.0.0.1:9464", "0.0.0.0:1", "[::1]:9464", "metrics.example:9464"])
def test_addresses_that_are_understood(listen):
    """Host and port, IPv6 in brackets, or nothing."""
    assert MetricsOptions(listen=listen).listen == listen
    if listen:
        assert split_address(listen)[1] in {9464, 1}


@pytest.mark.parametrize(
    "listen", ["9464", "localhost", ":9464", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x", "h:٣"]
)
def test_an_address_that_is_none_is_refused_with_its_key(tmp_path, listen):
    """The message names the variable and shows how to write it."""
    with pytest.raises(ConfigError, match=r"KIRKUK_METRICS_LISTEN.*metrics\.listen.*127\.0\.0\.1:9464"):
        load_settings(data=tmp_path, environ={"KIRKUK_METRICS_LISTEN": listen})


def test_nothing_is_served_where_the_settings_say_so(tmp_path):
    """An empty address turns the endpoint off."""
    settings = load_settings(data=tmp_path, environ={"KIRKUK_METRICS_LISTEN": ""})
    with serving(settings, list, SystemClock()) as server:
        assert server is None
