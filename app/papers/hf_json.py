"""The Daily Papers list as Hugging Face's interface for programs answers it.

GET /api/daily_papers (of a day, week, month, or newest), /api/papers/search: a list of entries,
each with its paper; and /api/papers/ID, one paper without an entry around it. What is not known is
left out or null. Votes stand on the paper only, comments on the entry only.
"""

from collections.abc import Iterator, Mapping, Sequence

from app.errors import SourceError, UnreadableDigest
from app.papers import fields, identity
from app.papers.paper import Digest, Entry, Paper, UnreadLine

LAYOUT = "Hugging Face JSON"
NO_TITLE = "names no title"
NO_PAPER = "is no paper"


def of_answer(answer: object, layout: str = LAYOUT) -> Digest:
    """Read an answer. An empty list is a digest: there is none on weekends.

    Its date is the day on which its papers entered the list, if that is one day. Raises SourceError
    for an answer that is an error, UnreadableDigest for anything else.
    """
    rows = _rows(answer)
    entries: list[Entry] = []
    unread: list[UnreadLine] = []
    for number, row in enumerate(rows, start=1):
        entry = _entry(row, len(entries) + 1) if isinstance(row, Mapping) else None
        if entry is not None:
            entries.append(entry)
        else:
            reason = NO_TITLE if isinstance(row, Mapping) else NO_PAPER
            unread.append(UnreadLine(number, fields.text(str(row)[:200]), reason))
    if unread and not entries:
        raise UnreadableDigest("This JSON is a list, but nothing in it has a paper's title.")
    days = {entry.day for entry in entries}
    return Digest(layout, tuple(entries), tuple(unread), days.pop() if len(days) == 1 else None)


def _rows(answer: object) -> Sequence[object]:
    if isinstance(answer, list):
        return answer
    if isinstance(answer, Mapping):
        if "error" in answer:
            said = fields.text(answer["error"], str(answer["error"]))[:300].rstrip(".")
            raise SourceError(f"Hugging Face refuses: {said}.")
        if fields.text(answer.get("title")) and fields.text(answer.get("id")):
            return [answer]
    raise UnreadableDigest("This JSON is no list of papers that we know.")


def _entry(row: Mapping[str, object], position: int) -> Entry | None:
    """None if it has no title."""
    inner = row.get("paper")
    paper = inner if isinstance(inner, Mapping) else row
    title = fields.text(paper.get("title"), row.get("title"))
    if not title:
        return None
    return Entry(
        _paper(title, paper, row),
        position,
        votes=fields.count(paper.get("upvotes")),
        n_comments=fields.count(row.get("numComments")),
        stars=fields.count(paper.get("githubStars")),
        day=fields.day(paper.get("submittedOnDailyAt")),
    )


def _paper(title: str, paper: Mapping[str, object], row: Mapping[str, object]) -> Paper:
    arxiv_id = identity.arxiv_id_in(fields.text(paper.get("id")))
    return Paper(
        title=title,
        abstract=fields.text(paper.get("summary"), row.get("summary")),
        authors=tuple(_authors(paper.get("authors"))),
        url=f"https://huggingface.co/papers/{arxiv_id}" if arxiv_id else "",
        arxiv_id=arxiv_id,
        published=fields.day(paper.get("publishedAt"), row.get("publishedAt")),
        code_url=fields.link(paper.get("githubRepo")),
        project_url=fields.link(paper.get("projectPage")),
        thumbnail=fields.link(row.get("thumbnail")),
        organisation=_organisation(paper.get("organization") or row.get("organization")),
        keywords=fields.texts(paper.get("ai_keywords")),
        is_withdrawn=bool(fields.text(paper.get("withdrawnAt"))),
    )


def _authors(listed: object) -> Iterator[str]:
    for author in listed if isinstance(listed, list) else ():
        if isinstance(author, Mapping) and author.get("hidden") is not True:
            name = fields.text(author.get("name"))
            if name:
                yield name


def _organisation(told: object) -> str:
    return fields.text(told.get("fullname"), told.get("name")) if isinstance(told, Mapping) else ""
