"""Asks a metrics endpoint over real HTTP, and reads the page as Prometheus does."""

import http.client
import json
import socket

from prometheus_client.parser import text_string_to_metric_families


def get(address, path, method="GET", body=None):
    """Return status, headers and body."""
    connection = http.client.HTTPConnection(*address, timeout=10)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def get_json(address, path):
    """Return status and document."""
    status, _, body = get(address, path)
    return status, json.loads(body)


def samples(page):
    """Return {(name, sorted labels): value} of a page."""
    families = text_string_to_metric_families(page.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


class Numbers:
    """The samples of one scrape."""

    def __init__(self, address):
        status, headers, page = get(address, "/metrics")
        assert status == 200
        assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
        self.samples = samples(page)

    def __call__(self, name, /, **labels):
        return self.samples[name, tuple(sorted(labels.items()))]

    def total(self, name, /, **labels):
        """Sum a metric over the labels that are not named."""
        return sum(
            value for (found, at), value in self.samples.items() if found == name and labels.items() <= dict(at).items()
        )


def raw(address, data, *, timeout_s=10.0):
    """Send bytes as they are; return what comes back until the server closes."""
    with socket.create_connection(address, timeout=timeout_s) as connection:
        received = b""
        try:
            connection.sendall(data)
            while chunk := connection.recv(65536):
                received += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
        return received
