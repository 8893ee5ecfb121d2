"""A process that is asked to stop does not wait for a search server that is away."""

import threading
import time

import pytest

from connectors import waiting
from connectors.elastic_index import ElasticIndex
from connectors.elastic_options import parse_elastic_url
from schemas.errors import IndexUnavailableError
from tests.contracts.index_play import LIVE, document


def test_a_write_ends_when_the_process_is_to_stop(monkeypatch):
    """Not after the two minutes that it would wait otherwise. Port 1 is nobody's."""
    monkeypatch.setattr(waiting, "_GIVEN_UP", threading.Event())
    index = ElasticIndex(parse_elastic_url("http://127.0.0.1:1/stopping"))
    threading.Timer(1, waiting.give_up).start()
    began = time.monotonic()
    with pytest.raises(IndexUnavailableError):
        index.upsert(LIVE, [document("a")])
    assert 0.5 < time.monotonic() - began < 10
    index.close()
