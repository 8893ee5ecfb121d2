"""The score counts what it says it counts."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from desk.demo.playbook import Version
from desk.demo.score import label_of, percentile, score
from schemas.records import Alert, Article, Development, Evidence

WALL = datetime(2026, 1, 1, tzinfo=UTC)
LANGUAGES = ("en",)
KEYS = {
    "articles",
    "revisions",
    "feeds",
    "developments_expected",
    "developments_found",
    "alerts",
    "false_alerts",
    "duplicate_alerts",
    "copies_collapsed",
    "delay_p50_s",
    "delay_p95_s",
}


def a_development(**changes):
    given = {
        "development_id": "d1",
        "topic": "kirkuk",
        "type": "SEIZE",
        "mode": "capture",
        "side": "federal",
        "place": "kirkuk-city",
        "day": "2017-10-16",
        "title": "Iraqi forces take Kirkuk",
        "claim": "asserted",
        "actors": ("iraqi-forces",),
        "recipients": (),
        "places": ("kirkuk-city",),
        "outlets": ("The Wire",),
        "asserted_by": (),
        "denied_by": (),
        "magnitudes": {},
        "sources": 1,
        "copies": 0,
        "first_seen": WALL,
        "last_seen": WALL,
        "event_ids": ("e1",),
        "article_ids": ("id-a",),
        "version": 1,
    }
    return Development(**(given | changes))


def an_alert(development, *, change="opened", rule="territory", after_s=2.0, **changes):
    given = {
        "alert_id": f"{rule}-{change}-{development.development_id}",
        "rule": rule,
        "development_id": development.development_id,
        "change": change,
        "title": development.title,
        "summary": "",
        "raised": WALL + timedelta(seconds=after_s),
        "development": development,
        "evidence": (),
    }
    return Alert(**(given | changes))


def an_article(key, revision=1):
    return Article(
        article_id=f"id-{key}",
        revision_id=f"{key}{revision}",
        revision=revision,
        feed_id="wire",
        outlet="The Wire",
        publisher="wire",
        url=f"https://wire.example/2017/10/16/{key}?utm_source=rss",
        title="",
        text="",
        fetched=WALL,
        ingested=WALL,
    )


@pytest.fixture
def playbook(build):
    stories = [build.story("a", 1), build.story("b", 2), build.story("football", 3, relevant=False)]
    labels = (build.label(), build.label(id="left", types=("RETREAT",), reported_by=("b",)))
    return build.playbook(*stories, labels=labels)


def scored(playbook, alerts=(), developments=(), articles=("a", "b", "football"), served=None):
    served = {Version("a", 0): WALL, Version("b", 0): WALL} if served is None else served
    return score(playbook, served, alerts, developments, [an_article(key) for key in articles], LANGUAGES)


def test_keys(playbook):
    """Scripts read these; what is added stands beside them."""
    assert set(msgspec.to_builtins(scored(playbook))) >= KEYS


def test_nothing_seen(playbook):
    """Everything is missed, nothing is false, and there are no delays."""
    result = scored(playbook, articles=())
    assert (result.developments_expected, result.developments_found, result.alerts) == (2, 0, 0)
    assert result.missed == ("taken", "left")
    assert result.missed_alerts == ("taken: opened", "left: opened")
    assert result.delay_p50_s is None


def test_found_and_alerted(playbook):
    """A development of the label's type, place and day, told by one of its articles, and the alert on it."""
    found = a_development()
    result = scored(playbook, [an_alert(found)], [found])
    assert (result.developments_found, result.alerts, result.false_alerts, result.alerts_found) == (1, 1, 0, 1)
    assert (result.delay_p50_s, result.delay_p95_s) == (2.0, 2.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "ASSAULT"},
        {"place": "sinjar", "places": ("sinjar",)},
        {"day": "2017-10-18"},
        {"article_ids": ("id-football",)},
    ],
)
def test_false_alert(playbook, changes):
    """Wrong type, place or day, or an article about something else: the alert is false, the label missed."""
    other = a_development(**changes)
    result = scored(playbook, [an_alert(other)], [other])
    assert (result.false_alerts, result.developments_found) == (1, 0)
    assert result.false[0].endswith(other.title)


