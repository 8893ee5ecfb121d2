"""How far a figure would move had other articles been written: percentile bootstrap over whole articles.

Sentences of one article resemble each other, so articles (rows, documents) are drawn anew, never sentences.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

Counts = Counter[tuple[str, ...]]
ROUNDS = 500
SEED = 20171016
TAIL = 0.025


def total(items: Sequence[Counts]) -> Counts:
    """The sum of all counts; keys with a sum of zero stay, so that what was asked and never found is seen."""
    return _weighted(items, [1] * len(items))


def intervals(
    items: Sequence[Counts], measure: Callable[[Counts], Mapping[str, float]], *, rounds: int = ROUNDS, seed: int = SEED
) -> dict[str, tuple[float, float]]:
    """The 95 % interval of every figure that `measure` makes of summed counts; the same for the same seed."""
    drawing, values = random.Random(seed), dict[str, list[float]]()
    everything = range(len(items))
    for _ in range(rounds):
        weights = [0] * len(items)
        for drawn in drawing.choices(everything, k=len(items)):
            weights[drawn] += 1
        for name, value in measure(_weighted(items, weights)).items():
            values.setdefault(name, []).append(value)
    return {name: (_at(sorted(drawn), TAIL), _at(sorted(drawn), 1 - TAIL)) for name, drawn in values.items()}


def _weighted(items: Sequence[Counts], weights: Sequence[int]) -> Counts:
    summed = Counter[tuple[str, ...]]()
    for counts, weight in zip(items, weights, strict=True):
        if weight:
            for key, value in counts.items():
                summed[key] += weight * value
    return summed


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
