"""The shipped schema: every id that it must know, in every language, at its place on the map."""

from datetime import date

import pytest

TYPES = """AGREE CONSULT SUPPORT CONCEDE COOPERATE AID RETREAT REQUEST ACCUSE REJECT THREATEN PROTEST SANCTION MOBILIZE
COERCE ASSAULT SEIZE VOTE DISPLACE OIL STATEMENT"""

MODES = {
    "CONSULT": "visit meet phone negotiate mediate",
    "SUPPORT": "endorse recognise sign",
    "CONCEDE": "offer apologise announce-withdrawal",
    "COOPERATE": "military intelligence economic",
    "AID": "military humanitarian economic",
    "RETREAT": "withdraw surrender release ceasefire resign disarm",
    "REQUEST": "yield change meet assist order",
    "ACCUSE": "allege condemn blame investigate",
    "REJECT": "yield change meet assist",
    "THREATEN": "violence territory sanction relations ultimatum",
    "PROTEST": "demonstrate riot strike boycott",
    "SANCTION": "relations economic airspace dismiss convict",
    "MOBILIZE": "troops militia police advance order",
    "COERCE": "seize-property arrest curfew censor blockade",
    "ASSAULT": "clash shelling airstrike explosives firearms kill abduct",
    "SEIZE": "capture recapture enter flag",
    "VOTE": "referendum election parliament",
    "DISPLACE": "flee return expel",
    "OIL": "production export pipeline price",
    "STATEMENT": "deny confirm",
}

ACTORS = """
iraq-gov iraq-parliament iraq-federal-court krg krg-parliament iran-gov turkey-gov us-gov us-coalition uk-gov israel-gov
russia-gov un unami eu iraq-army iraq-ct-service iraq-fedpol iraqi-forces pmu badr aah kataib-hezbollah shia-militia
peshmerga peshmerga-puk peshmerga-kdp asayish irgc quds-force isis pkk turkey-army kirkuk-police turkmen-militia
puk kdp gorran itf dawa talabani-family barzani-family soleimani abadi m-barzani n-barzani masrour-barzani j-talabani
bafel-talabani qubad-talabani hero-ibrahim lahur-talabani kosrat-rasul najmaldin-karim rakan-jabouri masum maliki ameri
muhandis khazali jabouri-salim sistani sadr khamenei rouhani velayati erdogan tillerson trump mcgurk residents kurds
turkmen arabs oil-ministry north-oil-company bp rosneft ihec journalists
"""

PLACES = """
kirkuk-city kirkuk-province k1-base kirkuk-airport taza-khurmatu tuz-khurmatu daquq hawija dibis altun-kupri baba-gurgur
bai-hassan havana-field khabbaz kirkuk-refinery sulaymaniyah erbil dukan halabja khanaqin jalawla makhmour gwer sinjar
mosul nineveh-plains bashiqa rabia zummar fish-khabur baghdad diyala salahuddin nineveh kurdistan-region
disputed-territories kirkuk-ceyhan-pipeline parviz-khan bashmaq haji-omaran ibrahim-khalil tehran ankara washington
"""

LANGUAGES = ("en", "ar", "ckb", "kmr", "tr", "fa")
LATIN, ARABIC = ("en", "kmr", "tr"), ("ar", "ckb", "fa")


def test_every_type_mode_actor_and_place_is_there(kirkuk):
    """The ids are exactly those of the event schema, and the modes too."""
    assert list(kirkuk.types) == TYPES.split()
    assert {name: " ".join(one.modes) for name, one in kirkuk.types.items() if one.modes} == MODES
    assert sorted(kirkuk.actors) == sorted(ACTORS.split())
    assert sorted(kirkuk.places) == sorted(PLACES.split())


def test_everyone_has_a_name_in_every_language(kirkuk):
    """All actors and places can be found in all six languages."""
    missing = [
        (entry.id, language)
        for entry in (*kirkuk.actors.values(), *kirkuk.places.values())
        for language in LANGUAGES
        if not entry.aliases.get(language)
    ]
    assert missing == []


def test_names_are_written_in_their_script(kirkuk):
    """No Arabic letters in English, Kurmanji and Turkish names; at least some in each Arabic, Sorani, Persian one."""
    for entry in (*kirkuk.actors.values(), *kirkuk.places.values()):
        for language, forms in entry.aliases.items():
            for form in forms:
                assert any("\u0600" <= letter <= "\u06ff" for letter in form) == (language in ARABIC), (entry.id, form)


