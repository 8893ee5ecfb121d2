"""The Elasticsearch of the kit: it is a real one, and it analyses as the full distribution does."""

import base64
from typing import Any

import pytest

pytestmark = pytest.mark.nightly


def words(server, text: str, **analysis: Any) -> list[str]:
    """What the server makes of a text; raises KeyError with what it says when it refuses."""
    answer = server.api("GET", "/_analyze", {"text": text, **analysis})
    if answer.status != 200:
        raise KeyError(answer.body["error"]["reason"])
    return [token["token"] for token in answer.body["tokens"]]


def test_it_finds_what_was_stored(elastic_server):
    """The shared server has strict mappings and finds a document by a word."""
    mapping = {"dynamic": "strict", "properties": {"text": {"type": "text"}}}
    assert elastic_server.api("PUT", "/kit-find", {"mappings": mapping}).status == 200
    assert elastic_server.api("PUT", "/kit-find/_doc/1?refresh=true", {"text": "the old bridge"}).status == 201
    assert elastic_server.api("PUT", "/kit-find/_doc/2", {"other": "x"}).status == 400
    found = elastic_server.api("GET", "/kit-find/_search?q=text:bridge").body
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["1"]


@pytest.mark.parametrize(
    "filters,text,expected",
    [
        (["apostrophe"], "Kerkük'ün köprüsü", ["Kerkük", "köprüsü"]),
        (["asciifolding"], "Hewlêr Kerkük", ["Hewler", "Kerkuk"]),
        ([{"type": "asciifolding", "preserve_original": True}], "Hewlêr", ["Hewler", "Hewlêr"]),
        (["arabic_normalization"], "أربيل", ["اربيل"]),
        (["arabic_normalization", "arabic_stem"], "القوات", ["قو"]),
        ([{"type": "stemmer", "language": "arabic"}], "والمدينة", ["مدين"]),
        (["decimal_digit"], "٢٠١٧ ۲۰۱۷", ["2017", "2017"]),
        (["kstem"], "withdrawals", ["withdrawal"]),
        (["lowercase"], "ISPARTA", ["isparta"]),
        ([{"type": "lowercase", "language": "turkish"}], "ISPARTA İL", ["ısparta", "il"]),
        (["persian_normalization"], "کرکوک ی", ["كركوك", "ي"]),
        (["sorani_normalization"], "كوردستان", ["کوردستان"]),
        (["sorani_normalization", {"type": "stemmer", "language": "sorani"}], "پیاوەکان", ["پیاو"]),
        (["porter_stem"], "advancing", ["advanc"]),
        (["stemmer"], "advancing", ["advanc"]),
        ([{"type": "stemmer", "language": "possessive_english"}], "Baghdad's", ["Baghdad"]),
        ([{"type": "stemmer", "language": "turkish"}], "askerler", ["asker"]),
        ([{"type": "stop", "stopwords": "_arabic_"}], "من المدينة", ["المدينة"]),
        ([{"type": "stop", "stopwords": "_sorani_"}], "لە شار", ["شار"]),
        ([{"type": "keyword_marker", "keywords": ["news"]}, "porter_stem"], "news flies", ["news", "fli"]),
        ([{"type": "pattern_capture", "patterns": ["(\\d+)"]}], "K1", ["K1", "1"]),
        ([{"type": "pattern_replace", "pattern": "^al", "replacement": ""}], "alsharqiya", ["sharqiya"]),
        (["unique"], "city of city", ["city", "of"]),
        (["uppercase"], "kirkuk", ["KIRKUK"]),
        ([{"type": "length", "min": 3}], "a an the", ["the"]),
        ([{"type": "truncate", "length": 3}], "kirkuk", ["kir"]),
        ([{"type": "unknown_filter"}], "x", None),
        ([{"type": "stemmer", "language": "klingon"}], "x", None),
        (["pattern_capture"], "x", None),
    ],
)
def test_token_filters_work_as_in_the_full_distribution(filters, text, expected, elastic_server):
    """The names and settings of the full distribution give its words; what it refuses is refused here."""
    asked = {"tokenizer": "standard", "filter": filters}
    if expected is None:
        with pytest.raises(KeyError, match=r"unknown_filter|stemmer|settings required"):
            words(elastic_server, text, **asked)
    else:
        assert words(elastic_server, text, **asked) == expected


