"""Core verbs in Arabic, Turkish, Persian, Sorani and Kurmanji: roles, passive, negation, realis, attribution."""

from datetime import UTC, datetime

import pytest

from pipelines.matching.core_guess import guess_language

WHEN = datetime(2017, 10, 18, 9, tzinfo=UTC)


@pytest.fixture
def events_of(coder):
    def run(language, text, *, title=""):
        events = coder.code(title=title, text=text, published=WHEN, language=language, all_sentences=True).events
        for event in events:
            field = title if event.field == "title" else text
            for part in (event.trigger, *event.actors, *event.recipients, *event.places):
                assert field[slice(*part.span)] == part.text
        return events

    return run


def ids(parties):
    return {party.id for party in parties}


@pytest.mark.parametrize(
    "language,text,kind,mode,actors,recipients,places",
    [
        # Arabic
        ("ar", "أعلنت شرطة كركوك أمس أنها فرضت حظر التجوال", "COERCE", "curfew", None, None, {"kirkuk-city"}),
        ("ar", "حذر العبادي البيشمركة من البقاء في كركوك", "THREATEN", "violence", {"abadi"}, {"peshmerga"}, None),
        ("ar", "دارت معارك بين الجيش العراقي والبيشمركة قرب زمار", "ASSAULT", "clash", None, None, {"zummar"}),
        ("ar", "رفع الجيش العراقي العلم في سنجار", "SEIZE", "flag", {"iraq-army"}, None, {"sinjar"}),
        ("ar", "أصدرت محكمة تحقيق في بغداد مذكرة اعتقال", "SANCTION", "convict", {"iraq-federal-court"}, None, None),
        ("ar", "أرسل الحشد الشعبي تعزيزات إلى طوزخورماتو", "MOBILIZE", "troops", {"pmu"}, None, {"tuz-khurmatu"}),
        # Turkish
        ("tr", "Peşmerge, Zummar'ı terk etti", "RETREAT", "withdraw", {"peshmerga"}, None, None),
        ("tr", "Türkiye, Kuzey Irak'a hava sahasını kapatacak", "SANCTION", "airspace", {"turkey-gov"}, None, None),
        (
            "tr",
            "Kerkük, Irak ordusu tarafından ele geçirildi",
            "SEIZE",
            "capture",
            {"iraq-army"},
            set(),
            {"kirkuk-city"},
        ),
        (
            "tr",
            "Kerkük'te Peşmerge ile karşılıklı ateş açıldı",
            "ASSAULT",
            "clash",
            {"peshmerga"},
            None,
            {"kirkuk-city"},
        ),
        ("tr", "Irak ordusu Silopi'deki tatbikata katılıyor", "COOPERATE", "military", {"iraq-army"}, None, None),
        ("tr", "Kerkük'te sokağa çıkma yasağı ilan edildi", "COERCE", "curfew", None, None, {"kirkuk-city"}),
        # Persian
        ("fa", "پیشمرگه از سنجار عقب‌نشینی کرد", "RETREAT", "withdraw", {"peshmerga"}, None, {"sinjar"}),
        ("fa", "ارتش عراق وارد سنجار شد", "SEIZE", "enter", {"iraq-army"}, None, {"sinjar"}),
        ("fa", "ایران مرز پرویزخان را بست", "SANCTION", "relations", {"iran-gov"}, None, {"parviz-khan"}),
        ("fa", "کرکوک توسط ارتش عراق تصرف شد", "SEIZE", "capture", {"iraq-army"}, set(), {"kirkuk-city"}),
        (
            "fa",
            "ایران و عراق رزمایش مشترک برگزار کردند",
            "COOPERATE",
            "military",
            {"iran-gov", "iraq-gov"},
            set(),
            None,
        ),
        # Sorani
        ("ckb", "پێشمەرگە لە شنگال کشایەوە", "RETREAT", "withdraw", {"peshmerga"}, None, {"sinjar"}),
        ("ckb", "سوپای عێراق چووە ناو جەلەولا", "SEIZE", "enter", {"iraq-army"}, None, {"jalawla"}),
        ("ckb", "جەلەولا لەلایەن سوپای عێراق داگیر کرا", "SEIZE", "capture", {"iraq-army"}, set(), {"jalawla"}),
        ("ckb", "خەڵک لە کەرکووک خۆپیشاندانیان کرد", "PROTEST", "demonstrate", None, None, {"kirkuk-city"}),
        # Kurmanji
        ("kmr", "Pêşmerge ji Celewla vekişiyan", "RETREAT", "withdraw", {"peshmerga"}, None, {"jalawla"}),
        ("kmr", "Artêşa Iraqê kontrola Kerkûkê girt", "SEIZE", "capture", {"iraq-army"}, None, {"kirkuk-city"}),
        ("kmr", "Li Kerkûkê pevçûn qewimîn", "ASSAULT", "clash", None, None, {"kirkuk-city"}),
        ("kmr", "Pêşmerge ji Kerkûkê derketin", "RETREAT", "withdraw", {"peshmerga"}, None, {"kirkuk-city"}),
    ],
)
def test_who_does_what_where(events_of, language, text, kind, mode, actors, recipients, places):
    """Active and passive; None where a role is not asked for."""
    found = [event for event in events_of(language, text) if (event.type, event.mode) == (kind, mode)]
    assert len(found) == 1
    for wanted, parties in ((actors, found[0].actors), (recipients, found[0].recipients), (places, found[0].places)):
        assert wanted is None or ids(parties) == wanted
    assert not found[0].negated


