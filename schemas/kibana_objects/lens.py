"""Builders for Lens charts: columns, the state around them, and the four kinds of chart that are used."""

from collections.abc import Mapping
from typing import Final

from schemas.kibana_objects.parts import DataView, Json, kql, reference, saved_object

_LAYER: Final = "main"
RECORDS: Final = "___records___"
"""The name that Lens has for "how many documents"."""


def count(label: str, *, per: str | None = None) -> Json:
    """Return a column that counts documents; `per` "h" or "d": for each hour or day, however wide a bar is."""
    column = _metric("count", label, RECORDS)
    return column if per is None else {**column, "timeScale": per}


def total(label: str, field: str) -> Json:
    """Return a column with the sum of a number."""
    return _metric("sum", label, field)


def highest(label: str, field: str) -> Json:
    """Return a column with the highest value of a number."""
    return _metric("max", label, field)


def _metric(operation: str, label: str, field: str) -> Json:
    return {
        "customLabel": True,
        "dataType": "number",
        "isBucketed": False,
        "label": label,
        "operationType": operation,
        "params": {"emptyAsNull": operation != "count"},
        "scale": "ratio",
        "sourceField": field,
    }


def top(label: str, field: str, *, size: int, by: str, other: bool = False) -> Json:
    """Return a column with the values of a field that have most of column `by`."""
    return {
        "customLabel": True,
        "dataType": "string",
        "isBucketed": True,
        "label": label,
        "operationType": "terms",
        "params": {
            "missingBucket": False,
            "orderBy": {"columnId": by, "type": "column"},
            "orderDirection": "desc",
            "otherBucket": other,
            "parentFormat": {"id": "terms"},
            "size": size,
        },
        "scale": "ordinal",
        "sourceField": field,
    }


def numbers(label: str, field: str, *, size: int) -> Json:
    """Return a column with the lowest values of a whole number, one bar each."""
    column = top(label, field, size=size, by="")
    order = {"orderBy": {"fallback": False, "type": "alphabetical"}, "orderDirection": "asc"}
    return {**column, "dataType": "number", "params": {**column["params"], **order}}


def over_time(label: str, field: str, *, interval: str = "auto") -> Json:
    """Return a column that cuts time into bars; "auto" fits their width to the time range."""
    return {
        "customLabel": True,
        "dataType": "date",
        "isBucketed": True,
        "label": label,
        "operationType": "date_histogram",
        "params": {"dropPartials": False, "includeEmptyRows": True, "interval": interval},
        "scale": "interval",
        "sourceField": field,
    }


def bars(
    name: str,
    title: str,
    view: DataView,
    columns: Mapping[str, Json],
    *,
    description: str,
    query: str = "",
    shape: str = "bar_stacked",
) -> Json:
    """Return a bar chart. Column "x" is the axis, "split" the colours; all others are heights, in their order."""
    heights = [column for column in columns if column not in {"x", "split"}]
    layer = {
        "accessors": heights,
        "layerId": _LAYER,
        "layerType": "data",
        "position": "top",
        "seriesType": shape,
        "showGridlines": False,
        "xAccessor": "x",
        **({"splitAccessor": "split"} if "split" in columns else {}),
    }
    everywhere = {"x": True, "yLeft": True, "yRight": True}
    visualization = {
        "axisTitlesVisibilitySettings": {**everywhere, "x": False},
        "fittingFunction": "None",
        "gridlinesVisibilitySettings": everywhere,
        "labelsOrientation": {"x": 0, "yLeft": 0, "yRight": 0},
        "layers": [layer],
        "legend": {"isVisible": "split" in columns or len(heights) > 1, "position": "right"},
        "preferredSeriesType": shape,
        "tickLabelsVisibilitySettings": everywhere,
        "valueLabels": "hide",
    }
    return _lens("lnsXY", name, title, description, view, columns, query, visualization)


def figure(name: str, title: str, view: DataView, column: Json, *, description: str, query: str = "") -> Json:
    """Return a chart that is one number."""
    visualization = {"layerId": _LAYER, "layerType": "data", "metricAccessor": "value"}
    return _lens("lnsMetric", name, title, description, view, {"value": column}, query, visualization)


def table(
    name: str, title: str, view: DataView, columns: Mapping[str, Json], *, description: str, query: str = ""
) -> Json:
    """Return a table; columns that are buckets come first and make the rows."""
    shown = [{"columnId": column, "isTransposed": False} for column in columns]
    visualization = {"columns": shown, "layerId": _LAYER, "layerType": "data"}
    return _lens("lnsDatatable", name, title, description, view, columns, query, visualization)


def _lens(
    kind: str,
    name: str,
    title: str,
    description: str,
    view: DataView,
    columns: Mapping[str, Json],
    query: str,
    visualization: Json,
) -> Json:
    order = sorted(columns, key=lambda column: not columns[column]["isBucketed"])
    layer = {"columnOrder": order, "columns": dict(columns), "incompleteColumns": {}, "sampling": 1}
    state = {
        "adHocDataViews": {},
        "datasourceStates": {"formBased": {"layers": {_LAYER: layer}}},
        "filters": [],
        "internalReferences": [],
        "query": kql(query),
        "visualization": visualization,
    }
    attributes = {"description": description, "state": state, "title": title, "visualizationType": kind}
    to_view = reference(f"indexpattern-datasource-layer-{_LAYER}", "index-pattern", view.id)
    return saved_object("lens", f"kirkuk-lens-{name}", attributes, [to_view])
