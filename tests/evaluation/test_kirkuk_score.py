"""The scorer of labelled Kirkuk articles: its rules one by one, and against the reference scorer where it is found."""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.eval import dev_data
from benchmarks.kirkuk_dev.agreement import as_coded
from benchmarks.yardsticks.kirkuk_score import figures, same_party, score_article, slot_counts
from benchmarks.yardsticks.sentences import sentence_at, sentence_spans

ARTICLE = {
    "id": "x",
    "title": "Army takes base",
    "text": "The army took the base. It then took the field, officials said.",
}
SCORER = dev_data(None) / "kirkuk" / "score.py"


def label(trigger, s=0, kind="SEIZE", **more):
    plain = {"mode": None, "actors": [], "recipients": [], "places": [], "realis": "actual", "negated": False}
    return {"s": s, "type": kind, "trigger": trigger, "status": "asserted", "source": None, **plain, **more}


def coded(*labels, relevant=True):
    return as_coded({"id": "x", "relevant": relevant, "events": list(labels)}, ARTICLE)


def gold(*labels, relevant=True):
    return {"id": "x", "relevant": relevant, "events": list(labels)}


def test_event_needs_its_type_and_its_sentence():
    """The right type in another sentence, or another type in the right one, is missed and made up."""
    for wrong in (label("took", s=1), label("took", kind="RETREAT")):
        scored = score_article(gold(label("took")), coded(wrong), ARTICLE)
        assert (len(scored.pairs), len(scored.missed), len(scored.spurious)) == (0, 1, 1)
    either = score_article(gold(label("took", kind="RETREAT|SEIZE")), coded(label("took")), ARTICLE)
    assert len(either.pairs) == either.counts["type", "RETREAT", "hit"] == 1


def test_of_several_the_one_with_the_same_trigger_answers():
    """A label takes the event that shares most words with its trigger, not the first of its type."""
    scored = score_article(
        gold(label("took the base", realis="future")), coded(label("army"), label("took", realis="future")), ARTICLE
    )
    assert scored.counts["right", "realis"] == 1
    assert [event["trigger"]["text"] for _, event in scored.spurious] == ["army"]


def test_optional_labels_count_neither_way():
    """What may be coded is no mistake when it is coded and none when it is not."""
    labels = gold(label("took"), label("took", s=1, optional=True))
    for events in (coded(label("took")), coded(label("took"), label("took", s=1))):
        result = figures(score_article(labels, events, ARTICLE).counts)["events"]
        assert (result["precision"], result["recall"], result["asked"]) == (1.0, 1.0, 1)


def test_events_of_an_irrelevant_article_are_made_up():
    """Whatever is coded in an article without labels costs precision."""
    scored = score_article(gold(relevant=False), coded(label("took")), ARTICLE)
    assert len(scored.spurious) == 1
    assert figures(scored.counts)["relevance"]["precision"] == 0.0


def test_parties_answer_by_id_or_by_words():
    """Alternatives are joined by a bar; words answer when a third of them is shared, little words apart."""
    assert same_party("puk|kdp", {"id": "kdp", "text": "x"})
    assert not same_party("puk", {"id": None, "text": "puk"})
    assert same_party("puk|text:the guards of a party", {"id": None, "text": "party guards"})
    assert not same_party("text:one two three", {"id": None, "text": "three four"})


def test_allowed_parties_are_free_and_repeated_ones_are_not():
    """A party that is allowed doesn't count; one that answers a label twice is made up once."""
    army, militia = {"id": "iraq-army", "text": "army"}, {"id": "pmu", "text": "Hashd"}
    assert slot_counts(["iraq-army"], ["pmu"], [army, militia]) == (1, 1, 1)
    assert slot_counts(["iraq-army"], [], [army, dict(army)]) == (1, 2, 1)


def test_source_that_may_be_any_is_not_asked():
    """source_any takes the event out of attribution altogether; otherwise a missing credit costs recall."""
    source = {"text": "officials", "id": None, "kind": "anonymous"}
    plain = score_article(gold(label("took", s=1, source=source)), coded(label("took", s=1)), ARTICLE)
    assert figures(plain.counts)["attribution"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "asked": 1}
    free = score_article(gold(label("took", s=1, source=source, source_any=True)), coded(label("took", s=1)), ARTICLE)
    assert figures(free.counts)["attribution"]["asked"] == 0


