"""A letter to look at: the very code of the day, and nothing recorded."""

from datetime import date, datetime

from sqlmodel import Session

from app.mail.letter import Rendered
from app.pipeline import compose, due, rank, readers, trial
from app.recommend import picks
from app.store import letters, papers


def letter_for(
    session: Session, desk: rank.Desk, each: due.Due, today: date, now: datetime
) -> Rendered | None:
    """The letter one subscriber got, or would get, of an edition; None if none.

    today: the day whose new papers count, as `rank.rank_edition` takes it. A letter already
    stored is shown as it went out, whatever has changed since.
    """
    subscriber, day = each.subscriber, each.edition
    row = letters.of_edition(session, subscriber.id or 0, day)
    if row is not None:
        return compose.rendered(session, desk.head, row)
    board = desk.models.board(session, today, now)
    asking = readers.of(session, [subscriber], today, now)
    seed = trial.seed(subscriber.id or 0, day)
    found = trial.rank(board, asking, desk.rules.trial, [seed])[0]
    if not found:
        return None
    rows = papers.by_ids(session, [pick.paper_id for pick, _ in found])
    n_new = picks.count_new(board, asking[0])
    draft = rank.new_letter(session, desk.head, subscriber, day, now, board.model.id, n_new)
    chosen = [(row, rows[row.paper_id]) for row in rank.rows_of(found)]
    return compose.unstored(session, desk.head, draft, chosen)
