"""Signing up: the form, the wish behind it, and the mailed link that makes it count."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from app.pipeline import opt_in
from app.web import deps, forms, notes
from app.web.deps import (
    LetterheadDep,
    ModelsDep,
    MostPapersDep,
    NowDep,
    PagesDep,
    SessionDep,
    TokensDep,
)

router = APIRouter(dependencies=[Depends(deps.own_pages_only)])


@router.get("/subscribe")
def form(pages: PagesDep, most_papers: MostPapersDep) -> Response:
    """The whole form; the box on the front page is its short sister."""
    typed = forms.SignUp(letter_size=forms.usual_size(most_papers))
    return pages.show("subscribe", typed=typed, problems={}, most_papers=most_papers, is_fresh=True)


@router.post("/subscribe")
def subscribe(
    typed: Annotated[forms.SignUp, Form()],
    session: SessionDep,
    head: LetterheadDep,
    pages: PagesDep,
    most_papers: MostPapersDep,
    now: NowDep,
) -> Response:
    """Note the wish. The answer is the same, byte for byte, whoever the address belongs to."""
    reader = forms.Reader()
    wish = forms.read_wish(session, typed, most_papers, reader)
    if reader.problems:
        return pages.show(
            "subscribe",
            status=400,
            typed=typed,
            problems=reader.problems,
            most_papers=most_papers,
            is_fresh=False,
        )
    opt_in.request(session, wish, now, head.domain)
    return pages.go("/subscribe/sent")


@router.get("/subscribe/sent")
def sent(pages: PagesDep, head: LetterheadDep) -> Response:
    """Look into your inbox."""
    return pages.show("sent", sender=head.address)


@router.get("/confirm/{token}")
def ask(
    token: str, session: SessionDep, tokens: TokensDep, pages: PagesDep, now: NowDep
) -> Response:
    """One real button and no script: a scanner must not confirm for the owner of the address."""
    asked = opt_in.read_confirm_token(session, tokens, token, now)
    return pages.show("confirm", shares_likes=asked.shares_likes)


@router.post("/confirm/{token}")
def confirm(
    token: str,
    session: SessionDep,
    tokens: TokensDep,
    models: ModelsDep,
    pages: PagesDep,
    now: NowDep,
) -> Response:
    """Start the letters and say when the first one comes; the second time says it again."""
    subscriber = opt_in.confirm(session, tokens, token, now)
    told = notes.of(session, models, subscriber, now)
    return pages.show("confirmed", subscriber=subscriber, notes=told)
