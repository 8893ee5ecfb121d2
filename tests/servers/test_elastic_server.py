"""The Elasticsearch of the kit: it is a real one, and it analyses as the full distribution does."""


def test_it_finds_what_was_stored(elastic_server):
    """The shared server has strict mappings and finds a document by a word."""
    mapping = {"dynamic": "strict", "properties": {"text": {"type": "text"}}}
    assert elastic_server.api("PUT", "/kit-find", {"mappings": mapping}).status == 200
    assert elastic_server.api("PUT", "/kit-find/_doc/1?refresh=true", {"text": "the old bridge"}).status == 201
    assert elastic_server.api("PUT", "/kit-find/_doc/2", {"other": "x"}).status == 400
    found = elastic_server.api("GET", "/kit-find/_search?q=text:bridge").body
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["1"]