@pytest.mark.parametrize(
    "analysis,text,expected",
    [
        ({"tokenizer": "uax_url_email"}, "see a.b@example.org now", ["see", "a.b@example.org", "now"]),
        ({"tokenizer": "keyword"}, "two words", ["two words"]),
        ({"tokenizer": {"type": "pattern", "pattern": ","}}, "a,b c", ["a", "b c"]),
        (
            {"tokenizer": "standard", "char_filter": [{"type": "mapping", "mappings": ["ك=>ک", "\\u200c => \\u0020"]}]},
            "كركوك\u200cشار",
            ["کرکوک", "شار"],
        ),
        ({"tokenizer": "standard", "char_filter": ["html_strip"]}, "<p>Kirkuk</p>", ["Kirkuk"]),
        (
            {
                "tokenizer": "keyword",
                "char_filter": [{"type": "pattern_replace", "pattern": "-", "replacement": " "}],
            },
            "a-b",
            ["a b"],
        ),
        ({"analyzer": "english"}, "The advancing forces", ["advanc", "forc"]),
        ({"analyzer": "arabic"}, "في المدينة", ["مدين"]),
        ({"analyzer": "turkish"}, "IRAK'ın askerleri", ["ırak", "asker"]),
        ({"analyzer": "persian"}, "کرکوک", ["كركوك"]),
        ({"analyzer": "sorani"}, "لە پیاوەکان", ["پیاو"]),
    ],
)
def test_tokenizers_character_filters_and_analyzers_work(analysis, text, expected, elastic_server):
    """The other parts of an analyzer, and the ready analyzers of our languages, have the same names and effects."""
    assert words(elastic_server, text, **analysis) == expected


def test_a_keyword_field_may_be_normalized(elastic_server):
    """Letter filters may stand in the normalizer of a keyword field; a stemmer may not, as in the full distribution."""

    def made(name: str, filters: list[Any]) -> int:
        analysis = {"normalizer": {"n": {"type": "custom", "filter": filters}}}
        mapping = {"properties": {"k": {"type": "keyword", "normalizer": "n"}}}
        body = {"settings": {"analysis": analysis}, "mappings": mapping}
        return elastic_server.api("PUT", f"/{name}", body).status

    assert made("kit-letters", ["lowercase", "asciifolding", "arabic_normalization", "sorani_normalization"]) == 200
    assert made("kit-stems", ["porter_stem"]) == 400
    assert elastic_server.api("PUT", "/kit-letters/_doc/1?refresh=true", {"k": "Hewlêr"}).status == 201
    query = {"query": {"term": {"k": "HEWLER"}}}
    assert elastic_server.api("POST", "/kit-letters/_search", query).body["hits"]["total"]["value"] == 1


def test_with_security_users_and_keys_are_told_apart_and_all_survives_a_kill(start_elastic):
    """Users, roles and API keys work on the packaged server, and they and the documents are there after SIGKILL."""
    server = start_elastic(security=True)
    address = server.url
    assert server.api("GET", "/_cluster/health", user=("elastic", "wrong")).status == 401
    right = {"indices": [{"names": ["kit*"], "privileges": ["read"]}]}
    assert server.api("PUT", "/_security/role/reader", right).status == 200
    reader = ("reader", "reader-word")
    assert server.api("PUT", "/_security/user/reader", {"password": reader[1], "roles": ["reader"]}).status == 200
    grant = {
        "name": "writer",
        "role_descriptors": {"w": {"indices": [{"names": ["kit*"], "privileges": ["create_doc"]}]}},
    }
    key = server.api("POST", "/_security/api_key", grant).body
    word = base64.b64encode(f"{key['id']}:{key['api_key']}".encode()).decode()
    assert server.api("PUT", "/kit", {"mappings": {"properties": {"n": {"type": "long"}}}}).status == 200
    by_key = {"Authorization": f"ApiKey {word}"}
    assert server.api("PUT", "/kit/_create/1", {"n": 1}, headers=by_key).status == 201
    assert server.api("PUT", "/kit/_doc/1", {"n": 2}, headers=by_key).status == 403

    server.kill()
    assert not server.running
    server.start()
    assert server.url == address
    assert server.api("GET", "/kit/_doc/1", user=reader).body["_source"] == {"n": 1}
    assert server.api("PUT", "/kit/_doc/1", {"n": 3}, user=reader).status == 403
