"""docker/elastic-users.sh against a real search server: who may do what, and that it may be run again."""

import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from elastic_server import ELASTIC_PASSWORD, ELASTIC_USER, ElasticServer

from connectors.elastic_options import parse_elastic_url
from connectors.elastic_templates import KINDS, setup_templates
from connectors.registry import open_index
from schemas.documents import Document, date_text
from schemas.errors import IndexUnavailableError

SCRIPT = Path(__file__).parents[2] / "docker" / "elastic-users.sh"
PIPELINE, ANALYST = ("kirkuk", "pipeline-word-1"), ("analyst", "analyst-word-11")
MONDAY = datetime(2017, 10, 16, 5, tzinfo=UTC)
WATCHER = ("kirkuk_watcher", "watcher-word-11")
VARIABLES = {
    "ELASTIC_PASSWORD": ELASTIC_PASSWORD,
    "KIBANA_PASSWORD": "kibana-word-111",
    "PIPELINE_PASSWORD": PIPELINE[1],
    "WATCHER_PASSWORD": WATCHER[1],
    "ANALYST_PASSWORD": ANALYST[1],
}


def run_script(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script with these variables and a PATH only."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **variables}
    return subprocess.run(["bash", str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=120)


def test_users_have_the_rights_they_need_and_no_others(start_elastic: Callable[..., ElasticServer]) -> None:
    """The pipeline makes, fills, aliases and drops kirkuk-* and nothing else; who looks only reads; a second run
    changes nothing, and one with another password changes that.
    """
    server = start_elastic(security=True)
    made = run_script(ELASTIC_URL=server.url, **VARIABLES)
    assert made.returncode == 0, made.stderr

    def status(user: tuple[str, str], method: str, path: str, body: object = None) -> int:
        return server.api(method, path, body, user=user).status

    assert status(PIPELINE, "PUT", "/kirkuk-articles-1", {}) == 200
    action = {"actions": [{"add": {"index": "kirkuk-articles-1", "alias": "kirkuk-articles"}}]}
    assert status(PIPELINE, "POST", "/_aliases", action) == 200
    assert (
        status(PIPELINE, "PUT", "/kirkuk-articles/_doc/1?version=3&version_type=external&refresh=true", {"a": 1}) == 201
    )
    assert status(PIPELINE, "PUT", "/kirkuk-articles-1/_mapping", {"properties": {"b": {"type": "keyword"}}}) == 200
    assert status(PIPELINE, "POST", "/kirkuk-articles/_pit?keep_alive=1m") == 200
    assert status(PIPELINE, "GET", "/_cluster/health") == 200
    assert status(PIPELINE, "PUT", "/other", {}) == 403
    assert status(PIPELINE, "PUT", "/_index_template/x", {"index_patterns": ["kirkuk-*"]}) == 403
    assert status(PIPELINE, "GET", "/_security/user") == 403

    for reader in (ANALYST, WATCHER):
        assert status(reader, "GET", "/kirkuk-articles/_search") == 200
        assert status(reader, "GET", "/_alias/kirkuk-articles") == 200
        assert status(reader, "PUT", "/kirkuk-articles/_doc/2", {"a": 1}) == 403
        assert status(reader, "DELETE", "/kirkuk-articles-1") == 403
        assert status(reader, "GET", "/other/_search") == 403
    assert status(WATCHER, "GET", "/_cluster/health") == 200
    assert status(("kibana_system", VARIABLES["KIBANA_PASSWORD"]), "GET", "/_security/_authenticate") == 200

    assert run_script(ELASTIC_URL=server.url, **VARIABLES).returncode == 0
    assert status(PIPELINE, "GET", "/kirkuk-articles/_search") == 200
    changed = VARIABLES | {"PIPELINE_PASSWORD": "another-word-22"}
    assert run_script(ELASTIC_URL=server.url, **changed).returncode == 0
    assert status(PIPELINE, "GET", "/kirkuk-articles/_search") == 401
    assert status(("kirkuk", "another-word-22"), "GET", "/kirkuk-articles/_search") == 200
    assert status(("kirkuk", "another-word-22"), "DELETE", "/kirkuk-articles-1") == 200

    refused = run_script(ELASTIC_URL=server.url, **(VARIABLES | {"ELASTIC_PASSWORD": "not-this-word"}))
    assert refused.returncode == 1
    assert "status 401" in refused.stderr
    told = made.stdout + made.stderr + refused.stdout + refused.stderr
    assert not any(word in told for word in VARIABLES.values())


def test_the_index_works_with_these_rights(
    start_elastic: Callable[..., ElasticServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Templates are the superuser's, once; then the pipeline's user makes, fills, promotes, searches and drops
    generations, and the watcher sees which is live.
    """
    server = start_elastic(security=True)
    assert run_script(ELASTIC_URL=server.url, **VARIABLES).returncode == 0
    options = parse_elastic_url(server.url)

    def log_in(user: tuple[str, str]) -> None:
        monkeypatch.setenv("KIRKUK_INDEX_USERNAME", user[0])
        monkeypatch.setenv("KIRKUK_INDEX_PASSWORD", user[1])

    log_in((ELASTIC_USER, ELASTIC_PASSWORD))
    assert len(setup_templates(options)) == len(KINDS)
    log_in(PIPELINE)
    assert setup_templates(options) == []
    document = Document("articles", "1", 1, {"title": "Kirkuk", "published": date_text(MONDAY)})
    with closing(open_index(server.url)) as index:
        for generation in ("one", "two"):
            assert index.upsert(generation, [document]) == []
            index.promote(generation)
        assert [hit.id for hit in index.search("articles", "kirkuk").hits] == ["1"]
        index.drop("one")
        assert index.generations() == ["two"]
    log_in(WATCHER)
    with closing(open_index(server.url)) as index:
        assert index.live() == "two"
        with pytest.raises(IndexUnavailableError):
            index.upsert("two", [document])


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("word", ["", "short", 'quote"in-the-password', "back\\slash-in-it", "two\nlines-in-one-word"])
def test_a_password_that_would_break_a_message_is_refused_before_anything_is_sent(name: str, word: str) -> None:
    """Passwords that are missing, short, or could end a JSON text or a line are refused by name and not shown."""
    refused = run_script(ELASTIC_URL="http://127.0.0.1:1", **(VARIABLES | {name: word}))
    assert refused.returncode == 2
    assert name in refused.stderr
    assert not word or word not in refused.stderr
