"""What is wrong in a schema folder is told: every fault, at once, by file and key, with a remedy."""

import shutil
from pathlib import Path

import pytest

from schemas.errors import SchemaError
from schemas.strict_convert import near
from schemas.vocabulary import load_vocabulary
from tests.vocab.conftest import Copy

SEAMEN = 'aliases: {en: ["(seamen|sailors)\'s union", "seamen"], el: [ναυτεργάτες]}'

CASES = [
    # file, old, new, where, what
    ("schema.yaml", "name: ferry", "name: ' '", "name", "is empty"),
    ("schema.yaml", 'version: "1"', "version: 1", "version", "expected str, got int; put it in quotes"),
    ("schema.yaml", "topic: ferry-strike\n", "", "topic", "is missing"),
    ("schema.yaml", "topic:", "topik:", "topik", "unknown key; did you mean 'topic'?"),
    ("schema.yaml", "[en, el]", "[en, el, Greek]", "languages[2]", "'Greek' is no language code"),
    ("schema.yaml", "[en, el]", "en", "languages", "expected array, got str; write it as a list"),
    ("schema.yaml", "id: STRIKE", "id: strike", "types.strike.id", "use capitals"),
    ("schema.yaml", "walk-out:", "Walk Out:", "types.STRIKE.modes", "'Walk Out' is no mode"),
    ("schema.yaml", "{means: Without notice.}", "{}", "types.STRIKE.modes.walk-out.means", "is missing"),
    ("schema.yaml", "means: Work stops.", "cameo: ['21']\n    means: x", "types.STRIKE.cameo", "'21' is no CAMEO code"),
    ("actors.yaml", "member_of: seamen\n    roles:\n      - {organisation: seamen, titles: [union leader], start: 2020",
     "member_of: seaman\n    roles:\n      - {organisation: seamen, titles: [union leader], start: 2020",
     "actors.doukas.member_of", "unknown actor 'seaman'; did you mean 'seamen'?"),
    ("actors.yaml", "organisation: seamen, titles: [union leader], start: 2021", "organisation: crew, start: 2021",
     "actors.doukas-junior.roles", "unknown actor 'crew'"),
    ("actors.yaml", "id: doukas-junior", "id: doukas", "actors.doukas", "the id stands twice"),
    ("actors.yaml", "id: doukas-junior", "id: Doukas_Junior", "actors.Doukas_Junior.id", "use small letters"),
    ("actors.yaml", "kind: organisation", "kind: union", "actors.seamen.kind", "invalid enum value 'union'"),
    ("actors.yaml", "kind: organisation\n    side: civil", "kind: organisation\n    side: kurdisch",
     "actors.seamen.side", "did you mean 'kurdish'?"),
    ("actors.yaml", SEAMEN, "aliases: {en: [x], xx: [y]}", "actors.seamen.aliases.xx",
     "unknown language; use one of el, en"),
    ("actors.yaml", SEAMEN, "aliases: {}", "actors.seamen.aliases", "is empty"),
    ("actors.yaml", SEAMEN, "aliases: {en: ['']}", "actors.seamen.aliases.en[0]", "'' is empty; remove it"),
    ("actors.yaml", SEAMEN, "aliases: {en: ['(a|)']}", "actors.seamen.aliases.en[0]", "'(a|)' is empty"),
    ("actors.yaml", SEAMEN, "aliases: {en: ['  ']}", "actors.seamen.aliases.en", "is empty"),
    ("actors.yaml", SEAMEN, "aliases: {en: [' x']}", "actors.seamen.aliases.en", "has blanks around it"),
    ("actors.yaml", SEAMEN, "aliases: {en: [e\u0301lan]}", "actors.seamen.aliases.en", "not in normal form NFC"),
    ("actors.yaml", SEAMEN, "aliases: {en: [x\u200by]}", "actors.seamen.aliases.en", "holds an invisible character"),
    ("actors.yaml", SEAMEN, "aliases: {en: ['(a|b']}", "actors.seamen.aliases.en[0]", "brackets don't pair"),
    ("actors.yaml", SEAMEN, "aliases: {en: [2017]}", "actors.seamen.aliases.en[0]", "got int; put it in quotes"),
    ("actors.yaml", SEAMEN, "aliases: {en: union}", "actors.seamen.aliases.en", "write it as a list"),
    ("actors.yaml", SEAMEN, "aliases: [union]", "actors.seamen.aliases", "expected keys with values, got a list"),
    ("actors.yaml", "Eleni Douka, Doukas]", "Eleni Douka, Doukas, SEAMEN]", "actors.doukas.aliases.en",
     "'seamen' also names seamen"),
    ("actors.yaml", "en: [Doukas]", "en: [Doukas, Nobody]", "ambiguous.en", "'nobody' is not shared"),
    ("actors.yaml", "start: 2021-07-01", "start: 2021-06-30", "actors.doukas-junior.roles[0]",
     "'union leader' overlaps with actors.doukas.roles[0]"),
    ("actors.yaml", "end: 2021-06-30", "end: 2019-06-30", "actors.doukas.roles[0]", "ends before it starts"),
    ("actors.yaml", "end: 2021-06-30", "end: 2021-06-31", "actors.doukas.roles[0].end", "correct the value"),
    ("places.yaml", "district: amvrosia", "district: amvrosio", "places.amvrosia.district",
     "unknown place 'amvrosio'; did you mean 'amvrosia'?"),
    ("places.yaml", "kind: city", "kind: city\n    parent: attica", "places.amvrosia.parent", "unknown place 'attica'"),
    ("places.yaml", "kind: city", "kind: city\n    parent: amvrosia", "places.amvrosia.parent",
     "goes round in a circle (amvrosia > amvrosia)"),
    ("places.yaml", "kind: city", "kind: city\n    metonym: harbour", "places.amvrosia.metonym",
     "unknown actor 'harbour'"),
    ("places.yaml", "latitude: 38", "latitude: 91", "places.amvrosia.latitude", "use -90 to 90"),
    ("places.yaml", "latitude: 38", "latitude: .nan", "places.amvrosia.latitude", "is no latitude"),
    ("places.yaml", "longitude: 24.5", "longitude: -181", "places.amvrosia.longitude", "use -180 to 180"),
    ("places.yaml", "latitude: 38", "latitude: north", "places.amvrosia.latitude", "expected float, got str"),
    ("places.yaml", "theatre: true", "theatre: yes", "places.amvrosia.theatre", "write true or false"),
    ("places.yaml", "theatre: true", "theater: true", "places.amvrosia.theater", "did you mean 'theatre'?"),
    ("places.yaml", "places:", "towns:", "towns", "unknown key"),
    ("places.yaml", "kind: city", "kind: city\n    kind: town", "line 5", "key 'kind' stands twice"),
    ("places.yaml", "name: Amvrosia", "name: [Amvrosia", "line 4", "correct the YAML there"),
    ("places.yaml", "name: Amvrosia", "name: &name Amvrosia", "line 3", "anchors and aliases"),
    ("places.yaml", "name: Amvrosia", "name: !!python/object:os.system x", "line 3", "correct the YAML there"),
    ("places.yaml", "name: Amvrosia", "name: " + "[" * 100, "line 3", "nested deeper than"),
    ("places.yaml", "name: Amvrosia", "name: " + "[" * 100_000, "line 3", "exceeded maximum nesting depth"),
    ("places.yaml", "latitude: 38", "latitude: 0b_", "a number can't be read", "put it in quotes"),
    ("places.yaml", "name: Amvrosia", "name: a\0b", "line 3: control character U+0000", "remove it"),
]  # fmt: skip


