"""The Beam room's crash kit and desks, for reprocessing."""

import shutil
import threading
from pathlib import Path

import pytest

from connectors.ports import SystemClock
from pipelines.jobs.reprocess import ReprocessOptions, run_reprocess
from schemas.rules import load_rules
from tests.beam.conftest import desk, desk_class, new_desk, play, schema_dir

RULES_TOML = """
[[rule]]
name = "everything"
changes = ["opened", "denied", "confirmed", "corroborated:2", "corroborated:3"]
"""

__all__ = ["desk", "desk_class", "new_desk", "play", "schema_dir"]


@pytest.fixture
def rules(tmp_path):
    """Rules that alert on everything new."""
    path = tmp_path / "alerts.toml"
    path.write_text(RULES_TOML, "utf-8")
    return load_rules(path)


@pytest.fixture
def reprocess(rules):
    """Run reprocessing on a desk to its end."""

    def run(desk, schema_dir=None, *, stop=None, progress=lambda _: None, dry_run=False, **options):
        return run_reprocess(
            desk.log_url,
            desk.index_url,
            schema_dir or desk.schema_dir,
            rules,
            ReprocessOptions(**{"batch_size": 20, **options}),
            stop=stop or threading.Event(),
            clock=SystemClock(),
            progress=progress,
            dry_run=dry_run,
        )

    return run


@pytest.fixture
def edited_schema(tmp_path, schema_dir):
    """The shipped schema as version 1.1, in which the PUK is called otherwise: what it does is nobody's."""
    folder = Path(shutil.copytree(schema_dir, tmp_path / "edited"))
    edit(folder / "schema.yaml", 'version: "1.0"', 'version: "1.1"')
    edit(folder / "actors.yaml", "PUK", "QVL", times=None)
    return str(folder)


def edit(path, old, new, times=1):
    text = path.read_text("utf-8")
    assert old in text
    assert times is None or text.count(old) == times
    path.write_text(text.replace(old, new), "utf-8")
