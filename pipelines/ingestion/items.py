"""The fate of every item of a feed: new, revised, unchanged, duplicate or dead.

An article follows the feed that its latest revision came from. What other feeds say of it is a duplicate, even with
another text: a summary here and the full text there are one article, and not an edit at every poll. Another feed takes
an article over only when its own has not answered for a week.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from pipelines.ingestion.dates import publication_date
from pipelines.ingestion.feed_state import FeedState, has_lapsed
from pipelines.ingestion.identity import Identity, identify
from pipelines.ingestion.known import Known, KnownArticles
from pipelines.ingestion.links import canonical_link
from pipelines.ingestion.options import IngestOptions
from pipelines.ingestion.revisions import revision_event_id, revision_id
from schemas.envelope import Event, pack
from schemas.feeds import DeadItem, FeedItem, FeedSource, ParsedFeed
from schemas.records import Article, ArticlePublished, ArticleRevised, DeadLetter, FateCounts, stable_id

INGEST_STEP: Final = "ingest"
_LONGEST_ERROR: Final = 500
_LONGEST_RECORD: Final = 10_000
_LONGEST_KEY: Final = 500

Fate = Literal["new", "revised", "unchanged", "duplicate", "dead"]


class Context(NamedTuple):
    """What is known when a poll is judged: by the log (`known`, `states` by feed id) and by the operator."""

    known: KnownArticles
    states: dict[str, FeedState]
    options: IngestOptions
    now: datetime


class Judged(NamedTuple):
    """The fates of a list of items. `articles` are events in the order of publication, `article_ids` those of all
    items that live, the newest first.
    """

    articles: tuple[Event, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    counts: FateCounts = FateCounts()
    article_ids: tuple[str, ...] = ()


def judge_items(
    source: FeedSource,
    parsed: ParsedFeed,
    fetched_at: datetime,
    context: Context,
    *,
    refused: Collection[str] = (),
) -> Judged:
    """Give each item its fate. Of several items that are one article the first stands for it.

    `refused` are ids of events that are too large for the log: their items are dead.
    """
    judge = _Judge(source, parsed, fetched_at, context, refused)
    for item, named in zip(parsed.items, identify(source.publisher, parsed.items), strict=True):
        judge.take(item, named)
    for dead in parsed.dead:
        judge.bury(dead)
    return judge.verdict()


def judge_fate(known: Known | None, latest_id: str, feed_id: str, *, owner_lapsed: bool) -> Fate:
    """Say what an item is that gives an article the text of revision `latest_id`, coming from `feed_id`.

    `owner_lapsed`: the feed that the article follows has been silent for long.
    """
    if known is None:
        return "new"
    if known.feed_id != feed_id and not owner_lapsed:
        return "duplicate"
    if known.revision_id == latest_id or known.withdrawn_for_good:
        return "unchanged"
    return "revised"


class _Judge:
    """Goes through the items of one poll and remembers which articles it has met."""

    def __init__(
        self,
        source: FeedSource,
        parsed: ParsedFeed,
        fetched_at: datetime,
        context: Context,
        refused: Collection[str],
    ) -> None:
        self._source = source
        self._feed_language = parsed.language
        self._fetched_at = fetched_at
        self._context = context
        self._refused = refused
        self._met: dict[str, str] = {}
        self._dates: dict[str, datetime] = {}
        self._articles: list[tuple[datetime, Event]] = []
        self._dead: list[DeadLetter] = []
        self._counts = dict.fromkeys(FateCounts.__struct_fields__, 0)

    def take(self, item: FeedItem, named: Identity) -> None:
        """Give one item its fate. Whatever is wrong with it is its own dead letter."""
        try:
            fate = self._fate(item, named)
        except (ValueError, TypeError, OverflowError) as error:
            record = msgspec.json.encode(
                {name: _cut(getattr(item, name)) for name in ("guid", "link", "title", "text")}
            )
            self.bury(DeadItem(key=named.article_id, error=str(error), record=record.decode()), encoding="json")
        else:
            self._counts[fate] += 1

    def bury(self, dead: DeadItem, *, encoding: Literal["json", "text"] = "text") -> None:
        """Make a dead letter of an item; the same item is the same letter at every poll."""
        self._counts["dead"] += 1
        key, error = _cut(dead.key, _LONGEST_KEY) or self._source.id, _cut(dead.error, _LONGEST_ERROR)
        record = _cut(dead.record, _LONGEST_RECORD) if encoding == "text" else dead.record
        self._dead.append(
            DeadLetter(
                dead_letter_id=stable_id(INGEST_STEP, self._source.id, key, error, record),
                step=INGEST_STEP,
                key=key,
                error=error,
                record=record,
                encoding=encoding,
                at=self._context.now,
            )
        )

    def verdict(self) -> Judged:
        """Return the fates of all items taken."""
        # Stable sorts: the feed's own order, newest first, decides between equal dates.
        self._articles.reverse()
        events = tuple(event for _, event in sorted(self._articles, key=lambda dated: dated[0]))
        newest_first = sorted(self._dates, key=self._dates.__getitem__, reverse=True)
        return Judged(events, tuple(self._dead), FateCounts(**self._counts), tuple(newest_first))

    def _fate(self, item: FeedItem, named: Identity) -> Fate:
        if not item.title.strip() and not item.text.strip():
            raise ValueError("neither title nor text")
        article_id, known = self._resolve(named)
        if article_id in self._dates:
            return "duplicate"
        latest_id = revision_id(article_id, item.title, item.text)
        fate = judge_fate(known, latest_id, self._source.id, owner_lapsed=known is not None and self._lapsed(known))
        published = publication_date(item, self._context.now).published or self._fetched_at
        if fate in {"new", "revised"}:
            event = self._event(item, named, article_id, latest_id, known)
            self._articles.append((published, event))
        self._dates[article_id] = published
        self._met.update(dict.fromkeys(named.keys, article_id))
        return fate

    def _resolve(self, named: Identity) -> tuple[str, Known | None]:
        for key in named.keys:
            if key in self._met:
                return self._met[key], None
        return self._context.known.resolve(named)

    def _lapsed(self, known: Known) -> bool:
        return has_lapsed(self._context.states.get(known.feed_id), self._context.now)

    def _event(self, item: FeedItem, named: Identity, article_id: str, latest_id: str, known: Known | None) -> Event:
        revision = known.revision + 1 if known else 1
        event_id = revision_event_id(article_id, revision)
        if event_id in self._refused:
            raise ValueError("the article is too large for the log")
        article = self._article(item, named, article_id, latest_id, revision)
        record = (
            ArticleRevised(article=article, previous_revision_id=known.revision_id)
            if known
            else ArticlePublished(article=article)
        )
        return pack(record, event_id=event_id, subject=article_id, time=article.ingested)

    def _article(self, item: FeedItem, named: Identity, article_id: str, latest_id: str, revision: int) -> Article:
        source, date = self._source, publication_date(item, self._context.now)
        return Article(
            article_id=article_id,
            revision_id=latest_id,
            revision=revision,
            feed_id=source.id,
            outlet=source.outlet,
            publisher=source.publisher,
            country=source.country,
            language=item_language(item.language, self._feed_language, source.language),
            url=item.link if canonical_link(item.link) else None,
            guid=named.guid,
            authors=item.authors,
            categories=item.categories,
            title=item.title,
            text=item.text,
            published=date.published,
            published_raw=date.raw,
            published_flag=date.flag,
            fetched=self._fetched_at,
            ingested=self._context.now,
        )


def item_language(item: str | None, feed: str | None, configured: str) -> str:
    """Return the language of an item: what it says itself; else the operator's word, for feeds are often mistaken.

    An item that only repeats its feed says nothing. Tags are cut to their language: "en-GB" is "en".
    """
    tag = (item or "").lower().replace("_", "-").partition("-")[0]
    named_itself = item != feed and tag.isascii() and tag.isalpha() and len(tag) in {2, 3}
    return tag if named_itself and tag != "ku" else configured


def _cut(text: str | None, longest: int = _LONGEST_KEY) -> str:
    """Return the beginning of a text in a form that can be stored."""
    return (text or "")[:longest].encode("utf-8", "backslashreplace").decode()[:longest]
