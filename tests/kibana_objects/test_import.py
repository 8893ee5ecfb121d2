"""Importing into Kibana over real HTTP: what is sent, what is believed, and what a person is told."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import schemas
from connectors.kibana import Kibana, KibanaError
from desk.cli import cli
from desk.settings import load_settings
from desk.setup_commands import STEPS, SetupOptions
from schemas.errors import ConfigError
from schemas.kibana_objects.files import load_objects, load_rules
from tests.kibana_objects.kibana_play import FakeKibana

NONE = {}
KEY = {"KIRKUK_KIBANA_API_KEY": "a2V5OndvcmQ="}
USER = {"KIRKUK_KIBANA_USERNAME": "editor", "KIRKUK_KIBANA_PASSWORD": "open sesame"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("KIRKUK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def kibana():
    with FakeKibana() as server:
        yield server


def run(*arguments, env=None):
    return CliRunner().invoke(cli, ["setup", *arguments], env=env or {}, standalone_mode=False)


def test_all_objects_arrive_whole_and_are_created_then_overwritten(kibana):
    """The first import creates every object, a second one overwrites it; what arrives is what the file holds."""
    objects = load_objects()
    first = Kibana(kibana.url, NONE).import_objects(objects)
    assert list(kibana.objects.values()) == objects
    assert [(one.kind, one.id) for one in first] == [(one["type"], one["id"]) for one in objects]
    assert {one.result for one in first} == {"created"}
    assert {one.result for one in Kibana(kibana.url, NONE).import_objects(objects)} == {"overwritten"}


def test_a_partial_failure_is_told_object_by_object(kibana):
    """Success in the status line is no success: refused objects are named with Kibana's reason, the others are in."""
    missing = {"type": "missing_references", "references": [{"type": "index-pattern", "id": "gone"}]}
    kibana.refuse = {
        "kirkuk-map": {"type": "unknown", "message": "too\nnew", "statusCode": 422},
        "kirkuk-dashboard": missing,
    }
    kibana.forget = {"kirkuk-lens-support"}
    outcomes = {one.id: one for one in Kibana(kibana.url, NONE).import_objects(load_objects())}
    refused = {name: one.reason for name, one in outcomes.items() if one.result == "refused"}
    assert refused == {
        "kirkuk-map": "unknown: too new",
        "kirkuk-dashboard": "missing_references: index-pattern gone",
        "kirkuk-lens-support": "Kibana does not say what became of it",
    }
    assert sum(one.result == "created" for one in outcomes.values()) == len(outcomes) - 3


@pytest.mark.parametrize(
    "environ,header",
    [(KEY, "ApiKey a2V5OndvcmQ="), (USER, "Basic ZWRpdG9yOm9wZW4gc2VzYW1l")],
    ids=["api key", "user"],
)
def test_credentials_of_the_environment_open_the_door(kibana, environ, header):
    """An API key or a user with password from the environment is what Kibana gets; without, nothing is imported."""
    kibana.authorization = header
    with pytest.raises(KibanaError, match=r"status 401.*asks for credentials.*KIRKUK_KIBANA_API_KEY"):
        Kibana(kibana.url, NONE).import_objects(load_objects())
    assert not kibana.objects
    Kibana(kibana.url, environ).import_objects(load_objects())
    assert kibana.objects


@pytest.mark.parametrize("environ", [KEY, USER], ids=["api key", "user"])
def test_no_message_shows_a_secret(kibana, environ):
    """A server that sends the credentials back does not get them into our message."""
    secrets = ["a2V5OndvcmQ=", "open sesame", "ZWRpdG9yOm9wZW4gc2VzYW1l"]
    for status in (401, 403, 400, 500):
        kibana.instead = (status, {}, json.dumps({"message": f"wrong: {secrets}"}).encode())
        with pytest.raises(KibanaError) as told:
            Kibana(kibana.url, environ).import_objects(load_objects())
        shown = [secret for secret in secrets if secret in str(told.value)]
        assert not set(shown) & ({secrets[0]} if environ is KEY else set(secrets[1:]))
        assert "wrong: " in str(told.value)


