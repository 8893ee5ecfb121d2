"""How much of a played crisis the monitor saw, how fast, and what it made up. Pure: records in, figures out.

A development is tied to the label that it fits best (`label_of`); an alert that fits none is false.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from desk.demo.playbook import Label, Playbook, Version, version_of
from schemas.records import Alert, Article, Development
from schemas.vocabulary import Vocabulary

OPENED: Final = "opened"
"""The kind of change with which a development begins."""


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """Of the labelled developments that articles in one language report, in how many such an article was seen."""

    expected: int
    found: int


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one play.

    `articles` counts distinct articles in the log, `revisions` their edits. Expected developments are the labels that
    are not minor; found are those of which the monitor has a development that one of their articles reports. `alerts`
    were sent; those that fit no label are false, and those that repeat rule, change and label of another are
    duplicates. `copies_collapsed` sums the reports that developments count as syndicated copies. Delays run from the
    moment at which the first article that tells the change had been served to the alert, in seconds; None without any.
    `alerts_expected` are the labels and changes that must be alerted, `alerts_found` those that were. `missed` and
    `missed_alerts` name labels, `false` and `duplicates` describe alerts.
    """

    articles: int
    revisions: int
    feeds: int
    developments_expected: int
    developments_found: int
    alerts: int
    false_alerts: int
    duplicate_alerts: int
    copies_collapsed: int
    delay_p50_s: float | None
    delay_p95_s: float | None
    alerts_expected: int
    alerts_found: int
    suppressed: int
    missed: tuple[str, ...]
    missed_alerts: tuple[str, ...]
    false: tuple[str, ...]
    duplicates: tuple[str, ...]
    by_language: dict[str, Recall]


class _Judged(NamedTuple):
    """An alert that was sent, and the label that it fits."""

    alert: Alert
    label: Label | None


class _Wanted(NamedTuple):
    """An alert that must be sent."""

    label: Label
    change: str


def score(
    playbook: Playbook,
    first_served: Mapping[Version, datetime],
    alerts: Sequence[Alert],
    developments: Sequence[Development],
    articles: Sequence[Article],
    coded: Collection[str],
) -> Score:
    """Compare what the monitor has with what the playbook says is there.

    `alerts` are all in the ledger, `developments` the latest version of each, `articles` all revisions in the log.
    `coded` are the languages that the schema's lexicon reads: what only articles in others tell is not expected.
    """
    known = _story_ids(playbook, articles)
    sent = [alert for alert in alerts if alert.suppressed is None]
    judged = [_Judged(alert, label_of(playbook, alert.development, known)) for alert in sent]
    expected = [label for label in playbook.labels if not label.minor and _is_readable(playbook, label, coded)]
    found = {label.id for label in expected for item in developments if tells(label, item, known)}
    false = [item.alert for item in judged if item.label is None]
    repeated = _repeated(judged, playbook, known)
    delays = sorted(_delays(judged, first_served, known))
    latest = _latest(articles)
    wanted = _wanted_alerts(expected)
    unseen = [want for want in wanted if not _is_alerted(want, sent, known)]
    return Score(
        articles=len(latest),
        revisions=sum(latest.values()) - len(latest),
        feeds=len(playbook.outlets),
        developments_expected=len(expected),
        developments_found=len(found),
        alerts=len(sent),
        false_alerts=len(false),
        duplicate_alerts=len(repeated),
        copies_collapsed=sum(development.copies for development in developments),
        delay_p50_s=percentile(delays, 0.50),
        delay_p95_s=percentile(delays, 0.95),
        alerts_expected=len(wanted),
        alerts_found=len(wanted) - len(unseen),
        suppressed=len(alerts) - len(sent),
        missed=tuple(label.id for label in expected if label.id not in found),
        missed_alerts=tuple(f"{want.label.id}: {want.change}" for want in unseen),
        false=tuple(_told(alert) for alert in false),
        duplicates=tuple(_told(alert) for alert in repeated),
        by_language=_by_language(playbook, expected, developments, known),
    )


def _is_readable(playbook: Playbook, label: Label, coded: Collection[str]) -> bool:
    return not _languages(playbook, _stories(label)).isdisjoint(coded)


def coded_languages(vocabulary: Vocabulary) -> frozenset[str]:
    """Return the languages that a schema has a lexicon for."""
    return frozenset(name.partition(".")[0] for name in vocabulary.lexicon)


def tells(label: Label, development: Development, known: Mapping[str, str]) -> bool:
    """Tell whether a development is a label's, and one of the label's articles is behind it."""
    return fits(label, development) and not _stories(label).isdisjoint(_told_by(development, known))


def fits(label: Label, development: Development) -> bool:
    """Tell whether a development is what a label describes: type, place, day and somebody who takes part."""
    return (
        development.type in label.types
        and _fits_place(label, development)
        and _days_off(label, development) <= label.tolerance_days
        and _fits_actors(label, development)
    )


def label_of(playbook: Playbook, development: Development, known: Mapping[str, str]) -> Label | None:
    """Return the label that a development fits best: by common articles, then nearness of day, then names in common.

    `known` maps article ids of the log to those of the playbook. A development that rests on articles marked as not
    relevant alone fits no label.
    """
    told_by = _told_by(development, known)
    if told_by and not any(playbook.story[key].relevant for key in told_by):
        return None
    fitting = [label for label in playbook.labels if fits(label, development)]
    return max(fitting, key=lambda label: _closeness(label, development, told_by), default=None)


