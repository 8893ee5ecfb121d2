"""What the coder knows while it reads one article."""

from datetime import date

from pipelines.matching.attribution import Credit, Credits
from pipelines.matching.dates import When
from pipelines.matching.parties import Parties
from pipelines.matching.phrases import Clause
from pipelines.matching.realis import Moods
from pipelines.matching.speech import Speech
from pipelines.matching.tokens import Sentence
from pipelines.matching.triggers import Triggers
from schemas.records import EventTime, Party


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
        self.sentence: Sentence
        self.clauses: list[Clause] = []
        self._beside: list[tuple[int, Clause, Credit]] | None = None

    def begin(self, sentence: Sentence, clauses: list[Clause]) -> None:
        """Turn to the next sentence."""
        if self.times:
            self.anchor = self.times[-1].first
        self.parties.turn()
        self.sentence, self.clauses, self._beside, self.times = sentence, clauses, None, []

    @property
    def beside(self) -> list[tuple[int, Clause, Credit]]:
        """Return the asides of the sentence, found once."""
        if self._beside is None:
            self._beside = self.cues.beside(self.sentence, self.clauses, self.parties)
        return self._beside
