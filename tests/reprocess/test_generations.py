"""Which generation is live, which came before, which nobody needs, and where a reader of one stands in another."""

import pytest

from connectors.ports import Stored
from pipelines.coded import aligned, coded_articles
from pipelines.generations import (
    earlier_generations,
    generation_name,
    live_generation,
    next_generation,
    promotion_append,
    promotion_of,
    promotions,
    reconcile,
    superfluous,
)
from pipelines.match_step import MatchSink, Origin, code_event
from pipelines.matching import load_coder
from schemas.records import GenerationPromoted, SchemaRef

REF = SchemaRef(name="kirkuk", version="1.0", digest="d")


@pytest.fixture
def history(play):
    """Promotions of generations, in order."""
    return lambda *names: [
        GenerationPromoted(generation=name, previous=None, schema=REF, at=play.SUNDAY) for name in names
    ]


def test_names_are_legal_topics_and_tell_schema_and_turn():
    """Letters, digits, `_` and `-`; another schema or another turn is another name."""
    name = generation_name(SchemaRef(name="x", version="2.1 beta/ü", digest="d"), 3)
    assert name.startswith("2_1_beta__-")
    assert name.endswith("-3")
    assert generation_name(REF, 1) != generation_name(SchemaRef(name="x", version="1.0", digest="e"), 1)


def test_the_last_promotion_holds(desk, history):
    """A rollback is a promotion too; the next generation's number grows with each."""
    for ordinal, promotion in enumerate(history("a-1", "b-2", "a-1"), start=1):
        desk.log.append([promotion_append(promotion, ordinal)])
    assert live_generation(desk.log) == "a-1"
    assert next_generation(desk.log, REF).endswith("-4")
    assert promotion_of(desk.log, "b-2").generation == "b-2"
    assert promotion_of(desk.log, "c-3") is None


def test_a_promotion_decided_twice_is_one(desk, history):
    """A process that died after the append and is run again changes nothing."""
    [promotion] = history("a-1")
    assert desk.log.append([promotion_append(promotion, 1)]) == 1
    assert desk.log.append([promotion_append(promotion, 1)]) == 0
    assert len(promotions(desk.log)) == 1


def test_the_index_follows_the_log(desk, history):
    """A process that died between the log and the index leaves it to whoever starts next."""
    desk.index.promote("a-1")
    for ordinal, promotion in enumerate(history("a-1", "b-2"), start=1):
        desk.log.append([promotion_append(promotion, ordinal)])
    assert reconcile(desk.log, desk.index) == "b-2"
    assert desk.index.live() == "b-2"


def test_earlier_generations_are_named_once_the_last_first(history):
    """However often they were live."""
    assert earlier_generations(history("a-1", "b-2", "a-1", "c-4")) == ["a-1", "b-2"]


@pytest.mark.parametrize("keep,dropped", [(0, ["a-1", "b-2", "x-2"]), (1, ["a-1", "x-2"]), (2, ["x-2"]), (9, ["x-2"])])
def test_what_nobody_needs(history, keep, dropped):
    """All but the live one and some before it; one under way (the next number) is never dropped, a failed one is."""
    existing = ["a-1", "b-2", "x-2", "c-3", "new-4"]
    assert superfluous(history("a-1", "b-2", "c-3"), existing, keep) == dropped


@pytest.fixture
def code(desk, play, schema_dir):
    """Write what a generation codes of articles, in the order given, and nothing else."""
    coder = load_coder(schema_dir)

    def run(generation, *numbers):
        stored = [Stored(number, play.stored_form(play.article(number)).event) for number in numbers]
        outcomes = [code_event(coder, Origin(0, one), generation=generation, now=play.SUNDAY) for one in stored]
        MatchSink(desk.log, desk.index, generation).write(outcomes, now=play.SUNDAY)

    return run


def test_a_reader_of_one_generation_is_found_in_another(desk, code):
    """Behind the same article, though each lacks some that the other has, and some came late."""

    def found(reached, other):
        return aligned(coded_articles(desk.log, "old", upto=reached), coded_articles(desk.log, other))

    code("old", 0, 1, 3, 4, 5)
    code("new", 0, 1, 2, 4, 5, 6)
    assert [found(reached, "new") for reached in range(6)] == [0, 1, 2, 2, 4, 5]
    code("late", 1, 0, 4, 3)
    assert found(2, "late") == 2
    assert found(5, "none") == 0