def _closeness(label: Label, development: Development, told_by: set[str]) -> tuple[int, int, int, bool]:
    common = len(told_by & _stories(label))
    shared = len(_people(development) & set(label.actors_any))
    return (common, -_days_off(label, development), shared, not label.minor)


def _fits_place(label: Label, development: Development) -> bool:
    places = {development.place, *development.places}
    return not label.places or not places.isdisjoint(label.places)


def _days_off(label: Label, development: Development) -> int:
    day = date.fromisoformat(development.day)
    return min(abs((day - date.fromisoformat(given)).days) for given in label.days)


def _fits_actors(label: Label, development: Development) -> bool:
    """A development about which nobody says who did it fits whatever happened there then."""
    people = _people(development)
    return not label.actors_any or not people or not people.isdisjoint(label.actors_any)


def _people(development: Development) -> set[str]:
    return {*development.actors, *development.recipients}


def _stories(label: Label) -> set[str]:
    return {version_of(ref).story for ref in label.reported_by}


def _told_by(development: Development, known: Mapping[str, str]) -> set[str]:
    return {known[key] for key in development.article_ids if key in known}


def story_key(url: str | None) -> str | None:
    """Return the playbook's id of an article by its address, of which it is the last segment."""
    return urlsplit(url).path.rstrip("/").rpartition("/")[2] or None if url else None


def _story_ids(playbook: Playbook, articles: Iterable[Article]) -> dict[str, str]:
    found = ((article.article_id, story_key(article.url)) for article in articles)
    return {article_id: key for article_id, key in found if key is not None and key in playbook.story}


def _latest(articles: Iterable[Article]) -> dict[str, int]:
    """Return the highest revision of each article."""
    latest: dict[str, int] = {}
    for article in articles:
        latest[article.article_id] = max(article.revision, latest.get(article.article_id, 0))
    return latest


def _repeated(judged: Iterable[_Judged], playbook: Playbook, known: Mapping[str, str]) -> list[Alert]:
    """Return the alerts that say again what an earlier one of the same rule said.

    Where an article tells of two labelled developments that look alike (a halt and its end), an alert counts for the
    one that none has told of yet.
    """
    seen: set[tuple[str, str, str]] = set()
    repeated = []
    for alert, label in sorted(judged, key=lambda item: (item.alert.raised, item.alert.alert_id)):
        if label is None:
            continue
        told = [other for other in playbook.labels if tells(other, alert.development, known)]
        keys = [(alert.rule, alert.change, choice.id) for choice in (label, *told)]
        fresh = next((key for key in keys if key not in seen), None)
        if fresh is None:
            repeated.append(alert)
        else:
            seen.add(fresh)
    return repeated


def _delays(
    judged: Iterable[_Judged], first_served: Mapping[Version, datetime], known: Mapping[str, str]
) -> Iterable[float]:
    """Yield how long after its cause each true alert was raised, in seconds."""
    for alert, label in judged:
        if label is None:
            continue
        moments = [first_served[version] for version in _causes(alert, label, known) if version in first_served]
        if moments:
            cause = min(moments) if _is_labelled(alert, label) else max(moments)
            yield max(0.0, (alert.raised - cause).total_seconds())


def _causes(alert: Alert, label: Label, known: Mapping[str, str]) -> list[Version]:
    """Return what can have caused an alert: what the label says, else what the alert itself quotes."""
    kind = kind_of(alert.change)
    if kind == OPENED:
        return [version_of(ref) for ref in label.reported_by]
    if kind in label.changes:
        return [version_of(ref) for ref in label.changes[kind]]
    quoted = alert.evidence
    return [Version(known[item.article_id], item.revision - 1) for item in quoted if item.article_id in known]


def _is_labelled(alert: Alert, label: Label) -> bool:
    kind = kind_of(alert.change)
    return kind == OPENED or kind in label.changes


def kind_of(change: str) -> str:
    """Return the kind of a change, without the figures that rules add to it."""
    return change.partition(":")[0]


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least `share` of the values don't exceed (nearest rank), None of none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _wanted_alerts(expected: Iterable[Label]) -> list[_Wanted]:
    return [_Wanted(label, kind) for label in expected if label.alerted for kind in (OPENED, *label.changes)]


def _is_alerted(want: _Wanted, sent: Iterable[Alert], known: Mapping[str, str]) -> bool:
    return any(kind_of(alert.change) == want.change and tells(want.label, alert.development, known) for alert in sent)


def _told(alert: Alert) -> str:
    return f"{alert.alert_id[:8]} {alert.rule} {alert.change}: {alert.title}"


def _by_language(
    playbook: Playbook, expected: Iterable[Label], developments: Sequence[Development], known: Mapping[str, str]
) -> dict[str, Recall]:
    wanted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for label in expected:
        told_by = _stories(label)
        fitting = [development for development in developments if fits(label, development)]
        seen = {known.get(key) for development in fitting for key in development.article_ids}
        languages = _languages(playbook, told_by)
        wanted.update(languages)
        found.update(languages & _languages(playbook, told_by & seen))
    return {code: Recall(expected=wanted[code], found=found[code]) for code in sorted(wanted)}


def _languages(playbook: Playbook, stories: Iterable[str | None]) -> set[str]:
    return {playbook.outlet[playbook.story[key].outlet].language for key in stories if key is not None}
