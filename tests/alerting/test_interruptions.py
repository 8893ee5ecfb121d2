"""Whatever the order, the repeats and the restarts: one alert a rule, development and change, and the same ones."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.alerting import Ancestry
from pipelines.developments import Board
from schemas.errors import LogError
from schemas.vocabulary import load_vocabulary
from tests.alerting.step_play import STREAMS, Bench, Failing, work
from tests.developments.builders import MONDAY, SCHEMA_DIR, coded, event

RULES = """
[[rule]]
name = "denial"
only_alerted = true
changes = ["denied"]

[[rule]]
name = "any"
changes = ["opened", "corroborated:2", "spread", "confirmed"]

[[rule]]
name = "deaths"
types = ["ASSAULT"]
changes = ["magnitude:killed>=10", "opened"]
throttle_s = 60
"""
FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def vocabulary():
    return load_vocabulary(SCHEMA_DIR)


@pytest.fixture
def rules(load):
    return load(RULES)


def uninterrupted(vocabulary, rules, stream):
    return Bench(vocabulary, rules).tell(*stream).run(1)


@FEW
@given(stream=STREAMS, repeats=st.lists(st.integers(0, 11), max_size=4))
def test_no_development_is_alerted_twice_by_a_rule_for_a_change(vocabulary, geography, rules, stream, repeats):
    """Ids follow their development: what was alerted under one is not alerted under another, repeats included."""
    stream += [stream[at % len(stream)] for at in repeats]
    bench, board, told, gone = Bench(vocabulary, rules), Board(geography), set(), set()
    for item in stream:
        before = len(bench.alerts())
        bench.tell(item).run(1)
        raised = bench.alerts()[before:]
        for update in board.fold(item):
            if update.before is None and not gone & set(update.lineage):
                # Another happening takes an id over that was this one's for a while.
                told = {key for key in told if key[2] not in update.lineage}
            told |= {
                (rule, change, key) for rule, change, own in told if own in update.lineage for key in update.lineage
            }
            gone |= set(update.lineage) if update.after is None else set()
            for alert in raised:
                if update.after is not None and alert.development.development_id == update.after.development_id:
                    assert not {(alert.rule, alert.change, key) for key in update.lineage} & told
                    told |= {(alert.rule, alert.change, key) for key in update.lineage}
    assert len(bench.keys()) == len(set(bench.keys()))


@FEW
@given(stream=STREAMS, restarts=st.sets(st.integers(0, 12)), batch=st.integers(1, 5))
def test_a_process_that_begins_anywhere_ends_with_the_same_alerts(vocabulary, rules, stream, restarts, batch):
    whole = uninterrupted(vocabulary, rules, stream)
    bench = Bench(vocabulary, rules)
    for number, item in enumerate(stream):
        if number in restarts:
            bench.restart()
        bench.tell(item)
        if number % batch == 0:
            bench.run(batch)
    bench.run()
    bench.restart()
    bench.run()
    assert sorted(bench.keys()) == sorted(whole.keys())


@FEW
@given(stream=STREAMS, fates=st.lists(st.sampled_from(("", "before", "after")), max_size=8), batch=st.integers(1, 5))
def test_appends_that_fail_before_or_after_they_are_done_change_no_alert(vocabulary, rules, stream, fates, batch):
    whole = uninterrupted(vocabulary, rules, stream)
    bench = Bench(vocabulary, rules).tell(*stream)
    failing = Failing(bench.log, fates)
    while True:
        try:
            bench.restart(failing)
            bench.run(batch)
            break
        except LogError:
            continue
    assert sorted(bench.keys()) == sorted(whole.keys())
    assert len(bench.keys()) == len(set(bench.keys()))


@FEW
@given(stream=STREAMS, turns=st.lists(st.booleans(), max_size=24), batch=st.integers(1, 4))
def test_two_workers_on_one_log_raise_what_one_would(vocabulary, rules, stream, turns, batch):
    """Each folds what the other did, so its developments are whole."""
    whole = uninterrupted(vocabulary, rules, stream)
    bench = Bench(vocabulary, rules)
    bench.restart()
    first = bench.step
    bench.restart()
    second = bench.step
    bench.tell(*stream)
    for turn in turns:
        work(first if turn else second, batch, bench.now)
    while work(first, batch, bench.now) or work(second, batch, bench.now):
        pass
    assert sorted(bench.keys()) == sorted(whole.keys())
    found = {key: fields for key, _, fields in bench.index.scan("developments", generation="1_0-test-1")}
    assert found == {key: fields for key, _, fields in whole.index.scan("developments", generation="1_0-test-1")}


@FEW
@given(stream=STREAMS)
def test_what_vanished_is_known_again_under_each_of_its_ids(geography, stream):
    """Following the same updates again gives the same lineages, and each has all that the board's had."""
    board, once, again = Board(geography), Ancestry(), Ancestry()
    updates = [update for item in stream for update in board.fold(item)]
    first = [once.follow(update) for update in updates]
    assert first == [again.follow(update) for update in updates]
    assert all(set(update.lineage) <= set(whole) for update, whole in zip(updates, first, strict=True))


@pytest.mark.parametrize("begins_anew", [False, True])
def test_what_vanished_is_no_news_when_it_comes_back_under_its_second_id(vocabulary, rules, begins_anew):
    """Alerted while undated, then dated, withdrawn, and told again with its date; the process may begin in between."""
    tuesday = MONDAY + timedelta(days=1)
    dated = event(day="2017-10-16")
    bench = Bench(vocabulary, rules)
    bench.tell(coded("a", event(), published=tuesday), coded("a", dated, published=tuesday, revision=2))
    bench.tell(coded("a", published=tuesday, revision=3)).run(1)
    before = bench.keys()
    assert [change for _, _, change in before] == ["opened"]
    if begins_anew:
        bench.restart()
    bench.tell(coded("b", dated, published=tuesday)).run()
    assert bench.keys() == before
