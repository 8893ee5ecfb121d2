"""The images: linted, built from what they need and from no more, and the wheel in them is complete."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WHEEL = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]


def run(*command: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def hadolint(path: Path) -> "subprocess.CompletedProcess[str]":
    return run(str(Path(sys.executable).parent / "hadolint"), "--failure-threshold", "info", str(path))


def test_the_dockerfile_is_clean() -> None:
    """The linter has nothing to say about it, not even as information."""
    checked = hadolint(DOCKERFILE)
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize(
    "before,after,rule",
    [
        ("FROM python:3.11.14-slim-bookworm AS app", "FROM python:latest AS app", "DL3007"),
        ("USER 10001:10001", "USER root", "DL3002"),
        ('ENTRYPOINT ["kirkuk"]', "ENTRYPOINT kirkuk", "DL3025"),
        ("    && pip check", "    && cd /tmp && pip check", "DL3003"),
    ],
)
def test_a_bad_dockerfile_is_found(before: str, after: str, rule: str, tmp_path: Path) -> None:
    """The linter's silence says something: floating tags, root and shell forms are told."""
    text = DOCKERFILE.read_text("utf-8")
    assert before in text
    # Root is told only where nothing comes behind it.
    cut = text[: text.index("FROM apache/beam")] if rule == "DL3002" else text
    (tmp_path / "Dockerfile").write_text(cut.replace(before, after), "utf-8")
    checked = hadolint(tmp_path / "Dockerfile")
    assert checked.returncode == 1
    assert rule in checked.stdout


def test_the_scripts_are_clean() -> None:
    """The shell linter has nothing to say about the scripts of docker/."""
    scripts = [str(path) for path in sorted((ROOT / "docker").glob("*.sh"))]
    checked = run(str(Path(sys.executable).parent / "shellcheck"), *scripts)
    assert scripts
    assert (checked.returncode, checked.stdout) == (0, "")


def test_packages_are_pinned_and_the_builder_gets_what_it_copies() -> None:
    """Every package is installed under the constraints, or without dependencies at all, and what COPY names gets
    through .dockerignore.
    """
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text("utf-8"))
    for command in re.findall(r"pip install [^&\n]*|pip wheel [^&\n]*", text):
        assert "--constraint constraints.txt" in command or "--no-deps" in command, command
    lines = re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
    sources = {part for line in lines for part in line.split()[:-1] if not part.startswith("--")}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert {source.partition("/")[0] for source in sources} == allowed
    assert all((ROOT / source).exists() for source in sources)
    assert {*WHEEL["packages"], *WHEEL["force-include"], PYPROJECT["project"]["readme"]} <= sources


def test_the_drivers_of_the_full_size_are_installed() -> None:
    """The list that the image installs has the requirements of the program and of the extra `full`, each pinned."""
    listed = run(
        sys.executable, "-I", str(ROOT / "docker" / "list_requirements.py"), str(ROOT / "pyproject.toml"), "full"
    )
    lines = listed.stdout.splitlines()
    project = PYPROJECT["project"]
    assert lines == [*project["dependencies"], *project["optional-dependencies"]["full"]]
    constraints = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in constraints}
    for line in lines:
        match = re.match(r"[A-Za-z0-9._-]+", line)
        assert match is not None
        assert re.sub(r"[-_.]+", "-", match[0]).lower() in pinned, line


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, unpacked: what `pip install --no-deps` would put into the image."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_has_every_file_of_the_packages(installed: Path) -> None:
    """Schemas, lexicons, index templates, dashboards and the default settings are in the wheel, not only the code."""
    names = run("git", "ls-files", "--", *WHEEL["packages"], cwd=ROOT).stdout.splitlines()
    kept = [name for name in names if (ROOT / name).exists()]
    assert [name for name in kept if not (installed / name).is_file()] == []
    assert any(name.endswith(".yaml") for name in kept)
    for settings in (ROOT / "config").iterdir():
        assert (installed / "desk" / "default_config" / settings.name).read_bytes() == settings.read_bytes()


@pytest.mark.parametrize("arguments", [["--help"], ["schema", "check"], ["match", "-", "--json"]])
def test_the_installed_program_works_where_nothing_else_is(
    installed: Path, arguments: list[str], tmp_path: Path
) -> None:
    """From an empty folder, with the wheel's files alone, the commands find schema and settings."""
    program = (
        f"import desk, sys; assert desk.__file__.startswith({str(installed)!r}); from desk.cli import main; main()"
    )
    environment = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    line = '{"id": "1", "text": "Iraqi forces seized the K1 base near Kirkuk.", "published": "2017-10-16T06:00:00Z"}\n'
    done = run(sys.executable, "-c", program, *arguments, cwd=tmp_path, env=environment, input=line)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert "match" not in arguments or '"relevant":true' in done.stdout
    assert list(tmp_path.iterdir()) == []
