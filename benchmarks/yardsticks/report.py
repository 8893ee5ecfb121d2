"""The results of the yardsticks, to be read."""

from typing import Any

WIDEST = 230
"""Characters of an example that are shown."""
PARTS = {
    "english": "English",
    "other_languages": "others",
    "open": "open",
    "sealed": "sealed",
    "keyword_list": "keywords en",
}
KINDS = 12
"""Kinds of mistakes that are shown per aspect."""


def print_articles(title: str, result: dict[str, Any], examples: int) -> None:
    """Print the scores of labelled articles; with `examples` > 0 also what went wrong."""
    print(f"\n== {title}: {result['articles']} articles, {result['events']['asked']} events ==")
    _print_headline(result)
    print("  type         P     R     F1    asked")
    for name, rates in result["events"]["per_type"].items():
        print(f"  {name:<11} {_rates(rates)} {rates['asked']:>6}")
    for label, rates in (*result["slots"].items(), *((name, result[name]) for name in ("attribution", "relevance"))):
        print(f"  {label:<11} {_rates(rates)} {rates['asked']:>6}")
    wrong = f"{result['negatives_called']} of {result['negatives']}"
    print(f"  called relevant though they are not: {wrong}; bad spans: {result['bad_spans']}")
    for line in result["negatives_called_relevant"]:
        print(f"    called relevant: {line}")
    for line in result["relevant_articles_missed"]:
        print(f"    not called relevant: {line}")
    if examples:
        _print_mistakes(result["mistakes"], examples)


def print_rows(title: str, result: dict[str, Any], examples: int) -> None:
    """Print the figures of a data set of others, its types and its most frequent confusions."""
    print(f"\n== {title}: {result.get('rows', result.get('documents'))} rows or documents ==")
    for name, (low, high) in result["intervals"].items():
        print(f"  {name:<32} {result[name]:.3f}  [{low:.3f}, {high:.3f}]")
    for name, rates in result.get("per_type", {}).items():
        print("    " + f"{name:<30}" + "  ".join(f"{key} {value:.2f}" for key, value in rates.items()))
    for confusion in result.get("confusions", ()) if examples else ():
        print(f"  {confusion['count']:>3}x {confusion['gold']} -> {confusion['given']}")
        for text in confusion["examples"][:examples]:
            print(f"       {text[:WIDEST]}")
    for mistake in result.get("mistakes", ())[: 4 * examples]:
        print(f"  {mistake['trigger']}: {mistake['gold']} -> {mistake['given']}: {mistake['text'][:WIDEST]}")


def _print_headline(result: dict[str, Any]) -> None:
    print(f"  {'':<18}     all  [95 % interval]" + "".join(f"  {title:>11}" for title in PARTS.values()))
    for name, (low, high) in result["intervals"].items():
        beside = "".join(_cell(result[part], name) for part in PARTS)
        print(f"  {name:<18} {_value(result, name):7.3f}  [{low:.3f}, {high:.3f}]{beside}")


def _cell(rates: dict[str, float] | None, name: str) -> str:
    return f"  {rates[name]:11.3f}" if rates and name in rates else f"  {'-':>11}"


def _value(result: dict[str, Any], name: str) -> float:
    """The figure that has this name in the flat list of headlines."""
    kind, _, what = name.rpartition("_")
    if kind == "event":
        return float(result["events"][what])
    if kind in result["slots"]:
        return float(result["slots"][kind][what])
    return float(result[kind][what]) if kind else float(result[name])


def _rates(rates: dict[str, float]) -> str:
    return "  ".join(f"{rates[name]:.2f}" for name in ("precision", "recall", "f1"))


def _print_mistakes(mistakes: dict[str, list[dict[str, Any]]], examples: int) -> None:
    for aspect, kinds in mistakes.items():
        print(f"\n  {aspect}: {sum(kind['count'] for kind in kinds)}")
        for kind in kinds[:KINDS]:
            print(f"   {kind['count']:>3}x {kind['kind']}")
            for example in kind["examples"][:examples]:
                print(f"        {example[:WIDEST]}")
