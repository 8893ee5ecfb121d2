"""Fixtures for all tests."""

from pathlib import Path

import pytest

# The real servers: Kafka, Elasticsearch and Beam's portable runner. See servers/README.md.
pytest_plugins = ["server_fixtures"]


@pytest.fixture(autouse=True)
def log_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of event ids for this test alone, and for the processes that it starts; never the user's own."""
    folder = tmp_path_factory.mktemp("log-state")
    monkeypatch.setenv("KIRKUK_LOG_STATE", str(folder))
    return folder
