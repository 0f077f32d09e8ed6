"""Pages of arXiv's OAI-PMH interface, https://oaipmh.arxiv.org/oai, in the format "arXiv".

http://www.openarchives.org/OAI/openarchivesprotocol.html: a list goes on as long as it ends in a
token, and "no records match" is a list of nothing. A record's datestamp is its last change.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from app.errors import SourceError, UnreadableDigest
from app.papers import arxiv, fields, identity, xml_tree
from app.papers.paper import Digest, Entry, Page, Paper, UnreadLine, fold

LAYOUT = "arXiv OAI-PMH"
NOTHING = "noRecordsMatch"
_VERBS = ("ListRecords", "GetRecord")


def read(root: Element) -> Digest:
    """Read one page; `page.following` is the token for the next, "" after the last.

    Raises SourceError with arXiv's code (badResumptionToken: begin again), UnreadableDigest for the
    answer to another question.
    """
    _refuse_error(root)
    found = (each for verb in _VERBS for each in xml_tree.children(root, verb))
    listing = next(found, None)
    if listing is None and not _error_codes(root):
        raise UnreadableDigest("This OAI-PMH answer is no list of records.")
    entries: list[Entry] = []
    unread: list[UnreadLine] = []
    deleted: list[str] = []
    for number, record in enumerate(_records(listing), start=1):
        header, metadata = _parts(record)
        is_deleted = header is not None and header.get("status") == "deleted"
        paper = None if is_deleted else _paper(metadata)
        if paper is not None:
            entries.append(Entry(paper, len(entries) + 1))
            continue
        name = "" if header is None else fold(xml_tree.value(header, "identifier"))
        arxiv_id, _ = arxiv.number(name)
        if is_deleted and arxiv_id:
            deleted.append(arxiv_id)
        else:
            unread.append(UnreadLine(number, name[:200], arxiv.NO_PAPER))
    page = _page(listing)
    return Digest(LAYOUT, tuple(entries), tuple(unread), page=page, deleted=tuple(deleted))


def _records(listing: Element | None) -> Iterator[Element]:
    return iter(()) if listing is None else xml_tree.children(listing, "record")


def _parts(record: Element) -> tuple[Element | None, Element | None]:
    usual = xml_tree.pair(record, "header", "metadata")
    if usual:
        return usual
    parts = xml_tree.parts(record)
    return parts.get("header"), parts.get("metadata")


def _error_codes(root: Element) -> dict[str, str]:
    """What each error says, by its code."""
    return {each.get("code", ""): each.text or "" for each in xml_tree.children(root, "error")}


def _refuse_error(root: Element) -> None:
    for code, said in _error_codes(root).items():
        if code != NOTHING:
            reason = fields.text(said, code)[:300].rstrip(".")
            raise SourceError(f"arXiv refuses ({code or 'no code'}): {reason}.", code)


def _page(listing: Element | None) -> Page:
    tokens = [] if listing is None else list(xml_tree.children(listing, "resumptionToken"))
    if not tokens:
        return Page()
    start, total = (fields.count(tokens[0].get(name)) for name in ("cursor", "completeListSize"))
    return Page(start or 0, total, (tokens[0].text or "").strip())


def _paper(metadata: Element | None) -> Paper | None:
    inner = next(iter(metadata), None) if metadata is not None else None
    if inner is None:
        return None
    told, others = xml_tree.values_and(inner, ("authors",))
    arxiv_id, _ = arxiv.number(told.get("id", ""))
    title = fold(told.get("title", ""))
    if not arxiv_id or not title:
        return None
    abstract, comment = fold(told.get("abstract", "")), fold(told.get("comments", ""))
    return Paper(  # by their places, which takes half the time
        title,
        abstract,
        tuple([name for listing in others["authors"] for each in listing if (name := _name(each))]),
        arxiv.url(arxiv_id),
        arxiv_id,
        identity.doi_in(told["doi"]) if "doi" in told else "",
        fields.day(told.get("created")),
        arxiv.categories(told.get("categories", "").split()),
        journal=fold(told["journal-ref"]) if "journal-ref" in told else "",
        comment=comment,
        is_withdrawn=arxiv.is_withdrawn(abstract, comment),
    )


def _name(author: Element) -> str:
    usual = xml_tree.pair(author, "keyname", "forenames")
    if usual:
        return fold(f"{usual[1].text or ''} {usual[0].text or ''}")
    told = xml_tree.values(author)
    first, family = told.get("forenames", ""), told.get("keyname", "")
    return fold(f"{first} {family} {told['suffix']}" if "suffix" in told else f"{first} {family}")