@pytest.mark.parametrize(
    "language,text,kind",
    [
        ("ar", "لم تدخل القوات العراقية كركوك", "SEIZE"),
        ("ar", "سيطر الجيش العراقي على زمار من دون اشتباكات مع البيشمركة", "ASSAULT"),
        ("tr", "Peşmerge Kerkük'ten çekilmedi", "RETREAT"),
        ("tr", "Irak ordusu Kerkük'e girmedi", "SEIZE"),
        ("tr", "Kerkük'te çatışma çıkmadı", "ASSAULT"),
        ("fa", "پیشمرگه از کرکوک عقب‌نشینی نکرد", "RETREAT"),
        ("fa", "ارتش عراق وارد کرکوک نشد", "SEIZE"),
        ("ckb", "پێشمەرگە لە کەرکووک نەکشایەوە", "RETREAT"),
        ("ckb", "سوپای عێراق نەچووە ناو کەرکووک", "SEIZE"),
        ("kmr", "Pêşmerge ji Kerkûkê venekişiyan", "RETREAT"),
        ("kmr", "Pêşmerge ji Kerkûkê derneketin", "RETREAT"),
    ],
)
def test_negated(events_of, language, text, kind):
    """By a particle, a prefix, a prefix behind a preverb, an ending, or a verb that says there was none."""
    found = [event for event in events_of(language, text) if event.type == kind]
    assert [event.negated for event in found] == [True]


@pytest.mark.parametrize(
    "language,text,kind,realis",
    [
        ("ar", "غادرت عائلات كركوك خشية اندلاع معارك", "ASSAULT", "hypothetical"),
        ("ar", "سينسحب مقاتلو البيشمركة من كركوك", "RETREAT", "future"),
        ("ar", "انسحبت البيشمركة من كركوك عام 1991", "RETREAT", "historical"),
        ("tr", "Irak ordusu Kerkük'e girecek", "SEIZE", "future"),
        ("tr", "Kerkük'te çatışma ihtimali konuşuluyor", "ASSAULT", "hypothetical"),
        ("fa", "پیشمرگه از کرکوک عقب‌نشینی خواهد کرد", "RETREAT", "future"),
        ("kmr", "Artêşa Iraqê di sala 2014an de ji Kerkûkê vekişiya", "RETREAT", "historical"),
    ],
)
def test_realis(events_of, language, text, kind, realis):
    """What is feared, planned or long past is no actual event."""
    assert {event.realis for event in events_of(language, text) if event.type == kind} == {realis}


@pytest.mark.parametrize(
    "language,text",
    [
        ("ar", "لم يصدر تعليق من حكومة إقليم كردستان"),
        ("ar", "الوضع في كركوك عادي"),
        ("tr", "Kerkük'te toplantı kararı alındı"),
        ("fa", "بسته‌های غذا به کرکوک رسید"),
        ("ckb", "نرخی هەنار لە هەڵەبجە باشە"),
        ("kmr", "Li Kerkûkê baran barî"),
    ],
)
def test_no_event(events_of, language, text):
    """Words that only look like a stem, and news of nothing, say nothing."""
    assert events_of(language, text) == ()


@pytest.mark.parametrize(
    "language,text,place",
    [
        ("fa", "ارتش عراق وارد سنجار شد. نیروهای پیشمرگه صبح از شهر عقب‌نشینی کردند.", "sinjar"),
        ("ckb", "سوپای عێراق چووە ناو جەلەولا. پێشمەرگە لە شارۆچکەکە کشایەوە. پێشمەرگە لە شارەکە کشایەوە.", "jalawla"),
        ("tr", "Irak ordusu Kerkük'e girdi. Peşmerge kentten çekildi.", "kirkuk-city"),
        ("kmr", "Artêşa Iraqê kontrola Kerkûkê girt. Pêşmerge ji bajêr derketin.", "kirkuk-city"),
    ],
)
def test_the_city_is_the_one_named_last(events_of, language, text, place):
    """A common noun for a town is resolved over sentences."""
    found = [event for event in events_of(language, text) if event.type == "RETREAT"]
    assert found
    assert all(ids(event.places) == {place} and ids(event.actors) == {"peshmerga"} for event in found)


