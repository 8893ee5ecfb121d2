"""Short cuts of the matcher give what the long way gives."""

from datetime import date

import pytest

from pipelines.matching import dates
from pipelines.matching.normalise import fold
from pipelines.matching.scanner import Mention
from pipelines.matching.tokens import tokenise

TODAY = date(2017, 10, 17)


def _found(text: str) -> list[tuple[str, str]]:
    return [(when.text, when.first.isoformat()) for when in dates.find_times(text, (0, len(text)), TODAY)]


def test_lone_months_are_known_by_their_capital() -> None:
    """A month without a day is one only with its capital, though dates are looked for in lower case."""
    assert _found("They left in March 2016.") == [("March 2016", "2016-03-01")]
    assert not _found("They march 2016 men there.")


@pytest.mark.parametrize("word", ["İzmir", "ſo"])
def test_letters_whose_case_is_not_one_for_one_shift_no_date(word: str) -> None:
    """A letter that grows in lower case moves no date behind it."""
    assert _found(f"{word}: on Monday they left.") == [("Monday", "2017-10-16")]


def test_every_kind_of_expression_holds_a_hint() -> None:
    """The look for hints keeps no expression from being found."""
    for words in ("May 3", "5 Oct", "tomorrow", "overnight", "this evening", "after midnight", "last weekend",
                  "two hours ago", "a few months later", "in 1999", "Sept 2", "by 2003"):  # fmt: skip
        assert _found(f"It was {words}."), words


def test_name_that_reaches_past_a_cut_is_whole() -> None:
    """A name that goes on behind the place where a long sentence was cut is kept whole."""
    text = "In Tuz Khurmatu"
    sentence = tokenise(text, (0, 9), [Mention(3, 15, (), ("tuz",))])
    assert sentence.lows == ["in", "tuz khurmatu"]


def test_name_that_ends_inside_a_word_leaves_the_rest() -> None:
    """What is left of a word behind a name that ends inside it is a token of its own."""
    sentence = tokenise("In Kerkük'te now", (0, 16), [Mention(3, 9, (), ("kirkuk",))])
    assert sentence.lows == ["in", "kerkük", "'", "te", "now"]


def test_typographic_marks_fold_to_plain_ones() -> None:
    """Each of the typographic apostrophes, hyphens and blanks is folded, and nothing moves."""
    assert fold("’‘ʼ´‐‑\u00a0“").text == "''''-- “"
