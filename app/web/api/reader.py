"""What a reader may do, by the token of their preferences page."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.errors import BadLink, BadValue
from app.mail import edition
from app.mail import letter as letters_mail
from app.mail.links import Purpose, Verdict
from app.pipeline import due, ingest
from app.pipeline import why as whys
from app.pipeline.rank import Desk
from app.recommend.tuning import EmptyDay
from app.store import feedback, letters, outbox, papers, subscribers
from app.store.tables import LetterKind, Status, Subscriber
from app.web import forms
from app.web.api import problems, shapes, shown
from app.web.deps import (
    LetterheadDep,
    ModelsDep,
    MostPapersDep,
    NowDep,
    SessionDep,
    TokensDep,
)

BEARER = HTTPBearer(
    auto_error=False,
    description="The last part of the address of a reader's preferences page, which stands in "
    "every letter.",
)
router = APIRouter(prefix="/me", tags=["reader"], responses=problems.told(401, 422, 503))
PaperId = Annotated[int, Path(ge=1, le=2**31 - 1)]


INACTIVE = "You get no letters at present: sign up again first."


def of_token(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    session: SessionDep,
    tokens: TokensDep,
) -> Subscriber:
    """Whose token it is; 401 for none, a wrong one, or one that was made void."""
    wanted = HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    try:
        token = given.credentials if given else ""
        reader_id, version = tokens.read(Purpose.PREFERENCES, token, n_facts=2)
    except BadLink:
        raise wanted from None
    reader = subscribers.by_id(session, reader_id)
    if reader is None or reader.version != version:
        raise wanted
    return reader


ReaderDep = Annotated[Subscriber, Depends(of_token)]


def _active(reader: ReaderDep) -> Subscriber:
    if reader.status != Status.ACTIVE:
        raise HTTPException(403, INACTIVE)
    return reader


ActiveDep = Annotated[Subscriber, Depends(_active)]
FOR_ACTIVE = problems.told(403)


@router.get("")
def preferences(reader: ReaderDep, session: SessionDep) -> shapes.Preferences:
    """Everything that can be set, as it is."""
    typed = subscribers.interests_of(session, [reader.id or 0]).get(reader.id or 0, ())
    as_typed = forms.choices_of(reader, typed)
    return shapes.Preferences(
        address=reader.address,
        status=reader.status.value,
        interests=as_typed.interests,
        zone=reader.zone,
        hour=reader.hour,
        days=reader.days.split(","),
        letter_size=reader.letter_size,
        threshold=reader.threshold,
        dial=reader.dial,
        exploration=as_typed.exploration,
        shares_likes=reader.shares_likes,
        empty_day=EmptyDay(reader.empty_day),
        paused_until=reader.paused_until,
        next_due_at=reader.next_due_at,
    )


@router.patch("", responses=FOR_ACTIVE)
def change(
    wanted: shapes.Change,
    reader: ActiveDep,
    session: SessionDep,
    most_papers: MostPapersDep,
    now: NowDep,
) -> shapes.Preferences:
    """Set what is given, all or none. A null for paused_until ends a pause."""
    given = wanted.model_dump(exclude_unset=True)
    typed = subscribers.interests_of(session, [reader.id or 0]).get(reader.id or 0, ())
    choices = forms.choices_of(reader, typed).model_copy(update=as_typed(given))
    form = forms.Reader()
    pause = given.get("paused_until")
    if pause is not None:
        today = edition.day_of(subscribers.schedule(reader), now)
        form.take(lambda: _pause(pause, today), None)
    has_likes, most = (
        feedback.has_liked(session, reader.id or 0),
        max(most_papers, reader.letter_size),
    )
    found = forms.apply_choices(reader, choices, most, has_likes, form)
    if form.problems:
        said = {name: forms.as_sentence(text) for name, text in form.problems.items()}
        raise problems.BadFields(said)
    if "paused_until" in given:
        reader.paused_until = pause
    subscribers.set_interests(session, reader.id or 0, found)
    subscribers.plan_anew(session, reader, now)
    return preferences(reader, session)


def as_typed(given: dict[str, object]) -> dict[str, object]:
    """The same as a form would send it: nothing is read in two ways."""
    fields = {name: given[name] for name in given if name in forms.Choices.model_fields}
    typed: dict[str, object] = {
        name: "" if value is None else str(getattr(value, "value", value))
        for name, value in fields.items()
    }
    if "days" in given:
        typed |= {"rhythm": forms.CHOSEN, "days": given["days"] or []}
    if "dial" in given and given["dial"] is not None:
        typed["dial"] = f"{given['dial']:g}"
    if "shares_likes" in given:
        typed["shares_likes"] = "yes" if given["shares_likes"] else "no"
    return typed


def _pause(until: date, today: date) -> date:
    try:
        return forms.read_pause(until.isoformat(), today)
    except BadValue as e:
        raise BadValue("paused_until", e.said) from e


@router.delete("", status_code=204, response_class=Response)
def unsubscribe(reader: ReaderDep, session: SessionDep) -> None:
    """No more letters, at once; the second time changes nothing."""
    subscribers.unsubscribe(session, reader)


@router.get("/letters")
def list_letters(reader: ReaderDep, session: SessionDep) -> shapes.Letters:
    """The editions that were written for this reader; of each the number of papers."""
    entries = outbox.of_subscriber(session, reader.id or 0)
    written = [each for each in entries if each.letter_id and each.kind == LetterKind.DAILY]
    return shapes.Letters(
        letters=[
            shapes.Letter(
                id=each.letter_id or 0,
                edition=each.edition_date,
                state=each.state.value,
                n_papers=len(letters.picks_of(session, each.letter_id or 0)),
            )
            for each in written
        ]
    )


@router.get("/letters/{edition_date}", responses=problems.told(404))
def one_letter(edition_date: shapes.Day, reader: ReaderDep, session: SessionDep) -> shapes.Letter:
    """One letter, with its picks and their reasons."""
    row = letters.of_edition(session, reader.id or 0, edition_date)
    entry = outbox.of_edition(session, reader.id or 0, edition_date)
    if row is None or entry is None:
        raise HTTPException(404)
    found = shown.picks(session, row)
    return shapes.Letter(
        id=row.id or 0,
        edition=row.edition_date,
        state=entry.state.value,
        n_papers=len(found),
        picks=found,
    )


@router.get("/feedback")
def list_feedback(reader: ReaderDep, session: SessionDep) -> shapes.Opinions:
    """What this reader said of papers."""
    rows = feedback.of_subscriber(session, reader.id or 0)
    return shapes.Opinions(
        feedback=[
            shapes.Opinion(
                paper_id=said.paper_id,
                title=letters_mail.show(papers.told(row)).title,
                verdict=Verdict(said.verdict),
                at=said.at,
            )
            for said, row in rows
        ]
    )


@router.put(
    "/feedback/{paper_id}/{verdict}",
    status_code=204,
    response_class=Response,
    responses=FOR_ACTIVE | problems.told(404),
)
def say(
    paper_id: PaperId, verdict: Verdict, reader: ActiveDep, session: SessionDep, now: NowDep
) -> None:
    """Like, dislike or save a paper; the second time changes nothing."""
    row = papers.by_id(session, paper_id)
    if row is None:
        raise HTTPException(404)
    feedback.record(session, reader.id or 0, row.id or 0, verdict, now)


@router.delete(
    "/feedback/{paper_id}/{verdict}",
    status_code=204,
    response_class=Response,
    responses=FOR_ACTIVE | problems.told(404),
)
def take_back(paper_id: PaperId, verdict: Verdict, reader: ActiveDep, session: SessionDep) -> None:
    """Take one verdict back; if it was never given, nothing changes."""
    if row := papers.by_id(session, paper_id):
        feedback.undo(session, reader.id or 0, row.id or 0, verdict)


@router.get("/why/{paper_id}", responses=FOR_ACTIVE | problems.told(404))
def why(
    request: Request,
    paper_id: PaperId,
    reader: ActiveDep,
    session: SessionDep,
    models: ModelsDep,
    head: LetterheadDep,
    now: NowDep,
) -> shapes.Why:
    """Why a paper is, or is not, in the letter of this reader's own day."""
    row = papers.by_id(session, paper_id)
    if row is None:
        raise HTTPException(404)
    today = ingest.day(now)
    if not models.is_ready(session, today, now):
        raise HTTPException(503, "The papers of today are being read; ask again in a minute.")
    desk = Desk(request.app.state.engine, head, models)
    told = whys.of(session, desk, due.on(reader, None, now), row, today, now)
    return shapes.Why(
        paper_id=paper_id,
        title=told.title,
        edition=told.day,
        rank=told.rank,
        told=told.told,
        reason=told.reason,
        fit=told.fit,
        band=told.band,
        score=told.score,
        shares=shown.parts(told.shares),
    )
