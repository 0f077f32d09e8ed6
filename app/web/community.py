"""A reader's page of what the community sends in: papers to vote for, and their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import Response

from app.errors import BadValue
from app.languages import english
from app.mail import foreign
from app.pipeline import submissions as station
from app.store import submissions
from app.store.tables import Submission, SubmissionState, Subscriber
from app.web import deps, listed
from app.web.deps import NowDep, PagesDep, SessionDep, TokensDep
from app.web.reader import ActiveDep, ReaderDep

router = APIRouter(
    prefix="/preferences/{token}/community", dependencies=[Depends(deps.own_pages_only)]
)
# So many papers keep the page under 60 kB, whatever their titles.
MOST, N_OWN, SHOWN_FOR = 20, 20, timedelta(days=30)
DONE = {
    "sent": english("Thank you. We look it up, and then an operator decides."),
    "known": english("This paper is here already."),
    "voted": english("Your vote counts."),
    "taken": english("Your vote is taken back."),
}
STATES = {
    SubmissionState.SENT: english("is being looked up"),
    SubmissionState.FOUND: english("waits for an operator’s nod"),
    SubmissionState.UNKNOWN: english("no paper was found there"),
    SubmissionState.KNOWN: english("was here already"),
    SubmissionState.ACCEPTED: english("is on the list"),
    SubmissionState.DECLINED: english("was not taken up"),
}


@dataclass(frozen=True)
class Own:
    """Something a reader sent in. title: as it was found, or what they typed."""

    title: str
    said: str
    at: datetime
    paper_id: int | None


@dataclass(frozen=True)
class Desk:
    """What every route here answers with: the page of one reader."""

    token: str
    session: SessionDep
    pages: PagesDep
    now: NowDep

    def show(
        self,
        reader: Subscriber,
        typed: str = "",
        problems: Mapping[str, str] = MappingProxyType({}),
        done: str = "",
    ) -> Response:
        """The page; what was typed is given back where it could not be used."""
        reader_id = reader.id or 0
        found = submissions.accepted_since(self.session, self.now - SHOWN_FOR, MOST)
        return self.pages.show(
            "community",
            status=400 if problems else 200,
            token=self.token,
            reader=reader,
            typed=foreign.tame(typed)[: station.LONGEST],
            problems=problems,
            done=DONE.get(done, ""),
            listed=listed.of(self.session, found, self.now),
            voted=submissions.voted_by(self.session, reader_id, found),
            own=[_own(row) for row in submissions.sent_by(self.session, reader_id, N_OWN)],
        )

    def go(self, done: str) -> Response:
        """Back to the page, with a word on what was done."""
        return self.pages.go(f"/preferences/{self.token}/community?done={done}")


def _own(row: Submission) -> Own:
    title = listed.show(submissions.told(row)).title
    return Own(title, STATES[row.state], row.at, row.paper_id)


DeskDep = Annotated[Desk, Depends(Desk)]


@router.get("")
def show(desk: DeskDep, reader: ReaderDep, done: str = "") -> Response:
    """What the community sent in of late."""
    return desk.show(reader, done=done)


@router.post("")
def send(
    desk: DeskDep, reader: ActiveDep, tokens: TokensDep, paper: Annotated[str, Form()] = ""
) -> Response:
    """Send in a paper; whoever does votes for it."""
    try:
        wanted = station.read(paper)
    except BadValue as e:
        return desk.show(reader, paper, {e.field: e.said})
    known = station.send(desk.session, tokens, wanted, reader, desk.now)
    return desk.go("known" if known else "sent")


@router.post("/votes")
def vote(
    desk: DeskDep,
    reader: ActiveDep,
    paper: Annotated[int, Form(ge=1, le=2**31 - 1)],
    undo: Annotated[str, Form()] = "",
) -> Response:
    """Vote for a paper, or take that back; the second time changes nothing."""
    act = station.unvote if undo else station.vote
    if not act(desk.session, reader, paper, desk.now):
        raise HTTPException(404)
    return desk.go("taken" if undo else "voted")
