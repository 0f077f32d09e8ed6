"""What ranking must know: the model of the corpus, the new papers, and every subscriber's taste."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from app.papers.paper import Paper
from app.recommend import picks, scoring, selection, vectors
from app.recommend.interests import Interest
from app.recommend.profile import Taste
from app.recommend.selection import Candidate
from app.store import feedback, letters, papers, subscribers
from app.store.tables import Subscriber


@dataclass(frozen=True)
class Rules:
    """candidate_days: a paper counts so long after it was first seen. min_score: see settings."""

    candidate_days: int
    min_score: float


class Models:
    """Keeps the last model: while no paper comes, a tick need not fit one."""

    def __init__(self) -> None:
        self._corpus: dict[int, Paper] = {}
        self._model = vectors.fit({})

    def of(self, session: Session, until: date) -> vectors.Model:
        """The model of every paper first seen up to a day; fitted anew only if they changed."""
        corpus = papers.texts(session, until)
        if corpus != self._corpus:
            self._corpus, self._model = corpus, vectors.fit(corpus)
        return self._model


def of(
    session: Session,
    model: vectors.Model,
    rules: Rules,
    people: Sequence[Subscriber],
    today: date,
    now: datetime,
) -> list[picks.Reader]:
    """What ranking needs to know of each of them: taste, and the papers not sent to them yet."""
    ids = [person.id or 0 for person in people]
    typed = subscribers.interests_of(session, ids)
    opinions = feedback.opinions(session, ids)
    sent = letters.papers_sent(session, ids)
    everything = candidates(session, rules, today, now)
    same = selection.twins(model, [each.paper_id for each in everything])
    return [
        _reader(
            person,
            typed.get(person.id or 0, ()),
            opinions.get(person.id or 0, feedback.Opinion()),
            sent.get(person.id or 0, set()),
            everything,
            same,
            rules,
        )
        for person in people
    ]


def candidates(session: Session, rules: Rules, today: date, now: datetime) -> list[Candidate]:
    """The papers that are new enough for a letter of `today`, with their trend at `now`."""
    first = today - timedelta(days=rules.candidate_days - 1)
    return [
        Candidate(
            listing.paper_id,
            scoring.trend(listing.votes, listing.positions, (today - listing.first_seen).days),
        )
        for listing in papers.listings(session, first, today, now)
    ]


def _reader(
    person: Subscriber,
    typed: tuple[Interest, ...],
    opinion: feedback.Opinion,
    sent: set[int],
    everything: Sequence[Candidate],
    same: selection.Twins,
    rules: Rules,
) -> picks.Reader:
    known = sent.union(opinion.liked, opinion.disliked, opinion.saved)
    known = known.union(*(same.get(paper_id, ()) for paper_id in known))
    return picks.Reader(
        taste=Taste(typed, tuple(opinion.liked), tuple(opinion.disliked)),
        candidates=[each for each in everything if each.paper_id not in known],
        limit=person.letter_size,
        min_score=rules.min_score,
        same=same,
    )
