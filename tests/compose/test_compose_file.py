"""What docker-compose.yml promises: every service is limited, watched, unprivileged, and reached only where needed."""

import re
import tomllib
from pathlib import Path
from typing import Any

import apache_beam
import pytest

ROOT = Path(__file__).parents[2]
Services = dict[str, dict[str, Any]]

ONCE = {"elastic-users", "setup", "kibana-setup", "flink-volumes"}
OURS = {"setup", "kibana-setup", "ingest", "match", "alert", "beam-worker", "match-flink"}
# The one that runs as root: it may give files away, reaches no network, and ends.
ROOT_ONES = {"flink-volumes"}
# These write into folders of their image at start.
WRITABLE_ROOT = {"kafka", "elasticsearch", "kibana", "jobmanager", "taskmanager", "beam-job-server"}
BYTES_OF_MACHINE = 24 * 2**30


def test_the_services_are_these(services: Services) -> None:
    """Servers, set-up, stages and the parts of Flink; what is not in a profile starts by itself."""
    by_profile = {name: tuple(service.get("profiles", ())) for name, service in services.items()}
    assert {name for name, profiles in by_profile.items() if not profiles} == {
        "kafka", "elasticsearch", "kibana", "elastic-users", "setup", "kibana-setup", "ingest", "alert",
    }  # fmt: skip
    assert {name for name, profiles in by_profile.items() if profiles == ("epochs",)} == {"match"}
    assert {name for name, profiles in by_profile.items() if profiles == ("flink",)} == {
        "flink-volumes", "jobmanager", "taskmanager", "beam-worker", "beam-job-server", "match-flink",
    }  # fmt: skip


def test_images_are_pinned(services: Services) -> None:
    """Every image has a tag with a full version; ours is the project's version and is built from this tree."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for name, service in services.items():
        image, _, tag = service["image"].rpartition(":")
        assert re.match(r"\d+\.\d+\.\d+", tag), service["image"]
        if name in OURS:
            assert (image, tag) == ("kirkuk-worker" if name == "beam-worker" else "kirkuk", version)
            assert Path(service["build"]["context"]) == ROOT
            assert service["build"]["target"] == ("worker" if name == "beam-worker" else "app")


def test_elastic_and_kibana_have_one_version(services: Services) -> None:
    """Kibana, the search server and what sets up its users are of one release, which the Python client speaks with."""
    tags = {services[name]["image"].rpartition(":")[2] for name in ("elasticsearch", "kibana", "elastic-users")}
    assert len(tags) == 1
    client = re.search(r"^elasticsearch==(\d+\.\d+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert client is not None
    assert tags.pop().startswith(client[1] + ".")


def test_nobody_runs_as_root(services: Services) -> None:
    """Every service names a user that is not root, but the one that gives new volumes to Flink."""
    roots = {name for name, service in services.items() if str(service["user"]).partition(":")[0] in {"0", "root"}}
    assert roots == ROOT_ONES
    assert services["flink-volumes"]["cap_add"] == ["CHOWN"]
    assert services["flink-volumes"]["network_mode"] == "none"


def test_nobody_has_rights_to_spare(services: Services) -> None:
    """All capabilities are dropped, none can be gained, nothing is privileged, roots are read-only where possible."""
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert "pid" not in service, name
        if name not in ROOT_ONES:
            assert "cap_add" not in service, name
        assert service.get("read_only", False) == (name not in WRITABLE_ROOT), name
        mounts = [volume for volume in service.get("volumes", ()) if volume["type"] == "bind"]
        assert all(volume["read_only"] for volume in mounts), name
        assert not any("docker.sock" in volume["source"] for volume in mounts), name


def test_everything_has_limits(services: Services) -> None:
    """Each service has limits of memory, processors, processes and log files; a profile fits a machine of 24 GiB."""
    for name, service in services.items():
        assert int(service["mem_limit"]) > 0, name
        assert float(service["cpus"]) > 0, name
        assert int(service["pids_limit"]) > 0, name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name
    for profile in ("epochs", "flink"):
        running = [
            int(service["mem_limit"])
            for name, service in services.items()
            if name not in ONCE and service.get("profiles", [profile]) == [profile]
        ]
        assert sum(running) < BYTES_OF_MACHINE, profile


@pytest.mark.parametrize(
    "name,heap,variable",
    [
        ("kafka", r"-Xmx(\d+)g", "KAFKA_HEAP_OPTS"),
        ("elasticsearch", r"-Xmx(\d+)g", "ES_JAVA_OPTS"),
        ("jobmanager", r"jobmanager\.memory\.process\.size: (\d+)m", "FLINK_PROPERTIES"),
        ("taskmanager", r"taskmanager\.memory\.process\.size: (\d+)m", "FLINK_PROPERTIES"),
        ("kibana", r"max-old-space-size=(\d+)", "NODE_OPTIONS"),
    ],
)
def test_heaps_fit_their_limits(services: Services, name: str, heap: str, variable: str) -> None:
    """Java's heaps take half of their container at most (the rest is page cache and buffers), the others leave room."""
    found = re.search(heap, services[name]["environment"][variable])
    assert found is not None
    is_heap = "Xmx" in heap
    heap_bytes = int(found[1]) * (2**30 if is_heap else 2**20)
    assert heap_bytes <= int(services[name]["mem_limit"]) * (0.5 if is_heap else 0.9)


def test_what_goes_on_is_restarted_and_watched(services: Services) -> None:
    """Everything that is to run on is restarted and has a health check; what runs to its end has neither."""
    for name, service in services.items():
        assert service["restart"] == ("no" if name in ONCE else "unless-stopped"), name
        assert ("healthcheck" in service) == (name not in ONCE), name


