"""Saved searches: the lists that an analyst opens first."""

from schemas.kibana_objects.parts import (
    ALERTS,
    ARRIVALS,
    DEVELOPMENTS,
    EVENTS,
    SEARCH_SOURCE,
    DataView,
    Json,
    kql,
    packed,
    reference,
    saved_object,
)


def searches() -> list[Json]:
    """Return all saved searches."""
    return [*_of_developments(), *_of_events(), *_of_alerts(), *_of_articles()]


def _of_developments() -> list[Json]:
    return [
        _search(
            "territory",
            "Kirkuk: territory changes hands",
            "Places taken, and forces that leave or give up.",
            DEVELOPMENTS,
            "type: SEIZE or (type: RETREAT and mode: (withdraw or surrender))",
            "day title type mode side place claim denied_by sources",
            sort="last_seen",
        ),
        _search(
            "disputed",
            "Kirkuk: denied and disputed",
            "Developments that somebody denies, and who says what.",
            DEVELOPMENTS,
            "claim: (denied or disputed)",
            "day title claim asserted_by denied_by sources outlets",
            sort="last_seen",
        ),
        _search(
            "casualties",
            "Kirkuk: casualties",
            "Developments with people killed, wounded, displaced or arrested; the highest number killed first.",
            DEVELOPMENTS,
            "killed >= 1 or wounded >= 1 or displaced >= 1 or arrested >= 1",
            "day title killed wounded displaced arrested side place claim sources",
            sort="killed",
        ),
        _search(
            "independent",
            "Kirkuk: best supported developments",
            "Developments by the number of independent sources; copies of one text count once.",
            DEVELOPMENTS,
            "",
            "sources copies day title type side place claim outlets",
            sort="sources",
        ),
    ]


def _of_events() -> list[Json]:
    return [
        _search(
            "denials",
            "Kirkuk: denials",
            "Sentences in which something is denied.",
            EVENTS,
            "claim: denied or (type: STATEMENT and mode: deny)",
            "quote type mode actors source_names source_kinds outlet url",
            sort="published",
        ),
        _search(
            "ultimatums",
            "Kirkuk: ultimatums and threats of force",
            "Threats with a deadline, of violence or against territory, and orders to yield.",
            EVENTS,
            "(type: THREATEN and mode: (ultimatum or violence or territory)) or (type: REQUEST and mode: yield)",
            "quote type mode actors recipients place_names source_names outlet url",
            sort="published",
        ),
        _search(
            "sources",
            "Kirkuk: by outlet and source",
            "Every coded sentence with who published it and whom it credits.",
            EVENTS,
            "",
            "outlet publisher source_names source_kinds claim type quote url",
            sort="published",
        ),
    ]


def _of_alerts() -> list[Json]:
    return [
        _search(
            "unacknowledged",
            "Kirkuk: alerts that nobody has acknowledged",
            "Alerts that were to be sent; `failed` names channels that were given up.",
            ALERTS,
            "not status: (acknowledged or suppressed)",
            "severity title summary rule change status failed side place",
            sort="raised",
        ),
    ]


def _of_articles() -> list[Json]:
    return [
        _search(
            "undated",
            "Kirkuk: articles without a date",
            "Relevant articles whose feed gave no usable date: views by publication can't show them.",
            ARRIVALS,
            "relevant: true and not published: *",
            "title outlet published_flag types places url",
            sort="ingested",
        ),
    ]


def _search(name: str, title: str, description: str, view: DataView, query: str, columns: str, *, sort: str) -> Json:
    """Return one search: columns as words, highest values of `sort` first."""
    source = {"filter": [], "indexRefName": SEARCH_SOURCE, "query": kql(query)}
    attributes = {
        "columns": columns.split(),
        "description": description,
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": packed(source)},
        "sort": [[sort, "desc"]],
        "timeRestore": False,
        "title": title,
    }
    return saved_object(
        "search", f"kirkuk-search-{name}", attributes, [reference(SEARCH_SOURCE, "index-pattern", view.id)]
    )
