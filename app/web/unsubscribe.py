"""The way out: a page with one button, and the POST that mail programs send by themselves."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import PlainTextResponse, Response

from app.mail.links import Purpose
from app.store import subscribers
from app.web.deps import PagesDep, SessionDep, TokensDep

# Open to forms from anywhere: with one click, RFC 8058, it is the mail program that posts.
router = APIRouter()

ONE_CLICK = "One-Click"


@router.get("/unsubscribe/{token}")
def ask(token: str, tokens: TokensDep, pages: PagesDep) -> Response:
    """One real button and no script: a scanner must not unsubscribe anybody."""
    tokens.read(Purpose.UNSUBSCRIBE, token, n_facts=1)
    return pages.show("unsubscribe")


@router.post("/unsubscribe/{token}")
def unsubscribe(
    token: str,
    session: SessionDep,
    tokens: TokensDep,
    pages: PagesDep,
    one_click: Annotated[str, Form(alias="List-Unsubscribe")] = "",
    button: Annotated[str, Form()] = "",
) -> Response:
    """Stop the letters at once: no log-in, no question, no redirect, 200 the second time too."""
    (subscriber_id,) = tokens.read(Purpose.UNSUBSCRIBE, token, n_facts=1)
    if one_click != ONE_CLICK and not button:
        raise HTTPException(400)
    subscriber = subscribers.by_id(session, subscriber_id)
    # Whoever was removed altogether gets no more letters either.
    if subscriber is not None:
        subscribers.unsubscribe(session, subscriber)
    if button:
        return pages.show("unsubscribed")
    return PlainTextResponse("You will get no more letters.\n")
