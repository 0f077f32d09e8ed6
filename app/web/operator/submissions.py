"""What people sent in: what waits for a nod, and what was decided of late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.responses import Response
from sqlmodel import Session

from app.languages import english
from app.mail import foreign
from app.mail.letter import PaperView
from app.pipeline import submissions as station
from app.store import deeds, submissions
from app.store.tables import Submission, SubmissionState
from app.web import listed
from app.web.deps import NowDep, PagesDep, SessionDep
from app.web.operator.session import ActingDep, VisitDep

router = APIRouter(prefix="/submissions")
# Keeps the page light; the others follow when these are decided on.
MOST, N_DECIDED = 20, 20
# As large as an id may be in every database.
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
DONE = {
    "accepted": english("It is on today’s list, by the research community."),
    "declined": english("It stays out."),
    "taken": english("It is taken back, and off the list."),
    "again": english("It is looked up again with the next tick."),
    "settled": english("Somebody decided on it meanwhile, or nobody knows yet which paper it is."),
}


@dataclass(frozen=True)
class Sent:
    """One submission. n_readers: who sent it by their own page, and so vote for it.

    is_acceptable: whether it could join today's list; nothing does that was never found.
    """

    id: int
    state: SubmissionState
    paper: PaperView
    typed: str
    kind: str
    at: datetime
    n_visitors: int
    n_readers: int
    says: str
    is_acceptable: bool
    paper_id: int | None


def _row(submission_id: Id, session: SessionDep) -> Submission:
    row = submissions.by_id(session, submission_id)
    if row is None:
        raise HTTPException(404)
    return row


RowDep = Annotated[Submission, Depends(_row)]


@router.get("")
def read(visit: VisitDep, session: SessionDep, pages: PagesDep, done: str = "") -> Response:
    """What waits, the first sent first."""
    found = _listed(session, SubmissionState.FOUND, limit=MOST)
    return pages.show(
        "operator/submissions",
        visit=visit,
        done=DONE.get(done, ""),
        found=found,
        n_found=submissions.count(session, SubmissionState.FOUND),
        sent=_listed(session, SubmissionState.SENT, limit=MOST),
        unknown=_listed(session, SubmissionState.UNKNOWN, limit=MOST),
        decided=_listed(session, *submissions.DECIDED, limit=N_DECIDED),
    )


def _listed(session: Session, *states: SubmissionState, limit: int) -> list[Sent]:
    rows = submissions.in_states(session, states, limit)
    readers = submissions.n_supporters(session, [row.id or 0 for row in rows])
    return [_shown(row, readers.get(row.id or 0, 0)) for row in rows]


def _shown(row: Submission, n_readers: int) -> Sent:
    return Sent(
        id=row.id or 0,
        state=row.state,
        paper=listed.show(submissions.told(row)),
        typed=foreign.tame(row.sent),
        kind=row.name.partition(":")[0],
        at=row.at,
        n_visitors=row.n_visitors,
        n_readers=n_readers,
        says=foreign.tame(row.says),
        is_acceptable=_is_acceptable(row),
        paper_id=row.paper_id,
    )


def _is_acceptable(row: Submission) -> bool:
    return row.state in submissions.ACCEPTABLE and bool(row.told)


@router.post("/{submission_id}/accept")
def accept(
    visit: ActingDep, row: RowDep, session: SessionDep, pages: PagesDep, now: NowDep
) -> Response:
    """Put it on today's list."""
    if not _is_acceptable(row):
        return pages.go("/operator/submissions?done=settled")
    station.accept(session, row, now)
    _note(session, now, visit.who, "accepted a submission", row)
    return pages.go("/operator/submissions?done=accepted")


@router.post("/{submission_id}/decline")
def decline(
    visit: ActingDep, row: RowDep, session: SessionDep, pages: PagesDep, now: NowDep
) -> Response:
    """Leave it out."""
    if row.state not in submissions.DECLINABLE:
        return pages.go("/operator/submissions?done=settled")
    station.decline(session, row, now)
    _note(session, now, visit.who, "declined a submission", row)
    return pages.go("/operator/submissions?done=declined")


@router.post("/{submission_id}/take-back")
def take_back(
    visit: ActingDep, row: RowDep, session: SessionDep, pages: PagesDep, now: NowDep
) -> Response:
    """Undo the nod."""
    if row.state is not SubmissionState.ACCEPTED:
        return pages.go("/operator/submissions?done=settled")
    station.take_back(session, row, now)
    _note(session, now, visit.who, "took a submission back", row)
    return pages.go("/operator/submissions?done=taken")


@router.post("/{submission_id}/again")
def again(
    visit: ActingDep, row: RowDep, session: SessionDep, pages: PagesDep, now: NowDep
) -> Response:
    """Look once more for a paper that was not found."""
    if row.state is not SubmissionState.UNKNOWN:
        return pages.go("/operator/submissions?done=settled")
    station.retry(session, row, now)
    _note(session, now, visit.who, "looked for a submission again", row)
    return pages.go("/operator/submissions?done=again")


def _note(session: Session, now: datetime, who: str, action: str, row: Submission) -> None:
    title = listed.show(submissions.told(row)).title
    deeds.add(session, now, who, action, f"submission {row.id}", title)
