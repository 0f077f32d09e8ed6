"""Papers as our lists show them: title, excerpt, votes, and whether they are rising."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlmodel import Session

from app.mail import letter as letters_mail
from app.recommend import trend
from app.recommend.trend import Gain
from app.store import listings, papers

# Turning TeX into signs is by far the dearest part of a page; a week's papers fit in easily.
show = lru_cache(maxsize=2_000)(letters_mail.show)


@dataclass(frozen=True)
class Listed:
    """One paper of a list; votes where they are known. day: first seen on."""

    id: int
    paper: letters_mail.PaperView
    day: date
    votes: int | None
    gain: Gain | None


def of(session: Session, paper_ids: Sequence[int], now: datetime) -> list[Listed]:
    """Show some papers, a page of them, in the order of their ids given."""
    rows = papers.by_ids(session, paper_ids)
    read = listings.of_papers(session, paper_ids, now)
    return [
        Listed(
            id=each,
            paper=show(papers.told(rows[each])),
            day=rows[each].first_seen,
            votes=read[each].votes,
            gain=trend.gained(read[each].counts, read[each].born, now.date()),
        )
        for each in paper_ids
        if each in rows
    ]
