"""One example of every record that is stored as an event."""

from datetime import UTC, datetime

import pytest

from schemas import records as r

NOON = datetime(2017, 10, 16, 12, 0, 0, 123456, tzinfo=UTC)
SCHEMA = r.SchemaRef(name="kirkuk", version="1.0", digest="d1")
SOURCE = r.ClaimSource(text="the army", id="ISF", kind="official", cue="said", span=(3, 11))
ARTICLE = r.Article(
    article_id="a1",
    revision_id="a1r2",
    revision=2,
    feed_id="f1",
    outlet="Rûdaw",
    publisher="rudaw",
    country="IQ",
    language="ckb",
    url="https://outlet.example/1",
    guid="g1",
    authors=("سارا", "Ayşe"),
    categories=("کەرکووک",),
    title="پێشمەرگە کشایەوە",
    text='Withdrew from Kirkuk \U0001f525, "he" said.\nقال',
    published=NOON,
    published_raw="Mon, 16 Oct 2017 15:00:00 +0300",
    published_flag="ok",
    fetched=NOON,
    ingested=NOON,
)
REF = r.ArticleRef(
    article_id="a1",
    revision_id="a1r2",
    revision=2,
    feed_id="f1",
    outlet="Rûdaw",
    publisher="rudaw",
    language=None,
    url=None,
    title="t",
    published=None,
    fetched=NOON,
    ingested=NOON,
    shingles=(1, 2**63 - 1),
)
CODED = r.CodedEvent(
    type="withdraw",
    mode="military",
    actors=(r.Party(id="PESH", text="Peshmerga", span=(0, 9)),),
    places=(r.Party(id=None, text="K1", span=(20, 22)),),
    time=r.EventTime(text="Monday", start="2017-10-16", end="2017-10-16", precision="day"),
    magnitude=(r.Magnitude(kind="killed", value=11.0, text="eleven", span=(30, 36)),),
    realis="actual",
    negated=True,
    claim=r.Claim(status="alleged", sources=(SOURCE,)),
    trigger=r.Trigger(text="withdrew", span=(10, 18)),
    sentence=(0, 40),
    score=0.75,
    rules=("r1",),
)
DEVELOPMENT = r.Development(
    development_id="d1",
    topic="control",
    type="withdraw",
    mode=None,
    side="krg",
    place="kirkuk",
    day="2017-10-16",
    title="Withdrawal",
    claim="disputed",
    actors=("PESH",),
    recipients=(),
    places=("kirkuk",),
    outlets=("Rûdaw",),
    asserted_by=("a",),
    denied_by=("b",),
    magnitudes={"killed": 11.0},
    sources=2,
    copies=1,
    first_seen=NOON,
    last_seen=NOON,
    event_ids=("e1",),
    article_ids=("a1",),
    version=3,
)
EVIDENCE = r.Evidence(
    article_id="a1",
    revision=2,
    outlet="Rûdaw",
    url=None,
    field="text",
    quote="They withdrew.",
    span=(0, 14),
    trigger="withdrew",
    sources=(SOURCE,),
)
ALERT = r.Alert(
    alert_id="al1",
    rule="control",
    development_id="d1",
    change="opened",
    title="t",
    summary="s",
    severity="critical",
    raised=NOON,
    development=DEVELOPMENT,
    evidence=(EVIDENCE,),
    suppressed="quiet hours",
    channels=("desk",),
)
EXAMPLES = (
    r.ArticlePublished(article=ARTICLE),
    r.ArticleRevised(article=ARTICLE, previous_revision_id="a1r1"),
    r.ArticleRetracted(article_id="a1", reason="withdrawn", at=NOON),
    r.FeedPolled(feed_id="f1", at=NOON, status=200, etag='W/"x"', items=r.FateCounts(new=3), newest_item_ids=("i",)),
    r.FeedFailed(feed_id="f1", at=NOON, kind="timeout", message="30 s", consecutive=2, next_poll_at=NOON),
    r.FeedMoved(feed_id="f1", at=NOON, old_url="http://old.example", new_url="https://new.example"),
    r.ArticleCoded(article=REF, schema=SCHEMA, relevant=True, events=(CODED,), event_ids=("e1",), quotes=("q",)),
    r.DevelopmentOpened(development=DEVELOPMENT),
    r.DevelopmentChanged(development=DEVELOPMENT, changes=("denied",)),
    r.AlertRaised(alert=ALERT),
    r.DeliveryStarted(alert_id="al1", channel="desk", at=NOON, attempt=1),
    r.AlertDelivered(alert_id="al1", channel="desk", at=NOON, attempt=1),
    r.DeliveryFailed(alert_id="al1", channel="desk", at=NOON, attempt=2, error="refused", retry_at=None),
    r.AlertAcknowledged(alert_id="al1", at=NOON, by="ayşe"),
    r.RuleMuted(rule="control", at=NOON, until=NOON, by="ayşe"),
    r.GenerationPromoted(generation="g2", previous="g1", schema=SCHEMA, at=NOON),
    r.DeadLetter(dead_letter_id="dl1", step="match", key="a1", error="e", record="{}", at=NOON),
    r.DeadLetterRetried(dead_letter_id="dl1", at=NOON, ok=True),
)


@pytest.fixture(params=EXAMPLES, ids=lambda record: type(record).__name__)
def record(request):
    """Each record in turn."""
    return request.param


@pytest.fixture
def example_names():
    """The names of all records that have an example."""
    return {type(example).__name__ for example in EXAMPLES}
