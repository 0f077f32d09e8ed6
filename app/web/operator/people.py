"""The people: who they are to us, what was sent to them, and the little an operator may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import AfterValidator

from app.languages import english
from app.mail import letter as letters_mail
from app.pipeline import compose, learn
from app.recommend import interests
from app.store import (
    bounces,
    deeds,
    feedback,
    letters,
    outbox,
    papers,
    resending,
    subscribers,
    suppressions,
)
from app.store.tables import LetterKind, Subscriber
from app.web import gate, typed
from app.web.deps import LetterheadDep, NowDep, PagesDep, SessionDep
from app.web.operator import session as sessions
from app.web.operator.session import ActingDep, VisitDep

router = APIRouter(prefix="/people")
PAGE = 50
N_LETTERS = 60
# As large as an id may be in every database.
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
# Of a letter, or its entry in the outbox: there are more of them than of people.
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
DONE = {
    "again": english("The letter is in the queue again, the same to the last byte."),
    "settled": english(
        "That letter is on its way already, or was never made: there is nothing to send."
    ),
    "lifted": english("The address may be mailed again."),
    "stopped": english("They get no more letters."),
}


def _person(person_id: Id, session: SessionDep) -> Subscriber:
    """Whom a page is about; 404 for nobody."""
    person = subscribers.by_id(session, person_id)
    if person is None:
        raise HTTPException(404)
    return person


PersonDep = Annotated[Subscriber, Depends(_person)]


@router.get("")
def search(
    visit: VisitDep,
    session: SessionDep,
    pages: PagesDep,
    q: Annotated[str, Query(max_length=320), AfterValidator(typed.fit)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Everyone whose address holds what was typed."""
    n, found = subscribers.search(session, q, PAGE, (page - 1) * PAGE)
    suppressed = {row.id for row in found if suppressions.has(session, row.address)}
    return pages.show(
        "operator/people",
        visit=visit,
        q=q,
        people=found,
        suppressed=suppressed,
        n_people=n,
        page=page,
        n_pages=max(1, -(-n // PAGE)),
    )


@dataclass(frozen=True)
class Said:
    """One word on one paper."""

    verdict: str
    title: str
    paper_id: int
    at: datetime


@router.get("/{person_id}")
def show(
    visit: VisitDep, person: PersonDep, session: SessionDep, pages: PagesDep, done: str = ""
) -> Response:
    """All we know of one person."""
    person_id = person.id or 0
    typed = subscribers.interests_of(session, [person_id]).get(person_id, ())
    said = [
        Said(row.verdict, letters_mail.show(papers.told(paper)).title, row.paper_id, row.at)
        for row, paper in feedback.of_subscriber(session, person_id)
    ]
    return pages.show(
        "operator/person",
        visit=visit,
        person=person,
        done=DONE.get(done, ""),
        typed=interests.format(typed),
        entries=outbox.of_subscriber(session, person_id)[:N_LETTERS],
        again=resending.SETTLED,
        said=said,
        bounces=bounces.of_subscriber(session, person_id),
        suppression=suppressions.of_address(session, person.address),
    )


@router.post("/{person_id}/again/{entry_id}")
def send_again(
    visit: ActingDep,
    person: PersonDep,
    entry_id: Number,
    session: SessionDep,
    pages: PagesDep,
    now: NowDep,
) -> Response:
    """Put one of their letters back into the queue."""
    theirs = {entry.id for entry in outbox.of_subscriber(session, person.id or 0)}
    if entry_id not in theirs:
        raise HTTPException(404)
    is_queued = resending.again(session, entry_id, now)
    if is_queued:
        deeds.add(session, now, visit.who, "sent again", _subject(person), f"entry {entry_id}")
    return pages.go(f"/operator/people/{person.id}?done={'again' if is_queued else 'settled'}")


@router.post("/{person_id}/lift")
def lift(
    visit: ActingDep, person: PersonDep, session: SessionDep, pages: PagesDep, now: NowDep
) -> Response:
    """Let their address be mailed again."""
    row = suppressions.of_address(session, person.address)
    if row is not None:
        deeds.add(session, now, visit.who, "lifted a suppression", _subject(person), row.reason)
        learn.lift(session, person.address, now)
    return pages.go(f"/operator/people/{person.id}?done=lifted")


@router.post("/{person_id}/stop")
def stop(
    visit: ActingDep, person: PersonDep, session: SessionDep, pages: PagesDep, now: NowDep
) -> Response:
    """Unsubscribe somebody who asked for it some other way."""
    subscribers.unsubscribe(session, person)
    deeds.add(session, now, visit.who, "unsubscribed", _subject(person))
    return pages.go(f"/operator/people/{person.id}?done=stopped")


def _subject(person: Subscriber) -> str:
    return f"subscriber {person.id}"


@router.get("/{person_id}/letters/{letter_id}", dependencies=[Depends(sessions.visit)])
def letter(
    person: PersonDep, letter_id: Number, session: SessionDep, head: LetterheadDep
) -> Response:
    """One of their letters, as it went out."""
    row = letters.by_id(session, letter_id)
    if row is None or row.kind != LetterKind.DAILY or row.subscriber_id != person.id:
        raise HTTPException(404)
    html = compose.rendered(session, head, row).html
    return HTMLResponse(html, headers={"Content-Security-Policy": gate.LETTER_POLICY})
