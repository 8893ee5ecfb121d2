"""The saved objects of schemas/kibana: they fit index, schema and Kibana, and each fault is found."""

import json
from copy import deepcopy

import pytest

from schemas.documents import FIELDS, NEWEST
from schemas.kibana_checks import object_faults
from schemas.kibana_objects.files import OBJECTS_FILE, load_objects, objects_text, objects_with_prefix

TIMELINE = ("lens", "kirkuk-lens-timeline")
SUPPORT = ("lens", "kirkuk-lens-support")
PER_HOUR = ("lens", "kirkuk-lens-events-over-time")
FIGURE = ("lens", "kirkuk-lens-most-killed")
TABLE = ("lens", "kirkuk-lens-who-denies")
TERRITORY = ("search", "kirkuk-search-territory")
VIEW = ("index-pattern", "kirkuk-events")
MAP = ("map", "kirkuk-map")
BOARD = ("dashboard", "kirkuk-dashboard")


def test_the_file_is_what_the_code_makes():
    """schemas/kibana/kirkuk.ndjson is just what `python -m schemas.kibana_objects` writes."""
    assert OBJECTS_FILE.read_text("utf-8") == objects_text()


def test_the_file_has_no_fault(vocabulary):
    """Every check passes for the shipped objects, over the default prefix and another one."""
    assert object_faults(load_objects(), vocabulary) == []
    assert object_faults(objects_with_prefix(load_objects(), "mosul"), vocabulary) == []


def test_what_is_promised_is_there():
    """Data views cover all kinds of documents with their newest-first dates; the dashboard shows all charts."""
    objects = {(one["type"], one["id"]): one for one in load_objects()}
    views = [one["attributes"] for (kind, _), one in objects.items() if kind == "index-pattern"]
    dates = {kind: {one["timeFieldName"] for one in views if one["title"] == f"kirkuk-{kind}"} for kind in FIELDS}
    assert dates == {kind: set(NEWEST[kind]) for kind in FIELDS} | {"events": {"published"}}
    shown = {(one["type"], one["id"]) for one in objects[BOARD]["references"]}
    left_out = {key for key in objects if key[0] in {"lens", "map", "search"}} - shown
    assert left_out == {("search", "kirkuk-search-undated")}
    assert objects[BOARD]["attributes"]["title"] == "Kirkuk"


