"""A dry run of the next twenty-four hours, with a button to hold them."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.pipeline import rehearsal
from app.pipeline.rank import Desk
from app.store import brakes
from app.web.deps import LetterheadDep, ModelsDep, NowDep, PagesDep, SessionDep
from app.web.operator.session import VisitDep

router = APIRouter()


@router.get("/tomorrow")
def tomorrow(
    request: Request,
    visit: VisitDep,
    session: SessionDep,
    models: ModelsDep,
    head: LetterheadDep,
    pages: PagesDep,
    now: NowDep,
) -> Response:
    """What would go out; nothing is recorded or sent."""
    desk = Desk(request.app.state.engine, head, models)
    found = rehearsal.rehearse(session, desk, now)
    held = [brake for brake in brakes.all_of(session) if brakes.holds_all(brake)]
    return pages.show("operator/tomorrow", visit=visit, found=found, held=held)
