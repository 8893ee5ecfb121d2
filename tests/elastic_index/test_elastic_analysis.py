"""Searches by stems, as people do them in Kibana, on the real server: each language by words of its own."""

import os

import pytest

from tests.contracts.index_play import LIVE, document, emptied

STORIES = {
    "en": "The fighters were withdrawing from the governor's bases near the oil fields; promises had been broken.",
    "ar": "انسحبت القوّات من المعسكرات، وقال المحافظون إنّ الاشتباكات توقّفت. بلغ العدد ١٢ جريحاً في إدارة كركوك",
    "ckb": "هێزەکان پاشەکشەیان کرد لە شارەکان و سەربازەكان گەڕانەوە بۆ بنكەكە، ١٥ کەس بریندار بوون",
    "kmr": "Pêşmergeyan bajarên Kerkûkê berdan û leşker ji çiyayan vegeriyan; şerekî giran li gundan dest pê kir",
    "tr": "Irak'ın askerleri IĞDIR'dan döndü; İSTANBUL'daki bakanlar anlaşmaları imzaladı, sınır kapıları kapatıldı",
    "fa": "نیروهای عراقي وارد کركوک شدند؛ کتاب‌ها و گزارش‌های وزارت‌خانه منتشر می‌شود، ۲۴ نفر زخمی",
}

FOUND = [
    ("en", "withdraw", "an inflected verb by its base"),
    ("en", "fighter", "a plural by its singular"),
    ("en", "governor", "a possessive"),
    ("en", "base", "the plural of a word that ends in e"),
    ("en", "promise", "a plural by its singular"),
    ("ar", "معسكر", "a plural with its article by its singular"),
    ("ar", "اشتباك", "a plural with its article by its singular"),
    ("ar", "القوات", "marks are left out"),
    ("ar", "قوات", "the article is left out"),
    ("ar", "اداره", "alef without hamza, ha for ta marbuta"),
    ("ar", "ادارة", "alef without hamza"),
    ("ar", "12", "digits of another script"),
    ("ckb", "هێز", "a plural with its article"),
    ("ckb", "شار", "a plural with its article"),
    ("ckb", "سەرباز", "a plural typed with the Arabic kaf"),
    ("ckb", "بنکە", "a definite noun typed with the Arabic kaf"),
    ("ckb", "15", "digits of another script"),
    ("kmr", "bajar", "a plural in the construct case"),
    ("kmr", "pesmerge", "an oblique plural, without its marks"),
    ("kmr", "çiya", "an oblique plural"),
    ("kmr", "Kerkûk", "an oblique place name"),
    ("kmr", "gund", "an oblique plural"),
    ("tr", "asker", "a possessive plural"),
    ("tr", "ığdır", "dotless capitals by small letters"),
    ("tr", "IĞDIR", "dotless capitals"),
    ("tr", "istanbul", "a dotted capital by a small letter"),
    ("tr", "İstanbul", "a dotted capital"),
    ("tr", "Irak", "a word before its apostrophe"),
    ("tr", "anlaşma", "an accusative plural"),
    ("fa", "کتاب", "a plural behind a zero-width non-joiner"),
    ("fa", "عراقی", "the Arabic ya for the Persian one"),
    ("fa", "کرکوک", "the Arabic kaf for the Persian one"),
    ("fa", "كركوك", "typed on an Arabic keyboard"),
    ("fa", "گزارش", "a plural behind a zero-width non-joiner"),
    ("fa", "خانه", "the second part of a compound"),
    ("fa", "24", "digits of another script"),
]

NOT_FOUND = [
    ("en", "the", "words that say nothing"),
    ("en", "promised land", "other words"),
    ("ar", "عسل", "another root"),
    ("tr", "ISTANBUL", "dotless I is another letter in Turkish"),
    ("fa", "و", "words that say nothing"),
]


@pytest.fixture(scope="module")
def ask(elastic_server):
    """Ask the server as Kibana does; returns the ids of what it finds."""
    url = f"{elastic_server.url}/stems{os.getpid()}"
    for index in emptied(url):
        stories = [document(name, language=name, title=name, text=text) for name, text in STORIES.items()]
        index.upsert(LIVE, [*stories, document("unnamed", text=STORIES["en"]), document("de", language="de", text="x")])
        index.promote(LIVE)
        index.count("articles")

        def asked(field: str, words: str) -> set[str]:
            query = {"query": {"match": {field: {"query": words, "operator": "and"}}}}
            answer = elastic_server.api("POST", f"/{url.rpartition('/')[2]}-articles/_search", query)
            assert answer.status == 200, answer.body
            return {hit["_id"] for hit in answer.body["hits"]["hits"]}

        yield asked


@pytest.mark.parametrize("language, words, fact", FOUND, ids=lambda value: value)
def test_a_story_is_found_by_the_base_of_its_words(ask, language, words, fact):
    """In its own language's field, and in no other story."""
    expected = {"en", "unnamed"} if language == "en" else {language}
    assert ask(f"lookup.stems.{language}", words) == expected, fact


@pytest.mark.parametrize("language, words, fact", NOT_FOUND, ids=lambda value: value)
def test_a_story_is_not_found_by_other_words(ask, language, words, fact):
    """Stemming doesn't throw everything together."""
    assert ask(f"lookup.stems.{language}", words) == set(), fact


@pytest.mark.parametrize(
    "words, name",
    [("WITHDRAWING", "en"), ("القوات", "ar"), ("Kerkuke", "kmr"), ("Kerkûkê", "kmr"), ("istanbul", "tr"), ("١٢", "ar")],
)
def test_plain_text_fields_fold_case_marks_and_digits(ask, words, name):
    """What is typed into Kibana's search bar is looked for in `text` as it stands, in any language."""
    assert name in ask("text", words)


def test_a_text_of_an_unknown_language_is_found_by_its_words(ask):
    """It has no stems, and is not lost."""
    assert ask("text", "x") == {"de"}
