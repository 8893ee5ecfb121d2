"""The users that docker/elastic-users.sh makes, with nothing but their rights, do all that their part of the product
does: an administrator runs `kirkuk setup` once, then the jobs run as the pipeline's user.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tomli_w
from elastic_server import ELASTIC_PASSWORD, ELASTIC_USER

ROOT = Path(__file__).parents[2]
ADMIN, PIPELINE = (ELASTIC_USER, ELASTIC_PASSWORD), ("kirkuk", "pipeline-word-1")
WATCHER = ("kirkuk_watcher", "watcher-word-11")
ARTICLES = 100

pytestmark = pytest.mark.nightly


def program(folder: Path, *arguments: object, user: tuple[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a Python program as a user of the search server."""
    known = {"KIRKUK_INDEX_USERNAME": user[0], "KIRKUK_INDEX_PASSWORD": user[1], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **known}, capture_output=True, text=True, timeout=150, check=False
    )


@pytest.mark.timeout(400)
def test_the_pipelines_user_does_all_that_jobs_do(start_elastic, tmp_path):
    """Coding, alerting, reprocessing with another schema, comparing, going back, searching and the doctor; the
    watcher sees what is live and can't write.
    """
    server = start_elastic(security=True)
    passwords = {
        "ELASTIC_PASSWORD": ELASTIC_PASSWORD,
        "KIBANA_PASSWORD": "kibana-word-111",
        "PIPELINE_PASSWORD": PIPELINE[1],
        "WATCHER_PASSWORD": WATCHER[1],
        "ANALYST_PASSWORD": "analyst-word-11",
    }
    script = ["bash", str(ROOT / "docker" / "elastic-users.sh")]
    subprocess.run(
        script, env={"PATH": os.environ["PATH"], "ELASTIC_URL": server.url, **passwords}, check=True, timeout=120
    )
    config, log = tmp_path / "kirkuk.toml", f"sqlite:///{tmp_path}/log.db"
    config.write_text(
        tomli_w.dumps({"data": str(tmp_path / "data"), "log": {"url": log}, "index": {"url": server.url}})
    )
    told = []

    def kirkuk(*arguments: object, user: tuple[str, str] = PIPELINE, status: int = 0) -> str:
        done = program(tmp_path, "-m", "desk.cli", *arguments, "--config", config, user=user)
        told.append(done.stdout + done.stderr)
        assert done.returncode == status, told[-1]
        return done.stdout

    kirkuk("setup", user=ADMIN)
    written = program(tmp_path, ROOT / "tests" / "full_size" / "writer.py", log, ARTICLES, 0, user=PIPELINE)
    assert written.returncode == 0, written.stderr
    kirkuk("match", "--once")
    kirkuk("alert", "--once")
    hits = json.loads(kirkuk("search", "kirkuk", "--json"))
    assert hits
    schema = Path(shutil.copytree(ROOT / "schemas" / "kirkuk", tmp_path / "edited"))
    text = (schema / "schema.yaml").read_text()
    line = next(one for one in text.splitlines() if one.startswith("version:"))
    (schema / "schema.yaml").write_text(text.replace(line, 'version: "9.9"', 1))
    kirkuk("reprocess", "--schema", schema, "--dry-run")
    kirkuk("reprocess", "--schema", schema)
    kirkuk("diff")
    kirkuk("rollback")
    assert json.loads(kirkuk("search", "kirkuk", "--json")) == hits
    assert json.loads(kirkuk("search", "kirkuk", "--json", user=WATCHER)) == hits
    kirkuk("doctor")
    names = set(server.api("GET", "/kirkuk-*/_alias").body)
    assert len(names) == 8, "a live generation and one to go back to; the rehearsal's is gone"
    assert not any(word in text for text in told for word in passwords.values())
