"""Letters, their picks, and what became of them."""

from datetime import date as Date  # noqa: N812  (a column is called date)
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.store.tables.base import MANY, NEVER_REUSED, word

ANY_DOUBT = text("doubtful > 0")


class LetterKind(StrEnum):
    """Which template a letter uses; also part of its Message-ID.

    LINK brings the link to one's own page, MOVE asks a new address, MOVED tells the old one, ERASE
    asks before everything is deleted.
    """

    DAILY = "daily"
    CONFIRM = "confirm"
    LINK = "link"
    MOVE = "move"
    MOVED = "moved"
    ERASE = "erase"


class State(StrEnum):
    """Of an outbox entry.

    READY → CLAIMED → IN_DATA → SENT, or FAILED for good, or DEFERRED until `due_at` and then
    claimed anew. IN_DATA is stored before the first byte of the message leaves: whoever finds it
    after a crash knows that this one letter is in doubt. IN_DOUBT is one that waits for the
    operator's word. SKIPPED and SUPPRESSED were never mailed.
    """

    READY = "ready"
    CLAIMED = "claimed"
    IN_DATA = "in_data"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    SKIPPED = "skipped"
    SUPPRESSED = "suppressed"


class Letter(SQLModel, table=True):
    """One subscriber's copy of one edition, as facts: rendering them gives the same bytes again.

    date: the Date header. model_id: which ranking model chose the picks. why: the sentence that
    says why this person gets it; in a letter of confirmation, the words they typed. version: that
    of the subscriber's preference link. recipient: where it went; a later change of address does
    not alter a letter on its way. wider_days: how many days its papers were looked for in, where
    the usual ones brought none; else 0. language: the code of the one it is in, "" for English.
    news: a sentence on what no source brought that day, and why, "" where nothing is missing.
    told: what it says of its picks, see recommend.telling; "" in those that are older than that.
    """

    __table_args__ = (UniqueConstraint("subscriber_id", "kind", "edition_date"), NEVER_REUSED)

    id: int | None = Field(default=None, primary_key=True, sa_type=MANY)
    subscriber_id: int = Field(foreign_key="subscriber.id")
    kind: LetterKind = Field(sa_type=word(LetterKind))
    edition_date: Date
    recipient: str
    message_id: str = Field(unique=True)
    date: datetime
    model_id: str = ""
    n_candidates: int = 0
    why: str = ""
    version: int = 1
    wider_days: int = 0
    language: str = ""
    news: str = Field(default="", sa_column=Column(Text, nullable=False))
    told: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))


class Pick(SQLModel, table=True):
    """A paper chosen for a letter. reason: its shares as JSON, see recommend.explain.

    team: while two settings of the ranking are compared, which of them chose it, "a" or "b".
    by_community: whether the letter says that people sent it in.
    printed_id: what the letter says of it, where it was another paper's row before the two turned
    out to be one; None: it says what `paper_id` does.
    """

    letter_id: int = Field(foreign_key="letter.id", primary_key=True, sa_type=MANY)
    rank: int = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)
    score: float
    reason: str = Field(sa_column=Column(Text, nullable=False))
    team: str = ""
    by_community: bool = False
    printed_id: int | None = None  # a paper's, too; with a key, joins would not know which is meant


class OutboxEntry(SQLModel, table=True):
    """What became, or is to become, of one subscriber's edition; the unique row decides.

    doubtful: how often a sender vanished between "in_data" and the server's last reply.
    reason: why it was skipped, or what the server said. holder: who claimed it last: the task of a
    worker, or "" for a process that sends without the queue.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "kind", "edition_date"),
        Index("ix_outbox_state_due_at", "state", "due_at"),
        # Only of those few in which it is not zero: every scrape of the metrics asks for their sum.
        Index("ix_outbox_doubtful", "doubtful", sqlite_where=ANY_DOUBT, postgresql_where=ANY_DOUBT),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=MANY)
    subscriber_id: int = Field(foreign_key="subscriber.id")
    kind: LetterKind = Field(sa_type=word(LetterKind))
    edition_date: Date
    letter_id: int | None = Field(default=None, foreign_key="letter.id", unique=True, sa_type=MANY)
    state: State = Field(default=State.READY, sa_type=word(State))
    due_at: datetime
    first_due_at: datetime
    attempts: int = 0
    doubtful: int = 0
    claimed_at: datetime | None = None
    holder: str = ""
    settled_at: datetime | None = None
    code: int | None = None
    reason: str = ""


class Tally(SQLModel, table=True):
    """How many letters or votes of an edition there were that are no longer kept.

    kind and name: what is counted, see store.folding.
    """

    day: Date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    n: int
