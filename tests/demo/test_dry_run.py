"""The play without its feeds is the same every time, and ends in a sensible score."""

from desk.demo import dry_run
from schemas.rules import load_rules


def test_dry_run(shipped):
    """Twice the same, every version seen; most of what is told in English is found."""
    rules = load_rules("config/alerts.toml")
    first, second = (dry_run.score_of(shipped, dry_run.run(shipped, "schemas/kirkuk", rules)) for _ in range(2))
    assert first == second
    assert (first.articles, first.revisions) == (len(shipped.stories), sum(len(s.edits) for s in shipped.stories))
    english = first.by_language["en"]
    assert english.found >= english.expected / 2
    assert first.false_alerts <= first.alerts / 5


def test_nothing_is_alerted_about_other_news(shipped):
    """No alert rests on articles alone that have nothing to do with the crisis."""
    outcome = dry_run.run(shipped, "schemas/kirkuk", load_rules("config/alerts.toml"))
    relevant = {a.article_id for a in outcome.articles if shipped.story[a.url.rpartition("/")[2]].relevant}
    assert [a.title for a in outcome.alerts if relevant.isdisjoint(a.development.article_ids)] == []
