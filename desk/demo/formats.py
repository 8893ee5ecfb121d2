"""Feed bodies, written by hand in each format, so that the monitor's parser meets text that it did not write itself.

Every writer takes an outlet and its items, newest first, and returns the body as text or bytes; dates are written the
way the format's users write them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import msgspec

from desk.demo.playbook import Format, Outlet, Version

_BAGHDAD: Final = timezone(timedelta(hours=3))
_SCRIPT: Final = """<script>document.write("Peshmerga forces seized Baghdad airport on Monday")</script>\
<iframe src="https://tracker.example/f"></iframe>\
<a href="javascript:alert('Iraqi forces captured Erbil')" onclick="steal()">More</a>\
<style>p:after{content:"Iranian troops entered Sulaymaniyah"}</style>"""
"""What a hostile feed hides around its text: invented news that no reader ever sees."""
_BOMB: Final = '<!DOCTYPE rss [<!ENTITY a "boom">{}]>'.format(
    "".join(f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(9))
)
"""Nine levels of ten: some four gigabytes when unfolded."""


class Item(NamedTuple):
    """One version of one article, ready to be written."""

    version: Version
    url: str
    title: str
    text: str
    published: datetime
    updated: datetime
    author: str | None
    category: str | None
    scripted: bool

    @property
    def paragraphs(self) -> list[str]:
        """The text's paragraphs."""
        return [line.strip() for line in self.text.split("\n") if line.strip()]

    @property
    def html(self) -> str:
        """The text as the page's markup."""
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in self.paragraphs)
        return _SCRIPT + body if self.scripted else body


def render(outlet: Outlet, items: Sequence[Item]) -> bytes:
    """Write the feed in the outlet's format and encoding."""
    text = _WRITERS[outlet.format](outlet, items)
    if outlet.format == "jsonfeed":
        return text.encode()
    declaration = f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'
    return (declaration + text).encode(outlet.encoding, "xmlcharrefreplace")


def content_type(outlet: Outlet) -> str:
    """Return the header that goes with the body."""
    kinds = {"atom": "application/atom+xml", "jsonfeed": "application/feed+json", "rdf": "application/rdf+xml"}
    return f"{kinds.get(outlet.format, 'application/rss+xml')}; charset={outlet.encoding}"


def malform(body: bytes, encoding: str) -> bytes:
    """Spoil XML the way careless publishing systems do: ampersands that stand alone, and an end that never comes."""
    text = body.decode(encoding)
    return text.replace("&amp;", "&").rpartition("</channel>")[0].encode(encoding)


def arm(body: bytes, encoding: str) -> bytes:
    """Put an entity bomb before the feed and set it off in the feed's title."""
    text = body.decode(encoding)
    head, mark, rest = text.partition("?>\n")
    return (head + mark + _BOMB + rest.replace("<title>", "<title>&j;", 1)).encode(encoding)


