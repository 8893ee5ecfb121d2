"""A process that is asked to stop does not wait for a broker that is away."""

import threading
import time

import pytest

from connectors import waiting
from schemas.errors import LogError


def test_an_append_ends_within_the_attempt_that_it_is_in(start_kafka, opened, play, monkeypatch):
    """Not after the two minutes that it would wait otherwise; the next process appends it."""
    monkeypatch.setattr(waiting, "_GIVEN_UP", threading.Event())
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
