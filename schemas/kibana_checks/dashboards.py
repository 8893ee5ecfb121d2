"""Checks of dashboards: panels that lie side by side in the grid, and filters that every panel understands."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from schemas.kibana_checks.frame import Checked, documents_of
from schemas.kibana_checks.queries import query_faults
from schemas.kibana_checks.values import field_faults
from schemas.kibana_objects.dashboard import COLUMNS

Panel = Mapping[str, Any]


def dashboard_faults(board: Checked) -> Generator[str, None, set[str]]:
    """Yield the faults of a dashboard; return the references that it uses."""
    panels = board.parsed["panelsJSON"]
    source = board.parsed["kibanaSavedObjectMeta"]["searchSourceJSON"]
    if source["filter"]:
        yield "filters are not checked here"
    yield from _grid_faults(panels)
    kinds: set[str] = set()
    used: set[str] = set()
    for panel in panels:
        name = f"{panel['panelIndex']}:{panel['panelRefName']}"
        used.add(name)
        target = board.target(name, panel["type"])
        if target is None:
            yield f"panel {panel['panelIndex']!r}: no reference {name!r} to a {panel['type']}"
        else:
            kinds |= _documents_shown(board, target)
    for kind in sorted(kinds):
        yield from query_faults(source["query"], kind, board.vocabulary)
    used |= yield from _filter_faults(board, kinds)
    return used


def _documents_shown(board: Checked, shown: Mapping[str, Any]) -> set[str]:
    views = (board.by_id.get(("index-pattern", one["id"])) for one in shown["references"])
    return {kind for view in views if view is not None and (kind := documents_of(view)) is not None}


def _grid_faults(panels: Sequence[Panel]) -> Iterator[str]:
    names = [panel["panelIndex"] for panel in panels]
    if len(set(names)) != len(names):
        yield "two panels have one panelIndex"
    for panel in panels:
        grid = panel["gridData"]
        if grid["i"] != panel["panelIndex"]:
            yield f"panel {panel['panelIndex']!r}: gridData.i is {grid['i']!r}"
        if min(grid["x"], grid["y"]) < 0 or min(grid["w"], grid["h"]) < 1 or grid["x"] + grid["w"] > COLUMNS:
            yield f"panel {panel['panelIndex']!r} lies outside the {COLUMNS} columns"
    for one, other in combinations(panels, 2):
        if _overlap(one["gridData"], other["gridData"]):
            yield f"panels {one['panelIndex']!r} and {other['panelIndex']!r} overlap"


def _overlap(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or below)


def _filter_faults(board: Checked, kinds: set[str]) -> Generator[str, None, set[str]]:
    filters = board.parsed["controlGroupInput"]["panelsJSON"]
    used: set[str] = set()
    if len({one["order"] for one in filters.values()}) != len(filters):
        yield "two filters have one order"
    for name, one in filters.items():
        reference = f"controlGroup_{name}:optionsListDataView"
        used.add(reference)
        if one["type"] != "optionsListControl" or one["explicitInput"]["id"] != name:
            yield f"filter {name!r}: type or id is wrong"
        own = board.documents(reference)
        if own is None:
            yield f"filter {name!r}: reference {reference!r} leads to no data view"
        # A panel whose documents lack the field would show nothing as soon as somebody filters by it.
        for kind in sorted({*kinds, own} - {None}, key=str):
            for fault in field_faults(str(kind), one["explicitInput"]["fieldName"], "group"):
                yield f"filter {name!r}: {fault}"
    return used
