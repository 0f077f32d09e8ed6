"""Papers as our lists show them: title, excerpt, votes, and whether they are rising."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from sqlmodel import Session

from app.mail import excerpt, foreign
from app.mail import letter as letters_mail
from app.papers import tex
from app.recommend import highlight, trend
from app.recommend.alike import Alike
from app.recommend.trend import Gain
from app.store import listings, papers, submissions, tables

# A sentence that says what was looked for only so many signs later is begun in its middle.
FAR = 200
# Turning TeX into signs is by far the dearest part of a page; a week's papers fit in easily.
show = lru_cache(maxsize=2_000)(letters_mail.show)


@dataclass(frozen=True)
class Listed:
    """One paper of a list; votes where they are known. day: first seen on.

    by_community: whether people sent it in, and an operator nodded.
    """

    id: int
    paper: letters_mail.PaperView
    day: date
    votes: int | None
    gain: Gain | None
    by_community: bool = False


def of(
    session: Session, paper_ids: Sequence[int], now: datetime, terms: Sequence[str] = ()
) -> list[Listed]:
    """Show some papers, a page of them, in the order of their ids given.

    terms: words looked for; an excerpt begins where they stand.
    """
    rows = papers.by_ids(session, paper_ids)
    read = listings.of_papers(session, paper_ids, now)
    sent_in = submissions.accepted_among(session, paper_ids)
    return [
        Listed(
            id=each,
            paper=_about(rows[each], terms),
            day=rows[each].first_seen,
            votes=read[each].votes,
            gain=trend.gained(read[each].counts, read[each].born, now.date()),
            by_community=each in sent_in,
        )
        for each in paper_ids
        if each in rows and each in read  # else it turned out to be another
    ]


def alike(
    session: Session, found: Sequence[Alike], now: datetime
) -> list[tuple[Listed, tuple[str, ...]]]:
    """Show papers that are like one, each with what it shares with that."""
    shares = {each.paper_id: each.shares for each in found}
    return [(each, shares[each.id]) for each in of(session, list(shares), now)]


def _about(row: tables.Paper, terms: Sequence[str]) -> letters_mail.PaperView:
    seen = show(papers.told(row))
    if not terms or any(highlight.spans(text, terms) for text in (seen.title, seen.excerpt)):
        return seen
    return replace(seen, excerpt=_passage(_whole(row.abstract), terms) or seen.excerpt)


@lru_cache(maxsize=500)
def _whole(abstract: str) -> str:
    return foreign.tame(tex.to_unicode(abstract))


def _passage(text: str, terms: Sequence[str]) -> str:
    """The sentence in which the first of the words stands, and what comes after it."""
    spans = highlight.spans(text, terms)
    if not spans:
        return ""
    first = spans[0][0]
    start = text.rfind(". ", 0, first) + 2
    if first - start > FAR:
        start = text.rfind(" ", 0, first - FAR // 2) + 1
    return f"… {excerpt.cut(text[start:], excerpt.LIMIT)}"
