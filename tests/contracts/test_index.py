"""What every index promises about writing, versions, generations and reading one by one."""

import threading

import pytest

from connectors import registry
from schemas.documents import FIELDS, Document
from schemas.errors import ConfigError
from tests.contracts.index_play import BACKENDS, LIVE, contents, document, found, numbered, opened


@pytest.fixture(params=BACKENDS)
def index(request, tmp_path):
    yield from opened(request, tmp_path)


def test_repeated_upsert_changes_nothing(index):
    documents = [document("a", title="Kirkuk"), document("b", title="Erbil")]
    assert index.upsert(LIVE, documents) == []
    before = contents(index)
    assert index.upsert(LIVE, documents) == []
    assert index.upsert(LIVE, documents[:1] * 2) == []
    index.promote(LIVE)
    assert contents(index) == before
    assert found(index, "kirkuk") == ["a"]
    assert index.search("articles", "").total == 2


def test_lower_version_never_replaces_a_higher_one(index):
    index.promote(LIVE)
    index.upsert(LIVE, [document("a", version=3, title="third")])
    index.upsert(LIVE, [document("a", version=2, title="second")])
    assert index.get("articles", "a")["title"] == "third"
    index.upsert(LIVE, [document("a", version=3, title="corrected")])
    index.upsert(LIVE, [document("a", version=5, title="fifth"), document("a", version=4, title="fourth")])
    assert list(index.scan("articles")) == [("a", 5, dict(document("a", title="fifth").fields))]
    assert [found(index, word) for word in ("third", "second", "corrected", "fourth", "fifth")] == [
        [],
        [],
        [],
        [],
        ["a"],
    ]


def test_order_of_versions_does_not_matter(index):
    versions = [document("a", version=number, title=f"edition {number}") for number in (2, 1, 3)]
    for one in versions:
        index.upsert("one by one", [one])
    index.upsert("at once", versions)
    assert contents(index, "one by one") == contents(index, "at once")


def test_a_replaced_document_is_found_by_its_new_words_only(index):
    index.promote(LIVE)
    index.upsert(LIVE, [document("a", title="old كركوك", actors=["puk"], revision=1)])
    index.upsert(LIVE, [document("a", version=2, title="new", revision=2)])
    for gone in ("old", "کرکوک", "actors:puk", "actors:*", "revision:1"):
        assert found(index, gone) == []
    assert found(index, "new revision:2") == ["a"]
    assert index.count("articles") == 1


