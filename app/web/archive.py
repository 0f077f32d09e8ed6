"""What was printed: the day's papers, a paper's own page, and a letter in the browser."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from app.errors import BadLink
from app.mail import foreign
from app.mail import letter as letters_mail
from app.mail.links import Purpose
from app.papers import tex
from app.papers.paper import Paper
from app.pipeline import compose
from app.store import letters, listings, papers
from app.store.tables import LetterKind
from app.web import forms, gate
from app.web.deps import LetterheadDep, NowDep, PagesDep, SessionDep, TokensDep
from app.web.pages import Pages

router = APIRouter()

# Keeps a page under 60 kB whatever the day brought.
PAGE = 30
LAST = 1_000_000
# As large as an id may be in every database.
PaperId = Annotated[int, Path(ge=1, le=2**31 - 1)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@dataclass(frozen=True)
class Listed:
    """One paper of a day's list; votes where they are known."""

    id: int
    paper: letters_mail.PaperView
    votes: int | None


@router.get("/")
def today(session: SessionDep, pages: PagesDep, now: NowDep, page: PageNumber = 1) -> Response:
    """The latest day that brought papers, with the subscribe box on top."""
    latest = papers.days(session, limit=1)
    if not latest:
        return pages.show("empty", typed=forms.SignUp(), problems={})
    return _day_page(session, pages, latest[0], now, page)


@router.get("/days/{day}")
def day(
    day: date, session: SessionDep, pages: PagesDep, now: NowDep, page: PageNumber = 1
) -> Response:
    """Any other day."""
    return _day_page(session, pages, day, now, page)


def _day_page(session: Session, pages: Pages, day: date, now: datetime, page: int) -> Response:
    ranked = _by_position(listings.of(session, day, day, now))
    here = ranked[(page - 1) * PAGE : page * PAGE]
    if not here:
        raise HTTPException(404)
    before, after = papers.neighbours(session, day)
    return pages.show(
        "day",
        typed=forms.SignUp(),
        problems={},
        day=day,
        before=before,
        after=after,
        listed=_listed(session, here),
        start=(page - 1) * PAGE,
        n_papers=len(ranked),
        page=page,
        n_pages=-(-len(ranked) // PAGE),
    )


def _by_position(day: Sequence[listings.Listing]) -> list[listings.Listing]:
    """As their digests printed them; of two at the same place the one with more votes first."""
    return sorted(
        day, key=lambda each: (min(each.positions, default=LAST), -(each.votes or 0), each.paper_id)
    )


def _listed(session: Session, here: Sequence[listings.Listing]) -> list[Listed]:
    rows = papers.by_ids(session, [each.paper_id for each in here])
    return [
        Listed(each.paper_id, letters_mail.show(papers.told(rows[each.paper_id])), each.votes)
        for each in here
    ]


@router.get("/papers/{paper_id}")
def paper(paper_id: PaperId, session: SessionDep, pages: PagesDep, now: NowDep) -> Response:
    """All we know of one paper, and where and when it was listed."""
    row = papers.by_ids(session, [paper_id]).get(paper_id)
    if row is None:
        raise HTTPException(404)
    told = papers.told(row)
    return pages.show(
        "paper",
        first_seen=row.first_seen,
        names=[
            foreign.tame(f"{kind}:{name}")
            for kind, name in (("arXiv", row.arxiv_id), ("doi", row.doi))
            if name
        ],
        paper=letters_mail.show(replace(told, url=_way_out(told))),
        abstract=foreign.tame(tex.to_unicode(row.abstract)),
        votes=papers.votes_at(session, [paper_id], now).get(paper_id),
        places=papers.places(session, paper_id),
    )


def _way_out(told: Paper) -> str:
    """Where the work itself is; a digest that gave no link may have given a name."""
    if told.url:
        return told.url
    if told.arxiv_id:
        return f"https://arxiv.org/abs/{told.arxiv_id}"
    # A DOI may hold any sign (ISO 26324).
    return f"https://doi.org/{quote(told.doi)}" if told.doi else ""


@router.get("/letters/{token}")
def letter(token: str, session: SessionDep, tokens: TokensDep, head: LetterheadDep) -> Response:
    """The very letter that was mailed, for those whose mail program spoils it."""
    (letter_id,) = tokens.read(Purpose.LETTER, token, n_facts=1)
    row = letters.by_id(session, letter_id)
    if row is None or row.kind != LetterKind.DAILY:
        raise BadLink("This letter is no longer kept.")
    html = compose.rendered(session, head, row).html
    return HTMLResponse(html, headers={"Content-Security-Policy": gate.LETTER_POLICY})
