"""A paper's own page: what it says, where it is, when it was listed, how it was read."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import Response
from sqlmodel import Session

from app.mail import foreign
from app.papers import tex
from app.papers.paper import Paper
from app.pipeline import lookup
from app.pipeline.models import Models
from app.recommend import trend
from app.store import listings, papers, tables
from app.web import curves, listed
from app.web.deps import ModelsDep, NowDep, PagesDep, SessionDep

router = APIRouter()

N_ALIKE = 5
# A comment is a line; what is longer is none.
MOST_TEXT = 1_000
# As large as an id may be in every database.
PaperId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class About:
    """What sources tell of a paper beside its text; each is "" or None where they do not.

    published_url: of what a journal made of it. stars: of the code, as last counted.
    """

    code_url: str
    project_url: str
    published_url: str
    journal: str
    organisation: str
    comment: str
    keywords: list[str]
    stars: int | None
    version: int
    announced: date | None
    withdrawn_on: date | None
    unlisted_on: date | None

    @classmethod
    def of(cls, row: tables.Paper) -> "About":
        """Its texts are fit to be shown, its links to be followed."""
        return cls(
            code_url=foreign.href(row.code_url),
            project_url=foreign.href(row.project_url) if row.project_url != row.code_url else "",
            published_url=_of_doi(row.published_doi),
            journal=_line(row.journal),
            organisation=_line(row.organisation),
            comment=_line(row.comment),
            keywords=[_line(word) for word in row.keywords],
            stars=row.stars,
            version=row.version,
            announced=row.announced,
            withdrawn_on=row.withdrawn_on,
            unlisted_on=row.unlisted_on,
        )


def _line(text: str) -> str:
    return foreign.tame(tex.to_unicode(text[:MOST_TEXT]))


@router.get("/papers/{paper_id}")
def paper(
    paper_id: PaperId, session: SessionDep, models: ModelsDep, pages: PagesDep, now: NowDep
) -> Response:
    """All we know of one paper; one that turned out to be another leads there."""
    row = papers.by_id(session, paper_id)
    if row is None:
        raise HTTPException(404)
    if row.id != paper_id:
        return pages.go(f"/papers/{row.id}")
    return pages.show("paper", **facts(session, models, row, now))


def facts(session: Session, models: Models, row: tables.Paper, now: datetime) -> dict[str, Any]:
    """What a page says of a paper itself."""
    told, paper_id = papers.told(row), row.id or 0
    read = listings.of_papers(session, [paper_id], now)[paper_id]
    return {
        "paper_id": paper_id,
        "first_seen": row.first_seen,
        "names": [
            foreign.tame(f"{kind}:{name}")
            for kind, name in (("arXiv", row.arxiv_id), ("doi", row.doi))
            if name
        ],
        "categories": [foreign.tame(category) for category in row.categories],
        "about": About.of(row),
        "paper": listed.show(told._replace(url=_way_out(told))),
        "abstract": foreign.tame(tex.to_unicode(row.abstract)),
        "votes": read.votes,
        "n_comments": papers.n_comments(session, paper_id),
        "gain": trend.gained(read.counts, read.born, now.date()),
        "curve": curves.of_votes(read.counts),
        "places": papers.places(session, paper_id),
        "alike": listed.alike(session, lookup.like(models, row, N_ALIKE) or (), now),
    }


def _way_out(told: Paper) -> str:
    """Where the work itself is; a digest that gave no link may have given a name."""
    if told.url:
        return told.url
    if told.arxiv_id:
        return f"https://arxiv.org/abs/{told.arxiv_id}"
    return _of_doi(told.doi)


def _of_doi(doi: str) -> str:
    # A DOI may hold any sign (ISO 26324).
    return f"https://doi.org/{quote(doi)}" if doi else ""
