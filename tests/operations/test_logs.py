"""Log lines: one line each, whatever is in them, with no secret and nothing without end."""

import io
import json
import logging
import subprocess
import sys
import time

import pytest

from desk.logs import log_to_stderr
from desk.operation_options import LogOptions

HOSTILE = 'A "title"\nlevel=error\r\x1b[2J\x85\u2028\u2029\u202eevil\x00\x9b31m'
_logger = logging.getLogger("tests.operations.logged")


class Screen(io.StringIO):
    """An output that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def log(monkeypatch):
    """Log to a buffer; return a function that gives what was written."""
    monkeypatch.setenv("KIRKUK_SECRET_DESK_URL", "hunter2-hunter2")
    monkeypatch.setenv("KIRKUK_LOG_PASSWORD", "correct horse")
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def start(level="INFO", stage="", out=None):
        out = out or io.StringIO()
        log_to_stderr(level, stage=stage, out=out)
        return out

    yield start
    root.handlers[:], root.level = before


def lines(out):
    return [json.loads(line) for line in out.getvalue().split("\n") if line]


def test_a_line_is_an_object_with_time_level_stage_and_ids(log):
    """Whoever reads them by program needs no pattern; the time is UTC."""
    out = log(stage="match")
    _logger.info("article.coded", extra={"article_id": "a1", "events": 2, "relevant": True, "nothing": None})
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    expected = {"level": "info", "stage": "match", "event": "article.coded", "logger": "tests.operations.logged"}
    assert line == expected | {"article_id": "a1", "events": 2, "relevant": True}


def test_nothing_in_a_line_makes_a_second_one(log):
    """Line ends, escapes and marks of direction in event or fields stay in the line, whatever counts as an end."""
    out = log()
    _logger.info("refused: %s", HOSTILE, extra={"title": HOSTILE, "list": [HOSTILE], HOSTILE: "key"})
    written = out.getvalue()
    assert len(written.splitlines()) == 1
    assert not set(written[:-1]) & set("\x00\r\x1b\x85\x9b\u2028\u2029\u202e")
    assert lines(out)[0]["title"] == HOSTILE


def test_a_terminal_gets_one_printable_line_too(log):
    """A title can't move the cursor; colours are ours alone."""
    out = log(out=Screen())
    _logger.info("refused: %s", HOSTILE, extra={"title": HOSTILE})
    written = out.getvalue()
    assert written.count("\n") == 1
    assert "\x1b[2J" not in written
    assert not set(written) & set("\x00\r\x85\x9b\u2028\u2029\u202e")


def test_no_secret_is_written(log):
    """Passwords in addresses and the values of secret variables are masked, in texts, lists and tracebacks."""
    out = log()
    text = "https://user:s3cr3t-word@elastic.example/x and hunter2-hunter2"
    try:
        int(text)
    except ValueError:
        _logger.exception("failed: %s", text, extra={"address": [text], "by": {"k": text}, "p": "correct horse"})
    written = out.getvalue()
    assert "elastic.example/x and ***" in written
    for secret in ("s3cr3t-word", "hunter2", "correct horse"):
        assert secret not in written


def test_a_body_is_cut(log):
    """50 MB in a field are a short line, at once."""
    out = log()
    began = time.monotonic()
    _logger.info("x" * 50_000_000, extra={"text": "ک" * 10_000_000, "ids": ["a"] * 100_000})
    assert time.monotonic() - began < 2
    (line,) = lines(out)
    assert len(line["event"]) == len(line["text"]) == 1001
    assert len(line["ids"]) == 100


def test_what_is_no_text_is_written_all_the_same(log):
    """Half a surrogate pair, objects and infinities don't lose the line."""
    out = log()
    _logger.info("odd", extra={"half": "\ud800", "thing": object, "endless": float("inf"), "bytes": b"\xff"})
    assert lines(out)[0]["half"] == "\\ud800"


def test_a_level_holds_for_its_stage():
    """The level of a stage is above the one for all."""
    options = LogOptions(level="error", match="debug")
    assert (options.of("match"), options.of("ingest"), options.of("watch")) == ("DEBUG", "ERROR", "ERROR")


def test_drivers_are_heard_by_their_adapters_and_not_by_the_operator(log):
    """A driver's warnings reach handlers of its own logger, and of its lines only errors are written."""
    out = log()
    heard = logging.Handler()
    seen = []
    heard.emit = seen.append
    driver = logging.getLogger("kafka")
    driver.addHandler(heard)
    logging.getLogger("kafka.client").warning("refused")
    driver.removeHandler(heard)
    assert len(seen) == 1
    assert out.getvalue() == ""
    logging.getLogger("kafka.client").error("broken")
    assert lines(out)[0]["event"] == "broken"


def test_a_command_that_logs_nothing_loads_no_formatter():
    """Short commands don't pay for the log set-up's library, nor for metrics."""
    code = (
        "import sys; from desk.logs import log_to_stderr; log_to_stderr(); import desk.settings;"
        "print([name for name in ('structlog', 'prometheus_client') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