def test_two_clauses_keep_their_own_parties(events_of):
    """Who seizes does not withdraw, and the other way round."""
    seized, left = events_of("kmr", "Artêşa Iraqê kontrola Kerkûkê girt û pêşmerge ji Celewla vekişiyan")
    assert (ids(seized.actors), ids(left.actors)) == ({"iraq-army"}, {"peshmerga"})
    assert (ids(left.places), left.recipients) == ({"jalawla"}, ())


@pytest.mark.parametrize(
    "language,text,status",
    [
        ("ar", "زعم الحشد الشعبي أن البيشمركة انسحبت من كركوك", "alleged"),
        ("tr", "Haşdi Şabi, Peşmerge'nin Kerkük'ten çekildiğini iddia etti", "alleged"),
        ("fa", "ارتش عراق گفت پیشمرگه از سنجار عقب‌نشینی کرد", "asserted"),
        ("kmr", "Artêşa Iraqê got ku pêşmerge ji Kerkûkê vekişiyan", "asserted"),
    ],
)
def test_a_speaker_is_a_source(events_of, language, text, status):
    """Who tells of a withdrawal is its source and not among those who withdrew."""
    (event,) = [event for event in events_of(language, text) if event.type == "RETREAT"]
    assert (event.claim.status, len(event.claim.sources)) == (status, 1)
    assert ids(event.actors) == {"peshmerga"} - ids(event.claim.sources)


@pytest.mark.parametrize(
    "language,text",
    [
        ("ar", "نفت وزارة البيشمركة انسحاب قواتها من سنجار"),
        ("tr", "Peşmerge, Kerkük'ten çekildiği iddialarını yalanladı"),
    ],
)
def test_what_is_denied(events_of, language, text):
    """The event is kept, with the status and who denies it."""
    (event,) = [event for event in events_of(language, text) if event.type == "RETREAT"]
    assert (event.claim.status, ids(event.claim.sources)) == ("denied", {"peshmerga"})


@pytest.mark.parametrize(
    "language,text,kind,actors,recipients",
    [
        ("ar", "قتل خمسة من عناصر البيشمركة في داقوق", "ASSAULT", set(), {"peshmerga"}),
        ("tr", "Haşdi Şabi Tuzhurmatu'da Peşmerge mevzilerine saldırdı", "ASSAULT", {"pmu"}, {"peshmerga"}),
        ("tr", "Bağdat, Erbil'i suçladı", "ACCUSE", {"iraq-gov"}, {"krg"}),
        ("fa", "ترکیه به اقلیم کردستان هشدار داد", "THREATEN", {"turkey-gov"}, {"krg"}),
        ("ckb", "حەیدەر عەبادی هۆشداری دا بە هەرێمی کوردستان", "THREATEN", {"abadi"}, {"krg"}),
        ("kmr", "Du pêşmerge li Kerkûkê hatin kuştin", "ASSAULT", set(), {"peshmerga"}),
    ],
)
def test_to_whom_it_is_done(events_of, language, text, kind, actors, recipients):
    """The sufferer of a passive, the owner of what is attacked, and governments named by their seat."""
    (event,) = [event for event in events_of(language, text) if event.type == kind]
    assert (ids(event.actors), ids(event.recipients)) == (actors, recipients)


@pytest.mark.parametrize(
    "text,declared,code",
    [
        ("پێشمەرگە لە جەلەولا کشایەوە", None, "ckb"),
        ("پێشمەرگە لە جەلەولا کشایەوە", "ku", "ckb"),
        ("Pêşmerge ji Rabîayê vekişiyan", None, "kmr"),
        ("Pêşmerge ji Rabîayê vekişiyan", "ku-TR", "kmr"),
        ("نیروهای پیشمرگه از کرکوک عقب‌نشینی کردند", None, "fa"),
        ("انسحبت قوات البيشمركة من كركوك", None, "ar"),
        ("Irak ordusu Kerkük'e girdi, ağır silahları çıkardı", None, "tr"),
        ("The peshmerga left Kirkuk", None, None),
        ("Les forces kurdes ont quitté la forêt", None, None),
        ("Les forces kurdes", "fr", None),
    ],
)
def test_the_language(coder, text, declared, code):
    """Declared, or known by its letters."""
    assert guess_language(text, declared, frozenset(coder.cores)) == code
