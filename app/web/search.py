"""Search over all stored papers, by words or by likeness to one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import Response

from app.errors import BadValue
from app.languages import english
from app.mail import foreign
from app.pipeline import lookup
from app.store import papers
from app.web import listed
from app.web.archive import PageNumber
from app.web.deps import ModelsDep, NowDep, PagesDep, SessionDep

router = APIRouter()

PAGE = 20
LONGEST = 1000  # characters
TOO_LONG = english(
    "That is longer than {longest} characters. Please leave words out.", longest=LONGEST
)

NOTHING: Mapping[str, Any] = {
    "answer": None,
    "listed": (),
    "start": 0,
    "n_pages": 0,
    "is_strange": False,
}
PaperId = Annotated[int, Query(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class Desk:
    """What every answer here is made with."""

    session: SessionDep
    models: ModelsDep
    pages: PagesDep
    now: NowDep
    page: PageNumber = 1

    def show(self, typed: str, *, problem: str = "", **facts: Any) -> Response:
        """The page with what was typed; a problem stands beside the field."""
        return self.pages.show(
            "search",
            status=400 if problem else 200,
            typed=typed,
            problems={"q": problem} if problem else {},
            page=self.page,
            **{**NOTHING, **facts},
        )

    def find(self, typed: str) -> Response:
        """Papers that hold the words, best first."""
        try:
            answer = lookup.answer(self.session, self.models, typed)
        except BadValue as e:
            return self.show(typed, problem=e.said)
        start = (self.page - 1) * PAGE
        here = answer.paper_ids[start : start + PAGE]
        if start and not here:
            raise HTTPException(404)
        return self.show(
            typed,
            answer=answer,
            listed=listed.of(self.session, here, self.now, answer.terms),
            start=start,
            n_pages=-(-len(answer.paper_ids) // PAGE),
        )

    def lead(self, name: str) -> Response:
        """Straight to the paper of that name, or say that it is not here."""
        known = papers.linked(self.session, name)
        return self.pages.go(f"/papers/{known}") if known else self.show(name, is_strange=True)

    def compare(self, paper_id: int) -> Response:
        """Papers like one paper."""
        row = papers.by_id(self.session, paper_id)
        if row is None:
            raise HTTPException(404)
        near = lookup.like(self.models, row, PAGE)
        return self.pages.show(
            "alike",
            paper_id=paper_id,
            title=listed.show(papers.told(row)).title,
            alike=listed.alike(self.session, near or (), self.now),
            is_weighed=near is not None,
        )


@router.get("/search")
def search(
    desk: Annotated[Desk, Depends(Desk)], q: str = "", like: PaperId | None = None
) -> Response:
    """Words lead to papers that hold them, a name to its paper, a paper to those like it."""
    typed = foreign.tame(q)
    if like is not None:
        return desk.compare(like)
    if len(typed) > LONGEST:
        return desk.show(typed[:LONGEST], problem=TOO_LONG)
    if lookup.is_name(typed):
        return desk.lead(typed)
    return desk.find(typed) if typed else desk.show("")