@pytest.mark.parametrize(
    "instead,message",
    [
        ((200, {"Content-Type": "text/html"}, b"<html>Please log in</html>"), "not as Kibana does"),
        ((200, {}, b'{"took": 3}'), "not as Kibana does"),
        ((200, {}, b'{"success": "yes"}'), "not as Kibana does"),
        ((200, {}, b"[" * 100_000), "not as Kibana does"),
        ((200, {}, b'{"success": true, "x": "' + b"x" * 9_000_000 + b'"}'), "not as Kibana does"),
        ((302, {"Location": "http://127.0.0.1:1/login?next=secret"}, b""), "sends us to another address"),
        ((307, {"Location": "/elsewhere"}, b""), "sends us to another address"),
        ((403, {}, b'{"message": "Unable to bulk_create dashboard"}'), "privileges.*: Unable to bulk_create dashboard"),
        ((404, {}, b'{"message": "Not Found"}'), "base path"),
        ((413, {}, b"{}"), "maxImportPayloadBytes"),
        ((503, {}, b"Kibana server is not ready yet"), "not ready; run it again later"),
        ((500, {}, b'{"message": "\\u001b[31mred\\u0000\\nblue"}'), r"refuses: \[31mred blue$"),
        ((400, {}, b'{"message": "' + b"y" * 5000 + b'"}'), "refuses: y{300}…$"),
    ],
)
def test_what_is_no_import_is_an_error_with_a_remedy(kibana, instead, message):
    """HTML, other JSON, a body without end, redirects and refusals: none passes for an import, each is explained."""
    kibana.instead = instead
    with pytest.raises(KibanaError, match=message) as told:
        Kibana(kibana.url, KEY).import_objects(load_objects())
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 600
    assert "next=secret" not in str(told.value)
    # A redirect is not followed: the credentials went to one address only.
    assert len(kibana.requests) == 1


def test_an_unreachable_kibana_is_named():
    """Nobody listens: the message names the address, and it comes at once."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(KibanaError, match=f"127.0.0.1:{port}: can't be reached"):
        Kibana(f"http://127.0.0.1:{port}", NONE).import_objects(load_objects())


def test_a_kibana_that_never_answers_is_given_up():
    """A server that takes the request and stays silent ends as an error when the time is over."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(KibanaError, match="no answer in time"):
            Kibana(url, NONE, timeout_s=0.3).import_objects(load_objects())
        assert time.monotonic() - began < 20


def test_a_kibana_that_breaks_off_is_an_error(kibana):
    """A connection that ends before the answer does is an error, not half an import."""
    with socket.create_server(("127.0.0.1", 0)) as rude:
        url = f"http://127.0.0.1:{rude.getsockname()[1]}"
        script = "import socket,sys; s=socket.socket(fileno=int(sys.argv[1])); c,_=s.accept(); c.recv(10); c.close()"
        command = [sys.executable, "-c", script, str(rude.fileno())]
        with (
            subprocess.Popen(command, pass_fds=[rude.fileno()]),
            pytest.raises(KibanaError, match="can't be reached"),
        ):
            Kibana(url, NONE, timeout_s=30).import_objects(load_objects())


def test_space_and_base_path_belong_to_the_address():
    """A base path and a space in --kibana are kept, with or without a slash at the end."""
    with FakeKibana(base="/watch/s/crisis") as kibana:
        for url in (kibana.url, kibana.url + "/"):
            Kibana(url, NONE).import_objects(load_objects())
        assert {path for _, path in kibana.requests} == {"/watch/s/crisis/api/saved_objects/_import?overwrite=true"}


@pytest.mark.parametrize(
    "url", ["", "kibana:5601", "ftp://kibana", "http://", "http://u:p@kibana", "http://kibana?x=1", "http://k:99999999"]
)
def test_an_address_that_is_none_is_refused(url):
    """What is no plain http(s) address is refused unsent, and not repeated: it may hold a password."""
    with pytest.raises(ConfigError, match="--kibana") as told:
        Kibana(url, NONE)
    assert "u:p" not in str(told.value)


