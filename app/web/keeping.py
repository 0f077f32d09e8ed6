"""The papers a reader judged or saved: a list of each kind, and the saved ones for a library."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import PlainTextResponse, Response

from app.languages import english
from app.mail import letter as letters_mail
from app.mail.links import Verdict
from app.papers import bibtex
from app.store import feedback, papers
from app.web import deps
from app.web.deps import PagesDep, SessionDep
from app.web.reader import ActiveDep, ReaderDep

router = APIRouter(prefix="/preferences/{token}", dependencies=[Depends(deps.own_pages_only)])

# Keeps a page of the longest titles under 60 kB.
PAGE = 40
PageNumber = Annotated[int, Query(ge=1, le=10_000)]
HEADINGS = {
    Verdict.SAVE: english("Papers you saved"),
    Verdict.LIKE: english("Papers you want more of"),
    Verdict.DISLIKE: english("Papers you want less of"),
}


@router.get("/papers")
def show(
    token: str,
    reader: ReaderDep,
    session: SessionDep,
    pages: PagesDep,
    verdict: Verdict = Verdict.SAVE,
    page: PageNumber = 1,
    done: str = "",
) -> Response:
    """One list at a time, the latest first."""
    counts = feedback.count_by_verdict(session, reader.id or 0)
    start = (page - 1) * PAGE
    rows = feedback.with_verdict(session, reader.id or 0, verdict, PAGE, start)
    return pages.show(
        "own_papers",
        token=token,
        reader=reader,
        headings=HEADINGS,
        counts=counts,
        verdict=verdict,
        listed=[(row.id, letters_mail.show(papers.told(row)).title, said.at) for said, row in rows],
        page=page,
        n_pages=-(-counts.get(verdict, 0) // PAGE),
        done=english("Taken out. This counts from your next letter on.") if done else "",
    )


@router.post("/papers")
def forget(
    token: str,
    reader: ActiveDep,
    session: SessionDep,
    pages: PagesDep,
    paper: Annotated[int, Form(ge=1, le=2**31 - 1)],
    verdict: Annotated[Verdict, Form()],
    back: Annotated[str, Form()] = "",
) -> Response:
    """Take one verdict on one paper back. back: the page to go back to, where it is the profile."""
    feedback.undo(session, reader.id or 0, paper, verdict)
    if back == "profile":
        return pages.go(f"/preferences/{token}/profile?done=taken")
    return pages.go(f"/preferences/{token}/papers?verdict={verdict.value}&done=removed")


@router.get("/saved.bib")
def saved(reader: ReaderDep, session: SessionDep) -> Response:
    """The saved papers as BibTeX."""
    rows = feedback.with_verdict(session, reader.id or 0, Verdict.SAVE)
    text = bibtex.write([papers.told(row) for _, row in rows])
    headers = {"Content-Disposition": 'attachment; filename="saved.bib"'}
    return PlainTextResponse(text, headers=headers, media_type="text/x-bibtex; charset=utf-8")
