"""Names in a text: folding, offsets, boundaries, case, affixes, overlap."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.matching.normalise import fold
from pipelines.matching.sentences import sentence_spans


def named(coder, text):
    return [(text[m.start : m.end], set(m.actors) | set(m.places)) for m in coder.scanner.scan(text)]


@given(st.text(alphabet=st.sampled_from("aAİıßﬁ’'ـًٌيىكةهأإ٣۳\u200f\u200cKirkuk\u0301😀\n"), max_size=60))
def test_folding_never_loses_the_way_back(text):
    """Each folded character comes from one place of the original, in order."""
    folded = fold(text)
    if folded.offsets is None:
        assert len(folded.text) == len(text)
    else:
        assert len(folded.offsets) == len(folded.text)
        assert folded.offsets == sorted(set(folded.offsets))


def test_letters_that_look_alike_are_one():
    """Arabic variants of alef, yeh, kaf and heh, and all digits, fold together; vowel signs and tatweel go."""
    assert fold("كِرْكُوك").text == fold("کرکوک").text
    assert fold("البيشمرگـــة").text == fold("البیشمرگە").text
    assert fold("٣۳").text == "33"


@pytest.mark.parametrize("text", ["In Kirkuk today", "KIRKUK FALLS", "Kirkuk’s governor", "“Kirkuk”", "(Kirkuk)"])
def test_a_name_is_found_at_its_offsets(coder, text):
    """Punctuation, possessors and capitals don't hide a name."""
    assert any("kirkuk-city" in found and surface.lower() == "kirkuk" for surface, found in named(coder, text))


@pytest.mark.parametrize(
    "text", ["kirkukish", "unkirkuk", "they told us", "puke", "it is up to us to help", "a trump card"]
)
def test_parts_of_words_and_small_letters_are_no_names(coder, text):
    """Names are whole words, and acronyms are capitals."""
    assert named(coder, text) == []


def test_the_longest_name_wins(coder):
    """A longer alias swallows the shorter one inside it."""
    assert [found for _, found in named(coder, "The K1 base near Kirkuk")] == [{"k1-base"}, {"kirkuk-city"}]


def test_spans_are_right_behind_marks_of_no_width(coder):
    """Offsets stay those of the text as stored, with direction marks, accents and astral letters before the name."""
    text = "\u200f😀 İ e\u0301 Kirkuk"
    ((surface, found),) = named(coder, text)
    assert surface == "Kirkuk"
    assert "kirkuk-city" in found


@given(st.text(alphabet=st.sampled_from("Aa. !?؟۔\n”“Gen.U.S"), max_size=80))
def test_sentences_are_trimmed_ordered_and_cover_all_letters(text):
    """No letter is lost between sentences, and they don't overlap."""
    spans = list(sentence_spans(text, frozenset({"gen", "u.s"})))
    assert all(low < high <= len(text) for low, high in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    covered = {at for low, high in spans for at in range(low, high)}
    assert all(at in covered for at, letter in enumerate(text) if letter.isalnum())


@pytest.mark.parametrize(
    "text,count",
    [
        ("Gen. Qassem Soleimani met him. He left.", 2),
        ("The U.S. Army came. It left.", 2),
        ("Mr. A. B. Smith spoke.", 1),
        ("“Leave!” he said.", 1),
        ("ذهب. جاء؟ نعم", 3),
        ("One\nTwo", 2),
    ],
)
def test_sentence_ends(coder, text, count):
    """Abbreviations and initials end no sentence; line breaks and Arabic marks do."""
    assert len(list(sentence_spans(text, coder.grammar.abbreviations))) == count


def test_a_sentence_without_an_end_is_cut():
    """Nothing hands the parser a megabyte."""
    assert max(high - low for low, high in sentence_spans("word " * 100_000, frozenset())) <= 1_500
