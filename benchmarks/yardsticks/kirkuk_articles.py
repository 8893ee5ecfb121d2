"""A folder of labelled Kirkuk articles (articles.jsonl, gold.jsonl), coded and scored, with what went wrong."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.yardsticks import bootstrap
from benchmarks.yardsticks.coding import code_texts
from benchmarks.yardsticks.keywords import code_by_keywords
from benchmarks.yardsticks.kirkuk_score import SLOTS, Labels, Scored, figures, same_party, score_all
from benchmarks.yardsticks.sentences import sentence_spans
from pipelines.matching.coder import Coder

Article = dict[str, Any]
Mistake = tuple[str, str, str]
"""(kind of mistake, where, the sentence)"""


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def evaluate(coder: Coder, folder: Path, *, sealed_every: int = 0) -> dict[str, Any]:
    """Code and score the articles of a folder, as a whole and by parts; and tell the mistakes.

    With `sealed_every` n, every nth article is sealed: it counts, but its mistakes and names are not told, so that
    nobody mends the matcher by looking at it, and its figures stay those of unseen text.
    """
    articles = {article["id"]: article for article in read_jsonl(folder / "articles.jsonl")}
    gold = read_jsonl(folder / "gold.jsonl")
    sealed = {labels["id"] for labels in (gold[sealed_every - 1 :: sealed_every] if sealed_every else ())}
    coded = {outcome["id"]: outcome for outcome in code_texts(coder, articles.values())}
    scored = {labels["id"]: one for labels, one in zip(gold, score_all(gold, coded, articles), strict=True)}
    english = {name for name, article in articles.items() if article["language"] == "en"}

    def part(names: set[str]) -> dict[str, float] | None:
        chosen = [scored[labels["id"]].counts for labels in gold if labels["id"] in names]
        return headline(bootstrap.total(chosen)) if chosen else None

    items = [scored[labels["id"]].counts for labels in gold]
    told = [labels for labels in gold if labels["id"] not in sealed]
    return {
        "articles": len(gold),
        **figures(bootstrap.total(items)),
        "intervals": bootstrap.intervals(items, headline),
        "english": part(english),
        "other_languages": part(scored.keys() - english),
        "open": part(scored.keys() - sealed),
        "sealed": part(sealed),
        "keyword_list": floor(gold, articles),
        "negatives": sum(not labels["relevant"] for labels in gold),
        "negatives_called": sum(coded[labels["id"]]["relevant"] for labels in gold if not labels["relevant"]),
        **_called_wrong(told, coded, articles),
        "mistakes": mistakes(told, [scored[labels["id"]] for labels in told], articles),
    }


def floor(gold: list[Labels], articles: dict[str, Article]) -> dict[str, float]:
    """What a list of keywords reaches on the English articles."""
    english = [labels for labels in gold if articles[labels["id"]]["language"] == "en"]
    spans = {labels["id"]: sentence_spans(articles[labels["id"]]["text"]) for labels in english}
    coded = {name: code_by_keywords(articles[name], cut) for name, cut in spans.items()}
    flat = headline(bootstrap.total([one.counts for one in score_all(english, coded, articles)]))
    return {name: flat[name] for name in ("event_precision", "event_recall", "event_f1", "relevance_f1")}


def headline(counts: bootstrap.Counts) -> dict[str, float]:
    """The figures that matter most, flat."""
    result = figures(counts)
    events, relevance, source = result["events"], result["relevance"], result["attribution"]
    return {
        "event_precision": events["precision"],
        "event_recall": events["recall"],
        "event_f1": events["f1"],
        **{f"{name}_f1": result["slots"][name]["f1"] for name in SLOTS},
        **{name: result[name] for name in ("realis", "negation", "status")},
        "attribution_f1": source["f1"],
        "relevance_f1": relevance["f1"],
    }


def _called_wrong(gold: list[Labels], coded: dict[str, Any], articles: dict[str, Article]) -> dict[str, Any]:
    negatives = [labels["id"] for labels in gold if not labels["relevant"]]
    return {
        "negatives_called_relevant": [f"{k}: {articles[k]['title']}" for k in negatives if coded[k]["relevant"]],
        "relevant_articles_missed": [
            f"{labels['id']}: {articles[labels['id']]['title']}"
            for labels in gold
            if labels["relevant"] and not coded[labels["id"]]["relevant"]
        ],
    }


def mistakes(
    gold: list[Labels], scored: list[Scored], articles: dict[str, Article], *, each: int = 4
) -> dict[str, list[dict[str, Any]]]:
    """The kinds of mistakes by aspect, the most frequent first, each with some sentences."""
    found = dict[str, list[Mistake]]()
    for labels, one in zip(gold, scored, strict=True):
        article = articles[labels["id"]]
        for aspect, look in ASPECTS.items():
            found.setdefault(aspect, []).extend(look(one, article))
    return {aspect: _ranked(seen, each) for aspect, seen in found.items()}


def _ranked(seen: list[Mistake], each: int) -> list[dict[str, Any]]:
    kinds = Counter(kind for kind, _, _ in seen)
    return [
        {
            "kind": kind,
            "count": count,
            "examples": [f"{where}: {text}" for name, where, text in seen if name == kind][:each],
        }
        for kind, count in kinds.most_common()
    ]


def _sentence(article: Article, number: int) -> str:
    if number < 0:
        return str(article["title"])
    start, end = sentence_spans(article["text"])[number]
    return str(article["text"][start:end])


def _place(article: Article, number: int, words: str) -> tuple[str, str]:
    return f"{article['id']}/{number} “{words}”", _sentence(article, number)


def _missed(one: Scored, article: Article) -> Iterator[Mistake]:
    """What was not found: nothing there at all, or something of another type with (nearly) the same trigger."""
    for label in one.missed:
        confused = [
            event["type"]
            for sentence, event in one.spurious
            if sentence == label["s"] and _same_words(event["trigger"]["text"], label["trigger"])
        ]
        kind = f"{label['type']} -> {confused[0] if confused else 'nothing'}"
        yield kind, *_place(article, label["s"], label["trigger"])


def _spurious(one: Scored, article: Article) -> Iterator[Mistake]:
    """What nobody labelled."""
    for sentence, event in one.spurious:
        yield event["type"], *_place(article, sentence, event["trigger"]["text"])


def _parties(slot: str) -> Callable[[Scored, Article], Iterator[Mistake]]:
    def look(one: Scored, article: Article) -> Iterator[Mistake]:
        for label, event in one.pairs:
            given, allowed = event[slot], label[slot] + label.get(slot + "_opt", [])
            for party in label[slot]:
                if not any(same_party(party, candidate) for candidate in given):
                    instead = _party_kind(given[0]) if given else "nothing"
                    kind = f"{'known id' if not party.startswith('text:') else 'words'} -> {instead}"
                    yield kind, *_place(article, label["s"], f"{label['trigger']}: {party}")
            for candidate in given:
                if not any(same_party(party, candidate) for party in allowed):
                    kind = f"made up: {_party_kind(candidate)}"
                    yield kind, *_place(article, label["s"], f"{label['trigger']}: {candidate['text']}")

    return look


def _party_kind(party: dict[str, Any]) -> str:
    return "another id" if party["id"] else "words"


def _accuracy(name: str) -> Callable[[Scored, Article], Iterator[Mistake]]:
    def look(one: Scored, article: Article) -> Iterator[Mistake]:
        for label, event in one.pairs:
            asked, given = str(label[name]), str(event["claim"]["status"] if name == "status" else event[name])
            if name == "negated" and label.get("negated_any"):
                continue
            if given not in asked.split("|"):
                yield f"{asked} -> {given}", *_place(article, label["s"], label["trigger"])

    return look


def _sources(one: Scored, article: Article) -> Iterator[Mistake]:
    for label, event in one.pairs:
        source, given = label.get("source"), event["claim"]["sources"]
        if label.get("source_any") or not (source or given) or (source and given and _credited(source, given)):
            continue
        kind = "overlooked" if not given else "another" if source else "made up"
        words = f"{label['trigger']}: {source['text'] if source else '-'} / {given[0]['text'] if given else '-'}"
        yield kind, *_place(article, label["s"], words)


def _credited(source: dict[str, Any], given: Iterable[dict[str, Any]]) -> bool:
    names = [name for name in (source["id"], f"text:{source['text']}") if name]
    return any(same_party(name, candidate) for candidate in given for name in names)


def _same_words(one: str, other: str) -> bool:
    return bool(set(one.lower().split()) & set(other.lower().split()))


ASPECTS: dict[str, Callable[[Scored, Article], Iterator[Mistake]]] = {
    "missed": _missed,
    "spurious": _spurious,
    **{slot: _parties(slot) for slot in SLOTS},
    **{name: _accuracy(name) for name in ("realis", "negated", "status")},
    "attribution": _sources,
}
