"""How well the matcher codes: `make eval`, or `python -m benchmarks.eval [--json] [--dev-data DIR] [--examples N]`.

The own labelled articles (kirkuk_dev, and those of other hands in kirkuk_dev/more) are always measured. Data of others
is not part of this repository: it is looked for in --dev-data, in KIRKUK_DEV_DATA, and in shared/dev_data beside the
repository, and told as "not found" otherwise.
Figures have 95 % intervals from drawing articles, rows or documents anew (500 times, fixed seed).
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.yardsticks.documents import polnear, re3d
from benchmarks.yardsticks.kirkuk_articles import evaluate
from benchmarks.yardsticks.report import print_articles, print_rows
from benchmarks.yardsticks.single_sentences import acled, plover
from pipelines.matching import load_coder
from pipelines.matching.coder import Coder

HERE = Path(__file__).parent
# name: (title, folder, every how manieth article is never shown with its mistakes, so that it keeps telling how unseen
# text fares; 0: none)
OWN = {
    "own": ("Own labelled articles", "kirkuk_dev", 3),
    "newsdesk": ("By another hand: wires and newspapers", "kirkuk_dev/more/newsdesk", 0),
    "liveblog": ("By a third: live blogs, analyses, translated copy", "kirkuk_dev/more/liveblog", 0),
    "mixed": ("By a fourth: of all these kinds", "kirkuk_dev/more/mixed", 0),
    "unseen": ("By a fifth: never looked at", "kirkuk_dev/more/unseen", 1),
}
SCHEMA = HERE.parent / "schemas" / "kirkuk"

# name: (title, where in the data of others, how to measure)
OTHERS: dict[str, tuple[str, str, Callable[[Coder, Path], dict[str, Any]]]] = {
    "kirkuk": ("Twelve labelled articles and seven that have nothing to do with the crisis", "kirkuk", evaluate),
    "plover": ("PLOVER sentences, every sentence coded", "plover_dev.tsv", plover),
    "acled": ("ACLED-like snippets, every sentence coded", "acled_snippets_dev.tsv", acled),
    "polnear": ("PolNeAR: who is credited for events inside quotations", "attribution_dev.jsonl", polnear),
    "re3d": ("re3d: parties, places and fights in texts on Syria and Iraq", "re3d", re3d),
}


def dev_data(given: str | None) -> Path:
    """Where the data of others would be: the option, the environment, or beside the repository."""
    return Path(given or os.environ.get("KIRKUK_DEV_DATA") or HERE.parents[1] / "shared" / "dev_data")


def measure(folder: Path) -> dict[str, Any]:
    """All results by name; None for data that is not there."""
    coder = load_coder(str(SCHEMA))
    results: dict[str, Any] = {
        name: evaluate(coder, HERE / path, sealed_every=sealed) for name, (_, path, sealed) in OWN.items()
    }
    results["negatives"] = evaluate(coder, HERE / "kirkuk_dev" / "more" / "negatives")
    for name, (_, path, how) in OTHERS.items():
        where = folder / path
        results[name] = how(coder, where) if where.exists() else None
    return results


def main(arguments: list[str]) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eval", description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="everything, with all examples, as one JSON object")
    parser.add_argument("--dev-data", metavar="DIR", help="folder with the data of others")
    parser.add_argument("--examples", type=int, default=2, metavar="N", help="sentences shown per kind of mistake")
    options = parser.parse_args(arguments)
    results = measure(dev_data(options.dev_data))
    if options.json:
        print(json.dumps(results, ensure_ascii=False))
        return 0
    for name, (title, _, _) in OWN.items():
        print_articles(title, results[name], options.examples)
    called, negatives = results["negatives"]["negatives_called"], results["negatives"]["negatives"]
    print(f"\n== Own articles that only sound like the crisis: {called} of {negatives} called relevant ==")
    for name, (title, path, _) in OTHERS.items():
        if results[name] is None:
            print(f"\n{title}: {path} not found")
        elif name == "kirkuk":
            print_articles(title, results[name], examples=0)
        else:
            print_rows(title, results[name], options.examples)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
