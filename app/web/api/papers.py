"""The papers, which everybody may see."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query

from app.store import periods
from app.store.periods import Order
from app.web import archive
from app.web.api import problems, shapes, shown
from app.web.deps import NowDep, SessionDep

router = APIRouter(prefix="/papers", tags=["papers"], responses=problems.told(422, 503))
PaperId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
def of_day(
    session: SessionDep,
    now: NowDep,
    day: Annotated[
        date | None, Query(description="The latest day with papers, if left out.")
    ] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> shapes.Papers:
    """The papers of a day, as their digests listed them."""
    edges = periods.days(session)
    wanted = day or (edges[1] if edges else now.date())
    start = (page - 1) * archive.PAGE
    here = periods.page(session, wanted, wanted, Order.PLACE, start, archive.PAGE)
    total = periods.count(session, wanted, wanted)
    return shapes.Papers(total=total, page=page, papers=shown.listed(session, here, now))


@router.get("/{paper_id}", responses=problems.told(404))
def one(paper_id: PaperId, session: SessionDep, now: NowDep) -> shapes.Paper:
    """One paper."""
    found = shown.listed(session, [paper_id], now)
    if not found:
        raise HTTPException(404)
    return found[0]
