"""Why a paper is, or is not, in somebody's letter, told to them; and a word of theirs on it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response

from app.mail.links import Verdict
from app.pipeline import due, ingest, why
from app.pipeline.rank import Desk
from app.pipeline.why import Answer
from app.recommend import absence
from app.recommend.voice import to_reader
from app.store import feedback, letters, papers
from app.store.tables import Paper
from app.web import deps, listed
from app.web.deps import LetterheadDep, ModelsDep, NowDep, PagesDep, SessionDep
from app.web.papers import PaperId
from app.web.reader import ActiveDep

router = APIRouter(
    prefix="/preferences/{token}/papers/{paper_id}", dependencies=[Depends(deps.own_pages_only)]
)

N_SHARES = 8


def _paper(paper_id: PaperId, session: SessionDep) -> Paper:
    row = papers.by_id(session, paper_id)
    if row is None:
        raise HTTPException(404)
    return row


PaperDep = Annotated[Paper, Depends(_paper)]


@router.get("")
def explain(
    request: Request,
    token: str,
    row: PaperDep,
    reader: ActiveDep,
    session: SessionDep,
    models: ModelsDep,
    head: LetterheadDep,
    pages: PagesDep,
    now: NowDep,
) -> Response:
    """The letter that brought it, or what keeps it out of the one of the reader's own day."""
    answer = None
    sent = letters.edition_with(session, reader.id or 0, row.id or 0)
    # A letter already sent tells of itself; anything else must not make a visitor wait for a fit.
    if sent or models.is_ready(session, ingest.day(now), now):
        desk = Desk(request.app.state.engine, head, models)
        wanted = due.on(reader, sent, now)
        answer = why.of(
            session, desk, wanted, row, sent or ingest.day(now), now, to_reader(pages.language)
        )
    return pages.show(
        "why",
        token=token,
        paper_id=row.id,
        title=listed.show(papers.told(row)).title,
        answer=answer,
        cause=absence.cause(answer.case) if answer and answer.case else None,
        muted=absence.wanted_out(answer.case) if answer and answer.case else "",
        shares=_percents(answer) if answer else [],
        standing=feedback.standing(session, reader.id or 0, row.id or 0),
        verdicts=Verdict,
    )


@router.post("")
def judge(
    token: str,
    row: PaperDep,
    reader: ActiveDep,
    session: SessionDep,
    pages: PagesDep,
    now: NowDep,
    verdict: Annotated[Verdict, Form()],
    undo: Annotated[str, Form()] = "",
) -> Response:
    """Like, dislike or save it, or take that back; the second time changes nothing."""
    if undo:
        feedback.undo(session, reader.id or 0, row.id or 0, verdict)
    else:
        feedback.record(session, reader.id or 0, row.id or 0, verdict, now)
    return pages.go(f"/preferences/{token}/papers/{row.id}")


def _percents(answer: Answer) -> list[tuple[str, int]]:
    """The largest shares of a score, in whole percent of it; none of a score of nothing."""
    if answer.score <= 0:
        return []
    largest = sorted(answer.shares, key=lambda each: -abs(each[1]))[:N_SHARES]
    told = [(name, round(100 * share / answer.score)) for name, share in largest]
    return sorted((each for each in told if each[1]), key=lambda each: -each[1])
