"""Words are found whatever keyboard, case, accent or form they were written in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.analysis import MAX_KEYWORD, MAX_WORD, fold, keyword, located_words, words


@pytest.mark.parametrize(
    "spellings",
    [
        ("Barzanî", "barzani", "BARZANÎ", "Barzani\u0302", "ＢＡＲＺＡＮＩ"),
        ("كركوك", "کرکوک", "كُرْكُوك", "كـركـوك", "كرك\u200cوك", "\u202bكركوك\u202c"),
        ("أربيل", "اربیل", "إربيل", "آربیل", "ٱربيل"),
        ("البيشمركة", "البیشمرکه", "البيشمركه"),
        ("پێشمەرگە", "پيشمه‌رگه", "پێشمه‌رگه"),
        ("مسؤول", "مسوول"),
        ("شيعة", "شیعه", "شيعه"),
        ("ﻛﺮﻛﻮﻙ", "كركوك"),
        ("Iğdır", "IĞDIR", "igdir", "İğdir", "ıgdır"),
        ("Kerkük", "KERKUK", "kerkûk"),
        ("Şengal", "sengal", "ŞENGAL"),
        ("Straße", "STRASSE"),
        ("ﬁre", "fire"),
        ("١٢٣", "۱۲۳", "123", "１２３"),
        ("Shaʿbi", "Shabi", "Shaʾbi"),
        ("co\u00adoperate", "cooperate"),
    ],
)
def test_spellings_of_one_word(spellings):
    assert len({tuple(words(one)) for one in spellings}) == 1
    assert len(words(spellings[0])) == 1


def test_what_stands_between_words():
    assert words("Peshmerga's K1-base: 93.5 %, a_b… «نعم»،لا؛\u00a0x/y\x00z") == (
        ["peshmerga", "s", "k1", "base", "93", "5", "a", "b", "نعم", "لا", "x", "y", "z"]
    )
    assert words("… \u200b \ue000\ud800 —") == []


def test_words_have_an_end():
    assert words("x" * 600) == ["x" * MAX_WORD, "x" * MAX_WORD, "x" * 90]
    assert len(keyword("é" * 5000)) == MAX_KEYWORD


def test_keywords_keep_punctuation_and_lose_blanks_and_controls():
    assert keyword("  BBC\n News\x00(Türkçe)\u200b ") == "bbc news (turkce)"
    assert keyword("https://A.example/ß?x=1") == "https://a.example/ss?x=1"


@settings(derandomize=True)
@given(st.text())
def test_located_words_are_the_words_and_fold_to_them(text):
    located = list(located_words(text))
    assert [word.text for word in located] == words(text)
    for word in located:
        assert 0 <= word.start < word.end <= len(text)
        assert word.text in fold(text[word.start : word.end])


def test_a_located_word_carries_its_marks():
    text = "cafe\u0301 كُرْكُوكْ x"
    assert [text[word.start : word.end] for word in located_words(text)] == ["cafe\u0301", "كُرْكُوكْ", "x"]


@settings(derandomize=True)
@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert words(" ".join(words(text))) == words(text)
    assert keyword(keyword(text)) == keyword(text)
