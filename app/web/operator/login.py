"""Logging in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.languages import english
from app.store import deeds
from app.web import networks
from app.web.deps import NowDep, PagesDep, SessionDep, TokensDep
from app.web.operator import session as sessions
from app.web.operator.session import ActingDep, SecretDep

router = APIRouter()
WRONG = english("This is not the token that PAPERBOY_ADMIN_TOKEN holds.")
TOO_OFTEN = english(
    "Too many wrong tokens came from where you are. Try again in a quarter of an hour."
)


@router.get("/login", dependencies=[Depends(sessions.secret)])
def form(pages: PagesDep) -> Response:
    """Ask for the token."""
    return pages.show("operator/login", problems={})


@router.post("/login")
def log_in(
    request: Request,
    session: SessionDep,
    tokens: TokensDep,
    pages: PagesDep,
    now: NowDep,
    secret: SecretDep,
    token: Annotated[str, Form()] = "",
) -> Response:
    """Open the pages for whoever knows the token; ten wrong ones close them for a while."""
    who = networks.of(request)
    if not sessions.may_guess(session, who, now):
        return pages.show("operator/login", status=429, problems={"token": TOO_OFTEN})
    if not sessions.is_right(token.strip(), secret):
        sessions.note_guess(session, who, now)
        deeds.add(session, now, who, "log-in refused")
        return pages.show("operator/login", status=403, problems={"token": WRONG})
    deeds.add(session, now, who, "logged in")
    answer = pages.go("/operator")
    is_secure = request.app.state.letterhead.links.base_url.startswith("https:")
    sessions.open_for(answer, tokens, secret, now, pages.root, is_secure=is_secure)
    return answer


@router.post("/logout")
def log_out(session: SessionDep, visit: ActingDep, pages: PagesDep, now: NowDep) -> Response:
    """Close them again."""
    sessions.close(session, visit, now)
    deeds.add(session, now, visit.who, "logged out")
    answer = pages.go("/operator/login")
    answer.delete_cookie(sessions.COOKIE, path=f"{pages.root}/operator")
    return answer
