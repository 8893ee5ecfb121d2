"""The coder: an article in, coded events out. Pure; every step lives in a module of its own.

scan -> gate -> sentences -> tags -> clauses -> triggers -> roles -> realis, attribution, dates, numbers -> records
"""

import copy
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

import msgspec

from pipelines.matching.around import Tables
from pipelines.matching.attribution import Credits, claim_of
from pipelines.matching.claims import issued, spoken
from pipelines.matching.context import Context
from pipelines.matching.core import CoreCoder
from pipelines.matching.core_claims import Memory
from pipelines.matching.core_guess import guess_language
from pipelines.matching.dates import find_times, local_day, published_time
from pipelines.matching.denials import DENYING, speaks_for, with_denials
from pipelines.matching.grammar import Grammar
from pipelines.matching.headlines import read_headline
from pipelines.matching.implied import asked_after, note_deed
from pipelines.matching.lexicon import Patterns
from pipelines.matching.magnitudes import find_magnitudes, for_event
from pipelines.matching.parse import Parser
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import take_apart
from pipelines.matching.realis import Moods
from pipelines.matching.relevance import event_signs, gate_ids, has_current, is_relevant
from pipelines.matching.roles import code_trigger
from pipelines.matching.scanner import Mention, Scanner
from pipelines.matching.sentences import sentence_spans
from pipelines.matching.speech import Speech
from pipelines.matching.subject import Subject
from pipelines.matching.tagger import tag
from pipelines.matching.tokens import QUOTES, tokenise
from pipelines.matching.topic import Field, Topic
from pipelines.matching.triggers import Triggers
from pipelines.matching.whereabouts import setting_after
from schemas.lexicon import Language, checked_languages
from schemas.lexicon_patterns import words
from schemas.records import CodedEvent, EventTime, SchemaRef
from schemas.vocabulary import Vocabulary

_CONTROLS: Final = frozenset(
    [
        "order",
        "ask",
        "urge",
        "tell",
        "force",
        "call",
        "warn",
        "press",
        "instruct",
        "command",
        "direct",
        "require",
        "oblige",
        "persuade",
        "allow",
        "enable",
        "permit",
        "invite",
        "encourage",
        "want",
        "expect",
        "accuse",
        "blame",
        "suspect",
        "charge",
        "help",
        "forbid",
        "let",
        "appeal",
        "advise",
        "beg",
        "compel",
        "cause",
        "lead",
        "get",
        "pressure",
        "implore",
        "authorise",
        "authorize",
        "prevent",
        "stop",
        "keep",
    ]
)
"""Verbs whose object does what the infinitive or gerund below them says."""


class Coded(NamedTuple):
    """The outcome for one article. An irrelevant one has no events, unless all sentences were asked for."""

    relevant: bool
    events: tuple[CodedEvent, ...]