def test_sentence_numbers():
    """Stops with their closing marks and line ends cut; short forms, initials and small letters don't."""
    text = "“He left.” Gen. M. Ali stayed at 9 a.m. sharp.\nNext line! و. نعم؟ لا"
    parts = [text[a:b] for a, b in sentence_spans(text)]
    assert parts == ["“He left.”", "Gen. M. Ali stayed at 9 a.m. sharp.", "Next line!", "و.", "نعم؟", "لا"]
    spans = sentence_spans("One. Two.")
    assert [sentence_at(spans, at) for at in (0, 4, 5)] == [0, 0, 1]


@pytest.mark.skipif(not SCORER.exists(), reason="the reference scorer is not part of this repository")
def test_counts_as_the_reference_scorer_does(tmp_path):
    """On labels with random damage both scorers give the same figures, to the rounding of the reference."""
    articles, labels = (
        [json.loads(line) for line in (SCORER.parent / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in ("articles", "gold")
    )
    for seed in range(6):
        drawing = random.Random(seed)
        damaged = [_damaged(one, article, drawing) for one, article in zip(labels, articles, strict=True)]
        reference = _reference(damaged, tmp_path)
        counts = Counter()
        for one, events, article in zip(labels, damaged, articles, strict=True):
            counts.update(score_article(one, events, article).counts)
        assert _rounded(figures(counts)) == reference


def _damaged(labels, article, drawing):
    """The labels as if a bad program had coded them: some lost, doubled, moved to another type, party or source."""
    events = as_coded(labels, article, keep_optional=True)["events"]
    kept = [event for event in events for _ in range(drawing.choice((0, 1, 1, 1, 2)))]
    kept = json.loads(json.dumps(kept))
    for event in kept:
        if drawing.random() < 0.2:
            event["type"] = drawing.choice(kept)["type"]
        if drawing.random() < 0.3:
            event["realis"], event["negated"] = drawing.choice(("actual", "future")), drawing.random() < 0.5
        if drawing.random() < 0.3:
            event["claim"] = drawing.choice(kept)["claim"]
        if drawing.random() < 0.3:
            slot = drawing.choice(("actors", "recipients", "places"))
            event[slot] = [*event[slot][1:], {"id": "puk", "text": "the party"}, {"id": None, "text": "Kurdish men"}]
        if drawing.random() < 0.1:
            event["places"] = [{"id": None, "text": "nowhere", "span": [0, 7]}]
    drawing.shuffle(kept)
    return {"id": labels["id"], "relevant": labels["relevant"] != (drawing.random() < 0.2), "events": kept}


def _reference(damaged, folder: Path):
    given = folder / "given.jsonl"
    given.write_text("".join(json.dumps(row) + "\n" for row in damaged), encoding="utf-8")
    files = [str(SCORER.parent / "gold.jsonl"), str(given), str(SCORER.parent / "articles.jsonl")]
    run = subprocess.run([sys.executable, "-B", str(SCORER), *files, "--json"], capture_output=True, check=True)
    result = json.loads(run.stdout)
    return {
        "micro": result["events"]["micro"],
        "per_type": result["events"]["per_type"],
        "slots": result["slots"],
        **{name: result[name] for name in ("realis", "negation", "status", "attribution", "relevance", "bad_spans")},
    }


def _rounded(result):
    def prf(rates):
        return [round(rates[name], 3) for name in ("precision", "recall", "f1")]

    events = result["events"]
    return {
        "micro": prf(events),
        "per_type": {name: [*prf(rates), rates["asked"]] for name, rates in events["per_type"].items()},
        "slots": {name: prf(rates) for name, rates in result["slots"].items()},
        **{name: round(result[name], 3) for name in ("realis", "negation", "status")},
        **{name: prf(result[name]) for name in ("attribution", "relevance")},
        "bad_spans": result["bad_spans"],
    }
