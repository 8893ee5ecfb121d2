"""docs/kubernetes.md: its manifests are valid, agree with the compose file, and its sizes rest on measured figures."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from connectors import access
from desk.settings import CONFIG_VARIABLE, load_settings, variable_names

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "kubernetes.md").read_text("utf-8")
MANIFESTS: list[dict[str, Any]] = [
    document for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) for document in yaml.safe_load_all(block)
]
CUSTOM = {"Kafka", "KafkaNodePool", "KafkaUser", "Elasticsearch", "Kibana", "FlinkDeployment"}
BUILT_IN = [manifest for manifest in MANIFESTS if manifest["kind"] not in CUSTOM]


def pods() -> list[dict[str, Any]]:
    """Every pod that the manifests describe, those inside the Flink deployment included."""
    (flink,) = (manifest["spec"] for manifest in MANIFESTS if manifest["kind"] == "FlinkDeployment")
    templates = [manifest["spec"]["template"] for manifest in BUILT_IN if "template" in manifest.get("spec", {})]
    return [template["spec"] for template in templates] + [flink["taskManager"]["podTemplate"]["spec"]]


def ours() -> list[dict[str, Any]]:
    """The containers of our own images."""
    return [container for pod in pods() for container in pod["containers"] if "kirkuk" in container.get("image", "")]


@pytest.mark.parametrize(
    "manifest", BUILT_IN, ids=lambda manifest: f"{manifest['kind']}-{manifest['metadata']['name']}"
)
def test_the_manifest_is_valid(manifest: dict[str, Any]) -> None:
    """Kubernetes' own schema takes it, unknown keys refused."""
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_a_faulty_manifest_is_found() -> None:
    """The check's silence says something: a wrong type and an unknown key are refused."""
    (deployment,) = (
        item for item in BUILT_IN if item["metadata"]["name"] == "kirkuk-alert" and "template" in item["spec"]
    )
    for fault in ({"replicas": "one"}, {"replica": 1}):
        faulty = deployment | {"spec": deployment["spec"] | fault}
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(faulty, kubernetes_validate.latest_version(), strict=True)


def test_every_kind_is_either_known_to_kubernetes_or_named_as_an_operators() -> None:
    """No manifest slips through unchecked because its kind is written wrongly."""
    assert {manifest["kind"] for manifest in MANIFESTS} >= CUSTOM
    assert {manifest["metadata"]["namespace"] for manifest in MANIFESTS} == {"kirkuk"}


def test_versions_are_those_of_the_compose_file(services: dict[str, dict[str, Any]]) -> None:
    """The same releases of everything as on one machine, which the tests know."""
    tags = {name: service["image"].rpartition(":")[2] for name, service in services.items()}
    by_kind = {manifest["kind"]: manifest["spec"] for manifest in MANIFESTS if "spec" in manifest}
    assert by_kind["Kafka"]["kafka"]["version"] == tags["kafka"]
    assert by_kind["Elasticsearch"]["version"] == by_kind["Kibana"]["version"] == tags["elasticsearch"]
    images = {container["image"] for pod in pods() for container in pod["containers"] if "image" in container}
    images.add(by_kind["FlinkDeployment"]["image"])
    assert {image.removeprefix("REGISTRY/") for image in images} == {
        services[name]["image"] for name in ("alert", "beam-worker", "beam-job-server", "jobmanager")
    }


def test_the_settings_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable is a setting or a credential, and the values fit."""
    (settings,) = (item["data"] for item in BUILT_IN if item["metadata"]["name"] == "kirkuk-settings")
    given = {*settings, *(entry["name"] for container in ours() for entry in container.get("env", ()))}
    assert given <= {*variable_names(), *access.VARIABLES, CONFIG_VARIABLE}
    loaded = load_settings(environ=settings | {CONFIG_VARIABLE: str(ROOT / "config" / "kirkuk.toml")})
    assert (loaded.ingest.concurrency, loaded.ingest.first_polls_per_s) == (128, 50)
    assert not [name for name in settings if name.endswith(("PASSWORD", "API_KEY"))]


def test_our_pods_have_no_rights_to_spare() -> None:
    """Not root, no privileges, a read-only root, limited memory: as on one machine."""
    assert len(ours()) == 3
    for container in ours():
        context = container["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert "memory" in container["resources"]["limits"]
    for pod in pods():
        runs_as = [pod.get("securityContext", {}), *(item.get("securityContext", {}) for item in pod["containers"])]
        assert any(context.get("runAsNonRoot") for context in runs_as)
        for container in pod["containers"]:
            mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
            assert mounted <= {volume["name"] for volume in pod.get("volumes", ())}


def test_roles_are_those_of_the_script() -> None:
    """The pipeline and the analyst may do here what they may do on one machine."""
    (secret,) = (item for item in BUILT_IN if item["metadata"]["name"] == "kirkuk-roles")
    script = (ROOT / "docker" / "elastic-users.sh").read_text("utf-8")
    by_name = dict(re.findall(r"role/(\w+) <<'JSON'\n(.*?)\nJSON", script, re.DOTALL))
    assert yaml.safe_load(secret["stringData"]["roles.yml"]) == {
        name: yaml.safe_load(body) for name, body in by_name.items()
    }


def test_sizes_rest_on_figures_that_are_in_the_benchmarks() -> None:
    """Each measured figure of the sizing table stands, word for word, in benchmarks/README.md: when one is measured
    anew, the sizes are to be worked out again.
    """
    table = PAGE[PAGE.index("| what | measured |") : PAGE.index("So the machines are chosen")]
    figures = re.findall(r"`([^`]+)`", table)
    benchmarks = re.sub(r"\s+", " ", (ROOT / "benchmarks" / "README.md").read_text("utf-8"))
    assert len(figures) >= 8
    assert [figure for figure in figures if figure not in benchmarks] == []
