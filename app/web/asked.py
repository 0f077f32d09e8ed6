"""What a letter asked for and a button answers: to move to another address, to be erased."""

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from app.pipeline import erasure, moving
from app.web import deps
from app.web.deps import LetterheadDep, NowDep, PagesDep, SessionDep

router = APIRouter(dependencies=[Depends(deps.own_pages_only)])


@router.get("/move/{token}")
def ask_move(
    token: str, session: SessionDep, head: LetterheadDep, pages: PagesDep, now: NowDep
) -> Response:
    """One real button and no script: a scanner must not answer for the owner of the address."""
    letter, reader = moving.read_token(session, head.links.tokens, token, now)
    pages.speak(reader.language)
    return pages.show("move", address=letter.recipient)


@router.post("/move/{token}")
def move(
    token: str, session: SessionDep, head: LetterheadDep, pages: PagesDep, now: NowDep
) -> Response:
    """Send the letters to the new address from now on."""
    _, reader = moving.read_token(session, head.links.tokens, token, now)
    pages.speak(reader.language)
    reader = moving.move(session, head, token, now, pages.language)
    return pages.show(
        "moved",
        address=reader.address,
        own_page=head.links.preferences(reader.id or 0, reader.version),
    )


@router.get("/erase/{token}")
def ask_erase(
    token: str, session: SessionDep, head: LetterheadDep, pages: PagesDep, now: NowDep
) -> Response:
    """One real button and no script."""
    reader = erasure.read_token(session, head.links.tokens, token, now)
    pages.speak(reader.language)
    return pages.show("erase", address=reader.address)


@router.post("/erase/{token}")
def erase(
    token: str, session: SessionDep, head: LetterheadDep, pages: PagesDep, now: NowDep
) -> Response:
    """Delete everything at once."""
    tokens = head.links.tokens
    reader = erasure.read_token(session, tokens, token, now)
    pages.speak(reader.language)
    erasure.erase(session, tokens, reader, now)
    return pages.show("erased")
