"""Apprise and the terminal for real: over loopback HTTP, without showing an address anywhere."""

import io
import json
import logging
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from connectors.apprise_notifier import AppriseNotifier
from connectors.terminal_notifier import TerminalNotifier, alert_lines
from desk.alert_commands import open_notifiers, trial_alert
from desk.settings import shipped_config
from schemas.errors import ConfigError, DeliveryError
from schemas.records import ClaimSource, Evidence
from tests.alerting import alert_play as play


class Service:
    """An HTTP service that refuses the first posts, then takes them."""

    def __init__(self, refusals=0):
        self.bodies = []
        self.refusals = refusals
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.refusals -= 1
                if service.refusals >= 0:
                    self.send_error(503)
                    return
                service.bodies.append(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"json://ann:HUSH@127.0.0.1:{self.server.server_port}/HUSH-path"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def service():
    made = Service()
    yield made
    made.close()


EVIDENCE = Evidence(
    article_id="a", revision=1, outlet="Northgate", url="https://northgate.example/1", field="text",
    quote="Fighters withdrew\x1b[2J from the \u202ecity.", span=(0, 40), trigger="withdrew",
    sources=(ClaimSource(text="a PUK lawmaker", kind="anonymous"),),
)  # fmt: skip
ALERT = msgspec.structs.replace(
    trial_alert(), title="A force gives way", summary="new; alleged; 2 independent sources", rule="withdrawal",
    severity="critical", evidence=(EVIDENCE,),
)  # fmt: skip


def test_an_alert_goes_out_with_rule_quote_source_and_reason(service):
    """The body says what, why, the words, whose words, where, and how to ask more."""
    AppriseNotifier("desk", service.url).send(ALERT)
    [body] = service.bodies
    assert body["title"] == "[CRITICAL] A force gives way"
    assert body["type"] == "failure"
    for part in ("rule withdrawal (opened): new; alleged", "Fighters withdrew", "Northgate, citing a PUK lawmaker",
                 "https://northgate.example/1", "kirkuk why 000000000000"):  # fmt: skip
        assert part in body["message"]


def test_a_service_that_fails_and_recovers_gets_each_alert_once(desk, service, caplog):
    """The job tries again until the service takes the alert; nothing that is logged or stored names the address."""
    service.refusals = 2
    play.tell(desk.log, *play.story()[:2])
    desk.rules_file.write_text(play.RULES.replace('url = "json://localhost/unused"', f'url = "{service.url}"'))
    with caplog.at_level(logging.DEBUG):
        counts = desk.alert(AppriseNotifier("outbox", service.url), first_pause_s=0.001)
        while counts["delivered"] < 2:
            counts = desk.alert(AppriseNotifier("outbox", service.url), first_pause_s=0.001)
    assert len(service.bodies) == 2
    stored = msgspec.json.encode(play.ledger_records(desk.log)).decode()
    assert "the channel" in stored or "channel outbox did not take the alert" in stored
    assert "HUSH" not in caplog.text + stored + repr(list(desk.index.scan("alerts")))


def test_a_dead_service_is_a_delivery_error_without_the_address(service, caplog):
    """Nobody listens there any more: an error that names the channel, and nothing else anywhere."""
    channel = AppriseNotifier("desk", service.url)
    service.server.server_close()
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryError) as caught:
        channel.send(ALERT)
    shown = "".join(traceback.format_exception(caught.value))
    assert "channel desk" in str(caught.value)
    assert "HUSH" not in caplog.text + shown + repr(channel)


@pytest.mark.parametrize("url", ["slack://HUSH/bad", "nowhere://HUSH", "HUSH", "", "json://"])
def test_an_address_that_apprise_does_not_know_is_a_config_error(url, caplog, capfd):
    """Apprise itself would log it with the secret in it."""
    with caplog.at_level(logging.DEBUG), pytest.raises(ConfigError, match="channel desk: its URL") as caught:
        AppriseNotifier("desk", url)
    shown = "".join(traceback.format_exception(caught.value)) + "".join(capfd.readouterr())
    assert "HUSH" not in caplog.text + shown


def test_channels_open_by_variable_or_address(load, monkeypatch):
    """A variable that is not set is named, and the way out with it; a channel that is off needs none."""
    text = '[channels.a]\nenv = "KIRKUK_SECRET_A"\n[channels.b]\nenv = "KIRKUK_SECRET_B"\nenabled = false\n'
    rules = load(text + '[channels.c]\nurl = "json://localhost/c"\n')
    terminal = TerminalNotifier(io.StringIO())
    with pytest.raises(ConfigError, match=r"channels\.a: KIRKUK_SECRET_A is not set .* enabled = false"):
        open_notifiers(rules, terminal)
    monkeypatch.setenv("KIRKUK_SECRET_A", "json://localhost/a")
    assert [channel.name for channel in open_notifiers(rules, terminal)] == ["terminal", "a", "c"]


def test_the_terminal_gets_plain_lines(load):
    """What a terminal would obey is taken out of strangers' words; letters of all scripts stay."""
    out = io.StringIO()
    TerminalNotifier(out).send(ALERT)
    lines = out.getvalue().splitlines()
    assert lines[0] == "[CRITICAL] A force gives way"
    assert lines[2] == "  “Fighters withdrew [2J from the  city.” Northgate, citing a PUK lawmaker"
    persian = msgspec.structs.replace(ALERT, title="نیروها می\u200cروند")
    assert "نیروها می\u200cروند" in alert_lines(persian)


def test_a_closed_terminal_is_a_delivery_error():
    """The alert is tried again by whoever has a screen."""
    out = io.StringIO()
    out.close()
    with pytest.raises(DeliveryError, match="standard output is closed"):
        TerminalNotifier(out).send(ALERT)


def test_the_sample_channel_of_the_shipped_rules_works_when_its_marks_are_taken_away(load, monkeypatch):
    """Two lines without their # and the variable that they name: a channel."""
    text = (shipped_config() / "alerts.toml").read_text("utf-8")
    rules = load(text.replace("\n# [channels.desk]\n# env", "\n[channels.desk]\nenv"))
    variable = rules.channels["desk"].env
    assert f"export {variable}=" in text
    monkeypatch.setenv(variable, "json://localhost/desk")
    assert [each.name for each in open_notifiers(rules, TerminalNotifier(io.StringIO()))] == ["terminal", "desk"]
