"""What every index finds: the same documents for the same query, with totals, facets and highlights."""

from datetime import timedelta

import pytest

from connectors.paging import COUNTED
from schemas.errors import QueryError
from tests.contracts.index_play import BACKENDS, LIVE, MONDAY, corpus, document, found, numbered, opened


@pytest.fixture(params=BACKENDS)
def index(request, tmp_path):
    yield from opened(request, tmp_path)


@pytest.fixture(params=BACKENDS, scope="module")
def news(request, tmp_path_factory):
    """An index that holds the small corpus, to be read alone."""
    for index in opened(request, tmp_path_factory.mktemp("news")):
        index.upsert(LIVE, corpus())
        index.promote(LIVE)
        yield index


ALL = "withdraw deny barzani arabic sorani persian turkish vote empty cross"

TABLE = {
    "": ALL,
    "*": ALL,
    "*:*": ALL,
    "kirkuk": "withdraw deny cross",
    "KIRKUK": "withdraw deny cross",
    "barzani": "deny barzani",
    "Barzanî": "deny barzani",
    "كركوك": "arabic persian",
    "كـُـرْكــوك": "arabic persian",
    "کەرکوک": "sorani",
    "البیشمرکه": "arabic",
    "القوات العراقية": "arabic",
    "پيشمه‌رگه": "sorani",
    "ميشود": "persian",
    "12": "sorani",
    "١٢": "sorani",
    "kerkuk": "barzani turkish",
    "KERKÜK": "barzani turkish",
    "igdir istanbul": "turkish",
    "IĞDIR": "turkish",
    "kirkuk peshmerga": "withdraw deny cross",
    "kirkuk AND peshmerga": "withdraw deny cross",
    "kirkuk OR turnout": "withdraw deny cross vote",
    "kirkuk OR turnout puk": "withdraw deny",
    "puk AND dawn OR turnout": "withdraw vote",
    "kirkuk NOT barzani": "withdraw cross",
    "kirkuk -barzani": "withdraw cross",
    "+kirkuk -barzani -rudaw": "withdraw cross",
    "NOT kirkuk": "barzani arabic sorani persian turkish vote empty",
    "-kirkuk -language:*": "vote",
    "NOT NOT kirkuk": "withdraw deny cross",
    "NOT (kirkuk OR language:*)": "vote",
    "kirkuk OR NOT language:*": "withdraw deny cross vote",
    "(kirkuk OR turnout) (puk OR oil)": "withdraw deny vote",
    '"left the k1 base"': "withdraw",
    '"left kirkuk"': "deny",
    '"kirkuk left"': "",
    '"Peshmerga, left: KIRKUK!"': "deny",
    '"kirkuk peshmerga"': "",
    '"puk base"~3': "",
    '"puk base"~4': "withdraw",
    '"base puk"~4': "withdraw",
    '"puk units base"~3': "withdraw",
    '"puk units base"~2': "",
    '"puk puk"~2': "withdraw deny",
    "“left the”": "withdraw",
    "k1-base": "withdraw",
    "72.16": "vote",
    "72 16": "vote",
    '"16 72"': "",
    "pesh*": "withdraw deny cross",
    "pe* k1*": "withdraw",
    "left-kir*": "deny",
    "كرك*": "arabic persian",
    "title:kirkuk": "withdraw cross",
    "title:(kirkuk -peshmerga)": "cross",
    "title:(puk OR kirkuk) text:left": "withdraw deny",
    'title:"peshmerga withdraw"': "withdraw",
    "text:kirkuk": "deny",
    "outlet:rudaw": "withdraw cross",
    "outlet:RUDAW": "withdraw cross",
    'outlet:"bbc news"': "deny",
    "outlet:bbc": "",
    "outlet:bbc*": "deny",
    "outlet:r*": "withdraw barzani vote cross",
    'outlet:"rudaw kurdi"': "barzani",
    "outlet:rudaw\\ kurdi": "barzani",
    "outlet:(rudaw OR reuters)": "withdraw vote cross",
    'url:"https://reuters.example/a?b=1&c=(2)"': "vote",
    "url:https\\:\\/\\/reuters*": "vote",
    "types:RETREAT": "withdraw deny",
    "types:retreat types:statement": "deny",
    "types:(retreat OR oil) -types:statement": "withdraw vote",
    "actors:*": "withdraw deny barzani",
    "actors:puk": "deny",
    "actors:puk*": "deny",
    "-actors:* -outlet:* -text:*": "empty",
    "title:*": ALL.replace(" empty", ""),
    "relevant:true": "withdraw deny",
    "relevant:false": "barzani",
    "relevant:*": "withdraw deny barzani",
    "NOT relevant:true language:*": "barzani arabic sorani persian turkish empty",
    "revision:1": "withdraw",
    "revision:1.0": "withdraw",
    "revision:[2 TO 3]": "deny vote",
    "revision:{1 TO 10}": "deny vote",
    "revision:[1 TO 10}": "withdraw deny vote",
    "revision:>2": "barzani vote",
    "revision:>=3": "barzani vote",
    "revision:<3": "withdraw deny",
    "revision:<=3": "withdraw deny vote",
    "revision:[* TO 2]": "withdraw deny",
    "revision:[* TO *]": "withdraw deny barzani vote",
    "revision:[3 TO 2]": "",
    "revision:-1": "",
    'revision:>"-1"': "withdraw deny barzani vote",
    "published:2017-10-16": "withdraw deny barzani",
    "published:2017-10-17": "arabic sorani persian turkish",
    "published:2017-10": ALL,
    "published:2017": ALL,
    "published:2016": "",
    "published:[2017-10-17 TO 2017-10-18]": "arabic sorani persian turkish vote empty cross",
    "published:[2017-10-17 TO 2017-10-18}": "arabic sorani persian turkish",
    "published:{2017-10-16 TO 2017-10-18}": "arabic sorani persian turkish",
    "published:{2017-10-16 TO *}": "arabic sorani persian turkish vote empty cross",
    "published:>2017-10-17": "vote empty cross",
    "published:>=2017-10-17": "arabic sorani persian turkish vote empty cross",
    "published:<2017-10-17": "withdraw deny barzani",
    "published:<=2017-10-17": "withdraw deny barzani arabic sorani persian turkish",
    "published:2017-10-16T12:00": "deny",
    "published:2017-10-16T12": "deny",
    "published:2017-10-16T12:00:00Z": "deny",
    'published:"2017-10-16T15:00:00+03:00"': "deny",
    'published:["2017-10-16T05:00:00.001Z" TO "2017-10-16T12:00:00.000Z"]': "deny",
    'published:{"2017-10-16T05:00:00.000Z" TO "2017-10-16T12:00:00.001Z"}': "deny",
    "published:[now-1d TO now]": "persian turkish vote",
    "published:>=now-1d/d": "arabic sorani persian turkish vote empty cross",
    "published:now-2d/d": "withdraw deny barzani",
    "published:2017-10-15||+1d/d": "withdraw deny barzani",
    "published:>now": "empty cross",
    "ingested:*": "",
    "kirkuk published:2017-10-16 -types:statement": "withdraw",
    "revision:[2 TO *] OR published:>=2017-10-19": "deny barzani vote",
}


