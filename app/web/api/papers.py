"""The papers, which everybody may see."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query

from app.mail import foreign
from app.pipeline import lookup
from app.store import papers, periods
from app.store.periods import Order
from app.web import archive
from app.web.api import problems, shapes, shown
from app.web.archive import PageNumber
from app.web.deps import ModelsDep, NowDep, SessionDep

router = APIRouter(prefix="/papers", tags=["papers"], responses=problems.told(422, 503))
N_ALIKE = 10
PaperId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
def of_day(
    session: SessionDep,
    now: NowDep,
    day: Annotated[
        shapes.Day | None, Query(description="The latest day with papers, if left out.")
    ] = None,
    page: PageNumber = 1,
) -> shapes.Papers:
    """The papers of a day, as their digests listed them."""
    edges = periods.days(session)
    wanted = day or (edges[1] if edges else now.date())
    start = (page - 1) * archive.PAGE
    here = periods.page(session, wanted, wanted, Order.PLACE, start, archive.PAGE)
    total = periods.count(session, wanted, wanted)
    return shapes.Papers(total=total, page=page, papers=shown.listed(session, here, now))


@router.get("/search", responses=problems.told(404))
def search(
    session: SessionDep,
    models: ModelsDep,
    now: NowDep,
    q: Annotated[
        shapes.Text,
        Query(description="Words, in the small language of interests.", max_length=1_000),
    ],
    page: PageNumber = 1,
) -> shapes.Papers:
    """The stored papers that hold the words, best first."""
    found = lookup.answer(session, models, foreign.tame(q)).paper_ids
    here = found[(page - 1) * archive.PAGE : page * archive.PAGE]
    shown_here = shown.listed(session, here, now)
    return shapes.Papers(total=len(found), page=page, papers=shown_here)


@router.get("/{paper_id}/similar", responses=problems.told(404))
def similar(paper_id: PaperId, session: SessionDep, models: ModelsDep, now: NowDep) -> shapes.Alike:
    """The papers most like one, each with the words they share; none before there is a model."""
    row = papers.by_id(session, paper_id)
    if row is None:
        raise HTTPException(404)
    near = lookup.like(models, row, N_ALIKE) or ()
    shares = {each.paper_id: each.shares for each in near}
    rows = shown.listed(session, list(shares), now)
    return shapes.Alike(
        papers=[shapes.Near(paper=each, shares=list(shares[each.id])) for each in rows]
    )


@router.get("/{paper_id}", responses=problems.told(404))
def one(paper_id: PaperId, session: SessionDep, now: NowDep) -> shapes.Paper:
    """One paper."""
    found = shown.listed(session, [paper_id], now)
    if not found:
        raise HTTPException(404)
    return found[0]
