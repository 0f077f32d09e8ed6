"""For whoever has no letter at hand: type your address, and we mail the link to your page."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.errors import BadValue
from app.languages import english
from app.pipeline import own_link
from app.web import deps, networks, typed
from app.web.deps import LetterheadDep, NowDep, PagesDep, SessionDep
from app.web.pages import Pages

router = APIRouter(prefix="/preferences", dependencies=[Depends(deps.own_pages_only)])

TOO_MANY = english("There were many such questions from your network. Please try again in an hour.")


@router.get("")
def form(pages: PagesDep) -> Response:
    """One field."""
    return _page(pages)


@router.post("")
def ask(
    request: Request,
    session: SessionDep,
    head: LetterheadDep,
    pages: PagesDep,
    now: NowDep,
    email: typed.Text = "",
) -> Response:
    """Mail the link. The answer is the same, byte for byte, whoever the address belongs to."""
    tokens = head.links.tokens
    try:
        normal = typed.read_address(email)
    except BadValue as e:
        return _page(pages, 400, email, e.said)
    if not own_link.may_ask(session, tokens, networks.of(request), now):
        return _page(pages, 429, email, TOO_MANY)
    own_link.request(session, tokens, normal, now, head.domain)
    return pages.go("/preferences/sent")


@router.get("/sent")
def sent(pages: PagesDep, head: LetterheadDep) -> Response:
    """Look into your inbox."""
    return pages.show("link_sent", sender=head.address)


def _page(pages: Pages, status: int = 200, email: str = "", problem: str = "") -> Response:
    problems = {"email": problem} if problem else {}
    return pages.show("link", status=status, email=email, problems=problems)
