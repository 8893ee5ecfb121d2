"""The shipped schema, compiled once, and a short way to make coded articles from texts."""

from datetime import timedelta
from itertools import count

import pytest

from pipelines.developments import Board, Geography
from pipelines.matching import code_article, load_coder
from schemas.records import Article, stable_id
from schemas.vocabulary import load_vocabulary
from tests.developments.builders import MONDAY, SCHEMA_DIR


@pytest.fixture(scope="session")
def coder():
    return load_coder(SCHEMA_DIR)


@pytest.fixture(scope="session")
def geography():
    return Geography(load_vocabulary(SCHEMA_DIR))


@pytest.fixture
def board(geography):
    return Board(geography)


class Newsroom:
    """Codes texts as articles of outlets, each arriving a minute after the one before."""

    def __init__(self, coder):
        self._coder = coder
        self._numbers = count(1)

    def report(self, text, *, title="", outlet=None, published=MONDAY, article_id=None, revision=1):
        number = next(self._numbers)
        article_id = article_id or f"a{number}"
        outlet = outlet or f"Outlet {number}"
        return code_article(
            self._coder,
            Article(
                article_id=article_id,
                revision_id=stable_id(article_id, title, text),
                revision=revision,
                feed_id="feed",
                outlet=outlet,
                publisher=outlet,
                title=title,
                text=text,
                published=published,
                fetched=published,
                ingested=published + timedelta(minutes=number),
            ),
        )


@pytest.fixture
def newsroom(coder):
    return Newsroom(coder)


@pytest.fixture
def tell(board):
    """Fold articles in turn; return all developments by title."""

    def run(*articles):
        for article in articles:
            board.fold(article)
        return {found.title: found for found in board.developments()}

    return run
