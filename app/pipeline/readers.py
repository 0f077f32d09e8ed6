"""What ranking must know of readers: their taste, their wishes, and the papers known to them."""

from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime, timedelta

from sqlmodel import Session

from app.recommend import exploration, picks
from app.recommend.calibration import Band
from app.recommend.interests import Interest
from app.recommend.profile import Taste
from app.store import letters, opinions, subscribers
from app.store.tables import Subscriber

# An edition's date is its reader's own, which is a day off ours at most; and one day to spare.
DAYS_APART = timedelta(days=2)


def of(
    session: Session,
    people: Sequence[Subscriber],
    today: date,
    now: datetime,
    said_before: datetime | None = None,
    sent: Mapping[int, Set[int]] | None = None,
) -> list[picks.Reader]:
    """What ranking needs to know of each of them: taste, wishes, and the papers known to them.

    For a replay of the past: feedback only from before a moment, and the papers taken as sent.
    """
    ids = [person.id or 0 for person in people]
    typed = subscribers.interests_of(session, ids)
    said = opinions.of(session, ids, said_before)
    sent = letters.papers_sent(session, ids) if sent is None else sent
    return [
        asking(
            person,
            typed.get(person.id or 0, ()),
            said.get(person.id or 0, opinions.Opinion()),
            sent.get(person.id or 0, set()),
            today,
            now,
        )
        for person in people
    ]


def sent(
    session: Session, people: Sequence[Subscriber], today: date, days: int
) -> dict[int, set[int]]:
    """The papers that went to each of them, of those first seen in the last `days` days.

    All of these, and hardly another: before it was seen no paper was in a letter.
    """
    since = today - timedelta(days=days) - DAYS_APART
    return letters.papers_sent(session, [person.id or 0 for person in people], since=since)


def asking(
    person: Subscriber,
    typed: tuple[Interest, ...],
    opinion: opinions.Opinion,
    sent: Set[int],
    today: date,
    now: datetime,
) -> picks.Reader:
    """What ranking needs to know of one person, who need not be stored."""
    ages = {paper_id: (now - at) / timedelta(days=1) for paper_id, at in opinion.liked_at.items()}
    return picks.Reader(
        taste=Taste(typed, tuple(opinion.liked), tuple(opinion.disliked), ages),
        known=frozenset(sent).union(opinion.saved),
        limit=person.letter_size,
        threshold=Band(person.threshold),
        dial=person.dial,
        explores=exploration.explores(person.exploration, person.id or 0, today),
    )
