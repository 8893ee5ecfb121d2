"""The package's own map of its modules."""

import re
from pathlib import Path

import pipelines.matching


def test_every_module_is_on_the_map():
    """Who looks for a step finds its module in the docstring of the package; a new module is entered there."""
    told = set(re.findall(r"[a-z_]+", pipelines.matching.__doc__))
    modules = {path.stem for path in Path(pipelines.matching.__file__).parent.glob("*.py")} - {"__init__"}
    assert {name for name in modules if not name.startswith("core_")} - told == set()
