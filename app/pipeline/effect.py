"""What a tap changes: the words whose weight moved, and the letter that would come of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from app.mail import edition
from app.papers import tex
from app.pipeline import ingest, readers, trial
from app.pipeline.readers import Models
from app.recommend import picks, shift
from app.recommend.board import Board
from app.recommend.shift import Shift
from app.store import papers, subscribers
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


@dataclass(frozen=True)
class Watch:
    """A reader as they were before something was recorded. board: None: nothing can be told."""

    models: Models
    board: Board | None
    person: Subscriber | None
    before: picks.Reader | None
    now: datetime

    def effect_of(self, session: Session, paper_id: int) -> Effect:
        """What was changed since, by a verdict on a paper. session: one that sees it."""
        if self.board is None or self.person is None or self.before is None:
            return NOTHING
        after = _reader(session, self.person, self.now)
        moved = shift.of(self.board, self.before.taste, after.taste, paper_id)
        return Effect(moved, self._next(session, self.board, self.person, after))

    def _next(
        self, session: Session, board: Board, person: Subscriber, reader: picks.Reader
    ) -> tuple[tuple[int, str], ...]:
        due_at = person.next_due_at if person.status == Status.ACTIVE else None
        if due_at is None or len(board.rows) > MOST_CANDIDATES:
            return ()
        day = edition.day_of(subscribers.schedule(person), due_at)
        seed = trial.seed(person.id or 0, day)
        (found,) = trial.rank(board, [reader], self.models.rules.trial, [seed])
        ids = [pick.paper_id for pick, _ in found[:N_NEXT]]
        rows = papers.by_ids(session, ids)
        return tuple((i, tex.to_unicode(rows[i].title)) for i in ids if i in rows)


def watch(session: Session, models: Models, subscriber_id: int, now: datetime) -> Watch:
    """Look at a reader before something is recorded; ask for the effect after it.

    By the board that was laid out last for the day: papers may have come since.
    """
    board = models.laid_out(ingest.day(now))
    person = subscribers.by_id(session, subscriber_id) if board else None
    before = _reader(session, person, now) if person else None
    return Watch(models, board, person, before, now)


def _reader(session: Session, person: Subscriber, now: datetime) -> picks.Reader:
    tomorrow = ingest.day(now) + timedelta(days=1)
    return readers.of(session, [person], tomorrow, now)[0]
