"""What makes an alert: each condition of a rule, each kind of change, and what holds an alert back. Pure."""

import itertools
import random
from datetime import timedelta

import pytest

from pipelines.alerting import Ancestry, Ledger, Sighting, decide
from pipelines.developments import Board, changes
from schemas.records import AlertRaised, ClaimSource, RuleMuted
from tests.alerting import alert_play as play
from tests.developments.builders import MONDAY, coded, event

DENIAL = {"status": "denied", "sources": (ClaimSource(text="the army", id="iraq-army", kind="official"),)}


class Room:
    """A board, a ledger and rules: tells articles, collects alerts. `now` moves by hand."""

    def __init__(self, geography, rules):
        self.board = Board(geography)
        self.ancestry = Ancestry()
        self.ledger = Ledger()
        self.rules = rules
        self.now = MONDAY
        self.alerts = []

    def tell(self, *articles, held_back=None):
        """Fold articles; return the alerts that were raised for them."""
        before = len(self.alerts)
        for article in articles:
            for update in self.board.fold(article):
                lineage = self.ancestry.follow(update)
                if update.after is not None:
                    family = self.board.family(update.after.development_id)
                    steps = changes(update.before, update.after)
                    sighting = Sighting(update.after, lineage, family.realis, steps, article.schema)
                    self._take(decide(sighting, self.rules, self.ledger, self._quote, self.now, held_back=held_back))
        return self.alerts[before:]

    def _take(self, alerts):
        for alert in alerts:
            self.ledger.fold(AlertRaised(alert=alert))
        self.alerts += alerts

    def _quote(self, steps):
        return ()

    def sent(self):
        return [alert for alert in self.alerts if alert.suppressed is None]


@pytest.fixture
def room(geography, load):
    """Make a room with the rules of a text."""
    return lambda text: Room(geography, load(text))


def rule(*lines, name="r"):
    return "\n".join(("[[rule]]", f'name = "{name}"', *lines, ""))


STORY = {
    "withdrawal": event(actors=("peshmerga-puk",), day="2017-10-16"),
    "capture": event("SEIZE", "capture", actors=("iraqi-forces",), place="k1-base", day="2017-10-16"),
    "fight": play.fight(12),
    "threat": event("THREATEN", "ultimatum", actors=("abadi",), recipients=("krg",), place=None, day="2017-10-14"),
    "order": event("MOBILIZE", "advance", actors=("pmu",), day="2017-10-18", realis="future"),
    "halt": event("OIL", "production", actors=(), place="bai-hassan", day="2017-10-17"),
}


