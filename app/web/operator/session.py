"""The operator's log-in: one token, a signed cookie, and a lock-out for those who guess."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Request
from fastapi.responses import Response

from app.errors import BadLink
from app.mail.links import Purpose, Tokens
from app.store import permits
from app.web import networks
from app.web.deps import NowDep, PagesDep, SessionDep, TokensDep

COOKIE = "paperboy_operator"
LASTS = timedelta(hours=12)
GUESSES, WITHIN = 10, timedelta(minutes=15)


@dataclass(frozen=True)
class Visit:
    """One log-in. who: the network it acts from. form_token: stands in every form of its pages."""

    id: int
    who: str
    form_token: str


def secret(request: Request) -> str:
    """The token that opens these pages. Without one there are none: answers 404."""
    token: str = request.app.state.admin_token
    if not token:
        raise HTTPException(404)
    return token


SecretDep = Annotated[str, Depends(secret)]


def may_guess(session: SessionDep, who: str, now: datetime) -> bool:
    """Whether this network has not guessed too often of late."""
    return permits.count(session, _guesses(who), WITHIN, now) < GUESSES


def note_guess(session: SessionDep, who: str, now: datetime) -> None:
    """Remember a log-in that failed."""
    permits.take(session, _guesses(who), GUESSES, WITHIN, now)


def _guesses(who: str) -> str:
    return f"operator guess {who}"


def is_right(given: str, token: str) -> bool:
    """Compared in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), token.encode())


def open_for(
    answer: Response, tokens: Tokens, token: str, now: datetime, root: str, *, is_secure: bool
) -> None:
    """Log in: a new cookie each time. Another admin token makes all cookies void."""
    facts = int(now.timestamp()), secrets.randbits(64), _fingerprint(token)
    answer.set_cookie(
        COOKIE,
        tokens.make(Purpose.OPERATOR, *facts),
        max_age=int(LASTS.total_seconds()),
        path=f"{root}/operator",
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )


def _fingerprint(token: str) -> int:
    return int.from_bytes(sha256(token.encode()).digest()[:8], "big")


def close(session: SessionDep, visit: Visit, now: datetime) -> None:
    """Log out: a copy of the cookie is worth nothing from now on."""
    permits.take(session, _left(visit.id), 1, LASTS, now)


def _left(visit_id: int) -> str:
    return f"operator left {visit_id:x}"


def visit(
    request: Request,
    session: SessionDep,
    tokens: TokensDep,
    pages: PagesDep,
    token: SecretDep,
    now: NowDep,
) -> Visit:
    """Who is here. Whoever is not logged in is sent to where they can."""
    try:
        cookie = request.cookies.get(COOKIE, "")
        begun, visit_id, fingerprint = tokens.read(Purpose.OPERATOR, cookie, n_facts=3)
    except BadLink:
        raise _not_here(pages.root) from None
    age = now.timestamp() - begun
    is_over = not -60 <= age <= LASTS.total_seconds() or fingerprint != _fingerprint(token)
    if is_over or permits.count(session, _left(visit_id), LASTS, now):
        raise _not_here(pages.root)
    form_token = tokens.make(Purpose.OPERATOR_FORM, visit_id)
    return Visit(visit_id, networks.of(request), form_token)


def _not_here(root: str) -> HTTPException:
    return HTTPException(303, headers={"Location": f"{root}/operator/login"})


VisitDep = Annotated[Visit, Depends(visit)]


def _acting(visit: VisitDep, form_token: Annotated[str, Form()] = "") -> Visit:
    """Who acts, by a form of our own pages: another site cannot know its token."""
    if not hmac.compare_digest(form_token.encode(), visit.form_token.encode()):
        raise HTTPException(403)
    return visit


ActingDep = Annotated[Visit, Depends(_acting)]
