"""The way out: a page with one button, and the POST that mail programs send by themselves.

Beside it, fewer letters or a rest from them; and for half an hour the way back.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import PlainTextResponse, Response
from pydantic import StringConstraints
from sqlmodel import Session

from app.errors import BadLink
from app.languages import english
from app.mail import edition
from app.mail.links import RETURN_WITHIN, Purpose, Tokens
from app.store import subscribers
from app.store.tables import Status, Subscriber
from app.web import deps
from app.web.deps import NowDep, PagesDep, SessionDep, TokensDep
from app.web.pages import Pages

# Open to forms from anywhere: with one click, RFC 8058, it is the mail program that posts.
router = APIRouter()

ONE_CLICK = "One-Click"
# Some programs end the body with a line end.
BARE = Annotated[str, StringConstraints(strip_whitespace=True)]
REST = timedelta(days=28)


@router.get("/unsubscribe/{token}")
def ask(token: str, session: SessionDep, tokens: TokensDep, pages: PagesDep) -> Response:
    """One real button and no script: a scanner must not unsubscribe anybody."""
    reader = _reader(session, tokens, token, pages)
    if reader is not None and reader.status == Status.UNSUBSCRIBED:
        return pages.show("unsubscribed", token=token, back="")
    return pages.show("unsubscribe", token=token, reader=reader, is_weekly=_is_weekly(reader))


@router.post("/unsubscribe/{token}")
def unsubscribe(
    token: str,
    session: SessionDep,
    tokens: TokensDep,
    pages: PagesDep,
    now: NowDep,
    one_click: Annotated[BARE, Form(alias="List-Unsubscribe")] = "",
    button: Annotated[str, Form()] = "",
) -> Response:
    """Stop the letters at once: no log-in, no question, no redirect, 200 the second time too."""
    reader = _reader(session, tokens, token, pages)
    if one_click != ONE_CLICK and not button:
        raise HTTPException(400)
    was_active = reader is not None and reader.status == Status.ACTIVE
    # Whoever was removed altogether gets no more letters either.
    if reader is not None:
        subscribers.unsubscribe(session, reader)
    if not button:
        return PlainTextResponse(
            pages.language.say(english("You will get no more letters.")) + "\n"
        )
    back = ""
    if reader is not None and was_active:
        back = tokens.make(Purpose.RETURN, reader.id or 0, int(now.timestamp()))
    return pages.show("unsubscribed", token=token, back=back)


@router.post("/unsubscribe/{token}/weekly", dependencies=[Depends(deps.own_pages_only)])
def weekly(
    token: str, session: SessionDep, tokens: TokensDep, pages: PagesDep, now: NowDep
) -> Response:
    """Letters on Mondays only."""
    reader = _active(session, tokens, token, pages)
    reader.days = ",".join(edition.RHYTHMS["weekly"])
    subscribers.plan_anew(session, reader, now)
    return pages.show("fewer", token=token, reader=reader)


@router.post("/unsubscribe/{token}/pause", dependencies=[Depends(deps.own_pages_only)])
def pause(
    token: str, session: SessionDep, tokens: TokensDep, pages: PagesDep, now: NowDep
) -> Response:
    """No letters for four weeks."""
    reader = _active(session, tokens, token, pages)
    reader.paused_until = edition.day_of(subscribers.schedule(reader), now) + REST
    subscribers.plan_anew(session, reader, now)
    return pages.show("fewer", token=token, reader=reader)


@router.post("/unsubscribe/{token}/undo", dependencies=[Depends(deps.own_pages_only)])
def undo(
    token: str,
    session: SessionDep,
    tokens: TokensDep,
    pages: PagesDep,
    now: NowDep,
    back: Annotated[str, Form()] = "",
) -> Response:
    """Go on as before, for whoever unsubscribed on our page by mistake just now."""
    reader = _reader(session, tokens, token, pages)
    whose, stamp = tokens.read(Purpose.RETURN, back, n_facts=2)
    if (
        reader is None
        or whose != reader.id
        or now.timestamp() - stamp > RETURN_WITHIN.total_seconds()
    ):
        raise BadLink(english("This was possible for half an hour. Please sign up again."))
    if reader.status == Status.UNSUBSCRIBED:
        reader.status = Status.ACTIVE
        subscribers.plan_next(session, reader, now)
    return pages.show("fewer", token=token, reader=reader)


def _reader(session: Session, tokens: Tokens, token: str, pages: Pages) -> Subscriber | None:
    """Whose link it is; None where they were removed altogether. Raises BadLink."""
    (subscriber_id,) = tokens.read(Purpose.UNSUBSCRIBE, token, n_facts=1)
    reader = subscribers.by_id(session, subscriber_id)
    pages.speak(reader.language if reader else "")
    return reader


def _active(session: Session, tokens: Tokens, token: str, pages: Pages) -> Subscriber:
    reader = _reader(session, tokens, token, pages)
    if reader is None or reader.status != Status.ACTIVE:
        raise BadLink(english("You get no letters at present, so there is nothing to change."))
    return reader


def _is_weekly(reader: Subscriber | None) -> bool:
    return reader is not None and len(reader.days.split(",")) == 1
