"""Epochs: how long they are, what they pass over, and that many of them leave the memory as it was."""

import resource

import pytest

from connectors import registry
from pipelines.generations import initial_generation, live_generation
from pipelines.jobs.epochs import Epochs, EpochSizer, Generation, Places, Runner
from pipelines.matching import load_coder
from pipelines.streams import replay
from schemas.envelope import ARTICLES, MATCHES, derived


def test_epochs_grow_to_their_target_and_shrink_from_above():
    """The span follows the time that the last epoch took, at most fourfold at once."""
    sizer = EpochSizer(1.0)
    sizer.took(0.01, full=True)
    assert sizer.span == 1600
    sizer.took(2.0, full=True)
    assert sizer.span == 800
    sizer.took(100.0, full=True)
    assert sizer.span == 200


def test_an_epoch_that_ended_with_the_stream_proves_nothing():
    """A short one says nothing about speed; a long one does."""
    sizer = EpochSizer(1.0)
    sizer.took(0.1, full=False)
    assert sizer.span == 400
    sizer.took(2.0, full=False)
    assert sizer.span == 200


def test_the_span_stays_within_its_bounds():
    """However fast or slow epochs are."""
    sizer = EpochSizer(1.0)
    for _ in range(20):
        sizer.took(0.0, full=True)
    assert sizer.span == EpochSizer.LARGEST
    for _ in range(20):
        sizer.took(1e6, full=True)
    assert sizer.span == EpochSizer.SMALLEST


@pytest.fixture
def epochs_over(desk, schema_dir, monkeypatch):
    """Make epochs over any log; outcomes go to the same log and the desk's index."""

    def make(log, *, span=None):
        monkeypatch.setattr(registry, "open_log", lambda url: log)
        ref = load_coder(schema_dir).ref
        generation = Generation(initial_generation(ref), schema_dir, ref)
        places = Places("memory://sparse", "memory://sparse", desk.index_url)
        epochs = Epochs(generation, places, log, log, runner=Runner(), batch_size=4, target_s=1000.0)
        if span:
            epochs._sizer.span = span
            monkeypatch.setattr(epochs._sizer, "took", lambda *_, **__: None)
        return epochs

    return make


def test_partitions_and_gaps_lose_nothing(epochs_over, play, sparse, coded):
    """Three partitions with holes in their positions: every article once, all positions stored at the very end."""
    log = sparse.SparseLog(3)
    play.fill(log, play.crisis(40))
    epochs = epochs_over(log)
    counts = epochs.run_one()
    assert set(epochs.positions()) == {0, 1, 2}
    assert epochs.backlog() == 0
    assert epochs.run_one() is None
    assert counts["articles"] == coded(log)
    assert counts["articles"] + counts["dead"] == len(play.crisis(40))


@pytest.fixture
def coded(schema_dir):
    """Count what a log holds of the first generation's outcomes."""
    stream = derived(MATCHES, initial_generation(load_coder(schema_dir).ref))
    return lambda log: sum(1 for part in log.partitions(stream) for _ in replay(log, stream, partition=part))


def test_a_span_without_any_event_is_passed(epochs_over, play, sparse, coded):
    """Epochs shorter than a gap still get on."""
    log = sparse.SparseLog(1)
    play.fill(log, [play.stored_form(play.article(number)) for number in range(2)])
    epochs = epochs_over(log, span=1)
    reached = []
    while epochs.run_one() is not None:
        reached.append(epochs.positions()[0])
    assert reached == list(range(1, 2 * sparse.STRIDE + 2))
    assert coded(log) == 2


def test_partitions_leave_what_one_leaves(new_desk, epochs_over, play, sparse, coded):
    """The documents don't depend on how articles are spread over partitions."""
    plain = new_desk("plain")
    play.fill(plain.log, play.crisis(40))
    plain.match()
    other = new_desk("desk")
    log = sparse.SparseLog(3)
    play.fill(log, play.crisis(40))
    epochs_over(log).run_one()
    generation = live_generation(plain.log)
    assert play.documents(other.index, generation) == play.documents(plain.index, generation)


@pytest.mark.slow
@pytest.mark.nightly
def test_many_epochs_leave_the_memory_flat(desk, play):
    """After 120 to warm up (the allocator's own growth and bounded caches end at about 100), forty more don't take
    eight megabytes.
    """
    from connectors.ports import SystemClock
    from pipelines.jobs.match import MatchOptions, _MatchJob

    desk.log.append([play.stored_form(play.article(0))])
    job = _MatchJob(desk.log_url, desk.index_url, desk.schema_dir, MatchOptions(), SystemClock(), lambda _: None)
    for number in range(1, 161):
        assert job.step()
        desk.log.append([play.stored_form(play.article(number))])
        if number == 120:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000
    assert desk.log.position(f"match.{live_generation(desk.log)}", ARTICLES) == 160
    job.close()
