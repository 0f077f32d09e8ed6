"""The next day before it comes: who is due, and what their letters would hold as of now."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.papers import tex
from app.pipeline import due, editions, ingest, rank
from app.pipeline.rank import Desk
from app.store import growth, papers, subscribers

AHEAD = timedelta(hours=24)
# Enough to see what is wrong, few enough for a page.
SAMPLE = 200
N_TITLES = 15


@dataclass(frozen=True)
class Draft:
    """One edition as it would be. subject: the title of its first pick, or "" without any.

    is_letter: whether anything would be mailed; else it would be skipped.
    """

    subscriber_id: int
    address: str
    due_at: datetime
    n_picks: int
    subject: str
    is_letter: bool


@dataclass(frozen=True)
class Rehearsal:
    """by_hour: how many letters are due in each hour. drafts: of the first SAMPLE of them.

    titles: the papers picked most, with how often. has_model: False where the model would have to
    be fitted first, and then nothing could be picked.
    """

    by_hour: dict[datetime, int]
    drafts: list[Draft]
    titles: list[tuple[int, str, int]]
    has_model: bool = True

    @property
    def n_due(self) -> int:
        """How many letters are due in all."""
        return sum(self.by_hour.values())

    @property
    def n_empty(self) -> int:
        """How many of the drafts would be skipped."""
        return sum(not draft.is_letter for draft in self.drafts)


def rehearse(session: Session, desk: Desk, now: datetime) -> Rehearsal:
    """Write nothing; the very code of the day, with the papers and wishes of now."""
    by_hour = growth.due_by_hour(session, now + AHEAD)
    people = subscribers.due(session, now + AHEAD, SAMPLE)
    today = ingest.day(now)
    if not people or desk.models.at_hand(session, today, now) is None:
        return Rehearsal(by_hour, [], [], has_model=not people)
    wanted = [due.at(person, person.next_due_at or now) for person in people]
    made = editions.of(session, desk.models, wanted, today, now)
    counts = Counter(pick.paper_id for each in made for pick, _ in each.found)
    rows = papers.by_ids(session, list(counts))
    titles = {paper_id: tex.to_unicode(row.title) for paper_id, row in rows.items()}
    return Rehearsal(
        by_hour,
        [
            Draft(
                person.id or 0,
                person.address,
                person.next_due_at or now,
                len(each.found),
                titles.get(each.found[0][0].paper_id, "") if each.found else "",
                rank.is_letter(each, person),
            )
            for person, each in zip(people, made, strict=True)
        ],
        [(paper_id, titles[paper_id], n) for paper_id, n in counts.most_common(N_TITLES)],
    )
