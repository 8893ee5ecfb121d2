"""The charts. Each says in its description what one bar means, so that nobody reads copies as confirmations."""

from schemas.kibana_objects.lens import bars, count, figure, highest, numbers, over_time, table, top, total
from schemas.kibana_objects.parts import ALERTS, DEVELOPMENTS, EVENTS, Json


def charts() -> list[Json]:
    """Return all charts."""
    return [*_figures(), *_over_time(), *_of_claims(), *_rankings()]


def _figures() -> list[Json]:
    return [
        figure(
            "developments",
            "Kirkuk: developments",
            DEVELOPMENTS,
            count("developments"),
            description="Developments that were reported on in this time, however often.",
        ),
        figure(
            "contested",
            "Kirkuk: denied or disputed",
            DEVELOPMENTS,
            count("denied or disputed"),
            description="Developments that somebody denies.",
            query="claim: (denied or disputed)",
        ),
        figure(
            "open-alerts",
            "Kirkuk: alerts to acknowledge",
            ALERTS,
            count("to acknowledge"),
            description="Alerts of this time that nobody has acknowledged; suppressed ones are not counted.",
            query="not status: (acknowledged or suppressed)",
        ),
        figure(
            "most-killed",
            "Kirkuk: most killed in one development",
            DEVELOPMENTS,
            highest("killed", "killed"),
            description="The highest number killed that is told of one development.",
        ),
    ]


def _over_time() -> list[Json]:
    return [
        bars(
            "events-over-time",
            "Kirkuk: events per hour, by type",
            EVENTS,
            {
                "x": over_time("published", "published"),
                "split": top("type", "type", size=12, by="count", other=True),
                "count": count("events per hour", per="h"),
            },
            description="Coded sentences by the time of publication. Many reports of one development count often.",
        ),
        bars(
            "timeline",
            "Kirkuk: timeline of developments",
            DEVELOPMENTS,
            {
                "x": over_time("day of the event", "day", interval="1d"),
                "split": top("type", "type", size=12, by="count", other=True),
                "count": count("developments"),
            },
            description="Each development once, on the day it happened, not the day it was reported.",
        ),
        bars(
            "casualties",
            "Kirkuk: casualties by day",
            DEVELOPMENTS,
            {
                "x": over_time("day of the event", "day", interval="1d"),
                "killed": total("killed", "killed"),
                "wounded": total("wounded", "wounded"),
            },
            description="Figures as last told, summed over developments; claims that are denied are left out.",
            query="not claim: denied",
        ),
        bars(
            "alerts-over-time",
            "Kirkuk: alerts by severity",
            ALERTS,
            {
                "x": over_time("raised", "raised"),
                "split": top("severity", "severity", size=3, by="count"),
                "count": count("alerts"),
            },
            description="Alerts when they were raised, suppressed ones included.",
        ),
    ]


def _of_claims() -> list[Json]:
    return [
        bars(
            "claims-by-side",
            "Kirkuk: claim status by side",
            DEVELOPMENTS,
            {
                "x": top("side of the actors", "side", size=10, by="count"),
                "split": top("claim", "claim", size=5, by="count"),
                "count": count("developments"),
            },
            description="How sure it is what each side is said to have done.",
        ),
        bars(
            "support",
            "Kirkuk: independent sources per development",
            DEVELOPMENTS,
            {
                "x": numbers("independent sources", "sources", size=20),
                "split": top("claim", "claim", size=5, by="count"),
                "count": count("developments"),
            },
            description="How many developments stand on one, two, three ... independent sources.",
        ),
        table(
            "who-denies",
            "Kirkuk: who denies what",
            DEVELOPMENTS,
            {
                "by": top("denied by", "denied_by", size=15, by="count"),
                "type": top("type", "type", size=5, by="count"),
                "count": count("developments"),
            },
            description="Who denies developments of which type.",
            query="denied_by: *",
        ),
    ]


def _rankings() -> list[Json]:
    listed = [
        ("actors", "Kirkuk: who acts most", "actor", "actors", 15),
        ("places", "Kirkuk: where most happens", "place", "places", 15),
        ("outlets", "Kirkuk: which outlets report", "outlet", "outlet", 20),
    ]
    return [
        bars(
            name,
            title,
            EVENTS,
            {
                "x": top(label, field, size=size, by="count"),
                "split": top("claim", "claim", size=4, by="count"),
                "count": count("events"),
            },
            description="Coded sentences, by how sure they are.",
            shape="bar_horizontal_stacked",
        )
        for name, title, label, field, size in listed
    ]