@pytest.mark.parametrize("query", TABLE)
def test_table_of_queries(news, query):
    """Every feature of the language finds these documents, newest first."""
    order = ALL.split()[::-1]
    expected = [name for name in order if name in TABLE[query].split()]
    assert found(news, query) == expected
    assert news.search("articles", query).total == len(expected)


@pytest.mark.parametrize(
    "query, position, message",
    [
        ("kirkuk AND", 10, "too early"),
        ("(kirkuk", 0, "never closed"),
        ('kirkuk "puk', 7, "never closed"),
        ("kirkuk publshed:2017", 7, "published"),
        ("published:yesterday", 10, "2017-10-16"),
        ("kirkuk *kuk", 7, "leading"),
    ],
)
def test_bad_queries_say_where(news, query, position, message):
    with pytest.raises(QueryError, match=message) as caught:
        news.search("articles", query)
    assert caught.value.position == position


def test_bad_sort_facet_and_cursor_are_query_errors(news):
    for options in (
        {"sort": "oldest"},
        {"facets": ["colour"]},
        {"facets": ["title"]},
        {"cursor": "x"},
        {"cursor": ""},
        {"cursor": "é"},
        {"cursor": "A" * 24},
    ):
        with pytest.raises(QueryError):
            news.search("articles", "kirkuk", **options)


def test_the_newest_come_first_by_each_kinds_own_date(index):
    """Articles and events by published, else ingested; developments by last_seen; alerts by raised."""
    for kind in ("articles", "events", "developments", "alerts"):
        index.upsert(LIVE, [document(f"{day}", kind=kind, at=MONDAY + timedelta(days=day)) for day in (2, 0, 3, 1)])
        assert found(index, "", kind=kind, generation=LIVE) == ["3", "2", "1", "0"]
    undated = document("undated")._replace(fields={"ingested": "2017-10-17T20:00:00.000Z"})
    bare = document("bare")._replace(fields={})
    index.upsert(LIVE, [undated, bare, document("ancient", at=MONDAY.replace(year=1921))])
    order = found(index, "", generation=LIVE)
    assert order[:5] == ["3", "2", "undated", "1", "0"]
    assert set(order[5:]) == {"bare", "ancient"}


