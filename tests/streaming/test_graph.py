"""What the graph is made of, as a runner gets it. Flink itself is not run here: this holds what it is told."""

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.runners.portability.portable_runner import JobServiceHandle, PortableRunner

from pipelines import transforms
from pipelines.match_plan import Plan, Span

FLAGS = [
    "--job_endpoint=jobs:8099",
    "--environment_type=EXTERNAL",
    "--environment_config=localhost:50000",
    "--streaming",
    "--parallelism=4",
    "--max_parallelism=128",
    "--sdk_worker_parallelism=2",
    "--checkpointing_interval=30000",
]
PARTITIONS = 12


@pytest.fixture(scope="module")
def options() -> PipelineOptions:
    return PipelineOptions(flags=FLAGS)


@pytest.fixture(scope="module")
def graph(options) -> api.Pipeline:
    """The endless graph over twelve partitions, as `FlinkRunner` hands it to the job server."""
    plan = Plan("kafka://k/p", "kafka://k/p", "http://e:9200", "/schema", "digest", "generation")
    pipeline = beam.Pipeline(runner="FlinkRunner", options=options)
    transforms.build(pipeline, plan, [Span(part) for part in range(PARTITIONS)])
    return PortableRunner.get_proto_pipeline(pipeline, options)


def _primitives(graph):
    return [found for found in graph.components.transforms.values() if not found.subtransforms]


def test_every_partition_is_a_source_of_its_own(graph):
    """Flink keys a source by its element: twelve sources with one element each, and none that is split further."""
    pardos = [found for found in _primitives(graph) if found.spec.urn == "beam:transform:pardo:v1"]
    payloads = [(found, api.ParDoPayload.FromString(found.spec.payload)) for found in pardos]
    sources = [found for found, payload in payloads if payload.restriction_coder_id]
    assert sorted(found.unique_name for found in sources) == sorted(
        f"Read {part}/ReadUnbounded" for part in range(PARTITIONS)
    )
    impulses = [found for found in _primitives(graph) if found.spec.urn == "beam:transform:impulse:v1"]
    assert len(impulses) == PARTITIONS


def test_nothing_is_keyed_or_shuffled(graph):
    """No article is encoded between its source and its sink, and there is no state or timer that Flink would keep."""
    urns = {found.spec.urn for found in graph.components.transforms.values() if found.spec.urn}
    assert {found.spec.urn for found in _primitives(graph) if found.spec.payload} <= {
        "beam:transform:impulse:v1",
        "beam:transform:pardo:v1",
        "beam:transform:pickled_python:v1",
    }
    assert not [urn for urn in urns if "group_by_key" in urn or "reshuffle" in urn or "combine" in urn]
    for found in _primitives(graph):
        if found.spec.urn == "beam:transform:pardo:v1":
            payload = api.ParDoPayload.FromString(found.spec.payload)
            assert not payload.state_specs
            assert not payload.timer_family_specs
            assert not payload.side_inputs


def test_what_comes_out_of_a_source_is_endless(graph):
    """A runner that is told so makes checkpoints while it runs instead of waiting for an end."""
    for part in range(PARTITIONS):
        read = next(found for found in graph.components.transforms.values() if found.unique_name == f"Read {part}")
        for output in read.outputs.values():
            assert graph.components.pcollections[output].is_bounded == api.IsBounded.UNBOUNDED


def test_steps_run_in_the_pool_of_workers(graph):
    """EXTERNAL with the pool's address, for every step that runs Python."""
    used = {found.environment_id for found in _primitives(graph) if found.environment_id}
    for environment in (graph.components.environments[name] for name in used):
        assert environment.urn == "beam:env:external:v1"
        assert api.ExternalPayload.FromString(environment.payload).endpoint.url == "localhost:50000"


def test_flags_reach_the_job_server(options):
    """All of them are options that the SDK passes on; it drops those that it does not know."""
    told = JobServiceHandle.encode_pipeline_options(options.get_all_options())
    values = {name.split(":")[2]: value for name, value in told.items()}
    assert values["streaming"] is True
    assert values["sdk_worker_parallelism"] == "2"
    assert "environment_config" in values
