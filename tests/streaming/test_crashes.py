"""Whoever is killed, and whenever: started again, the job leaves exactly what an undisturbed one leaves."""

import random
import threading

import pytest

from connectors.ports import SystemClock
from pipelines.jobs.match import MatchOptions, run_match

KILLS = 6
ARTICLES = 300


@pytest.fixture(scope="module")
def story(play):
    return play.crisis(ARTICLES)


@pytest.fixture
def undisturbed(new_site, play, story):
    """What epochs that nobody disturbs leave of the same articles."""
    site = new_site("undisturbed")
    play.fill(site.log, story)
    ways = {"stop": threading.Event(), "clock": SystemClock(), "progress": lambda _: None, "once": True}
    run_match(site.log_url, site.index_url, site.schema_dir, MatchOptions(), **ways)
    return left(site, play)


def left(site, play):
    """Documents, outcomes and letters; the outcomes once each, for the stream holds no id twice."""
    generation = site.generation()
    matches = site.matches(generation)
    assert len(set(matches)) == len(matches)
    return {"documents": play.documents(site.index, generation), "matches": matches, "letters": site.letters()}


def batch_size(site):
    """Small, so that a kill finds work under way; on servers each batch takes its time anyway."""
    return 2 if site.log_url.startswith("sqlite") else 10


def rounds(site, play, story, tools):
    """Append the articles in slices; yield somewhere in the middle of the work on each but the last."""
    rng = random.Random(17)
    size = len(story) // (KILLS + 1)
    for number in range(KILLS):
        begin = number * size
        play.fill(site.log, story[begin : begin + size])
        moment = begin + rng.randrange(1, size // 2)
        tools.until(lambda moment=moment: site.done() >= moment)
        threading.Event().wait(rng.random() * 0.05)
        yield site.done() < begin + size
    play.fill(site.log, story[KILLS * size :])


@pytest.mark.timeout(300)
def test_the_worker_is_killed_at_random_moments(places, play, story, undisturbed, prism_server, tools):
    """The steps run in the process that is killed; each start finds the position that goes with the effects."""
    site = places
    process, interrupted = site.command(prism_server.endpoint, batch_size=batch_size(site)), 0
    for amid in rounds(site, play, story, tools):
        process.kill()
        process.wait()
        interrupted += amid
        process = site.command(prism_server.endpoint, batch_size=batch_size(site))
    assert interrupted >= KILLS // 2
    tools.until(lambda: site.done() == len(story))
    tools.terminate(process)
    assert left(site, play) == undisturbed


@pytest.mark.parametrize(
    "places",
    ["files", pytest.param("servers", marks=[pytest.mark.servers("kafka", "elastic"), pytest.mark.nightly])],
    indirect=True,
)
@pytest.mark.timeout(300)
def test_the_runner_is_killed_at_random_moments(places, play, story, undisturbed, start_prism, tools):
    """The job is submitted again to the runner that comes back, which knows nothing of the ones before."""
    site, prism = places, start_prism()
    # Fewer than there are kills: the job forgets failures for progress in between.
    process, interrupted = site.command(prism.endpoint, batch_size=batch_size(site), max_failures=3), 0
    for amid in rounds(site, play, story, tools):
        prism.kill()
        prism.start()
        interrupted += amid
    assert interrupted >= KILLS // 2
    tools.until(lambda: site.done() == len(story))
    counts, _ = tools.terminate(process)
    # One for each kill, but where the next one comes before the job was submitted again.
    assert counts["failures"] >= 3
    assert left(site, play) == undisturbed
    # Beam's worker prints one of its own where the runner goes while it is asked something.
    assert all("sdk_worker.py" in trace for trace in site.said().split("Traceback")[1:])