def test_letters_belong_to_their_language(kirkuk):
    """Sorani vowels don't slip into Arabic and Persian names, nor Arabic yeh and kaf into Sorani and Persian ones."""
    for entry in (*kirkuk.actors.values(), *kirkuk.places.values()):
        wrong = [form for form in (*entry.aliases["ar"], *entry.aliases["fa"]) if set(form) & set("ێۆڕڵڤە")]
        wrong += [form for form in (*entry.aliases["ckb"], *entry.aliases["fa"]) if set(form) & set("يكىة")]
        wrong += [form for form in entry.aliases["tr"] if set(form) & set("ê")]
        wrong += [form for form in entry.aliases["kmr"] if set(form) & set("ğıİöü")]
        assert wrong == [], entry.id


BOXES = {
    True: ((33.9, 37.4), (41.5, 46.4)),  # the theatre: from Jalawla to Ibrahim Khalil, from Sinjar to Bashmaq
    False: ((33.0, 37.5), (41.0, 46.5)),  # the rest of Iraq's north and Baghdad
}
FAR = {"tehran": (35.7, 51.4), "ankara": (39.9, 32.9), "washington": (38.9, -77.0)}


def test_places_stand_where_they_are(kirkuk):
    """Coordinates lie in northern Iraq, but for three capitals, and not far from their province's centre."""
    for place in kirkuk.places.values():
        if place.id in FAR:
            assert (place.latitude, place.longitude) == pytest.approx(FAR[place.id], abs=0.1)
            continue
        (south, north), (west, east) = BOXES[place.theatre]
        assert south <= place.latitude <= north, place.id
        assert west <= place.longitude <= east, place.id
        if place.parent == "kirkuk-province" and place.kind != "pipeline":
            centre = kirkuk.places["kirkuk-province"]
            assert abs(place.latitude - centre.latitude) < 0.5
            assert abs(place.longitude - centre.longitude) < 0.7


def test_the_theatre(kirkuk):
    """Kirkuk province, the disputed towns, their bases, fields and crossings are in it; the capitals are not."""
    outside = {name for name, place in kirkuk.places.items() if not place.theatre}
    assert outside == {
        "sulaymaniyah", "erbil", "dukan", "halabja", "mosul", "baghdad", "diyala", "salahuddin", "nineveh",
        "kurdistan-region", "tehran", "ankara", "washington",
    }  # fmt: skip


def test_capitals_stand_for_their_governments(kirkuk):
    """Metonyms; Sulaymaniyah has none, because it stands for no government."""
    metonyms = {name: place.metonym for name, place in kirkuk.places.items() if place.metonym}
    assert metonyms == {
        "baghdad": "iraq-gov", "erbil": "krg", "kurdistan-region": "krg", "tehran": "iran-gov", "ankara": "turkey-gov",
        "washington": "us-gov",
    }  # fmt: skip


def holders(vocabulary, title, day):
    return [
        actor.id
        for actor in vocabulary.actors.values()
        for role in actor.roles
        if title in role.titles and (role.start or date.min) <= day <= (role.end or date.max)
    ]


@pytest.mark.parametrize(
    "title,day,holder",
    [
        ("prime minister", date(2017, 10, 16), ["abadi"]),
        ("prime minister", date(2014, 9, 7), []),
        ("prime minister", date(2018, 10, 26), []),
        ("iraqi president", date(2017, 10, 16), ["masum"]),
        ("iraqi president", date(2010, 1, 1), ["j-talabani"]),
        ("kurdish president", date(2017, 11, 1), ["m-barzani"]),
        ("kurdish president", date(2017, 11, 2), []),
        ("kurdish prime minister", date(2017, 10, 16), ["n-barzani"]),
        ("governor", date(2017, 10, 15), ["najmaldin-karim"]),
        ("governor", date(2017, 10, 16), ["rakan-jabouri"]),
        ("quds force commander", date(2020, 1, 3), ["soleimani"]),
        ("quds force commander", date(2020, 1, 4), []),
        ("us president", date(2017, 1, 19), []),
        ("us president", date(2017, 1, 20), ["trump"]),
        ("supreme leader", date(2017, 10, 16), ["khamenei"]),
        ("puk leader", date(2017, 10, 3), ["j-talabani"]),
        ("puk leader", date(2017, 10, 4), []),
        ("speaker", date(2017, 10, 16), ["jabouri-salim"]),
    ],
)
def test_titles_name_their_holder_of_the_day(kirkuk, title, day, holder):
    """Roles are dated, and dates are inclusive."""
    assert holders(kirkuk, title, day) == holder


