"""The combine on a real runner gives what the board gives."""

import random

import apache_beam as beam
import msgspec
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from pipelines.developments import Board, combine
from tests.developments.builders import coded, event


class CombineTellings(beam.CombineFn):
    """`combine` as Beam asks for it."""

    def create_accumulator(self):
        return combine.create()

    def add_input(self, told, telling):
        return combine.add(told, telling)

    def merge_accumulators(self, accumulators):
        merged = combine.create()
        for told in accumulators:
            merged = combine.merge(merged, told)
        return merged

    def extract_output(self, told):
        return told


@pytest.fixture
def stream():
    chance = random.Random(3)
    made = []
    for number in range(120):
        kind = chance.choice((("RETREAT", "withdraw"), ("SEIZE", "capture"), ("ASSAULT", "clash")))
        actors = chance.choice(((), ("peshmerga",), ("iraqi-forces",)))
        day = chance.choice((None, "2017-10-14", "2017-10-16"))
        one = event(*kind, actors=actors, day=day, negated=chance.random() < 0.1)
        made.append(coded(f"a{number % 70}", one, revision=1 + number // 70))
    chance.shuffle(made)
    return made


@pytest.mark.slow
def test_beam_combines_as_the_board_folds(geography, stream):
    board = Board(geography)
    for item in stream:
        board.fold(item)
    expected = list(map(msgspec.json.encode, board.developments()))
    assert expected
    with beam.Pipeline("FnApiRunner", PipelineOptions([])) as pipeline:
        found = (
            pipeline
            | beam.Create(stream)
            | beam.Map(lambda item: (item.article.article_id, item))
            | beam.GroupByKey()
            | beam.FlatMap(lambda keyed: combine.tellings(keyed[1], geography))
            | beam.CombinePerKey(CombineTellings())
            | beam.FlatMap(lambda keyed: combine.extract(keyed[0], keyed[1], geography))
            | beam.Map(msgspec.json.encode)
        )
        assert_that(found, equal_to(expected))
