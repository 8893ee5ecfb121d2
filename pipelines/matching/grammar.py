"""A language's word lists compiled to look-up tables."""

from collections.abc import Mapping
from typing import Final

from pipelines.matching.inflect import conjugate, plural
from schemas.lexicon import Language
from schemas.lexicon_patterns import lines, parse_pattern, words

BE: Final = frozenset(["be", "am", "is", "are", "was", "were", "been", "being", "'s", "'re"])
HAVE: Final = frozenset(["have", "has", "had", "having", "'ve"])
DO: Final = frozenset(["do", "does", "did"])


class Verb:
    """What one surface form can be: forms is a subset of VB VBZ VBD VBN VBG."""

    __slots__ = ("forms", "lemma", "weak")

    def __init__(self, lemma: str, *, weak: bool) -> None:
        self.lemma = lemma
        self.forms: set[str] = set()
        self.weak = weak


class Grammar:
    """Closed classes, verb forms and noun lemmas of one language."""

    def __init__(self, language: Language) -> None:
        source = language.words
        self.abbreviations = frozenset(words(source.abbreviations))
        self.closed: dict[str, str] = {}
        self.multiword: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for tag, block in (
            ("ADJ", source.adjectives),
            ("ADV", source.adverbs),
            ("SUB", source.subordinators),
            ("PREP", source.prepositions),
            ("PRON", source.pronouns),
            ("DET", source.determiners),
            ("PRP$", source.possessives),
            ("WH", source.relatives),
            ("CONJ", source.conjunctions),
            ("MODAL", source.modals),
            ("NEG", source.negations),
        ):
            for word in words(block):
                self._close(word, tag)
        self.number_words = dict(language.time.numbers)
        self.vague_numbers = dict(language.time.vague)
        self.subordinators = frozenset(words(source.subordinators))
        self.plurals = frozenset(words(source.plurals))
        self.title_passives = frozenset(words(source.title_passives))
        self.months = frozenset(words(language.time.months))
        self.weekdays = frozenset(words(language.time.weekdays))
        self.titles = frozenset(
            word
            for block in (
                *language.parties.heads.values(),
                language.events.classes.get("person", ""),
                language.parties.place_nouns,
                language.events.classes.get("holding", ""),
            )
            for word in words(block)
        ) | frozenset({"mr", "sir", "king", "son", "brother", "nephew", "father", "chairman", "cleric", "ayatollah"})
        cues = language.attribution
        self.cues = frozenset(
            word for block in (cues.said, cues.claimed, cues.denied, cues.confirmed) for word in words(block)
        )
        self.verbs: dict[str, Verb] = {}
        self.nouns: dict[str, str] = {}
        self.guesses: dict[tuple[str, str, bool, bool], tuple[str, str]] = {}
        """What the tagger takes words for at first sight, as far as it has met them."""
        self._add_verbs(language)
        self._add_nouns(language)

    def _close(self, word: str, tag: str) -> None:
        parts = tuple(word.split())
        if len(parts) > 1:
            self.multiword.setdefault(parts[0], []).append((parts, tag))
            self.multiword[parts[0]].sort(key=lambda entry: -len(entry[0]))
        else:
            self.closed[word] = tag

    def _add_verbs(self, language: Language) -> None:
        source, cues = language.words, language.attribution
        irregular, doubling = source.irregular, frozenset(words(source.doubling))
        weak = frozenset(words(source.weak_verbs))
        lemmas = dict.fromkeys(irregular)
        for group in language.events.groups:
            for line in lines(group.verbs):
                lemmas.update(dict.fromkeys(parse_pattern(line).lemmas))
        for block in (cues.said, cues.claimed, cues.denied, cues.confirmed, source.verbs):
            lemmas.update(dict.fromkeys(words(block)))
        for block in (language.events.light_verbs, language.events.occur_verbs):
            lemmas.update(dict.fromkeys(word.split()[0] for word in words(block)))
        lemmas.update(dict.fromkeys(weak))
        for lemma in lemmas:
            if lemma.isalpha() or "-" in lemma:
                self._add_verb(lemma, irregular, doubling, weak=lemma in weak)

    def _add_verb(self, lemma: str, irregular: Mapping[str, str], doubling: frozenset[str], *, weak: bool) -> None:
        forms = conjugate(lemma, irregular, doubling)
        pairs = zip(("VB", "VBZ", "VBD", "VBN", "VBG"), forms, strict=True)
        for tag, form in ((tag, one) for tag, each in pairs for one in each.split("|")):
            verb = self.verbs.get(form)
            if verb is None:
                verb = self.verbs[form] = Verb(lemma, weak=weak)
            if verb.lemma == lemma:
                verb.forms.add(tag)
        if lemma in doubling and lemma.endswith("l") and lemma not in irregular:
            self._add_verb(lemma, {**irregular, lemma: lemma + "ed"}, frozenset(), weak=weak)

    def _add_nouns(self, language: Language) -> None:
        nouns = dict.fromkeys(words(language.words.nouns))
        for group in language.events.groups:
            nouns.update(dict.fromkeys(words(group.nouns)))
            nouns.update(dict.fromkeys(words(group.bare_nouns)))
        for table in (language.events.classes, language.parties.heads):
            for block in table.values():
                nouns.update(dict.fromkeys(words(block)))
        nouns.update(dict.fromkeys(language.parties.nouns))
        for noun in nouns:
            if noun.endswith("s") and noun[:-1] in nouns:
                continue
            self.nouns.setdefault(noun, noun)
            self.nouns.setdefault(plural(noun), noun)
            if noun.endswith("man"):
                self.nouns.setdefault(noun.removesuffix("man") + "men", noun)
        self.nouns.update(
            {
                "men": "man",
                "women": "woman",
                "children": "child",
                "lives": "life",
                "wives": "wife",
                "children's": "child",
            }
        )

    def noun_lemma(self, word: str) -> str:
        """Return the singular of a noun; unknown words by their ending."""
        known = self.nouns.get(word)
        if known is not None:
            return known
        if word.endswith("ies") and len(word) > 4:
            return word[:-3] + "y"
        if word.endswith(("sses", "shes", "ches", "xes")):
            return word[:-2]
        return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
