"""Coded articles for the alert job and its crash kit: a job in a process that dies where it is told to.

`before:log.append` and 3, for example: SIGKILL right before the third append.
"""

import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

import msgspec

from connectors import registry
from connectors.ports import Append, SystemClock
from pipelines.alerting.options import AlertOptions
from pipelines.generations import live_promotion, promotion_append
from pipelines.jobs import alert
from pipelines.match_step import coded_id
from pipelines.streams import replay
from schemas import vocabulary
from schemas.envelope import ALERTS, DEVELOPMENTS, MATCHES, derived, pack, unpack
from schemas.errors import DeliveryError
from schemas.records import AlertRaised, GenerationPromoted
from schemas.rules import load_rules
from tests.developments.builders import MONDAY, SCHEMA_DIR, coded, event

RULES = """
[[rule]]
name = "withdrawal"
types = ["RETREAT"]
changes = ["opened", "corroborated:3", "spread"]
channels = ["outbox"]

[[rule]]
name = "territory"
types = ["SEIZE"]
changes = ["opened", "confirmed"]
channels = ["outbox"]

[[rule]]
name = "clash"
types = ["ASSAULT"]
changes = ["opened", "magnitude:killed>=10", "magnitude:killed>=50"]
channels = ["outbox"]

[[rule]]
name = "denial"
only_alerted = true
changes = ["denied"]
channels = ["outbox"]

[channels.outbox]
url = "json://localhost/unused"
"""

LEFT = event(day="2017-10-16")
LEFT_UNDATED = event()
TOOK = event("SEIZE", "capture", actors=("iraqi-forces",), place="k1-base", day="2017-10-16")
NOT_TAKEN = event("SEIZE", "capture", actors=("iraqi-forces",), place="k1-base", day="2017-10-16", status="denied")


def fight(killed=None, place="tuz-khurmatu"):
    """Make a battle, with a number of dead or without."""
    figures = {"killed": killed} if killed else None
    return event("ASSAULT", "clash", actors=("pmu", "peshmerga"), place=place, day="2017-10-16", figures=figures)


def story():
    """Return what a few outlets wrote in a day, in order: openings, a shift of day, a denial, figures, edits."""
    minute = iter(range(1, 1000))

    def told(name, *events, revision=1, relevant=True):
        came = MONDAY + timedelta(minutes=next(minute))
        return coded(name, *events, revision=revision, ingested=came, relevant=relevant)

    return [
        told("undated", LEFT_UNDATED),
        told("fight", fight()),
        told("weather", relevant=False),
        told("dated", LEFT),
        told("taken", TOOK),
        told("toll", fight(12)),
        told("third", LEFT),
        told("denied", NOT_TAKEN),
        told("toll", fight(61), revision=2),
        told("dated", LEFT, revision=2),
        told("fight", revision=2, relevant=False),
        told("elsewhere", event(place="daquq", day="2017-10-17")),
        told("taken", revision=2, relevant=False),
        told("taken again", TOOK),
    ]


VOCABULARY = vocabulary.load_vocabulary(SCHEMA_DIR)


def schema_read_once(replace):
    """Let jobs have the schema that is loaded already: reading it takes longer than all else that they do here."""
    replace(alert, "choose_schema", lambda promoted, configured: (configured, VOCABULARY.ref))
    replace(vocabulary, "load_vocabulary", lambda folder: VOCABULARY)


def promote(log, generation="g1"):
    """Make a generation the live one."""
    before = live_promotion(log)
    previous = before.generation if before else None
    record = GenerationPromoted(
        generation=generation, previous=previous, schema=VOCABULARY.ref, at=MONDAY, schema_dir=SCHEMA_DIR
    )
    log.append([promotion_append(record, 2 if before else 1)])


def tell(log, *articles, generation="g1"):
    """Append coded articles as the match job would."""
    log.append([stored_form(article, generation) for article in articles])


def stored_form(article, generation="g1"):
    """Wrap a coded article for its stream."""
    subject = article.article.article_id
    packed = pack(article, event_id=coded_id(article), subject=subject, time=article.article.ingested)
    return Append(derived(MATCHES, generation), packed)


def ledger_records(log):
    """Return the ledger, record by record."""
    return [unpack(stored.event) for stored in replay(log, ALERTS)]


def raised(log):
    """Return the alerts in the order in which they were raised."""
    return [record.alert for record in ledger_records(log) if isinstance(record, AlertRaised)]


def named(alerts):
    """Return who alerted on what, in short."""
    return [f"{alert.rule} {alert.change}" for alert in alerts]


def outcome(log, index):
    """Return all that a run leaves behind, but for moments: the same for runs that were killed and that were not."""
    alerts = [msgspec.to_builtins(alert) for alert in raised(log)]
    documents = [fields for kind in ("developments", "alerts") for _, _, fields in index.scan(kind)]
    times = {"raised", "acknowledged"}
    return {
        "alerts": [{key: value for key, value in alert.items() if key not in times} for alert in alerts],
        "developments": [unpack(stored.event) for stored in replay(log, derived(DEVELOPMENTS, "g1"))],
        "documents": [{key: value for key, value in fields.items() if key not in times} for fields in documents],
        "position": log.position("alert.g1", derived(MATCHES, "g1")),
    }


class Outbox:
    """A channel that writes one id a line to a file; `refusals` is a file with how many sends to refuse first."""

    name = "outbox"

    def __init__(self, path):
        self._path = Path(path)
        self._refusals = self._path.with_suffix(".refusals")

    def send(self, alert):
        left = int(self._refusals.read_text()) if self._refusals.exists() else 0
        if left:
            self._refusals.write_text(str(left - 1))
            raise DeliveryError("the outbox is shut")
        with self._path.open("a") as file:
            file.write(alert.alert_id + "\n")
            file.flush()
            os.fsync(file.fileno())

    def sent(self):
        return self._path.read_text().split() if self._path.exists() else []


class Deadly:
    """A port that dies at the n-th call of one method, before or after it."""

    calls = 0

    def __init__(self, port, name, when, count):
        self._port, self._label, self._when, self._count = port, name, when, count

    def __getattr__(self, method):
        found = getattr(self._port, method)
        if not callable(found) or f"{self._label}.{method}" != self._when.partition(":")[2]:
            return found

        def call(*args, **named):
            Deadly.calls += 1
            now = Deadly.calls == self._count
            if now and self._when.startswith("before"):
                os.kill(os.getpid(), signal.SIGKILL)
            result = found(*args, **named)
            if now:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


def main(log_url, index_url, rules, outbox, when, count, *, sole=True):
    """Run the job until it dies or is done."""
    schema_read_once(setattr)
    open_log, open_index = registry.open_log, registry.open_index
    registry.open_log = lambda url: Deadly(open_log(url), "log", when, count)
    registry.open_index = lambda url: Deadly(open_index(url), "index", when, count)
    alert.run_alert(
        log_url,
        index_url,
        SCHEMA_DIR,
        load_rules(rules),
        [Deadly(Outbox(outbox), "notifier", when, count)],
        AlertOptions(batch_size=5, first_pause_s=0.01),
        stop=threading.Event(),
        clock=SystemClock(),
        progress=lambda _: None,
        once=True,
        sole=sole,
    )
