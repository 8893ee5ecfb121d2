"""Writing to the real server: what is refused, what is tried again, and what no driver may make of odd ids."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.elastic_bulk import BulkWriter, writing
from connectors.elastic_documents import Prepared
from connectors.elastic_generations import index_name
from connectors.elastic_index import ElasticIndex
from connectors.ports import Rejected
from schemas.documents import Document
from schemas.errors import IndexUnavailableError
from tests.contracts.index_play import LIVE, document, found, numbered

ODD_IDS = (".", "..", "a/../b", "a?b#c%2e", " ", "\n", "\x00", "كركوك", "#", "_id", '"', "ك" * 512, "*", "\ue000")


def articles(index) -> str:
    """The name of the index that holds the articles."""
    return index_name(index._options, "articles", LIVE)


def test_any_id_is_written_read_and_deleted(index):
    """Dots, slashes, blanks, control characters, and more bytes than the server takes for an id."""
    assert index.upsert(LIVE, [document(name, title=f"one {number}") for number, name in enumerate(ODD_IDS)]) == []
    assert [index.get("articles", name, generation=LIVE)["title"] for name in ODD_IDS] == [
        f"one {number}" for number in range(len(ODD_IDS))
    ]
    assert [name for name, _, _ in index.scan("articles", generation=LIVE)] == sorted(ODD_IDS)
    assert set(found(index, "one", generation=LIVE)) == set(ODD_IDS)
    index.delete(LIVE, "articles", ODD_IDS)
    assert index.count("articles", generation=LIVE) == 0


@pytest.mark.parametrize("name", ["", "\ud800", "ك" * 5000])
def test_ids_that_no_document_has_are_not_there(index, name):
    """As on every backend they are unknown, and no mistake."""
    index.upsert(LIVE, [document("a")])
    assert index.get("articles", name, generation=LIVE) is None
    index.delete(LIVE, "articles", [name, "a"])
    assert index.count("articles", generation=LIVE) == 0


def test_a_deleted_document_may_come_back_in_an_older_version_at_once(index):
    """The server remembers deletions for a minute unless told not to; then this write would be lost without a word."""
    for number in range(20):
        index.upsert(LIVE, [document("a", version=5, title=f"fifth {number}")])
        index.delete(LIVE, "articles", ["a"])
        index.upsert(LIVE, [document("a", version=1, title=f"first {number}")])
        assert index.get("articles", "a", generation=LIVE)["title"] == f"first {number}"
        index.delete(LIVE, "articles", ["a"])


def test_what_the_mapping_refuses_comes_back_with_the_reason(index):
    """A field that is not mapped, a value that does not fit: the others of the request are written."""
    index.upsert(LIVE, [document("a", title="Kirkuk")])
    bodies = [b'{"title":"x"}', b'{"colour":"red"}', b'{"published":"yesterday"}', b'{"title":{"x":1}}', b"{broken"]
    sent = [
        Prepared(Document("articles", f"d{number}", 1, {}), f"d{number}", body) for number, body in enumerate(bodies)
    ]
    writer = BulkWriter(index._options, index._client, lambda: None, patience_s=5)
    rejected = writer.write([writing(articles(index), one) for one in sent])
    assert [one.document.id for one in rejected] == ["d1", "d2", "d3", "d4"]
    for one, said in zip(rejected, ("colour", "published", "title", ""), strict=True):
        assert isinstance(one, Rejected)
        assert said in one.reason
        assert len(one.reason) <= 300
    assert [index.get("articles", name, generation=LIVE) for name in ("d0", "d1")] == [{"title": "x"}, None]


def test_a_full_disk_is_waited_for_and_makes_no_dead_letters(index, elastic_server):
    """The server blocks an index when its disk is full; writes go through when the block is gone."""
    index.upsert(LIVE, [document("a", title="Kirkuk")])

    def block(value: bool | None) -> None:
        settings = {"index.blocks.read_only_allow_delete": value}
        assert elastic_server.api("PUT", f"/{articles(index)}/_settings", settings).status == 200

    block(True)
    hasty = ElasticIndex(index._options, patience_s=0.5)
    with pytest.raises(IndexUnavailableError, match="disk"):
        hasty.upsert(LIVE, [document("b", title="Kirkuk")])
    hasty.close()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(index.upsert, LIVE, [document("b", title="Kirkuk"), document("c", title="Kirkuk")])
        time.sleep(1)
        assert not waiting.done()
        block(None)
        assert waiting.result(timeout=30) == []
    assert set(found(index, "kirkuk", generation=LIVE)) == {"a", "b", "c"}


def test_a_closed_index_is_the_servers_trouble_not_the_documents(index, elastic_server):
    """Whoever closed it may open it again: nothing becomes a dead letter."""
    index.upsert(LIVE, [document("a")])
    elastic_server.api("POST", f"/{articles(index)}/_close")
    with pytest.raises(IndexUnavailableError, match="closed"):
        index.upsert(LIVE, [document("b")])
    elastic_server.api("POST", f"/{articles(index)}/_open")
    assert index.upsert(LIVE, [document("b")]) == []


def test_an_article_of_five_megabytes_is_written_and_found(index):
    """Also by its last word; so is one of a single long word, which no index key could hold."""
    text = " ".join(f"word{number}" for number in range(500_000)) + " lastword"
    assert len(text) > 5_000_000
    documents = [document("long", text=text), document("run", text="x" * 5_000_000), document("short", text="lastword")]
    assert index.upsert(LIVE, documents) == []
    assert set(found(index, "lastword", generation=LIVE)) == {"long", "short"}
    assert found(index, "word499999 word0", generation=LIVE) == ["long"]
    assert found(index, "x" * 255, generation=LIVE) == ["run"]


def test_long_values_are_written_and_found(index):
    """A link of 50,000 letters is more than the server takes for a term, and no reason to lose an article."""
    link = "https://a.example/" + "é" * 50_000
    assert index.upsert(LIVE, [document("a", url=link, authors=["x" * 40_000, "short"])]) == []
    assert index.get("articles", "a", generation=LIVE)["url"] == link
    assert found(index, f'url:"{link[:1000]}"', generation=LIVE) == ["a"]
    assert found(index, "authors:short", generation=LIVE) == ["a"]
    assert index.search("articles", "", facets=["url"], generation=LIVE).facets["url"][0][1] == 1


def test_a_batch_of_many_documents_is_cut_into_requests(index, monkeypatch):
    """No request is larger than the bounds, and each document is in one of them."""
    sizes = []
    plain = index._client.bulk

    def bulk(*, operations):
        sizes.append((len(operations) // 2, sum(map(len, operations))))
        return plain(operations=operations)

    monkeypatch.setattr(index._client, "bulk", bulk)
    documents = [numbered(number, text="kirkuk " * 3000 * (number < 400)) for number in range(2500)]
    assert index.upsert(LIVE, documents) == []
    assert sum(count for count, _ in sizes) == 2500
    assert all(count <= 1000 and size < 9_000_000 for count, size in sizes)
    assert index.count("articles", generation=LIVE) == 2500


def test_after_a_fork_or_a_close_it_says_so(index):
    """Sockets can't be shared with another process, nor used when they are closed."""
    index.upsert(LIVE, [document("a")])
    index._process += 1
    for call in (
        lambda: index.upsert(LIVE, [document("a")]),
        lambda: index.count("articles"),
        lambda: index.promote("x"),
    ):
        with pytest.raises(IndexUnavailableError, match="fork"):
            call()
    index._process -= 1
    index.close()
    index.close()
    with pytest.raises(IndexUnavailableError, match="closed"):
        index.get("articles", "a")


def test_the_driver_is_loaded_when_an_index_is_opened():
    """It takes half a second, which no command should pay that asks nothing of a search server."""
    program = (
        "import sys, connectors.registry, connectors.elastic_options as options, connectors.elastic_index\n"
        "options.parse_elastic_url('http://elastic:9200')\n"
        "assert 'elasticsearch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