@pytest.mark.parametrize("file,old,new,where,what", CASES, ids=[f"{case[3]}-{case[4][:20]}" for case in CASES])
def test_a_fault_is_told_by_file_and_key(tiny, file, old, new, where, what):
    """The line begins with file and key path, and says what is wrong or how to mend it."""
    tiny.change(file, old, new)
    told = [fault for fault in tiny.faults() if fault.startswith(f"{file}: {where}") and what in fault]
    assert told, tiny.faults()


@pytest.mark.parametrize("file,old,new,where,what", CASES, ids=[f"{case[3]}-{case[4][:20]}" for case in CASES])
def test_a_fault_has_few_consequences(tiny, file, old, new, where, what):
    """One mistake is not told over and over: what names a faulty entry is not called unknown too."""
    tiny.change(file, old, new)
    assert len(tiny.faults()) <= 2, tiny.faults()


def test_a_schema_without_a_fault_loads(tiny):
    """The cases above start from a folder that is right."""
    assert tiny.faults() == []


def test_all_faults_of_all_files_are_told_at_once(tiny):
    """One run is enough to see everything that has to be mended."""
    tiny.change("schema.yaml", "topic:", "topik:")
    tiny.change("actors.yaml", SEAMEN, "aliases: {en: [' x', ''], xx: [y]}")
    tiny.change("actors.yaml", "id: doukas-junior", "id: doukas")
    tiny.change("places.yaml", "latitude: 38", "latitude: 91")
    tiny.change("places.yaml", "district: amvrosia", "district: nowhere")
    (tiny.folder / "lexicon").mkdir()
    (tiny.folder / "lexicon" / "en.songs.yaml").write_text("a: b\n", encoding="utf-8")
    told = "\n".join(tiny.faults())
    for part in (
        "schema.yaml: topik: unknown key",
        "schema.yaml: topic: is missing",
        "actors.yaml: actors.seamen.aliases.en[1]: '' is empty",
        "actors.yaml: actors.doukas: the id stands twice",
        "places.yaml: places.amvrosia.latitude",
        "places.yaml: places.amvrosia.district",
        "lexicon/en.songs.yaml: unknown part 'songs'",
    ):
        assert part in told


