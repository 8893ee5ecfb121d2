"""The Beam source over a log: each event once, in order, and an end where one is asked for."""

import apache_beam as beam
import pytest
from apache_beam.io.unbounded_source import ReadFromUnboundedSource
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that
from apache_beam.utils.timestamp import MAX_TIMESTAMP, MIN_TIMESTAMP

from connectors import registry
from pipelines.log_source import LogCheckpoint, LogSource
from schemas.envelope import ARTICLES


@pytest.fixture
def log_url(play, tmp_path):
    """A memory log of 23 articles."""
    url = f"memory://{tmp_path.name}"
    registry.open_log(url).append([play.stored_form(play.article(number)) for number in range(23)])
    return url


def drain(reader):
    batches = []
    more = reader.start()
    while more:
        batches.append(reader.get_current())
        more = reader.advance()
    return batches


def positions(batches):
    return [stored.position for batch in batches for stored in batch.events]


def test_a_bounded_reader_ends_at_its_stop(log_url):
    """It brings every position after `after` up to `stop`, says what each batch covers, and is then finished."""
    reader = LogSource(log_url, ARTICLES, after=3, stop=19, batch_size=5).create_reader(None, None)
    batches = drain(reader)
    assert positions(batches) == list(range(4, 20))
    assert [(batch.after, batch.last) for batch in batches] == [(3, 8), (8, 13), (13, 18), (18, 19)]
    assert reader.get_watermark() == MAX_TIMESTAMP


def test_a_stop_beyond_the_end_ends_too(log_url):
    """A stop that no event has is passed when nothing is left before it."""
    reader = LogSource(log_url, ARTICLES, after=20, stop=90, batch_size=5).create_reader(None, None)
    assert positions(drain(reader)) == [21, 22, 23]
    assert reader.get_watermark() == MAX_TIMESTAMP


def test_an_endless_reader_waits_for_more(log_url, play):
    """At the end it says "nothing now", not "finished", and goes on when something was appended."""
    reader = LogSource(log_url, ARTICLES, after=20).create_reader(None, None)
    assert positions(drain(reader)) == [21, 22, 23]
    assert MIN_TIMESTAMP < reader.get_watermark() < MAX_TIMESTAMP
    registry.open_log(log_url).append([play.stored_form(play.article(50))])
    assert reader.advance()
    assert positions([reader.get_current()]) == [24]


def test_a_checkpoint_resumes_behind_the_last_batch(log_url):
    """A reader made from a checkpoint, encoded and decoded, brings exactly what is left."""
    source = LogSource(log_url, ARTICLES, stop=23, batch_size=4)
    reader = source.create_reader(None, None)
    assert reader.start()
    assert reader.advance()
    coder = source.get_checkpoint_mark_coder()
    mark = coder.decode(coder.encode(reader.get_checkpoint_mark()))
    assert mark == LogCheckpoint(8)
    assert positions(drain(source.create_reader(None, mark))) == list(range(9, 24))


def test_timestamps_never_go_back(play, tmp_path):
    """Articles that come late keep the time of the newest before them, so that none is behind the watermark."""
    url = f"memory://{tmp_path.name}"
    registry.open_log(url).append([play.stored_form(play.article(number)) for number in (5, 1, 9, 2)])
    reader = LogSource(url, ARTICLES, batch_size=1).create_reader(None, None)
    times = []
    more = reader.start()
    while more:
        assert reader.get_watermark() == reader.get_current_timestamp()
        times.append(reader.get_current_timestamp())
        more = reader.advance()
    assert times == sorted(times)
    assert len(set(times)) == 2


@pytest.mark.parametrize("batches_a_bundle", [1, 2, 10_000])
def test_a_runner_gets_each_event_once_in_order(log_url, batches_a_bundle):
    """Also when the runner takes a checkpoint after every batch or two."""

    def check(found):
        assert positions(found) == list(range(1, 24))

    source = LogSource(log_url, ARTICLES, stop=23, batch_size=3)
    with beam.Pipeline(runner="FnApiRunner", options=PipelineOptions(flags=[])) as pipeline:
        batches = pipeline | ReadFromUnboundedSource(source, max_records_per_bundle=batches_a_bundle)
        assert_that(batches, check)
