"""Sending in a paper, for everybody: named on a form, looked up later, listed after a nod."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from app.errors import BadValue
from app.mail import foreign
from app.pipeline import submissions
from app.store import papers
from app.web import deps, listed, networks, seals
from app.web.deps import NowDep, PagesDep, SessionDep, TokensDep
from app.web.pages import Pages

router = APIRouter(dependencies=[Depends(deps.own_pages_only)])


def _form(
    pages: Pages,
    typed: str = "",
    problems: Mapping[str, str] = MappingProxyType({}),
    *,
    asks_again: bool = False,
) -> Response:
    """The form. asks_again: nothing in it is wrong, but it came too soon."""
    return pages.show(
        "submit",
        status=400 if problems or asks_again else 200,
        typed=foreign.tame(typed)[: submissions.LONGEST],
        problems=problems,
        asks_again=asks_again,
    )


@router.get("/submit")
def form(pages: PagesDep) -> Response:
    """Ask which paper."""
    return _form(pages)


@router.post("/submit")
def send(
    request: Request,
    session: SessionDep,
    tokens: TokensDep,
    pages: PagesDep,
    now: NowDep,
    paper: Annotated[str, Form()] = "",
    seal: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
) -> Response:
    """Note it; nothing is fetched here. comment: a field that no person sees, or fills in."""
    if comment:
        return pages.go("/submit/sent")
    try:
        wanted = submissions.read(paper)
    except BadValue as e:
        return _form(pages, paper, {e.field: e.said})
    if seals.read(tokens, seal, now) is None:
        return _form(pages, paper, asks_again=True)
    known = submissions.send(session, tokens, wanted, networks.abroad(request), now)
    return pages.go(f"/submit/sent?known={known}" if known else "/submit/sent")


@router.get("/submit/sent")
def sent(
    session: SessionDep,
    pages: PagesDep,
    known: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """What comes next; or that the paper is here already."""
    row = papers.by_ids(session, [known]).get(known) if known else None
    title = listed.show(papers.told(row)).title if row else ""
    return pages.show("submitted", paper_id=known if row else None, title=title)
