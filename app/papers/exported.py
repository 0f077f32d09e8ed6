"""What `paperboy export papers` writes, one JSON object a line: to be read by another Paperboy.

A paper keeps the day on which it first reached whoever wrote the file, or each old one would be
new to everybody here.
"""

from collections.abc import Mapping

from app.errors import UnreadableDigest
from app.papers import fields, identity, json_text
from app.papers.paper import Digest, Entry, Paper, UnreadLine

LAYOUT = "Paperboy export"
NO_TITLE, NO_LINE = "names no title", "is no line of an export"
_MARKS = {"title", "first_seen", "entries"}


def is_one(text: str) -> bool:
    """Whether the first line is one of an export."""
    first = text.lstrip().partition("\n")[0]
    if not all(f'"{mark}"' in first for mark in _MARKS):
        return False
    try:
        return is_line(json_text.parse(first))
    except UnreadableDigest:
        return False


def is_line(told: object) -> bool:
    """Whether that is what a line of an export stands for."""
    return isinstance(told, Mapping) and told.keys() >= _MARKS


def read(text: str) -> Digest:
    """Read every line; one that is cut or was changed is among the unread, with its number."""
    entries: list[Entry] = []
    unread: list[UnreadLine] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            told = json_text.parse(line)
        except UnreadableDigest:
            told = None
        entry = _entry(told, len(entries) + 1) if isinstance(told, Mapping) else None
        if entry is None:
            reason = NO_TITLE if isinstance(told, Mapping) else NO_LINE
            unread.append(UnreadLine(number, fields.text(line[:200]), reason))
        else:
            entries.append(entry)
    return Digest(LAYOUT, tuple(entries), tuple(unread))


def _entry(told: Mapping[str, object], position: int) -> Entry | None:
    title = fields.text(told.get("title"))
    if not title:
        return None
    announced = fields.day(told.get("announced"))
    return Entry(
        _paper(title, told),
        position,
        votes=fields.count(told.get("votes")),
        n_comments=fields.count(told.get("n_comments")),
        stars=fields.count(told.get("stars")),
        day=announced,
        announced="new" if announced else "",
        first_seen=fields.day(told.get("first_seen")),
    )


def _paper(title: str, told: Mapping[str, object]) -> Paper:
    return Paper(
        title=title,
        abstract=fields.text(told.get("abstract")),
        authors=_names(told.get("authors")),
        url=fields.link(told.get("url")),
        arxiv_id=identity.arxiv_id_in(fields.text(told.get("arxiv_id"))),
        doi=fields.doi(told.get("doi")),
        published=fields.day(told.get("published")),
        categories=fields.texts(told.get("categories")),
        version=fields.count(told.get("version")) or 0,
        published_doi=fields.doi(told.get("published_doi")),
        journal=fields.text(told.get("journal")),
        comment=fields.text(told.get("comment")),
        code_url=fields.link(told.get("code_url")),
        project_url=fields.link(told.get("project_url")),
        thumbnail=fields.link(told.get("thumbnail")),
        organisation=fields.text(told.get("organisation")),
        keywords=fields.texts(told.get("keywords")),
        is_withdrawn=bool(fields.text(told.get("withdrawn_on"))),
    )


def _names(value: object) -> tuple[str, ...]:
    """All of them: two authors may have one name."""
    found = map(fields.text, value) if isinstance(value, list) else ()
    return tuple(filter(None, found))
