"""What an article has named so far, and which nouns look like somebody."""

from typing import Final

from schemas.records import Party

_REMEMBERED: Final = 40
"""Names kept per article for pronouns: the last few count, a list of 100,000 must not."""

_PERSON_ENDINGS: Final = ("er", "ers", "or", "ors", "ist", "ists", "man", "men")
_NO_PERSONS: Final = frozenset(
    [
        "order",
        "prayer",
        "prayers",
        "number",
        "letter",
        "water",
        "power",
        "paper",
        "border",
        "river",
        "tower",
        "sector",
        "factor",
        "corner",
        "matter",
        "weather",
        "winter",
        "summer",
        "october",
        "september",
        "november",
        "december",
        "quarter",
        "centre",
        "center",
        "computer",
        "error",
        "mirror",
        "motor",
        "door",
        "floor",
        "color",
        "theater",
        "theatre",
        "shelter",
        "counter",
        "chapter",
        "disaster",
        "answer",
        "offer",
        "latter",
        "former",
        "another",
        "banner",
        "trigger",
        "barrier",
        "career",
        "frontier",
        "chamber",
        "cover",
        "layer",
        "manner",
        "meter",
        "poster",
        "charter",
        "cluster",
        "container",
        "armor",
        "armour",
        "behaviour",
        "favour",
        "honour",
        "labour",
        "rumour",
        "terror",
        "horror",
        "harbour",
        "harbor",
        "humour",
        "colour",
        "tremor",
        "tractor",
        "reactor",
        "generator",
        "corridor",
        "twist",
        "anger",
        "danger",
        "finger",
        "fever",
        "timber",
        "register",
        "encounter",
        "dinner",
        "pressure",
        "fighter-bomber",
        "tanker",
        "trailer",
        "helicopter",
        "crater",
    ]
)


class Memory:
    """Who and what the article named last."""

    def __init__(self) -> None:
        self.people: list[str] = []
        self.groups: list[str] = []
        self.places: list[str] = []
        self.surnames: dict[str, str] = {}
        self.strangers: set[str] = set()
        """Surnames of people whom the schema doesn't know, introduced with a title or a first name."""
        self.pair: tuple[str, ...] = ()
        """Those that the last sentence named together: "they", "the two"."""
        self.stranger: Party | None = None
        """Whom the last sentence was about, where the schema doesn't know them."""
        self.alone = True
        """Whether the stranger is one person."""

    def saw(self, seen: list[str], name: str) -> None:
        """Note `name` as the latest of its kind."""
        if name in seen:
            if seen[-1] == name:
                return
            seen.remove(name)
        seen.append(name)
        if len(seen) > _REMEMBERED:
            del seen[0]


def person_like(head: str) -> bool:
    """Tell whether a noun that no list has looks like somebody ("intruders", "cameraman")."""
    return head.endswith(_PERSON_ENDINGS) and head not in _NO_PERSONS and len(head) > 4
