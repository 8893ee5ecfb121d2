"""Checks of Lens charts: columns that fit their fields, and a picture that shows just these columns."""

import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any, Final

from schemas.documents import FIELDS
from schemas.kibana_checks.frame import Checked
from schemas.kibana_checks.queries import query_faults
from schemas.kibana_checks.values import NUMBERS, Use, field_faults
from schemas.kibana_objects.lens import RECORDS

_BUCKETS: Final[Mapping[str, Use]] = {"terms": "group", "date_histogram": "over time"}
_METRICS: Final[Mapping[str, Use]] = {
    "sum": "calculate",
    "max": "calculate",
    "min": "calculate",
    "average": "calculate",
    "unique_count": "group",
}
_USES: Final[Mapping[str, Use]] = {**_BUCKETS, **_METRICS}
_INTERVAL: Final = re.compile(r"auto|[1-9]\d*(?:ms|[smhdwMqy])", re.ASCII)
_MOST_VALUES: Final = 1000
"""What Lens allows of top values."""
Columns = Mapping[str, Mapping[str, Any]]


def lens_faults(chart: Checked) -> Generator[str, None, set[str]]:
    """Yield the faults of a chart; return the references that it uses."""
    state = chart.parsed["state"]
    layers = state["datasourceStates"]["formBased"]["layers"]
    if state["filters"] or state["adHocDataViews"] or len(layers) != 1:
        yield "only one layer without filters and ad-hoc data views is checked here"
        return set()
    ((name, layer),) = layers.items()
    reference = f"indexpattern-datasource-layer-{name}"
    kind = chart.documents(reference)
    if kind is None:
        yield f"layer {name!r}: reference {reference!r} leads to no data view"
        return {reference}
    yield from query_faults(state["query"], kind, chart.vocabulary)
    yield from _column_faults(layer["columns"], kind)
    yield from _order_faults(layer["columnOrder"], layer["columns"])
    yield from _picture_faults(chart.parsed["visualizationType"], state["visualization"], name, layer["columns"])
    return {reference}


def _column_faults(columns: Columns, kind: str) -> Iterator[str]:
    for name, column in columns.items():
        for fault in _one_column_faults(column, columns, kind):
            yield f"column {name!r}: {fault}"


def _one_column_faults(column: Mapping[str, Any], columns: Columns, kind: str) -> Iterator[str]:
    operation, field = column["operationType"], column["sourceField"]
    if column["isBucketed"] != (operation in _BUCKETS):
        yield f"{operation} and isBucketed {column['isBucketed']} don't go together"
    if operation == "count":
        if field != RECORDS:
            yield f"count is of {RECORDS}, not of {field!r}"
    elif operation in _USES:
        faults = list(field_faults(kind, field, _USES[operation]))
        yield from faults or _data_type_faults(column, FIELDS[kind][field])
    else:
        yield f"operation {operation!r} is none of count, {', '.join(_USES)}"
    if operation == "terms":
        yield from _terms_faults(column["params"], columns)
    if operation == "date_histogram" and not _INTERVAL.fullmatch(column["params"]["interval"]):
        yield f"interval {column['params']['interval']!r}"
    if "timeScale" in column:
        yield from _time_scale_faults(column["timeScale"], columns)


def _data_type_faults(column: Mapping[str, Any], field_type: str) -> Iterator[str]:
    """Yield a type of column that Lens would not give to this field."""
    if column["operationType"] == "terms":
        wanted = "number" if field_type in NUMBERS else field_type if field_type in {"boolean", "date"} else "string"
    else:
        wanted = "date" if column["operationType"] == "date_histogram" else "number"
    if column["dataType"] != wanted:
        yield f"dataType is {column['dataType']!r}, not {wanted!r}"


def _terms_faults(params: Mapping[str, Any], columns: Columns) -> Iterator[str]:
    if not 1 <= params["size"] <= _MOST_VALUES:
        yield f"size {params['size']}"
    order = params["orderBy"]
    if order["type"] == "alphabetical":
        return
    if order["type"] != "column":
        yield f"orderBy {order['type']!r}"
    elif order["columnId"] not in columns:
        yield f"orderBy column {order['columnId']!r} does not exist"
    elif columns[order["columnId"]]["isBucketed"]:
        yield f"orderBy column {order['columnId']!r} is no number"


def _time_scale_faults(unit: object, columns: Columns) -> Iterator[str]:
    if unit not in {"s", "m", "h", "d"}:
        yield f"timeScale {unit!r}"
    if not any(column["operationType"] == "date_histogram" for column in columns.values()):
        yield "timeScale needs a date_histogram"


def _order_faults(order: list[str], columns: Columns) -> Iterator[str]:
    if sorted(order) != sorted(columns):
        yield f"columnOrder {order} is not the columns {sorted(columns)}"
        return
    bucketed = [columns[name]["isBucketed"] for name in order]
    if bucketed != sorted(bucketed, reverse=True):
        yield f"columnOrder {order}: buckets come first"


def _picture_faults(kind: str, picture: Mapping[str, Any], layer: str, columns: Columns) -> Iterator[str]:
    if kind == "lnsXY":
        drawn = picture["layers"]
        if len(drawn) != 1:
            yield f"{len(drawn)} layers are drawn, not one"
            return
        places = {"buckets": [drawn[0]["xAccessor"]], "numbers": drawn[0]["accessors"]}
        places["buckets"] += [drawn[0]["splitAccessor"]] if "splitAccessor" in drawn[0] else []
    elif kind == "lnsMetric":
        drawn, places = [picture], {"buckets": [], "numbers": [picture["metricAccessor"]]}
    elif kind == "lnsDatatable":
        shown = [column["columnId"] for column in picture["columns"]]
        drawn, places = [picture], {"either": shown}
    else:
        yield f"visualizationType {kind!r}"
        return
    if drawn[0]["layerId"] != layer:
        yield f"layer {drawn[0]['layerId']!r} is drawn, not {layer!r}"
    yield from _place_faults(places, columns)


def _place_faults(places: Mapping[str, list[str]], columns: Columns) -> Iterator[str]:
    used = [name for names in places.values() for name in names]
    for name in used:
        if name not in columns:
            yield f"column {name!r} is drawn but does not exist"
    for name in sorted(set(columns) - set(used)):
        yield f"column {name!r} is not drawn"
    for place, bucketed in (("buckets", True), ("numbers", False)):
        for name in places.get(place, ()):
            if name in columns and columns[name]["isBucketed"] != bucketed:
                yield f"column {name!r} stands where {place} belong"
