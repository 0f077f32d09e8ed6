"""What a tap changes: the words whose weight moved, and the letter that would come of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from app.mail import edition
from app.papers import tex
from app.pipeline import ingest, readers, trial
from app.pipeline.models import Models
from app.recommend import picks, shift
from app.recommend.board import Board
from app.recommend.shift import Shift
from app.store import opinions, papers, subscribers
from app.store.feedback import Standing
from app.store.tables import Status, Subscriber

N_NEXT = 5
# To weigh more for one reader takes longer than a tap may.
MOST_CANDIDATES = 2_000


@dataclass(frozen=True)
class Effect:
    """shift: see `recommend.shift`. next: ids and titles of what the next letter would bring.

    Both empty where it would take too long to find out: a page waits for no fitting.
    """

    shift: Shift = field(default_factory=Shift)
    next: tuple[tuple[int, str], ...] = ()


NOTHING = Effect()


def of(
    session: Session,
    models: Models,
    subscriber_id: int,
    paper_id: int,
    before: Standing,
    now: datetime,
) -> Effect:
    """What a verdict on a paper changed for its reader. before: what stood of it until then.

    By the board that was laid out last for the day: papers may have come since.
    """
    board, person = models.laid_out(ingest.day(now)), subscribers.by_id(session, subscriber_id)
    if board is None or person is None:
        return NOTHING
    was, after = _readers(session, models, person, paper_id, before, now)
    moved = shift.of(board, was.taste, after.taste, paper_id)
    return Effect(moved, _next(session, models, board, person, after))


def _readers(
    session: Session,
    models: Models,
    person: Subscriber,
    paper_id: int,
    before: Standing,
    now: datetime,
) -> tuple[picks.Reader, picks.Reader]:
    """The reader as they were, and as they are."""
    ids, today = [person.id or 0], ingest.day(now)
    typed = subscribers.interests_of(session, ids).get(ids[0], ())
    opinion = opinions.of(session, ids).get(ids[0], opinions.Opinion())
    sent = readers.sent(session, [person], today, models.rules.candidate_days).get(ids[0], set())
    was, after = (
        readers.asking(person, typed, each, sent, today + timedelta(days=1), now)
        for each in (opinion.with_standing(paper_id, before), opinion)
    )
    return was, after


def _next(
    session: Session, models: Models, board: Board, person: Subscriber, reader: picks.Reader
) -> tuple[tuple[int, str], ...]:
    due_at = person.next_due_at if person.status == Status.ACTIVE else None
    if due_at is None or len(board.rows) > MOST_CANDIDATES:
        return ()
    day = edition.day_of(subscribers.schedule(person), due_at)
    seed = trial.seed(person.id or 0, day)
    (found,) = trial.rank(board, [reader], models.rules.trial, [seed])
    ids = [pick.paper_id for pick, _ in found[:N_NEXT]]
    rows = papers.by_ids(session, ids)
    return tuple((i, tex.to_unicode(rows[i].title)) for i in ids if i in rows)
