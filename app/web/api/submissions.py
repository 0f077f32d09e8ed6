"""Sending in papers and voting for them, for programs."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials

from app.mail import foreign
from app.pipeline import submissions as station
from app.store import submissions
from app.store.tables import Status, Subscriber
from app.web import deps, listed, networks
from app.web.api import problems, reader, shapes
from app.web.api.reader import BEARER, FOR_ACTIVE, ActiveDep, PaperId, ReaderDep
from app.web.deps import NowDep, SessionDep, TokensDep

router = APIRouter(tags=["submissions"], responses=problems.told(401, 503))
MOST = 100
RECEIVED = (
    "Thank you. Which paper it is will be looked up; with the nod of this service's operator it "
    "then joins the day's list."
)
KNOWN = "This paper is here already."


def _sender(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    request: Request,
    session: SessionDep,
    tokens: TokensDep,
) -> Subscriber | str:
    """A reader by their token; without one, the network that it comes from."""
    if given is None:
        return networks.abroad(request)
    found = reader.of_token(given, session, tokens)
    if found.status != Status.ACTIVE:
        raise HTTPException(403, reader.INACTIVE)
    return found


@router.post(
    "/submissions",
    status_code=202,
    dependencies=[Depends(deps.own_pages_only)],
    responses=problems.told(403, 422, 429),
)
def send(
    wanted: shapes.Submission,
    sender: Annotated[Subscriber | str, Depends(_sender)],
    session: SessionDep,
    tokens: TokensDep,
    now: NowDep,
) -> shapes.Received:
    """Send in a paper, with a reader's token or without any; a reader's vote comes with it.

    Nothing is fetched before this is answered. One network may send in ten an hour, a reader
    twenty a day.
    """
    found = station.send(session, tokens, station.read(wanted.paper), sender, now)
    return shapes.Received(detail=KNOWN if found else RECEIVED, paper_id=found)


@router.get("/me/submissions", tags=["reader"])
def list_own(who: ReaderDep, session: SessionDep) -> shapes.AllSentIn:
    """What this reader sent in or voted for, and what became of it."""
    rows = submissions.sent_by(session, who.id or 0, MOST)
    return shapes.AllSentIn(
        submissions=[
            shapes.SentIn(
                sent=foreign.tame(row.sent),
                title=listed.show(submissions.told(row)).title if row.told else "",
                state=row.state,
                at=row.at,
                paper_id=row.paper_id,
            )
            for row in rows
        ]
    )


@router.put(
    "/me/votes/{paper_id}",
    status_code=204,
    response_class=Response,
    responses=FOR_ACTIVE | problems.told(404),
    tags=["reader"],
)
def vote(paper_id: PaperId, who: ActiveDep, session: SessionDep, now: NowDep) -> None:
    """Vote for a paper that the community sent in; the second time changes nothing."""
    if not station.vote(session, who, paper_id, now):
        raise HTTPException(404)


@router.delete(
    "/me/votes/{paper_id}",
    status_code=204,
    response_class=Response,
    responses=FOR_ACTIVE | problems.told(404),
    tags=["reader"],
)
def take_back(paper_id: PaperId, who: ActiveDep, session: SessionDep, now: NowDep) -> None:
    """Take the vote back; if there is none, nothing changes."""
    if not station.unvote(session, who, paper_id, now):
        raise HTTPException(404)
