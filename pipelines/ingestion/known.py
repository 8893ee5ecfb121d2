"""What the log holds of each article, as far as it is needed to tell new from known: a fold of `articles`.

About 700 bytes an article; texts are not kept. Loading 100,000 of them takes 3 s of processor time.
"""

from typing import Final, NamedTuple

import msgspec

from pipelines.ingestion.identity import Identity, identity
from schemas.envelope import CURRENT_VERSION, Event, unpack
from schemas.errors import RecordError
from schemas.records import LAST_REVISION, ArticlePublished, ArticleRetracted, ArticleRevised

_CARRIES_ARTICLE: Final = frozenset({ArticlePublished.__name__, ArticleRevised.__name__})
_NOBODY: Final = b""
"""Stands for the article of a key that several articles have."""

_Packed = bytes | str
"""An id in half its size, if it is one of `stable_id`."""


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an article that is looked at. Decoding it alone takes a third of the time."""

    article_id: str
    revision_id: str
    revision: int
    feed_id: str
    publisher: str
    guid: str | None = None
    url: str | None = None


class _Payload(msgspec.Struct, frozen=True, kw_only=True):
    article: _Seen


class Known(NamedTuple):
    """An article's latest revision, and the feed that it came from."""

    article_id: str
    revision: int
    revision_id: str
    feed_id: str

    @property
    def withdrawn_for_good(self) -> bool:
        """Whether no revision can follow."""
        return self.revision >= LAST_REVISION


class _Latest(NamedTuple):
    revision: int
    revision_id: _Packed
    feed_id: str


_payload_decoder: Final = msgspec.json.Decoder(_Payload)


class KnownArticles:
    """Every article of the log by all keys that it came with. Folding an event twice, or late, changes nothing."""

    def __init__(self) -> None:
        self._latest: dict[_Packed, _Latest] = {}
        self._articles: dict[_Packed, _Packed] = {}
        self._feeds: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._latest)

    def fold(self, event: Event) -> None:
        """Take in one event of `articles`. Raises RecordError for one that can't be read."""
        if event.name in _CARRIES_ARTICLE:
            self._see(_seen(event))
        else:
            record = unpack(event)
            if isinstance(record, ArticleRetracted):
                self._withdraw(record)

    def resolve(self, item: Identity) -> tuple[str, Known | None]:
        """Return the article id of an item, and what is known of the article (None: it is new)."""
        for key in item.keys:
            name = self._articles.get(_pack(key), _NOBODY)
            if name != _NOBODY:
                return _unpack(name), self._known(name)
        # Its keys name several articles, or none: an id of its own, if there is one that is free.
        unused = (each for each in (item.article_id, *item.keys) if _pack(each) not in self._latest)
        article_id = next(unused, item.article_id)
        return article_id, self._known(_pack(article_id))

    def _known(self, name: _Packed) -> Known | None:
        latest = self._latest.get(name)
        return latest and Known(_unpack(name), latest.revision, _unpack(latest.revision_id), latest.feed_id)

    def _see(self, seen: _Seen) -> None:
        name = _pack(seen.article_id)
        keys = identity(seen.publisher, seen.guid, seen.url, "", "").keys if seen.guid or seen.url else ()
        for key in (name, *map(_pack, keys)):
            if self._articles.setdefault(key, name) != name:
                self._articles[key] = _NOBODY
        before = self._latest.get(name)
        if before is None or seen.revision > before.revision:
            feed_id = self._feeds.setdefault(seen.feed_id, seen.feed_id)
            self._latest[name] = _Latest(seen.revision, _pack(seen.revision_id), feed_id)

    def _withdraw(self, record: ArticleRetracted) -> None:
        name = _pack(record.article_id)
        before = self._latest.get(name)
        if before is not None and record.revision > before.revision:
            self._latest[name] = before._replace(revision=record.revision)


def _pack(text: str) -> _Packed:
    try:
        packed = bytes.fromhex(text)
    except ValueError:
        return text
    return packed if packed.hex() == text else text


def _unpack(name: _Packed) -> str:
    return name if isinstance(name, str) else name.hex()


def _seen(event: Event) -> _Seen:
    if event.data_version != CURRENT_VERSION[event.name]:
        article = getattr(unpack(event), "article", None)
        return msgspec.convert(article, _Seen, from_attributes=True)
    try:
        return _payload_decoder.decode(event.data).article
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordError(f"event {event.id}: {event.name} can't be read: {error}") from error
