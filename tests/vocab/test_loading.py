"""Loading: what comes out, and what the digest depends on."""

import pytest

from schemas.spellings import MAX_FORMS, spellings
from schemas.vocabulary import load_vocabulary
from schemas.yaml_files import parse_yaml


def test_another_crisis_is_another_folder(tiny_dir):
    """A schema of a ferry strike loads by the same code: types, dated roles, spellings, another alphabet."""
    vocabulary = load_vocabulary(tiny_dir)
    assert (vocabulary.ref.name, vocabulary.ref.version, vocabulary.topic) == ("ferry", "1", "ferry-strike")
    assert vocabulary.types["STRIKE"].modes == ("walk-out",)
    assert vocabulary.actors["seamen"].aliases["en"] == ("seamen's union", "sailors's union", "seamen")
    assert vocabulary.actors["seamen"].aliases["el"] == ("ναυτεργάτες",)
    assert vocabulary.actors["doukas"].roles[0].end.isoformat() == "2021-06-30"
    assert vocabulary.places["amvrosia"].latitude == 38.0


def test_a_path_may_be_text(tiny_dir):
    """Commands and workers pass the folder as text."""
    assert load_vocabulary(str(tiny_dir)) == load_vocabulary(tiny_dir)


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_the_digest_does_not_depend_on_line_ends(tiny, ends):
    """A checkout on another system is the same schema."""
    before = load_vocabulary(tiny.folder).ref
    for path in tiny.folder.glob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", ends.encode()))
    assert load_vocabulary(tiny.folder).ref == before


def test_the_digest_does_not_depend_on_layout(tiny):
    """Comments, quotes, a byte order mark and the order of keys say nothing."""
    before = load_vocabulary(tiny.folder).ref
    tiny.change("places.yaml", "name: Amvrosia\n    kind: city", "kind: 'city' # on the hill\n    name: \"Amvrosia\"")
    path = tiny.folder / "actors.yaml"
    path.write_bytes(b"\xef\xbb\xbf# Actors\n" + path.read_bytes())
    assert load_vocabulary(tiny.folder).ref == before


@pytest.mark.parametrize(
    "file,old,new",
    [
        ("schema.yaml", "Work stops.", "Work ends."),
        ("schema.yaml", 'version: "1"', 'version: "2"'),
        ("actors.yaml", "sailors", "mariners"),
        ("actors.yaml", "end: 2021-06-30", "end: 2021-06-29"),
        ("places.yaml", "24.5", "24.6"),
    ],
)
def test_the_digest_changes_with_the_content(tiny, file, old, new):
    """Each value of each file counts."""
    before = load_vocabulary(tiny.folder).ref.digest
    tiny.change(file, old, new)
    assert load_vocabulary(tiny.folder).ref.digest != before


def test_the_order_of_entries_counts(tiny):
    """Of several that share a name the first is the likeliest, so their order is content."""
    before = load_vocabulary(tiny.folder)
    path = tiny.folder / "actors.yaml"
    text = path.read_text(encoding="utf-8")
    at, then = text.index("  - id: doukas\n"), text.index("  - id: doukas-junior")
    path.write_text(text[:at] + text[then:] + text[at:then], encoding="utf-8")
    after = load_vocabulary(tiny.folder)
    assert list(after.actors) != list(before.actors)
    assert after.ref.digest != before.ref.digest


def test_a_lexicon_file_counts(tmp_path, tiny):
    """The digest covers the lexicon too, and its files come under their stems."""
    before = load_vocabulary(tiny.folder).ref.digest
    (tiny.folder / "lexicon").mkdir()
    core = tiny.folder / "lexicon" / "el.core.yaml"
    core.write_text("verb_first: false\ngroups:\n  - {type: STRIKE, verbs: απεργία}\n", encoding="utf-8")
    after = load_vocabulary(tiny.folder)
    assert after.lexicon["el.core"]["groups"][0]["type"] == "STRIKE"
    assert after.ref.digest != before


def test_the_shipped_schema_is_the_same_everywhere(kirkuk, kirkuk_dir, tmp_path):
    """A copy elsewhere, with files made in another order, has the same digest."""
    copy = tmp_path / "copy"
    (copy / "lexicon").mkdir(parents=True)
    for path in sorted(kirkuk_dir.rglob("*.yaml"), reverse=True):
        (copy / path.relative_to(kirkuk_dir)).write_bytes(path.read_bytes())
    assert load_vocabulary(copy).ref == kirkuk.ref


@pytest.mark.parametrize(
    "entry,forms",
    [
        ("Kirkuk", ("Kirkuk",)),
        ("Tuz (Khurmatu|Khormato)", ("Tuz Khurmatu", "Tuz Khormato")),
        ("(the |)K1( base|)", ("the K1 base", "the K1", "K1 base", "K1")),
        ("A (b|) c", ("A b c", "A c")),
        ("(a|a)", ("a",)),
        ("(چا|چای)خانە", ("چاخانە", "چایخانە")),
    ],
)
def test_spellings_unfold_in_order(entry, forms):
    """Alternatives in brackets, each form once, no blank too many."""
    assert spellings(entry) == forms


@pytest.mark.parametrize("entry", ["(a", "a)", "((a|b)|c)", "a)(b", ""])
def test_wrong_brackets_are_refused(entry):
    """Brackets pair and are not nested; an entry is not empty."""
    with pytest.raises(ValueError, match=r"brackets|empty"):
        spellings(entry)


def test_spellings_are_bounded():
    """Forty groups of two would be a million million forms: refused before any is made."""
    with pytest.raises(ValueError, match=f"more than {MAX_FORMS} forms"):
        spellings("(a|b)" * 40)


@pytest.mark.parametrize(
    "text,value",
    [
        ("a: no", {"a": "no"}),
        ("a: [on, off, yes, y]", {"a": ["on", "off", "yes", "y"]}),
        ("a: true", {"a": True}),
        ("a: 2017-10-16", {"a": "2017-10-16"}),
        ("a: 16", {"a": 16}),
        ("a: 1.5", {"a": 1.5}),
        ("a: ~", {"a": None}),
    ],
)
def test_words_stay_words(text, value):
    """Norway's code is no truth value, and a date is text until a field asks for one."""
    assert parse_yaml(text).content == value