@pytest.mark.parametrize(
    "environ,message",
    [
        ({**KEY, **USER}, "both set"),
        ({"KIRKUK_KIBANA_USERNAME": "editor"}, "belong together"),
        ({"KIRKUK_KIBANA_PASSWORD": "open sesame"}, "belong together"),
        ({"KIRKUK_KIBANA_API_KEY": "two\nlines"}, "no API key"),
        ({"KIRKUK_KIBANA_CA_CERTS": "/nowhere/ca.pem"}, "KIRKUK_KIBANA_CA_CERTS"),
    ],
)
def test_credentials_that_do_not_fit_are_refused_without_being_shown(environ, message):
    """Half or double credentials and a missing file of authorities are told by the names of their variables."""
    with pytest.raises(ConfigError, match=message) as told:
        Kibana("https://kibana.example", environ)
    assert not any(value in str(told.value) for value in ("open sesame", "a2V5OndvcmQ=", "two"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that vouches for itself: its file, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kibana of the tests")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2120, 1, 1, tzinfo=UTC)
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    folder = tmp_path_factory.mktemp("tls")
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(public, private)
    return public, served


def test_a_certificate_must_be_vouched_for(certificate):
    """A server whose authority is unknown gets nothing; named in KIRKUK_KIBANA_CA_CERTS, it is trusted."""
    public, served = certificate
    with FakeKibana(tls=served) as kibana:
        with pytest.raises(KibanaError, match="not trusted; name its authority in KIRKUK_KIBANA_CA_CERTS"):
            Kibana(kibana.url, KEY).import_objects(load_objects())
        assert not kibana.requests
        Kibana(kibana.url, {**KEY, "KIRKUK_KIBANA_CA_CERTS": str(public)}).import_objects(load_objects())
        assert kibana.objects


def test_a_file_without_authorities_is_refused(tmp_path):
    """A file of KIRKUK_KIBANA_CA_CERTS that holds no certificate is told by name."""
    junk = tmp_path / "ca.pem"
    junk.write_text("no certificate")
    with pytest.raises(ConfigError, match=r"KIRKUK_KIBANA_CA_CERTS: .*ca.pem can't be used"):
        Kibana("https://kibana.example", {"KIRKUK_KIBANA_CA_CERTS": str(junk)})


def test_rules_too_need_the_door_open(kibana):
    """Credentials that Kibana does not accept end the import of rules at once, instead of once a rule."""
    kibana.authorization = "ApiKey another"
    with pytest.raises(KibanaError, match="does not accept the credentials"):
        Kibana(kibana.url, KEY).put_rule(load_rules()[0])


def test_rules_are_created_then_updated_and_keep_their_actions(kibana):
    """A rule that exists is brought up to date under its id; actions and throttling that somebody chose there stay."""
    rule = load_rules()[0]
    assert Kibana(kibana.url, NONE).put_rule(rule).result == "created"
    assert kibana.rules[rule["id"]]["consumer"] == "stackAlerts"
    chosen = {"id": "mail", "group": "query matched", "params": {"to": ["desk"]}, "uuid": "u1"}
    kibana.rules[rule["id"]] |= {
        "actions": [{**chosen, "connector_type_id": ".email"}],
        "enabled": False,
        "notify_when": "onActiveAlert",
        "name": "renamed",
    }
    assert Kibana(kibana.url, NONE).put_rule(rule).result == "updated"
    kept = kibana.rules[rule["id"]]
    assert kept["actions"] == [{**chosen, "connector_type_id": ".email"}]
    assert (kept["enabled"], kept["notify_when"], kept["name"]) == (False, "onActiveAlert", rule["body"]["name"])


def test_a_refused_rule_is_an_outcome_and_the_next_one_goes_on(kibana):
    """A Kibana without an encryption key refuses rules: each is told with its reason, the objects stay imported."""
    first, second = load_rules()[:2]
    kibana.refuse = {first["body"]["name"]: {"statusCode": 400, "message": "missing encryption key"}}
    outcomes = [Kibana(kibana.url, NONE).put_rule(rule) for rule in (first, second)]
    assert [one.result for one in outcomes] == ["refused", "created"]
    assert "missing encryption key" in outcomes[0].reason


def test_the_command_imports_and_says_what_it_did(kibana):
    """`kirkuk setup --kibana` prints a line for each object and rule and ends with 0."""
    result = run("--kibana", kibana.url, "--kibana-rules", "--json")
    assert result.return_value == 0
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["what"], one["name"]) for one in told] == [
        *((one["type"], one["id"]) for one in load_objects()),
        *(("rule", one["id"]) for one in load_rules()),
    ]
    assert {(one["step"], one["result"]) for one in told} == {("kibana", "created")}
    assert len(kibana.objects) == len(load_objects())
    assert len(kibana.rules) == len(load_rules())


