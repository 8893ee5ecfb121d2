"""The own labelled articles are as they were authored, big enough and without a label that breaks a rule."""

import json
from collections import Counter

import pytest

from benchmarks.kirkuk_dev.agreement import as_coded, load, second_pass
from benchmarks.kirkuk_dev.build import HERE, LabelError, build, legal_values, to_jsonl
from benchmarks.yardsticks.kirkuk_score import figures, score_article
from benchmarks.yardsticks.sentences import sentence_spans

HEAD = "=== x1 | en | 2017-10-16T09:00:00Z | A Paper | relevant\n# Army takes base\n"


@pytest.fixture
def authored(tmp_path):
    def write(text):
        path = tmp_path / "some.txt"
        path.write_text(text, encoding="utf-8")
        return build([path])

    return write


@pytest.mark.parametrize("folder", [HERE, *sorted((HERE / "more").iterdir())], ids=lambda folder: folder.name)
def test_files_are_what_the_authored_ones_make(folder):
    """articles.jsonl and gold.jsonl are never edited by hand."""
    articles, gold = build(sorted((folder / "authored").glob("*.txt")))
    assert (folder / "articles.jsonl").read_text(encoding="utf-8") == to_jsonl(articles)
    assert (folder / "gold.jsonl").read_text(encoding="utf-8") == to_jsonl(gold)


def test_set_is_big_enough():
    """At least 80 relevant articles, 400 sentences, 30 that are not relevant, and 8 events of every type."""
    articles, gold = load()
    relevant = [name for name, labels in gold.items() if labels["relevant"]]
    assert len(relevant) >= 80
    assert len(gold) - len(relevant) >= 30
    assert sum(len(sentence_spans(articles[name]["text"])) for name in relevant) >= 400
    asked = Counter(e["type"].split("|")[0] for one in gold.values() for e in one["events"] if not e.get("optional"))
    assert {name: asked[name] for name in legal_values()[0] if asked[name] < 8} == {}


def test_labels_score_full_against_themselves():
    """Labels given back as a program's output are all right."""
    articles, gold = load()
    counts = Counter()
    for name, labels in gold.items():
        counts.update(score_article(labels, as_coded(labels, articles[name]), articles[name]).counts)
    result = figures(counts)
    rates = [result["events"], *result["slots"].values(), result["attribution"], result["relevance"]]
    assert {rate["f1"] for rate in rates} == {1.0}
    assert (result["realis"], result["negation"], result["status"], result["bad_spans"]) == (1.0, 1.0, 1.0, 0)


def test_second_pass_is_of_a_quarter():
    """The labels given twice are those of a quarter of the relevant articles, each trigger in its sentence."""
    articles, gold = load()
    second = second_pass()
    assert len(second) >= sum(labels["relevant"] for labels in gold.values()) // 4
    assert all(as_coded(labels, articles[name], keep_optional=True)["events"] for name, labels in second.items())


def test_sentence_number_comes_from_the_trigger(authored):
    """Several sentences may stand in one line; the nth occurrence of a trigger is found in its own sentence."""
    text = HEAD + '> SEIZE "takes" a: iraq-army\nIt took a base. It took a field.\n\nAnd rest.\n> SEIZE "rest"\n'
    _, (labels,) = authored(text.replace("a field.\n", 'a field.\n> SEIZE "took"#2 p: k1-base; future; opt\n'))
    assert [(e["s"], e["realis"], e.get("optional", False)) for e in labels["events"]] == [
        (-1, "actual", False),
        (1, "future", True),
        (2, "actual", False),
    ]


@pytest.mark.parametrize(
    "label",
    [
        'SIEZE "took"',
        'SEIZE.fly "took"',
        'SEIZE "taken"',
        'SEIZE "took" a: nobody',
        'SEIZE "took" p: iraq-army',
        'SEIZE "took" a: text:the navy',
        'SEIZE "took" src: a sailor = - anonymous',
        'SEIZE "took" src: army = - rumour',
        'SEIZE "took" perhaps',
        "SEIZE took",
    ],
)
def test_wrong_labels_are_refused(authored, label):
    """Types, modes, ids, kinds and words that don't exist never reach the gold file; the message names the article."""
    with pytest.raises(LabelError, match="x1"):
        authored(f"{HEAD}The army took a base.\n> {label}\n")


def test_irrelevant_articles_have_no_labels(authored):
    """What has nothing to do with the crisis is not labelled, whatever happens in it."""
    with pytest.raises(LabelError, match="not labelled"):
        authored(HEAD.replace("relevant", "irrelevant") + 'The army took a base.\n> SEIZE "took"\n')


def test_same_id_twice_is_refused(authored):
    """One id, one article."""
    with pytest.raises(LabelError, match="twice: x1"):
        authored(2 * (HEAD + "Nothing.\n"))


def test_gold_has_the_keys_of_the_format():
    """Every event has the keys that the labelling rules name, and a source its three."""
    _, gold = load()
    events = [event for labels in gold.values() for event in labels["events"]]
    keys = {"s", "type", "mode", "trigger", "actors", "recipients", "places", "realis", "negated", "status", "source"}
    assert all(keys <= event.keys() for event in events)
    assert all(set(event["source"]) == {"text", "id", "kind"} for event in events if event["source"])
    assert json.dumps(gold["k001"]["events"][0])
