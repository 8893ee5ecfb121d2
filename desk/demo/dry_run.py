"""The whole play without its feeds, in one process and in a second or two: every version of every article, in the order
in which it appears, through matcher, developments and rules.

It shows what the monitor would find if nothing got lost on the way. `python -m desk.demo.dry_run` prints it.
"""

import itertools
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec

from connectors.ports import Append, EventLog
from connectors.registry import open_log
from desk.demo.playbook import Playbook, Story, Version, load_playbook
from desk.demo.playing import story_url
from desk.demo.score import Score, coded_languages, score
from pipelines.developments import Board, Geography
from pipelines.generations import initial_generation, promotion_append
from pipelines.jobs.alert import AlertOptions, run_alert
from pipelines.match_step import coded_id
from pipelines.matching import code_article, load_coder
from pipelines.streams import replay
from schemas.envelope import ALERTS, MATCHES, derived, pack, unpack
from schemas.records import Alert, AlertRaised, Article, ArticleCoded, Development, GenerationPromoted, stable_id
from schemas.rules import Rules, load_rules

_runs: Final = itertools.count()


class Outcome(NamedTuple):
    """What the monitor has at the end, when each version of each article appeared, in play time, and which languages
    were read.
    """

    articles: list[Article]
    coded: list[ArticleCoded]
    developments: list[Development]
    alerts: list[Alert]
    appeared: dict[Version, datetime]
    languages: frozenset[str]


def versions(playbook: Playbook) -> Iterator[tuple[datetime, Story, int]]:
    """Yield all versions in the order in which they appear."""
    found = [
        (at, story.id, number)
        for story in playbook.stories
        for number, at in enumerate((story.at, *(edit.at for edit in story.edits)))
    ]
    yield from ((at, playbook.story[key], number) for at, key, number in sorted(found))


def article_of(playbook: Playbook, story: Story, number: int, at: datetime) -> Article:
    """Return the record that a feed's item becomes, had it been fetched at the moment `at`."""
    outlet = playbook.outlet[story.outlet]
    title, text = playbook.title_and_text(story, number)
    article_id = stable_id("article", story.id)
    return Article(
        article_id=article_id,
        revision_id=stable_id(article_id, title, text),
        revision=number + 1,
        feed_id=outlet.id,
        outlet=outlet.name,
        publisher=outlet.publisher,
        country=outlet.country,
        language=outlet.language,
        url=story_url(outlet, story),
        title=title,
        text=text,
        published=story.at,
        fetched=at,
        ingested=at,
    )


def run(playbook: Playbook, schema_dir: str, rules: Rules) -> Outcome:
    """Play it. Raises SchemaError."""
    coder = load_coder(schema_dir)
    url = f"memory://dry-run-{next(_runs)}"
    log, generation = open_log(url), initial_generation(coder.ref)
    promotion = GenerationPromoted(
        generation=generation, previous=None, schema=coder.ref, at=playbook.head.begins, schema_dir=schema_dir
    )
    log.append([promotion_append(promotion, 1)])
    board = Board(Geography(coder.vocabulary))
    outcome = Outcome([], [], [], [], {}, coded_languages(coder.vocabulary))
    for at, story, number in versions(playbook):
        article = article_of(playbook, story, number, at)
        coded = code_article(coder, article)
        event = pack(coded, event_id=coded_id(coded), subject=article.article_id, time=at)
        log.append([Append(derived(MATCHES, generation), event)])
        board.fold(coded)
        outcome.articles.append(article)
        outcome.coded.append(coded)
        outcome.appeared[Version(story.id, number)] = at
    outcome.developments.extend(board.developments())
    outcome.alerts.extend(_alerts(url, log, schema_dir, rules, playbook.head.begins))
    return outcome


def _alerts(url: str, log: EventLog, schema_dir: str, rules: Rules, now: datetime) -> list[Alert]:
    """Let the alert job do all that was coded; it takes one article after the other, as it does live."""
    run_alert(
        url,
        url,
        schema_dir,
        rules,
        (),
        AlertOptions(),
        stop=threading.Event(),
        clock=_Still(now),
        progress=lambda _: None,
        once=True,
    )
    records = (unpack(stored.event) for stored in replay(log, ALERTS))
    return [record.alert for record in records if isinstance(record, AlertRaised)]


class _Still:
    """A clock that stands still: a dry run takes no time."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        """Don't wait."""


def score_of(playbook: Playbook, outcome: Outcome) -> Score:
    """Score a dry run. Its delays mean nothing: all of them are 0."""
    appeared, alerts, developments = outcome.appeared, outcome.alerts, outcome.developments
    return score(playbook, appeared, alerts, developments, outcome.articles, outcome.languages)


@click.command()
@click.option("--schema", "schema_dir", type=click.Path(exists=True), default="schemas/kirkuk")
@click.option("--rules", "rules_file", type=click.Path(path_type=Path, exists=True), default="config/alerts.toml")
def main(schema_dir: str, rules_file: Path) -> None:
    """Print the score of a play without feeds, as JSON."""
    playbook = load_playbook()
    outcome = run(playbook, schema_dir, load_rules(rules_file))
    click.echo(msgspec.json.format(msgspec.json.encode(score_of(playbook, outcome))))


if __name__ == "__main__":
    main()
