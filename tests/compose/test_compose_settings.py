"""What the compose file tells the program is what the program understands."""

import re
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import FlinkRunnerOptions, PipelineOptions, PortableOptions
from click.testing import CliRunner

from connectors import access
from connectors.kafka_options import client_settings, parse_kafka_url
from desk.cli import cli
from desk.settings import CONFIG_VARIABLE, Settings, load_settings, variable_names

ROOT = Path(__file__).parents[2]
OURS = ("setup", "kibana-setup", "ingest", "match", "alert", "beam-worker", "match-flink")
CODING = ("match", "match-flink")

Services = dict[str, dict[str, Any]]


def settings_of(service: dict[str, Any]) -> Settings:
    """Load a service's settings as it would itself, its mounted config/ being that of this tree."""
    environment = dict(service["environment"])
    mounted = {volume["target"]: volume["source"] for volume in service["volumes"] if volume["type"] == "bind"}
    if CONFIG_VARIABLE in environment:
        path = Path(environment[CONFIG_VARIABLE])
        environment[CONFIG_VARIABLE] = str(Path(mounted[str(path.parent)]) / path.name)
    return load_settings(environ=environment)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_with_a_fitting_value(services: Services, name: str) -> None:
    """Each KIRKUK_ variable is a setting or a credential by name, and the settings load with all of them."""
    known = {*variable_names(), *access.VARIABLES, CONFIG_VARIABLE}
    given = {variable for variable in services[name]["environment"] if variable.startswith("KIRKUK_")}
    assert given <= known
    assert settings_of(services[name]).data_dir == "/var/lib/kirkuk"