def _tag(name: str, text: str | None, **attributes: str) -> str:
    """Write an element of text; nothing for None."""
    if text is None:
        return ""
    written = "".join(f" {key.rstrip('_')}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{written}>{escape(text)}</{name}>\n"


def _join(parts: Iterable[str]) -> str:
    return "".join(parts)


def _rfc822(at: datetime) -> str:
    """Write a date in Baghdad's time."""
    return format_datetime(at.astimezone(_BAGHDAD))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _channel(outlet: Outlet) -> str:
    return (
        _tag("title", outlet.name)
        + _tag("link", outlet.site)
        + _tag("description", f"Latest from {outlet.name}")
        + _tag("language", outlet.language)
    )


def _rss2(outlet: Outlet, items: Sequence[Item]) -> str:
    """RSS 2.0 with the whole text, escaped, in the description; guids are no addresses."""
    written = _join(
        "<item>\n"
        + _tag("title", item.title)
        + _tag("link", item.url)
        + _tag("guid", f"{outlet.id}:{item.version.story}", isPermaLink="false")
        + _tag("pubDate", _rfc822(item.published))
        + _tag("dc:creator", item.author)
        + _tag("category", item.category)
        + _tag("description", item.html)
        + "</item>\n"
        for item in items
    )
    namespace = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<rss version="2.0" {namespace}>\n<channel>\n{_channel(outlet)}{written}</channel>\n</rss>\n'


def _rss2_content(outlet: Outlet, items: Sequence[Item]) -> str:
    """RSS 2.0 with a teaser as description and the text in content:encoded, as CDATA; guids are addresses."""
    written = _join(
        "<item>\n"
        + _tag("title", item.title)
        + _tag("link", item.url)
        + _tag("guid", item.url, isPermaLink="true")
        + _tag("pubDate", format_datetime(item.published.astimezone(UTC), usegmt=True))
        + _tag("dc:creator", item.author)
        + _tag("description", item.paragraphs[0])
        + f"<content:encoded><![CDATA[{item.html.replace(']]>', ']]&gt;')}]]></content:encoded>\n"
        + "</item>\n"
        for item in items
    )
    namespaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<rss version="2.0" {namespaces}>\n<channel>\n{_channel(outlet)}{written}</channel>\n</rss>\n'


def _rss091(outlet: Outlet, items: Sequence[Item]) -> str:
    """RSS 0.91: no guid and no dates."""
    written = _join(
        "<item>\n"
        + _tag("title", item.title)
        + _tag("link", item.url)
        + _tag("description", "\n".join(item.paragraphs))
        + "</item>\n"
        for item in items
    )
    return f'<rss version="0.91">\n<channel>\n{_channel(outlet)}{written}</channel>\n</rss>\n'


def _rdf(outlet: Outlet, items: Sequence[Item]) -> str:
    """RSS 1.0: items beside the channel, which lists them; dates in Dublin Core."""
    listed = _join(f"<rdf:li rdf:resource={quoteattr(item.url)}/>\n" for item in items)
    written = _join(
        f"<item rdf:about={quoteattr(item.url)}>\n"
        + _tag("title", item.title)
        + _tag("link", item.url)
        + _tag("dc:date", item.published.astimezone(_BAGHDAD).isoformat())
        + _tag("dc:creator", item.author)
        + _tag("description", "\n".join(item.paragraphs))
        + "</item>\n"
        for item in items
    )
    channel = _tag("title", outlet.name) + _tag("link", outlet.site) + _tag("description", outlet.name)
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel rdf:about={quoteattr(outlet.site)}>\n{channel}'
        f"{_tag('dc:language', outlet.language)}<items><rdf:Seq>\n{listed}</rdf:Seq></items>\n</channel>\n{written}"
        "</rdf:RDF>\n"
    )


def _atom(outlet: Outlet, items: Sequence[Item]) -> str:
    """Atom 1.0 with tag URIs as ids and the text as escaped markup."""
    host = outlet.site.partition("://")[2]
    newest = max((item.updated for item in items), default=datetime(2017, 1, 1, tzinfo=UTC))
    written = _join(
        "<entry>\n"
        + _tag("id", f"tag:{host},2017:{item.version.story}")
        + _tag("title", item.title)
        + f'<link rel="alternate" type="text/html" href={quoteattr(item.url)}/>\n'
        + _tag("published", _iso(item.published))
        + _tag("updated", _iso(item.updated))
        + (f"<author>{_tag('name', item.author)}</author>\n" if item.author else "")
        + (f"<category term={quoteattr(item.category)}/>\n" if item.category else "")
        + _tag("summary", item.paragraphs[0])
        + _tag("content", item.html, type="html")
        + "</entry>\n"
        for item in items
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(outlet.language)}>\n'
        f"{_tag('id', f'tag:{host},2017:feed')}{_tag('title', outlet.name)}{_tag('updated', _iso(newest))}"
        f"<author>{_tag('name', outlet.name)}</author>\n{written}</feed>\n"
    )


def _jsonfeed(outlet: Outlet, items: Sequence[Item]) -> str:
    """JSON Feed 1.1."""
    written = [
        {
            "id": f"{outlet.id}/{item.version.story}",
            "url": item.url,
            "title": item.title,
            "content_html": item.html,
            "date_published": _iso(item.published),
            "date_modified": _iso(item.updated),
            "authors": [{"name": item.author}] if item.author else [],
            "tags": [item.category] if item.category else [],
        }
        for item in items
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": outlet.site,
        "language": outlet.language,
        "items": written,
    }
    return msgspec.json.encode(feed).decode()


_WRITERS: Final[dict[Format, Callable[[Outlet, Sequence[Item]], str]]] = {
    "rss2": _rss2,
    "rss2-content": _rss2_content,
    "rss091": _rss091,
    "rdf": _rdf,
    "atom": _atom,
    "jsonfeed": _jsonfeed,
}
