"""Alive and ready: what fails is named with its remedy."""

from datetime import UTC, datetime, timedelta

import pytest

from desk.health import StageView, liveness, readiness
from desk.operation_options import MetricsOptions
from desk.probe import Probe, Sight
from desk.settings import load_settings
from pipelines.lag import Lag
from schemas.errors import LogError
from schemas.records import GenerationPromoted, SchemaRef

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
OPTIONS = MetricsOptions()
REF = SchemaRef(name="kirkuk", version="1.0", digest="d" * 64)
LIVE = GenerationPromoted(generation="g", previous=None, schema=REF, at=NOW)
GOOD = Sight(NOW, "", "", LIVE, "g", (Lag("match", 0, 3, NOW - timedelta(seconds=5)), Lag("alert", 0, 0, None)))
RUNNING = StageView("match", running=True, started=NOW.timestamp())


def failed(findings):
    return {finding.check for finding in findings if finding.state == "failed"}


@pytest.mark.parametrize(
    "idle_s,changes,fails",
    [(0, {}, 0), (119, {}, 0), (121, {}, 1), (999, {"running": False}, 0)],
)
def test_a_running_stage_is_alive_while_it_makes_steps(idle_s, changes, fails):
    """Steps older than the limit mean that it hangs; a stage that is down comes back by itself."""
    view = RUNNING._replace(started=NOW.timestamp() - idle_s, **changes)
    findings = liveness([view], NOW, OPTIONS)
    assert len(failed(findings)) == fails
    assert all(finding.remedy for finding in findings if finding.state == "failed")


@pytest.mark.parametrize(
    "sight,view,fails",
    [
        (GOOD, RUNNING, set()),
        (GOOD, RUNNING._replace(running=False), {"stage match"}),
        (GOOD._replace(log_fault="gone"), RUNNING, {"log"}),
        (GOOD._replace(index_fault="gone"), RUNNING, {"index"}),
        (GOOD._replace(promoted=None), RUNNING, {"schema"}),
        (GOOD._replace(index_live="other"), RUNNING, {"schema"}),
        (GOOD._replace(at=NOW - timedelta(seconds=30)), RUNNING, {"log", "index"}),
        (GOOD._replace(lags=(Lag("alert", 2, 9, NOW - timedelta(seconds=601)),)), RUNNING, {"lag alert 2"}),
    ],
)
def test_ready_means_that_news_goes_through(sight, view, fails):
    """Stages run, log and index answered lately, the schema's generation is in the index, nobody is too far behind."""
    findings = readiness([view], sight, NOW, OPTIONS, every_s=5)
    assert failed(findings) == fails
    assert all(finding.remedy for finding in findings if finding.state == "failed")


def test_a_probe_goes_on_after_faults(tmp_path, monkeypatch):
    """A log that fails is told, and looked at again with a new connection."""
    from connectors.registry import open_log
    from desk import probe as probe_module

    class Clock:
        def now(self):
            return NOW

    settings = load_settings(data=tmp_path, environ={})
    probe = Probe(settings, Clock())
    probe.look()
    assert probe.sight.log_fault == "nothing there yet"
    open_log(settings.log_url).close()
    with monkeypatch.context() as broken:
        broken.setattr(probe_module, "lags", lambda *_: (_ for _ in ()).throw(LogError("locked")))
        probe.look()
        assert (probe.sight.log_fault, probe._log) == ("locked", None)
    probe.look()
    assert (probe.sight.log_fault, probe.sight.promoted, probe.sight.lags[0].records) == ("", None, 0)
    assert probe.sight.index_fault == "nothing there yet"
    probe._close()
