"""arXiv's daily mailing, as it is mailed, forwarded or saved: plain text in blocks.

    \\\\
    arXiv:2610.01234 (*cross-listing*)        older: Paper: hep-th/9901001
    Date: Thu, 1 Oct 2026 12:00:00 GMT   (123kb)

    Title: …            lines that go on are indented
    Authors: …
    Categories: cs.IR cs.AI
    \\\\
      The abstract.
    \\\\ ( https://arxiv.org/abs/2610.01234 ,  123kb)

A replaced paper has "replaced with revised version …" for its date, and no abstract.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.papers import arxiv, arxiv_feed, fields, identity, people, reading
from app.papers.paper import Digest, Entry, Paper, UnreadLine

LAYOUT = "arXiv mailing"
_NAME = r"(?:arXiv:|Paper(?P<paper>\s*\(\*cross-listing\*\))?:)\s*(?P<id>\S+)"
_FIRST = re.compile(rf"{_NAME}(?P<cross>\s*\(\*cross-listing\*\))?\s*")
_ONE = re.compile(rf"^(?P<margin>[ \t]*)\\\\[ \t]*\r?\n(?P=margin){_NAME}", re.MULTILINE)
_END = re.compile(r"\\\\\s+\(\s*https?://[^\s,]+\s*,")
_RULE = re.compile(r"-{12,}|%[%-]{11,}")
_REPLACED = re.compile(r"replaced with revised version|(?:figures|part) added", re.IGNORECASE)
_FIELD = re.compile(
    r"(?P<name>Title|Authors?|Categor(?:y|ies)|Comments?|Journal-ref|DOI|License|Report-no"
    r"|MSC-class|ACM-class|Proxy|Date(?: \([^)]{1,40}\))?)\s?:(?P<told>.*)"
)
_SIZE = re.compile(r"\s*\(\d+\s*kb.*|\s*\(revised .*", re.IGNORECASE)


@dataclass
class _Block:
    """The lines of one paper: its head, and its abstract."""

    number: int
    head: list[str] = field(default_factory=list)
    abstract: list[str] = field(default_factory=list)
    is_whole: bool = False


def is_one(text: str) -> bool:
    """Whether the text holds such a block."""
    return bool(_ONE.search(text))


def read(text: str, wanted: Collection[str] = arxiv_feed.WANTED) -> Digest:
    """Read every block; what is not of a wanted kind is left out, and counted.

    A block that breaks off is among the unread, by the number of its first line. The letter around
    the blocks (to whom, from when, how to stop it) names no papers.
    """
    entries: list[Entry] = []
    unread: list[UnreadLine] = []
    changed: list[Paper] = []
    for block in _blocks(_at_margin(text).splitlines()):
        kind, paper = _paper(block)
        if paper is None or not block.is_whole:
            reason = reading.CUT if paper else arxiv.NO_PAPER
            unread.append(UnreadLine(block.number, block.head[0][:200], reason))
        elif kind not in wanted:
            changed.append(paper)
        else:
            entries.append(Entry(paper, len(entries) + 1, announced=kind))
    return Digest(
        LAYOUT,
        tuple(entries),
        tuple(unread),
        n_left_out=len(changed),
        changed=tuple(changed),
    )


def _at_margin(text: str) -> str:
    """Without the indent that a mail program gave to all of what it forwards."""
    found = _ONE.search(text)
    margin = found["margin"] if found else ""
    return re.sub(f"^{margin}", "", text, flags=re.MULTILINE) if margin else text


def _blocks(rows: Sequence[str]) -> Iterator[_Block]:
    block: _Block | None = None
    is_open = in_abstract = False
    for number, row in enumerate(rows, start=1):
        line = row.rstrip()
        if line == r"\\":
            if block is not None and not in_abstract:
                in_abstract = True
                continue
            if block is not None:
                yield block
            block, is_open, in_abstract = None, True, False
        elif is_open and line.strip():
            block = _Block(number, [line]) if _FIRST.fullmatch(line.strip()) else None
            is_open = False
        elif block is None:
            continue
        elif _END.match(line) or _RULE.fullmatch(line):
            block.is_whole = bool(_END.match(line))
            yield block
            block, in_abstract = None, False
        else:
            (block.abstract if in_abstract else block.head).append(line)
    if block is not None:
        yield block


def _paper(block: _Block) -> tuple[str, Paper | None]:
    """Why it is announced, and the paper; None if it has no title or no arXiv id."""
    first = _FIRST.fullmatch(block.head[0].strip())
    arxiv_id, version = arxiv.number(first["id"]) if first else ("", 0)
    told = _told(block.head[1:])
    title = fields.text(told.get("Title"))
    is_cross = bool(first and (first["paper"] or first["cross"]))
    kind = "replace" if _is_replaced(block) else "cross" if is_cross else "new"
    if not arxiv_id or not title:
        return kind, None
    abstract, comment = fields.text(" ".join(block.abstract)), fields.text(told.get("Comment"))
    return kind, Paper(
        title=title,
        abstract=abstract,
        authors=people.listed(told.get("Author", "")),
        url=arxiv.url(arxiv_id),
        arxiv_id=arxiv_id,
        doi=identity.doi_in(told.get("DOI", "")),
        published=fields.mail_day(_SIZE.sub("", told.get("Date", "")).strip()),
        categories=arxiv.categories(told.get("Categor", "").split()),
        version=version,
        journal=fields.text(told.get("Journal-ref")),
        comment=comment,
        is_withdrawn=arxiv.is_withdrawn(abstract, comment),
    )


def _is_replaced(block: _Block) -> bool:
    return any(_REPLACED.match(line.strip()) for line in block.head[1:3])


def _told(head: Sequence[str]) -> Mapping[str, str]:
    """The fields by their names, singular and plural as one; indented lines belong to the last."""
    found: dict[str, str] = {}
    name = ""
    for line in head:
        begins = _FIELD.match(line)
        if begins:
            name = re.sub(r"(?:ies|y|s)$|\s*\(.*", "", begins["name"])
            found.setdefault(name, begins["told"].strip())
        elif name and line.strip():
            found[name] = f"{found[name]} {line.strip()}"
    return found
