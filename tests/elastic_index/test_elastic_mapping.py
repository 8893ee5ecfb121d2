"""The mapping in schemas/elastic against the fields of documents: every one, of a fitting type, nothing else."""

import hashlib
import json
from pathlib import Path

import pytest

from connectors.elastic_documents import COUNTED_TYPES, LANGUAGES, prepare
from connectors.elastic_options import parse_elastic_url
from connectors.elastic_templates import KINDS, LAYOUT, index_body, missing_templates, setup_templates, template
from schemas.documents import FIELDS, Document
from schemas.errors import IndexUnavailableError
from tests.contracts.index_play import LIVE, document, emptied

TYPES = {
    "text": "text",
    "keyword": "keyword",
    "keywords": "keyword",
    "date": "date",
    "integer": "long",
    "float": "double",
    "boolean": "boolean",
    "geo": "geo_point",
    "stored": "object",
}
ROOT = Path(__file__).parents[2]
LAYOUTS = {1: "282130456323e192"}
"""Layout -> digest of the mapping; a released one never changes."""


@pytest.mark.parametrize("kind", FIELDS)
def test_every_field_is_mapped_by_its_type_and_nothing_else_is(kind):
    """At the top stand the fields of documents and `lookup`; in there one entry for each text and each facet."""
    properties = index_body(kind)["mappings"]["properties"]
    found = {name: field["type"] for name, field in properties.items() if name != "lookup"}
    assert found == {name: TYPES[of] for name, of in FIELDS[kind].items()}
    lookup = properties["lookup"]["properties"]
    texts = {name for name, of in FIELDS[kind].items() if of == "text"}
    facets = {name for name, of in FIELDS[kind].items() if of in COUNTED_TYPES}
    assert lookup["words"]["properties"].keys() == texts
    assert lookup["facets"]["properties"].keys() == facets
    assert lookup["stems"]["properties"].keys() == LANGUAGES


@pytest.mark.parametrize("kind", FIELDS)
def test_nothing_is_mapped_by_chance(kind):
    """Objects are strict at every level, but for what is stored and not searched."""

    def check(mapping: dict) -> None:
        assert mapping.get("dynamic") == "strict" or mapping.get("enabled") is False
        for field in mapping.get("properties", {}).values():
            if "properties" in field or field.get("type") == "object":
                check(field)

    check(index_body(kind)["mappings"])


@pytest.mark.parametrize("kind", FIELDS)
def test_what_a_document_sends_is_what_is_mapped(kind):
    """A document with every field has every entry of `lookup`, and no other."""
    values = {
        "text": "Kirkuk",
        "keyword": "a",
        "keywords": ["a"],
        "date": "2017-10-16T05:00:00.000Z",
        "integer": 1,
        "float": 0.5,
        "boolean": True,
        "geo": [],
        "stored": {},
    }
    full = {name: values[of] for name, of in FIELDS[kind].items()}
    sent = json.loads(prepare(Document(kind, "a", 1, full)).body)["lookup"]
    mapped = index_body(kind)["mappings"]["properties"]["lookup"]["properties"]
    assert sent.keys() == mapped.keys()
    for part in ("words", "facets"):
        assert sent[part].keys() == mapped[part]["properties"].keys()


def test_a_changed_mapping_has_a_layout_of_its_own():
    """Servers keep the mapping that they were given until the layout is a higher one."""
    mapping = json.dumps({kind: index_body(kind) for kind in sorted(KINDS)}, sort_keys=True)
    digest = hashlib.blake2b(mapping.encode(), digest_size=8).hexdigest()
    assert {LAYOUT: digest}.items() <= LAYOUTS.items(), (
        f"the mapping is {digest}: after a release raise connectors.elastic_templates.LAYOUT, and note it in LAYOUTS"
    )


def test_there_is_no_other_mapping():
    """Field types of the server stand in schemas/elastic alone."""
    strays = [
        path.relative_to(ROOT)
        for room in ("connectors", "desk", "pipelines", "schemas")
        for path in (ROOT / room).rglob("*.py")
        if '"geo_point"' in path.read_text() and "kibana" not in str(path)
    ]
    assert strays == []


def test_set_up_does_what_is_missing_and_says_so(elastic_server):
    """Without doing it first, then once, then nothing more; an older template is replaced."""
    options = parse_elastic_url(f"{elastic_server.url}/setup-play")
    names = [f"index template setup-play-{kind}: version {LAYOUT}" for kind in KINDS]
    assert setup_templates(options, dry_run=True) == names
    assert elastic_server.api("GET", "/_index_template/setup-play-events").status == 404
    assert setup_templates(options) == names
    assert setup_templates(options) == []
    older = {**template(options, "events"), "version": LAYOUT - 1}
    assert elastic_server.api("PUT", "/_index_template/setup-play-events", older).status == 200
    assert setup_templates(options) == [f"index template setup-play-events: version {LAYOUT}"]
    for kind in KINDS:
        assert elastic_server.api("DELETE", f"/_index_template/setup-play-{kind}").status == 200


def test_a_first_write_installs_what_is_missing(elastic_server):
    """Forgetting `kirkuk setup` gives no guessed mapping: the index is made by our template or not at all."""
    for index in emptied(f"{elastic_server.url}/bare"):
        options = index._options
        assert missing_templates(index._client, options) == list(KINDS)
        assert index.upsert(LIVE, [document("a", title="Kirkuk")]) == []
        assert missing_templates(index._client, options) == []
    stray = elastic_server.api("PUT", "/bare-articles-stray/_doc/1", {"colour": "red"})
    assert stray.status == 404, "an index came into being by a write"
    for kind in KINDS:
        elastic_server.api("DELETE", f"/_index_template/bare-{kind}")


def test_the_number_of_shards_is_the_operators(elastic_server):
    """`?shards=3` counts for indices that are made from then on."""
    for index in emptied(f"{elastic_server.url}/sharded?shards=3"):
        index.upsert(LIVE, [document(f"d{number}", title="Kirkuk", outlet="x") for number in range(20)])
        found = elastic_server.api("GET", "/sharded-articles-g1/_settings").body["sharded-articles-g1"]
        assert found["settings"]["index"]["number_of_shards"] == "3"
        page = index.search("articles", "kirkuk", generation=LIVE, facets=["outlet"])
        assert (page.total, page.facets) == (20, {"outlet": [("x", 20)]})
        assert len(list(index.scan("articles", generation=LIVE))) == 20
    for kind in KINDS:
        elastic_server.api("DELETE", f"/_index_template/sharded-{kind}")


def test_a_generation_of_another_release_takes_no_writes(index, elastic_server):
    """What its mapping lacks it would refuse document by document; the remedy is a generation of its own."""
    index.upsert(LIVE, [document("a", title="Kirkuk")])
    name = f"/{index._options.prefix}-articles-{LIVE}/_mapping"
    meta = elastic_server.api("GET", name).body[name.split("/")[1]]["mappings"]["_meta"]
    assert elastic_server.api("PUT", name, {"_meta": {**meta, "layout": LAYOUT - 1}}).status == 200
    for again in (lambda: index.promote(LIVE), lambda: index._make(LIVE, again=True)):
        with pytest.raises(IndexUnavailableError, match="reprocess"):
            again()
    assert index.search("articles", "kirkuk", generation=LIVE).total == 1
