"""Checks of maps."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any, Final

from schemas.kibana_checks.frame import Checked
from schemas.kibana_checks.queries import query_faults
from schemas.kibana_checks.values import Use, field_faults

_GRID_COUNT: Final = "doc_count"
_FROM_INDEX: Final = {"ES_SEARCH", "ES_GEO_GRID"}
_KNOWN: Final = {*_FROM_INDEX, "EMS_TMS"}


def map_faults(chart: Checked) -> Generator[str, None, set[str]]:
    """Yield the faults of a map; return the references that it uses."""
    layers = chart.parsed["layerListJSON"]
    used: set[str] = set()
    if chart.parsed["mapStateJSON"]["filters"] or chart.parsed["mapStateJSON"]["query"]["query"]:
        yield "queries and filters of the whole map are not checked here"
    if len({layer["id"] for layer in layers}) != len(layers):
        yield "two layers have one id"
    if not any(layer["visible"] and layer["sourceDescriptor"]["type"] in _FROM_INDEX for layer in layers):
        yield "no visible layer is drawn from the index: without a network the map would be empty"
    for number, layer in enumerate(layers):
        for fault in _layer_faults(chart, layer, number):
            yield f"layer {layer['id']!r}: {fault}"
        if layer["sourceDescriptor"]["type"] in _FROM_INDEX:
            used.add(layer["sourceDescriptor"]["indexPatternRefName"])
    return used


def _layer_faults(chart: Checked, layer: Mapping[str, Any], number: int) -> Iterator[str]:
    source = layer["sourceDescriptor"]
    if source["type"] not in _KNOWN:
        yield f"source {source['type']!r} is none of {', '.join(sorted(_KNOWN))}"
    if source["type"] not in _FROM_INDEX:
        return
    name = source["indexPatternRefName"]
    if name != f"layer_{number}_source_index_pattern":
        yield f"reference {name!r} is not named after layer {number}"
    kind = chart.documents(name)
    if kind is None:
        yield f"reference {name!r} leads to no data view"
        return
    yield from field_faults(kind, source["geoField"], "on a map")
    for field in source.get("tooltipProperties", ()):
        yield from field_faults(kind, field, "show")
    if "query" in layer:
        yield from query_faults(layer["query"], kind, chart.vocabulary)
    yield from _style_faults(layer["style"]["properties"], kind, grid=source["type"] == "ES_GEO_GRID")


def _style_faults(properties: Mapping[str, Any], kind: str, *, grid: bool) -> Iterator[str]:
    for name, style in properties.items():
        if style.get("type") != "DYNAMIC":
            continue
        field = style["options"]["field"]["name"]
        if grid and field == _GRID_COUNT:
            continue
        use: Use = "calculate" if name in {"iconSize", "lineWidth"} else "group"
        for fault in field_faults(kind, field, use):
            yield f"{name}: {fault}"