def test_milliseconds_count_and_equal_dates_have_a_lasting_order(index):
    index.promote(LIVE)
    same = [document(f"same-{number}") for number in range(300)]
    index.upsert(LIVE, same[:150])
    index.upsert(LIVE, [document("late", at=MONDAY + timedelta(milliseconds=1)), *same[150:]])
    first = found(index, "")
    assert first[0] == "late"
    assert len(set(first)) == 301
    assert found(index, "") == first


def test_totals_are_exact_to_a_thousand_then_a_lower_bound(index):
    index.promote(LIVE)
    index.upsert(LIVE, [numbered(number, text="kirkuk" + " even" * (number % 2 == 0)) for number in range(COUNTED)])
    page = index.search("articles", "kirkuk", limit=1)
    assert (page.total, page.total_is_lower_bound) == (COUNTED, False)
    index.upsert(LIVE, [numbered(COUNTED, text="kirkuk")])
    page = index.search("articles", "kirkuk", limit=1)
    assert (page.total, page.total_is_lower_bound) == (COUNTED, True)
    page = index.search("articles", "even")
    assert (page.total, page.total_is_lower_bound, len(page.hits)) == (COUNTED // 2, False, 20)


def test_facets_count_the_hits_most_frequent_first(news):
    """Values that fold alike are one; dates are counted by day."""
    facets = ["outlet", "types", "relevant", "published", "country"]
    assert news.search("articles", "kirkuk OR turnout", facets=facets, limit=1).facets == {
        "outlet": [("Rudaw", 2), ("BBC News", 1), ("Reuters", 1)],
        "types": [("RETREAT", 2), ("OIL", 1), ("STATEMENT", 1), ("VOTE", 1)],
        "relevant": [("true", 2)],
        "published": [("2017-10-16", 2), ("2017-10-18", 2)],
        "country": [],
    }


def test_facets_of_more_than_a_thousand_hits_count_beyond_them(index):
    index.promote(LIVE)
    outlets = ("Rudaw", "Rudaw", "BBC “World” News")
    documents = [numbered(number, outlet=outlets[number % 3], text="kirkuk", actors=["puk"]) for number in range(1800)]
    index.upsert(LIVE, documents)
    page = index.search("articles", "kirkuk", facets=["outlet", "actors", "published"])
    assert page.facets["outlet"] == [("Rudaw", 1200), ("BBC “World” News", 600)]
    assert page.facets["actors"] == [("puk", 1800)]
    assert page.facets["published"][0][1] == 24
    assert len(page.facets["published"]) == 30


def test_best_ranks_titles_and_repeated_rare_words_first(index):
    index.promote(LIVE)
    filler = [numbered(number, text="iraq news of the day " * 9) for number in range(40)]
    index.upsert(LIVE, filler)
    index.upsert(
        LIVE,
        [
            document("once", title="Report", text="the peshmerga and " + "many other words " * 12),
            document("often", title="Report", text="peshmerga peshmerga peshmerga left with peshmerga"),
            document("title", title="Peshmerga peshmerga peshmerga leave", text="peshmerga peshmerga left with more"),
            document("other", title="Report", text="nothing of the kind"),
        ],
    )
    page = index.search("articles", "peshmerga", sort="best")
    assert [hit.id for hit in page.hits] == ["title", "often", "once"]
    assert page.hits[0].score > page.hits[1].score > page.hits[2].score > 0


def test_highlights_mark_the_hits_in_the_original_text(news):
    def marks(query: str) -> dict[str, dict[str, list[str]]]:
        page = news.search("articles", query, highlight=True)
        return {
            hit.id: {
                field: [part.replace("\ue000", "[").replace("\ue001", "]") for part in parts]
                for field, parts in hit.highlights.items()
            }
            for hit in page.hits
        }

    assert marks("barzani -puk") == {
        "barzani": {"title": ["[Barzanî]: “Em ê bimînin”"], "text": ["Serok [Barzanî] li Hewlêrê axivî. Kerkûk."]}
    }
    assert marks("كركوك انسحبت") == {
        "arabic": {"title": ["القوّات العراقيّة في [كركوك]"], "text": ["[انسحبت] البيشمركة من [كـركوك]."]}
    }
    assert marks('"left the"')["withdraw"] == {"text": ["PUK units [left] [the] K1 base before dawn."]}
    assert marks("outlet:rudaw")["withdraw"] == {}
    assert marks("text:peshmerga text:kirkuk") == {
        "deny": {"text": ["The PUK denied that its [Peshmerga] left [Kirkuk]. Barzani spoke."]}
    }
    assert news.search("articles", "kirkuk").hits[0].highlights == {}