class Coder:
    """A compiled schema. Immutable once built: it may be used from several threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        languages, cores = checked_languages(vocabulary.lexicon)
        self.cores = {code: CoreCoder(code, core, vocabulary) for code, core in cores.items()}
        self.vocabulary = vocabulary
        self.language: Language = languages["en"]
        self.scanner = Scanner(vocabulary)
        self.grammar = Grammar(self.language)
        self.patterns = Patterns(self.language)
        self.credits = Credits(self.language.attribution)
        self.moods = Moods(self.language.time)
        self._gate = gate_ids(vocabulary)
        self._doors = self._gate | _local_ids(vocabulary)
        self._one_voice = speaks_for(vocabulary.actors)
        self._topic = Topic(vocabulary, words(self.language.events.classes.get("the_vote", "")), self._gate)
        self.subject = Subject(self.language.topics) if self.language.topics is not None else None
        self._opening_words = self.subject.doors if self.subject is not None else ("Kurd",)
        self._parties = Parties(vocabulary, self.language)
        self.tables = Tables(self.credits.verbs, _CONTROLS, self._parties.linked, self.patterns.phrasal)

    @property
    def ref(self) -> SchemaRef:
        """Name, version and digest of the schema."""
        return self.vocabulary.ref

    @property
    def topic(self) -> str:
        """The crisis that the schema describes."""
        return self.vocabulary.topic

    def code(
        self,
        *,
        title: str,
        text: str,
        published: datetime | None,
        language: str | None = None,
        all_sentences: bool = False,
    ) -> Coded:
        """Code one article. `published` is taken as UTC when naive; `language` None or unknown means: look and see."""
        fields = self._fields(title, text)
        if not (all_sentences or any(self._may_matter(field) for field in fields)):
            return Coded(relevant=False, events=())
        core = self.cores.get(guess_language(text or title, language, frozenset(self.cores)) or "")
        if core is not None and core.is_off_topic(title, text):
            return Coded(relevant=False, events=())
        events = self._events(fields, published, core, everyone=all_sentences)
        relevant = self._is_on_topic(events, fields, core)
        return Coded(relevant=relevant, events=tuple(events) if relevant or all_sentences else ())

    def signs(self, title: str, text: str, published: datetime | None) -> dict[str, float]:
        """Return the signs on which the verdict over an article in the grammar's language rests; none at the gate."""
        fields = self._fields(title, text)
        if self.subject is None or not any(self._may_matter(field) for field in fields):
            return {}
        return self._signs(self._events(fields, published, None, everyone=False), fields, self.subject)

    def _fields(self, title: str, text: str) -> tuple[Field, Field]:
        return Field("title", title, self.scanner.scan(title)), Field("text", text, self.scanner.scan(text))

    def _events(
        self, fields: tuple[Field, Field], published: datetime | None, core: CoreCoder | None, *, everyone: bool
    ) -> list[CodedEvent]:
        if published is not None and published.tzinfo is None:
            published = published.replace(tzinfo=UTC)
        if core is not None:
            return self._core_events(core, fields, published_time(published))
        context = self._context(published, everyone=everyone)
        events = self._field(context, fields[0])
        context.speech.reset()
        context.turn_to_text()
        return events + self._field(context, fields[1])

    def _is_on_topic(self, events: list[CodedEvent], fields: tuple[Field, Field], core: CoreCoder | None) -> bool:
        """Give the verdict: by all signs in the language that has weights for them, else by grounds alone."""
        if core is None and self.subject is not None and self.subject.weights:
            return has_current(events) and self.subject.score(self._signs(events, fields, self.subject)) > 0
        return is_relevant(events, self.vocabulary) or bool(self._topic.grounds(events, *fields))

    def _signs(self, events: list[CodedEvent], fields: tuple[Field, Field], subject: Subject) -> dict[str, float]:
        grounds = self._topic.grounds(events, *fields)
        held = bool(grounds) or is_relevant(events, self.vocabulary)
        signs = event_signs(events, self.vocabulary) | grounds | {"grounds": float(held)}
        return signs | self._topic.name_signs(*fields) | subject.word_signs(fields[0].text, fields[1].text)

    def _core_events(self, core: CoreCoder, fields: tuple[Field, Field], time: EventTime | None) -> list[CodedEvent]:
        events: list[CodedEvent] = []
        memory = Memory()
        for field in fields:
            memory.quoted = False
            for span, inside in self._split(field.text, field.mentions):
                events += core.code(field.text, span, inside, title=field.name == "title", time=time, memory=memory)
        return events

    def _split(self, text: str, mentions: list[Mention]) -> Iterator[tuple[tuple[int, int], list[Mention]]]:
        """Yield the sentences of a field with the mentions in them."""
        starts = [mention.start for mention in mentions]
        for span in sentence_spans(text, self.grammar.abbreviations):
            yield span, mentions[bisect_left(starts, span[0]) : bisect_left(starts, span[1])]

    def _may_matter(self, field: Field) -> bool:
        """Gate: without a place of the theatre or a Kurdish party no event can be relevant (schema, section 6)."""
        closed = self._doors.isdisjoint
        for mention in field.mentions:
            if not (closed(mention.actors) and closed(mention.places)):
                return True
        return bool(field.mentions) and any(word in field.text for word in self._opening_words)

    def _context(self, published: datetime | None, *, everyone: bool) -> Context:
        today: date | None = local_day(published) if published is not None else None
        parties = copy.copy(self._parties)
        parties.begin(today, everyone=everyone)
        return Context(
            parties=parties,
            triggers=Triggers(self.patterns, parties),
            cues=self.credits,
            moods=self.moods,
            speech=Speech(self.credits),
            today=today,
            default_time=published_time(published),
            everyone=everyone,
        )

    def _field(self, context: Context, field: Field) -> list[CodedEvent]:
        events: list[CodedEvent] = []
        waiting: list[int] = []
        text = field.text
        issuer: str | None = None
        for span, inside in self._split(text, field.mentions):
            quoted = context.speech.unattributed
            if not quoted:
                issuer = next(iter(context.parties.memory.groups[-1:]), None)
            found = self._sentence(context, text, span, inside, title=field.name == "title")
            if context.speech.revealed:
                claim = claim_of(context.speech.revealed)
                for at in waiting:
                    events[at] = spoken(events[at], claim, self.vocabulary)
            elif quoted and not context.speech.unattributed:
                for at in waiting:
                    events[at] = issued(events[at], issuer)
                found = [issued(event, issuer) for event in found]
            if not context.speech.unattributed:
                waiting.clear()
            else:
                begin = max(text.rfind(mark, *span) for mark in QUOTES)
                waiting += [
                    len(events) + at
                    for at, event in enumerate(found)
                    if not event.claim.sources and event.trigger.span[0] > begin
                ]
            events += found
        for at in waiting:
            events[at] = issued(events[at], issuer)
        return events

    def _sentence(
        self, context: Context, text: str, span: tuple[int, int], mentions: list[Mention], *, title: bool
    ) -> list[CodedEvent]:
        sentence = tokenise(text, span, mentions, title=title)
        tag(sentence, self.grammar)
        context.speech.begin(sentence)
        parser = Parser(sentence, self.tables)
        clauses = parser.parse()
        if title:
            read_headline(sentence, clauses, self.grammar)
        context.begin(sentence, clauses)
        found = context.triggers.find(sentence, clauses, context.credited)
        if found:
            context.times = find_times(text, span, context.today, context.anchor) if context.today else []
            magnitudes = find_magnitudes(sentence, clauses, self.grammar)
        events = []
        for trigger in found:
            event = code_trigger(context, trigger, found)
            if event is not None:
                context.asked = asked_after([event]) or context.asked
                note_deed(context, event)
                numbers = for_event(event.type, magnitudes)
                events.append(msgspec.structs.replace(event, magnitude=numbers) if numbers else event)
        if DENYING in self.vocabulary.types:
            events = with_denials(events, self._one_voice)
        context.setting, context.asked = setting_after(events), asked_after(events)
        context.parties.remember(sentence, clauses)
        context.speech.after(sentence, clauses, context.parties)
        take_apart(parser.clauses)
        return events


def _local_ids(vocabulary: Vocabulary) -> frozenset[str]:
    """Return the actors that carry a town of the theatre in their name ("Kirkuk police"): naming them names it."""
    towns = {place.name for place in vocabulary.places.values() if place.theatre and place.metonym is None}
    actors = vocabulary.actors.values()
    return frozenset(actor.id for actor in actors if not towns.isdisjoint(actor.name.split()))
