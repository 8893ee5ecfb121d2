"""Numbers that matter: casualties, people displaced or arrested, votes, barrels, distances, troops."""

import re
from typing import Final

from pipelines.matching.grammar import Grammar
from pipelines.matching.phrases import Clause
from pipelines.matching.tokens import Sentence
from schemas.records import Magnitude

_PEOPLE: Final = frozenset(
    [
        "people",
        "person",
        "civilian",
        "fighter",
        "soldier",
        "militant",
        "member",
        "policeman",
        "officer",
        "man",
        "woman",
        "child",
        "family",
        "resident",
        "peshmerga",
        "troop",
        "terrorist",
        "victim",
        "militiaman",
        "guard",
        "protester",
        "student",
        "worker",
        "gunman",
        "rebel",
        "insurgent",
    ]
)
_BY_VERB: Final = {
    "kill": "killed", "slay": "killed", "die": "killed", "murder": "killed", "massacre": "killed", "behead": "killed",
    "lose": "killed", "execute": "killed", "shoot": "killed",
    "wound": "wounded", "injure": "wounded", "hurt": "wounded",
    "displace": "displaced", "flee": "displaced", "uproot": "displaced", "leave": "displaced", "evacuate": "displaced",
    "arrest": "arrested", "detain": "arrested", "capture": "arrested", "round": "arrested",
    "deploy": "troops", "send": "troops", "mass": "troops", "dispatch": "troops", "station": "troops",
}  # fmt: skip
_BY_WORD: Final = {
    "dead": "killed", "killed": "killed", "deaths": "killed", "displaced": "displaced",
    "wounded": "wounded", "injured": "wounded", "injuries": "wounded", "casualties": "wounded",
}  # fmt: skip
_BPD: Final = frozenset({"bpd", "b/d", "barrels"})
_DISTANCE: Final = {"km": "km", "kilometre": "km", "kilometer": "km", "mile": "mi", "kms": "km"}
_TYPES: Final = {
    "ASSAULT": {"killed", "wounded"}, "DISPLACE": {"displaced"}, "COERCE": {"arrested"},
    "MOBILIZE": {"troops", "distance"}, "RETREAT": {"distance", "killed", "troops"},
    "SEIZE": {"killed", "wounded", "distance"}, "VOTE": {"turnout", "yes-share"},
    "OIL": {"bpd"}, "AID": {"displaced"}, "PROTEST": {"killed", "wounded"}, "SUPPORT": {"yes-share", "turnout"},
}  # fmt: skip
_DIGITS: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")
_MULTIPLIERS: Final = {
    "dozen": 12.0,
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "k": 1e3,
    "m": 1e6,
    "bn": 1e9,
    "mn": 1e6,
}


def number_at(sentence: Sentence, at: int, grammar: Grammar) -> tuple[float, int] | None:
    """Read the number that begins at token `at`; return its value and the token after it."""
    total, current, index = 0.0, 0.0, at
    while index < len(sentence) and index < at + 8:
        low = sentence.lows[index]
        if sentence.tags[index] != "NUM" and not (low == "and" and current > 0 and _is_small(sentence, index + 1)):
            break
        value = _word_value(low, grammar)
        if low in _MULTIPLIERS:
            current = (current or 1.0) * _MULTIPLIERS[low]
            total, current = (total + current, 0.0) if current >= 1000 else (total, current)
        elif value is not None:
            if index > at and sentence.lows[index - 1] not in {"and", *_MULTIPLIERS}:
                current = current if current and value >= current else value if not current else current + value
            else:
                current += value
        index += 1
    return (total + current, index) if index > at and total + current > 0 else None


def _is_small(sentence: Sentence, at: int) -> bool:
    return at < len(sentence) and sentence.tags[at] == "NUM" and sentence.lows[at - 2] in _MULTIPLIERS


