"""Subscribers, and what they told us."""

from datetime import date as Date  # noqa: N812  (a column is called date)
from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.store.tables.base import MANY, NEVER_REUSED, word


class Status(StrEnum):
    """Of a subscriber: PENDING until the mailed link was used (double opt-in)."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class Subscriber(SQLModel, table=True):
    """Somebody who asked for letters.

    address: normalised, the only copy of it. days: "mon,tue,…". next_due_at: indexed, so that
    "who is due?" costs as much as the answer is long; None while nothing is due.
    version: raising it makes the preference links mailed so far void.
    threshold: the least band of a pick, see recommend.calibration. dial: from 0, "for me", to 1,
    "what everyone reads". exploration: the share of letters with a paper to learn from.
    shares_likes: whether their likes may teach, in sum with those of others, what goes together.
    empty_day: a recommend.tuning.EmptyDay.
    language: the code of the one they want, "" while they chose none: pages then go by the browser.
    n_folded: how many daily letters they got that are no longer kept.
    """

    __table_args__ = NEVER_REUSED

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(unique=True)
    status: Status = Field(default=Status.PENDING, sa_type=word(Status))
    zone: str = "UTC"
    hour: int = 7
    days: str = "mon,tue,wed,thu,fri,sat,sun"
    paused_until: Date | None = None
    next_due_at: datetime | None = Field(default=None, index=True)
    letter_size: int = 10
    version: int = 1
    threshold: str = "good"
    dial: float = 0.0
    exploration: float = 0.2
    shares_likes: bool = False
    empty_day: str = "no letter"
    language: str = ""
    n_folded: int = 0
    created_at: datetime
    confirmed_at: datetime | None = None


class Interest(SQLModel, table=True):
    """What a subscriber typed; see recommend.interests for kind, negative and weight."""

    __table_args__ = (UniqueConstraint("subscriber_id", "kind", "text"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id")
    text: str
    kind: str
    negative: bool = False
    weight: float = 1.0


class Feedback(SQLModel, table=True):
    """A reader's word on a paper; a later like takes the place of a dislike, a save stands beside.

    letter_id: of the letter it was clicked in, which may be folded since; None where it was given
    at sign-up.
    """

    __table_args__ = (UniqueConstraint("subscriber_id", "paper_id", "verdict"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id")
    paper_id: int = Field(foreign_key="paper.id", index=True)
    verdict: str
    letter_id: int | None = Field(default=None, sa_type=MANY)
    at: datetime
