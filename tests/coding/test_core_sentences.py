"""Sentences of the core languages with everything that is read in them: core_sentences.<language>.txt."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

WHEN = datetime(2017, 10, 18, 9, tzinfo=UTC)
HERE = Path(__file__).parent


def sentences(language: str) -> Iterator[tuple[str, str]]:
    """Yield the sentences of a file, each with the line below it."""
    lines = (HERE / f"core_sentences.{language}.txt").read_text(encoding="utf-8").splitlines()
    told = [line.strip() for line in lines if not line.startswith("#")]
    yield from zip(told[::2], told[1::2], strict=True)


def told(event) -> str:
    """Write an event as the files do."""
    doers, sufferers, places = (
        ",".join(sorted(party.id for party in parties)) for parties in (event.actors, event.recipients, event.places)
    )
    marks = [
        *(["not"] if event.negated else []),
        *([event.realis] if event.realis != "actual" else []),
        *([event.claim.status] if event.claim.status != "asserted" else []),
        *(f"by {source.id or source.kind}" for source in event.claim.sources),
    ]
    return " ".join([f"{event.type} {doers}>{sufferers}@{places}", *marks])


@pytest.mark.parametrize("language", ["ar", "tr", "fa", "ckb", "kmr"])
def test_sentences_are_read_whole(coder, language):
    """Doers, sufferers, places, negation, realis and who says so; and nothing beside it. All wrong ones are told."""
    wrong = []
    for text, wanted in sentences(language):
        events = coder.code(title="", text=text, published=WHEN, language=language, all_sentences=True).events
        for event in events:
            parts = (event.trigger, *event.actors, *event.recipients, *event.places, *event.claim.sources)
            assert all(text[slice(*part.span)] == part.text for part in parts)
        read = "; ".join(sorted(told(event) for event in events)) or "nothing"
        if read != wanted:
            wrong.append((text, wanted, read))
    assert wrong == []


@pytest.mark.parametrize(
    "language,text,found",
    [
        (
            "ar",
            "وقال العبادي: «دخلت القوات العراقية كركوك. وانسحبت البيشمركة من داقوق». وعاد الهدوء إلى كركوك.",
            "abadi",
        ),
        ("tr", "Barzani, “Peşmerge Kerkük'ten çekildi. Irak ordusu Dakuk'a girdi” dedi.", "m-barzani"),
    ],
)
def test_a_quotation_goes_on(coder, language, text, found):
    """What stands in the second sentence of a quotation is by the same speaker."""
    events = coder.code(title="", text=text, published=WHEN, language=language, all_sentences=True).events
    assert [event.type for event in events] == (["SEIZE", "RETREAT"] if language == "ar" else ["RETREAT", "SEIZE"])
    assert {source.id for source in events[1].claim.sources} == {found}


def test_the_same_source(coder):
    """It is whoever spoke before."""
    text = "قال مسؤول في شركة نفط الشمال إن الإنتاج توقف في باي حسن. وانسحبت البيشمركة من داقوق، بحسب المصدر نفسه."
    events = coder.code(title="", text=text, published=WHEN, language="ar", all_sentences=True).events
    (left,) = [event for event in events if event.type == "RETREAT"]
    assert [source.id for source in left.claim.sources] == ["north-oil-company"]


@pytest.mark.parametrize(
    "language,title,text",
    [
        ("ar", "كركوك يفوز على أربيل", "هاجم لاعبو كركوك مرمى أربيل طوال الشوط الثاني من المباراة وانسحب المدرب."),
        ("tr", "Kerkük maçı kazandı", "Kerkük futbol takımı Erbil kalesine saldırdı ve hakem maçı bitirdi."),
        ("fa", "برد کرکوک در لیگ", "تیم فوتبال کرکوک به دروازه اربیل حمله کرد و سرمربی اربیل استعفا داد."),
    ],
)
def test_sport_is_another_subject(coder, language, title, text):
    """Attack and withdrawal on the pitch are no events of the crisis, whatever towns play."""
    assert coder.code(title=title, text=text, published=WHEN, language=language) == (False, ())


def test_one_word_of_sport_is_not_enough(coder):
    """The stadium may be where troops gather."""
    text = "دخل الجيش العراقي ملعب كركوك"
    assert coder.code(title="", text=text, published=WHEN, language="ar").relevant


@pytest.mark.parametrize(
    "language,text,kind,value,written",
    [
        ("ar", "قتل 12 جندياً من البيشمركة في داقوق", "killed", 12, "12"),
        ("ar", "قتل ٢٥ مدنياً في كركوك", "killed", 25, "٢٥"),
        ("ar", "قتل ثلاثة مدنيين في كركوك", "killed", 3, "ثلاثة"),
        ("tr", "Kerkük'te beş sivil öldürüldü", "killed", 5, "beş"),
        ("tr", "Tuzhurmatu'dan 1.500 aile göç etti", "displaced", 1500, "1.500"),
        ("fa", "۱۷ نفر در کرکوک کشته شدند", "killed", 17, "۱۷"),
        ("fa", "آسایش ده نفر را در کرکوک بازداشت کرد", "arrested", 10, "ده"),
        ("ckb", "سێ پێشمەرگە لە کەرکووک کوژران", "killed", 3, "سێ"),
        ("kmr", "Li Kerkûkê 4 pêşmerge hatin kuştin", "killed", 4, "4"),
    ],
)
def test_how_many(coder, language, text, kind, value, written):
    """In words and in the digits of all scripts, with their span."""
    (event,) = coder.code(title="", text=text, published=WHEN, language=language, all_sentences=True).events
    (number,) = event.magnitude
    assert (number.kind, number.value, number.text) == (kind, value, written)
    assert text[slice(*number.span)] == written


@pytest.mark.parametrize(
    "language,text",
    [("ar", "قتل جندي في كركوك يوم 16 تشرين الأول"), ("tr", "16 Ekim'de Kerkük'te bir komutan öldürüldü")],
)
def test_a_date_counts_nobody(coder, language, text):
    """A number that stands before no people is no number of dead."""
    events = coder.code(title="", text=text, published=WHEN, language=language, all_sentences=True).events
    assert [event.magnitude for event in events] == [None]
