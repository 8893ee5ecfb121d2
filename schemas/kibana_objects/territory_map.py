"""The map: developments where they happened, and how thick events lie.

The background comes from Elastic Maps Service, over the network. The other layers are drawn from the index alone, and
developments carry the name of their place, so that the map can be read without a background too.
"""

from typing import Any, Final

from schemas.kibana_objects.parts import DEVELOPMENTS, EVENTS, DataView, Json, kql, packed, reference, saved_object

_CENTRE: Final = {"lat": 35.6, "lon": 44.2}
_WHOLE_PROVINCE: Final = 6.9
"""Zoom at which Kirkuk province and the disputed territories around it fill a panel."""


def territory_map() -> Json:
    """Return the map."""
    state = {
        "center": _CENTRE,
        "filters": [],
        "query": kql(""),
        "refreshConfig": {"interval": 0, "isPaused": True},
        "settings": {"autoFitToDataBounds": False, "initialLocation": "LAST_SAVED_LOCATION", "showScaleControl": True},
        "zoom": _WHOLE_PROVINCE,
    }
    layers = [_background(), _developments(1), _density(2)]
    attributes = {
        "description": "Developments at their places: colour is the type, size the number of independent sources.",
        "layerListJSON": packed(layers),
        "mapStateJSON": packed(state),
        "title": "Kirkuk: where it happens",
        "uiStateJSON": packed({"isLayerTOCOpen": True, "openTOCDetails": []}),
    }
    references = [_to_view(1, DEVELOPMENTS), _to_view(2, EVENTS)]
    return saved_object("map", "kirkuk-map", attributes, references)


def _to_view(layer: int, view: DataView) -> Json:
    return reference(f"layer_{layer}_source_index_pattern", "index-pattern", view.id)


def _layer(name: str, label: str, kind: str, source: Json, style: Json, *, alpha: float, visible: bool) -> Json:
    return {
        "alpha": alpha,
        "id": name,
        "includeInFitToBounds": True,
        "label": label,
        "maxZoom": 24,
        "minZoom": 0,
        "sourceDescriptor": source,
        "style": style,
        "type": kind,
        "visible": visible,
    }


def _background() -> Json:
    source = {"isAutoSelect": True, "lightModeDefault": "road_map_desaturated", "type": "EMS_TMS"}
    style = {"color": "", "type": "EMS_VECTOR_TILE"}
    return _layer(
        "background", "Background (over the network)", "EMS_VECTOR_TILE", source, style, alpha=1, visible=True
    )


def _developments(number: int) -> Json:
    source = {
        **_from_index(number, "ES_SEARCH"),
        "filterByMapBounds": True,
        "scalingType": "LIMIT",
        "sortField": "",
        "sortOrder": "desc",
        "tooltipProperties": ["title", "type", "mode", "side", "place", "day", "claim", "sources"],
        "topHitsGroupByTimeseries": False,
        "topHitsSize": 1,
        "topHitsSplitField": "",
    }
    style = _style(
        fillColor=_by_field("type", "CATEGORICAL", colorCategory="palette_0"),
        iconSize=_by_field("sources", maxSize=24, minSize=6),
        labelText=_by_field("place"),
    )
    drawn = _layer("developments", "Developments", "GEOJSON_VECTOR", source, style, alpha=0.8, visible=True)
    return {**drawn, "joins": []}


def _density(number: int) -> Json:
    source = {
        **_from_index(number, "ES_GEO_GRID"),
        "metrics": [{"type": "count"}],
        "requestType": "point",
        "resolution": "COARSE",
    }
    style = _style(
        fillColor={"options": {"color": "#b9a888"}, "type": "STATIC"},
        iconSize=_by_field("doc_count", maxSize=32, minSize=8),
        labelText=_by_field("doc_count"),
    )
    drawn = _layer("density", "Events, summed", "GEOJSON_VECTOR", source, style, alpha=0.6, visible=False)
    return {**drawn, "joins": []}


def _from_index(number: int, kind: str) -> Json:
    return {
        "applyForceRefresh": True,
        "applyGlobalQuery": True,
        "applyGlobalTime": True,
        "geoField": "location",
        "id": f"source-{number}",
        "indexPatternRefName": f"layer_{number}_source_index_pattern",
        "type": kind,
    }


def _by_field(field: str, kind: str | None = None, **options: Any) -> Json:
    """Return a style property that follows a field. `doc_count` is no field but what a grid cell counts."""
    typed = {} if kind is None else {"type": kind}
    chosen = {"fieldMetaOptions": {"isEnabled": True, "sigma": 3}, "field": {"name": field, "origin": "source"}}
    return {"options": {**chosen, **typed, **options}, "type": "DYNAMIC"}


def _style(**properties: Json) -> Json:
    fixed = {
        "icon": {"options": {"value": "marker"}, "type": "STATIC"},
        "labelColor": {"options": {"color": "#000000"}, "type": "STATIC"},
        "labelSize": {"options": {"size": 12}, "type": "STATIC"},
        "lineColor": {"options": {"color": "#ffffff"}, "type": "STATIC"},
        "lineWidth": {"options": {"size": 1}, "type": "STATIC"},
        "symbolizeAs": {"options": {"value": "circle"}},
    }
    return {"isTimeAware": True, "properties": {**fixed, **properties}, "type": "VECTOR"}
