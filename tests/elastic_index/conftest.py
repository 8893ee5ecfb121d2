"""An empty index on the search server that all tests share."""

import os

import pytest

from tests.contracts.index_play import emptied


@pytest.fixture
def url(elastic_server):
    """The URL of an index that no other test uses; see `index`."""
    return f"{elastic_server.url}/own{os.getpid()}"


@pytest.fixture
def index(url):
    """An empty index of this test's."""
    yield from emptied(url, patience_s=20)
