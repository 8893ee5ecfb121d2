"""`kirkuk schema check` and `kirkuk schema show`."""

import io
import json

import pytest

from desk.schema_commands import check_schema, show_schema
from schemas.errors import SchemaError


def run(command, *args, **options):
    out = io.StringIO()
    status = command(*args, out=out, **options)
    return status, out.getvalue()


def test_check_says_ok_with_counts(tiny):
    """The first line is ok with name, version and digest."""
    status, text = run(check_schema, tiny.folder)
    assert status == 0
    assert text.startswith("ok: ferry 1 (")
    assert "  actors: 3\n" in text
    assert "  names en: 6\n" not in text
    assert "  names en: 8\n" in text


def test_check_prints_every_fault(tiny):
    """One line a fault, and status 1."""
    tiny.change("places.yaml", "latitude: 38", "latitude: 91")
    tiny.change("actors.yaml", "kind: organisation", "kind: union")
    status, text = run(check_schema, tiny.folder)
    assert status == 1
    assert "places.yaml: places.amvrosia.latitude: 91.0 is no latitude; use -90 to 90\n" in text
    assert "actors.yaml: actors.seamen.kind: " in text


def test_check_as_json_is_one_document(tiny):
    """Both outcomes can be read by a program."""
    status, text = run(check_schema, tiny.folder, as_json=True)
    document = json.loads(text)
    assert (status, document["ok"], document["schema"]["name"], document["counts"]["types"]) == (0, True, "ferry", 1)
    tiny.change("places.yaml", "latitude: 38", "latitude: 91")
    status, text = run(check_schema, tiny.folder, as_json=True)
    document = json.loads(text)
    assert (status, document["ok"], len(document["faults"])) == (1, False, 1)


@pytest.mark.parametrize(
    "name,parts",
    [
        ("doukas", ["actor doukas", "member_of: seamen", "role: seamen, 2020-01-01 to 2021-06-30: union leader"]),
        ("seamen", ["aliases en: seamen's union | sailors's union | seamen", "members: doukas | doukas-junior"]),
        ("amvrosia", ["place amvrosia", "latitude: 38.0", "theatre: yes", "aliases el: Αμβροσία"]),
        ("strike", ["type STRIKE", "means: Work stops.", "mode walk-out: Without notice."]),
    ],
)
def test_show_prints_an_entry(tiny, name, parts):
    """An actor, a place or a type with its names, roles and modes."""
    status, text = run(show_schema, tiny.folder, name)
    assert status == 0
    for part in parts:
        assert f"{part}\n" in text


def test_show_as_json_gives_the_whole_entry(tiny):
    """All fields under their names."""
    status, text = run(show_schema, tiny.folder, "doukas", as_json=True)
    document = json.loads(text)
    assert status == 0
    assert (document["entry"], document["kind"], document["aliases"]) == (
        "actor",
        "person",
        {"en": ["Eleni Douka", "Doukas"]},
    )
    assert document["roles"][0]["start"] == "2020-01-01"


def test_show_says_what_was_probably_meant(tiny):
    """An unknown id is told on the error stream, with the nearest known one."""
    err = io.StringIO()
    status, text = run(show_schema, tiny.folder, "douka", err=err)
    assert (status, text) == (1, "")
    assert "did you mean 'doukas'?" in err.getvalue()


def test_show_of_a_broken_folder_raises(tiny):
    """What can't be loaded can't be shown."""
    tiny.change("places.yaml", "latitude: 38", "latitude: 91")
    with pytest.raises(SchemaError):
        show_schema(tiny.folder, "doukas")
