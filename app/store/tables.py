"""The tables. Datetimes are aware and UTC, on every database; `day` columns are plain dates.

Names in the first line of each class's docstring are those of the design's word list.
"""

from datetime import date as Date  # noqa: N812  (a column is called date)
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, Enum, Index, MetaData, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

# Without names of our own, SQLite cannot drop a constraint later.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


class Status(StrEnum):
    """Of a subscriber: PENDING until the mailed link was used (double opt-in)."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class LetterKind(StrEnum):
    """Which template a letter uses; also part of its Message-ID."""

    DAILY = "daily"
    CONFIRM = "confirm"


class State(StrEnum):
    """Of an outbox entry.

    READY → CLAIMED → IN_DATA → SENT, or FAILED for good, or DEFERRED until `due_at` and then
    claimed anew. IN_DATA is stored before the first byte of the message leaves: whoever finds it
    after a crash knows that this one letter is in doubt. SKIPPED and SUPPRESSED were never mailed.
    """

    READY = "ready"
    CLAIMED = "claimed"
    IN_DATA = "in_data"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    SKIPPED = "skipped"
    SUPPRESSED = "suppressed"


def _word(kind: type[StrEnum]) -> Enum:
    """A column that holds the enum's value as plain text: readable, and the same everywhere."""
    values = [member.value for member in kind]
    return Enum(kind, native_enum=False, length=20, values_callable=lambda _: values)


# Ids of these are in links that outlive the row: a number must never be given out again.
NEVER_REUSED = {"sqlite_autoincrement": True}


class Source(SQLModel, table=True):
    """Where digests come from: a folder, or files named on the command line."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class Digest(SQLModel, table=True):
    """One incoming list of papers.

    name: of the file. fingerprint: sha256 of its papers in order, without votes. votes_seen: one
    short hash per reading with other votes, so that reading an old copy again adds no snapshot.
    """

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    name: str
    fingerprint: str = Field(unique=True)
    layout: str
    date: Date | None = None
    read_at: datetime
    n_unread: int = 0
    votes_seen: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class Paper(SQLModel, table=True):
    """A work, however often and wherever it was listed. first_seen: the day it reached us."""

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(sa_column=Column(Text, nullable=False))
    abstract: str = Field(default="", sa_column=Column(Text, nullable=False))
    authors: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    categories: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    url: str = ""
    arxiv_id: str = ""
    doi: str = ""
    published: Date | None = None
    first_seen: Date = Field(index=True)


class PaperName(SQLModel, table=True):
    """A name a paper is known by ("arxiv:…", "doi:…", "title:…"); each belongs to one paper."""

    __tablename__ = "paper_name"

    name: str = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)


class Entry(SQLModel, table=True):
    """A paper's place in a digest. position: from 1."""

    __table_args__ = (UniqueConstraint("digest_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    digest_id: int = Field(foreign_key="digest.id")
    paper_id: int = Field(foreign_key="paper.id", index=True)
    position: int


class VoteSnapshot(SQLModel, table=True):
    """How many votes (and comments) a paper had at one moment."""

    __tablename__ = "vote_snapshot"
    __table_args__ = (UniqueConstraint("paper_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    paper_id: int = Field(foreign_key="paper.id")
    at: datetime
    votes: int
    n_comments: int | None = None


class Subscriber(SQLModel, table=True):
    """Somebody who asked for letters.

    address: normalised, the only copy of it. days: "mon,tue,…". next_due_at: indexed, so that
    "who is due?" costs as much as the answer is long; None while nothing is due.
    version: raising it makes the preference links mailed so far void.
    threshold: the least band of a pick, see recommend.calibration. dial: from 0, "for me", to 1,
    "what everyone reads". exploration: the share of letters with a paper to learn from.
    shares_likes: whether their likes may teach, in sum with those of others, what goes together.
    """

    __table_args__ = NEVER_REUSED

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(unique=True)
    status: Status = Field(default=Status.PENDING, sa_type=_word(Status))
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

    letter_id: the letter it was clicked in; None where it was given at sign-up.
    """

    __table_args__ = (UniqueConstraint("subscriber_id", "paper_id", "verdict"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id")
    paper_id: int = Field(foreign_key="paper.id", index=True)
    verdict: str
    letter_id: int | None = Field(default=None, foreign_key="letter.id")
    at: datetime


class Letter(SQLModel, table=True):
    """One subscriber's copy of one edition, as facts: rendering them gives the same bytes again.

    date: the Date header. model_id: which ranking model chose the picks. why: the sentence that
    says why this person gets it; in a letter of confirmation, the words they typed. version: that
    of the subscriber's preference link. recipient: where it went; a later change of address does
    not alter a letter on its way.
    """

    __table_args__ = (UniqueConstraint("subscriber_id", "kind", "edition_date"), NEVER_REUSED)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id")
    kind: LetterKind = Field(sa_type=_word(LetterKind))
    edition_date: Date
    recipient: str
    message_id: str = Field(unique=True)
    date: datetime
    model_id: str = ""
    n_candidates: int = 0
    why: str = ""
    version: int = 1


class Pick(SQLModel, table=True):
    """A paper chosen for a letter. reason: its shares as JSON, see recommend.explain.

    team: while two settings of the ranking are compared, which of them chose it, "a" or "b".
    """

    letter_id: int = Field(foreign_key="letter.id", primary_key=True)
    rank: int = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)
    score: float
    reason: str = Field(sa_column=Column(Text, nullable=False))
    team: str = ""


class OutboxEntry(SQLModel, table=True):
    """What became, or is to become, of one subscriber's edition; the unique row decides.

    doubtful: how often a sender vanished between "in_data" and the server's last reply.
    reason: why it was skipped, or what the server said.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "kind", "edition_date"),
        Index("ix_outbox_state_due_at", "state", "due_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id")
    kind: LetterKind = Field(sa_type=_word(LetterKind))
    edition_date: Date
    letter_id: int | None = Field(default=None, foreign_key="letter.id", unique=True)
    state: State = Field(default=State.READY, sa_type=_word(State))
    due_at: datetime
    first_due_at: datetime
    attempts: int = 0
    doubtful: int = 0
    claimed_at: datetime | None = None
    settled_at: datetime | None = None
    code: int | None = None
    reason: str = ""


class Suppression(SQLModel, table=True):
    """An address never to mail again, and why."""

    address: str = Field(primary_key=True)
    reason: str
    since: datetime
