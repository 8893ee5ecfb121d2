"""What the driver logs of logging in, and a cache folder that goes while a log is open."""

import logging
import shutil

from connectors import kafka_options


def test_a_folder_that_is_deleted_under_an_open_log_is_made_again(url, opened, play, log_state):
    """It is a cache: what was appended before is known, what comes is appended."""
    log = opened(url)
    assert log.append(play.appends("a")) == 1
    shutil.rmtree(log_state)
    assert log.append(play.appends("b")) == 1
    assert log.append(play.appends("a", "b")) == 0


def test_lines_on_logging_in_are_not_handed_on(caplog):
    """They hold the password as bytes, in which no mask finds it; other lines of the driver are."""
    handler = kafka_options._Demoted()
    with caplog.at_level(logging.DEBUG, logger=kafka_options._driver_logger.name):
        for text in ("Request SaslAuthenticateRequest(auth_bytes=b'\\0me\\0geheim')", "another line"):
            handler.emit(logging.makeLogRecord({"name": "kafka.conn", "msg": text}))
    assert "another line" in caplog.text
    assert "geheim" not in caplog.text
