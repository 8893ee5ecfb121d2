"""Print the requirements of a pyproject.toml and of its extras, one a line: list_requirements.py FILE [EXTRA ...].

The image installs them before the program itself, so that a change of code doesn't install all packages again.
"""

import sys
import tomllib
from pathlib import Path


def requirements(pyproject: str, extras: list[str]) -> list[str]:
    """Return what [project] needs, with `extras`. Raises KeyError for an extra that is not there."""
    project = tomllib.loads(pyproject)["project"]
    return [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]


if __name__ == "__main__":
    print("\n".join(requirements(Path(sys.argv[1]).read_text("utf-8"), sys.argv[2:])))  # noqa: T201
