"""A match job that is killed anywhere is simply started again: nothing lost, nothing twice, nothing left behind."""

import signal

import pytest

STEPS = [
    ("before:log.append", 1),
    ("after:log.append", 1),
    ("before:log.append", 3),
    ("after:log.append", 2),
    ("before:index.upsert", 2),
    ("after:index.upsert", 2),
    ("after:index.delete", 1),
    ("before:index.delete", 5),
    ("after:log.read", 4),
    ("before:index.promote", 1),
    ("after:index.promote", 1),
]
"""The first append names the generation; later ones are batches."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, schema_dir, play, desk_class):
    """What a run that nobody kills leaves behind."""
    desk = desk_class(tmp_path_factory.mktemp("whole"), schema_dir)
    play.fill(desk.log, play.crisis(40))
    desk.match()
    state = play.state(desk.log, desk.index)
    desk.close()
    return state


@pytest.mark.parametrize("when,count", STEPS)
def test_a_killed_job_is_resumed_without_a_trace(desk, play, uninterrupted, when, count):
    """Killed with SIGKILL at one step, then run to the end: the same outcomes, documents, letters and position."""
    play.fill(desk.log, play.crisis(40))
    assert desk.die("match", when, count) == -signal.SIGKILL
    desk.match()
    assert play.state(desk.log, desk.index) == uninterrupted


def test_killed_again_and_again(desk, play, uninterrupted):
    """Three kills in a row at different steps, each resuming what the one before left."""
    play.fill(desk.log, play.crisis(40))
    for when, count in (("after:index.upsert", 1), ("after:index.delete", 2), ("before:log.append", 2)):
        assert desk.die("match", when, count) == -signal.SIGKILL
    desk.match()
    assert play.state(desk.log, desk.index) == uninterrupted
