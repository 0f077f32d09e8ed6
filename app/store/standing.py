"""What stands of many readers' words at once: read in one statement, and changed in two."""

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import Session, col

from app.mail.links import Verdict
from app.store.feedback import Said, Standing
from app.store.tables import Feedback

Pair = tuple[int, int]  # subscriber id, paper id


def of(session: Session, pairs: Iterable[Pair]) -> dict[Pair, Standing]:
    """What each reader said of a paper (see `said_of`), of those pairs; {} where nothing was."""
    found: dict[Pair, dict[Verdict, Said]] = {pair: {} for pair in pairs}
    readers, papers = {pair[0] for pair in found}, {pair[1] for pair in found}
    rows = select(*_COLUMNS).where(
        col(Feedback.subscriber_id).in_(readers), col(Feedback.paper_id).in_(papers)
    )
    for reader, paper, verdict, at, letter_id in session.connection().execute(rows):
        if (reader, paper) in found:
            found[reader, paper][Verdict(verdict)] = Said(at, letter_id)
    return dict(found)


def change(
    session: Session, before: Mapping[Pair, Standing], after: Mapping[Pair, Standing]
) -> None:
    """Store what stands now of some pairs, of which this stood."""
    gone = [
        {"reader": reader, "paper": paper, "said": verdict.value}
        for (reader, paper), standing in before.items()
        for verdict, said in standing.items()
        if after[reader, paper].get(verdict) != said
    ]
    new = [
        {
            "subscriber_id": reader,
            "paper_id": paper,
            "verdict": verdict.value,
            "letter_id": said.letter_id,
            "at": said.at,
        }
        for (reader, paper), standing in after.items()
        for verdict, said in standing.items()
        if before[reader, paper].get(verdict) != said
    ]
    connection = session.connection()
    if gone:
        connection.execute(_TAKE_BACK, gone)
    if new:
        connection.execute(insert(Feedback), new)


_COLUMNS = [
    col(getattr(Feedback, name))
    for name in ("subscriber_id", "paper_id", "verdict", "at", "letter_id")
]
_TAKE_BACK = delete(Feedback).where(
    col(Feedback.subscriber_id) == bindparam("reader"),
    col(Feedback.paper_id) == bindparam("paper"),
    col(Feedback.verdict) == bindparam("said"),
)
