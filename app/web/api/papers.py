"""The papers, which everybody may see."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query

from app.store import listings, papers
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
    latest = papers.days(session, limit=1)
    wanted = day or (latest[0] if latest else now.date())
    ranked = archive._by_position(listings.of(session, wanted, wanted, now))
    here = ranked[(page - 1) * archive.PAGE : page * archive.PAGE]
    found = shown.listed(session, [each.paper_id for each in here], now)
    return shapes.Papers(total=len(ranked), page=page, papers=found)


@router.get("/{paper_id}", responses=problems.told(404))
def one(paper_id: PaperId, session: SessionDep, now: NowDep) -> shapes.Paper:
    """One paper."""
    found = shown.listed(session, [paper_id], now)
    if not found:
        raise HTTPException(404)
    return found[0]
