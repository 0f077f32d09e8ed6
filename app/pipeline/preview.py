"""A letter to look at: the very code of the day, and nothing recorded."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from app.languages import ENGLISH, Language
from app.mail import foreign
from app.mail import letter as letters_mail
from app.mail.letter import PaperView, Rendered
from app.pipeline import compose, drafts, due, rank, readers, reading, tidings, trial
from app.pipeline.compose import Envelope
from app.pipeline.models import Models
from app.pipeline.opt_in import Wish
from app.pipeline.reading import Contents
from app.recommend import hints, picks, points
from app.recommend.board import Board
from app.recommend.hints import Unknown
from app.recommend.interests import Interest
from app.recommend.voice import to_reader
from app.store import letters, opinions, papers, subscribers
from app.store.tables import Letter, Subscriber

# The interests last looked up: while somebody types, all but the last one stay the same.
N_REMEMBERED = 2_000


@dataclass(frozen=True)
class Glimpse:
    """One paper that a letter would bring. band, reason: as there; see recommend.explain."""

    paper_id: int
    paper: PaperView
    reason: str
    band: str
    exploring: bool


@dataclass(frozen=True)
class Outlook:
    """What a wish would have brought today. n_new: of how many papers. unknown: see hints."""

    picks: tuple[Glimpse, ...]
    n_new: int
    unknown: tuple[Unknown, ...]


def letter_for(
    session: Session, desk: rank.Desk, each: due.Due, today: date, now: datetime
) -> Rendered | None:
    """The letter one subscriber got, or would get, of an edition; None if none.

    today: the day whose new papers count, as `rank.rank_edition` takes it. A letter already
    stored is shown as it went out, whatever has changed since.
    """
    found = _facts(session, desk, each, today, now)
    return compose.page(desk.head, *found) if found else None


def mail_for(
    session: Session, desk: rank.Desk, each: due.Due, today: date, now: datetime, to: str
) -> Envelope | None:
    """The same letter as a message to another address, to see what arrives; None if none."""
    found = _facts(session, desk, each, today, now)
    return compose.on_trial(desk.head, *found, to, now) if found else None


def _facts(
    session: Session, desk: rank.Desk, each: due.Due, today: date, now: datetime
) -> tuple[Letter, Contents | None] | None:
    subscriber, day = each.subscriber, each.edition
    row = letters.of_edition(session, subscriber.id or 0, day)
    if row is not None:
        return row, reading.of(session, [row]).get(row.id or 0)
    (made,) = rank.ranked(session, desk, [each], today, now)
    if not rank.is_letter(made, subscriber):
        return None
    subscriber_id, news = subscriber.id or 0, tidings.at(session, now)
    typed = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, ())
    draft = Letter(**drafts.facts(desk.head, subscriber, typed, day, now, "", made, news))
    return draft, reading.of(session, [draft])[0]


def of_wish(
    session: Session,
    models: Models,
    board: Board,
    wish: Wish,
    now: datetime,
    today: date,
    language: Language = ENGLISH,
) -> Outlook:
    """What somebody who is no subscriber yet would have got today, and why.

    The very picks of the day, but for the paper to learn from: whether that comes "now and then"
    depends on who it is, so only who wants it in every letter sees it.
    """
    person = Subscriber(address="", letter_size=wish.letter_size, created_at=now)
    subscribers.tune(person, wish.tuning)
    person.exploration = float(person.exploration == 1)
    likes = opinions.Opinion(liked=list(wish.liked), liked_at=dict.fromkeys(wish.liked, now))
    asking = readers.asking(person, wish.interests, likes, set(), today, now)
    found = trial.rank(board, [asking], models.rules.trial, [trial.seed(0, today)])[0]
    chosen = [pick for pick, _ in found]
    titles = reading.titles_named(session, [pick.reason for pick in chosen])
    rows = papers.by_ids(session, [pick.paper_id for pick in chosen])
    return Outlook(
        picks=tuple(
            Glimpse(
                paper_id=pick.paper_id,
                paper=letters_mail.show(papers.told(rows[pick.paper_id])),
                reason=foreign.tame(points.sentence(pick.reason, titles, to_reader(language))),
                band=pick.reason.band,
                exploring=pick.reason.exploring,
            )
            for pick in chosen
        ),
        n_new=picks.count_new(board, asking),
        unknown=tuple(_unknown(board, wish.interests)),
    )


_remembered: dict[tuple[str, Interest], Unknown | None] = {}


def _unknown(board: Board, typed: tuple[Interest, ...]) -> list[Unknown]:
    if len(_remembered) > N_REMEMBERED:
        _remembered.clear()
    for each in typed:
        key = board.model.id, each
        if key not in _remembered:
            _remembered[key] = next(iter(hints.unknown(board.model, [each])), None)
    found = (_remembered.get((board.model.id, each)) for each in typed)
    return [each for each in found if each is not None]
