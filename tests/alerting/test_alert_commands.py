"""`kirkuk alerts` and `kirkuk why`, as functions."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.registry import open_log
from desk.alert_commands import acknowledge, list_alerts, mute, print_why, try_channels
from desk.dead_letters_commands import print_letters
from pipelines.alerting import Ledger
from schemas.errors import ConfigError, DeliveryError, KirkukError
from schemas.records import RuleMuted
from schemas.rules import load_rules
from tests.alerting import alert_play as play

NOON = datetime(2017, 10, 17, 12, tzinfo=UTC)


class Noon:
    def now(self):
        return NOON


class Refusing:
    name = "outbox"

    def send(self, alert):
        raise DeliveryError("shut")


@pytest.fixture
def told(desk):
    """A desk on which the story was alerted."""
    play.tell(desk.log, *play.story())
    desk.alert()
    return desk


def shown(function, *arguments, **named):
    out = io.StringIO()
    function(*arguments, **named, out=out)
    return out.getvalue()


def first_of(desk, rule):
    return next(alert.alert_id for alert in play.raised(desk.log) if alert.rule == rule)


def test_list_prints_a_line_of_json_an_alert(told):
    """Sent alerts in the order in which they were raised; with --all also those held back."""
    rows = [json.loads(line) for line in shown(list_alerts, told.log, as_json=True).splitlines()]
    assert [row["alert_id"] for row in rows] == [alert.alert_id for alert in play.raised(told.log)]
    assert {row["status"] for row in rows} == {"delivered"}
    assert rows[0]["deliveries"] == {"outbox": {"state": "delivered", "attempts": 1}}
    mute(told.log, load_rules(told.rules_file), "territory", length=timedelta(days=9999), by="ann", clock=Noon())
    play.tell(told.log, play.coded("b", play.event("SEIZE", "capture", actors=("pmu",), place="daquq")))
    told.alert()
    assert len(shown(list_alerts, told.log, as_json=True).splitlines()) == len(rows)
    every = [
        json.loads(line) for line in shown(list_alerts, told.log, as_json=True, include_suppressed=True).splitlines()
    ]
    assert (len(every), every[-1]["status"]) == (len(rows) + 1, "suppressed")
    assert every[-1]["suppressed"].startswith("muted until 2045-")


def test_list_for_people_is_a_line_an_alert(told):
    """Id, time, severity, state, title and change."""
    lines = shown(list_alerts, told.log).splitlines()
    assert len(lines) == len(play.raised(told.log))
    assert lines[0].startswith(play.raised(told.log)[0].alert_id[:12])
    assert "delivered" in lines[0]
    assert lines[0].endswith("[opened]")


def test_why_tells_rule_change_quotes_sources_and_delivery(desk):
    """Everything behind an alert, in words: from the rule's condition to each step of its delivery."""
    play.tell(desk.log, *play.story()[:7])
    desk.alert(Refusing(), first_pause_s=60)
    text = shown(print_why, desk.log, first_of(desk, "withdrawal")[:8], str(desk.rules_file))
    for part in (
        "rule         withdrawal, which alerts on opened, corroborated:3, spread where types RETREAT",
        "what changed opened: new; asserted; 1 independent source; outlet of undated",
        "“quote 0 of undated”",
        "outlet of undated, revision 1",
        "https://example.org/undated",
        "schema       kirkuk 1.0",
        "outbox       waiting, attempts: 1",
        "outbox: taken up, attempt 1",
        "outbox: refused, attempt 1: shut; next try at ",
    ):
        assert part in text
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_why_marks_the_trigger_in_the_quote(desk):
    """The words that carry the event stand between marks."""
    article = play.coded("a", play.LEFT)
    play.tell(desk.log, play.coded("a", play.LEFT).__class__(
        **{name: getattr(article, name) for name in article.__struct_fields__ if name != "quotes"},
        quotes=("The fighters withdrew at dawn.",)))  # fmt: skip
    desk.alert()
    assert "“The fighters >withdrew< at dawn.”" in shown(print_why, desk.log, first_of(desk, "withdrawal"), "none")


def test_why_as_json_holds_the_rule_and_the_history(told):
    """One document: the alert, its rule as it is now, and what became of it."""
    row = json.loads(shown(print_why, told.log, first_of(told, "clash"), str(told.rules_file), as_json=True))
    assert row["rule_now"]["types"] == ["ASSAULT"]
    assert [step["what"] for step in row["history"]] == ["taken up", "delivered"]
    assert row["schema"]["name"] == "kirkuk"
    gone = json.loads(shown(print_why, told.log, row["alert_id"], "no such file", as_json=True))
    assert gone["rule_now"] is None


