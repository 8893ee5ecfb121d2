"""The check of the compose file finds faults, so that its silence says something; and no password has a default."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"

Resolve = Callable[..., subprocess.CompletedProcess[str]]

FAULTS = {
    "unknown key": ("    stop_grace_period: 120s\n", "    stop_grace_perod: 120s\n", "stop_grace_perod"),
    "undefined dependency": ("elastic-users: {condition:", "elastic-user: {condition:", "elastic-user"),
    "bad condition": (
        "kafka: {condition: service_healthy}",
        "kafka: {condition: service_well}",
        "depends_on.kafka.condition",
    ),
    "undefined volume": ("kibana-data:/usr", "kibana-dota:/usr", "kibana-dota"),
    "undefined network": ("networks: [inner, outer]", "networks: [inner, outside]", "outside"),
    "wrong type": ("cpus: 2\n    pids_limit: 1024", "cpus: [2]\n    pids_limit: 1024", "cpus"),
    "network of no service": ("service:taskmanager", "service:taskmaster", "taskmaster"),
    "a cycle": ("elasticsearch: {condition: service_healthy}", "match-flink: {condition: service_healthy}", "cycle"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_file_is_refused_with_the_fault_named(
    fault: str, resolve: Resolve, example_variables: dict[str, str], tmp_path: Path
) -> None:
    """Each kind of mistake that an edit can make ends the check with status 1 and its place."""
    before, after, named = FAULTS[fault]
    text = COMPOSE_FILE.read_text("utf-8")
    assert before in text
    faulty = tmp_path / "docker-compose.yml"
    faulty.write_text(text.replace(before, after), "utf-8")
    resolved = resolve(faulty, example_variables)
    assert resolved.returncode == 1
    assert named in resolved.stderr


def test_no_variable_may_be_left_out_or_empty(resolve: Resolve, example_variables: dict[str, str]) -> None:
    """Without any one of the variables of .env.example, or with it empty, nothing starts, and it is named."""
    for name in example_variables:
        for variables in (
            {key: value for key, value in example_variables.items() if key != name},
            example_variables | {name: ""},
        ):
            resolved = resolve(COMPOSE_FILE, variables)
            assert resolved.returncode == 1, name
            assert f"required variable {name} is missing" in resolved.stderr


def test_the_file_asks_for_exactly_what_the_example_explains(example_variables: dict[str, str]) -> None:
    """.env.example has every variable of the compose file and no other; none has a default anywhere."""
    text = COMPOSE_FILE.read_text("utf-8")
    # `$$` is a dollar for the container's own shell.
    used = re.findall(r"(?<!\$)\$\{([A-Z_]+)([^}]*)\}", text)
    assert {name for name, _ in used} == set(example_variables)
    assert {operator[:2] for _, operator in used} <= {"", ":?"}


def test_the_example_holds_no_secret() -> None:
    """In .env.example only the choice of profile has a value."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    filled = [line for line in lines if re.match(r"[A-Z_]+=.", line)]
    assert filled == ["COMPOSE_PROFILES=epochs"]


def test_the_command_in_the_example_makes_a_file_that_starts(resolve: Resolve, tmp_path: Path) -> None:
    """The one-line command that .env.example gives fills in every line, each with another value."""
    comments = [
        line.removeprefix("#").strip()
        for line in (ROOT / ".env.example").read_text("utf-8").splitlines()
        if line.startswith("#     ")
    ]
    first = next(number for number, line in enumerate(comments) if line.startswith("sed "))
    command = "\n".join(comments[first:])
    (tmp_path / ".env.example").write_bytes((ROOT / ".env.example").read_bytes())
    subprocess.run(["bash", "-euc", command], cwd=tmp_path, check=True, timeout=60)
    made = dict(
        line.split("=", 1)
        for line in (tmp_path / ".env").read_text("utf-8").splitlines()
        if re.match(r"[A-Z_]+=", line)
    )
    assert resolve(COMPOSE_FILE, made).returncode == 0
    assert made.pop("COMPOSE_PROFILES") == "epochs"
    assert len(set(made.values())) == len(made)
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in made.values())


def test_secrets_are_kept_out_of_image_and_history() -> None:
    """.env and channels.env are ignored by git, and .dockerignore lets through neither."""
    for name in (".env", "channels.env"):
        ignored = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=ROOT)
        assert ignored.returncode == 0, name
    allowed = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    assert not any("env" in line for line in allowed)


def test_a_second_task_manager_comes_as_the_runbook_says(
    resolve: Resolve, example_variables: dict[str, str], tmp_path: Path
) -> None:
    """The override file of docs/runbook.md resolves: a second pair, with the worker in its task manager's network."""
    page = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(services:\n  taskmanager-2:.*?)```", page, re.DOTALL)
    override = ROOT / "docker-compose.yml"
    second = tmp_path / "docker-compose.override.yml"
    second.write_text(block.replace("file: docker-compose.yml", f"file: {override}"), "utf-8")
    resolved = resolve(COMPOSE_FILE, example_variables, second)
    assert resolved.returncode == 0, resolved.stderr
    services = json.loads(resolved.stdout)["services"]
    worker = services["beam-worker-2"]
    assert worker["network_mode"] == "service:taskmanager-2"
    assert set(worker["depends_on"]) == {"taskmanager-2"}
    assert worker["environment"] == services["beam-worker"]["environment"]
    assert services["taskmanager-2"]["volumes"] == services["taskmanager"]["volumes"]


def test_the_check_itself_is_clean(resolve: Resolve) -> None:
    """The Go program is formatted, go vet has nothing to say, and it needs one module beside Go's own."""
    folder = Path(__file__).parent / "check"
    unformatted = subprocess.run(["gofmt", "-l", "."], cwd=folder, capture_output=True, text=True)
    assert (unformatted.returncode, unformatted.stdout) == (0, "")
    vetted = subprocess.run(["go", "vet", "./..."], cwd=folder, capture_output=True, text=True)
    assert vetted.returncode == 0, vetted.stderr
    needed = [line for line in (folder / "go.mod").read_text("utf-8").splitlines() if " v" in line]
    assert len([line for line in needed if "// indirect" not in line]) == 1