def _word_value(low: str, grammar: Grammar) -> float | None:
    if low in grammar.number_words:
        return grammar.number_words[low]
    if low in grammar.vague_numbers:
        return grammar.vague_numbers[low]
    match = _DIGITS.match(low)
    if match is None:
        head, _, tail = low.partition("-")
        parts = (grammar.number_words.get(head), grammar.number_words.get(tail))
        return parts[0] + parts[1] if parts[0] and parts[1] else None
    try:
        value = float(match.group().replace(",", ""))
    except ValueError:
        return None
    return value * _MULTIPLIERS.get(low[match.end() :], 1.0)


def find_magnitudes(sentence: Sentence, clauses: list[Clause], grammar: Grammar) -> list[tuple[int, Magnitude]]:
    """Return (token, magnitude) of all numbers of a sentence whose kind is clear."""
    found, behind = [], 0
    for at, tag in enumerate(sentence.tags):
        read = number_at(sentence, at, grammar) if tag == "NUM" and at >= behind else None
        if read is None:
            continue
        value, behind = read
        named = _kind(sentence, at, behind, clauses)
        if named is not None:
            kind, unit, stop = named
            start, finish = sentence.offsets(at, stop)
            text = sentence.text[start:finish]
            found.append((at, Magnitude(kind=kind, value=value, unit=unit, text=text, span=(start, finish))))
    return found


def _kind(sentence: Sentence, at: int, end: int, clauses: list[Clause]) -> tuple[str, str | None, int] | None:
    lows, lemmas = sentence.lows, sentence.lemmas
    following = lows[end] if end < len(lows) else ""
    if following in {"%", "percent", "pct"} or (following == "per" and lows[end + 1 : end + 2] == ["cent"]):
        return _share(sentence, at, end)
    if following in _BPD:
        return ("bpd", "bpd", end + 1) if following != "barrels" or "day" in lows[end : end + 5] else None
    if end < len(lemmas) and lemmas[end] in _DISTANCE:
        return "distance", _DISTANCE[lemmas[end]], end + 1
    if following in _BY_WORD:
        return _BY_WORD[following], None, end
    counted = next((stop for stop in range(end, min(end + 4, len(lows))) if lemmas[stop] in _PEOPLE), None)
    clause = _clause_of(clauses, at)
    verb = clause.verb.lemma if clause is not None and clause.verb is not None else ""
    kind = _BY_VERB.get(verb)
    if kind and (counted is not None or _ends_phrase(sentence, end)):
        return kind, None, end
    return None


def _ends_phrase(sentence: Sentence, end: int) -> bool:
    return (
        end >= len(sentence) or sentence.tags[end] not in {"NOUN", "NAME", "ADJ"} or sentence.mentions[end] is not None
    )


def _share(sentence: Sentence, at: int, end: int) -> tuple[str, str | None, int] | None:
    stop = end + (1 if sentence.lows[end] == "%" or sentence.lows[end] != "per" else 2)
    near = sentence.lows[max(0, at - 5) : stop + 7]
    if "turnout" in sentence.lows[stop : stop + 2] or "turnout" in sentence.lows[max(0, at - 4) : at]:
        return "turnout", "%", stop
    if {"part", "turned"} & set(near) and "independence" not in near:
        return "turnout", "%", stop
    if {"backed", "voted", "yes", "favour", "favor", "independence", "supported"} & set(near):
        return "yes-share", "%", stop
    return None


def _clause_of(clauses: list[Clause], at: int) -> Clause | None:
    """Return the clause in whose phrases the token stands, else the last whose verb comes before it."""
    best = None
    for clause in clauses:
        if clause.verb is None:
            continue
        if any(phrase.start <= at < phrase.end for phrase in (*clause.subjects, *clause.objects)):
            return clause
        if clause.verb.start <= at:
            best = clause
    return best


def for_event(kind: str, found: list[tuple[int, Magnitude]]) -> tuple[Magnitude, ...] | None:
    """Return the magnitudes that belong to an event type, None when there is none."""
    wanted = _TYPES.get(kind)
    chosen = tuple(magnitude for _, magnitude in found if wanted and magnitude.kind in wanted)
    return chosen or None
