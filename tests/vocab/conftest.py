"""A schema folder to break: the tiny one, copied, with a way to change one file of it."""

import shutil
from pathlib import Path

import pytest

from schemas.errors import SchemaError
from schemas.vocabulary import Vocabulary, load_vocabulary

TINY = Path(__file__).parents[1] / "data" / "schema_tiny"
KIRKUK = Path(__file__).parents[2] / "schemas" / "kirkuk"


@pytest.fixture(scope="session")
def tiny_dir() -> Path:
    return TINY


@pytest.fixture(scope="session")
def kirkuk_dir() -> Path:
    return KIRKUK


@pytest.fixture(scope="session")
def kirkuk() -> Vocabulary:
    return load_vocabulary(KIRKUK)


class Copy:
    """A copy of the tiny schema."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def change(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def faults(self) -> list[str]:
        try:
            load_vocabulary(self.folder)
        except SchemaError as error:
            return str(error).splitlines()
        return []


@pytest.fixture
def tiny(tmp_path) -> Copy:
    folder = tmp_path / "schema"
    shutil.copytree(TINY, folder)
    return Copy(folder)
