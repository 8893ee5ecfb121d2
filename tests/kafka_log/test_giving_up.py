"""A process that is asked to stop does not wait for servers that are away."""

import threading
import time

import pytest

from connectors import waiting
from connectors.elastic_index import ElasticIndex
from connectors.elastic_options import parse_elastic_url
from schemas.errors import IndexUnavailableError, LogError
from tests.contracts.index_play import LIVE, document


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Nothing of this stays for other tests."""
    monkeypatch.setattr(waiting, "_GIVEN_UP", threading.Event())


def test_an_append_ends_within_the_attempt_that_it_is_in(start_kafka, opened, play):
    """Not after the two minutes that it would wait otherwise; the next process appends it."""
    kafka = start_kafka()
    url = f"kafka://{kafka.bootstrap}/stopping"
    log = opened(url)
    log.append(play.appends("a"))
    kafka.kill()
    asked = threading.Timer(3, waiting.give_up)
    asked.start()
    began = time.monotonic()
    with pytest.raises(LogError, match="can't be reached"):
        log.append(play.appends("b"))
    assert 2 < time.monotonic() - began < 30
    kafka.start()
    again = opened(url)
    assert again.append(play.appends("b")) == len(play.appends("b"))


def test_a_write_to_an_index_whose_server_is_away_ends_too():
    """Port 1 is nobody's."""
    index = ElasticIndex(parse_elastic_url("http://127.0.0.1:1/stopping"))
    threading.Timer(1, waiting.give_up).start()
    began = time.monotonic()
    with pytest.raises(IndexUnavailableError):
        index.upsert(LIVE, [document("a")])
    assert time.monotonic() - began < 10
    index.close()
