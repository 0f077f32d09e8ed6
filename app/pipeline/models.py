"""The model of the stored corpus and the day's board, kept while nothing new comes."""

import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import structlog
from sqlmodel import Session

from app.errors import UnusableModel
from app.papers.paper import Paper
from app.recommend import board, calibration, trend, vectors
from app.recommend.board import Board
from app.recommend.calibration import Scale
from app.recommend.candidates import Candidate
from app.recommend.vectors import Model
from app.recommend.weights import Weights
from app.store import feedback, listings, papers
from app.store import models as kept

log = structlog.get_logger()
CORPUS_DAYS = 365
# On an empty day papers are looked for so many times as far back, but not among more than these.
WIDER, MOST_WIDER = 4, 10_000
# So long nobody looks again for a model that has to be fitted first.
MISSED_FOR = timedelta(minutes=1)
# So long what was read holds while nothing new is stored. Meanwhile a blank in a paper may be
# filled in, or a like taken back.
HOLDS_FOR = timedelta(minutes=10)
# From so many papers on a model is put out of the way of the garbage collection.
MANY = 1_000

_Corpus = dict[int, Paper]
_Libraries = list[list[int]]
_Found = TypeVar("_Found", bound=Model | None)


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


@dataclass(frozen=True)
class _Reading:
    """When the store was read, up to which day, and how it was marked then."""

    until: date
    mark: tuple[int, ...]
    at: datetime

    def stands_for(self, other: "_Reading") -> bool:
        """Whether another would bring the same."""
        is_same = (self.until, self.mark) == (other.until, other.mark)
        return is_same and abs(other.at - self.at) < HOLDS_FOR


@dataclass(frozen=True)
class _Laid:
    """A board, and what it was laid out of."""

    reading: _Reading
    fresh: list[Candidate]
    board: Board

    def is_of(self, model: Model, today: date, fresh: list[Candidate]) -> bool:
        """Whether it would be laid out alike."""
        of_it = self.board.model.id, self.reading.until, self.fresh
        return of_it == (model.id, today, fresh)


