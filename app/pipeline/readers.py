"""What ranking must know: the model of the corpus, the day's board, and everybody's taste."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import structlog
from sqlmodel import Session

from app.errors import UnusableModel
from app.papers.paper import Paper
from app.recommend import board, calibration, exploration, picks, trend, vectors
from app.recommend.board import Board
from app.recommend.calibration import Band, Scale
from app.recommend.candidates import Candidate
from app.recommend.interests import Interest
from app.recommend.profile import Taste
from app.recommend.vectors import Model
from app.recommend.weights import Weights
from app.store import feedback, letters, listings, models, papers, subscribers
from app.store.tables import Subscriber

log = structlog.get_logger()
CORPUS_DAYS = 365
# On an empty day papers are looked for so many times as far back, but not among more than these.
WIDER, MOST_WIDER = 4, 10_000
# So long nobody looks again for a model that has to be fitted first.
MISSED_FOR = timedelta(minutes=1)

_Corpus = dict[int, Paper]
_Libraries = list[list[int]]


@dataclass(frozen=True)
class Rules:
    """candidate_days: a paper counts so long after it was first seen.

    corpus_days: and teaches words so long. trial: the weights to compare with the usual ones, if
    any; see `trial.rank`.
    """

    candidate_days: int
    corpus_days: int = CORPUS_DAYS
    trial: Weights | None = None

    @property
    def wider_days(self) -> int:
        """How far back papers are looked for on an empty day."""
        return min(WIDER * self.candidate_days, self.corpus_days)


class Models:
    """Keeps the last model and board: while nothing new comes, nothing is fitted or laid out.

    shelf: the folder in which models outlive the process; None: they do not.
    """

    def __init__(self, rules: Rules, shelf: Path | None = None) -> None:
        self.rules = rules
        self._shelf = shelf
        # Each is replaced at once: web threads read what the clock's thread renews.
        self._last: tuple[_Corpus, _Libraries, Model] = ({}, [], vectors.fit({}))
        self._laid: tuple[str, date, list[Candidate], Board] | None = None
        self._wide: tuple[str, date, list[Candidate], Board] | None = None
        # The last model and the newest on the shelf when `latest` was asked, and what it answered.
        self._noted: tuple[Model, str | None, Model] = (self._last[2], None, self._last[2])
        # What was stored when the board was last looked for, and when it could not be made.
        self._mark: tuple[date, tuple[int, ...]] | None = None
        self._missed_at: datetime | None = None

    def of(self, session: Session, until: date) -> Model:
        """The model of the papers of the last corpus days, up to and on a day, or liked by anyone.

        Likes of those who agreed to it teach what goes together. Fitted anew only if either has
        changed and no such model stands on the shelf.
        """
        taught = self._taught(session, until)
        return self._known(*taught) or self._fitted(*taught)

    def at_hand(self, session: Session, until: date) -> Model | None:
        """The same, but None where it would have to be fitted: a page cannot wait so long."""
        return self._known(*self._taught(session, until))

    def latest(self) -> Model | None:
        """The newest model there is, whatever came or was liked since; None before the first.

        Reads no paper, so that a page may ask for it every time; a model that another process has
        put on the shelf is loaded once.
        """
        last, newest = self._last[2], models.newest(self._shelf) if self._shelf else None
        noted, noted_newest, model = self._noted
        if last is not noted:
            model = last
        elif newest and newest not in {noted_newest, model.id}:
            model = self._kept(newest) or model
        self._noted = last, newest, model
        return model if model.row_of else None

    def _taught(self, session: Session, until: date) -> tuple[_Corpus, _Libraries]:
        first = until - timedelta(days=self.rules.corpus_days)
        return papers.texts(session, first, until), feedback.shared_likes(session, until)

    def _known(self, corpus: _Corpus, libraries: _Libraries) -> Model | None:
        if (corpus, libraries) == self._last[:2]:
            return self._last[2]
        model = self._kept(vectors.version(corpus, libraries=libraries))
        if model is not None:
            self._last = corpus, libraries, model
        return model

    def _kept(self, model_id: str) -> Model | None:
        if self._shelf is None:
            return None
        try:
            return models.load(self._shelf, model_id)
        except (OSError, UnusableModel) as e:
            log.warning("model_fitted_anew", reason=str(e))
            return None

    def _fitted(self, corpus: _Corpus, libraries: _Libraries) -> Model:
        model = vectors.fit(corpus, libraries=libraries)
        self._last = corpus, libraries, model
        if self._shelf is not None:
            try:
                models.keep(self._shelf, model)
            except OSError as e:
                log.warning("model_not_kept", reason=str(e))
        return model

    def board(self, session: Session, today: date, now: datetime) -> Board:
        """The board of a day: the papers new enough for a letter of it, as things are at `now`."""
        model, fresh = self.of(session, today), candidates(session, self.rules, today, now)
        laid = self._laid
        if laid is None or laid[:3] != (model.id, today, fresh):
            scale = _scale(session, model, today)
            laid = model.id, today, fresh, board.lay_out(model, fresh, scale)
            self._laid = laid
        return laid[3]

    def wider_board(self, session: Session, today: date, now: datetime) -> Board:
        """The same with older papers too, the newest of them if there are very many."""
        usual = self.board(session, today, now)
        days = self.rules.wider_days
        fresh = candidates(session, self.rules, today, now, days)[-MOST_WIDER:]
        wide = self._wide
        if wide is None or wide[:3] != (usual.model.id, today, fresh):
            laid = board.lay_out(usual.model, fresh, usual.scale)
            wide = self._wide = usual.model.id, today, fresh, laid
        return wide[3]

    def board_at_hand(self, session: Session, today: date, now: datetime) -> Board | None:
        """The same where nothing has to be fitted; else the last one, or None before the first.

        One small query while nothing new is stored: a page may ask with every letter typed.
        """
        mark = today, listings.mark(session)
        has_just_missed = self._missed_at is not None and now - self._missed_at < MISSED_FOR
        if mark != self._mark and not has_just_missed:
            is_at_hand = self.at_hand(session, today) is not None
            self._missed_at = None if is_at_hand else now
            if is_at_hand:
                self.board(session, today, now)
                self._mark = mark
        laid = self._laid
        return laid[3] if laid and len(laid[3].rows) else None

    def is_ready(self, session: Session, today: date, now: datetime) -> bool:
        """Whether the board of a day holds all that is stored, or can without fitting anything."""
        self.board_at_hand(session, today, now)
        return self._mark == (today, listings.mark(session))

    def board_then(self, session: Session, today: date, at: datetime) -> Board:
        """The board of a day as things were at a moment.

        The corpus is not read for it where `is_ready` has just said yes.
        """
        laid = self._laid
        if laid is None or laid[1] != today or self._mark != (today, listings.mark(session)):
            return self.board(session, today, at)
        _, _, known, last = laid
        fresh = candidates(session, self.rules, today, at)
        return last if fresh == known else board.lay_out(last.model, fresh, last.scale)

    def laid_out(self, today: date) -> Board | None:
        """The board laid out last, if it is of a day or the one before it, whatever came since.

        Nothing is read, fitted or laid out for it.
        """
        laid = self._laid
        return laid[3] if laid and today - timedelta(days=1) <= laid[1] <= today else None


def _scale(session: Session, model: Model, today: date) -> Scale:
    """What turns scores into fits: as feedback from before a day has taught, if it was enough."""
    usual = board.usual_scale(model)
    judged = feedback.judged(session, datetime.combine(today, time(), UTC))
    standings = calibration.standing_of([fit for fit, _ in judged], usual)
    return calibration.learn(standings.tolist(), [liked for _, liked in judged], usual)


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
    opinions = feedback.opinions(session, ids, said_before)
    sent = letters.papers_sent(session, ids) if sent is None else sent
    return [
        asking(
            person,
            typed.get(person.id or 0, ()),
            opinions.get(person.id or 0, feedback.Opinion()),
            sent.get(person.id or 0, set()),
            today,
            now,
        )
        for person in people
    ]


def candidates(
    session: Session, rules: Rules, today: date, now: datetime, days: int = 0
) -> list[Candidate]:
    """The papers that are new enough for a letter of `today`, with their trend at `now`.

    days: how old they may be; 0 for the usual.
    """
    first = today - timedelta(days=(days or rules.candidate_days) - 1)
    return [
        Candidate(
            listing.paper_id, trend.momentum(listing.counts, listing.places, listing.born, today)
        )
        for listing in listings.of(session, first, today, now)
    ]


def asking(
    person: Subscriber,
    typed: tuple[Interest, ...],
    opinion: feedback.Opinion,
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
