"""Work grows with the number of articles, not with its square, and not with the number of other developments."""

import random
import time
from datetime import timedelta

from pipelines.developments import Board
from tests.developments.builders import MONDAY, coded, event

PLACES = ("kirkuk-city", "k1-base", "daquq", "hawija", "dibis", "sinjar", "makhmour", "khanaqin", "jalawla", "rabia")


def sketch(chance):
    return tuple(sorted(chance.getrandbits(60) for _ in range(40)))


def hot(count):
    """Make reports of one development, half of them variations of one wire text."""
    chance = random.Random(7)
    wire = sketch(chance)
    return [
        coded(
            f"a{number}",
            event(figures={"killed": float(number % 50)}),
            outlet=f"outlet {number % 100}",
            ingested=MONDAY + timedelta(seconds=number),
            shingles=sketch(chance) if number % 2 else tuple(sorted({*wire[number % 9 :], number})),
        )
        for number in range(count)
    ]


def scattered(count):
    """Make reports of as many developments as there are tens of reports."""
    chance = random.Random(7)
    stream = []
    for number in range(count):
        moment = MONDAY + timedelta(days=number * 60 // count, seconds=number)
        kind = chance.choice(
            (("RETREAT", "withdraw"), ("SEIZE", "capture"), ("ASSAULT", "clash"), ("MOBILIZE", "troops"))
        )
        made = event(*kind, actors=(chance.choice(("peshmerga", "iraqi-forces", "isis")),), place=chance.choice(PLACES))
        stream.append(coded(f"a{number}", made, published=moment, shingles=sketch(chance)))
    return stream


def seconds(geography, stream):
    """Return the processor time of a fold, the better of two."""
    spent = []
    for _ in range(2):
        board, began = Board(geography), time.process_time()
        for item in stream:
            board.fold(item)
        spent.append(time.process_time() - began)
    return min(spent)


def test_twice_the_reports_of_one_development_take_less_than_three_times_as_long(geography):
    assert seconds(geography, hot(3000)) < 3 * seconds(geography, hot(1500))


def test_an_article_costs_the_same_among_many_developments(geography):
    assert seconds(geography, scattered(4000)) < 8 * seconds(geography, scattered(1000))


def test_a_thousand_articles_take_less_than_a_second(geography):
    """Measured 0.25 s; the limit leaves room for slow machines."""
    assert seconds(geography, scattered(1000)) < 1
