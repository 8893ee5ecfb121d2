"""Data views: one for each kind of document, and a second one of articles by the time of their arrival."""

from typing import Any, Final

from schemas.documents import FIELDS, MAGNITUDES
from schemas.kibana_objects.parts import DATA_VIEWS, DataView, Json, packed, saved_object

INDEX_PREFIX: Final = "kirkuk"
"""The names of the index's read aliases begin with this; the import can put another in its place."""

_WHOLE: Final = {"id": "number", "params": {"pattern": "0,0"}}
_LINK: Final = {"id": "url", "params": {"labelTemplate": "{{value}}", "openLinkInCurrentTab": False}}
_FORMATS: Final[dict[str, Any]] = {
    "url": _LINK,
    "score": {"id": "number", "params": {"pattern": "0.00"}},
    "turnout": {"id": "number", "params": {"pattern": "0.0"}},
    "yes_share": {"id": "number", "params": {"pattern": "0.0"}},
    **{name: _WHOLE for name in MAGNITUDES.values() if name not in {"turnout", "yes_share"}},
}


def data_views() -> list[Json]:
    """Return all data views."""
    return [_data_view(view) for view in DATA_VIEWS]


def _data_view(view: DataView) -> Json:
    attributes = {
        "allowNoIndex": True,  # before the first article there is no index, and the dashboard should open all the same
        "fieldAttrs": "{}",
        "fieldFormatMap": packed({name: _FORMATS[name] for name in FIELDS[view.kind] if name in _FORMATS}),
        "fields": "[]",
        "name": view.name,
        "runtimeFieldMap": "{}",
        "sourceFilters": "[]",
        "timeFieldName": view.time_field,
        "title": f"{INDEX_PREFIX}-{view.kind}",
        "typeMeta": "{}",
    }
    return saved_object("index-pattern", view.id, attributes, [])
