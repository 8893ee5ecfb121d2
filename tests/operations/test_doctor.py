"""The doctor sees what is wrong, says what to do, and lets no check stop the others."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from click.testing import CliRunner

from connectors.findings import good
from connectors.ports import Append
from connectors.registry import open_index, open_log
from desk import doctor, doctor_backends, doctor_checks
from desk.cli import cli
from desk.doctor import examine
from desk.settings import load_settings, shipped_config
from pipelines.generations import promotion_append
from schemas.envelope import ARTICLES, DEAD_LETTERS, FEEDS, pack
from schemas.records import DeadLetter, FeedFailed, GenerationPromoted, SchemaRef
from schemas.vocabulary import load_vocabulary

NOW = datetime.now(UTC)


@pytest.fixture
def settings(tmp_path):
    return load_settings(data=tmp_path / "data", environ={})


@pytest.fixture
def log(settings):
    log = open_log(settings.log_url)
    yield log
    log.close()


def found(settings, check, **options):
    return [finding for finding in examine(settings, **options) if finding.check == check]


def event(at, event_id="e"):
    return pack(FeedFailed(feed_id="f", at=at, kind="dns", message=""), event_id=event_id, subject="f", time=at)


def test_a_sound_place_fails_nothing(settings):
    """Before the first start nothing is wrong: what is not there yet is said to be made."""
    findings = list(examine(settings))
    assert not [finding for finding in findings if finding.state == "failed"]
    assert len({finding.check for finding in findings}) >= 12


def test_every_finding_that_is_not_ok_has_a_remedy(settings, log):
    """A warning without a remedy would only worry."""
    log.append(
        [
            Append(ARTICLES, event(datetime.now(UTC) - timedelta(hours=1))),
            Append(FEEDS, event(datetime.now(UTC) + timedelta(hours=1))),
        ]
    )
    worries = [finding for finding in examine(settings) if finding.state != "ok"]
    assert len(worries) >= 2
    assert all(finding.remedy for finding in worries)


def test_a_log_that_nobody_reads_is_told_by_how_far(settings, log):
    """Records behind, the age of the oldest, by stage and partition."""
    two_hours_ago = datetime.now(UTC) - timedelta(hours=2)
    log.append([Append(ARTICLES, event(two_hours_ago, str(number))) for number in range(1500)])
    [lag] = found(settings, "match partition 0")
    assert lag.state == "warning"
    assert "1,500 records behind" in lag.message
    assert "7,2" in lag.message


def test_records_from_the_future_show_a_wrong_clock(settings, log):
    """Two machines whose clocks differ by more than a minute would order articles wrongly."""
    log.append([Append(FEEDS, event(datetime.now(UTC) + timedelta(seconds=30)))])
    assert found(settings, "clock of the log")[0].state == "ok"
    log.append([Append(ARTICLES, event(datetime.now(UTC) + timedelta(minutes=10)))])
    [clock] = found(settings, "clock of the log")
    assert (clock.state, "NTP" in clock.remedy) == ("failed", True)


def test_dead_letters_that_can_be_fed_again_are_told(settings, log):
    """Those of ingestion come again by themselves."""
    for number, step in enumerate(("ingest", "match", "match")):
        letter = DeadLetter(dead_letter_id=str(number), step=step, key="k", error="e", record="{}", at=NOW)
        log.append([Append(DEAD_LETTERS, pack(letter, event_id=str(number), subject="k", time=NOW))])
    [letters] = found(settings, "dead letters")
    assert (letters.state, "2 of 3" in letters.message) == ("warning", True)


def test_an_index_that_shows_another_generation_is_told(settings, log):
    """The log decides which one is live."""
    ref = SchemaRef(name="kirkuk", version="1", digest="d")
    log.append([promotion_append(GenerationPromoted(generation="new", previous=None, schema=ref, at=NOW), 1)])
    index = open_index(settings.index_url)
    index.promote("old")
    index.close()
    [finding] = found(settings, "index")
    assert finding.state == "warning"
    assert "old" in finding.message
    assert "new" in finding.message


def test_names_that_the_schema_does_not_have_are_told(settings, tmp_path):
    """A rule that asks for them never fires."""
    rules = tmp_path / "alerts.toml"
    rules.write_text('[[rule]]\nname = "r"\ntypes = ["SEISE"]\nchanges = ["opened"]\n', "utf-8")
    findings = found(msgspec.structs.replace(settings, rules_file=str(rules)), "rules")
    assert [finding.state for finding in findings] == ["ok", "warning"]
    assert "SEISE" in findings[1].message


def test_a_channel_whose_secret_is_not_set_fails(settings, tmp_path):
    """Its alerts could go nowhere."""
    rules = tmp_path / "alerts.toml"
    rules.write_text(
        '[channels.desk]\nenv = "KIRKUK_SECRET_NOWHERE"\n[[rule]]\nname = "r"\nchanges = ["opened"]\n', "utf-8"
    )
    [finding] = found(msgspec.structs.replace(settings, rules_file=str(rules)), "channels")
    assert (finding.state, "KIRKUK_SECRET_NOWHERE" in finding.message) == ("failed", True)


def test_a_folder_that_can_not_be_written_fails(settings, monkeypatch):
    """The remedy names --data."""

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor_checks.tempfile, "TemporaryFile", refuse)
    [finding] = found(settings, "data folder")
    assert (finding.state, "--data" in finding.remedy) == ("failed", True)


def test_a_server_that_does_not_answer_stops_no_other_check(settings, monkeypatch):
    """It is told after the patience, and so is a check that breaks; those behind them are still done."""
    release = threading.Event()

    def hang(_settings):
        yield good("hanging", "began")
        release.wait(20)

    def broken(_settings):
        raise RuntimeError("a fault")

    monkeypatch.setattr(doctor, "CHECKS", (("hanging", hang), ("broken", broken), *doctor_backends.CHECKS))
    began = time.monotonic()
    findings = list(examine(settings, patience_s=0.5))
    release.set()
    assert time.monotonic() - began < 5
    states = [(finding.check, finding.state) for finding in findings]
    assert states[:3] == [("hanging", "ok"), ("hanging", "failed"), ("broken", "failed")]
    assert ("log", "ok") in states


def test_a_log_that_is_damaged_fails_and_the_rest_goes_on(settings, tmp_path):
    """The message is the port's, which names file and remedy."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "log.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    [finding] = found(settings, "log")
    assert (finding.state, "log.db" in finding.message) == ("failed", True)
    assert found(settings, "feeds")


