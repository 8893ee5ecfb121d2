"""The dashboard "Kirkuk": everything about events, developments and alerts on one page, with three filters above.

A filter of a dashboard applies to every panel, and a panel whose documents lack the field shows nothing. Hence the
filters use fields that all three kinds have, and lists of articles, which lack two of them, stay outside.
"""

from typing import Final, NamedTuple

from schemas.kibana_objects.parts import DEVELOPMENTS, Json, kql, packed, reference, saved_object

COLUMNS: Final = 48
"""Width of a dashboard's grid."""


class _Tile(NamedTuple):
    kind: str
    id: str
    width: int


def _lens(name: str, width: int) -> _Tile:
    return _Tile("lens", f"kirkuk-lens-{name}", width)


def _search(name: str, width: int) -> _Tile:
    return _Tile("search", f"kirkuk-search-{name}", width)


_ROWS: Final[tuple[tuple[int, tuple[_Tile, ...]], ...]] = (
    (6, (_lens("developments", 12), _lens("contested", 12), _lens("open-alerts", 12), _lens("most-killed", 12))),
    (14, (_lens("timeline", 24), _lens("events-over-time", 24))),
    (20, (_Tile("map", "kirkuk-map", 28), _lens("claims-by-side", 20))),
    (14, (_search("territory", 48),)),
    (14, (_search("unacknowledged", 28), _lens("alerts-over-time", 20))),
    (14, (_search("disputed", 30), _lens("who-denies", 18))),
    (14, (_lens("support", 20), _search("independent", 28))),
    (14, (_lens("casualties", 20), _search("casualties", 28))),
    (16, (_lens("actors", 16), _lens("places", 16), _lens("outlets", 16))),
    (14, (_search("ultimatums", 24), _search("denials", 24))),
    (14, (_search("sources", 48),)),
)
"""Height and tiles of each row, from the top; widths of a row sum to COLUMNS."""

_OPTIONS: Final = {
    "hidePanelTitles": False,
    "syncColors": True,
    "syncCursor": True,
    "syncTooltips": False,
    "useMargins": True,
}
_FILTERS: Final = (("type", "Type of event"), ("places", "Place"), ("claim", "Claim"))


def dashboard() -> Json:
    """Return the dashboard."""
    panels, references = _panels()
    filters, to_views = _filters()
    attributes = {
        "controlGroupInput": filters,
        "description": "What happens in and around Kirkuk, according to whom, and who denies it.",
        "kibanaSavedObjectMeta": {"searchSourceJSON": packed({"filter": [], "query": kql("")})},
        "optionsJSON": packed(
            {
                "hidePanelTitles": False,
                "syncColors": True,
                "syncCursor": True,
                "syncTooltips": False,
                "useMargins": True,
            }
        ),
        "panelsJSON": packed(panels),
        "refreshInterval": {"pause": False, "value": 60_000},
        "timeFrom": "now-7d",
        "timeRestore": True,
        "timeTo": "now",
        "title": "Kirkuk",
        "version": 1,
    }
    return saved_object("dashboard", "kirkuk-dashboard", attributes, [*references, *to_views])


def _panels() -> tuple[list[Json], list[Json]]:
    panels: list[Json] = []
    references: list[Json] = []
    top = 0
    for height, tiles in _ROWS:
        left = 0
        for tile in tiles:
            name = tile.id.removeprefix("kirkuk-")
            panels.append(
                {
                    "embeddableConfig": {"enhancements": {}},
                    "gridData": {"h": height, "i": name, "w": tile.width, "x": left, "y": top},
                    "panelIndex": name,
                    "panelRefName": f"panel_{name}",
                    "type": tile.kind,
                }
            )
            references.append(reference(f"{name}:panel_{name}", tile.kind, tile.id))
            left += tile.width
        top += height
    return panels, references


def _filters() -> tuple[Json, list[Json]]:
    panels: Json = {}
    references: list[Json] = []
    for order, (field, title) in enumerate(_FILTERS):
        name = f"filter-{field}"
        panels[name] = {
            "explicitInput": {"enhancements": {}, "fieldName": field, "id": name, "title": title},
            "grow": True,
            "order": order,
            "type": "optionsListControl",
            "width": "medium",
        }
        references.append(reference(f"controlGroup_{name}:optionsListDataView", "index-pattern", DEVELOPMENTS.id))
    heeded = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
    group = {
        "chainingSystem": "HIERARCHICAL",
        "controlStyle": "oneLine",
        "ignoreParentSettingsJSON": packed(heeded),
        "panelsJSON": packed(panels),
    }
    return group, references
