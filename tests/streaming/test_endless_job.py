"""The match job as an endless job on a real runner: it follows the log, stops soon, and begins again where it must."""

import shutil
import sys
import threading
from pathlib import Path

import pytest

from connectors import registry
from connectors.ports import SystemClock
from pipelines.generations import live_generation
from pipelines.jobs import streaming
from pipelines.jobs.match import MatchOptions, _MatchJob, run_match
from pipelines.jobs.reprocess import ReprocessOptions, run_reprocess
from pipelines.streams import replay
from schemas.envelope import ARTICLES
from schemas.errors import IndexUnavailableError, KirkukError
from schemas.rules import load_rules

RULES = Path(__file__).parents[2] / "config" / "alerts.toml"


def test_it_follows_the_log_and_leaves_what_epochs_leave(site, new_site, play, prism_server, tools):
    """An article that comes while it runs is coded within seconds, and all is as epochs on FnApiRunner do it."""
    play.fill(site.log, play.crisis(60))
    job = site.streaming(prism_server.endpoint)
    tools.until(lambda: site.done() == len(play.crisis(60)))
    site.log.append([play.stored_form(play.article(500))])
    assert tools.until(lambda: site.done() == len(play.crisis(60)) + 1) < 5
    job.end()
    other = new_site("epochs")
    play.fill(other.log, play.crisis(60))
    other.log.append([play.stored_form(play.article(500))])
    _epochs(other)
    assert play.state(site.log, site.index) == play.state(other.log, other.index)


def _epochs(site, **options):
    ways = {"stop": threading.Event(), "clock": SystemClock(), "progress": lambda _: None, "once": True}
    return run_match(site.log_url, site.index_url, site.schema_dir, MatchOptions(batch_size=20, **options), **ways)


def test_a_stop_ends_it_within_seconds_and_tells_what_it_counted(site, play, prism_server, tools):
    """The batches under way are written and counted: counts and log agree, and nothing is written after the stop."""
    play.fill(site.log, play.crisis(300))
    job = site.streaming(prism_server.endpoint)
    tools.until(lambda: site.done() > 40)
    job.stop.set()
    assert tools.until(lambda: not job.running, 60) < 20
    done = site.done()
    assert 40 < done < len(play.crisis(300))
    assert job.counts["articles"] + job.counts["dead"] == done
    assert job.counts["failures"] == 0
    threading.Event().wait(1)
    assert site.done() == done


def test_the_command_stops_on_sigterm(site, play, prism_server, tools, monkeypatch):
    """`kirkuk match` with streaming ends with status 0 and its counts as the only output."""
    # Its port may be taken by the same test of another run.
    monkeypatch.setenv("KIRKUK_METRICS_LISTEN", "")
    play.fill(site.log, play.crisis(30))
    process = site.command(prism_server.endpoint)
    tools.until(lambda: site.done() == len(play.crisis(30)))
    counts, took_s = tools.terminate(process)
    assert counts["articles"] + counts["dead"] == len(play.crisis(30))
    assert took_s < 20
    assert site.said() == ""


def test_it_shows_life(site, play, prism_server, tools):
    """Progress tells counts and backlog while it runs, not only at its end. The backlog is read off the log, and the
    runner's counts may follow it a moment later.
    """
    total = len(play.crisis(200))

    def is_through():
        last = job.seen[-1] if job.seen else {"backlog": total}
        return last["backlog"] == 0 and last["articles"] + last["dead"] == total

    play.fill(site.log, play.crisis(200))
    job = site.streaming(prism_server.endpoint)
    tools.until(is_through)
    assert job.seen[0]["backlog"] == total
    assert job.seen[-1]["generation"] == site.generation()


def test_it_goes_on_with_the_generation_that_is_promoted(site, play, prism_server, tools, tmp_path, schema_dir):
    """After a reprocess with another schema, what comes is coded in the new generation by the same running job."""
    play.fill(site.log, play.crisis(20))
    job = site.streaming(prism_server.endpoint)
    tools.until(lambda: site.done() == len(play.crisis(20)))
    old = site.generation()
    edited = Path(shutil.copytree(schema_dir, tmp_path / "edited"))
    text = (edited / "schema.yaml").read_text("utf-8")
    (edited / "schema.yaml").write_text(text.replace('version: "1.0"', 'version: "1.1"'), "utf-8")
    run_reprocess(
        site.log_url,
        site.index_url,
        str(edited),
        load_rules(RULES),
        ReprocessOptions(),
        stop=threading.Event(),
        clock=SystemClock(),
        progress=lambda _: None,
    )
    new = live_generation(site.log)
    assert new != old
    tools.until(lambda: job.seen[-1]["generation"] == new)
    site.log.append([play.stored_form(play.article(700))])
    tools.until(lambda: site.index.get("articles", play.article(700).article_id, generation=new))
    assert job.end()["failures"] == 0
    assert site.index.get("articles", play.article(700).article_id, generation=old) is None


def test_a_runner_that_dies_is_waited_for(site, play, start_prism, tools):
    """The job fails, is submitted to the runner that comes back, and goes on from the log."""
    prism = start_prism()
    play.fill(site.log, play.crisis(20))
    job = site.streaming(prism.endpoint)
    tools.until(lambda: site.done() == len(play.crisis(20)))
    tools.until(lambda: job.seen[-1]["articles"])
    prism.kill()
    site.log.append([play.stored_form(play.article(500))])
    prism.start()
    tools.until(lambda: site.done() == len(play.crisis(20)) + 1)
    counts = job.end()
    assert counts["failures"] >= 1
    assert counts["articles"] + counts["dead"] == len(play.crisis(20)) + 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_stop_does_not_wait_for_a_runner_that_hangs(site, play, start_prism, tools):
    """A frozen runner answers nothing for ever; the stop comes through all the same."""
    prism = start_prism()
    play.fill(site.log, play.crisis(5))
    job = site.streaming(prism.endpoint)
    tools.until(lambda: site.done() == len(play.crisis(5)))
    prism.freeze()
    job.stop.set()
    assert tools.until(lambda: not job.running, 60) < 45
    # Here, not after the test: what the worker's threads say about it belongs to this one.
    prism.kill()
    threading.Event().wait(1)