class Models:
    """Keeps the last model and board: while nothing new comes, nothing is fitted or laid out.

    shelf: the folder in which models outlive the process; None: they do not.
    """

    def __init__(self, rules: Rules, shelf: Path | None = None) -> None:
        self.rules = rules
        self._shelf = shelf
        # Each is replaced at once: web threads read what the clock's thread renews.
        self._last: tuple[_Reading | None, Model] = (None, vectors.fit({}))
        self._laid: _Laid | None = None
        self._wide: _Laid | None = None
        # The last model and the newest on the shelf when `latest` was asked, and what it answered.
        self._noted: tuple[Model, str | None, Model] = (self._last[1], None, self._last[1])
        # What was stored when the board was last looked for, and when it could not be made.
        self._mark: tuple[date, tuple[int, ...]] | None = None
        self._missed_at: datetime | None = None

    def of(self, session: Session, until: date) -> Model:
        """The model of the papers of the last corpus days, up to and on a day, or liked by anyone.

        Likes of those who agreed to it teach what goes together. Fitted anew only if either has
        changed and no such model stands on the shelf. Reads all of them, whatever is known.
        """
        return self._known_or_fitted(*self._taught(session, until))

    def at_hand(self, session: Session, until: date, now: datetime) -> Model | None:
        """The same, but None where it would have to be fitted: a page cannot wait so long.

        Nothing is read while nothing new is stored, or not for HOLDS_FOR.
        """
        return self._settled(session, _reading(session, until, now), self._known)

    def _settled(
        self,
        session: Session,
        reading: _Reading,
        find: Callable[[_Corpus, _Libraries], _Found],
    ) -> Model | _Found:
        """The last model where it stands, or else the one that `find` brings."""
        last, model = self._last
        if last is not None and last.stands_for(reading):
            return model
        found = find(*self._taught(session, reading.until))
        if found is not None:
            self._last = reading, found
        return found

    def latest(self) -> Model | None:
        """The newest model there is, whatever came or was liked since; None before the first.

        Reads no paper, so that a page may ask for it every time; a model that another process has
        put on the shelf is loaded once.
        """
        last, newest = self._last[1], kept.newest(self._shelf) if self._shelf else None
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
        model_id, (_, last) = vectors.version(corpus, libraries=libraries), self._last
        if model_id == last.id:
            return last
        model = self._kept(model_id)
        if model is not None:
            self._take(model)
        return model

    def _known_or_fitted(self, corpus: _Corpus, libraries: _Libraries) -> Model:
        return self._known(corpus, libraries) or self._fitted(corpus, libraries)

    def _kept(self, model_id: str) -> Model | None:
        if self._shelf is None:
            return None
        try:
            return kept.load(self._shelf, model_id)
        except (OSError, UnusableModel) as e:
            log.warning("model_fitted_anew", reason=str(e))
            return None

    def _fitted(self, corpus: _Corpus, libraries: _Libraries) -> Model:
        model = vectors.fit(corpus, libraries=libraries)
        self._take(model)
        if self._shelf is not None:
            try:
                kept.keep(self._shelf, model)
            except OSError as e:
                log.warning("model_not_kept", reason=str(e))
        return model

    def _take(self, model: Model) -> None:
        self._last = None, model
        if len(model.row_of) >= MANY:
            # It stays for hours: looked through with all that comes and goes meanwhile, it costs a
            # quarter of the time that ranking takes.
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    def board(self, session: Session, today: date, now: datetime) -> Board:
        """The board of a day: the papers new enough for a letter of it, as things are at `now`.

        Asked for by every shard, it is read for again only as `at_hand` tells.
        """
        reading, laid = _reading(session, today, now), self._laid
        if laid is not None and laid.reading.stands_for(reading):
            return laid.board
        model = self._settled(session, reading, self._known_or_fitted)
        fresh = self._fresh(session, model, today, now, self.rules.candidate_days)
        if laid is None or not laid.is_of(model, today, fresh):
            laid = _Laid(reading, fresh, board.lay_out(model, fresh, _scale(session, model, today)))
        self._laid = replace(laid, reading=reading)
        return laid.board

    def wider_board(self, session: Session, today: date, now: datetime) -> Board:
        """The same with older papers too, the newest of them if there are very many."""
        usual = self.board(session, today, now)
        reading, wide = _reading(session, today, now), self._wide
        if wide and wide.board.model is usual.model and wide.reading.stands_for(reading):
            return wide.board
        fresh = self._fresh(session, usual.model, today, now, self.rules.wider_days)[-MOST_WIDER:]
        if wide is None or not wide.is_of(usual.model, today, fresh):
            wide = _Laid(reading, fresh, board.lay_out(usual.model, fresh, usual.scale))
        self._wide = replace(wide, reading=reading)
        return wide.board

    def _fresh(
        self, session: Session, model: Model, today: date, now: datetime, days: int
    ) -> list[Candidate]:
        """What was stored since the model was read waits for the next."""
        found = candidates(session, self.rules, today, now, days)
        return [each for each in found if each.paper_id in model.row_of]

    def board_at_hand(self, session: Session, today: date, now: datetime) -> Board | None:
        """The same where nothing has to be fitted; else the last one, or None before the first.

        One small query while nothing new is stored: a page may ask with every letter typed.
        """
        mark = today, listings.mark(session)
        has_just_missed = self._missed_at is not None and now - self._missed_at < MISSED_FOR
        if mark != self._mark and not has_just_missed:
            is_at_hand = self.at_hand(session, today, now) is not None
            self._missed_at = None if is_at_hand else now
            if is_at_hand:
                self.board(session, today, now)
                self._mark = mark
        laid = self._laid
        return laid.board if laid and len(laid.board.rows) else None

    def is_ready(self, session: Session, today: date, now: datetime) -> bool:
        """Whether the board of a day holds all that is stored, or can without fitting anything."""
        self.board_at_hand(session, today, now)
        return self._mark == (today, listings.mark(session))

    def board_then(self, session: Session, today: date, at: datetime) -> Board:
        """The board of a day as things were at a moment.

        The corpus is not read for it where `is_ready` has just said yes.
        """
        laid = self._laid
        is_of_today = laid is not None and laid.reading.until == today
        if laid is None or not is_of_today or self._mark != (today, listings.mark(session)):
            past = self.board(session, today, at)
            # Of that moment, and no board for a shard of now.
            self._laid = self._laid and replace(self._laid, reading=_Reading(today, (), at))
            return past
        last = laid.board
        fresh = self._fresh(session, last.model, today, at, self.rules.candidate_days)
        return last if fresh == laid.fresh else board.lay_out(last.model, fresh, last.scale)

    def laid_out(self, today: date) -> Board | None:
        """The board laid out last, if it is of a day or the one before it, whatever came since.

        Nothing is read, fitted or laid out for it.
        """
        laid, yesterday = self._laid, today - timedelta(days=1)
        return laid.board if laid and yesterday <= laid.reading.until <= today else None


def _reading(session: Session, until: date, now: datetime) -> _Reading:
    return _Reading(until, listings.mark(session), now)


def _scale(session: Session, model: Model, today: date) -> Scale:
    """What turns scores into fits: as feedback from before a day has taught, if it was enough."""
    usual = board.usual_scale(model)
    judged = feedback.judged(session, datetime.combine(today, time(), UTC))
    standings = calibration.standing_of([fit for fit, _ in judged], usual)
    return calibration.learn(standings.tolist(), [liked for _, liked in judged], usual)


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