def test_actors_must_agree_where_any_are_named(build):
    """A label that names actors is not met by others, but by a development that names nobody."""
    label = build.label(actors_any=("iraqi-forces",))
    playbook = build.playbook(build.story("a", 1), labels=(label,))
    assert label_of(playbook, a_development(), {}) is label
    assert label_of(playbook, a_development(actors=("isis",)), {}) is None
    assert label_of(playbook, a_development(actors=()), {}) is label


def test_duplicates(playbook):
    """Rule and change twice for one label is once too often; another rule or another change is not."""
    one, two = a_development(), a_development(development_id="d2", day="2017-10-17")
    alerts = [an_alert(one), an_alert(two), an_alert(one, rule="other"), an_alert(one, change="corroborated:3")]
    result = scored(playbook, alerts, [one, two])
    assert (result.alerts, result.duplicate_alerts, result.false_alerts) == (4, 1, 0)


def test_suppressed_alerts_are_not_sent(playbook):
    """They count for nothing but themselves."""
    found = a_development()
    result = scored(playbook, [an_alert(found, suppressed="muted")], [found])
    assert (result.alerts, result.suppressed, result.alerts_found) == (0, 1, 0)


def test_delay_runs_from_the_first_article_that_tells(build):
    """Not from the second, and for a change from the version that brings it, or else from what the alert quotes."""
    label = build.label(reported_by=("a", "b"), changes={"denied": ("b",)})
    playbook = build.playbook(build.story("a", 1), build.story("b", 2), labels=(label,))
    served = {Version("a", 0): WALL, Version("b", 0): WALL + timedelta(seconds=5)}
    found = a_development(article_ids=("id-a", "id-b"))
    quote = Evidence(
        article_id="id-b", revision=1, outlet="", url=None, field="text", quote="", span=(0, 1), trigger=""
    )
    for change, after_s, delay in [("opened", 1.5, 1.5), ("denied", 8.0, 3.0), ("corroborated:3", 7.0, 2.0)]:
        alert = an_alert(found, change=change, after_s=after_s, evidence=(quote,))
        assert scored(playbook, [alert], [found], served=served).delay_p50_s == delay


def test_articles_and_revisions(playbook):
    """Distinct articles, and how often they were edited; copies are summed over developments."""
    records = [an_article("a"), an_article("a", 2), an_article("a", 3), an_article("b")]
    result = score(
        playbook, {}, [], [a_development(copies=2), a_development(development_id="d2", copies=1)], records, LANGUAGES
    )
    assert (result.articles, result.revisions, result.feeds, result.copies_collapsed) == (2, 2, 1, 3)


def test_minor_labels_are_true_but_not_expected(build):
    """They are nobody's miss, and an alert on them is not false."""
    playbook = build.playbook(build.story("a", 1), labels=(build.label(minor=True),))
    found = a_development()
    result = scored(playbook, [an_alert(found)], [found])
    assert (result.developments_expected, result.missed, result.false_alerts) == (0, (), 0)


def test_by_language(build):
    """A label counts in each language that reports it, and is found in those of which an article was seen."""
    outlets = (build.outlet(), build.outlet(id="tel", language="tr"))
    label = build.label(reported_by=("a", "t"))
    stories = (build.story("a", 1), build.story("t", 1, outlet="tel"))
    playbook = build.playbook(*stories, outlets=outlets, labels=(label,))
    result = scored(playbook, [], [a_development()], articles=("a", "t"))
    assert {code: (item.expected, item.found) for code, item in result.by_language.items()} == {
        "en": (1, 1),
        "tr": (1, 0),
    }


@pytest.mark.parametrize("share,value", [(0.5, 2), (0.95, 4), (1.0, 4), (0.0, 1)])
def test_percentile(share, value):
    """Nearest rank."""
    assert percentile([1, 2, 3, 4], share) == value


def test_what_only_unread_languages_tell_is_not_expected(playbook):
    """A language that the lexicon does not read owes nothing; once it is read, its developments count."""
    everything = score(playbook, {}, [], [], [], ("en", "ar", "tr", "fa", "ckb", "kmr")).developments_expected
    assert score(playbook, {}, [], [], [], ()).developments_expected == 0
    assert 0 < score(playbook, {}, [], [], [], LANGUAGES).developments_expected <= everything