def test_only_kibana_is_published_and_only_to_this_machine(services: Services) -> None:
    """One port is published, on the loopback address."""
    published = [(name, port) for name, service in services.items() for port in service.get("ports", ())]
    assert [(name, port["host_ip"], port["target"]) for name, port in published] == [("kibana", "127.0.0.1", 5601)]


def test_only_who_must_reaches_the_world(services: Services, project: dict[str, Any]) -> None:
    """The servers' network leads nowhere; feeds, channels and the published port are on another one."""
    assert project["networks"]["inner"]["internal"] is True
    outside = {name for name, service in services.items() if "outer" in (service.get("networks") or {})}
    assert outside == {"ingest", "alert", "kibana"}
    elsewhere = {name for name, service in services.items() if "network_mode" in service}
    assert all("inner" in service["networks"] for name, service in services.items() if name not in elsewhere)


def test_passwords_go_only_to_who_needs_them(services: Services, example_variables: dict[str, str]) -> None:
    """The superuser's password reaches set-up and the server alone; who reads feeds can't change the index."""
    holders = {
        variable: {name for name, service in services.items() if value in str(service.get("environment"))}
        for variable, value in example_variables.items()
        if variable != "COMPOSE_PROFILES"
    }
    stages = {"match", "alert", "match-flink", "beam-worker"}
    assert holders == {
        "KAFKA_BROKER_PASSWORD": {"kafka"},
        "KAFKA_CLIENT_PASSWORD": {"kafka", "setup", "kibana-setup", "ingest", *stages},
        "ELASTIC_PASSWORD": {"elasticsearch", "elastic-users", "setup", "kibana-setup"},
        "KIBANA_PASSWORD": {"kibana", "elastic-users"},
        "PIPELINE_PASSWORD": {"elastic-users", *stages},
        "WATCHER_PASSWORD": {"elastic-users", "ingest"},
        "ANALYST_PASSWORD": {"elastic-users"},
        "KIBANA_OBJECTS_KEY": {"kibana"},
        "KIBANA_SESSION_KEY": {"kibana"},
    }


def test_passwords_are_in_no_command(services: Services, example_variables: dict[str, str]) -> None:
    """Whoever lists processes sees no password: commands and health checks read them where they run."""
    secrets = [value for name, value in example_variables.items() if name != "COMPOSE_PROFILES"]
    for name, service in services.items():
        told = str([service.get("command"), service.get("entrypoint"), service.get("healthcheck")])
        assert not any(secret in told for secret in secrets), name


def test_things_start_in_an_order_that_works(services: Services) -> None:
    """A server is waited for until it is healthy, a set-up until it has succeeded, and stages wait for both."""
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert how["condition"] == expected, (name, other)
            assert how["required"] is True, (name, other)
            assert set(services[other].get("profiles", ())) <= set(service.get("profiles", ())), (name, other)
    for stage in OURS - {"setup", "kibana-setup", "beam-worker"}:
        assert {"kafka", "setup"} <= set(services[stage]["depends_on"]), stage
    assert {"elastic-users", "elasticsearch"} <= set(services["kibana"]["depends_on"])
    assert "elastic-users" in services["setup"]["depends_on"]
    assert {"kibana", "setup"} <= set(services["kibana-setup"]["depends_on"])


def test_data_is_on_named_volumes(services: Services, project: dict[str, Any]) -> None:
    """What must outlive a container is on a volume, where the images keep it."""
    kept = {
        (name, volume["source"], volume["target"])
        for name, service in services.items()
        for volume in service.get("volumes", ())
        if volume["type"] == "volume"
    }
    assert {
        ("kafka", "kafka-data", services["kafka"]["environment"]["KAFKA_LOG_DIRS"]),
        ("elasticsearch", "elastic-data", "/usr/share/elasticsearch/data"),
        ("kibana", "kibana-data", "/usr/share/kibana/data"),
    } <= kept
    assert {source for _, source, _ in kept} == set(project["volumes"])
    ours = {target for name, _, target in kept if name in OURS}
    assert ours == {services["ingest"]["environment"]["KIRKUK_DATA"]}


def test_our_services_can_write_only_where_it_is_kept_or_gone(services: Services) -> None:
    """With a read-only root, ours write to the state volume and a bounded /tmp. The log's folder is one for all: by
    its lock files writers wait for each other instead of taking the log from one another.
    """
    for name in OURS:
        assert services[name]["tmpfs"] == ["/tmp:size=256m,mode=1777"], name
        assert services[name]["environment"]["KIRKUK_LOG_STATE"] == "/var/lib/kirkuk/log"
        mounts = {volume["target"]: volume for volume in services[name]["volumes"]}
        assert mounts["/var/lib/kirkuk"]["source"] == "kirkuk-state"
        assert not mounts["/var/lib/kirkuk"].get("read_only", False)


def test_beam_is_one_version_everywhere(services: Services) -> None:
    """Job server, boot program and installed Beam are one version; worker and submitter have one Python."""
    beam = apache_beam.__version__
    job_server = re.fullmatch(r"apache/beam_flink(\d+\.\d+)_job_server:(.+)", services["beam-job-server"]["image"])
    assert job_server is not None
    assert job_server[2] == beam
    images = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    pythons = {match[1] for image in images if (match := re.match(r"python:(\d+\.\d+)\.\d+-", image))}
    boots = {match.groups() for image in images if (match := re.match(r"apache/beam_python(\d+\.\d+)_sdk:(.+)", image))}
    assert len(pythons) == 1
    assert boots == {(pythons.pop(), beam)}
    flinks = {services[name]["image"] for name in ("jobmanager", "taskmanager", "flink-volumes")}
    assert len(flinks) == 1
    assert flinks.pop().startswith(f"flink:{job_server[1]}.")
