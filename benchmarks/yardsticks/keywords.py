"""The floor: a list of words per type, as somebody would write it in ten minutes who has read the schema's table.

No parties, no grammar, no negation. What the matcher reaches above this is what its rules are worth; the same floor on
two sets tells which of them is harder.
"""

import re
from typing import Any

WORDS = {
    "AGREE": "agreed|agreement|accepted|pledged|promised|deal",
    "CONSULT": "met|meeting|visit|visited|travelled|hosted|talks|telephoned|flew",
    "SUPPORT": "backed|endorsed|support|supported|recognised|welcomed|praised",
    "CONCEDE": "offered|offer|offers|proposed|apologised|pull back",
    "COOPERATE": "joint|jointly|cooperation|shared",
    "AID": "aid|supplied|trained|relief",
    "RETREAT": "withdrew|withdraw|withdrawal|pulled out|pulled back|abandoned|handed over|retreat|surrendered|resigned"
    "|truce|ceasefire|left",
    "REQUEST": "demanded|demand|demands|called on|urged|asked|ordered|request",
    "ACCUSE": "accused|accuses|blamed|blames|condemned|denounced|charge",
    "REJECT": "rejected|rejects|refused|dismissed|ruled out|turned down",
    "THREATEN": "warned|threatened|threat|ultimatum|deadline",
    "PROTEST": "protested|protests|protesters|rallied|marched|demonstrators|demonstrated|strike|boycott",
    "SANCTION": "banned|ban|sanctions|closed|shut|sacked|halted|suspended|warrants",
    "MOBILIZE": "deployed|massed|massing|reinforcements|advanced|offensive|convoys|troops moved",
    "COERCE": "arrested|arrest|detained|curfew|raided|looted|stormed",
    "ASSAULT": "clashed|clashes|clash|fire|shelled|shelling|attacked|attack|killed|ambushed|bombed|fighting",
    "SEIZE": "control|seized|captured|retook|retaken|entered|took over|flag|takes|falls|take",
    "VOTE": "referendum|voted|vote|election|ballot|annulled",
    "DISPLACE": "fled|displaced|refugees|returned to their homes|uprooted|families",
    "OIL": "output|exports|bpd|barrels|pipeline|production",
    "STATEMENT": "denied|denies|denial|confirmed",
}
PATTERNS = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in WORDS.items()}
TOPIC = re.compile(r"\b(?:Kirkuk|Kurd\w*|Erbil|peshmerga|Sinjar|Hawija|Barzani|Tuz Khurmatu)\b", re.IGNORECASE)


def code_by_keywords(article: dict[str, Any], spans: list[tuple[int, int]]) -> dict[str, Any]:
    """The article as the list codes it: relevant when it names the topic twice; one event per type and sentence."""
    whole = f"{article['title']}. {article['text']}"
    relevant = len(TOPIC.findall(whole)) > 1
    parts = [("title", article["title"], 0, len(article["title"]))]
    parts += [("text", article["text"], start, end) for start, end in spans]
    events = [_event(field, name, hit) for field, body, a, b in parts for name, hit in _hits(body, a, b)]
    return {"id": article["id"], "relevant": relevant, "events": events if relevant else []}


def _hits(body: str, start: int, end: int) -> list[tuple[str, re.Match[str]]]:
    found = ((name, pattern.search(body, start, end)) for name, pattern in PATTERNS.items())
    return [(name, hit) for name, hit in found if hit]


def _event(field: str, name: str, hit: re.Match[str]) -> dict[str, Any]:
    empty: dict[str, Any] = {"actors": [], "recipients": [], "places": [], "realis": "actual", "negated": False}
    claim = {"status": "asserted", "sources": list[Any]()}
    trigger = {"text": hit.group(), "span": list(hit.span())}
    return {"field": field, "type": name, "mode": None, "trigger": trigger, "claim": claim, **empty}
