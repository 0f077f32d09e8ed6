"""What came of the letters, in numbers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import Session, col, select

from app.mail.links import Verdict
from app.recommend.calibration import Band
from app.store import tallies
from app.store.naming import PICKED
from app.store.tables import Feedback, Letter, LetterKind, OutboxEntry, Pick, State

EXPLORING, TREND = "exploration", "trend"


@dataclass
class Edition:
    """The daily letters of one date, by what became of them. skipped: how many for which reason."""

    date: date
    states: Counter[State] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Shown:
    """Picks that went out at one rank, of one kind: a band, EXPLORING, TREND or "" (not told).

    n_liked: how many of n were liked in the letter they stood in.
    """

    rank: int
    kind: str
    n: int
    n_liked: int


@dataclass
class Trial:
    """One trial: first and last edition, its letters, and those with feedback on a team's pick.

    credits: (of A, of B) a letter: a like or save is 1, a dislike -1.
    """

    name: str
    first: date
    last: date
    n_letters: int = 0
    credits: list[tuple[int, int]] = field(default_factory=list)


def editions(session: Session, limit: int) -> list[Edition]:
    """The last editions, newest first."""
    day = col(OutboxEntry.edition_date)
    daily = OutboxEntry.kind == LetterKind.DAILY
    newest = select(day).where(daily).distinct().order_by(day.desc()).limit(limit)
    known = {*session.exec(newest), *tallies.days(session, limit)}
    found = {each: Edition(each) for each in sorted(known, reverse=True)[:limit]}
    for each, state, n in tallies.of_days(session, tallies.Kind.DAILY, found):
        found[each].states[State(state)] = n
    for each, why, n in tallies.of_days(session, tallies.Kind.SKIPPED, found):
        found[each].skipped[why] = n
    among = daily, day.in_(list(found))
    states = select(day, OutboxEntry.state, func.count()).where(*among)
    for each, state, n in session.exec(states.group_by(day, col(OutboxEntry.state))):
        found[each].states[State(state)] += n
    reason = col(OutboxEntry.reason)
    skipped = select(day, reason, func.count()).where(*among, OutboxEntry.state == State.SKIPPED)
    # By reason for those skipped alone: a server's reply is another for each letter sent.
    for each, why, n in session.exec(skipped.group_by(day, reason).order_by(reason)):
        found[each].skipped[why] += n
    return list(found.values())


def feedback(session: Session, since: datetime) -> dict[Verdict, int]:
    """How often each verdict was given at a moment or later, and not taken back."""
    rows = select(Feedback.verdict, func.count()).where(col(Feedback.at) >= since)
    counts = {Verdict(word): n for word, n in session.exec(rows.group_by(col(Feedback.verdict)))}
    return {verdict: counts.get(verdict, 0) for verdict in Verdict}


def shown(session: Session, since: datetime) -> list[Shown]:
    """The picks of letters sent that were written at a moment or later, by rank and kind."""
    # A reason is JSON without blanks, in which a quote inside a text is written \": what a reader
    # typed cannot be taken for a key. Databases agree on LIKE, and not on how to read JSON.
    marks = {'"exploring":true': EXPLORING, '"trending":true': TREND}
    marks |= {f'"band":"{band}"': band.value for band in Band}
    holds = [(col(Pick.reason).contains(mark), kind) for mark, kind in marks.items()]
    kind = case(*holds, else_="").label("kind_of_pick")
    liked = and_(
        col(Feedback.letter_id) == Pick.letter_id,
        col(Feedback.paper_id) == PICKED,
        col(Feedback.verdict) == Verdict.LIKE,
    )
    rows = (
        select(Pick.rank, kind, func.count(), func.count(col(Feedback.id)))
        .join(Letter, col(Letter.id) == Pick.letter_id)
        .join(OutboxEntry, col(OutboxEntry.letter_id) == Letter.id)
        .join(Feedback, liked, isouter=True)
        .where(OutboxEntry.state == State.SENT, col(Letter.date) >= since)
    )
    by_rank = rows.group_by(col(Pick.rank), "kind_of_pick").order_by(col(Pick.rank), "kind_of_pick")
    return [Shown(*row) for row in session.exec(by_rank)]


def trials(session: Session, mark: str) -> list[Trial]:
    """Every trial that was sent, the latest first. mark: goes before its name in model_id."""
    day = col(Letter.edition_date)
    rows = select(col(Letter.model_id), func.min(day), func.max(day), func.count())
    rows = rows.join(OutboxEntry, col(OutboxEntry.letter_id) == col(Letter.id))
    rows = rows.where(*_was_sent_on_trial(mark)).group_by(col(Letter.model_id))
    found: dict[str, Trial] = {}
    for model_id, first, last, n in session.exec(rows):
        name = model_id.partition(mark)[2]
        trial = found.setdefault(name, Trial(name, first, last))
        trial.first, trial.last = min(first, trial.first), max(last, trial.last)
        trial.n_letters += n
    for model_id, credit in _credits(session, mark):
        found[model_id.partition(mark)[2]].credits.append(credit)
    return sorted(found.values(), key=lambda trial: (trial.last, trial.name), reverse=True)


def _was_sent_on_trial(mark: str) -> tuple[ColumnElement[bool], ...]:
    on_trial = col(Letter.model_id).contains(mark, autoescape=True)
    return col(OutboxEntry.state) == State.SENT, on_trial


def _credits(session: Session, mark: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield model_id and credits of each letter with feedback on a team's pick."""
    # A paper counts once, and a dislike more than a save of it.
    credit = func.min(case((col(Feedback.verdict) == Verdict.DISLIKE, -1), else_=1))
    said = and_(
        col(Feedback.letter_id) == col(Pick.letter_id),
        col(Feedback.paper_id) == PICKED,
    )
    rows = select(col(Letter.id), col(Letter.model_id), col(Pick.team), credit)
    rows = rows.join(OutboxEntry, col(OutboxEntry.letter_id) == col(Letter.id))
    rows = rows.join(Pick, col(Pick.letter_id) == col(Letter.id)).join(Feedback, said)
    rows = rows.where(*_was_sent_on_trial(mark), col(Pick.team) != "")
    rows = rows.group_by(col(Letter.id), col(Letter.model_id), col(Pick.team), col(Pick.paper_id))
    found: dict[tuple[int | None, str], Counter[str]] = {}
    for letter_id, model_id, team, counted in session.exec(rows.order_by(col(Letter.id))):
        found.setdefault((letter_id, model_id), Counter())[team] += counted
    for (_, model_id), counts in found.items():
        yield model_id, (counts["a"], counts["b"])
