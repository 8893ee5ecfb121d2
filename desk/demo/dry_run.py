"""The whole play without its feeds, in one process and in a second or two: every version of every article, in the order
in which it appears, through matcher, developments and rules.

It shows what the monitor would find if nothing got lost on the way. `python -m desk.demo.dry_run` prints it.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec

from connectors.memory_index import MemoryIndex
from connectors.memory_log import MemoryLog
from connectors.ports import Append
from desk.demo.playbook import Playbook, Story, Version, load_playbook
from desk.demo.playing import story_url
from desk.demo.score import Score, score
from pipelines.alert_step import AlertStep, LedgerReader
from pipelines.developments import Board, Geography
from pipelines.generations import initial_generation
from pipelines.match_step import coded_id
from pipelines.matching import code_article, load_coder
from schemas.envelope import MATCHES, derived, pack
from schemas.records import Alert, Article, ArticleCoded, Development, stable_id
from schemas.rules import Rules, load_rules

_ALL: Final = 1000


class Outcome(NamedTuple):
    """What the monitor has at the end, and when each version of each article appeared, in play time."""

    articles: list[Article]
    coded: list[ArticleCoded]
    developments: list[Development]
    alerts: list[Alert]
    appeared: dict[Version, datetime]


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
    log, index, generation = MemoryLog(), MemoryIndex(), initial_generation(coder.ref)
    reader = LedgerReader(log)
    step = AlertStep(log, index, generation, coder.vocabulary, rules, reader)
    board = Board(Geography(coder.vocabulary))
    outcome = Outcome([], [], [], [], {})
    for at, story, number in versions(playbook):
        article = article_of(playbook, story, number, at)
        coded = code_article(coder, article)
        event = pack(coded, event_id=coded_id(coded), subject=article.article_id, time=at)
        log.append([Append(derived(MATCHES, generation), event)])
        step.run(_ALL, at)
        board.fold(coded)
        outcome.articles.append(article)
        outcome.coded.append(coded)
        outcome.appeared[Version(story.id, number)] = at
    outcome.developments.extend(board.developments())
    outcome.alerts.extend(reader.ledger.alerts.values())
    return outcome


def score_of(playbook: Playbook, outcome: Outcome) -> Score:
    """Score a dry run. Its delays are play time, and therefore 0 unless something was noticed late."""
    return score(playbook, outcome.appeared, outcome.alerts, outcome.developments, outcome.articles)


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
