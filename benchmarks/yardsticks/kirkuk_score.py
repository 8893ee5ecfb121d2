"""Scores coded events against labelled Kirkuk articles, as the labelling rules have it.

An event is found when one of the right type has its trigger in the right sentence; of several, the one whose trigger
shares most words is taken. Parties, realis, polarity, status and source are asked of found events only. Optional labels
may be found or not. Everything is counted per article, so that articles can be drawn anew for intervals.

Counts are Counters with keys (what, name, "hit" | "found" | "asked") for what is measured by precision and recall, and
("right", name) of ("right", "events") for accuracies.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.yardsticks.sentences import sentence_at, sentence_spans

Labels = dict[str, Any]
Coded = dict[str, Any]

SLOTS = ("actors", "recipients", "places")
LITTLE_WORDS = {"the", "a", "an", "of", "and", "to", "in"}
# Two wordings mean the same party when they share a third of their words: "Iraqi forces", "the Iraqi security forces".
SHARED_WORDS = 0.34


@dataclass
class Scored:
    """What one article was worth: its counts, the pairs found, and what was missed or made up, for reports."""

    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    pairs: list[tuple[Labels, Coded]] = field(default_factory=list)
    missed: list[Labels] = field(default_factory=list)
    spurious: list[tuple[int, Coded]] = field(default_factory=list)


def score_article(gold: Labels, coded: Coded, article: dict[str, Any]) -> Scored:
    """Compare the coded events of one article (`relevant`, `events` as in the record) with its labels."""
    scored = Scored()
    _count(scored, "relevance", "articles", gold["relevant"] and coded["relevant"], coded["relevant"], gold["relevant"])
    scored.counts["right", "bad spans"] += bad_spans(coded["events"], article)
    spans = sentence_spans(article["text"])
    open_events = [(_sentence_of(event, spans), event) for event in coded["events"]]
    for label in (e for e in gold["events"] if not e.get("optional")):
        event = _take(label, open_events)
        name = label["type"].split("|")[0]
        _count(scored, "type", name, event is not None, event is not None, 1)
        if event is None:
            scored.missed.append(label)
        else:
            scored.pairs.append((label, event))
            _score_pair(label, event, scored)
    for label in (e for e in gold["events"] if e.get("optional")):
        _take(label, open_events)
    for sentence, event in open_events:
        _count(scored, "type", event["type"], 0, 1, 0)
        scored.spurious.append((sentence, event))
    return scored


def bad_spans(events: Iterable[Coded], article: dict[str, Any]) -> int:
    """How many triggers and parties do not stand in the article where their span says."""
    bad = 0
    for event in events:
        body = article["title"] if event.get("field") == "title" else article["text"]
        for part in (event["trigger"], *(party for slot in SLOTS for party in event[slot])):
            if part.get("span"):
                start, end = part["span"]
                bad += body[start:end] != part["text"]
    return bad


def same_party(label: str, party: Coded) -> bool:
    """Whether a coded party is one of the alternatives of a label: the same id, or for `text:` similar words."""
    for name in label.split("|"):
        if name.startswith("text:"):
            if _similar(name[5:], party.get("text")):
                return True
        elif party.get("id") == name:
            return True
    return False


def slot_counts(asked: list[str], allowed: list[str], parties: list[Coded]) -> tuple[int, int, int]:
    """(hits, parties that count, parties asked for) of one slot; an allowed party counts neither way."""
    unused, hits = list(parties), 0
    for label in asked:
        match = next((party for party in unused if same_party(label, party)), None)
        if match is not None:
            unused = [party for party in unused if party is not match]
            hits += 1
    free = sum(any(same_party(label, party) for label in allowed) for party in unused)
    return hits, len(parties) - free, len(asked)


def figures(counts: Counter[tuple[str, ...]]) -> dict[str, Any]:
    """Precision, recall and F1 of types and slots, accuracies on found events, attribution and relevance."""
    types = {name: _rates(counts, "type", name) for name in sorted({k[1] for k in counts if k[0] == "type"})}
    total = Counter[tuple[str, ...]]()
    for key, value in counts.items():
        if key[0] == "type":
            total["type", "all", key[2]] += value
    events = counts["right", "events"] or 1
    return {
        "events": {**_rates(total, "type", "all"), "per_type": types},
        "slots": {name: _rates(counts, "slot", name) for name in SLOTS},
        **{name: counts["right", name] / events for name in ("realis", "negation", "status")},
        "attribution": _rates(counts, "source", "source"),
        "relevance": _rates(counts, "relevance", "articles"),
        "bad_spans": counts["right", "bad spans"],
    }


def _rates(counts: Counter[tuple[str, ...]], what: str, name: str) -> dict[str, float]:
    hit, found, asked = (counts[what, name, part] for part in ("hit", "found", "asked"))
    precision, recall = hit / found if found else 0.0, hit / asked if asked else 0.0
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "asked": asked}


def _count(scored: Scored, what: str, name: str, hit: int, found: int, asked: int) -> None:
    for part, value in (("hit", hit), ("found", found), ("asked", asked)):
        scored.counts[what, name, part] += int(value)


def _sentence_of(event: Coded, spans: list[tuple[int, int]]) -> int:
    return -1 if event.get("field") == "title" else sentence_at(spans, event["trigger"]["span"][0])


def _take(label: Labels, open_events: list[tuple[int, Coded]]) -> Coded | None:
    """Take the event that answers a label out of the open ones."""
    names, wanted = label["type"].split("|"), _words(label.get("trigger"))
    fitting = [i for i, (s, event) in enumerate(open_events) if s == label["s"] and event["type"] in names]
    if not fitting:
        return None
    best = max(fitting, key=lambda i: len(wanted & _words(open_events[i][1]["trigger"]["text"])))
    return open_events.pop(best)[1]


def _score_pair(label: Labels, event: Coded, scored: Scored) -> None:
    right = scored.counts
    for name in SLOTS:
        _count(scored, "slot", name, *slot_counts(label.get(name, []), label.get(name + "_opt", []), event[name]))
    right["right", "events"] += 1
    right["right", "realis"] += event["realis"] in label["realis"].split("|")
    right["right", "negation"] += label.get("negated_any", False) or bool(event["negated"]) == bool(
        label.get("negated")
    )
    right["right", "status"] += event["claim"]["status"] in label.get("status", "asserted").split("|")
    if not label.get("source_any"):
        source, sources = label.get("source"), event["claim"]["sources"]
        found = source is not None and any(_same_source(source, candidate) for candidate in sources)
        _count(scored, "source", "source", found, bool(sources), bool(source))


def _same_source(label: dict[str, Any], source: Coded) -> bool:
    return bool(label.get("id") and same_party(label["id"], source)) or _similar(
        label["text"], source["text"], empty=False
    )


def _words(text: str | None) -> set[str]:
    return set(re.findall(r"\w+", (text or "").lower())) - LITTLE_WORDS


def _similar(label: str, text: str | None, *, empty: bool = False) -> bool:
    """Whether two wordings share enough; `empty` is the answer when neither has a word that counts."""
    ours, theirs = _words(label), _words(text)
    return len(ours & theirs) / len(ours | theirs) >= SHARED_WORDS if ours | theirs else empty


def score_all(gold: Iterable[Labels], coded: dict[str, Coded], articles: dict[str, dict[str, Any]]) -> Iterator[Scored]:
    """Score each labelled article in order; one that was not coded has no events and is not relevant."""
    for labels in gold:
        name = labels["id"]
        yield score_article(labels, coded.get(name, {"relevant": False, "events": []}), articles[name])
