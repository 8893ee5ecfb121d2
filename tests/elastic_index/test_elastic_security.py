"""A search server that asks who one is, over TLS: users, API keys, authorities, and secrets that nobody sees."""

import logging
import pickle
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import server_fixtures
from elastic_server import ELASTIC_PASSWORD, ELASTIC_USER, ElasticServer
from elasticsearch import ApiError, Elasticsearch, TransportError

from connectors.elastic_options import parse_elastic_url
from connectors.registry import open_index
from schemas.errors import IndexUnavailableError
from tests.contracts.index_play import LIVE, document, found

pytestmark = pytest.mark.servers("elastic")

VARIABLES = ("KIRKUK_INDEX_API_KEY", "KIRKUK_INDEX_USERNAME", "KIRKUK_INDEX_PASSWORD", "KIRKUK_INDEX_CA_CERTS")
TLS = "xpack.security.http.ssl"


class SafeServer(ElasticServer):
    """It speaks TLS, with a certificate of its own making."""

    @property
    def url(self) -> str:
        return f"https://localhost:{self.ports[0]}"

    @property
    def certificate(self) -> Path:
        return self.folder / "own.crt"

    def client(self) -> Elasticsearch:
        """Ask as the one who may do everything."""
        return Elasticsearch(
            self.url, ca_certs=str(self.certificate), basic_auth=(ELASTIC_USER, ELASTIC_PASSWORD), max_retries=0
        )

    def prepare(self) -> None:
        super().prepare()
        certify(self.certificate, self._config / "own.key")
        (self._config / "own.crt").write_bytes(self.certificate.read_bytes())

    def answers(self) -> bool:
        with self.client() as client:
            try:
                # As in the kit: until it has stored the password it refuses it now and then.
                client.security.change_password(username=ELASTIC_USER, password=ELASTIC_PASSWORD)
            except (ApiError, TransportError):
                return False
            return True

    def _settings(self) -> dict[str, Any]:
        safe = {f"{TLS}.enabled": True, f"{TLS}.key": "own.key", f"{TLS}.certificate": "own.crt"}
        return super()._settings() | safe


def certify(certificate: Path, key: Path) -> None:
    """Make a key and a certificate that vouches for itself."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run([*made, *names], check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SafeServer]:
    """A server of this module's own."""
    files = server_fixtures.fetched("elastic")
    folder = tmp_path_factory.mktemp("safe")
    with SafeServer(folder, files, server_fixtures._java(), security=True) as started:
        yield started.start()


@pytest.fixture
def known(server: SafeServer, monkeypatch: pytest.MonkeyPatch):
    """Say in the environment who one is; the server's authority is there unless said otherwise."""

    def known(**variables: str) -> None:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"ca_certs": str(server.certificate)} | variables).items():
            monkeypatch.setenv(f"KIRKUK_INDEX_{name.upper()}", value)

    return known


def works(url: str) -> bool:
    """Write, promote, search and drop; tell whether all that went well."""
    with closing(open_index(url)) as index:
        assert index.upsert(LIVE, [document("a", title="Kirkuk")]) == []
        index.promote(LIVE)
        index.promote("next")
        index.drop(LIVE)
        index.upsert("next", [document("b", title="Kirkuk")])
        return found(index, "kirkuk") == ["b"]


def make_key(server: SafeServer, privileges: list[str], *, cluster: list[str]) -> dict[str, str]:
    """Make an API key with rights to the names that begin with `keyed`."""
    rights = {"cluster": cluster, "indices": [{"names": ["keyed*"], "privileges": privileges}]}
    with server.client() as client:
        return dict(client.security.create_api_key(name="key", role_descriptors={"all": rights}))


def test_a_user_with_a_password_works_over_tls(server, known):
    """The certificate is checked against the authority that the environment names."""
    known(username=ELASTIC_USER, password=ELASTIC_PASSWORD)
    assert works(f"{server.url}/basic")


def test_an_api_key_works_within_its_rights_until_it_is_withdrawn(server, known):
    """It needs no rights beyond its prefix but to see the cluster and to lay out templates."""
    key = make_key(server, ["manage", "read", "write"], cluster=["monitor", "manage_index_templates"])
    known(api_key=key["encoded"])
    assert works(f"{server.url}/keyed")
    with pytest.raises(IndexUnavailableError, match="may not"):
        works(f"{server.url}/elsewhere")
    with server.client() as client:
        client.security.invalidate_api_key(ids=[key["id"]])
    with pytest.raises(IndexUnavailableError, match="KIRKUK_INDEX_API_KEY") as caught:
        works(f"{server.url}/keyed")
    assert key["encoded"] not in str(caught.value)


def test_missing_rights_are_no_fault_of_the_documents(server, known):
    """Whoever may read but not write gets an error with the remedy at once, and no dead letters."""
    known(username=ELASTIC_USER, password=ELASTIC_PASSWORD)
    with closing(open_index(f"{server.url}/keyed-read")) as index:
        index.upsert(LIVE, [document("a", title="Kirkuk")])
        index.promote(LIVE)
        index.count("articles")
    known(api_key=make_key(server, ["read", "view_index_metadata"], cluster=["monitor"])["encoded"])
    with closing(open_index(f"{server.url}/keyed-read")) as index:
        assert (index.live(), index.count("articles")) == (LIVE, 1)
        for refused in (
            lambda: index.upsert(LIVE, [document("b")]),
            lambda: index.delete(LIVE, "articles", ["a"]),
            lambda: index.promote(LIVE),
        ):
            with pytest.raises(IndexUnavailableError, match="unauthorized"):
                refused()
        assert found(index, "kirkuk") == ["a"]


@pytest.mark.parametrize(
    "variables", [{}, {"username": "elastic", "password": "geheim"}, {"api_key": "bmFtZTpnZWhlaW0="}]
)
def test_who_is_not_known_is_told_what_to_set_and_nothing_leaks(server, known, variables, caplog):
    """Neither the message, nor its causes, nor the log at its finest hold a secret."""
    known(**variables)
    with (
        caplog.at_level(logging.DEBUG),
        closing(open_index(f"{server.url}/keyed")) as index,
        pytest.raises(IndexUnavailableError, match="KIRKUK_INDEX_API_KEY") as caught,
    ):
        index.upsert(LIVE, [document("a")])
    told = str(caught.value) + repr(caught.value.__cause__) + caplog.text
    assert "geheim" not in told
    assert "bmFtZTpnZWhlaW0" not in told


def test_a_server_that_nobody_vouches_for_is_refused_at_once(server, known, tmp_path):
    """Neither without an authority nor with another one's does a secret go out; and waiting would not help."""
    stranger = tmp_path / "stranger.crt"
    certify(stranger, tmp_path / "stranger.key")
    for authority in ("", str(stranger)):
        known(username=ELASTIC_USER, password=ELASTIC_PASSWORD, ca_certs=authority)
        with (
            closing(open_index(f"{server.url}/keyed")) as index,
            pytest.raises(IndexUnavailableError, match="KIRKUK_INDEX_CA_CERTS"),
        ):
            index.upsert(LIVE, [document("a")])


def test_what_travels_in_a_graph_holds_no_secret(server, known):
    """URL and options are pickled into jobs and printed; who one is stays in the environment of each process."""
    known(username=ELASTIC_USER, password=ELASTIC_PASSWORD)
    options = parse_elastic_url(f"{server.url}/keyed")
    assert ELASTIC_PASSWORD.encode() not in pickle.dumps(options)
    assert ELASTIC_PASSWORD not in repr(options)
