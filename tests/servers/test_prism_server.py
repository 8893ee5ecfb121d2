"""The Prism of the kit runs pipelines of the installed Beam, and comes back at its address."""

import apache_beam as beam
import artifacts
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

pytestmark = pytest.mark.nightly


def run(endpoint: str, written: str) -> None:
    options = PipelineOptions(
        runner="PortableRunner", job_endpoint=endpoint, environment_type="LOOPBACK", job_server_timeout=30
    )
    with beam.Pipeline(options=options) as pipeline:
        counted = pipeline | beam.Create(["a", "b", "a"]) | beam.combiners.Count.PerElement()
        _ = counted | beam.Map(str) | beam.io.WriteToText(written, num_shards=1, shard_name_template="")


def test_it_runs_a_pipeline_before_and_after_a_kill(start_prism, tmp_path):
    """A pipeline runs to its end; after SIGKILL and start the same endpoint runs the next."""
    server = start_prism()
    endpoint = server.endpoint
    run(endpoint, str(tmp_path / "first"))
    server.kill()
    assert not server.running
    server.start()
    assert server.endpoint == endpoint
    run(endpoint, str(tmp_path / "second"))
    for name in ("first", "second"):
        assert sorted((tmp_path / name).read_text().split("\n")[:-1]) == ["('a', 2)", "('b', 1)"]


def test_it_is_of_the_beam_that_is_installed():
    """Runner and SDK speak the same version: whoever raises one raises both."""
    assert beam.__version__ == artifacts.PRISM_VERSION
