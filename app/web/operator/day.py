"""The day at a glance: what is due, what became of it, and what holds it."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import AfterValidator
from sqlmodel import Session

from app.languages import english
from app.pipeline import guard
from app.store import (
    brakes,
    deeds,
    health,
    heartbeats,
    outbox,
    statistics,
    submissions,
    waiting,
)
from app.store.tables import State, SubmissionState
from app.web import typed
from app.web.deps import NowDep, PagesDep, SessionDep
from app.web.operator.session import ActingDep, VisitDep

router = APIRouter()
BRAKE = "operator"
N_EDITIONS = 14
DAY = timedelta(days=1)
DONE = {
    "held": english("Sending is held. Letters are still written, and wait."),
    "resumed": english("The brakes are off. What waits goes out with the next tick."),
}


@router.get("")
def day(
    visit: VisitDep, session: SessionDep, pages: PagesDep, now: NowDep, done: str = ""
) -> Response:
    """How many are due, sent, deferred, skipped, and why."""
    held = brakes.all_of(session)
    names = {brake.name for brake in held}
    warnings = [
        each.reason
        for each in guard.findings(session, now)
        if each.reason and each.name not in names
    ]
    return pages.show(
        "operator/day",
        visit=visit,
        done=DONE.get(done, ""),
        held=held,
        holds_all=any(map(brakes.holds_all, held)),
        of_sign_ups=brakes.SIGN_UPS,
        warnings=warnings,
        figures=_figures(session, now),
        failures=health.failures(session, now - DAY),
        editions=statistics.editions(session, N_EDITIONS),
        states=State,
    )


def _figures(session: Session, now: datetime) -> dict[str, Any]:
    queue = health.queue(session, now)
    return {
        "unwritten": health.count_unwritten(session, now),
        "waiting": queue.n_letters,
        "oldest": queue.oldest,
        "day": health.letters_due(session, now - DAY, now),
        "doubtful": health.doubtful(session),
        "next_due": health.next_due(session),
        "last_success": health.last_success(session),
        "ticked": heartbeats.latest(session).get(heartbeats.SCHEDULER),
        "sent_in": submissions.count(session, SubmissionState.FOUND),
        "deferred": outbox.count_by_state(session).get(State.DEFERRED, 0),
    }


@router.post("/hold")
def hold(
    visit: ActingDep,
    session: SessionDep,
    pages: PagesDep,
    now: NowDep,
    why: Annotated[str, Form(max_length=300), AfterValidator(typed.fit)] = "",
) -> Response:
    """No letter leaves until somebody lets them."""
    reason = f"held by the operator{f': {why.strip()}' if why.strip() else ''}"
    brakes.put_on(session, BRAKE, reason, now)
    deeds.add(session, now, visit.who, "held sending", detail=why.strip())
    return pages.go("/operator?done=held")


@router.post("/resume")
def resume(visit: ActingDep, session: SessionDep, pages: PagesDep, now: NowDep) -> Response:
    """Take all brakes off."""
    for brake in brakes.all_of(session):
        deeds.add(session, now, visit.who, "took a brake off", brake.name, brake.reason)
        brakes.take_off(session, brake.name)
    waiting.hurry_refused(session, now)
    return pages.go("/operator?done=resumed")
