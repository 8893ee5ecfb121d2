"""What the desk refuses, and what the doctor sees."""

import threading

import pytest

from connectors.ports import Append, SystemClock
from connectors.registry import open_index, open_log
from desk.children import Shown
from desk.doctor import examine
from desk.lock import RoleLock
from desk.settings import load_settings
from pipelines.generations import promotion_append
from schemas.envelope import MATCHES, derived, pack
from schemas.errors import ConfigError, KirkukError
from schemas.records import GenerationPromoted, SchemaRef


@pytest.mark.parametrize(
    "variable",
    [
        "KIRKUK_MATCH_BATCH_SIZE",
        "KIRKUK_ALERT_BATCH_SIZE",
        "KIRKUK_FETCH_MAX_CONCURRENT",
        "KIRKUK_FETCH_PER_HOST_CONCURRENT",
        "KIRKUK_PARSE_WORKERS",
        "KIRKUK_INGEST_CONCURRENCY",
    ],
)
def test_a_size_of_nothing_is_refused_as_such(tmp_path, monkeypatch, variable):
    """Zero would stand still or pass over articles; the message says that it is too small."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=rf"{variable}.*>= 1"):
        load_settings(environ={variable: "0"})


def test_a_folder_that_can_not_be_written_is_told(tmp_path):
    """No traceback: the folder and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(KirkukError, match="--data"):
        RoleLock(str(tmp_path / "file" / "data"), "watch").__enter__()


def test_an_alert_is_delivered_when_it_is_shown_and_not_before():
    """The relay waits for the word of the process that owns the screen."""
    shown = Shown()
    assert not shown.wait("a", 0.01)
    threading.Timer(0.05, shown.add, ("a",)).start()
    assert shown.wait("a", 5)
    assert not shown.wait("a", 0.01)


def test_the_doctor_sees_an_index_that_lost_its_documents(tmp_path):
    """A log with coded articles beside an empty index is a failure, with the remedy."""
    settings = load_settings(data=tmp_path, environ={})
    log, index = open_log(settings.log_url), open_index(settings.index_url)
    now = SystemClock().now()
    ref = SchemaRef(name="kirkuk", version="1", digest="d")
    promoted = GenerationPromoted(generation="g", previous=None, schema=ref, at=now)
    event = pack(promoted, event_id="e", subject="g", time=now)
    log.append([promotion_append(promoted, 1), Append(derived(MATCHES, "g"), event)])
    index.promote("g")
    found = {finding.check: finding for finding in examine(settings)}
    assert found["index"].state == "failed"
    assert "reprocess" in found["index"].remedy
    index.close()
    log.close()
