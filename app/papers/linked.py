"""Papers that a letter or a list links to: titles beside links to arXiv or Hugging Face.

Forwarded letters link to a paper's page from its title, or print the link below or behind it, often
through a redirector that has the address in its own. The text after the link is the abstract where
it looks like one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.papers import arxiv, identity, markup, shape
from app.papers.markup import Piece
from app.papers.paper import Digest, Entry, Paper, UnreadLine, fold

LAYOUT = "links"
NO_TITLE = "links to a paper, but its title is not beside the link"
_URL = re.compile(r"<?\bhttps?://[^\s<>\"]+>?", re.IGNORECASE)
_MARKDOWN = re.compile(r"\[(?P<text>[^\[\]]{1,400})\]\((?P<url>[^()\s]{1,2000})\)")
_BULLET = re.compile(r"^(?:[-*•·>#|]+\s+|\(?\d{1,3}[.)\]]\s+|#{1,6}\s*|\*\*)+|\*\*$")
_TAIL = re.compile(r"[\s:|(\[<–—-]+$")
_LINK_WORDS = re.compile(
    r"(?:(?:read|view|see|get|open|full|more|the|this|papers?|article|abstract|pdf|html|links?"
    r"|here|arxiv|hugging|face|hf|code|github|project|page|on|at|in|abs)\b|[\W\d])*",
    re.IGNORECASE,
)
_LONGEST = 1000  # characters of a row among which a title is looked for


@dataclass(frozen=True)
class _Row:
    """A line, or a paragraph. ids: of the papers it links to, each with its link's text."""

    number: int
    text: str
    ids: tuple[tuple[str, str], ...] = ()


def in_html(page: str) -> Digest:
    """Papers that an HTML letter links to; unread lines are counted as they would be shown."""
    return _digest(list(_shown(markup.pieces(page))))


def in_text(text: str) -> Digest:
    """Papers that a plain letter links to; rows end at a blank line, and with a link."""
    return _digest(list(_rows(text.splitlines())))


def _shown(pieces: Sequence[Piece]) -> Iterator[_Row]:
    texts: list[str] = []
    ids: list[tuple[str, str]] = []
    number = 0
    for piece in [*pieces, Piece("\n")]:
        if piece.text == "\n" and not piece.href:
            text = fold("".join(texts))
            if text:
                number += 1
                yield _Row(number, text, tuple(ids))
            texts, ids = [], []
        else:
            texts.append(piece.text)
            arxiv_id = identity.arxiv_id_in(piece.href) if piece.href else ""
            ids += [(arxiv_id, fold(piece.text))] if arxiv_id else []
            ids += [] if piece.href else [(each, "") for each in _printed(piece.text)]


def _rows(lines: Sequence[str]) -> Iterator[_Row]:
    texts: list[str] = []
    start = 0
    for number, raw in enumerate([*lines, ""], start=1):
        line = raw.strip().lstrip("> ")
        ids = [(identity.arxiv_id_in(m["url"]), fold(m["text"])) for m in _MARKDOWN.finditer(line)]
        bare = _MARKDOWN.sub(lambda link: link["text"], line)
        ids = [pair for pair in ids if pair[0]] + [(each, "") for each in _printed(bare)]
        if line:
            start = start or number
            texts.append(bare)
        if texts and (ids or not line):
            yield _Row(start, fold(" ".join(texts)), tuple(ids))
            texts, start = [], 0


def _printed(text: str) -> list[str]:
    """The papers of the addresses that a text prints."""
    if "://" not in text and "arXiv:" not in text:
        return []
    found = map(identity.arxiv_id_in, _URL.findall(text) or [text])
    return [each for each in found if each]


def _digest(rows: Sequence[_Row]) -> Digest:
    entries: dict[str, Entry] = {}
    untitled: dict[str, _Row] = {}
    used: set[int] = set()
    for place, row in enumerate(rows):
        for arxiv_id, words in dict.fromkeys(row.ids):
            if arxiv_id in entries:
                continue
            title = _title(rows, place, words, used)
            if title:
                paper = Paper(title, url=arxiv.url(arxiv_id), arxiv_id=arxiv_id)
                entries[arxiv_id] = Entry(paper, len(entries) + 1)
                entries[arxiv_id] = _with_abstract(entries[arxiv_id], rows[place + 1 : place + 8])
                untitled.pop(arxiv_id, None)
            else:
                untitled.setdefault(arxiv_id, row)
    unread = [UnreadLine(row.number, row.text[:200], NO_TITLE) for row in untitled.values()]
    return Digest(LAYOUT, tuple(entries.values()), tuple(unread))


def _title(rows: Sequence[_Row], place: int, words: str, used: set[int]) -> str:
    """The link's own words, else what is printed before the link, else the row above."""
    own = _clean(words)
    if _is_title(own):
        return own
    if len(rows[place].ids) <= 2:
        before = _clean(_URL.split(rows[place].text, maxsplit=1)[0])
        if _is_title(before):
            return before
    above = place - 1
    if above < 0 or above in used or rows[above].ids:
        return ""
    used.add(above)
    title = _clean(rows[above].text)
    return title if _is_title(title) else ""


def _clean(text: str) -> str:
    """Without bullets and what leads to a link; "" if it is longer than any title."""
    if len(text) > _LONGEST:
        return ""
    return _TAIL.sub("", _BULLET.sub("", text.strip())).strip(" *_")


def _is_title(text: str) -> bool:
    """Whether it is as long as a title, is no sentence, and says more than "read the paper"."""
    if not 12 <= len(text) <= shape.TITLE_LIMIT or len(text.split()) < 2:
        return False
    if _LINK_WORDS.fullmatch(text) or text.lower().startswith(("http:", "https:", "unsubscribe")):
        return False
    looks = shape.measure(text)
    return shape.title(looks) > shape.abstract(looks)


def _with_abstract(entry: Entry, below: Sequence[_Row]) -> Entry:
    """The first long run of sentences below, before the next paper."""
    for row in below:
        if any(arxiv_id != entry.paper.arxiv_id for arxiv_id, _ in row.ids):
            break
        looks = shape.measure(row.text)
        if len(row.text) >= 120 and shape.abstract(looks) > shape.title(looks):
            return entry._replace(paper=entry.paper._replace(abstract=row.text))
    return entry
