"""Epochs, one batch over everything, and an endless job on a real runner: from one log the same, byte for byte."""

from typing import NamedTuple

import pytest

from connectors import registry
from pipelines.generations import live_promotion
from pipelines.jobs.epochs import Epochs, EpochSizer, Generation, Places, Runner
from schemas.records import SchemaRef

ARTICLES = 520
HOSTILE = (
    "",
    "\u202e\u202dKirkuk\u0000\ufffe \U0001f9e8" * 50,
    "The peshmerga " * 20_000 + "withdrew from Kirkuk.",
    "“" * 3_000 + "Iraqi forces entered Kirkuk" + "”" * 3_000,
    "<script>alert('Kirkuk')</script> Peshmerga withdrew from Kirkuk on Monday; DROP TABLE articles; --",
    "Kirkuk" + "\u0301" * 5_000 + " قالت القوات العراقية إنها سيطرت على كركوك " * 200,
    "Iraqi forces took control of Kirkuk on 31 February 2017 and on 16 October 99999, the army said.",
    "peshmerga withdrew from kirkuk " * 3_000,
)


@pytest.fixture(scope="module")
def story(play):
    """Over 600 events: articles, edits early and late, withdrawals, poison, and texts that were written to do harm."""
    hostile = [play.stored_form(play.article(2000 + number, text=text)) for number, text in enumerate(HOSTILE)]
    story = play.crisis(ARTICLES)
    return story[:200] + hostile + story[200:]


class Way(NamedTuple):
    """A generation that was coded in one way."""

    name: str
    documents: dict[str, list[bytes]]
    matches: list[bytes]


def _coded(site, play, generation):
    return Way(generation, play.documents(site.index, generation), site.matches(generation))


def _epochs(site, name: str, schema: SchemaRef, *, span: int) -> int:
    """Code everything as a generation of that name in epochs of `span` positions; return how many it took."""
    generation = Generation(name, site.schema_dir, schema)
    places = Places(site.log_url, site.log_url, site.index_url)
    epochs = Epochs(generation, places, site.log, site.log, runner=Runner(), batch_size=50, target_s=1000.0)
    epochs._sizer.span = span
    epochs._sizer.took = lambda *_, **__: None
    number = 0
    while epochs.run_one() is not None:
        number += 1
    return number


def three_ways(site, play, story, endpoint, tools) -> list[Way]:
    """Code the same log three times, each way into a generation of its own."""
    play.fill(site.log, story[:300])
    job = site.streaming(endpoint, batch_size=33)
    tools.until(lambda: site.done() > 100)
    play.fill(site.log, story[300:])
    tools.until(lambda: site.done() == len(story), 120)
    counts = job.end()
    assert counts["articles"] + counts["dead"] == len(story)
    promoted = live_promotion(site.log)
    assert _epochs(site, "epochs", promoted.schema, span=61) > 3
    assert _epochs(site, "batch", promoted.schema, span=EpochSizer.LARGEST) == 1
    return [_coded(site, play, name) for name in (promoted.generation, "epochs", "batch")]


def hold(ways: list[Way]) -> None:
    """All three have the same documents and outcomes, and they are no empty ones."""
    streaming, epochs, batch = ways
    assert streaming.documents == epochs.documents == batch.documents
    assert streaming.matches == epochs.matches == batch.matches
    assert len(streaming.matches) > ARTICLES
    assert len(streaming.documents["articles"]) > 400
    assert len(streaming.documents["events"]) > 300


@pytest.mark.timeout(400)
def test_three_ways_leave_the_same(places, play, story, prism_server, tools):
    """Live, caught up in pieces, and all at once: documents of every kind, and the events of `matches`, ids and all."""
    hold(three_ways(places, play, story, prism_server.endpoint, tools))


def test_three_ways_leave_the_same_of_several_partitions(
    new_site, play, sparse, story, prism_server, tools, monkeypatch
):
    """The same on an embedded log with three partitions and holes between its positions."""
    log = sparse.SparseLog(3)
    monkeypatch.setattr(registry, "open_log", lambda url: log)
    hold(three_ways(new_site(), play, story, prism_server.endpoint, tools))
