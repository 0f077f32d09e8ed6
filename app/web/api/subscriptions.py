"""Signing up, for programs that somebody else's form speaks through."""

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.pipeline.opt_in import Asked, Wish
from app.store import engine as engines
from app.web import deps, forms, networks, wishes
from app.web.api import problems, reader, shapes
from app.web.deps import (
    LetterheadDep,
    MostPapersDep,
    NowDep,
    PagesDep,
)
from app.web.pages import Pages

PATH = "/subscriptions"
router = APIRouter(prefix=PATH, tags=["subscriptions"], responses=problems.told(503))

NOTED = (
    "If this address may get letters and gets none yet, a letter is on its way there that asks for "
    "confirmation. Nothing is sent before its link is used."
)


@router.get("/consent")
def consent(pages: PagesDep) -> shapes.Consent:
    """What somebody must have been told before you sign them up: it is kept with the sign-up."""
    return shapes.Consent(
        text=_consent(pages, shares_likes=False),
        text_with_shared_likes=_consent(pages, shares_likes=True),
    )


@router.post(
    "",
    status_code=202,
    dependencies=[Depends(deps.own_pages_only)],
    responses=problems.told(403, 422, 429),
)
async def subscribe(
    request: Request,
    wanted: shapes.Subscription,
    head: LetterheadDep,
    pages: PagesDep,
    most_papers: MostPapersDep,
    now: NowDep,
) -> shapes.Noted:
    """Ask for letters to an address, which is asked by mail whether it agrees.

    The answer is the same whoever the address belongs to, and a new sign-up takes the place of one
    that was not confirmed. One network may sign up five times an hour.
    """

    def read() -> Wish:
        with engines.transaction(engines.reading(request.app.state.engine)) as session:
            return _read(session, wanted, most_papers, pages)

    wish = await run_in_threadpool(read)
    asked = Asked(
        text=_consent(pages, shares_likes=wish.tuning.shares_likes),
        form=f"{head.links.base_url}{request.scope['root_path'].removeprefix(pages.root)}{PATH}",
        network=networks.abroad(request),
        keeps_network=request.app.state.keeps_networks,
    )
    await request.app.state.intake.take(wish, asked, now)
    return shapes.Noted(detail=NOTED)


def _read(session: Session, wanted: shapes.Subscription, most_papers: int, pages: Pages) -> Wish:
    given = wanted.model_dump(exclude_none=True)
    typed = forms.SignUp(
        **reader.as_typed(given), email=wanted.email, liked="\n".join(wanted.liked)
    )
    found = forms.Reader()
    wish, _ = wishes.read(session, typed, most_papers, found, pages)
    if found.problems:
        said = {name: forms.as_sentence(text) for name, text in found.problems.items()}
        raise problems.BadFields(said)
    return wish


def _consent(pages: Pages, *, shares_likes: bool) -> str:
    return pages.text("_consent", shares_likes=shares_likes)
