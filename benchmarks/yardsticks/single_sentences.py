"""Single sentences with one type each: PLOVER sentences and ACLED-like snippets, coded without any context.

A sentence may hold several events, the data sets name one. The main event is the one that fits the parties which the
data set names along with the sentence, and of those the one with the highest score.
"""

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.yardsticks import bootstrap
from benchmarks.yardsticks.coding import code_texts
from benchmarks.yardsticks.ontologies import in_schema, is_acled, plover_type
from pipelines.matching.coder import Coder

Counts = bootstrap.Counts


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a tab-separated file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _fit(event: dict[str, Any], row: dict[str, str]) -> int:
    """How many of the sentence's two named parties stand where the event has them."""
    return sum(
        any(_shares_word(row[named], party["text"]) for party in event[slot])
        for named, slot in (("source", "actors"), ("target", "recipients"))
    )


def _shares_word(one: str, other: str) -> bool:
    return not set(re.findall(r"\w{3,}", one.lower())).isdisjoint(re.findall(r"\w{3,}", other.lower()))


def plover(coder: Coder, path: Path) -> dict[str, Any]:
    """Accuracy, macro F1 and per-type figures on the PLOVER sentences."""
    rows = read_rows(path)
    coded = code_texts(coder, ({"id": row["id"], "text": row["sentence"]} for row in rows), all_sentences=True)
    items, examples = [], list[dict[str, Any]]()
    for row, outcome in zip(rows, coded, strict=True):
        events = [event for event in outcome["events"] if plover_type(event)]
        main = max(events, key=lambda e: (_fit(e, row), e["score"]), default=None)
        given = plover_type(main) if main else None
        loudest = max(events, key=lambda e: e["score"], default=None)
        items.append(_plover_counts(row["type"], given, loudest and plover_type(loudest), events))
        examples.append({"gold": row["type"], "given": given or "nothing", "text": row["sentence"]})
    return {
        "rows": len(rows),
        **_plover_figures(bootstrap.total(items)),
        "intervals": bootstrap.intervals(items, _plover_figures),
        "per_type": _per_type(bootstrap.total(items)),
        "confusions": confusions(examples),
    }


def _plover_counts(gold: str, given: str | None, loudest: str | None, events: list[dict[str, Any]]) -> Counts:
    counts = Counter[tuple[str, ...]]({("rows",): 1, ("asked", gold): 1})
    counts["right",] += given == gold
    counts["loudest",] += loudest == gold
    counts["any",] += any(plover_type(event) == gold for event in events)
    counts["silent",] += given is None
    if given:
        counts["given", given] += 1
        counts["hit", gold] += given == gold
    return counts


def _plover_figures(counts: Counts) -> dict[str, float]:
    rows = counts["rows",] or 1
    per_type = _per_type(counts)
    return {
        "accuracy": counts["right",] / rows,
        "macro_f1": sum(rates["f1"] for rates in per_type.values()) / max(1, len(per_type)),
        "accuracy_by_score_alone": counts["loudest",] / rows,
        "right_among_all_found": counts["any",] / rows,
        "nothing_found": counts["silent",] / rows,
    }


def _per_type(counts: Counts) -> dict[str, dict[str, float]]:
    return {
        name: _f1(counts["hit", name], counts["given", name], asked)
        for (kind, *rest), asked in sorted(counts.items())
        if kind == "asked"
        for name in rest
    }


def _f1(hit: int, found: int, asked: int) -> dict[str, float]:
    precision, recall = hit / found if found else 0.0, hit / asked if asked else 0.0
    f1 = 2 * hit / (found + asked) if found + asked else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "asked": asked}


def acled(coder: Coder, path: Path) -> dict[str, Any]:
    """How often the main event, or any, may be what the code says; and silence where the schema has nothing."""
    rows = read_rows(path)
    coded = code_texts(coder, ({"id": row["id"], "text": row["snippet"]} for row in rows), all_sentences=True)
    items, examples = [], list[dict[str, Any]]()
    for row, outcome in zip(rows, coded, strict=True):
        events, code = outcome["events"], row["subtype"]
        main = max(events, key=lambda e: e["score"], default=None)
        items.append(_acled_counts(code, main, events))
        if in_schema(code) and not (main and is_acled(main, code)):
            given = f"{main['type']}.{main['mode']}" if main else "nothing"
            examples.append({"gold": code, "given": given, "text": row["snippet"]})
    counts = bootstrap.total(items)
    return {
        "rows": len(rows),
        **_acled_figures(counts),
        "intervals": bootstrap.intervals(items, _acled_figures),
        "per_type": {
            code: {"right": counts["main", code] / n, "any": counts["any", code] / n, "asked": n}
            for (kind, *rest), n in sorted(counts.items())
            if kind == "known"
            for code in rest
        },
        "confusions": confusions(examples),
    }


def _acled_counts(code: str, main: dict[str, Any] | None, events: list[dict[str, Any]]) -> Counts:
    if not in_schema(code):
        return Counter({("unknown", code): 1, ("silent", code): int(main is None)})
    fits = main is not None and is_acled(main, code)
    fitting = any(is_acled(event, code) for event in events)
    return Counter({("known", code): 1, ("main", code): int(fits), ("any", code): int(fitting)})


def _acled_figures(counts: Counts) -> dict[str, float]:
    sums = Counter[str]()
    for key, value in counts.items():
        sums[key[0]] += value
    return {
        "accuracy": sums["main"] / max(1, sums["known"]),
        "right_among_all_found": sums["any"] / max(1, sums["known"]),
        "silent_where_schema_has_nothing": sums["silent"] / max(1, sums["unknown"]),
    }


def confusions(examples: list[dict[str, Any]], *, shown: int = 12, each: int = 2) -> list[dict[str, Any]]:
    """The most frequent pairs of what was asked and what was given, with some texts."""
    wrong = [example for example in examples if example["gold"] != example["given"]]
    frequent = Counter((example["gold"], example["given"]) for example in wrong).most_common(shown)
    return [
        {
            "gold": gold,
            "given": given,
            "count": count,
            "examples": [e["text"] for e in wrong if (e["gold"], e["given"]) == (gold, given)][:each],
        }
        for (gold, given), count in frequent
    ]
