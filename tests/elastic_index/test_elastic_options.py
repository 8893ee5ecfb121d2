"""URLs and variables of the search server: what is read, what is refused, and that secrets stay where they are."""

import pytest

from connectors.elastic_options import client_settings, parse_elastic_url
from connectors.registry import open_index
from schemas.errors import ConfigError


@pytest.mark.parametrize(
    "url, server, prefix, shards",
    [
        ("http://elastic:9200", "http://elastic:9200", "kirkuk", None),
        ("http://elastic", "http://elastic:9200", "kirkuk", None),
        ("https://elastic.example", "https://elastic.example:443", "kirkuk", None),
        ("https://elastic:9200/crisis-2.b_1/", "https://elastic:9200", "crisis-2.b_1", None),
        ("http://[::1]:9200/x?shards=12", "http://[::1]:9200", "x", 12),
    ],
)
def test_urls_say_server_prefix_and_shards(url, server, prefix, shards):
    """Port, prefix and shards may be left out."""
    options = parse_elastic_url(url)
    assert (options.server, options.prefix, options.shards) == (server, prefix, shards)
    assert options.name == f"{server}/{prefix}"


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://[",
        "http://elastic:port",
        "http://elastic:9200/Upper",
        "http://elastic:9200/a/b",
        "http://elastic:9200/-a",
        "http://elastic:9200/a,b",
        "http://elastic:9200/a*",
        f"http://elastic:9200/{'a' * 101}",
        "http://elastic:9200/a#b",
        "http://elastic:9200/?colour=red",
        "http://elastic:9200/?shards=",
        "http://elastic:9200/?shards=0",
        "http://elastic:9200/?shards=-1",
        "http://elastic:9200/?shards=1025",
        "http://elastic:9200/?shards=٣",
        f"http://elastic:9200/?shards={'9' * 5000}",
    ],
)
def test_urls_that_can_not_be_are_refused_in_a_line(url):
    """No index name is made of them, and the message is no longer than a line."""
    with pytest.raises(ConfigError) as caught:
        open_index(url)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("url", ["http://me:geheim@elastic:9200", "https://geheim@elastic", "http://[me:geheim@"])
def test_a_secret_in_the_url_is_refused_and_not_repeated(url):
    """The message says where it belongs."""
    with pytest.raises(ConfigError, match="KIRKUK_INDEX_API_KEY") as caught:
        open_index(url)
    assert "geheim" not in str(caught.value)


def test_variables_become_what_the_client_logs_in_with(tmp_path):
    """An API key, or a user with a password, and authorities for https; nothing else is asked for."""
    plain, safe = parse_elastic_url("http://elastic"), parse_elastic_url("https://elastic")
    known = {"request_timeout", "max_retries", "retry_on_timeout"}
    assert client_settings(plain, {}).keys() == known
    assert client_settings(plain, {"KIRKUK_INDEX_API_KEY": "a2V5"})["api_key"] == "a2V5"
    user = {"KIRKUK_INDEX_USERNAME": "me", "KIRKUK_INDEX_PASSWORD": "word"}
    assert client_settings(plain, user)["basic_auth"] == ("me", "word")
    authorities = tmp_path / "ca.crt"
    authorities.touch()
    assert client_settings(safe, {"KIRKUK_INDEX_CA_CERTS": str(authorities)})["ca_certs"] == str(authorities)


@pytest.mark.parametrize(
    "variables, told",
    [
        ({"KIRKUK_INDEX_API_KEY": "geheim", "KIRKUK_INDEX_USERNAME": "me", "KIRKUK_INDEX_PASSWORD": "geheim"}, "both"),
        ({"KIRKUK_INDEX_USERNAME": "me"}, "KIRKUK_INDEX_PASSWORD"),
        ({"KIRKUK_INDEX_PASSWORD": "geheim"}, "KIRKUK_INDEX_USERNAME"),
        ({"KIRKUK_INDEX_CA_CERTS": "/no/such/file"}, "no file"),
    ],
)
def test_variables_that_contradict_each_other_are_told(variables, told):
    """By their names, never by their values."""
    with pytest.raises(ConfigError, match=told) as caught:
        client_settings(parse_elastic_url("https://elastic"), variables)
    assert "geheim" not in str(caught.value)


def test_authorities_without_https_are_a_mistake(tmp_path):
    """Whoever names authorities believes that the connection is encrypted."""
    with pytest.raises(ConfigError, match="https"):
        client_settings(parse_elastic_url("http://elastic"), {"KIRKUK_INDEX_CA_CERTS": str(tmp_path)})
