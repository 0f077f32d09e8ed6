"""A feed of picks, written as RSS 2.0, Atom (RFC 4287) or JSON Feed 1.1."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from app.mail import foreign

ATOM = "http://www.w3.org/2005/Atom"
register_namespace("atom", ATOM)
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Entry:
    """One pick. id: a URI that never changes; at: aware. Links lead to the paper, and back to us.

    ways: what can be done with it, as (what, URL).
    """

    id: str
    title: str
    url: str
    at: datetime
    authors: tuple[str, ...] = ()
    reason: str = ""
    excerpt: str = ""
    ways: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Feed:
    """id: a URI that never changes. home: our front page; own: where the feed itself is.

    language: of what we say in it, a code.
    """

    id: str
    title: str
    home: str
    own: str
    updated: datetime
    entries: tuple[Entry, ...] = ()
    language: str = "en"


def rss(feed: Feed) -> bytes:
    """RSS 2.0, with the link to itself that readers ask for."""
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.home)
    _add(channel, "description", feed.title)
    _add(channel, "language", feed.language)
    SubElement(channel, f"{{{ATOM}}}link", rel="self", href=feed.own, type="application/rss+xml")
    _add(channel, "lastBuildDate", format_datetime(feed.updated.astimezone(UTC)))
    for entry in feed.entries:
        each = SubElement(channel, "item")
        _add(each, "title", entry.title)
        _add(each, "link", entry.url)
        SubElement(each, "guid", isPermaLink="false").text = entry.id
        _add(each, "pubDate", format_datetime(entry.at.astimezone(UTC)))
        _add(each, "description", _html(entry))
    return _xml(root)


def atom(feed: Feed) -> bytes:
    """Atom, with all the authors that are told."""
    root = Element(f"{{{ATOM}}}feed", {XML_LANG: feed.language})
    _add(root, f"{{{ATOM}}}title", feed.title)
    _add(root, f"{{{ATOM}}}id", feed.id)
    _add(root, f"{{{ATOM}}}updated", _moment(feed.updated))
    SubElement(root, f"{{{ATOM}}}link", rel="self", href=feed.own)
    SubElement(root, f"{{{ATOM}}}link", href=feed.home)
    SubElement(SubElement(root, f"{{{ATOM}}}author"), f"{{{ATOM}}}name").text = "Paperboy"
    for entry in feed.entries:
        each = SubElement(root, f"{{{ATOM}}}entry")
        _add(each, f"{{{ATOM}}}title", entry.title)
        _add(each, f"{{{ATOM}}}id", entry.id)
        _add(each, f"{{{ATOM}}}updated", _moment(entry.at))
        SubElement(each, f"{{{ATOM}}}link", href=entry.url)
        for name in entry.authors:
            author = SubElement(each, f"{{{ATOM}}}author")
            SubElement(author, f"{{{ATOM}}}name").text = foreign.tame(name)
        _add(each, f"{{{ATOM}}}summary", entry.reason)
        SubElement(each, f"{{{ATOM}}}content", type="html").text = _html(entry)
    return _xml(root)


def json_feed(feed: Feed) -> bytes:
    """JSON Feed 1.1."""
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "language": feed.language,
        "home_page_url": feed.home,
        "feed_url": feed.own,
        "items": [
            {
                "id": entry.id,
                "url": entry.url,
                "title": foreign.tame(entry.title),
                "content_html": _html(entry),
                "summary": foreign.tame(entry.reason),
                "date_published": _moment(entry.at),
                "authors": [{"name": foreign.tame(name)} for name in entry.authors],
            }
            for entry in feed.entries
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


# Form → its media type and how it is written.
FORMS: Mapping[str, tuple[str, Callable[[Feed], bytes]]] = {
    "rss": ("application/rss+xml; charset=utf-8", rss),
    "atom": ("application/atom+xml; charset=utf-8", atom),
    "json": ("application/feed+json; charset=utf-8", json_feed),
}


def _add(parent: Element, name: str, text: str) -> None:
    # XML can hold no control character, however it is written.
    SubElement(parent, name).text = foreign.tame(text)


def _html(entry: Entry) -> str:
    """What a feed reader shows of it: text escaped once for HTML, by us, and once more as XML."""
    authors = foreign.tame(", ".join(entry.authors))
    shown = (authors, foreign.tame(entry.reason), foreign.tame(entry.excerpt))
    ways = " · ".join(f'<a href="{escape(url)}">{escape(what)}</a>' for what, url in entry.ways)
    parts = [*(escape(text) for text in shown if text), ways]
    return "".join(f"<p>{part}</p>" for part in parts if part)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _xml(root: Element) -> bytes:
    return bytes(tostring(root, "utf-8", xml_declaration=True)) + b"\n"
