"""Ports, trouble while starting, and the servers for work by hand."""

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import artifacts
import pytest
import server_ports
from prism_server import PrismServer
from server_base import ServerError
from server_fixtures import fetched

pytestmark = pytest.mark.nightly


def test_no_two_hold_one_port():
    """A reserved port is not given out again, though nobody listens on it yet; released, it can be had again."""
    first = server_ports.reserve()
    second = server_ports.reserve(first.number)
    assert second.number != first.number
    number = first.number
    first.release()
    again = server_ports.reserve(number)
    assert again.number == number
    for port in (second, again):
        port.release()


def test_a_port_that_is_in_use_is_passed_over():
    """The preferred port is taken only when nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        port = server_ports.reserve(number)
        assert port.number != number
        port.release()


def test_ports_are_none_that_the_system_hands_out():
    """A client that retries while the server is away must not be given the server's port as its own end."""
    port = server_ports.reserve()
    assert server_ports.LOWEST <= port.number < server_ports._handed_out_from()
    port.release()


@pytest.mark.servers("prism")
def test_a_server_that_can_not_start_says_why(tmp_path):
    """When its port is taken by another, `start` fails with the end of the log and leaves nothing running."""
    server = PrismServer(tmp_path / "prism", fetched("prism"))
    with server, socket.socket() as taken:
        taken.bind(("127.0.0.1", server.ports[0]))
        taken.listen()
        with pytest.raises(ServerError, match="address already in use"):
            server.start()
        assert not server.running


def test_a_running_server_is_not_started_twice(prism_server):
    """A second start would write over what the first one uses."""
    with pytest.raises(ServerError, match="running already"):
        prism_server.start()


@pytest.mark.servers("prism")
def test_services_run_until_they_are_told_to_end(tmp_path):
    """They tell their addresses; a second call on the same folder is refused; SIGTERM ends them."""
    fetched("prism")
    services = Path(artifacts.__file__).with_name("services.py")
    command = [sys.executable, str(services), "prism", "--data", str(tmp_path / "data")]
    quiet = {"stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, stdout=subprocess.PIPE, **quiet) as running:
        told = [running.stdout.readline() for _ in range(2)]
        assert "--job_endpoint=127.0.0.1:" in told[0]
        page = told[1].split()[-1]
        assert urllib.request.urlopen(page, timeout=10).status == 200
        assert subprocess.run(command, timeout=60, stdout=subprocess.DEVNULL, **quiet).returncode == 1
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) == 0
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(page, timeout=10)