def test_a_longer_circle_is_told_once(tiny):
    """Whoever joins a circle from outside is not blamed for it."""
    path = tiny.folder / "places.yaml"
    shape = (
        "  - {{id: {0}, name: {0}, kind: town, parent: {1}, district: {0}, latitude: 1, longitude: 1, "
        "aliases: {{en: [{0}]}}}}\n"
    )
    rows = [("aa", "bb"), ("bb", "cc"), ("cc", "bb"), ("dd", "aa")]
    path.write_text(path.read_text() + "".join(shape.format(*row) for row in rows), encoding="utf-8")
    assert tiny.faults() == ["places.yaml: places.aa.parent: goes round in a circle (bb > cc > bb); cut it"]


def test_each_overlap_is_told_though_a_short_term_lies_between(tiny):
    """A long term is compared with every later one, not only with the next."""
    tiny.change("actors.yaml", "start: 2020-01-01, end: 2021-06-30", "start: 2000-01-01")
    tiny.change(
        "actors.yaml",
        "titles: [union leader], start: 2021-07-01}",
        "titles: [union leader], start: 2001-01-01, end: 2002-01-01}\n"
        "      - {organisation: seamen, titles: [Union Leader], start: 2021-07-01}",
    )
    assert [fault.partition(": '")[0] for fault in tiny.faults()] == [
        "actors.yaml: actors.doukas-junior.roles[0]",
        "actors.yaml: actors.doukas-junior.roles[1]",
    ]


@pytest.mark.parametrize("name", ["schema.yaml", "actors.yaml", "places.yaml"])
def test_a_missing_file_is_told(tiny, name):
    """Each of the three files is needed."""
    (tiny.folder / name).unlink()
    assert any(fault.startswith(f"{name}: is missing") for fault in tiny.faults())