@pytest.mark.parametrize(
    "actor,above",
    [
        ("peshmerga-puk", "krg"), ("asayish", "krg"), ("soleimani", "iran-gov"), ("ameri", "iraq-gov"),
        ("bafel-talabani", "puk"), ("m-barzani", "kdp"), ("north-oil-company", "iraq-gov"), ("unami", "un"),
        ("iraq-ct-service", "iraq-gov"), ("mcgurk", "us-gov"),
    ],
)  # fmt: skip
def test_members_roll_up(kirkuk, actor, above):
    """Following member_of leads to the organisation at the top."""
    while kirkuk.actors[actor].member_of:
        actor = kirkuk.actors[actor].member_of
    assert actor == above


def test_members_of_one_chain_are_on_one_side(kirkuk):
    """A roll-up never changes the side, but for the coalition that the United States lead."""
    for actor in kirkuk.actors.values():
        if actor.member_of and actor.id != "us-coalition":
            assert kirkuk.actors[actor.member_of].side == actor.side, actor.id


@pytest.mark.parametrize(
    "language,form,name",
    [
        ("en", "Qasem Suleimani", "soleimani"), ("en", "Popular Mobilisation Forces", "pmu"),
        ("en", "Hashd al-Shaabi", "pmu"), ("en", "Iranian-backed militias", "shia-militia"),
        ("en", "peshmerga loyal to the PUK", "peshmerga-puk"), ("en", "Iraqi Kurds", "kurds"),
        ("en", "Tuz Khormato", "tuz-khurmatu"), ("en", "Tuzkhurmatu", "tuz-khurmatu"), ("en", "Pirde", "altun-kupri"),
        ("en", "Altin Kopru", "altun-kupri"), ("en", "Slemani", "sulaymaniyah"), ("en", "Sulaimaniya", "sulaymaniyah"),
        ("en", "Irbil", "erbil"), ("en", "Hewler", "erbil"), ("en", "government forces", "iraqi-forces"),
        ("en", "Kurdish fighters", "peshmerga"), ("en", "Shi'ite militias", "shia-militia"),
        ("ar", "الحشد الشعبي", "pmu"), ("ar", "حيدر العبادي", "abadi"), ("ar", "كركوك", "kirkuk-city"),
        ("ar", "قوات البيشمركة", "peshmerga"), ("ckb", "پێشمەرگە", "peshmerga"), ("ckb", "کەرکووک", "kirkuk-city"),
        ("ckb", "دووزخورماتوو", "tuz-khurmatu"), ("ckb", "پردێ", "altun-kupri"), ("kmr", "YNK", "puk"),
        ("kmr", "Heşda Şeibî", "pmu"), ("kmr", "Kerkûk", "kirkuk-city"), ("tr", "Haşdi Şabi", "pmu"),
        ("tr", "Altınköprü", "altun-kupri"), ("tr", "IKBY", "krg"), ("fa", "سردار سلیمانی", "soleimani"),
        ("fa", "اتحادیه میهنی کردستان", "puk"), ("fa", "خانقین", "khanaqin"),
    ],
)  # fmt: skip
def test_common_spellings_are_known(kirkuk, language, form, name):
    """What papers of that language write leads to the id, and to no other of its kind."""
    owners = {
        entry.id
        for entry in (*kirkuk.actors.values(), *kirkuk.places.values())
        if form.casefold() in {alias.casefold() for alias in entry.aliases[language]}
    }
    assert owners == {name}


def test_a_family_name_leads_to_the_likeliest_first(kirkuk):
    """Shared names keep the order of the file: the president before his nephew and his son."""
    owners = [actor.id for actor in kirkuk.actors.values() if "Barzani" in actor.aliases["en"]]
    assert owners == ["m-barzani", "n-barzani", "masrour-barzani"]


def test_no_name_is_a_plain_english_word(kirkuk):
    """Small-letter names match anywhere, so they must not be words of everyday prose."""
    everyday = "the a is in on us it who party force army police field base city town oil gas vote hero change"
    small = {form for entry in kirkuk.actors.values() for form in entry.aliases["en"] if form[0].islower()}
    assert small & set(everyday.split()) == set()


def test_counterparts_are_given(kirkuk):
    """Every type but the three that other ontologies lack names its PLOVER and CAMEO counterparts, each mode its
    meaning.
    """
    for kind in kirkuk.types.values():
        if kind.id not in {"VOTE", "OIL", "STATEMENT"}:
            assert kind.plover
            assert kind.cameo
        assert set(kind.details) == set(kind.modes)
        assert all(detail.means.endswith(".") for detail in kind.details.values())
