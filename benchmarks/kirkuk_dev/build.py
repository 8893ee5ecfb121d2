"""Make articles.jsonl and gold.jsonl from the authored articles, and check every label.

`python -m benchmarks.kirkuk_dev.build [FOLDER]` (FOLDER/authored/*.txt; else this folder's own)

An authored file holds articles one after the other:

    === k001 | en | 2017-10-16T09:20:00Z | An Invented Outlet | relevant
    # The title
    > SEIZE.enter "enter" a: iraqi-forces; p: kirkuk-city
    The first sentence of the text.
    > RETREAT.withdraw "left" a: peshmerga-puk + text:two brigades; alleged; src: a PUK lawmaker = puk anonymous

A line of text is one or more sentences; lines are joined by a blank, an empty line is a new paragraph, `~` a no-break
space. Events follow the line that holds their trigger ("trigger"#2 is its second occurrence there). Fields, parted by
`;`: `a`, `r`, `p` (actors, recipients, places) and `ao`, `ro`, `po` (allowed, not asked for), entries parted by ` + `,
alternatives by `|`; `src: WORDS = ID KIND` (ID `-` for none); and the bare words of realis and status, `neg`, `opt`
(optional), `anysrc` (any source or none is right), `anyneg` (either polarity is right).
"""

import json
import re
import sys
from datetime import datetime
from pathlib import Path

import yaml

from benchmarks.yardsticks.sentences import sentence_at, sentence_spans

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "schemas" / "kirkuk"
REALIS = ("actual", "future", "hypothetical", "historical", "generic")
STATUS = ("asserted", "alleged", "confirmed", "denied")
KINDS = ("named", "official", "anonymous", "media", "document")
SLOTS = {"a": "actors", "r": "recipients", "p": "places"}
SLOTS |= {key + "o": name + "_opt" for key, name in SLOTS.items()}
FLAGS = {"opt": "optional", "anysrc": "source_any", "anyneg": "negated_any"}
EVENT = re.compile(r'> (?P<type>[A-Z|]+)(?:\.(?P<mode>[a-z-]+))? "(?P<trigger>[^"]+)"(?:#(?P<nth>\d))?(?P<fields>.*)')


class LabelError(Exception):
    """A label or article that breaks a rule; the message names file, article and line."""


def legal_values():
    """The schema's {type: modes}, actor ids and place ids."""
    types, actors, places = (
        yaml.safe_load((SCHEMA / f"{name}.yaml").read_text(encoding="utf-8"))[key]
        for name, key in (("schema", "types"), ("actors", "actors"), ("places", "places"))
    )
    return {t["id"]: set(t.get("modes", ())) for t in types}, {a["id"] for a in actors}, {p["id"] for p in places}


def read_authored(path):
    """Yield (head fields, title, body lines, labels) of each article; a label is (line index, text), -1 the title."""
    text = path.read_text(encoding="utf-8")
    for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, *lines = block.rstrip("\n").split("\n")
        title, body, labels = "", [], []
        for line in lines:
            if line.startswith("# "):
                title = line[2:].replace("~", "\u00a0")
            elif line.startswith(">"):
                labels.append((len(body) - 1, line))
            else:
                body.append(line.replace("~", "\u00a0"))
        yield [part.strip() for part in head.split("|")], title, body, labels


def join_lines(lines):
    """The article's text and each line's offset in it: lines joined by blanks, paragraphs by two line ends."""
    text, offsets = "", []
    for line in lines:
        if text and line:
            text += "" if text.endswith("\n") else " "
        offsets.append(len(text))
        text += line or "\n\n"
    return text.rstrip("\n"), offsets


def parse_event(line):
    """The gold event of one label line, without its sentence number, and which occurrence of the trigger is meant."""
    match = EVENT.fullmatch(line)
    if not match:
        raise LabelError(f"no label: {line}")
    trigger = match["trigger"].replace("~", "\u00a0")
    event = {"s": None, "type": match["type"], "mode": match["mode"], "trigger": trigger}
    event |= {"actors": [], "recipients": [], "places": [], "realis": "actual", "negated": False, "status": "asserted"}
    event |= {"source": None, "actors_opt": [], "recipients_opt": [], "places_opt": []}
    for field in filter(None, (part.strip() for part in match["fields"].split(";"))):
        event |= parse_field(field)
    return event, int(match["nth"] or 1)


def parse_field(field):
    """What one field of a label line sets."""
    key, colon, value = field.partition(":")
    if colon and key in SLOTS:
        return {SLOTS[key]: [party.strip() for party in value.split(" + ") if party.strip()]}
    if colon and key == "src":
        words, _, tail = value.rpartition("=")
        name, kind = tail.split()
        return {"source": {"text": words.strip(), "id": None if name == "-" else name, "kind": kind}}
    if field == "neg":
        return {"negated": True}
    if field in FLAGS:
        return {FLAGS[field]: True}
    for name, values in (("realis", REALIS), ("status", STATUS)):
        if set(field.split("|")) <= set(values):
            return {name: field}
    raise LabelError(f"unknown field: {field}")