def test_a_runner_that_is_not_there_is_named(site, tools):
    """The message has the address, the setting and what to do."""
    job = site.streaming("127.0.0.1:9", max_failures=1)
    tools.until(lambda: not job.running)
    with pytest.raises(KirkukError, match=r"no runner answers at 127\.0\.0\.1:9.*--job_endpoint in match\.beam_args"):
        job.end()


def test_failing_steps_are_tried_again_with_pauses(site, play, prism_server, tools, monkeypatch, caplog):
    """An index that is away for a while costs failures and no article; the warning says which index and why."""
    away = threading.Event()
    open_index = registry.open_index

    class Away:
        def __init__(self, index):
            self._index = index

        def __getattr__(self, name):
            if name == "upsert" and away.is_set():
                raise IndexUnavailableError("index https://index.example: it is away")
            return getattr(self._index, name)

    monkeypatch.setattr(registry, "open_index", lambda url: Away(open_index(url)))
    play.fill(site.log, play.crisis(5))
    job = site.streaming(prism_server.endpoint)
    tools.until(lambda: site.done() == len(play.crisis(5)))
    away.set()
    site.log.append([play.stored_form(play.article(500))])
    tools.until(lambda: job.seen[-1]["failures"] == 2)
    away.clear()
    tools.until(lambda: site.done() == len(play.crisis(5)) + 1)
    assert 2 <= job.end()["failures"] <= 4
    warning = caplog.messages[0]
    assert "\n" not in warning
    assert "IndexUnavailableError: index https://index.example: it is away); submitting it again in 0.5 s" in warning


def test_failures_in_a_row_end_it(site, play, prism_server, monkeypatch, tools):
    """What never works is given up with the last error, in one line."""
    open_index = registry.open_index

    def broken(url):
        if threading.current_thread() is not threading.main_thread() and sys._getframe(1).f_code.co_name == "setup":
            raise IndexUnavailableError("index https://index.example: it is away")
        return open_index(url)

    monkeypatch.setattr(registry, "open_index", broken)
    play.fill(site.log, play.crisis(5))
    job = site.streaming(prism_server.endpoint, max_failures=2)
    tools.until(lambda: not job.running)
    with pytest.raises(KirkukError, match=r"^matching failed 2 times in a row; last error: .*it is away$"):
        job.end()


def test_once_ends_though_streaming_is_set(site, play, prism_server):
    """`kirkuk match --once` codes what is there and comes back; it is a bounded run on the same runner."""
    play.fill(site.log, play.crisis(30))
    beam_args = (f"--job_endpoint={prism_server.endpoint}", "--environment_type=LOOPBACK", "--streaming")
    counts = _epochs(site, runner="PortableRunner", streaming=True, beam_args=beam_args)
    assert counts["articles"] + counts["dead"] == len(play.crisis(30)) == site.done()
    assert counts["epochs"] >= 1


def test_partitions_that_are_added_are_read(site, play, sparse, prism_server, tools, monkeypatch):
    """The job is submitted again with all partitions once the log has more of them; positions have holes, too."""
    log = sparse.SparseLog(3)
    shown, partitions = [0], log.partitions
    monkeypatch.setattr(log, "partitions", lambda stream: tuple(shown) if stream == ARTICLES else partitions(stream))
    monkeypatch.setattr(registry, "open_log", lambda url: log)
    play.fill(log, play.crisis(60))
    job = site.streaming(prism_server.endpoint)
    tools.until(lambda: job.seen and job.seen[-1]["articles"] > 0 and job.seen[-1]["backlog"] == 0)
    shown += [1, 2]
    play.fill(log, [play.stored_form(play.article(number)) for number in range(900, 920)])
    read = [sum(1 for _ in replay(log, ARTICLES, partition=part)) for part in range(3)]
    assert all(read)
    tools.until(lambda: job.seen[-1]["articles"] + job.seen[-1]["dead"] == sum(read))
    assert job.end()["failures"] == 0


def test_a_job_left_by_a_killed_process_is_ended(site, play, prism_server, tools):
    """There is one job for a log at a time: the runner's list of unended ones says so."""
    play.fill(site.log, play.crisis(5))
    options = MatchOptions(runner="PortableRunner", beam_args=tools.loopback(prism_server.endpoint))
    left = _MatchJob(site.log_url, site.index_url, site.schema_dir, options, SystemClock(), lambda _: None)
    service = streaming.JobService(prism_server.endpoint)
    orphan = streaming._Submitted(left, service, {0: 0})
    orphan.__enter__()
    job = site.streaming(prism_server.endpoint)
    tools.until(lambda: service.jobs(orphan._name)[orphan._id] == "CANCELLED")
    unended = [state for state in service.jobs(orphan._name).values() if state not in streaming.ENDED]
    assert unended in ([], ["RUNNING"], ["STARTING"])
    tools.until(lambda: site.done() == len(play.crisis(5)))
    job.end()
    assert service.jobs(orphan._name).keys() > {orphan._id}
    assert set(service.jobs(orphan._name).values()) == {"CANCELLED"}
    orphan._release()
    service.close()
    left.close()
