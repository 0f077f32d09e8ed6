"""What an edition holds for each of some readers: picks of the day, or else what they chose."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from app.pipeline import readers, trial
from app.pipeline.due import Due
from app.pipeline.models import Models
from app.recommend import picks
from app.recommend.board import Board
from app.recommend.interleaving import Drafted
from app.recommend.tuning import EmptyDay


@dataclass(frozen=True)
class Edition:
    """Before it is a letter. n_new: of how many papers new to the reader found is.

    wider_days: how far back they were looked for; 0 where the usual days brought enough. told: what
    its letter says of them, see recommend.telling. sent_in: those that people brought, and others.
    """

    n_new: int
    found: list[Drafted]
    wider_days: int = 0
    told: str = ""
    sent_in: Set[int] = frozenset()


def of(
    session: Session, models: Models, some: Sequence[Due], today: date, now: datetime
) -> list[Edition]:
    """Choose the papers of each reader's edition, in the order of `some`.

    Where none of the usual days is good enough, those who wish it get older ones: the best that
    reach their threshold, and nothing else. Raises whatever a reader's wishes make fail.
    """
    board = models.board(session, today, now)
    found = _chosen(session, models, board, some, today, now)
    empty = [
        n
        for n, each in enumerate(found)
        if not each.found and some[n].subscriber.empty_day == EmptyDay.OLDER
    ]
    if empty:
        wide = models.wider_board(session, today, now)
        days = models.rules.wider_days
        older = _chosen(session, models, wide, [some[n] for n in empty], today, now, is_wide=True)
        for n, each in zip(empty, older, strict=True):
            found[n] = replace(each, wider_days=days) if each.found else found[n]
    return found


def _chosen(
    session: Session,
    models: Models,
    board: Board,
    some: Sequence[Due],
    today: date,
    now: datetime,
    *,
    is_wide: bool = False,
) -> list[Edition]:
    people = [each.subscriber for each in some]
    days = models.rules.wider_days if is_wide else models.rules.candidate_days
    sent = readers.sent(session, people, today, days)
    asking = readers.of(session, people, today, now, sent=sent)
    if is_wide:
        # Who has read all that suits them is not sent something to try instead.
        asking = [replace(each, explores=False) for each in asking]
    seeds = [trial.seed(each.subscriber.id or 0, each.edition) for each in some]
    found = trial.rank(board, asking, models.rules.trial, seeds)
    return [
        Edition(picks.count_new(board, each), drafted)
        for each, drafted in zip(asking, found, strict=True)
    ]