def check_event(event, article, legal):
    """Raise LabelError unless types, modes, ids and kinds exist and all quoted words stand in the article."""
    types, actors, places = legal
    for name in event["type"].split("|"):
        if name not in types:
            raise LabelError(f"no type {name}")
    if event["mode"] and event["mode"] not in types[event["type"].split("|")[0]]:
        raise LabelError(f"no mode {event['type']}.{event['mode']}")
    for slot in SLOTS.values():
        known = places if slot.startswith("places") else actors
        for name in (name for party in event[slot] for name in party.split("|")):
            check_party(name, known, article)
    source = event["source"]
    if source:
        if source["kind"] not in KINDS:
            raise LabelError(f"no kind of source {source['kind']}")
        check_party("text:" + source["text"], (), article)
        for name in filter(None, (source["id"] or "").split("|")):
            check_party(name, actors, article)


def check_party(name, known, article):
    """Raise LabelError unless `name` is a known id, or `text:` and words of the article."""
    if name.startswith("text:"):
        have = set(re.findall(r"\w+", (article["title"] + " " + article["text"]).lower()))
        missing = [word for word in re.findall(r"\w+", name[5:].lower()) if word not in have]
        if missing:
            raise LabelError(f"not in the article: {' '.join(missing)} ({name})")
    elif name not in known:
        raise LabelError(f"no id {name}")


def locate_title(event, title):
    """-1, the number of the title, which must hold the trigger."""
    if event["trigger"] not in title:
        raise LabelError(f"trigger is not in the title: {event['trigger']}")
    return -1


def locate(event, nth, line_index, body, offsets, text):
    """The sentence number of the trigger: of its nth occurrence in the authored line."""
    at = -1
    for _ in range(nth):
        at = body[line_index].find(event["trigger"], at + 1)
        if at < 0:
            raise LabelError(f"trigger is not in its line: {event['trigger']}")
    spans = sentence_spans(text)
    number = sentence_at(spans, offsets[line_index] + at)
    start, end = spans[number]
    if event["trigger"] not in text[start:end]:
        raise LabelError(f"trigger crosses sentences: {event['trigger']}")
    return number


def build_article(head, title, body, labels, legal):
    """(article, gold) of one authored article."""
    name, language, published, source, verdict = head
    datetime.fromisoformat(published)
    if verdict not in ("relevant", "irrelevant"):
        raise LabelError(f"neither relevant nor irrelevant: {verdict}")
    text, offsets = join_lines(body)
    article = {"id": name, "title": title, "published": published, "source": source, "language": language, "text": text}
    events = []
    for line_index, line in labels:
        try:
            event, nth = parse_event(line)
            in_title = line_index < 0
            event["s"] = locate_title(event, title) if in_title else locate(event, nth, line_index, body, offsets, text)
            check_event(event, article, legal)
        except (LabelError, ValueError) as exc:
            raise LabelError(f"{name}: {exc}\n  in {line}") from exc
        events.append(event)
    if verdict == "irrelevant" and events:
        raise LabelError(f"{name}: what is not relevant is not labelled")
    return article, {"id": name, "relevant": verdict == "relevant", "events": events}


def build(paths):
    """(articles, gold) of all authored files in order; LabelError tells all faults at once."""
    legal, articles, gold, faults = legal_values(), [], [], []
    for path in paths:
        for parts in read_authored(path):
            try:
                article, labels = build_article(*parts, legal)
            except (LabelError, ValueError) as exc:
                faults.append(f"{path.name}: {exc}")
                continue
            articles.append(article)
            gold.append(labels)
    names = [article["id"] for article in articles]
    faults += [f"twice: {name}" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise LabelError("\n".join(faults))
    return articles, gold


def to_jsonl(rows):
    """One JSON object a line, letters as they are."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def tally(articles, gold):
    """Lines that tell how many articles, sentences and events of each type there are."""
    relevant = {g["id"] for g in gold if g["relevant"]}
    sentences = sum(len(sentence_spans(a["text"])) for a in articles if a["id"] in relevant)
    core, optional = {}, {}
    for event in (e for g in gold for e in g["events"]):
        counts = optional if event.get("optional") else core
        name = event["type"].split("|")[0]
        counts[name] = counts.get(name, 0) + 1
    yield f"{len(relevant)} relevant articles with {sentences} sentences, {len(gold) - len(relevant)} not relevant"
    yield f"{sum(core.values())} core events, {sum(optional.values())} optional"
    yield "  ".join(f"{name} {count}+{optional.get(name, 0)}" for name, count in sorted(core.items()))


def main(folder=HERE):
    """Build both files of a folder; 1 and all faults on stderr when a label is wrong."""
    try:
        articles, gold = build(sorted((folder / "authored").glob("*.txt")))
    except LabelError as exc:
        print(exc, file=sys.stderr)
        return 1
    (folder / "articles.jsonl").write_text(to_jsonl(articles), encoding="utf-8")
    (folder / "gold.jsonl").write_text(to_jsonl(gold), encoding="utf-8")
    print("\n".join(tally(articles, gold)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
