"""What the coder knows while it reads one article."""

from datetime import date

from pipelines.matching.asides import beside
from pipelines.matching.attribution import Credit, Credits
from pipelines.matching.dates import When
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause
from pipelines.matching.realis import Moods
from pipelines.matching.speech import Speech
from pipelines.matching.tokens import Sentence
from pipelines.matching.triggers import Triggers
from schemas.records import EventTime, Party


def stands_in(clause: Clause, aside: Clause) -> bool:
    """Tell whether a clause is an aside or describes somebody in it ("said X, who had fled")."""
    step: Clause | None = clause
    while step is not None and step is not aside:
        step = step.parent
    return step is aside


class Context:
    """What is known while one article is coded."""

    def __init__(
        self,
        *,
        parties: Parties,
        triggers: Triggers,
        cues: Credits,
        moods: Moods,
        speech: Speech,
        today: date | None,
        default_time: EventTime | None,
        everyone: bool,
    ) -> None:
        self.parties = parties
        self.triggers = triggers
        self.cues = cues
        self.moods = moods
        self.speech = speech
        self.today = today
        self.default_time = default_time
        self.everyone = everyone
        self.times: list[When] = []
        self.anchor: date | None = None
        self.setting: Party | None = None
        self.asked: tuple[Party, ...] = ()
        self.deeds: dict[str, tuple[Party, ...]] = {}
        """Who did what of each type last, latest last."""
        """Who asked or offered something last, in this sentence or the one before."""
        self.sentence: Sentence
        self._latest: Sentence | None = None
        self.before: Sentence | None = None
        """The sentence before this one of the same field."""
        self.clauses: list[Clause] = []
        self._beside: list[tuple[int, Clause, Credit]] | None = None

    def begin(self, sentence: Sentence, clauses: list[Clause]) -> None:
        """Turn to the next sentence."""
        if self.times:
            self.anchor = self.times[-1].first
        self.parties.turn(clauses)
        self.before, self._latest = self._latest, sentence
        self.sentence, self.clauses, self._beside, self.times = sentence, clauses, None, []

    def credited(self, clause: Clause) -> bool:
        """Tell whether somebody says a clause: above it, beside it, or in a quotation that runs on."""
        above = self.cues.above(self.sentence, clause, self.parties)
        if above or self.speech.unattributed:
            return all(credit.strength != "denied" for credit in above)
        asides = (aside for _, aside, _ in self.beside)
        return any(not stands_in(clause, aside) for aside in asides) or bool(self.speech.current(self.sentence))

    def turn_to_text(self) -> None:
        """Forget what has its words in the title: parties of the text have theirs there."""
        self.setting, self.asked, self._latest = None, (), None
        self.deeds.clear()
        self.parties.memory.stranger = None

    @property
    def beside(self) -> list[tuple[int, Clause, Credit]]:
        """Return the asides of the sentence, found once."""
        if self._beside is None:
            self._beside = beside(self.cues, self.sentence, self.clauses, self.parties)
        return self._beside
