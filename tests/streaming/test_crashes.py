"""Whoever is killed, and whenever: started again, the job leaves exactly what an undisturbed one leaves."""

import random
import threading

import pytest

from connectors.ports import SystemClock
from pipelines.jobs.match import MatchOptions, run_match

KILLS = 4
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


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_worker_is_killed_at_random_moments(places, play, story, undisturbed, prism_server, tools, seed):
    """The steps run in the process that is killed; each start finds the position that goes with the effects."""
    rng = random.Random(seed)
    site = places
    play.fill(site.log, story)
    interrupted = 0
    for moment in sorted(rng.sample(range(1, len(story) - 20), KILLS)):
        process = site.command(prism_server.endpoint, batch_size=10)
        tools.until(lambda moment=moment: site.done() >= moment)
        threading.Event().wait(rng.random() * 0.05)
        process.kill()
        process.wait()
        interrupted += site.done() < len(story)
    assert interrupted
    process = site.command(prism_server.endpoint, batch_size=10)
    tools.until(lambda: site.done() == len(story))
    tools.terminate(process)
    assert left(site, play) == undisturbed


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [3, 4])
def test_the_runner_is_killed_at_random_moments(places, play, story, undisturbed, start_prism, tools, seed):
    """The job is submitted again to the runner that comes back, which knows nothing of the ones before."""
    rng = random.Random(seed)
    site, prism = places, start_prism()
    play.fill(site.log, story)
    process = site.command(prism.endpoint, batch_size=10)
    for moment in sorted(rng.sample(range(1, len(story) - 20), KILLS)):
        tools.until(lambda moment=moment: site.done() >= moment)
        threading.Event().wait(rng.random() * 0.05)
        prism.kill()
        prism.start()
    tools.until(lambda: site.done() == len(story))
    counts, _ = tools.terminate(process)
    assert counts["failures"] >= 1
    assert left(site, play) == undisturbed
    assert "Traceback" not in site.said()
