"""Stored rows in the shapes that programs see."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from app.mail import foreign
from app.papers import tex
from app.pipeline import reading
from app.recommend import explain, naming, points
from app.store import letters, papers, submissions, tables
from app.web.api import shapes


def paper(row: tables.Paper, votes: int | None, *, by_community: bool) -> shapes.Paper:
    """One paper, TeX turned into signs and hidden signs taken out."""
    return shapes.Paper(
        id=row.id or 0,
        title=_plain(row.title),
        authors=[_plain(author) for author in row.authors],
        abstract=_plain(row.abstract),
        categories=[foreign.tame(category) for category in row.categories],
        url=foreign.href(row.url),
        arxiv_id=foreign.tame(row.arxiv_id),
        doi=foreign.tame(row.doi),
        published=row.published,
        first_seen=row.first_seen,
        votes=votes,
        version=row.version,
        published_doi=foreign.tame(row.published_doi),
        journal=_plain(row.journal),
        comment=_plain(row.comment),
        organisation=_plain(row.organisation),
        keywords=[_plain(word) for word in row.keywords],
        code_url=foreign.href(row.code_url),
        project_url=foreign.href(row.project_url),
        thumbnail=foreign.href(row.thumbnail),
        stars=row.stars,
        announced=row.announced,
        is_withdrawn=row.withdrawn_on is not None,
        by_community=by_community,
    )


def _plain(text: str) -> str:
    return foreign.tame(tex.to_unicode(text))


def listed(session: Session, paper_ids: Sequence[int], now: datetime) -> list[shapes.Paper]:
    """Papers by their ids, in that order; those that are gone are left out."""
    rows, votes = papers.by_ids(session, paper_ids), papers.votes_at(session, paper_ids, now)
    sent_in = submissions.accepted_among(session, paper_ids)
    return [
        paper(rows[each], votes.get(each), by_community=each in sent_in)
        for each in paper_ids
        if each in rows
    ]


def picks(session: Session, letter: tables.Letter) -> list[shapes.Pick]:
    """What a letter holds, with the votes of when it was written."""
    chosen = letters.picks_of(session, letter.id or 0)
    paper_ids = [found.id or 0 for _, found in chosen]
    votes = papers.votes_at(session, paper_ids, letter.date)
    sent_in = submissions.accepted_among(session, paper_ids)
    reasons = [explain.from_json(row.reason) for row, _ in chosen]
    titles = reading.titles_named(session, reasons)

    def _voted(found: tables.Paper) -> shapes.Paper:
        known = votes.get(found.id or 0)
        return paper(found, known, by_community=found.id in sent_in)

    return [
        pick(row, _voted(found), reason, titles)
        for (row, found), reason in zip(chosen, reasons, strict=True)
    ]


def pick(
    row: tables.Pick, about: shapes.Paper, reason: explain.Reason, titles: Mapping[int, str]
) -> shapes.Pick:
    """One pick. titles: of the liked papers that its reason names."""
    return shapes.Pick(
        rank=row.rank,
        paper=about,
        score=row.score,
        fit=reason.fit,
        band=reason.band,
        exploring=reason.exploring,
        reason=points.sentence(reason, titles),
        shares=parts(naming.shares(reason, titles)),
    )


def parts(shares: Sequence[tuple[str, float]]) -> list[shapes.Part]:
    """Named shares of a score."""
    return [shapes.Part(name=foreign.tame(name), share=share) for name, share in shares]
