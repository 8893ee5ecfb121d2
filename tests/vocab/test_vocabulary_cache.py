"""A schema that was read and checked once comes from the cache, unless anything about it changed."""

import os
import shutil
from pathlib import Path

import pytest

import schemas
from schemas import vocabulary_cache, vocabulary_files
from schemas.errors import SchemaError
from schemas.vocabulary import load_vocabulary

KIRKUK = Path(schemas.__file__).parent / "kirkuk"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of its own."""
    monkeypatch.setenv("KIRKUK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "schemas"


@pytest.fixture
def reads(monkeypatch):
    """Count how often a folder is parsed and checked."""
    counted = []
    read = vocabulary_files.read_folder
    monkeypatch.setattr(vocabulary_files, "read_folder", lambda folder: (counted.append(folder), read(folder))[1])
    return counted


@pytest.fixture
def schema(tmp_path):
    """A schema folder to change."""
    return Path(shutil.copytree(KIRKUK, tmp_path / "schema"))


def test_the_second_load_is_the_same_without_parsing(cache, reads, schema):
    """All of it: types, names, places, lexicon, digest."""
    first = load_vocabulary(schema)
    assert load_vocabulary(schema) == first
    assert len(reads) == 1
    assert len(list(cache.iterdir())) == 1


def test_one_changed_byte_is_read_again(cache, reads, schema):
    """Also one that changes nothing in meaning, and a file more or less."""
    first = load_vocabulary(schema)
    places = schema / "places.yaml"
    places.write_text(places.read_text("utf-8") + "# A remark\n", "utf-8")
    assert load_vocabulary(schema) == first
    (schema / "lexicon" / "tr.core.yaml").unlink()
    assert load_vocabulary(schema).ref != first.ref
    assert len(reads) == 3


def test_other_code_checks_again(cache, reads, schema, monkeypatch):
    """What an older release let pass may be a fault for this one."""
    load_vocabulary(schema)
    monkeypatch.setattr(vocabulary_cache, "_code", lambda: b"another release")
    load_vocabulary(schema)
    assert len(reads) == 2


def test_a_faulty_schema_is_never_kept(cache, schema):
    """Its faults are told each time."""
    (schema / "lexicon" / "tr.core.yaml").write_text("verb_first: maybe\n", "utf-8")
    for _ in range(2):
        with pytest.raises(SchemaError, match=r"tr\.core\.yaml"):
            load_vocabulary(schema)
    assert not cache.exists()


@pytest.mark.parametrize("damage", [lambda raw: raw[:-10], lambda raw: raw[:900] + b"x" + raw[901:], lambda _: b""])
def test_a_damaged_entry_is_not_used(cache, reads, schema, damage):
    """It is made again, and then used."""
    first = load_vocabulary(schema)
    (entry,) = cache.iterdir()
    entry.write_bytes(damage(entry.read_bytes()))
    assert load_vocabulary(schema) == first
    assert load_vocabulary(schema) == first
    assert len(reads) == 2


def test_without_a_place_to_write_nothing_is_kept(tmp_path, reads, schema, monkeypatch):
    """A read-only home is no reason to fail."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KIRKUK_CACHE", str(tmp_path / "file"))
    assert load_vocabulary(schema) == load_vocabulary(schema)
    assert len(reads) == 2


def test_old_entries_go(cache, schema):
    """The cache of somebody who works on a schema stays small."""
    for number in range(12):
        (schema / "places.yaml").write_text((KIRKUK / "places.yaml").read_text("utf-8") + f"# {number}\n", "utf-8")
        load_vocabulary(schema)
        for at, entry in enumerate(sorted(cache.iterdir(), key=lambda path: path.stat().st_mtime)):
            os.utime(entry, (at, at))
    assert len(list(cache.iterdir())) == 8
