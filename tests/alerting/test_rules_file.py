"""alerts.toml: what is wrong is said with file, rule, key and remedy, and no address is ever shown."""

import traceback
from pathlib import Path

import pytest

from schemas.errors import ConfigError
from schemas.rules import load_rules, unknown_names
from tests.alerting import alert_play as play

SHIPPED = Path(__file__).parents[2] / "config" / "alerts.toml"


@pytest.mark.parametrize(
    "text, parts",
    [
        ("[[rule]]\nname = 'a'\nqerry = ''", ["rule[0].qerry", "unknown key", "did you mean 'query'?"]),
        ("[[rule]]\nname = 'a'\nquery = 'type:(OIL'", ["rule 'a'", "query: ", "column"]),
        ("[[rule]]\nname = 'a'\nquery = 'typ:OIL'", ["rule 'a'", "query: ", "typ"]),
        ("[[rule]]\nname = 'a'\nseverity = 'fatal'", ["rule[0].severity", "use one of critical, info, warning"]),
        ("[[rule]]\nname = 'a'\nchanges = ['denyed']", ["rule 'a': changes: 'denyed'", "did you mean 'denied'?"]),
        ("[[rule]]\nname = 'a'\nchanges = ['corroborated']", ["changes: 'corroborated'", "write corroborated:3"]),
        ("[[rule]]\nname = 'a'\nchanges = ['opened:2']", ["changes: 'opened:2'", "write opened"]),
        ("[[rule]]\nname = 'a'\nchanges = ['magnitude:killed']", ["write magnitude:killed>=10"]),
        ("[[rule]]\nname = 'a'\nchanges = ['magnitude:kiled>=3']", ["no figure is called 'kiled'", "'killed'?"]),
        ("[[rule]]\nname = 'a'\nchanges = []", ["rule 'a': changes: is empty"]),
        ("[[rule]]\nname = ''", ["name: is empty"]),
        ("[[rule]]\nname = 'a'\n[[rule]]\nname = 'a'", ["rule 'a': there are 2 of this name"]),
        ("[[rule]]\ntitle = 'a'", ["rule[0].name: is missing"]),
        ("[[rule]]\nname = 'a'\nmin_sources = 0", ["rule 'a': min_sources: must be 1 or more"]),
        ("[[rule]]\nname = 'a'\nthrottle_s = -1", ["rule 'a': throttle_s: must be 0 or more"]),
        ("[[rule]]\nname = 'a'\ntypes = 'OIL'", ["rule[0].types", "write it as a list"]),
        ("[[rule]]\nname = 'a'\nquiet_hours = '25:00-06:00 UTC'", ["quiet_hours", "write 23:00-06:00 Asia/Baghdad"]),
        ("[[rule]]\nname = 'a'\nquiet_hours = '23:00-06:00 Asia/Bagdad'", ["quiet_hours"]),
        ("[[rule]]\nname = 'a'\nquiet_hours = '23:00-06:00 ../../etc/passwd'", ["quiet_hours"]),
        ("[[rule]]\nname = 'a'\nchannels = ['dessk']\n[channels.desk]\nenv = 'X'", ["channels: 'dessk'", "'desk'?"]),
        ("[channels.desk]\n", ["channels.desk: give url or env, one of them"]),
        ("[channels.desk]\nurl = 'json://x'\nenv = 'Y'", ["channels.desk: give url or env"]),
        ("[channels.terminal]\nenv = 'Y'", ["channels.terminal: this name is taken"]),
        ("[[rule]\n", ["not valid TOML", "line 1"]),
    ],
)
def test_a_fault_is_named_with_its_place_and_remedy(load, tmp_path, text, parts):
    """One line for each fault, beginning with the file."""
    with pytest.raises(ConfigError) as caught:
        load(text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'rules.toml'}: ")
    assert [part for part in parts if part not in message] == []


def test_all_faults_come_at_once(load):
    """An operator corrects a file once, not once for each fault."""
    with pytest.raises(ConfigError) as caught:
        load("[[rule]]\nname = 'a'\nmin_sources = 0\nchanges = ['x']\n[[rule]]\nname = 'b'\nquery = '('\n")
    assert len(str(caught.value).splitlines()) == 3


def test_a_missing_file_is_a_config_error(tmp_path):
    """It names the file and where to correct it."""
    with pytest.raises(ConfigError, match=r"none\.toml: can't be read: .*\[rules\]"):
        load_rules(tmp_path / "none.toml")


def test_addresses_appear_in_no_message_and_no_value(load):
    """Not in faults of the same entry, not in tracebacks, not when rules are printed."""
    secret = "json://user:HUSH@host/HUSH"
    with pytest.raises(ConfigError) as caught:
        load(f"[channels.desk]\nurl = '{secret}'\nenv = 'A'\nlevel = 3\n[[rule]]\nname = 'a'\nchannels = ['x']")
    assert "HUSH" not in "".join(traceback.format_exception(caught.value))
    rules = load(f"[channels.desk]\nurl = '{secret}'")
    assert rules.channels["desk"].url == secret
    assert "HUSH" not in repr(rules) + str(rules)


def test_a_channel_that_is_off_is_none_of_a_rules(load):
    """No alert waits for it; a rule that is off does not count."""
    rules = load(
        "[channels.desk]\nenv = 'A'\nenabled = false\n"
        "[[rule]]\nname = 'a'\nchannels = ['desk', 'terminal', 'terminal']\n"
        "[[rule]]\nname = 'b'\nenabled = false"
    )
    assert [(ready.rule.name, ready.rule.channels) for ready in rules.rules] == [("a", ("terminal",))]
    assert rules.named("a") is rules.rules[0]
    assert rules.named("b") is None


def test_names_that_the_schema_lacks_are_told_with_the_nearest(load):
    """A rule that asks for them never fires."""
    rules = load(
        "[[rule]]\nname = 'a'\ntypes = ['SIEZE', 'OIL']\nmodes = ['widthdraw']\nplaces = ['kirkuk-cty']\n"
        "sides = ['kurdisch']\nactors = ['abady', 'abadi']"
    )
    told = unknown_names(rules, play.VOCABULARY)
    assert [line.partition("rule 'a': ")[2].partition(";")[0] for line in told] == [
        "types: the schema has no 'SIEZE'",
        "modes: the schema has no 'widthdraw'",
        "places: the schema has no 'kirkuk-cty'",
        "sides: the schema has no 'kurdisch'",
        "actors: the schema has no 'abady'",
    ]
    assert all("did you mean" in line for line in told if "sides" not in line)


def test_the_shipped_rules_fit_the_shipped_schema():
    """They load, and name nothing that the schema lacks."""
    rules = load_rules(SHIPPED)
    assert len(rules.rules) >= 8
    assert unknown_names(rules, play.VOCABULARY) == []
