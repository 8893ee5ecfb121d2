"""How many sentences a second one core codes, and that hostile shapes cost no more than their length.

`python -m benchmarks.match_speed [--json]`. The text is generated from a fixed seed; nothing is read or fetched.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import schemas
from pipelines.matching import load_coder
from pipelines.matching.coder import Coder
from pipelines.matching.sentences import sentence_spans

PUBLISHED = datetime(2017, 10, 17, 12, tzinfo=UTC)
SUBJECTS = [
    "Iran",
    "The United States",
    "Turkish officials",
    "Baghdad",
    "Trump",
    "The committee",
    "A spokesman",
    "Analysts",
    "The company",
    "Residents of the coast",
    "The minister",
    "Two engineers",
    "The team",
    "An airline",
    "Farmers",
    "The central bank",
    "A local paper",
    "Her lawyer",
    "The museum",
    "Engineers from the port",
]
VERBS = [
    "announced",
    "opened",
    "visited",
    "postponed",
    "criticised",
    "welcomed",
    "repaired",
    "presented",
    "bought",
    "measured",
    "discussed",
    "rejected",
    "built",
    "described",
    "followed",
]
OBJECTS = [
    "a new timetable",
    "the annual report",
    "plans for a bridge",
    "the old harbour",
    "a series of concerts",
    "higher prices",
    "the spring exhibition",
    "a proposal on water",
    "the second match",
    "several schools",
    "a wheat shipment",
    "the long drought",
    "an agreement with suppliers",
]
TAILS = [
    "on Tuesday",
    "after a long debate",
    "in the northern districts",
    "despite heavy rain",
    "for the third time this year",
    "according to people at the meeting",
    "while others waited outside",
    "as the season came to an end",
    "before the end of the month",
    "because costs had doubled",
]
RELEVANT = [
    "{a} withdrew from {p} on Monday before {b} entered the town.",
    "{a} accused {b} of breaking the agreement over {p}.",
    "At least {n} people were killed when {a} clashed with {b} near {p}.",
    "{a} took control of {p} without a fight, according to a local official.",
    "{b} denied that its fighters had attacked {p}.",
    "Thousands of families fled {p} as {b} advanced on the city.",
    "{a} warned {b} to leave {p} by Friday or face the consequences.",
    "Officials said {a} had met leaders of {b} in {p} last weekend.",
]
SIDES = [
    "Iraqi forces",
    "Peshmerga",
    "the PUK",
    "the KDP",
    "Haider al-Abadi",
    "Massoud Barzani",
    "the Hashd al-Shaabi",
    "Qassem Soleimani",
    "the Iraqi government",
]
PLACES = ["Kirkuk", "Tuz Khurmatu", "Altun Kupri", "Sinjar", "Khanaqin", "Daquq", "Makhmour", "Bashiqa"]


def plain_sentence(rng: random.Random) -> str:
    """Make one sentence of ordinary news."""
    first = f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)} {rng.choice(TAILS)}"
    return first + (
        f", and {rng.choice(SUBJECTS).lower()} {rng.choice(VERBS)} {rng.choice(OBJECTS)}."
        if rng.random() < 0.5
        else "."
    )


def relevant_sentence(rng: random.Random) -> str:
    """Make one sentence on the crisis."""
    one, other = rng.sample(SIDES, 2)
    text = rng.choice(RELEVANT).format(a=one, b=other, p=rng.choice(PLACES), n=rng.randint(2, 60))
    return text[0].upper() + text[1:]


def article(rng: random.Random, *, relevant: bool, sentences: int = 20) -> str:
    """Make an article; a relevant one is two thirds on the crisis."""
    lines = [
        relevant_sentence(rng) if relevant and rng.random() < 0.66 else plain_sentence(rng) for _ in range(sentences)
    ]
    return "\n\n".join(" ".join(lines[at : at + 3]) for at in range(0, sentences, 3))


def corpus(share: float, articles: int, seed: int = 7) -> list[str]:
    """Make articles of which `share` are on the crisis, spread evenly."""
    rng = random.Random(seed)
    every = round(1 / share) if share else 0
    return [article(rng, relevant=bool(every) and at % every == 0) for at in range(articles)]


def count_sentences(coder: Coder, texts: Iterable[str]) -> int:
    """Count sentences as the coder cuts them."""
    return sum(1 for text in texts for _ in sentence_spans(text, coder.grammar.abbreviations))


def rate(coder: Coder, texts: list[str]) -> float:
    """Return sentences a second of CPU time on this core, best of three."""
    total = count_sentences(coder, texts)

    def run() -> None:
        for text in texts:
            coder.code(title="", text=text, published=PUBLISHED)

    return total / min(seconds(run) for _ in range(3))


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def with_more_aliases(coder: Coder, times: int) -> Coder:
    """Return a coder whose every actor has `times` as many aliases, none of which occurs in the text."""
    rng = random.Random(11)
    letters = "abcdefghijklmnopqrstuvwxyz"

    def more(aliases: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        count = sum(map(len, aliases.values())) * (times - 1)
        made = tuple("".join(rng.choices(letters, k=9)).capitalize() for _ in range(count))
        return {**aliases, "en": aliases.get("en", ()) + made}

    vocabulary = coder.vocabulary
    actors = {
        name: msgspec.structs.replace(actor, aliases=more(dict(actor.aliases)))
        for name, actor in vocabulary.actors.items()
    }
    return Coder(msgspec.structs.replace(vocabulary, actors=actors))


def hostile(coder: Coder) -> dict[str, float]:
    """Return CPU seconds for shapes that would hurt anything that is not linear."""
    rng = random.Random(3)
    long_article = "\n\n".join(article(rng, relevant=True) for _ in range(2600))[:5_000_000]
    one_sentence = ("Peshmerga near Kirkuk and Iraqi forces and the PUK, who said that " * 16_000)[:1_000_000]
    quotes = "“Kirkuk ” " * 100_000
    shapes = {
        "article_5mb_s": long_article,
        "article_2.5mb_s": long_article[:2_500_000],
        "sentence_1mb_s": one_sentence,
        "sentence_0.5mb_s": one_sentence[:500_000],
        "quotes_100k_s": quotes,
        "quotes_50k_s": quotes[: len(quotes) // 2],
        "blanks_5mb_s": "Kirkuk" + " " * 5_000_000,
        "commas_1mb_s": "Kirkuk" + "," * 1_000_000,
    }
    return {
        name: seconds(lambda text=text: coder.code(title="", text=text, published=PUBLISHED))
        for name, text in shapes.items()
    }


def measure(coder: Coder) -> dict[str, float]:
    """Return all figures."""
    mixed = corpus(0.05, 600)
    figures = {
        "sentences_per_s_one_in_twenty": rate(coder, mixed),
        "sentences_per_s_none_relevant": rate(coder, corpus(0.0, 600)),
        "sentences_per_s_all_relevant": rate(coder, corpus(1.0, 40)),
        "sentences_per_s_ten_times_aliases": rate(with_more_aliases(coder, 10), mixed),
    }
    return {**figures, **hostile(coder)}


def main() -> None:
    """Print the figures."""
    start = time.process_time()
    coder = load_coder(str(Path(schemas.__file__).parent / "kirkuk"))
    figures = {"load_s": time.process_time() - start, **measure(coder)}
    rounded = {name: round(value, 3 if value < 1000 else 0) for name, value in figures.items()}
    if "--json" in sys.argv[1:]:
        print(json.dumps(rounded))
        return
    for name, value in rounded.items():
        print(f"{name:40} {value:>12,}")


if __name__ == "__main__":
    main()