@pytest.mark.parametrize("wanted", ["", "abc", "zzzzzz", "0" * 32])
def test_an_unknown_or_short_id_is_refused(told, wanted):
    """The message says how to find the right one."""
    with pytest.raises(KirkukError, match="`kirkuk alerts list --all`"):
        print_why(told.log, wanted, str(told.rules_file), out=io.StringIO())


def test_an_acknowledgement_is_kept_and_shown(told, capsys):
    """By whom, when and with which remark: in the list, in why and in the index after the job's next turn."""
    alert_id = first_of(told, "territory")
    acknowledge(told.log, alert_id[:10], by="ann", note="called the desk", clock=Noon())
    assert "acknowledged: " in capsys.readouterr().out
    assert "acknowledged by ann called the desk" in shown(print_why, told.log, alert_id, str(told.rules_file))
    row = next(row for row in map(json.loads, shown(list_alerts, told.log, as_json=True).splitlines())
               if row["alert_id"] == alert_id)  # fmt: skip
    assert (row["status"], row["acknowledged_by"], row["note"]) == ("acknowledged", "ann", "called the desk")
    told.alert()
    assert told.index.get("alerts", alert_id)["status"] == "acknowledged"


def test_mute_takes_known_rules_only_and_can_be_ended(told, capsys):
    """A typing error is told with the name that was meant; a length of nothing ends a mute."""
    rules = load_rules(told.rules_file)
    with pytest.raises(KirkukError, match=r"teritory: no such rule in .*did you mean 'territory'\?"):
        mute(told.log, rules, "teritory", length=timedelta(hours=2), by="ann", clock=Noon())
    mute(told.log, rules, "territory", length=timedelta(hours=2), by="ann", clock=Noon())
    assert "territory is muted until 2017-10-17 14:00 UTC" in capsys.readouterr().out
    ledger = Ledger()
    for record in play.ledger_records(told.log):
        ledger.fold(record)
    assert ledger.muted_until("territory") == NOON + timedelta(hours=2)
    ledger.fold(RuleMuted(rule="territory", at=NOON, until=NOON, by="ann"))
    assert ledger.muted_until("territory") == NOON
    mute(told.log, rules, "territory", length=timedelta(0), by="ann", clock=Noon())
    assert capsys.readouterr().out == "territory is not muted any more\n"


def test_trying_channels_sends_only_when_told_to(tmp_path, capsys):
    """Without --send they are named and opened, so that a wrong address shows; a refusal is exit status 1."""
    path = tmp_path / "alerts.toml"
    path.write_text('[channels.desk]\nurl = "json://127.0.0.1:9/HUSH"\n')
    sent = []

    class Screen:
        name = "terminal"

        def send(self, alert):
            sent.append(alert.title)

    assert try_channels(str(path), send=False, terminal=Screen()) == 0
    assert sent == []
    assert try_channels(str(path), send=True, terminal=Screen()) == 1
    assert sent == ["This is a test of the channel"]
    out, err = capsys.readouterr()
    assert "terminal, desk" in out
    assert "desk: channel desk" in err
    assert f"nobody listens at its address; its address is {path}: channels.desk.url" in err
    assert "HUSH" not in out + err


def test_a_mistyped_channel_is_told_by_its_variable(tmp_path, monkeypatch):
    """The message names what is to be corrected, and no more of the address than its scheme."""
    path = tmp_path / "alerts.toml"
    path.write_text('[channels.desk]\nenv = "KIRKUK_SECRET_DESK"\n')
    for url, wanted in (("slak://HUSH/x", "begins with slak://"), ("HUSH", "begins with no scheme")):
        monkeypatch.setenv("KIRKUK_SECRET_DESK", url)
        with pytest.raises(ConfigError, match=rf"KIRKUK_SECRET_DESK in the environment: .*{wanted}") as raised:
            try_channels(str(path), send=True)
        assert "HUSH" not in str(raised.value)


class Terminal(io.StringIO):
    """A screen."""

    def isatty(self):
        return True


@pytest.mark.parametrize("show,wanted", [(list_alerts, "no alerts yet\n"), (print_letters, "no dead letters wait")])
def test_an_empty_list_says_so_on_a_terminal(show, wanted):
    """A person is told that there is nothing; a program reads nothing."""
    log = open_log(f"memory://empty-{show.__name__}")
    screen, pipe = Terminal(), io.StringIO()
    show(log, out=screen)
    show(log, out=pipe)
    assert screen.getvalue().startswith(wanted)
    assert pipe.getvalue() == ""
