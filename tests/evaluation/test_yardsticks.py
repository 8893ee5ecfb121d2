"""Intervals, readings in other ontologies, and the command that prints it all."""

import json
from collections import Counter

import yaml

from benchmarks.eval import main
from benchmarks.yardsticks.bootstrap import intervals, total
from benchmarks.yardsticks.kirkuk_articles import mistakes
from benchmarks.yardsticks.kirkuk_score import Scored
from benchmarks.yardsticks.ontologies import SCHEMA, counterparts, in_schema, is_acled, plover_type, settings

PLOVER_15 = {"ACCUSE", "AGREE", "AID", "ASSAULT", "COERCE", "CONSULT", "COOPERATE", "MOBILIZE", "PROTEST", "REJECT"}
PLOVER_15 |= {"REQUEST", "SANCTION", "SUPPORT", "THREATEN", "YIELD"}


def event(name, mode=None):
    return {"type": name, "mode": mode}


def share(counts):
    return {"share": counts["right",] / counts["all",]}


def test_interval_holds_the_figure_and_is_the_same_twice():
    """Half right of a hundred lies inside an interval of sensible width that doesn't change from run to run."""
    items = [Counter({("all",): 1, ("right",): n % 2}) for n in range(100)]
    low, high = intervals(items, share)["share"]
    assert low < share(total(items))["share"] < high
    assert 0.1 < high - low < 0.3
    assert intervals(items, share)["share"] == (low, high)


def test_interval_of_what_is_always_right_is_a_point():
    """Without variation between articles there is none in the interval."""
    assert intervals([Counter({("all",): 2, ("right",): 2})] * 7, share)["share"] == (1.0, 1.0)


def test_every_type_is_one_of_plovers_or_nothing():
    """Each type and mode of the schema reads as one of the 15 types of the data set; votes and oil as none."""
    types = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["types"]
    readings = {
        (t["id"], mode): plover_type(event(t["id"], mode)) for t in types for mode in (None, *t.get("modes", ()))
    }
    assert set(readings.values()) <= PLOVER_15 | {None}
    assert {name for (name, _), reading in readings.items() if reading is None} >= {"VOTE", "OIL"}
    assert readings["RETREAT", "withdraw"] == readings["CONCEDE", "offer"] == "YIELD"
    assert readings["STATEMENT", "deny"] == "REJECT"


def test_acled_names_are_those_of_the_schema():
    """Every ACLED name in the mapping is one that some type of the schema bears, so that it can be found at all."""
    text = SCHEMA.read_text(encoding="utf-8")
    assert [name for name in settings()["acled"]["names"].values() if name not in text] == []
    assert is_acled(event("SEIZE", "recapture"), "GOV_REGAINS_TERIT")
    assert not is_acled(event("SEIZE", "recapture"), "AIR_STRIKE")
    assert is_acled(event("CONSULT", "meet"), "DIPLO")
    assert not in_schema("NATURAL_DISASTER")
    assert counterparts(event("ASSAULT", "airstrike"), "acled")


def test_mistakes_name_the_sentence():
    """A missed label is told with article, sentence number, trigger and the sentence itself."""
    article = {"id": "x", "title": "T", "text": "They left. They stayed."}
    missed = [{"s": 1, "type": "RETREAT", "trigger": "stayed"}]
    told = mistakes([{"id": "x"}], [Scored(missed=missed)], {"x": article})
    assert told["missed"] == [{"kind": "RETREAT -> nothing", "count": 1, "examples": ["x/1 “stayed”: They stayed."]}]


def test_command_says_what_is_not_there(tmp_path, capsys):
    """Without the data of others the own set is measured all the same, and each missing file is named."""
    assert main(["--dev-data", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Own labelled articles: " in out
    assert out.count("not found") == 5


def test_sealed_articles_are_measured_and_not_told(tmp_path, capsys):
    """Every third own article has a share in the figures, but no sentence of it is shown."""
    assert main(["--json", "--dev-data", str(tmp_path)]) == 0
    own = json.loads(capsys.readouterr().out)["own"]
    examples = [line for kinds in own["mistakes"].values() for kind in kinds for line in kind["examples"]]
    assert own["sealed"]["event_f1"] > 0
    assert any(line.startswith("k001/") for line in examples)
    assert not any(line.startswith(("k003/", "k006/", "k009/", "k012/")) for line in examples)
