"""Fit the weights by which an article is called relevant: `python -m benchmarks.fit_relevance [--write]`.

Logistic regression over the signs of pipelines/matching/subject.py on the repository's own English articles:
kirkuk_dev with its sealed third (of which nothing but the verdict is used), the sets under kirkuk_dev/more but
`unseen`, and kirkuk_dev/verdicts, which has verdicts alone. Weights are drawn to plain expectations (a word of another
subject speaks against, evidence for) and never take the other sign, so that each stays explainable. Prints the
weights, and what each set gives when it is left out of the fit; --write puts them into the lexicon.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.kirkuk_dev.build import join_lines, read_authored
from pipelines.matching import load_coder
from pipelines.matching.coder import Coder

HERE = Path(__file__).parent
SCHEMA = HERE.parent / "schemas" / "kirkuk"
LEXICON = SCHEMA / "lexicon" / "en.topics.yaml"
LABELLED = ("", "more/newsdesk", "more/liveblog", "more/mixed", "more/negatives")
PULL = 1.0
"""How strongly weights are drawn to what is expected of them, beside one article's pull."""
AGAINST, FOR, CRISIS, BIAS = -1.2, 0.5, 1.5, -1.5
"""Expected weights: of signs of another subject, of evidence, of the crisis's words; and of no signs at all."""
FREE = "other"
"""The sign of which nothing is expected: events of unknown parties."""


class Row(NamedTuple):
    """One article: its set, id, verdict and signs."""

    part: str
    name: str
    relevant: bool
    signs: dict[str, float]


def articles() -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield (set, article, verdict) of all articles that a fit may see."""
    for part in LABELLED:
        folder = HERE / "kirkuk_dev" / part
        lines = (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines()
        verdicts = {labels["id"]: labels["relevant"] for labels in map(json.loads, lines)}
        for article in map(json.loads, (folder / "articles.jsonl").read_text(encoding="utf-8").splitlines()):
            yield part or "own", article, verdicts[article["id"]]
    for path in sorted((HERE / "kirkuk_dev" / "verdicts").glob("*.txt")):
        for (name, language, published, _, verdict), title, body, _ in read_authored(path):
            text, _ = join_lines(body)
            article = {"id": name, "title": title, "text": text, "published": published, "language": language}
            yield f"verdicts {path.stem}", article, verdict == "relevant"


def signs_of(coder: Coder, article: dict[str, Any]) -> dict[str, float]:
    """Return an article's signs."""
    return coder.signs(article["title"], article["text"], datetime.fromisoformat(article["published"]))


def fit(signs: np.ndarray, verdicts: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return the weights with the best penalised likelihood, by accelerated projected gradient steps.

    The last column is the bias. A weight keeps the sign that is expected of it; one of which 0 is expected is free.
    """
    pull = np.full(len(expected), PULL)
    pull[-1] = PULL / 4
    step = 1 / (np.linalg.norm(signs, 2) ** 2 / 4 + PULL)
    low = np.where(expected > 0, 0.0, -np.inf)
    high = np.where(expected < 0, 0.0, np.inf)
    low[-1], high[-1] = -np.inf, np.inf
    weights = ahead = expected.copy()
    pace = 1.0
    for _ in range(5000):
        chance = 1 / (1 + np.exp(-signs @ ahead))
        following = np.clip(ahead - step * (signs.T @ (chance - verdicts) + pull * (ahead - expected)), low, high)
        faster = (1 + (1 + 4 * pace * pace) ** 0.5) / 2
        ahead = following + (pace - 1) / faster * (following - weights)
        weights, pace = following, faster
    return weights


def expectation(name: str, themes: set[str]) -> float:
    """Return the weight that is expected of a sign."""
    if name == FREE:
        return 0.0
    if name in themes or name.endswith("_other") or name in {"isis_elsewhere", "unconnected"}:
        return AGAINST
    return CRISIS if name == "crisis" else FOR


def held_out(rows: list[Row], signs: np.ndarray, expected: np.ndarray) -> Iterator[str]:
    """Yield, for each set, how it fares when it has no part in the fit."""
    verdicts = np.array([row.relevant for row in rows], dtype=float)
    for part in dict.fromkeys(row.part for row in rows):
        out = np.array([row.part == part for row in rows])
        called = signs[out] @ fit(signs[~out], verdicts[~out], expected) > 0
        true = verdicts[out] > 0
        yield (
            f"{part}: {int((called & ~true).sum())} of {int((~true).sum())} beyond the gate called relevant, "
            f"{int((~called & true).sum())} of {int(true.sum())} relevant ones missed"
        )


def main(arguments: list[str]) -> int:
    """Fit, print, and write when asked to; 0."""
    coder = load_coder(str(SCHEMA))
    english = [one for one in articles() if one[1]["language"] == "en"]
    read = [Row(part, article["id"], verdict, signs_of(coder, article)) for part, article, verdict in english]
    rows = [row for row in read if row.signs]
    names = sorted({name for row in rows for name in row.signs})
    assert coder.language.topics is not None
    themes = set(coder.language.topics.themes)
    signs = np.array([[*(row.signs.get(name, 0.0) for name in names), 1.0] for row in rows])
    expected = np.array([*(expectation(name, themes) for name in names), BIAS])
    verdicts = np.array([row.relevant for row in rows], dtype=float)
    weights = dict(zip([*names, "bias"], fit(signs, verdicts, expected).round(2).tolist(), strict=True))
    block = "".join(f"  {name}: {weight}\n" for name, weight in sorted(weights.items(), key=lambda item: item[1]))
    print(f"{len(read)} articles, {len(read) - len(rows)} stopped at the gate\n{block}")
    print("\n".join(held_out(rows, signs, expected)))
    if "--write" in arguments:
        text = LEXICON.read_text(encoding="utf-8")
        LEXICON.write_text(re.sub(r"(?ms)^weights:.*", f"weights:\n{block}", text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
