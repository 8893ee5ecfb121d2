"""Fragments show the hits in the original text and nothing that was not there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.query import matches, parse_query
from schemas.query_highlight import CLOSE, FRAGMENT_CHARS, MAX_FRAGMENTS, OPEN, highlights


def marked(query, **fields):
    found = highlights(parse_query("articles", query), fields)
    return {
        name: [part.replace(OPEN, "[").replace(CLOSE, "]") for part in fragments] for name, fragments in found.items()
    }


@pytest.mark.parametrize(
    "query, expected",
    [
        ("barzani", "Mr. [Barzanî], [BARZANI] and Barzaniji; oil of Kirkuk"),
        ("barzani*", "Mr. [Barzanî], [BARZANI] and [Barzaniji]; oil of Kirkuk"),
        ('"barzani and"', "Mr. Barzanî, [BARZANI] [and] Barzaniji; oil of Kirkuk"),
        ('"oil barzaniji"~1', "Mr. Barzanî, BARZANI and [Barzaniji]; [oil] of Kirkuk"),
        ("oil -missing", "Mr. Barzanî, BARZANI and Barzaniji; [oil] of Kirkuk"),
        ("oil NOT (NOT kirkuk)", "Mr. Barzanî, BARZANI and Barzaniji; [oil] of [Kirkuk]"),
        ("oil OR of", "Mr. Barzanî, BARZANI and Barzaniji; [oil] [of] Kirkuk"),
    ],
)
def test_hits_of_words_beginnings_phrases_and_near_words(query, expected):
    assert marked(query, text="Mr. Barzanî, BARZANI and Barzaniji; oil of Kirkuk") == {"text": [expected]}


def test_only_the_fields_that_were_asked_for():
    assert marked("title:oil", title="Oil", text="oil") == {"title": ["[Oil]"]}
    assert marked("outlet:oil", title="Oil", outlet="oil") == {}
    assert marked("-oil", title="gas") == {}
    assert marked("*", title="gas") == {}


def test_long_texts_are_cut_at_blanks_round_the_first_hits():
    text = " ".join(f"word{number}" if number % 60 else "Kirkuk" for number in range(1, 400))
    fragments = marked("kirkuk", text=text)["text"]
    assert len(fragments) == MAX_FRAGMENTS
    for fragment in fragments:
        assert len(fragment) <= FRAGMENT_CHARS + 10
        assert fragment.startswith("…word")
        assert fragment.endswith("…")
        assert fragment.count("[Kirkuk]") == 1
        assert fragment.strip("…").replace("[", "").replace("]", "") in text


def test_marks_in_the_text_itself_do_not_pass_for_hits():
    assert highlights(parse_query("articles", "kirkuk"), {"text": f"{OPEN}false{CLOSE} Kir{OPEN}kuk"}) == {
        "text": [f"false {OPEN}Kirkuk{CLOSE}"]
    }


def test_one_character_that_is_several_words_is_marked_once():
    assert marked("1 2", text="3½ ½ m") == {"text": ["3[½] [½] m"]}


def test_text_without_blanks_is_shown_too():
    text = "x" * 100 + "." + "kirkuk." * 200
    fragments = marked("kirkuk", text=text)["text"]
    assert 0 < len(fragments) <= MAX_FRAGMENTS


@settings(deadline=None, derandomize=True)
@given(st.text(), st.sampled_from(["a", "kirkuk", "ك", "ı", "1"]), st.integers(0, 300))
def test_fragments_without_their_marks_are_stretches_of_the_text(text, word, padding):
    text = f"{text} {'filler ' * padding}{word} {text}"
    query = parse_query("articles", f'"{word}"')
    found = highlights(query, {"text": text})["text"]
    bare = text.replace(OPEN, "").replace(CLOSE, "")
    for fragment in found:
        stretch = fragment.replace(OPEN, "").replace(CLOSE, "")
        assert stretch.removeprefix("…").removesuffix("…") in bare or stretch in bare
        assert fragment.count(OPEN) == fragment.count(CLOSE) > 0
    assert matches(query, {"text": text})