@pytest.mark.parametrize(
    "lines, alerted",
    [
        ([], "withdrawal capture fight threat halt"),
        (['types = ["RETREAT", "OIL"]'], "withdrawal halt"),
        (['modes = ["capture", "ultimatum"]'], "capture threat"),
        (['places = ["k1-base", "tuz-khurmatu"]'], "capture fight"),
        (['sides = ["kurdish"]'], "withdrawal"),
        (['sides = ["federal"]', 'types = ["SEIZE", "OIL"]'], "capture"),
        (['actors = ["abadi", "pmu"]'], "fight threat"),
        (['actors = ["krg"]'], "threat"),
        (['query = "type:(OIL OR SEIZE) AND NOT places:k1\\\\-base"'], "halt"),
        (['query = "killed:>=10"'], "fight"),
        (['query = "fighting"'], "fight"),
        (['realis = ["future"]'], "order"),
        (['realis = ["actual", "future"]', 'types = ["MOBILIZE", "OIL"]'], "order halt"),
        (['claims = ["denied"]'], ""),
        (["min_sources = 2"], ""),
        (["enabled = false"], ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_rule_asks_for_each_of_its_conditions(room, lines, alerted):
    """Lists are alternatives, different conditions must hold together; the future alerts only when asked for."""
    here = room(rule(*lines))
    found = [name for name, happening in STORY.items() if here.tell(coded(name, happening))]
    assert found == alerted.split()


@pytest.mark.parametrize("realis", ["hypothetical", "historical", "generic"])
def test_what_did_not_happen_alerts_nobody(room, realis):
    """Threatened, remembered and general events make no developments, whatever a rule asks for."""
    here = room(rule(f'realis = ["{realis}", "actual", "future"]'))
    assert not here.tell(coded("a", event(day="2017-10-16", realis=realis)))


def test_a_negated_report_is_a_denial_and_opens_nothing(room):
    """One that did not withdraw, and nobody who says that it did: no withdrawal."""
    here = room(rule('changes = ["opened"]'))
    assert not here.tell(coded("a", event(day="2017-10-16", negated=True)))


def test_an_alert_names_rule_change_sources_and_channels(room):
    """What a reader needs stands in the alert; it carries the schema of the article that raised it."""
    here = room(rule('title = "Fighting"', 'severity = "critical"', 'channels = ["terminal"]', name="clash"))
    [alert] = here.tell(coded("a", STORY["fight"]))
    assert (alert.rule, alert.change, alert.severity, alert.channels) == ("clash", "opened", "critical", ("terminal",))
    assert alert.title.startswith("Fighting: ")
    assert alert.summary == "new; asserted; 1 independent source; 12 killed; outlet of a"
    assert (alert.raised, alert.schema.name, alert.suppressed) == (MONDAY, "kirkuk", None)


def test_each_kind_of_change_alerts_when_it_holds(room):
    """Opening, corroboration, confirmation, a figure, another place and a denial, one after the other."""
    here = room(
        rule('types = ["RETREAT"]', 'changes = ["opened", "corroborated:2", "confirmed", "denied"]', name="left")
        + rule('types = ["ASSAULT"]', 'changes = ["magnitude:killed>=10", "spread"]', name="fight")
    )
    left = event(day="2017-10-16")
    assert play.named(here.tell(coded("a", left))) == ["left opened"]
    assert play.named(here.tell(coded("b", left))) == ["left corroborated:2"]
    confirmed = event(day="2017-10-16", status="confirmed")
    assert play.named(here.tell(coded("c", confirmed))) == ["left confirmed"]
    assert play.named(here.tell(coded("d", event(day="2017-10-16", **DENIAL)))) == ["left denied"]
    assert not here.tell(coded("e", play.fight(9)))
    assert play.named(here.tell(coded("f", play.fight(10)))) == ["fight magnitude:killed>=10"]
    assert not here.tell(coded("g", play.fight(11), ingested=MONDAY + timedelta(hours=3)))


def test_spread_names_the_place(room):
    """Another place within the district of a fight is a change of its own, once for each place."""
    here = room(rule('changes = ["spread"]'))
    district = event("ASSAULT", "clash", actors=("pmu", "peshmerga"), place="kirkuk-city", day="2017-10-16")
    finer = event("ASSAULT", "clash", actors=("pmu", "peshmerga"), place="taza-khurmatu", day="2017-10-16")
    here.tell(coded("a", district))
    found = here.tell(coded("b", finer), coded("c", finer))
    if here.board.fold(coded("d", finer)) and found:
        assert play.named(found) == ["r spread:taza-khurmatu"]


def test_min_sources_waits_and_does_not_lose(room):
    """An opening that was too thin alerts as soon as enough independent sources tell it."""
    here = room(rule("min_sources = 3"))
    left = event(day="2017-10-16")
    assert [len(here.tell(coded(name, left))) for name in "abcd"] == [0, 0, 1, 0]


def test_a_rule_speaks_once_about_one_update(room):
    """What a rule finds beside its first alert is stored with the reason; a later crossing is news."""
    here = room(rule('changes = ["opened", "magnitude:killed>=10", "magnitude:killed>=50"]'))
    found = here.tell(coded("a", play.fight(12)))
    assert [(alert.change, alert.suppressed) for alert in found] == [
        ("opened", None), ("magnitude:killed>=10", "said with opened"),
    ]  # fmt: skip
    [later] = here.tell(coded("b", play.fight(60), ingested=MONDAY + timedelta(hours=3)))
    assert (later.change, later.suppressed) == ("magnitude:killed>=50", None)
    assert later.summary.startswith("killed reached 60; ")


def test_of_several_numbers_reached_at_once_the_highest_is_told(room):
    """The lower ones are stored: nobody is told that ten were killed when it was sixty."""
    here = room(rule('changes = ["magnitude:killed>=10", "corroborated:2", "magnitude:killed>=50"]'))
    here.tell(coded("a", play.fight(3)))
    found = here.tell(coded("b", play.fight(60), ingested=MONDAY + timedelta(hours=3)))
    assert [(alert.change, alert.suppressed) for alert in found] == [
        ("magnitude:killed>=50", None),
        ("magnitude:killed>=10", "said with magnitude:killed>=50"),
        ("corroborated:2", "said with magnitude:killed>=50"),
    ]


def test_a_denial_alerts_only_after_an_alert(room):
    """`only_alerted`: denials of what nobody was told stay quiet; of what was told they alert, once."""
    here = room(
        rule('types = ["RETREAT"]', name="left") + rule('changes = ["denied"]', "only_alerted = true", name="no")
    )
    capture = STORY["capture"]
    assert not here.tell(coded("a", capture), coded("b", event("SEIZE", "capture", actors=("iraqi-forces",),
                             place="k1-base", day="2017-10-16", **DENIAL)))  # fmt: skip
    here.tell(coded("c", event(day="2017-10-16")))
    [alert] = here.tell(coded("d", event(day="2017-10-16", **DENIAL)))
    assert (alert.rule, alert.change, alert.suppressed) == ("no", "denied", None)
    assert alert.summary.startswith("denied by iraq-army; disputed; ")
    assert not here.tell(coded("e", event(day="2017-10-16", **DENIAL)))


def test_a_denial_that_comes_with_the_news_is_no_second_alert(room):
    """Only the opening is sent, which says that it is disputed; the denial is stored with the reason."""
    here = room(rule('changes = ["denied"]', "only_alerted = true", name="no") + rule(name="any"))
    left, not_left = event(day="2017-10-16"), event(day="2017-10-16", sentence=(100, 180), **DENIAL)
    found = here.tell(coded("a", left, not_left))
    assert [(alert.rule, alert.suppressed) for alert in found] == [("any", None), ("no", "said with the news itself")]
    assert "disputed, denied by iraq-army" in found[0].summary


def test_a_muted_rule_stores_its_alerts_with_the_reason(room):
    """They are not sent later either; after the mute, the rule alerts on what is new."""
    here = room(rule())
    here.ledger.fold(RuleMuted(rule="r", at=MONDAY, until=MONDAY + timedelta(hours=2), by="ann"))
    [held] = here.tell(coded("a", STORY["fight"]))
    assert held.suppressed == "muted until 2017-10-16 14:00 UTC"
    here.now = MONDAY + timedelta(hours=2)
    assert not here.tell(coded("b", STORY["fight"]))
    [sent] = here.tell(coded("c", STORY["capture"]))
    assert sent.suppressed is None


def test_a_throttled_rule_sends_one_in_so_many_seconds(room):
    """What comes sooner is stored with the reason; other rules are not affected."""
    here = room(rule("throttle_s = 600", name="slow") + rule(name="free"))
    here.tell(coded("a", STORY["fight"]))
    here.now += timedelta(seconds=599)
    here.tell(coded("b", STORY["capture"]))
    here.now += timedelta(seconds=1)
    here.tell(coded("c", STORY["withdrawal"]))
    told = [(alert.rule, alert.suppressed) for alert in here.alerts]
    held = "throttled: the rule alerted at 12:00:00 UTC, one in 600 s"
    assert told == [("slow", None), ("free", None), ("slow", held), ("free", None), ("slow", None), ("free", None)]


@pytest.mark.parametrize("hour, held", [(19, False), (20, True), (23, True), (2, True), (3, False)], ids=str)
def test_quiet_hours_are_local_and_go_over_midnight(room, hour, held):
    """23:00-06:00 in Baghdad is 20:00-03:00 UTC."""
    here = room(rule('quiet_hours = "23:00-06:00 Asia/Baghdad"'))
    here.now = MONDAY.replace(hour=hour)
    [alert] = here.tell(coded("a", STORY["fight"]))
    assert alert.suppressed == ("quiet hours 23:00-06:00 Asia/Baghdad" if held else None)


def test_any_order_of_reports_opens_each_development_once(room):
    """Undated, dated and revised reports shift ids; in every order a rule opens a development once at most."""
    articles = [
        coded("undated", event()),
        coded("dated", event(day="2017-10-16")),
        coded("later", event(), published=MONDAY + timedelta(days=1)),
        coded("dated", event(day="2017-10-15"), revision=2),
        coded("sideless", event(actors=())),
    ]
    for order in itertools.permutations(articles):
        here = room(rule())
        here.tell(*order)
        own = {development.development_id: here.board.lineage(development.development_id)
               for development in here.board.developments()}  # fmt: skip
        for lineage in own.values():
            opened = [alert for alert in here.sent() if alert.development_id in lineage]
            assert len(opened) == 1, [article.article.article_id for article in order]


def test_replays_revisions_and_comebacks_alert_no_second_time(room):
    """The story in many random orders, edits and withdrawals before what they edit: no opening twice, none lost."""
    base = [*play.story(), coded("fourth", play.LEFT_UNDATED), coded("undated", play.LEFT, revision=2)]
    for seed in range(60):
        here = room(play.RULES)
        here.tell(*random.Random(seed).sample(base, len(base)))
        opened = [(alert.rule, alert.development_id) for alert in here.sent() if alert.change == "opened"]
        lineages = [here.ancestry.of(found.development_id, here.board.lineage(found.development_id))
                    for found in here.board.developments() if found.claim != "denied"]  # fmt: skip
        for lineage in lineages:
            assert len([key for _, key in opened if key in lineage]) == 1, (seed, lineage)


def test_what_vanished_and_came_back_under_a_later_id_was_alerted(room):
    """A development shifts its day, loses all its reports, and is told again with the later day: no new opening."""
    here = room(rule())
    [first] = here.tell(coded("a", event(), published=MONDAY))
    here.tell(coded("a", event(day="2017-10-13"), revision=2))
    shifted = next(here.board.developments()).development_id
    assert shifted != first.development_id
    here.tell(coded("a", revision=3, relevant=False))
    assert not list(here.board.developments())
    assert not here.tell(coded("b", event(day="2017-10-13")))
    assert next(here.board.developments()).development_id == shifted


def test_the_reason_that_a_caller_gives_holds_all_back(room):
    """History and stale articles: decided, stored, not sent; and not sent when they are told again."""
    here = room(rule())
    [alert] = here.tell(coded("a", STORY["fight"]), held_back="history")
    assert alert.suppressed == "history"
    assert not here.tell(coded("b", STORY["fight"]))


def test_an_alert_stays_small_however_many_report(room):
    """It names some of the reports; the development's document names all."""
    here = room(rule('changes = ["corroborated:300"]'))
    left = event(day="2017-10-16")
    [alert] = here.tell(*(coded(f"a{number}", left) for number in range(300)))
    assert alert.development.sources == 300
    assert len(alert.development.article_ids) == len(alert.development.event_ids) == 200
    assert alert.summary.endswith(" and 295 more")
