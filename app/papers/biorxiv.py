"""What bioRxiv and medRxiv answer: https://api.biorxiv.org/details/SERVER/FROM/TO/CURSOR.

{"messages": [{status, cursor, count, total}], "collection": [one object a paper and version]}.
Counts are numbers or strings, days have no zeros at times, and "NA" stands for nothing.
"""

from collections.abc import Collection, Mapping
from datetime import date

from app.errors import EmptyAnswer, SourceError, UnreadableDigest
from app.papers import fields, markup, people
from app.papers.paper import Digest, Entry, Page, Paper, UnreadLine

NEW, REPLACED = "new", "replace"
WANTED = frozenset({NEW})
NO_PAPER = "names no title and DOI"
_NOTHING = {"", "na", "n/a"}
_CALM = {"", "ok", "no posts found"}
_SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}


def is_one(answer: object) -> bool:
    """Whether the answer has this interface's shape."""
    return isinstance(answer, Mapping) and "collection" in answer


def of_answer(answer: object, wanted: Collection[str] = WANTED) -> Digest:
    """Read one page; `page.following` is the cursor of the next, "" after the last.

    Later versions are left out unless they are wanted, and counted. Raises SourceError,
    EmptyAnswer for a page that counts papers and shows none, UnreadableDigest.
    """
    if not isinstance(answer, Mapping) or not isinstance(answer.get("collection"), list):
        raise UnreadableDigest("This JSON is no list of papers that we know.")
    rows: list[object] = answer["collection"]
    page = _page(_message(answer), len(rows))
    entries: list[Entry] = []
    unread: list[UnreadLine] = []
    changed: list[Paper] = []
    for number, row in enumerate(rows, start=1):
        day = fields.day(row.get("date")) if isinstance(row, dict) else None
        paper = _paper(row, day) if isinstance(row, dict) else None
        if paper is None:
            unread.append(UnreadLine(number, fields.text(str(row)[:200]), NO_PAPER))
            continue
        kind = NEW if paper.version < 2 else REPLACED
        if kind in wanted:
            entries.append(Entry(paper, len(entries) + 1, None, None, None, day, kind))
        else:
            changed.append(paper)
    layout = _server(rows[0]) if rows else _SERVERS["biorxiv"]
    return Digest(
        layout,
        tuple(entries),
        tuple(unread),
        _day(entries),
        n_left_out=len(changed),
        page=page,
        changed=tuple(changed),
    )


def _message(answer: Mapping[str, object]) -> Mapping[str, object]:
    listed = answer.get("messages")
    first = listed[0] if isinstance(listed, list) and listed else {}
    message = first if isinstance(first, Mapping) else {}
    status = fields.text(message.get("status"))
    if status.lower() not in _CALM:
        raise SourceError(f"bioRxiv refuses: {status[:300].rstrip('.')}.")
    return message


def _page(message: Mapping[str, object], n_rows: int) -> Page:
    start = fields.count(message.get("cursor")) or 0
    total = fields.count(message.get("total"))
    if not n_rows and total is not None and total > start:
        raise EmptyAnswer("bioRxiv's answer is empty, although it counts papers. Ask again later.")
    # Pages have 30 papers or 100: only their own count says where the next begins.
    end = start + (fields.count(message.get("count")) or n_rows)
    return Page(start, total, str(end) if total is not None and n_rows and end < total else "")


def _day(entries: list[Entry]) -> date | None:
    days = {entry.day for entry in entries}
    return days.pop() if len(days) == 1 else None


def _server(row: object) -> str:
    told = fields.word(row.get("server")) if isinstance(row, dict) else ""
    return _SERVERS.get(told, _SERVERS["biorxiv"])


def _paper(row: dict[str, object], day: date | None) -> Paper | None:
    title = markup.untagged(fields.text(row.get("title")))
    doi = fields.doi(row.get("doi"))
    if not title or not doi:
        return None
    version = fields.count(row.get("version")) or 0
    abstract = markup.untagged(_told(row.get("abstract")))
    category = fields.word(row.get("category"))
    site = "medrxiv" if fields.word(row.get("server")) == "medrxiv" else "biorxiv"
    return Paper(  # by their places, which takes half the time
        title,
        abstract,
        _authors(row.get("authors")),
        f"https://www.{site}.org/content/{doi}v{version or 1}",
        "",
        doi,
        day if version < 2 else None,
        () if category in _NOTHING else (category,),
        version,
        fields.doi(row.get("published")),
        organisation=_told(row.get("author_corresponding_institution")),
        is_withdrawn=fields.word(row.get("type")) == "withdrawn" or _is_withdrawn(abstract),
    )


def _authors(value: object) -> tuple[str, ...]:
    neat = people.neatly_inverted(value) if isinstance(value, str) else ()
    return neat or people.inverted(_told(value))


def _told(value: object) -> str:
    told = fields.text(value)
    # No set, which would ask for the hash of a whole abstract.
    return "" if told in ("NA", "na", "N/A") else told


def _is_withdrawn(abstract: str) -> bool:
    start = abstract[:300]
    if "ithdrawn" not in start and "ITHDRAWN" not in start:
        return False
    start = start.lower()
    return "withdrawn this manuscript" in start or "manuscript has been withdrawn" in start
