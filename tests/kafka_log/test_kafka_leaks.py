"""What the driver logs of logging in, and a cache folder that goes while a log is open."""

import logging
import shutil

from connectors.kafka_options import hush_driver


def test_a_folder_that_is_deleted_under_an_open_log_is_made_again(url, opened, play, state):
    """It is a cache: what was appended before is known, what comes is appended."""
    log = opened(url)
    assert log.append(play.appends("a")) == 1
    shutil.rmtree(state)
    assert log.append(play.appends("b")) == 1
    assert log.append(play.appends("a", "b")) == 0


def test_lines_on_logging_in_are_not_handed_on(caplog):
    """They hold the password as bytes, in which no mask finds it; other lines of the driver are."""
    hush_driver()
    driver = logging.getLogger("kafka.conn")
    driver.setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        driver.warning("Request SaslAuthenticateRequest(auth_bytes=%r)", b"\0me\0geheim-w\xc3\xb6rd")
        driver.warning("another line")
    driver.setLevel(logging.NOTSET)
    assert "another line" in caplog.text
    assert "geheim" not in caplog.text
