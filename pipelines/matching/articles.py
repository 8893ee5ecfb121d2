"""From stored article to stored outcome: ids, quotes and the reference that later stages need."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pipelines.matching.coder import Coder
from schemas.records import Article, ArticleCoded, ArticleRef, CodedEvent, stable_id

LONGEST_QUOTE: Final = 500
_coders: dict[tuple[str, str], Coder] = {}


def load_coder(schema_dir: str) -> Coder:
    """Return the compiled schema of a folder, compiled once per process and content. Raises SchemaError."""
    from schemas.vocabulary import load_vocabulary

    vocabulary = load_vocabulary(schema_dir)
    key = (schema_dir, vocabulary.ref.digest)
    if key not in _coders:
        with _no_collection():
            _coders[key] = Coder(vocabulary)
    return _coders[key]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let the garbage collector not walk again and again over what only grows: a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def event_id(article: Article, event: CodedEvent) -> str:
    """Return the id of a coded event: the same words in the same revision give the same id."""
    start, end = event.trigger.span
    return stable_id(
        article.article_id, article.revision_id, event.field, event.type, event.mode or "", str(start), str(end)
    )


def _quote(article: Article, event: CodedEvent) -> str:
    text = article.title if event.field == "title" else article.text
    return text[event.sentence[0] : event.sentence[1]][:LONGEST_QUOTE]


def _reference(article: Article, *, sketched: bool) -> ArticleRef:
    """Describe a revision; a sketch for finding copies is made where there are events that could be copied."""
    from pipelines.similarity import shingles

    return ArticleRef(
        article_id=article.article_id,
        revision_id=article.revision_id,
        revision=article.revision,
        feed_id=article.feed_id,
        outlet=article.outlet,
        publisher=article.publisher,
        language=article.language,
        url=article.url,
        title=article.title,
        published=article.published,
        fetched=article.fetched,
        ingested=article.ingested,
        shingles=shingles(article.text) if sketched else (),
    )


def code_article(coder: Coder, article: Article) -> ArticleCoded:
    """Code one revision. A relevant article's events come with their ids and the sentences that they stand in."""
    # What has no date is read on the day on which it came: "in June 2014" is long ago all the same.
    day = article.published or article.fetched
    coded = coder.code(title=article.title, text=article.text, published=day, language=article.language)
    return ArticleCoded(
        article=_reference(article, sketched=bool(coded.events)),
        schema=coder.ref,
        relevant=coded.relevant,
        events=coded.events,
        event_ids=tuple(event_id(article, event) for event in coded.events),
        quotes=tuple(_quote(article, event) for event in coded.events),
    )