@pytest.mark.parametrize("name", ["actor.yaml", "schema.yml"])
def test_a_file_of_another_name_is_told(tiny, name):
    """A typing error in a file's name does not make its content vanish in silence."""
    (tiny.folder / name).write_text("actors: []\n", encoding="utf-8")
    assert any(fault.startswith(f"{name}: unknown file") for fault in tiny.faults())


@pytest.mark.parametrize(
    "raw,what",
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"places:\n  - name: K\xe9rkouk\n", "line 2: not UTF-8; save the file as UTF-8"),
        (b"x" * (8 * 2**20 + 1), "is larger than"),
        (b"- 1\n- 2\n", "expected keys with values"),
        (b"places: []\n---\nplaces: []\n", "found another document"),
    ],
)
def test_a_file_that_is_no_such_thing_is_told(tiny, raw, what):
    """Empty, in another encoding, far too large, a list, several documents."""
    (tiny.folder / "places.yaml").write_bytes(raw)
    assert any(fault.startswith("places.yaml: ") and what in fault for fault in tiny.faults()), tiny.faults()


def test_a_missing_folder_is_told(tmp_path):
    """The message names the folder and what it should hold, and nothing is said to be empty in it."""
    with pytest.raises(SchemaError, match=r"no such folder; give a folder that holds schema.yaml") as raised:
        load_vocabulary(tmp_path / "nowhere")
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    "file",
    [
        "schema.yaml", "actors.yaml", "places.yaml", "lexicon/en.events.yaml", "lexicon/en.parties.yaml",
        "lexicon/ar.core.yaml",
    ],
)  # fmt: skip
def test_one_slip_in_a_file_is_one_fault(tmp_path, kirkuk_dir, file):
    """Nothing is held against a file that could not be read: hundreds of unknown names would hide the slip."""
    folder = Path(shutil.copytree(kirkuk_dir, tmp_path / "schema"))
    lines = (folder / file).read_text("utf-8").splitlines()
    (folder / file).write_text("\n".join([*lines[:30], "  'open", *lines[30:]]), "utf-8")
    [fault] = Copy(folder).faults()
    assert fault.startswith(f"{file}: line ")


@pytest.mark.parametrize("file,key", [("schema.yaml", "types"), ("actors.yaml", "actors"), ("places.yaml", "places")])
def test_a_misspelt_list_is_told_alone(tmp_path, kirkuk_dir, file, key):
    """The entries below an unknown key are not called unknown one by one."""
    folder = Path(shutil.copytree(kirkuk_dir, tmp_path / "schema"))
    copy = Copy(folder)
    copy.change(file, f"\n{key}:\n", f"\n{key}z:\n")
    assert copy.faults() == [
        f"{file}: {key}z: unknown key; did you mean '{key}'?",
        f"{file}: {key}: is missing; add it",
    ]


def test_no_name_is_proposed_where_there_is_none():
    """A remedy does not end in an empty list."""
    assert near("krg", []) == "correct it or add that id"


def test_a_yaml_bomb_is_refused_before_it_unfolds(tiny):
    """Ten levels of ten references each would be ten thousand million values."""
    bomb = "a: &a [x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{f'*{chr(97 + n)}, ' * 10}]\n" for n in range(10))
    (tiny.folder / "places.yaml").write_text(bomb, encoding="utf-8")
    assert any("places.yaml: line 1: anchors and aliases" in fault for fault in tiny.faults())


def test_thousands_of_faults_are_told_in_linear_time(tiny):
    """3,000 wrong references don't search 3,000 ids each for a near name."""
    rows = "".join(
        f"  - {{id: p{n}, name: x, kind: town, parent: q{n}, district: p{n}, latitude: 1, longitude: 1, "
        f"aliases: {{en: [n{n}]}}}}\n"
        for n in range(3000)
    )
    path = tiny.folder / "places.yaml"
    path.write_text(path.read_text(encoding="utf-8") + rows, encoding="utf-8")
    assert len(tiny.faults()) == 3000