@pytest.mark.parametrize(
    "unfit, reason",
    [
        (Document("rumours", "x", 1, {}), "kind 'rumours'"),
        (Document("articles", "", 1, {}), "id ''"),
        (Document("articles", "x", 1.5, {}), "version"),
        (Document("articles", "x", -1, {}), "version"),
        (document("x", colour="red"), "no field 'colour'"),
        (document("x", title=["Kirkuk"]), "title"),
        (document("x", actors="puk"), "actors"),
        (document("x", actors=["puk", 5]), "actors"),
        (document("x", revision="1"), "revision"),
        (document("x", revision=True), "revision"),
        (document("x", relevant="true"), "relevant"),
        (document("x", fetched="2017-10-16"), "fetched"),
        (document("x", fetched="2017-13-16T05:00:00.000Z"), "fetched"),
        (document("x", title="\ud800"), "title"),
        (document("x", kind="events", score=float("nan")), "score"),
        (document("x", kind="events", score=float("inf")), "score"),
        (document("x", kind="events", location=[{"lat": 91.0, "lon": 0.0}]), "location"),
        (document("x", kind="events", spans={"at": object()}), "JSON"),
        (document("x", text="a" * (17 * 1024 * 1024)), "bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_document_that_does_not_fit_is_returned_with_the_reason_and_the_others_stay(index, unfit, reason):
    good = [document("a", title="Kirkuk"), document("b", title="Kirkuk")]
    rejected = index.upsert(LIVE, [good[0], unfit, good[1]])
    assert [one.document for one in rejected] == [unfit]
    assert reason in rejected[0].reason
    assert len(rejected[0].reason) < 400
    assert index.count("articles", generation=LIVE) == 2


def test_every_kind_takes_every_type_of_field_and_gives_it_back(index):
    values = {
        "text": "Kirkuk “quoted” \ue000\x00",
        "keyword": "a b\"c'd",
        "keywords": ["x", "y"],
        "date": "2017-10-16T05:00:00.000Z",
        "integer": -3,
        "float": 0.25,
        "boolean": False,
        "geo": [{"lat": 35.47, "lon": 44.39}],
        "stored": {"any": [1, None, {"deep": "er"}]},
    }
    for kind, fields in FIELDS.items():
        full = Document(kind, "full", 1, {name: values[of] for name, of in fields.items()})
        assert index.upsert(LIVE, [full]) == []
        assert index.get(kind, "full", generation=LIVE) == full.fields
        everything = " ".join(f"{name}:*" for name, of in fields.items())
        assert index.search(kind, everything, generation=LIVE).total == 1
        index.delete(LIVE, kind, ["full"])
        assert index.search(kind, everything, generation=LIVE).total == 0


def test_deleted_documents_are_gone_and_unknown_ids_are_fine(index):
    index.promote(LIVE)
    index.upsert(LIVE, [document("a", title="Kirkuk"), document("b", title="Kirkuk"), document("a", kind="events")])
    index.delete(LIVE, "articles", ["a", "zz", "a"])
    index.delete(LIVE, "articles", [])
    index.delete("unknown", "articles", ["b"])
    assert found(index, "kirkuk") == ["b"]
    assert index.get("articles", "a") is None
    assert index.get("events", "a") is not None
    index.upsert(LIVE, [document("a", title="Kirkuk again")])
    assert set(found(index, "kirkuk")) == {"a", "b"}


def test_what_was_read_can_be_changed_without_harm(index):
    index.upsert(LIVE, [document("a", actors=["puk"])])
    index.get("articles", "a", generation=LIVE)["actors"].append("kdp")
    index.search("articles", "", generation=LIVE).hits[0].fields["actors"].append("kdp")
    assert index.get("articles", "a", generation=LIVE)["actors"] == ["puk"]


def test_scan_goes_by_id_and_count_agrees(index):
    documents = [numbered(number * 37 % 1201) for number in range(1201)]
    index.upsert(LIVE, documents)
    scanned = list(index.scan("articles", generation=LIVE))
    assert [one[0] for one in scanned] == sorted(one.id for one in documents)
    assert index.count("articles", generation=LIVE) == 1201
    assert index.count("events", generation=LIVE) == 0


def test_reads_without_a_generation_go_to_the_live_one(index):
    assert index.live() is None
    assert index.get("articles", "a") is None
    assert (index.count("articles"), list(index.scan("articles"))) == (0, [])
    page = index.search("articles", "kirkuk", facets=["outlet"])
    assert (page.hits, page.total, page.facets, page.next_cursor) == ([], 0, {"outlet": []}, None)
    index.upsert("old", [document("a", title="old")])
    index.upsert("new", [document("a", title="new")])
    assert index.count("articles") == 0
    index.promote("old")
    assert (index.live(), index.get("articles", "a")["title"]) == ("old", "old")
    index.promote("new")
    assert (index.live(), index.get("articles", "a")["title"]) == ("new", "new")
    assert index.get("articles", "a", generation="old")["title"] == "old"
    assert found(index, "old") == []
    assert found(index, "old", generation="old") == ["a"]
    index.promote("old")
    assert found(index, "old") == ["a"]


def test_generations_are_listed_oldest_first_and_dropped_unless_live(index):
    for name in ("b", "a", "c'; DROP TABLE live; --"):
        index.upsert(name, [document("x", title=name)])
    index.promote("a")
    assert index.generations() == ["b", "a", "c'; DROP TABLE live; --"]
    with pytest.raises(ValueError, match="live"):
        index.drop("a")
    index.drop("b")
    index.drop("c'; DROP TABLE live; --")
    index.drop("never was")
    assert index.generations() == ["a"]
    assert index.search("articles", "b", generation="b").total == 0
    index.upsert("b", [document("y", title="b")])
    assert index.generations() == ["a", "b"]
    assert [one[0] for one in index.scan("articles", generation="b")] == ["y"]


def test_promotion_makes_a_generation_that_has_no_documents_yet(index):
    index.promote("empty")
    assert (index.live(), index.generations(), index.count("articles")) == ("empty", ["empty"], 0)


def test_empty_arguments_do_nothing(index):
    assert index.upsert(LIVE, []) == []
    assert index.generations() == []
    assert index.upsert(LIVE, [Document("rumours", "x", 1, {})])
    assert index.generations() == []


def test_an_unknown_kind_is_the_callers_mistake(index):
    for call in (
        lambda: index.get("rumours", "a"),
        lambda: index.count("rumours", generation=LIVE),
        lambda: index.delete(LIVE, "rumours", ["a"]),
    ):
        index.promote(LIVE)
        with pytest.raises(ValueError, match="rumours"):
            call()


def test_threads_share_one_index(index):
    """Eight threads write and search at once; nothing is lost and nothing fails."""
    failures = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 40, 4):
                index.upsert(LIVE, [numbered(one, text="kirkuk") for one in range(number, number + 4)])
                index.search("articles", "kirkuk", generation=LIVE, facets=["outlet"])
        except Exception as error:  # noqa: BLE001 (whatever it is, the test must see it)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(40 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert index.search("articles", "kirkuk", generation=LIVE).total == 320


def test_the_registry_opens_by_url(tmp_path):
    """A memory URL names one index for the process; a sqlite URL names a file."""
    registry.open_index("memory://shared-by-url").upsert(LIVE, [document("a")])
    assert registry.open_index("memory://shared-by-url").count("articles", generation=LIVE) == 1
    assert registry.open_index("memory://another").count("articles", generation=LIVE) == 0
    first = registry.open_index(f"sqlite:///{tmp_path}/i.db")
    first.upsert(LIVE, [document("a")])
    first.close()
    first.close()
    second = registry.open_index(f"sqlite:///{tmp_path}/i.db")
    assert second.count("articles", generation=LIVE) == 1
    second.close()
    with pytest.raises(ConfigError):
        registry.open_index("ftp://x")