def test_without_the_flag_no_rule_is_touched(kibana):
    """Rules need an encryption key in Kibana, so they are imported only when asked for."""
    assert run("--kibana", kibana.url).return_value == 0
    assert kibana.objects
    assert not kibana.rules


def test_the_command_fails_when_something_was_refused(kibana):
    """One refused object makes the exit status 1, and its line says refused and why."""
    kibana.refuse = {"kirkuk-map": {"type": "unknown", "message": "no maps here"}}
    result = run("--kibana", kibana.url)
    assert result.return_value == 1
    assert "refused     map kirkuk-map  Kirkuk: where it happens: unknown: no maps here" in result.stdout


def test_a_dry_run_asks_nothing_of_kibana(kibana):
    """--dry-run lists what would be imported and sends nothing."""
    result = run("--kibana", kibana.url, "--kibana-rules", "--dry-run", "--json")
    assert result.return_value == 0
    assert {json.loads(line)["result"] for line in result.stdout.splitlines()} == {"planned"}
    assert not kibana.requests


def test_another_prefix_reaches_data_views_and_rules(kibana):
    """--prefix changes which aliases data views and rules read, and gives its rules ids of their own."""
    run("--kibana", kibana.url, "--kibana-rules", "--prefix", "mosul.2")
    titles = {one["attributes"]["title"] for (kind, _), one in kibana.objects.items() if kind == "index-pattern"}
    assert titles == {f"mosul.2-{kind}" for kind in ("articles", "events", "developments", "alerts")}
    assert {name for rule in kibana.rules.values() for name in rule["params"]["index"]} == {
        f"mosul.2-{kind}" for kind in ("articles", "developments", "alerts")
    }
    assert not set(kibana.rules) & {rule["id"] for rule in load_rules()}


@pytest.mark.parametrize(
    "index,prefix",
    [("http://elastic.example:9200/mosul", "mosul"), ("https://elastic.example", "kirkuk"), ("", "kirkuk")],
)
def test_the_prefix_is_the_one_of_the_index(kibana, index, prefix):
    """Without --prefix, data views read the aliases of the index that the settings name."""
    settings = load_settings(environ={"KIRKUK_INDEX_URL": index} if index else {})
    for _ in dict(STEPS)["kibana"](SetupOptions(settings, kibana.url)):
        pass
    titles = {one["attributes"]["title"] for (kind, _), one in kibana.objects.items() if kind == "index-pattern"}
    assert {title.rpartition("-")[0] for title in titles} == {prefix}


@pytest.mark.parametrize("prefix", ["", "Upper", "a b", "a,b", "*", "-x", "x/y"])
def test_a_prefix_that_no_index_can_have_is_refused(kibana, prefix):
    """What can't begin an index's name, or would mean several indices, is refused and nothing is sent."""
    result = run("--kibana", kibana.url, "--prefix", prefix)
    assert isinstance(result.exception, ConfigError)
    assert not kibana.requests


def test_objects_that_do_not_fit_the_schema_are_not_sent(kibana, tmp_path):
    """With a schema that lacks a type which a search asks for, nothing is sent and the fault names the search."""
    folder = tmp_path / "schema"
    shutil.copytree(Path(schemas.__file__).parent / "kirkuk", folder)
    text = (folder / "schema.yaml").read_text().replace("ultimatum:", "deadline:")
    (folder / "schema.yaml").write_text(text)
    for lexicon in (folder / "lexicon").glob("*.yaml"):
        lexicon.write_text(lexicon.read_text().replace("ultimatum", "deadline"))
    result = run("--kibana", kibana.url, env={"KIRKUK_SCHEMA_DIR": str(folder)})
    assert "kirkuk-search-ultimatums" in str(result.exception), result.exception
    assert not kibana.requests


def test_rules_without_a_kibana_are_a_usage_error():
    """--kibana-rules alone is a mistake, not an empty success."""
    result = CliRunner().invoke(cli, ["setup", "--kibana-rules"])
    assert result.exit_code == 2
    assert "--kibana" in result.output


def test_without_kibana_the_embedded_size_needs_no_setup(tmp_path):
    """`kirkuk setup` on embedded log and index says that there is nothing to do and succeeds."""
    result = run("--data", str(tmp_path))
    assert result.return_value == 0
    assert "nothing to set up" in result.stdout
