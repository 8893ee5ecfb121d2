"""Documents annotated for something else than events: attributions (PolNeAR), entities and relations (re3d).

The matcher looks for events, not for all that was said or named. So what is asked is narrower than what the data sets
hold: of an event inside a quotation, is the right person credited; are parties and places what somebody marked as such;
do the two sides of a fight come out.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.yardsticks import bootstrap
from benchmarks.yardsticks.coding import code_texts, overlap
from benchmarks.yardsticks.kirkuk_articles import read_jsonl
from pipelines.matching.coder import Coder

Counts = bootstrap.Counts
Row = dict[str, Any]
FIGHTS = ("ASSAULT", "SEIZE")


def polnear(coder: Coder, path: Path) -> dict[str, Any]:
    """How well events inside attributed content are credited to its source.

    An attribution counts when it has a source, and the trigger of a coded event stands in its content.
    """
    rows = read_jsonl(path)
    items, wrong = [], list[dict[str, Any]]()
    for row, outcome in zip(rows, code_texts(coder, rows, all_sentences=True), strict=True):
        items.append(_polnear_counts(row, outcome["events"], wrong))
    counts = bootstrap.total(items)
    return {
        "documents": len(rows),
        "attributions": counts["attributions",],
        "events_in_content": counts["asked",],
        **_polnear_figures(counts),
        "intervals": bootstrap.intervals(items, _polnear_figures),
        "mistakes": wrong[:: max(1, len(wrong) // 12)][:12],
    }


def _polnear_counts(row: Row, events: list[Row], wrong: list[dict[str, Any]]) -> Counts:
    counts = Counter[tuple[str, ...]]({("attributions",): len(row["attributions"]), ("covered",): 0})
    sourced = [one for one in row["attributions"] if one["source"]]
    for event in events:
        trigger, given = event["trigger"]["span"], event["claim"]["sources"]
        around = [one for one in sourced if any(overlap(part, trigger) for part in one["content"])]
        right = any(overlap(part, g.get("span")) for one in around for part in one["source"] for g in given)
        counts["asked",] += bool(around)
        counts["given",] += bool(given)
        counts["right",] += right
        if bool(around or given) and not right and (around or given):
            wrong.append(_unlike(row["text"], event, around, given))
    counts["covered",] += sum(_holds(one, events) for one in sourced)
    return counts


def _holds(attribution: Row, events: list[Row]) -> bool:
    return any(overlap(part, event["trigger"]["span"]) for part in attribution["content"] for event in events)


def _unlike(text: str, event: Row, around: list[Row], given: list[Row]) -> dict[str, Any]:
    start, end = event["sentence"]
    return {
        "trigger": event["trigger"]["text"],
        "gold": [text[a:b] for one in around for a, b in one["source"]],
        "given": [source["text"] for source in given],
        "text": text[start:end],
    }


def _polnear_figures(counts: Counts) -> dict[str, float]:
    right, given, asked = counts["right",], counts["given",], counts["asked",]
    return {
        "precision": right / given if given else 0.0,
        "recall": right / asked if asked else 0.0,
        "f1": 2 * right / (given + asked) if given + asked else 0.0,
        "attributions_with_an_event": counts["covered",] / max(1, counts["attributions",]),
    }


def re3d(coder: Coder, folder: Path) -> dict[str, Any]:
    """Whether parties and places are marked entities of a fitting kind, and how many fights come out whole."""
    items = [counts for source in sorted(folder.iterdir()) if source.is_dir() for counts in _re3d_source(coder, source)]
    return {
        "documents": len(items),
        **_re3d_figures(bootstrap.total(items)),
        "intervals": bootstrap.intervals(items, _re3d_figures),
    }


def _re3d_source(coder: Coder, folder: Path) -> Iterator[Counts]:
    documents, entities, relations = (
        [
            json.loads(line)
            for line in (folder / f"{name}.json").read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
        for name in ("documents", "entities", "relations")
    )
    rows = [{"id": document["_id"], "text": document["text"]} for document in documents]
    for row, outcome in zip(rows, code_texts(coder, rows, all_sentences=True), strict=True):
        own_entities = [entity for entity in entities if entity["documentId"] == row["id"]]
        own_relations = [relation for relation in relations if relation["documentId"] == row["id"]]
        yield _re3d_counts(outcome["events"], own_entities, own_relations)


def _re3d_counts(events: list[Row], entities: list[Row], relations: list[Row]) -> Counts:
    counts = Counter[tuple[str, ...]]()
    kinds = {"parties": ("Organisation", "Person", "Nationality", "Location"), "places": ("Location", "Organisation")}
    for event in events:
        for name, parties in (("parties", event["actors"] + event["recipients"]), ("places", event["places"])):
            counts[name,] += len(parties)
            counts[f"{name} right",] += sum(
                any(e["type"] in kinds[name] and overlap(p["span"], (e["begin"], e["end"])) for e in entities)
                for p in parties
            )
    fights = [relation for relation in relations if relation["type"] == "FightingAgainst"]
    counts["fights",] += len(fights)
    counts["fights found",] += sum(any(_is_fight(event, relation) for event in events) for relation in fights)
    return counts


def _is_fight(event: Row, relation: Row) -> bool:
    """Whether a coded fight has both sides of a relation among its parties, one of them acting."""
    if event["type"] not in FIGHTS:
        return False
    acting, all_parties = event["actors"], event["actors"] + event["recipients"]
    spans = [(relation["sourceBegin"], relation["sourceEnd"]), (relation["targetBegin"], relation["targetEnd"])]
    return any(overlap(party["span"], span) for party in acting for span in spans) and all(
        any(overlap(party["span"], span) for party in all_parties) for span in spans
    )


def _re3d_figures(counts: Counts) -> dict[str, float]:
    return {
        "parties_that_are_entities": counts["parties right",] / max(1, counts["parties",]),
        "places_that_are_locations": counts["places right",] / max(1, counts["places",]),
        "fights_found": counts["fights found",] / max(1, counts["fights",]),
    }
