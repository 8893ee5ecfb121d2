"""Clauses by a deterministic left-to-right machine: what stands before the verb, after it, and on which preposition.

One pass; open clauses are links to their parents, so nothing recurses over the length of a sentence. It knows passives,
relative and reduced relative clauses, that- and infinitive complements, coordination, apposition.
"""

from pipelines.matching.around import (
    CLAUSE_PREPOSITIONS,
    PHRASE_TAGS,
    VERBAL_TAGS,
    Tables,
    asking_above,
    controller,
    dated,
    enumerates,
    finite_above,
    finite_ancestor,
    finite_next,
    introductory,
    list_goes_on,
    near,
    open_above,
    opens_infinitive,
    parenthesis,
    perfect_above,
    prep_is_later,
    purpose,
    resumed,
    stealable,
    verb_follows,
    verbal_ancestor,
)
from pipelines.matching.naming import headline_pair
from pipelines.matching.phrases import Clause, Phrase, VerbGroup, is_time, read_phrase, read_verb
from pipelines.matching.relatives import counted, described_by, goes_on_above, group, opens_relative
from pipelines.matching.takeover import inserts, inverts, resumes, steal, steal_prep, trails
from pipelines.matching.tokens import Sentence


class Parser:
    """Reads one sentence."""

    def __init__(self, sentence: Sentence, tables: Tables) -> None:
        self.sentence = sentence
        self.tables = tables
        self.clauses: list[Clause] = []
        self.clause = self.open_clause("main", None)
        self.prep: str | None = None
        self.prep_at = -1
        self.conj = False
        self.comma = False
        self.quote = False
        self.last: Phrase | None = None
        self.slot: list[Phrase] | None = None

    def parse(self) -> list[Clause]:
        """Return the clauses in the order of their beginnings."""
        at, tags = 0, self.sentence.tags
        while at < len(tags):
            tag = tags[at]
            if tag in PHRASE_TAGS:
                at = self._phrase(at)
            elif self.sentence.lows[at] == "(" and (end := parenthesis(self.sentence, at)):
                at = end
            elif tag in VERBAL_TAGS or (tag == "NEG" and verb_follows(self.sentence, at)):
                at = self._verb(at)
            else:
                self._mark(at, tag)
                at += 1
        return [clause for clause in self.clauses if clause.verb is not None or clause.kind == "main"]

    def open_clause(self, kind: str, parent: Clause | None, mark: str = "") -> Clause:
        """Begin a clause; it becomes the present one only where the caller says so."""
        clause = Clause(len(self.clauses), kind, parent, mark)
        self.clauses.append(clause)
        return clause

    def _mark(self, at: int, tag: str) -> None:
        """Take prepositions, conjunctions, relatives and punctuation."""
        if tag == "PREP":
            self._preposition(at)
        elif tag == "TO":
            self._to(at)
        elif tag == "CONJ":
            self.conj = True
        elif tag == "ADV":
            self.clause.particles.append((at, self.sentence.lows[at]))
        elif tag == "COMMA":
            self._comma()
        elif tag == "SUB":
            self._subordinator(at)
        elif tag == "WH":
            self._relative(at)
        elif tag in {"BREAK", "PUNCT"}:
            self._break(at)
        elif tag == "QUOTE":
            self.quote = True

    def _preposition(self, at: int) -> None:
        """Take a preposition, or the particle of a verb ("took over the city": the city is the object)."""
        low, verb = self.sentence.lows[at], self.clause.verb
        self.clause.particles.append((at, low))
        compound = self.sentence.tags[at + 1 : at + 2] == ["FIX"]  # "walked out of the base"
        if verb is None or at != verb.end or compound or low not in self.tables.phrasal.get(verb.lemma, ()):
            self.prep, self.prep_at = near(self.sentence.lemmas[at]), at

    def _to(self, at: int) -> None:
        if opens_infinitive(self.sentence, at):
            self._infinitive(at)
        else:
            self.prep, self.prep_at = "to", at
            self.clause.particles.append((at, "to"))

    def _infinitive(self, at: int) -> None:
        if self.conj and self.clause.kind == "inf" and self.clause.verb is not None:
            return
        parent = verbal_ancestor(asking_above(self.clause, self.tables) if self.comma else self.clause)
        clause = self.open_clause("inf", parent, purpose(self.sentence, at))
        verb = parent.verb
        controlled = verb is not None and verb.lemma in self.tables.controls and not verb.passive
        clause.subjects = list((controlled and controller(parent)) or parent.surface_subjects())
        self.clause, self.prep, self.conj = clause, None, False

    def _comma(self) -> None:
        self.comma, self.prep, self.conj = True, None, False
        clause = self.clause
        while clause.parent is not None and clause.verb is not None and introductory(clause):
            clause = clause.parent
        self._to_clause(clause)

    def _to_clause(self, clause: Clause) -> None:
        if clause is not self.clause:
            self.clause = clause
            self.slot = clause.subjects if clause.verb is None else clause.objects

    def _break(self, at: int) -> None:
        low = self.sentence.lows[at]
        if low in "–—-" and at and self.clause.verb is None and not self.clause.subjects:
            return
        before = self.clause
        self.clause = self.open_clause("main", None)
        if low == ":" and (before.verb is not None or before.subjects):
            self.clause.leader = before
        elif low == ";":
            self.clause.leader = before.leader
        self.prep, self.conj, self.comma, self.last, self.slot = None, False, False, None, None

    def _subordinator(self, at: int) -> None:
        mark, parent = self.sentence.lemmas[at], self.clause
        if mark == "that" and opens_relative(self, at):
            self._relative(at)
            return
        if self.prep == "for" or mark == "as if":
            self.prep = None
        if mark == "that" and self.conj and parent.kind == "comp" and parent.parent is not None:
            parent = parent.parent
        kind = "comp" if mark in {"that", "whether", "how", "why"} and parent.verb is not None else "sub"
        while parent.kind in {"reduced", "part"} and parent.parent is not None and kind == "sub":
            parent = parent.parent
        clause = self.open_clause(kind, parent, mark)
        if mark == "where" and self.last is not None:
            clause.preps.append(("in", self.last))
        self.clause, self.prep, self.conj, self.slot = clause, None, False, None

    def _relative(self, at: int) -> None:
        prep, self.prep = self.prep, None
        told = counted(self) if prep == "of" else None
        clause = self.open_clause("rel", self.clause, self.sentence.lows[at])
        clause.antecedent = described_by(self, self.sentence.lows[at]) if told is None else told
        if prep is not None and clause.antecedent and told is None:
            clause.preps.append((prep, clause.antecedent[0]))
            clause.kind = "sub"
        self.clause, self.conj, self.slot = clause, False, None

    def _phrase(self, at: int) -> int:
        phrase = read_phrase(self.sentence, at)
        clause = self.clause
        if self.prep is not None:
            self._hang(phrase)
        elif is_time(self.sentence, phrase):
            clause.preps.append(("@time", phrase))
            phrase.prep = "@time"
            if self.last is None or clause.verb is not None:
                self.last, self.slot = phrase, None
            self.conj = self.quote = False
            return phrase.end
        elif (self.conj or self.comma) and self._joins(phrase):
            self._join(phrase)
        elif clause.inverted and not clause.subjects:
            clause.subjects.append(phrase)
            self.slot = clause.subjects
        elif clause.inverted and self.comma and self.last is not None and self.last is clause.subjects[-1]:
            self.last.apposed.append(phrase)
            phrase.holder = self.last
        elif clause.verb is None:
            self._subject(phrase)
        else:
            clause.objects.append(phrase)
            phrase.late = "conj" if self.conj else "comma" if self.comma or self.quote else ""
            self.slot = clause.objects
        self.last = phrase
        self.prep, self.conj, self.comma, self.quote = None, False, False, False
        return phrase.end

    def _subject(self, phrase: Phrase) -> None:
        clause = self.clause
        if clause.subjects and self.comma and self.last is not None and not self.conj:
            if headline_pair(self.sentence, self.last, phrase):
                self._join(phrase)
                return
            self.last.apposed.append(phrase)
            phrase.holder = self.last
            return
        clause.subjects.append(phrase)
        phrase.late = "comma" if self.comma else ""
        self.slot = clause.subjects

    def _hang(self, phrase: Phrase) -> None:
        """Attach "prep phrase" to the noun before it and, unless it is "of", to the clause."""
        prep = self.prep or ""
        phrase.prep = prep
        if self.last is not None and self.last.end >= self.prep_at - 1:
            phrase.holder = self.last
            self.last.preps.append((prep, phrase))
        if prep != "of" or phrase.holder is None:
            self.clause.preps.append((prep, phrase))
        phrase.early = self.clause.verb is None and phrase.holder is not None
        clause = self.clause
        verb = clause.verb
        if (
            clause.kind in {"reduced", "part"}
            and clause.subjects
            and verb
            and self.sentence.lows[verb.head] in self.tables.linked
        ):
            clause.subjects[0].preps.append(("linked", phrase))
        self.slot = None

    def _joins(self, phrase: Phrase) -> bool:
        """Tell whether a noun after "and" or a comma goes on with the last one, and doesn't begin a clause."""
        if self.last is None or self.last.prep == "@time":
            return False
        if (
            self.last.prep not in CLAUSE_PREPOSITIONS
            and self.clause.verb is not None
            and finite_next(self.sentence, phrase.end)
        ):
            return self.conj and bool(self.last.late) and self.last.end >= phrase.start - 2
        if self.conj:
            # ", and" opens a clause unless it ends a list.
            listed = not self.comma or self.last.coordinated or self.clause.verb is None
            return listed and self.last.end >= phrase.start - 3
        if self.last.prep is not None and self.clause.verb is None and not self.clause.subjects:
            return False
        return list_goes_on(self.sentence, phrase.end)

    def _join(self, phrase: Phrase) -> None:
        last = self.last
        assert last is not None
        phrase.coordinated = True
        if last.prep is not None and (self.slot is None or last not in self.slot[-1:]):
            phrase.prep, phrase.holder, phrase.early = last.prep, last.holder, last.early
            last.coordinated = True
            if last.holder is not None:
                last.holder.preps.append((last.prep, phrase))
            if last.prep != "of" or last.holder is None:
                self.clause.preps.append((last.prep, phrase))
        elif self.slot is not None:
            last.coordinated = True
            self.slot.append(phrase)
        else:
            self.clause.objects.append(phrase)

    def _verb(self, at: int) -> int:
        verb = read_verb(self.sentence, at)
        if verb.form == "VB" and not verb.modal and self.conj and self.clause.kind == "inf" and self.clause.verb:
            verb.finite = False
            self._coordinate(self.clause)
        elif verb.finite or goes_on_above(self, verb):
            verb.finite = True
            self._finite(verb)
        elif verb.form == "VBG":
            self._gerund()
        elif verb.form == "VBN" and not self._awaited(verb):
            self._participle(verb)
        elif self.clause.verb is not None:
            self._coordinate(self.clause)
        self.clause.verb = self.clause.verb or verb
        self.prep, self.conj, self.comma, self.quote = None, False, False, False
        self.slot = self.last = None
        return verb.end

    def _awaited(self, verb: VerbGroup) -> bool:
        """Tell the "be held" that "to" has opened a clause for, or "demanded that X"."""
        clause = self.clause
        if clause.verb is not None or not verb.passive:
            return False
        asked = clause.kind == "comp" and bool(clause.subjects) and self.sentence.lows[verb.start] in {"be", "not"}
        return asked or (verb.to and clause.kind == "inf")

    def _closed(self) -> Clause:
        """Return the clause that ", and" goes on with: a comma ends the relative clause before it."""
        clause, parent = self.clause, self.clause.parent
        ends = self.conj and self.comma and clause.kind == "rel" and clause.verb is not None
        return parent if ends and parent is not None and parent.verb is not None else clause

    def _opens_inside(self) -> bool:
        """Tell whether a verb can only be that of "after X": the clause has none, or is an insertion whose second comma
        is still to come (", first imposed after the vote").
        """
        clause = self.clause
        inserted = clause.kind == "reduced" and clause.adjoined and not (self.comma or self.conj)
        return clause.verb is None or inserted

    def _opens_time(self, clause: Clause, verb: VerbGroup) -> bool:
        """Tell whether a relative clause goes on with "after X left": X stands right before the verb."""
        last = self.last
        timed = last is not None and last.end == verb.start and last.prep in {"after", "before", "since", "until"}
        return timed and clause.kind == "rel"

    def _coordinate(self, like: Clause) -> None:
        """Open a clause that shares the subject of `like` ("advanced and seized")."""
        clause = self.open_clause(like.kind, like.parent, like.mark)
        clause.subjects, clause.antecedent = list(like.surface_subjects()), like.antecedent
        clause.shares, like.followed = like, clause
        clause.leader = like.leader
        self.clause = clause

    def _finite(self, verb: VerbGroup) -> None:
        if trails(self, verb) or resumes(self) or (self._opens_inside() and steal_prep(self, self.clause, verb)):
            return
        self.clause = resumed(self.clause, self.sentence, verb)
        self.conj = self.conj or enumerates(self.sentence, finite_above(self.clause), verb)
        clause = finite_ancestor(self._closed(), self.tables, verb, climb=self.conj)
        if clause.verb is None and inserts(self, clause, verb):
            return
        if clause.verb is None:
            self.clause = clause
            if clause.kind == "rel" and not clause.subjects:
                clause.subjects, clause.gapped = list(clause.antecedent), True
            return
        above = None if self._opens_time(clause, verb) else open_above(clause)
        if above is not None and (not self.conj or clause.kind == "sub") and (self.comma or clause.kind == "rel"):
            self.clause = above
            return
        if inverts(self, verb):
            return
        stolen = stealable(clause)
        if stolen is not None and not self.conj and not prep_is_later(clause, stolen):
            steal(self, clause, stolen)
        elif not (self.conj or self.comma) and steal_prep(self, clause, verb):
            return
        elif above is not None and not self.conj:
            self.clause = above
        else:
            self._coordinate(clause)

    def _gerund(self) -> None:
        clause, prep = self.clause, self.prep
        if clause.verb is None and clause.kind in {"sub", "inf"} and not clause.subjects:
            above = clause.parent
            clause.subjects = list(above.surface_subjects()) if above is not None else []
            return
        if self.conj and clause.kind in {"ger", "part"} and clause.verb is not None:
            self._coordinate(clause)
            return
        kind = "ger" if prep is not None or (self.last is None and not self.comma) else "part"
        while self.comma and clause.kind == "reduced" and clause.parent is not None and clause.parent.verb is not None:
            clause = clause.parent
        new = self.open_clause(kind, clause, prep or "")
        if kind == "part" and not self.comma and self.last is not None:
            new.subjects = group(self, dated(self.sentence, self.last))
        elif clause.verb is not None and clause.verb.lemma in self.tables.controls and prep in {"of", "for", "from"}:
            new.subjects = controller(clause) or list(clause.surface_subjects())
        else:
            new.subjects = list(clause.surface_subjects())
        new.adjoined = self.comma
        self.clause = new

    def _participle(self, verb: VerbGroup) -> None:
        clause = self.clause
        transitive = self.sentence.tags[verb.end : verb.end + 1] in (["DET"], ["NOUN"], ["NAME"], ["PRP$"], ["NUM"])
        if self.conj and (like := perfect_above(clause, transitive=transitive)) is not None:
            verb.perfect = verb.finite = True
            self._coordinate(like)
            return
        verb.passive = True
        if self.conj and clause.verb is not None and clause.verb.passive:
            self._coordinate(clause)
            return
        new = self.open_clause("reduced", clause)
        new.adjoined = self.comma
        if clause.verb is not None and clause.verb.lemma == "keep" and not clause.verb.passive:
            new.preps += [("by", phrase) for phrase in clause.subjects]  # "keeps the skies shut"
        if self.last is not None and not (self.comma and clause.verb is not None and clause.subjects):
            new.subjects = group(self, self.last)
        else:
            new.subjects = list(clause.surface_subjects())
        self.clause = new