@pytest.mark.parametrize("name", OURS)
def test_all_come_to_the_same_log(services: Services, name: str) -> None:
    """Each of ours reaches the broker that the file starts, at the listener it has, by the mechanism that it offers."""
    broker = services["kafka"]["environment"]
    environment = services[name]["environment"]
    options = parse_kafka_url(settings_of(services[name]).log_url)
    assert [f"CLIENT://{address}" for address in options.bootstrap] == [broker["KAFKA_ADVERTISED_LISTENERS"]]
    client = client_settings(options, environment)
    assert f"CLIENT:{client['security_protocol']}" in broker["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]
    assert client["sasl_mechanism"] in broker["KAFKA_SASL_ENABLED_MECHANISMS"]
    user = f'user_{client["sasl_plain_username"]}="{client["sasl_plain_password"]}"'
    assert user in broker["KAFKA_LISTENER_NAME_CLIENT_PLAIN_SASL_JAAS_CONFIG"]


def test_all_write_to_the_same_partitions(services: Services) -> None:
    """The number of partitions is one for all: revisions of an article would overtake each other otherwise."""
    assert len({settings_of(services[name]).log_url for name in OURS}) == 1


def test_an_event_of_the_largest_size_passes(services: Services) -> None:
    """The broker takes as large a request as the log may send."""
    from connectors.kafka_options import MAX_REQUEST_BYTES

    broker = services["kafka"]["environment"]
    for limit in ("KAFKA_MESSAGE_MAX_BYTES", "KAFKA_REPLICA_FETCH_MAX_BYTES"):
        assert int(broker[limit]) >= MAX_REQUEST_BYTES


@pytest.mark.parametrize("name", [name for name in OURS if name not in {"beam-worker", "match-flink"}])
def test_every_command_is_one(services: Services, name: str) -> None:
    """Each service's command is a command of kirkuk, with options that it has."""
    answer = CliRunner().invoke(cli, [*services[name]["command"], "--help"])
    assert answer.exit_code == 0, answer.output


def test_health_is_asked_where_it_is_served(services: Services) -> None:
    """The stages' health checks ask the port that they are told to serve metrics on."""
    for name in ("ingest", "match", "alert", "match-flink"):
        assert settings_of(services[name]).metrics.listen == "0.0.0.0:9464"
        assert "http://127.0.0.1:9464/health/live" in str(services[name]["healthcheck"]["test"])


def test_articles_are_coded_in_epochs_or_on_flink(services: Services) -> None:
    """The service of each profile runs the match job in its way; both read and write the same places."""
    epochs, flink = (settings_of(services[name]) for name in CODING)
    assert (epochs.match.streaming, epochs.match.runner) == (False, "FnApiRunner")
    assert (flink.match.streaming, flink.match.runner) == (True, "PortableRunner")
    assert (epochs.log_url, epochs.index_url) == (flink.log_url, flink.index_url)
    # One lock file, so that the two can't run beside each other on one state volume.
    assert epochs.data_dir == flink.data_dir


def test_flink_is_told_what_it_needs(services: Services) -> None:
    """The flags pass the program's own checks, and point at job server and worker pool of the file."""
    from pipelines.jobs.runner_flags import check_streaming, is_flink, parse_flags

    settings = settings_of(services["match-flink"])
    flags = parse_flags(settings.match.beam_args)
    assert is_flink(settings.match.runner, flags)
    urls = (settings.log_url, settings.index_url)
    assert check_streaming(settings.match.runner, settings.match.beam_args, urls) == "beam-job-server:8099"
    portable = PipelineOptions(list(settings.match.beam_args)).view_as(PortableOptions)
    assert portable.artifact_endpoint == "beam-job-server:8098"
    assert (portable.environment_type, portable.environment_config) == ("EXTERNAL", "localhost:50000")
    command = services["beam-job-server"]["command"]
    assert {"--job-host=beam-job-server", "--job-port=8099", "--artifact-port=8098"} <= set(command)


def test_flink_makes_checkpoints(services: Services) -> None:
    """Checkpointing is on, for the job by Beam's flag and for the cluster, on a volume that outlives the containers."""
    from pipelines.jobs.runner_flags import parse_flags

    flags = parse_flags(settings_of(services["match-flink"]).match.beam_args)
    assert int(flags["checkpointing_interval"]) > 0
    for name in ("jobmanager", "taskmanager"):
        lines = services[name]["environment"]["FLINK_PROPERTIES"].splitlines()
        properties = dict(line.split(": ", 1) for line in lines)
        folder = properties["execution.checkpointing.dir"].removeprefix("file://")
        assert any(folder.startswith(volume["target"] + "/") for volume in services[name]["volumes"])
        assert properties["jobmanager.rpc.address"] == "jobmanager"


def test_flink_has_slots_and_partitions_enough(services: Services) -> None:
    """There is a slot for each subtask, and three partitions or more: placed by hash, fewer would leave some idle."""
    from pipelines.jobs.runner_flags import parse_flags

    settings = settings_of(services["match-flink"])
    parallelism = int(parse_flags(settings.match.beam_args)["parallelism"])
    properties = services["taskmanager"]["environment"]["FLINK_PROPERTIES"]
    slots = int(properties.partition("taskmanager.numberOfTaskSlots: ")[2].split()[0])
    assert slots >= parallelism
    assert (parse_kafka_url(settings.log_url).partitions or 1) >= 3 * parallelism


def test_this_beam_knows_this_flink(services: Services) -> None:
    """The installed Beam publishes a job server for the Flink that the file starts."""
    minor = re.match(r"flink:(\d+\.\d+)\.", services["jobmanager"]["image"])
    assert minor is not None
    assert minor[1] in FlinkRunnerOptions.PUBLISHED_FLINK_VERSIONS


def test_the_worker_pool_shares_the_task_managers_loopback(services: Services) -> None:
    """Beam's endpoints are bound to the loopback address, so the pool is in the task manager's network namespace, and
    is started again with it.
    """
    worker = services["beam-worker"]
    assert worker["network_mode"] == "service:taskmanager"
    assert worker["depends_on"]["taskmanager"] == {
        "condition": "service_healthy",
        "restart": True,
        "required": True,
    }
    properties = services["taskmanager"]["environment"]["FLINK_PROPERTIES"]
    # What docker/worker-pool.sh looks at.
    assert "taskmanager.rpc.port: 6122" in properties


def test_workers_can_open_what_the_submitter_names(services: Services) -> None:
    """Steps open log and index where they run, from the worker's own environment: it has the submitter's access, and
    sees the same folders.
    """
    worker, submitter = services["beam-worker"], services["match-flink"]
    for variable, value in submitter["environment"].items():
        if variable.startswith(("KIRKUK_LOG_", "KIRKUK_INDEX_")):
            assert worker["environment"][variable] == value
    seen = {volume["target"] for volume in worker["volumes"]}
    assert {volume["target"] for volume in submitter["volumes"]} - seen == {"/cancel_flink_jobs.py"}


def test_artifacts_are_at_one_path(services: Services) -> None:
    """The job server writes the job's files where the task manager reads them: one volume at one path."""
    command = services["beam-job-server"]["command"]
    path = next(part for part in command if part.startswith("--artifacts-dir=")).partition("=")[2]
    for name in ("beam-job-server", "jobmanager", "taskmanager", "flink-volumes"):
        mounts = {volume["target"]: volume["source"] for volume in services[name]["volumes"]}
        assert mounts[path] == "beam-artifacts", name


def test_each_partition_is_an_element_of_its_own() -> None:
    """The endless graph has one source for each partition: Flink would run what comes from one element in one task."""
    import apache_beam as beam

    from pipelines import transforms
    from pipelines.match_plan import Plan, Span

    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions(flags=[]))
    url = "kafka://kafka:9092/kirkuk"
    plan = Plan(url, url, "http://elasticsearch:9200", str(ROOT / "schemas" / "kirkuk"), "digest", "generation")
    transforms.build(pipeline, plan, [Span(part, 0) for part in range(12)])
    components = pipeline.to_runner_api().components
    urns = [transform.spec.urn for transform in components.transforms.values()]
    assert urns.count("beam:transform:impulse:v1") == 12
    # Nothing brings the partitions together again, which would put them into one task after all.
    assert "beam:transform:group_by_key:v1" not in urns
    assert "beam:transform:reshuffle:v1" not in urns