def column(chart, name):
    return chart["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]["main"]["columns"][name]


def picture(chart):
    return chart["attributes"]["state"]["visualization"]


def packed(one, *path, change):
    """Change the JSON that an attribute holds as text."""
    *way, last = path
    place = one["attributes"]
    for step in way:
        place = place[step]
    value = json.loads(place[last])
    changed = change(value)
    place[last] = json.dumps(value if changed is None else changed)


def asked(text):
    """Ask a saved search something else."""
    return lambda one: packed(
        one, "kibanaSavedObjectMeta", "searchSourceJSON", change=lambda source: source["query"].update(query=text)
    )


def layer(number, **changes):
    return lambda one: packed(one, "layerListJSON", change=lambda layers: layers[number].update(changes))


def source(number, **changes):
    return lambda one: packed(
        one, "layerListJSON", change=lambda layers: layers[number]["sourceDescriptor"].update(changes)
    )


def style(number, name, field):
    def change(layers):
        layers[number]["style"]["properties"][name]["options"]["field"]["name"] = field

    return lambda one: packed(one, "layerListJSON", change=change)


def panel(number, **grid):
    return lambda one: packed(one, "panelsJSON", change=lambda panels: panels[number]["gridData"].update(grid))


def control(name, **changes):
    return lambda one: packed(
        one, "controlGroupInput", "panelsJSON", change=lambda panels: panels[name]["explicitInput"].update(changes)
    )


def extra_reference(one):
    one["references"].append({"id": "kirkuk-events", "name": "spare", "type": "index-pattern"})


def axes_swapped(one):
    shown = picture(one)["layers"][0]
    shown["xAccessor"], shown["accessors"] = shown["accessors"][0], [shown["xAccessor"]]


def new_column(one):
    layers = one["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]["main"]
    layers["columns"]["spare"] = deepcopy(layers["columns"]["count"])
    layers["columnOrder"].append("spare")


def two_layers(one):
    layers = one["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]
    layers["second"] = deepcopy(layers["main"])


def hidden_layers(layers):
    for one in layers[1:]:
        one["visible"] = False


CHANGES = {
    "frame: key missing": (VIEW, lambda one: one.pop("references"), "keys are"),
    "frame: type unknown": (VIEW, lambda one: one.update(type="canvas"), "type 'canvas' is none of"),
    "frame: shape too new": (VIEW, lambda one: one.update(typeMigrationVersion="10.1.0"), "shape 8.8.0, 10.1.0"),
    "frame: core too new": (BOARD, lambda one: one.update(coreMigrationVersion="9.1.0"), "shape 9.1.0"),
    "frame: random id": (TABLE, lambda one: one.update(id="3f0c2b1e"), "no plain name"),
    "frame: unknown attribute": (TERRITORY, lambda one: one["attributes"].update(tabs=[]), "unknown attributes"),
    "frame: no title": (MAP, lambda one: one["attributes"].update(title=""), "no title"),
    "frame: host": (TABLE, lambda one: one["attributes"].update(description="see http://es01"), "'http://'"),
    "frame: address": (TABLE, lambda one: one["attributes"].update(description="on 10.0.0.7"), "'10.0.0.7'"),
    "frame: secret": (
        MAP,
        lambda one: packed(one, "uiStateJSON", change=lambda ui: ui.update(api_key="x")),
        "'api_key'",
    ),
    "frame: broken JSON": (BOARD, lambda one: one["attributes"].update(panelsJSON="[{]"), "panelsJSON is no JSON"),
    "frame: broken formats": (VIEW, lambda one: one["attributes"].update(fieldFormatMap="{"), "fieldFormatMap is no"),
    "reference: nowhere": (TABLE, lambda one: one["references"][0].update(id="gone"), "no index-pattern gone"),
    "reference: double": (
        TABLE,
        lambda one: one["references"].append(dict(one["references"][0])),
        "two references are named",
    ),
    "reference: unused": (TABLE, extra_reference, "reference 'spare' is not used"),
    "view: no kind": (VIEW, lambda one: one["attributes"].update(title="kirkuk-all"), "kind of document"),
    "view: time is no date": (VIEW, lambda one: one["attributes"].update(timeFieldName="quote"), "not to over time"),
    "view: time of another kind": (
        VIEW,
        lambda one: one["attributes"].update(timeFieldName="raised"),
        "no field 'raised'",
    ),
    "view: format of no field": (
        VIEW,
        lambda one: packed(one, "fieldFormatMap", change=lambda formats: formats.update(link={})),
        "no field 'link'",
    ),
    "search: column": (TERRITORY, lambda one: one["attributes"]["columns"].append("quote"), "no field 'quote'"),
    "search: sort by text": (TERRITORY, lambda one: one["attributes"].update(sort=[["title", "desc"]]), "not to sort"),
    "search: direction": (TERRITORY, lambda one: one["attributes"].update(sort=[["day", "down"]]), "direction 'down'"),
    "search: filter": (
        TERRITORY,
        lambda one: packed(
            one, "kibanaSavedObjectMeta", "searchSourceJSON", change=lambda kept: kept.update(filter=[{}])
        ),
        "filters are not checked",
    ),
    "search: Lucene": (
        TERRITORY,
        lambda one: packed(
            one,
            "kibanaSavedObjectMeta",
            "searchSourceJSON",
            change=lambda kept: kept["query"].update(language="lucene"),
        ),
        "no KQL",
    ),
    "search: reference name": (
        TERRITORY,
        lambda one: packed(
            one, "kibanaSavedObjectMeta", "searchSourceJSON", change=lambda kept: kept.update(indexRefName="other")
        ),
        "'other' leads to no data view",
    ),
    "query: unreadable": (TERRITORY, asked("type: (SEIZE"), "')' is missing"),
    "query: no such field": (TERRITORY, asked("kind: SEIZE"), "no field 'kind'"),
    "query: no such type": (TERRITORY, asked("type: CAPTURE"), "never 'CAPTURE'"),
    "query: mode of another type": (TERRITORY, asked("type: SEIZE and mode: withdraw"), "SEIZE has no mode 'withdraw'"),
    "query: no such claim": (TERRITORY, asked("claim: doubted"), "never 'doubted'"),
    "query: events are not disputed": (
        ("search", "kirkuk-search-denials"),
        asked("claim: disputed"),
        "never 'disputed'",
    ),
    "query: no such place": (TERRITORY, asked("place: atlantis"), "never 'atlantis'"),
    "query: no such side": (TERRITORY, asked("not side: martian"), "never 'martian'"),
    "query: status": (("search", "kirkuk-search-unacknowledged"), asked("status: open"), "never 'open'"),
    "query: range of words": (TERRITORY, asked("title >= 5"), "not to range"),
    "query: number": (TERRITORY, asked("killed >= many"), "'many' is not"),
    "query: boolean": (("search", "kirkuk-search-undated"), asked("relevant: maybe"), "true or false"),
    "query: geo": (TERRITORY, asked("location: 5"), "not to ask"),
    "lens: field": (TIMELINE, lambda one: column(one, "split").update(sourceField="kind"), "no field 'kind'"),
    "lens: group by words": (TIMELINE, lambda one: column(one, "split").update(sourceField="title"), "not to group"),
    "lens: time is no date": (TIMELINE, lambda one: column(one, "x").update(sourceField="type"), "not to over time"),
    "lens: sum of words": (FIGURE, lambda one: column(one, "value").update(sourceField="type"), "not to calculate"),
    "lens: count of a field": (TIMELINE, lambda one: column(one, "count").update(sourceField="type"), "count is of"),
    "lens: operation": (
        FIGURE,
        lambda one: column(one, "value").update(operationType="formula"),
        "'formula' is none of",
    ),
    "lens: bucket": (TIMELINE, lambda one: column(one, "count").update(isBucketed=True), "don't go together"),
    "lens: data type": (SUPPORT, lambda one: column(one, "x").update(dataType="string"), "not 'number'"),
    "lens: interval": (TIMELINE, lambda one: column(one, "x")["params"].update(interval="day"), "interval 'day'"),
    "lens: size": (TIMELINE, lambda one: column(one, "split")["params"].update(size=0), "size 0"),
    "lens: order column": (
        TIMELINE,
        lambda one: column(one, "split")["params"]["orderBy"].update(columnId="gone"),
        "orderBy column 'gone' does not exist",
    ),
    "lens: order by bucket": (
        TIMELINE,
        lambda one: column(one, "split")["params"]["orderBy"].update(columnId="x"),
        "orderBy column 'x' is no number",
    ),
    "lens: order kind": (
        TIMELINE,
        lambda one: column(one, "split")["params"]["orderBy"].update(type="rare"),
        "orderBy 'rare'",
    ),
    "lens: time scale": (PER_HOUR, lambda one: column(one, "count").update(timeScale="week"), "timeScale 'week'"),
    "lens: time scale alone": (TABLE, lambda one: column(one, "count").update(timeScale="h"), "needs a date_histogram"),
    "lens: column order": (
        TIMELINE,
        lambda one: one["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]["main"]["columnOrder"].pop(),
        "is not the columns",
    ),
    "lens: metrics first": (
        TIMELINE,
        lambda one: one["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]["main"][
            "columnOrder"
        ].reverse(),
        "buckets come first",
    ),
    "lens: two layers": (TIMELINE, two_layers, "only one layer"),
    "lens: reference name": (TIMELINE, lambda one: one["references"][0].update(name="layer"), "leads to no data view"),
    "lens: query": (
        TIMELINE,
        lambda one: one["attributes"]["state"]["query"].update(query="x"),
        "something must follow",
    ),
    "lens: picture kind": (TIMELINE, lambda one: one["attributes"].update(visualizationType="lnsPie"), "'lnsPie'"),
    "lens: picture layer": (FIGURE, lambda one: picture(one).update(layerId="other"), "layer 'other' is drawn"),
    "lens: picture column": (
        TABLE,
        lambda one: picture(one)["columns"][0].update(columnId="gone"),
        "column 'gone' is drawn but does not exist",
    ),
    "lens: column not drawn": (TIMELINE, new_column, "column 'spare' is not drawn"),
    "lens: axes swapped": (SUPPORT, axes_swapped, "stands where buckets belong"),
    "lens: nothing as expected": (FIGURE, lambda one: one["attributes"]["state"].pop("visualization"), "KeyError"),
    "map: geo field": (MAP, source(1, geoField="place"), "not to on a map"),
    "map: tooltip": (MAP, source(1, tooltipProperties=["headline"]), "no field 'headline'"),
    "map: reference": (MAP, source(1, indexPatternRefName="layer_2_source_index_pattern"), "not named after layer 1"),
    "map: source": (MAP, source(0, type="WMS"), "source 'WMS'"),
    "map: style field": (MAP, style(1, "fillColor", "kind"), "no field 'kind'"),
    "map: size by words": (MAP, style(1, "iconSize", "place"), "not to calculate"),
    "map: count outside a grid": (MAP, style(1, "iconSize", "doc_count"), "no field 'doc_count'"),
    "map: same ids": (MAP, layer(1, id="background"), "two layers have one id"),
    "map: query": (MAP, layer(1, query={"language": "kuery", "query": "kind: x"}), "no field 'kind'"),
    "map: only a background": (
        MAP,
        lambda one: packed(one, "layerListJSON", change=hidden_layers),
        "without a network the map would be empty",
    ),
    "map: query of the whole": (
        MAP,
        lambda one: packed(one, "mapStateJSON", change=lambda state: state["query"].update(query="type: SEIZE")),
        "not checked here",
    ),
    "board: too wide": (BOARD, panel(0, w=49), "outside the 48 columns"),
    "board: right of the grid": (BOARD, panel(3, x=40), "outside the 48 columns"),
    "board: no height": (BOARD, panel(0, h=0), "outside the 48 columns"),
    "board: overlap sideways": (BOARD, panel(0, w=13), "'lens-developments' and 'lens-contested' overlap"),
    "board: overlap downwards": (BOARD, panel(0, h=7), "'lens-developments' and 'lens-timeline' overlap"),
    "board: panel name": (BOARD, panel(0, i="other"), "gridData.i is 'other'"),
    "board: panel type": (
        BOARD,
        lambda one: packed(one, "panelsJSON", change=lambda panels: panels[0].update(type="search")),
        "to a search",
    ),
    "board: panel twice": (
        BOARD,
        lambda one: packed(one, "panelsJSON", change=lambda panels: panels.append(panels[0])),
        "two panels have one panelIndex",
    ),
    "board: query": (
        BOARD,
        lambda one: packed(
            one,
            "kibanaSavedObjectMeta",
            "searchSourceJSON",
            change=lambda kept: kept["query"].update(query="day >= 2017"),
        ),
        "events have no field 'day'",
    ),
    "board: control of no field": (BOARD, control("filter-type", fieldName="kind"), "have no field 'kind'"),
    "board: control not everywhere": (
        BOARD,
        control("filter-places", fieldName="place"),
        "events have no field 'place'",
    ),
    "board: control by words": (BOARD, control("filter-type", fieldName="title"), "not to group"),
    "board: control id": (BOARD, control("filter-type", id="other"), "type or id is wrong"),
    "board: control order": (
        BOARD,
        lambda one: packed(
            one, "controlGroupInput", "panelsJSON", change=lambda panels: panels["filter-type"].update(order=1)
        ),
        "two filters have one order",
    ),
    "board: control reference": (
        BOARD,
        lambda one: one["references"][-1].update(name="controlGroup_x:optionsListDataView"),
        "leads to no data view",
    ),
    "board: control is JSON": (
        BOARD,
        lambda one: one["attributes"]["controlGroupInput"].update(panelsJSON="{"),
        "panelsJSON is no JSON",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_fault_is_found(vocabulary, name):
    """Each of these changes to one shipped object is found, and told at that object."""
    key, change, message = CHANGES[name]
    objects = load_objects()
    (changed,) = [one for one in objects if (one["type"], one["id"]) == key]
    change(changed)
    faults = object_faults(objects, vocabulary)
    own = [fault for fault in faults if fault.startswith(f"{changed['type']} {changed['id']}: ")]
    assert any(message in fault for fault in own), faults


def test_an_object_before_what_it_points_at_is_found(vocabulary):
    """The file is in import order: a search before its data view is a fault."""
    objects = load_objects()
    objects.insert(0, objects.pop(5))
    assert objects[0]["type"] == "search"
    assert any("before this object" in fault for fault in object_faults(objects, vocabulary))


def test_an_object_that_is_there_twice_is_found(vocabulary):
    """The second object of a type and id would overwrite the first."""
    objects = load_objects()
    faults = object_faults([*objects, objects[-1]], vocabulary)
    assert faults == ["dashboard kirkuk-dashboard: the id is there twice"]
