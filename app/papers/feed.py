"""Feeds of journals and blogs: RSS 0.9 to 2.0, RSS 1.0 (RDF) and Atom, as they really come.

What a feed says of a paper stands in elements of several vocabularies (RSS, Atom, Dublin Core,
PRISM); those of others (media, podcasts, comments) are passed over, for they use the same names.
A feed shows the newest entries, whatever their days, so it has no day unless that is one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from app.papers import arxiv, fields, identity, imprint, markup, people, xml_tree
from app.papers.paper import Digest, Entry, Paper, UnreadLine, fold

NO_TITLE = "names no title"
LAYOUTS = {"rss": "RSS", "RDF": "RSS 1.0", "feed": "Atom"}
_OURS = re.compile(
    r"\{(?:http://purl\.org/rss/1\.0/(?:modules/content/)?|http://my\.netscape\.com/rdf/.*"
    r"|http://channel\.netscape\.com/rdf/.*|http://www\.w3\.org/2005/Atom"
    r"|http://purl\.org/atom/ns#|http://purl\.org/dc/(?:elements/1\.1|terms)/"
    r"|http://(?:purl\.org/rss/1\.0/modules/prism|prismstandard\.org/namespaces).*"
    r"|http://backend\.userland\.com/.*)\}"
)
_MAIL = re.compile(r"[^\s()@]+@[^\s()@]+")
_BY = re.compile(r"By [A-Z]|[^\s()@]+@")
_LONGEST, _SHORT = 3000, 200

Told = Mapping[str, Sequence[Element]]


def is_one(root: Element) -> bool:
    return xml_tree.name(root) in LAYOUTS


def read(root: Element) -> Digest:
    """Read every entry that has a title; the others are among the unread, with their number."""
    entries: list[Entry] = []
    unread: list[UnreadLine] = []
    for number, row in enumerate(_rows(root), start=1):
        told = _told(row)
        paper = _paper(told)
        if paper is None:
            unread.append(UnreadLine(number, _first(told, "guid", "id", "link")[:200], NO_TITLE))
        else:
            entries.append(Entry(paper, len(entries) + 1, day=paper.published))
    days = {entry.day for entry in entries}
    layout = LAYOUTS[xml_tree.name(root)]
    return Digest(layout, tuple(entries), tuple(unread), days.pop() if len(days) == 1 else None)


def _rows(root: Element) -> Iterator[Element]:
    """RSS 1.0 puts its entries beside the channel, the others inside."""
    for parent in (root, *xml_tree.children(root, "channel")):
        for child in parent:
            if xml_tree.name(child) in {"item", "entry"}:
                yield child


def _told(row: Element) -> Told:
    found: dict[str, list[Element]] = {}
    for child in row:
        if child.tag[:1] != "{" or _OURS.match(child.tag):
            found.setdefault(xml_tree.name(child), []).append(child)
    return found


def _paper(told: Told) -> Paper | None:
    title = _first(told, "title")
    if not title:
        return None
    link = _link(told)
    named = [link, *_raw(told, "guid", "id", "identifier", "doi")]
    arxiv_id = next(filter(None, map(identity.arxiv_id_in, named)), "")
    doi = next(filter(None, map(identity.doi_in, reversed(named))), "")
    terms = tuple(dict.fromkeys(_terms(told)))
    categories = arxiv.categories(term for term in terms if "." in term)
    summary = _summary(told)
    return Paper(
        title=title,
        abstract=_cut(summary.abstract),
        authors=tuple(_authors(told)) or summary.authors,
        url=link,
        arxiv_id=arxiv_id,
        doi=doi,
        published=fields.day(*_raw(told, "publicationDate", "published", "date", "issued"))
        or fields.mail_day(*_raw(told, "pubDate", "date"))
        or fields.day(*_raw(told, "pubDate", "updated", "modified")),
        categories=categories,
        journal=_first(told, "publicationName"),
        keywords=tuple(term for term in terms if term not in categories),
    )


def _raw(told: Told, *names: str) -> list[str]:
    return [each.text.strip() for name in names for each in told.get(name, ()) if each.text]


def _first(told: Told, *names: str) -> str:
    """The first of these elements that says anything, as plain text."""
    found = (_plain(each) for name in names for each in told.get(name, ()))
    return next(filter(None, found), "")


def _plain(element: Element) -> str:
    """The element's text: Atom says whether it is HTML, of RSS it must be assumed."""
    if len(element):  # XHTML, its own elements
        return fields.text("".join(element.itertext()))
    is_text = element.get("type", "") in {"text", "text/plain"}
    return fields.text(element.text if is_text else markup.plain(element.text or ""))


def _summary(told: Told) -> imprint.Taken:
    """The summary; where that is a line or nothing, the beginning of the entry itself."""
    summary = imprint.take(_first(told, "description", "summary", "abstract"))
    if len(summary.abstract) < _SHORT:
        whole = imprint.take(_first(told, "encoded", "content"))
        if len(whole.abstract) > len(summary.abstract):
            return imprint.Taken(whole.abstract, summary.authors or whole.authors)
    return summary


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0] + " …"


def _link(told: Told) -> str:
    """The entry's page: RSS writes it as text, Atom as an attribute among links of other kinds."""
    links = told.get("link", ())
    pages = [each.get("href") for each in links if each.get("rel", "alternate") == "alternate"]
    permanent = [each.text for each in told.get("guid", ()) if each.get("isPermaLink") != "false"]
    return fields.link(*pages, *(each.text for each in links), *permanent, *_raw(told, "id"))


def _authors(told: Told) -> Iterator[str]:
    """dc:creator, once each or all in one; Atom's name; RSS's address with the name behind it."""
    creators = [_plain(each) for each in told.get("creator", ())]
    if len(creators) > 1:
        yield from (name for each in creators for name in people.inverted(each))
    elif creators:
        yield from _names(creators[0])
    else:
        for author in told.get("author", ()):
            name = next((each.text for each in xml_tree.children(author, "name")), author.text)
            yield from _names(fields.text(name))


def _names(text: str) -> tuple[str, ...]:
    """The names in one text; whose address stands there stays with the publisher."""
    text = _MAIL.sub("", text).removeprefix("By ").strip(" ()") if _BY.match(text) else text
    return people.inverted(text) if ";" in text else people.listed(text)


def _terms(told: Told) -> Iterator[str]:
    for name in ("category", "subject", "keyword"):
        for each in told.get(name, ()):
            term = fold(each.get("term") or each.text or "")
            if term and len(term) <= 80:
                yield term
