"""How far two passes of labelling agree, by the scorer that judges the matcher.

`python -m benchmarks.kirkuk_dev.agreement`

second_pass.txt holds the second labels of a random quarter of the relevant articles, written from the text alone: a
label is a sentence number and then as in the authored files. The core labels of one pass are scored as if a program had
coded them, against the other pass.
"""

import json
import re
from collections import Counter

from benchmarks.kirkuk_dev.build import HERE, parse_event
from benchmarks.yardsticks.kirkuk_score import figures, score_article
from benchmarks.yardsticks.sentences import sentence_spans


def second_pass():
    """{article id: labels} of the second pass."""
    labels = {}
    for block in re.split(r"^=== ", (HERE / "second_pass.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, *lines = block.strip().split("\n")
        name, verdict = head.split()
        events = []
        for line in lines:
            number, label = line.split(" ", 1)
            event, _ = parse_event("> " + label)
            events.append({**event, "s": int(number)})
        labels[name] = {"id": name, "relevant": verdict == "relevant", "events": events}
    return labels


def as_coded(labels, article, *, keep_optional=False):
    """The labels of an article in the shape in which a program would have coded it; first alternatives are taken."""
    spans = sentence_spans(article["text"])
    kept = [e for e in labels["events"] if keep_optional or not e.get("optional")]
    return {"relevant": labels["relevant"], "events": [_event(e, article, spans) for e in kept]}


def _event(label, article, spans):
    in_title = label["s"] < 0
    start, end = (0, len(article["title"])) if in_title else spans[label["s"]]
    at = (article["title"] if in_title else article["text"]).find(label["trigger"], start, end)
    if at < 0:
        raise ValueError(f"{article['id']}: {label['trigger']} is not in sentence {label['s']}")
    source = label["source"]
    return {
        "field": "title" if in_title else "text",
        "type": label["type"].split("|")[0],
        "mode": label["mode"],
        "trigger": {"text": label["trigger"], "span": [at, at + len(label["trigger"])]},
        **{slot: [_party(name.split("|")[0]) for name in label[slot]] for slot in ("actors", "recipients", "places")},
        "realis": label["realis"].split("|")[0],
        "negated": label["negated"],
        "claim": {"status": label["status"].split("|")[0], "sources": [_source(source)] if source else []},
    }


def _party(name):
    return {"id": None, "text": name[5:]} if name.startswith("text:") else {"id": name, "text": ""}


def _source(source):
    return {**source, "id": (source["id"] or "").split("|")[0] or None}


def load():
    """(articles by id, labels by id) as built."""
    articles, gold = (
        {row["id"]: row for row in map(json.loads, (HERE / name).read_text(encoding="utf-8").splitlines())}
        for name in ("articles.jsonl", "gold.jsonl")
    )
    return articles, gold


def compare(title, asked, given, articles):
    """Print how the core labels of one pass fare when the other pass is the truth, and where they differ."""
    counts = Counter()
    for name in sorted(set(asked) & set(given)):
        scored = score_article(asked[name], as_coded(given[name], articles[name]), articles[name])
        counts.update(scored.counts)
        for label in scored.missed:
            print(f"  not given: {name} {label['s']} {label['type']} {label['trigger']}")
        for sentence, event in scored.spurious:
            print(f"  not asked: {name} {sentence} {event['type']} {event['trigger']['text']}")
    result = figures(counts)
    per_slot = ", ".join(f"{slot} {rates['f1']:.2f}" for slot, rates in result["slots"].items())
    print(f"{title}: event F1 {result['events']['f1']:.3f} of {result['events']['asked']}; {per_slot}")
    print("  " + ", ".join(f"{name} {result[name]:.2f}" for name in ("realis", "negation", "status")), end="")
    print(f", attribution F1 {result['attribution']['f1']:.2f}, relevance F1 {result['relevance']['f1']:.2f}")


def main():
    """Print the first pass against itself (must be 1.0), and the two passes against each other, both ways."""
    articles, first = load()
    second = second_pass()
    compare("first against itself", first, first, articles)
    compare(f"second against first ({len(second)} articles)", first, second, articles)
    compare(f"first against second ({len(second)} articles)", second, first, articles)


if __name__ == "__main__":
    main()
