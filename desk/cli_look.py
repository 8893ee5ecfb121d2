"""Commands that read: search, show, timeline, why, and the lists of alerts, feeds and dead letters."""

from typing import TYPE_CHECKING

import click

from desk.cli_options import data_options, json_option, opened_index, opened_log

if TYPE_CHECKING:
    from desk.settings import Settings

_KINDS = ("articles", "events", "developments", "alerts")


@click.command()
@click.argument("query", default="*")
@click.option("--in", "kind", type=click.Choice(_KINDS), default="articles", show_default=True, help="What to search.")
@click.option("--sort", type=click.Choice(["newest", "best"]), default="newest", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Hits a page.")
@click.option("--cursor", help="The next page, as the page before named it.")
@click.option("--facet", "facets", multiple=True, metavar="FIELD", help="Count the values of a field; repeatable.")
@json_option
@data_options
def search(
    settings: "Settings",
    query: str,
    kind: str,
    sort: str,
    limit: int,
    cursor: str | None,
    facets: tuple[str, ...],
    as_json: bool,
) -> None:
    """Search with a Lucene QUERY; words are joined by AND.

    \b
      kirkuk search 'peshmerga withdr*'
      kirkuk search '"K1 base"~3 AND outlet:"Harbour Wire" AND published:[2017-10-15 TO 2017-10-17}'
      kirkuk search --in events 'type:SEIZE AND places:k1-base AND NOT negated:true'
      kirkuk search --in developments 'claim:denied OR claim:disputed' --facet type
    """
    from desk.look import point_at, print_page
    from schemas.errors import KirkukError, QueryError

    with opened_index(settings) as index:
        try:
            page = index.search(kind, query, sort=sort, limit=limit, cursor=cursor, facets=facets, highlight=True)
        except QueryError as error:
            raise KirkukError(point_at(query, error)) from error
        print_page(page, kind, as_json=as_json)


@click.command()
@click.argument("id")
@json_option
@data_options
def show(settings: "Settings", id: str, as_json: bool) -> None:  # noqa: A002 (click names the argument)
    """Show an article with its events, an event, a development with its reports, or an alert; ID may be cut short."""
    from desk.look import find, print_document

    with opened_index(settings) as index:
        print_document(index, *find(index, id), as_json=as_json)


@click.command()
@click.argument("query", default="")
@json_option
@data_options
def timeline(settings: "Settings", query: str, as_json: bool) -> None:
    """List developments by day; QUERY narrows them (kirkuk timeline 'type:SEIZE OR type:RETREAT')."""
    from desk.look import point_at, print_timeline
    from desk.look import timeline as rows_of
    from schemas.errors import KirkukError, QueryError

    with opened_index(settings) as index:
        try:
            rows = rows_of(index, query)
        except QueryError as error:
            raise KirkukError(point_at(query, error)) from error
        print_timeline(rows, as_json=as_json)


@click.command()
@click.argument("alert_id")
@json_option
@data_options
def why(settings: "Settings", alert_id: str, as_json: bool) -> None:
    """Say why an alert was raised: rule, what changed, quotes, who says so, delivery."""
    from desk.alert_commands import print_why

    with opened_log(settings) as log:
        print_why(log, alert_id, settings.rules_file, as_json=as_json)


@click.command()
@click.argument("article_id")
@json_option
@data_options
def trace(settings: "Settings", article_id: str, as_json: bool) -> None:
    """Tell the way of an article, with times: published, fetched, appended, coded, alerted; ID may be cut short."""
    from desk.trace import print_trace
    from desk.trace import trace as trace_article

    with opened_log(settings) as log:
        print_trace(trace_article(log, article_id), as_json=as_json)


@click.group()
def feeds() -> None:
    """List the feeds, or try them."""


@feeds.command("list")
@json_option
@data_options
def list_feeds_command(settings: "Settings", as_json: bool) -> None:
    """List the feeds of the settings, with how each one fares when there is a log."""
    from desk.feeds_commands import list_feeds

    list_feeds(settings, as_json=as_json)


@feeds.command("check")
@click.option("--write", is_flag=True, help="Mark in the feed list those that answered with a feed today.")
@click.option("--only", "only", multiple=True, metavar="ID", help="Check this feed only; repeatable.")
@json_option
@data_options
def check_feeds_command(settings: "Settings", write: bool, only: tuple[str, ...], as_json: bool) -> int:
    """Fetch and parse each feed once, and say what came. Stores nothing in the log."""
    from desk.feeds_commands import check_feeds

    return check_feeds(settings, only=only, write=write, as_json=as_json)


@click.command("parse-feed")
@click.argument("file", type=click.Path())
@click.option("--url", default="", help="Where the file came from: relative links are resolved against it.")
@click.option("--header", "headers", multiple=True, metavar="'K: V'", help="A response header; repeatable.")
@json_option
def parse_feed(file: str, url: str, headers: tuple[str, ...], as_json: bool) -> int:
    """Parse a feed's body from FILE ("-" is standard input) and print its items."""
    from desk.feeds_commands import parse_feed_file

    return parse_feed_file(file, url=url, headers=headers, as_json=as_json)


def add_look_commands(group: click.Group) -> None:
    """Add the commands of this module."""
    for command in (search, show, timeline, why, trace, feeds, parse_feed):
        group.add_command(command)
