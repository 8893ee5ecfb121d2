"""Shapes made to hurt: they end, cost in proportion to their length, and give spans that hold."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = [
    "Peshmerga", "Iraqi forces", "Kirkuk", "withdrew from", "seized", "said", "that", "who", "which", ",",
    ";", ":", ".", "“", "”", '"', "(", ")", "\n\n", "and", "or", "before", "according to", "to", "not", "the",
    "of", "in", "2017", "93%", "two dozen", "on Monday", "كركوك", "انسحبت", "\u200f", "😀", "'s", "-", "—",
    "K1-", "PUK", "he", "they", "will",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(words=st.lists(st.sampled_from(PIECES), max_size=60), everything=st.booleans())
def test_any_salad_of_words_is_coded_with_true_spans(coder, words, everything):
    """Whatever stands in the text, nothing raises and every span reproduces its words."""
    text = " ".join(words)
    for event in coder.code(title=text, text=text, published=None, all_sentences=everything).events:
        for part in (event.trigger, *event.actors, *event.recipients, *event.places, *(event.magnitude or ())):
            assert text[slice(*part.span)] == part.text


SHAPES = {
    "one sentence": "Peshmerga near Kirkuk and Iraqi forces and the PUK, who said that ",
    "quotes": "“Kirkuk ” ",
    "brackets": "(Kirkuk ",
    "commas": "Kirkuk, ",
    "subordinators": "Peshmerga said that because if ",
    "prepositions": "Kirkuk in of near ",
    "articles": "Peshmerga withdrew from Kirkuk before Iraqi forces entered. ",
    "numbers": "one hundred thousand 1,000,000 Kirkuk ",
    "people": "Massoud Barzani met Haider al-Abadi and Qassem Soleimani. ",
    "blanks": "Kirkuk          \t",
}


@pytest.mark.parametrize("shape", SHAPES, ids=list(SHAPES))
def test_cost_grows_with_length_only(coder, shape):
    """Eight times the text costs less than thirty times the processor time; the better of two, for the garbage
    collector may walk over all that a long test run has gathered.
    """

    def cost(length):
        text = (SHAPES[shape] * (length // len(SHAPES[shape]) + 1))[:length]
        start = time.process_time()
        coder.code(title="", text=text, published=None)
        return time.process_time() - start

    cost(20_000)
    small, large = (min(cost(length) for _ in range(2)) for length in (40_000, 320_000))
    assert large < 30 * max(small, 0.01)


def test_nul_and_surrogates_pass(coder):
    """Control characters and lone surrogates raise nothing."""
    coder.code(title="\x00", text="Kirkuk \ud800 fell \x00 to Iraqi forces.", published=None)
