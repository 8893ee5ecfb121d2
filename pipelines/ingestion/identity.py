"""Which article an item is, independent of the feed that carries it.

Policy. An item has up to three keys, tried in this order:

1. its guid, as it stands, within its publisher: "a1" of two outlets are two articles;
2. its guid and its link as canonical addresses (`links`), across all publishers: one address is one article, so an
   article in two feeds of an outlet is one, whatever guids they give it;
3. its title and text, within its publisher, only where it has neither.

The first key that an article is known by decides; so a feed that makes up new guids at every poll changes nothing while
the links stay, and one that changes its links changes nothing while the guids stay. An article that no key knows gets
its id from its canonical guid or link where the guid is an address, else from guid, link or text.

A key must name one item. Not used are: guids that are empty, bare numbers (they count positions in the list), or shared
in a poll by items that differ; links to a site's front page, or shared in a poll by items with other guids and other
texts (the posts of a live page). A key that the log holds for two articles is used for neither (`known`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from pipelines.ingestion.links import canonical_link, names_page
from pipelines.ingestion.revisions import fold_text
from schemas.feeds import FeedItem
from schemas.records import stable_id

_LONGEST_GUID: Final = 4000


class Identity(NamedTuple):
    """What an item may be known by: `keys`, most telling first, and the id that it gets when none is known.

    `guid` is the item's if it can be relied on, as it stands in the feed.
    """

    article_id: str
    keys: tuple[str, ...]
    guid: str | None


class _Marks(NamedTuple):
    """What one item carries that may tell it apart: guid, link as canonical address, digest of title and text."""

    guid: str | None
    address: str | None
    content: str


def usable_guid(guid: str | None) -> str | None:
    """Return a guid that can name an item, or None."""
    guid = (guid or "").strip()
    if not guid or guid.isnumeric() or len(guid) > _LONGEST_GUID:
        return None
    address = canonical_link(guid)
    return guid if address is None or names_page(address) else None


def usable_link(link: str | None) -> str | None:
    """Return the canonical address of a link that can name an item, or None."""
    address = canonical_link(link)
    return address if address is not None and names_page(address) else None


def link_key(address: str) -> str:
    """Key of a canonical address: one article, whoever links to it."""
    return stable_id("link", address)


def guid_key(publisher: str, guid: str) -> str:
    """Key of a guid as it stands, within its publisher."""
    return stable_id("guid", publisher, guid)


def text_key(publisher: str, title: str, text: str) -> str:
    """Key of an item that has nothing else."""
    return stable_id("text", publisher, fold_text(title), fold_text(text))


def identity(
    publisher: str,
    guid: str | None,
    link: str | None,
    title: str,
    text: str,
    *,
    shared: Collection[str] = (),
) -> Identity:
    """Name one item; `shared` holds the guids and canonical addresses that don't tell it from others (see
    `identify`).
    """
    guid = _unless_shared(usable_guid(guid), shared)
    permalink = _unless_shared(usable_link(guid), shared)
    address = _unless_shared(usable_link(link), shared)
    keys = [link_key(each) for each in dict.fromkeys((permalink, address)) if each]
    first = keys[0] if permalink else None
    if guid:
        keys.insert(0, guid_key(publisher, guid))
    if not keys:
        keys.append(text_key(publisher, title, text))
    return Identity(first or keys[0], tuple(keys), guid)


def _unless_shared(mark: str | None, shared: Collection[str]) -> str | None:
    return None if mark in shared else mark


def identify(publisher: str, items: Sequence[FeedItem]) -> list[Identity]:
    """Name all items of one poll, in their order, by the keys that tell them apart."""
    marks = [_marks(item) for item in items]
    shared = _shared(((mark.guid, mark.address, mark.content) for mark in marks), len(items))
    shared |= _shared(((each, mark.guid, mark.content) for mark in marks for each in _addresses(mark)), len(items))
    return [identity(publisher, item.guid, item.link, item.title, item.text, shared=shared) for item in items]


def _marks(item: FeedItem) -> _Marks:
    content = stable_id(fold_text(item.title), fold_text(item.text))
    return _Marks(usable_guid(item.guid), usable_link(item.link), content)


def _addresses(marks: _Marks) -> set[str]:
    return {each for each in (usable_link(marks.guid), marks.address) if each}


def _shared(carried: Iterable[tuple[str | None, str | None, str]], total: int) -> set[str]:
    """Return the marks that tell nothing: carried by items that differ both in text and in their other mark, or by
    every one of the `total` items though their texts differ. Each tuple is (mark, other mark, text).
    """
    carriers: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    for mark, other, content in carried:
        if mark is not None:
            carriers[mark].append((other, content))
    return {mark for mark, uses in carriers.items() if len(uses) > 1 and _differ(uses, every=len(uses) == total)}


def _differ(uses: Sequence[tuple[str | None, str]], *, every: bool) -> bool:
    texts = {content for _, content in uses}
    others = {other for other, _ in uses}
    return len(texts) > 1 and (every or len(others) > 1)
