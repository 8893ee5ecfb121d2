"""Recognising a development whose id has shifted.

An id says side and day, so that every run and every generation gives one development one id. While reports still come
in, a day or a side may become known and the id shifts, or two developments turn out to be one. What was told under the
old id goes on under the new one: a line keeps all ids that a development has had, and what happens to it is a change,
not an opening.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from schemas.records import Development


class Update(NamedTuple):
    """What one article did to one development.

    `before` None: it is new. `after` None: none of its reports is left. `absorbed`: developments that turned out to be
    this one. `retired`: ids that no development has any more, whose documents are to be deleted.
    The updates of one article stand in an order in which a document may be deleted and written again.
    `lineage`: all ids that it has had, the one that it was opened under first. An id is in the lineage of at most one
    development at a time, so what was alerted under any of them was alerted for this one.
    """

    before: Development | None
    after: Development | None
    lineage: tuple[str, ...]
    absorbed: tuple[Development, ...] = ()
    retired: tuple[str, ...] = ()


class Kept(NamedTuple):
    """A development as it is now, with its lineage."""

    development: Development
    lineage: tuple[str, ...]


class Lines:
    """The developments of one family with their lineages."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._holder: dict[str, str] = {}
        """Every id of a lineage -> the id of the development now."""

    def __getitem__(self, development_id: str) -> Kept:
        return self._kept[development_id]

    def values(self) -> Iterable[Kept]:
        """Return all that are kept."""
        return self._kept.values()

    def follow(self, touched: Mapping[str, Development | None], moves: Mapping[tuple[str, str], int]) -> list[Update]:
        """Take developments as they are now (None: gone) and return how each that differs goes on.

        `moves` counts the articles that went from one id to another; both are in `touched`.
        """
        gone = {key: self._kept.pop(key) for key in sorted(touched) if touched[key] is None and key in self._kept}
        live = {key: after for key, after in sorted(touched.items()) if after is not None}
        pasts = {key: self._kept.get(key) for key in live}
        fresh = [key for key in live if key not in self._kept]
        for key in fresh:
            self._reclaim(key, gone, live, pasts)
        # Those that took a line over come first: its holder's document is deleted before it is written anew.
        ordered = sorted(live, key=lambda key: key not in fresh or pasts[key] is None)
        heirs = _heirs(gone, moves)
        absorbed: dict[str, list[Kept]] = {}
        for key, target in heirs.items():
            kept = gone.pop(key)
            if pasts[target] is None:
                pasts[target] = kept
            else:
                absorbed.setdefault(target, []).append(kept)
        kept_on = [self._keep(live[key], pasts[key], absorbed.get(key, []), live) for key in ordered]
        return [update for update in kept_on if update is not None] + [self._bury(kept) for kept in gone.values()]

    def _reclaim(
        self,
        key: str,
        gone: dict[str, Kept],
        live: dict[str, Development],
        pasts: dict[str, Kept | None],
    ) -> None:
        """Give an id under which a line was opened that line back; its holder, if it goes on, begins anew.

        The id may have been alerted, and its holder never was under its own.
        """
        holder = self._holder.pop(key, None)
        kept = gone.get(holder or "") or self._kept.get(holder or "")
        if holder is None or kept is None:
            return
        if kept.lineage[0] == key:
            pasts[key] = kept
            if gone.pop(holder, None) is None:
                live.setdefault(holder, kept.development)
                pasts[holder] = None
                self._kept[holder] = Kept(kept.development, (holder,))
        elif holder in self._kept:
            self._kept[holder] = kept._replace(lineage=tuple(old for old in kept.lineage if old != key))

    def _keep(
        self, after: Development, past: Kept | None, absorbed: Sequence[Kept], live: Mapping[str, Development]
    ) -> Update | None:
        own = after.development_id
        before = past.development if past else None
        if before == after and not absorbed:
            return None
        ids = [*(past.lineage if past else ()), own, *(old for kept in absorbed for old in kept.lineage)]
        lineage = tuple(dict.fromkeys(key for key in ids if key == own or not (key in self._kept or key in live)))
        old_ids = [kept.development.development_id for kept in (past, *absorbed) if kept is not None]
        retired = tuple(key for key in old_ids if key in lineage and key != own)
        self._kept[own] = Kept(after, lineage)
        self._holder.update(dict.fromkeys(lineage, own))
        return Update(before, after, lineage, tuple(kept.development for kept in absorbed), retired)

    def _bury(self, kept: Kept) -> Update:
        for key in kept.lineage:
            if self._holder.get(key) == kept.development.development_id:
                del self._holder[key]
        return Update(kept.development, None, kept.lineage, retired=(kept.development.development_id,))


def _heirs(gone: Mapping[str, Kept], moves: Mapping[tuple[str, str], int]) -> dict[str, str]:
    """Return for each development that is gone the one that most of its articles went to; the largest move first."""
    best: dict[str, tuple[int, str]] = {}
    for (old, new), count in moves.items():
        if old in gone:
            best[old] = min(best.get(old, (0, "")), (-count, new))
    return {old: new for old, (count, new) in sorted(best.items(), key=lambda item: (item[1][0], item[0]))}
