"""Answers of arXiv's query interface, https://export.arxiv.org/api/query, in both their dialects.

Older servers name a namespace at every element and write http://arxiv.org/api, newer ones once and
https://arxiv.org/api. A busy server answers with an empty feed, which is not "no such paper".
"""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from app.errors import EmptyAnswer, SourceError
from app.papers import arxiv, fields, identity, xml_tree
from app.papers.paper import Digest, Entry, Page, Paper, UnreadLine, fold

LAYOUT = "arXiv query"
_REPEATED = ("author", "category", "primary_category", "link")


def is_one(root: Element) -> bool:
    """Whether it is an Atom feed of this interface."""
    if xml_tree.name(root) != "feed":
        return False
    named = xml_tree.value(root, "id")
    return "/api/" in named and "arxiv.org/" in named.lower()


def read(root: Element) -> Digest:
    """Read one page; `page.following` is the `start` of the next, "" after the last.

    Raises SourceError for the feed that holds an error, EmptyAnswer for one that counts papers and
    shows none, or does not even count.
    """
    rows = list(xml_tree.children(root, "entry"))
    entries: list[Entry] = []
    unread: list[UnreadLine] = []
    for number, row in enumerate(rows, start=1):
        told, others = xml_tree.values_and(row, _REPEATED)
        _refuse_error(told)
        paper = _paper(told, others)
        if paper is None:
            text = xml_tree.text(told, "title", "id")[:200]
            unread.append(UnreadLine(number, text, arxiv.NO_PAPER))
        else:
            entries.append(Entry(paper, len(entries) + 1))
    return Digest(LAYOUT, tuple(entries), tuple(unread), page=_page(root, len(rows)))


def _page(root: Element, n_rows: int) -> Page:
    start = fields.count(xml_tree.value(root, "startIndex")) or 0
    total = fields.count(xml_tree.value(root, "totalResults"))
    if not n_rows and (total is None or total > start):
        raise EmptyAnswer(
            "arXiv's answer is empty, although it should not be: the server is busy. Ask again "
            "later."
        )
    end = start + n_rows
    following = str(end) if total is not None and end < total else ""
    return Page(start, total, following)


def _refuse_error(told: Mapping[str, str]) -> None:
    if "/api/errors" in told.get("id", "") or (
        told.get("title", "").strip() == "Error" and not arxiv.number(told.get("id", ""))[0]
    ):
        said = xml_tree.text(told, "summary", "id")[:300].rstrip(".")
        raise SourceError(f"arXiv refuses: {said}.", told.get("id", "").partition("#")[2].strip())


def _paper(told: Mapping[str, str], others: Mapping[str, Sequence[Element]]) -> Paper | None:
    arxiv_id, version = arxiv.number(told.get("id", ""))
    title = fold(told.get("title", ""))
    if not arxiv_id or not title:
        return None
    abstract, comment = fold(told.get("summary", "")), fold(told.get("comment", ""))
    # The main category first, wherever it stands.
    terms = [*others["primary_category"][:1], *others["category"]]
    return Paper(  # by their places, which takes half the time
        title,
        abstract,
        tuple(filter(None, map(fold, xml_tree.value_of_each(others["author"], "name")))),
        arxiv.url(arxiv_id),
        arxiv_id,
        (identity.doi_in(told["doi"]) if "doi" in told else "") or _linked_doi(others["link"]),
        fields.day(told.get("published")),
        arxiv.categories([each.get("term", "") for each in terms]),
        version,
        journal=fold(told["journal_ref"]) if "journal_ref" in told else "",
        comment=comment,
        is_withdrawn=arxiv.is_withdrawn(abstract, comment),
    )


def _linked_doi(links: Sequence[Element]) -> str:
    for each in links:
        if each.get("title") == "doi":
            return identity.doi_in(each.get("href", ""))
    return ""
