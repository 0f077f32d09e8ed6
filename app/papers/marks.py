"""The small print of a page's cards: votes, author counts, days, links, "Submitted by" …"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from urllib.parse import unquote

from app.papers import days, identity
from app.papers.lines import Line


class Mark(Enum):
    TEXT = "text"
    COUNT = "votes or comments"
    AUTHORS = "3 authors"
    DOT = "·"
    DAY = "May 29"
    SUBMITTED = "Submitted by"
    UPVOTE = "Upvote"
    GITHUB = "GitHub"
    ARXIV = "arXiv Page"
    LINK = "a link alone"


@dataclass(frozen=True)
class Token:
    """A line, or one of its parts between dots. count: None for "-"; linked_id: an arXiv id."""

    mark: Mark
    line: Line
    text: str = ""  # without Markdown; of a TEXT only
    count: int | None = None
    day: date | None = None
    linked_id: str = ""
    is_titled: bool = False  # the text is a heading, or the link to a paper's page


_COUNT = r"(?P<count>-|\d[\d,]*(?:\.\d+)?[kKmM]?)"
_PATTERNS = {
    Mark.COUNT: re.compile(_COUNT),
    Mark.AUTHORS: re.compile(r"\d+ authors?"),
    Mark.UPVOTE: re.compile(rf"Upvote(?: {_COUNT}(?: GitHub(?: [\d.,kKmM]+)?)?(?: arXiv Page)?)?"),
    Mark.GITHUB: re.compile(rf"GitHub(?: {_COUNT})?"),
    Mark.ARXIV: re.compile(r"arXiv Page"),
    Mark.SUBMITTED: re.compile(r"Submitted by(?: .{1,60})?"),
}
_DATED = re.compile(r"(?:Published on )?(?P<day>[A-Z][a-z]{2,8}\.? \d.*)")
_MARKDOWN_LINK = re.compile(r"!?\[(?P<text>[^\[\]]*)\]\((?P<url>[^()\s]*)\)")
_HEADING = re.compile(r"#{1,6} +")
_URL_LINE = re.compile(r"<?https?://[^\s<>]+>?")
_PAPER_URL = re.compile(r"(?:huggingface\.co|hf\.co)/(?:papers/|login\?next=/papers/)|arxiv\.org/")


def read(line: Line, latest: date) -> list[Token]:
    """The tokens of a line: one as a rule, several for "3 authors · May 29 · 6"."""
    text, linked_id, is_titled = _undress(line.text)
    if not text:
        return [Token(Mark.LINK, line, linked_id=linked_id)]
    tokens = list(_parts(text, line, latest))
    if all(token.mark is not Mark.TEXT for token in tokens):
        return [replace(token, linked_id=linked_id) for token in tokens]
    return [Token(Mark.TEXT, line, text, linked_id=linked_id, is_titled=is_titled)]


def _parts(text: str, line: Line, latest: date) -> Iterator[Token]:
    for place, part in enumerate(text.split("·")):
        if place:
            yield Token(Mark.DOT, line)
        if part.strip():
            yield _mark(part.strip(), line, latest)


def _mark(text: str, line: Line, latest: date) -> Token:
    for mark, pattern in _PATTERNS.items():
        found = pattern.fullmatch(text)
        if found:
            return Token(mark, line, count=number(found.groupdict().get("count") or "-"))
    dated = _DATED.fullmatch(text)
    day = days.read(dated["day"], latest) if dated else None
    return Token(Mark.TEXT if day is None else Mark.DAY, line, day=day)


def number(text: str) -> int | None:
    """117, "1,024", "3.29k" → 3290; None for "-"."""
    if text == "-":
        return None
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1].lower(), 1)
    return int(Decimal(text.rstrip("kKmM").replace(",", "")[:15]) * scale)


def _undress(text: str) -> tuple[str, str, bool]:
    """The line without its Markdown or link: text, the arXiv id linked to, is it a heading."""
    if _URL_LINE.fullmatch(text):
        is_ours = bool(_PAPER_URL.search(unquote(text)))
        return ("", identity.arxiv_id_in(text), False) if is_ours else (text, "", False)
    heading = _HEADING.match(text)
    bare = text[heading.end() :] if heading else text
    urls = [unquote(found["url"]) for found in _MARKDOWN_LINK.finditer(bare)]
    to_papers = [url for url in urls if _PAPER_URL.search(url)]
    if not to_papers and not heading:
        return ("-" if text == "[-]" else text), "", False
    bare = _MARKDOWN_LINK.sub(lambda found: found["text"] if found[0][0] == "[" else "", bare)
    linked_id = next(filter(None, map(identity.arxiv_id_in, to_papers)), "")
    return bare.strip(), linked_id, bool(heading) or bool(to_papers)
