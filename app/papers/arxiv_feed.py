"""arXiv's own feeds of a day's announcement: RSS 2.0 and Atom 1.0.

https://rss.arxiv.org/{rss,atom}/cs.LG+stat.ML: one entry a paper, each with why it is announced. On
Saturdays, Sundays and holidays it has none, which is no error. All its dates are the midnight that
begins the day it was asked for, even if what it lists is yesterday's batch again.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from xml.etree.ElementTree import Element

from app.errors import SourceError
from app.papers import arxiv, fields, identity, people, xml_tree
from app.papers.paper import Digest, Entry, Paper, UnreadLine, fold

RSS, ATOM = "arXiv RSS", "arXiv Atom"
KINDS = ("new", "cross", "replace", "replace-cross")
WANTED = frozenset({"new", "cross"})
# What stands before the abstract; where no abstract is told, it is all there is.
_SUMMARY = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*(?P<kind>[\w-]+)\s*(?P<named>Abstract:)?")
_REPEATED = ("category",)
_ERROR = "Feed error for query"


def is_one(root: Element) -> bool:
    """Whether it is arXiv's, and neither an answer of its query interface nor some blog."""
    title = xml_tree.value(_channel(root), "title").strip()
    return title.startswith(_ERROR) or title.endswith("updates on arXiv.org") or _is_named(root)


def _is_named(root: Element) -> bool:
    """Whether the feed's own address is that of arXiv's feeds."""
    channel = _channel(root)
    links = (each.get("href") or each.text or "" for each in xml_tree.children(channel, "link"))
    return any("://rss.arxiv.org/" in link for link in links)


def read(root: Element, wanted: Collection[str] = WANTED) -> Digest:
    """Read the announcement; what is not of a wanted kind is left out, and counted.

    Raises SourceError for the feed that is an error, with arXiv's reason.
    """
    channel, is_atom = _channel(root), xml_tree.name(root) == "feed"
    head = xml_tree.values(channel)
    _refuse_error(head)
    entries: list[Entry] = []
    unread: list[UnreadLine] = []
    changed: list[Paper] = []
    rows = xml_tree.children(channel, "entry" if is_atom else "item")
    for number, row in enumerate(rows, start=1):
        told, others = xml_tree.values_and(row, _REPEATED)
        whole = told.get("summary") or told.get("description") or ""
        summary = _SUMMARY.match(whole)
        kind = told.get("announce_type", "")
        if kind not in KINDS:
            kind = fields.text(kind, summary and summary["kind"]).lower()
        if summary:
            whole = whole[summary.end() :] if summary["named"] else ""
        paper = _paper(told, others["category"], fold(whole))
        if paper is None:
            text = fields.text(told.get("title"), told.get("guid"), told.get("id"))
            unread.append(UnreadLine(number, text[:200], arxiv.NO_PAPER))
        elif kind and kind not in wanted:
            changed.append(paper)
        else:
            entries.append(Entry(paper, len(entries) + 1, None, None, None, None, kind))
    layout = ATOM if is_atom else RSS
    return Digest(
        layout,
        tuple(entries),
        tuple(unread),
        _day(head),
        n_left_out=len(changed),
        changed=tuple(changed),
    )


def _channel(root: Element) -> Element:
    return root if xml_tree.name(root) == "feed" else next(xml_tree.children(root, "channel"), root)


def _refuse_error(head: Mapping[str, str]) -> None:
    if head.get("title", "").strip().startswith(_ERROR):
        said = xml_tree.text(head, "description", "subtitle") or fields.text(head["title"])
        raise SourceError(f"arXiv refuses: {said[:300].rstrip('.')}.")


def _day(head: Mapping[str, str]) -> date | None:
    return fields.mail_day(*map(head.get, ("pubDate", "lastBuildDate"))) or fields.day(
        head.get("updated")
    )


def _paper(told: Mapping[str, str], terms: Iterable[Element], abstract: str) -> Paper | None:
    arxiv_id, version = arxiv.number(told.get("guid") or told.get("id") or "")
    if not arxiv_id:
        arxiv_id, version = arxiv.number(told.get("link", ""))
    title = fold(told.get("title", ""))
    if not arxiv_id or not title:
        return None
    # By their places, which takes half the time.
    return Paper(
        title,
        abstract,
        people.listed(told.get("creator", "")),
        arxiv.url(arxiv_id),
        arxiv_id,
        identity.doi_in(told["DOI"]) if "DOI" in told else "",
        None,
        arxiv.categories([each.get("term") or (each.text or "").strip() for each in terms]),
        version,
        journal=fold(told["journal_reference"]) if "journal_reference" in told else "",
        is_withdrawn=arxiv.is_withdrawn(abstract),
    )