def test_checks_of_a_kind_of_server_are_asked_by_its_scheme(settings, monkeypatch):
    """What a driver can tell beside the ports stands with the other findings."""
    monkeypatch.setattr(doctor_backends, "LOG_SERVER_CHECKS", {"sqlite": (lambda url: [good("version", url)],)})
    [finding] = found(settings, "version")
    assert finding.message == settings.log_url


def test_the_command_ends_with_one_when_something_failed(tmp_path):
    """Scripts need no more than the exit status; --json is one document a line."""
    config = tmp_path / "kirkuk.toml"
    config.write_text(f'[rules]\nfile = "none.toml"\n[feeds]\nfile = "{shipped_config()}/feeds.toml"\n', "utf-8")
    done = CliRunner().invoke(
        cli, ["doctor", "--json", "--config", str(config), "--data", str(tmp_path)], standalone_mode=False
    )
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.return_value == 1
    assert {finding["check"]: finding["state"] for finding in findings}["rules"] == "failed"
    assert all(set(finding) == {"check", "state", "message", "remedy"} for finding in findings)


def test_a_schema_that_is_not_the_live_one_is_told(settings, log):
    """After `reprocess --schema` with settings that name another schema, the doctor says which folder to name."""
    ref = load_vocabulary(settings.schema_dir).ref
    for number, digest in enumerate(("0" * 32, ref.digest), 1):
        at = datetime.now(UTC)
        schema = SchemaRef(name="kirkuk", version="9", digest=digest)
        promoted = GenerationPromoted(generation=f"g{number}", previous=None, schema=schema, at=at, schema_dir="/mine")
        log.append([promotion_append(promoted, number)])
        told = found(settings, "schema in use")
        assert [finding.state for finding in told] == ["warning"][: digest != ref.digest]
        assert all("/mine" in finding.remedy and "kirkuk 9" in finding.message for finding in told)
