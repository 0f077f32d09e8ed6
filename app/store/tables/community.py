"""What people send in themselves: papers that wait for an operator's nod, and votes for them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel

from app.store.tables.base import word


class SubmissionState(StrEnum):
    """What became of a submission.

    SENT: nobody has looked yet which paper it is. FOUND: it waits for the operator. UNKNOWN: no
    paper was found there. KNOWN: that paper was stored already.
    """

    SENT = "sent"
    FOUND = "found"
    UNKNOWN = "unknown"
    KNOWN = "known"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Submission(SQLModel, table=True):
    """A paper that people ask for, however many of them.

    name: what it is asked for by ("arxiv:…", "doi:…", "url:…"). sent: as the first of them typed
    it. n_visitors: how many asked for it without a link of their own. next_at: when to look it up,
    None once that is over. tries: how often that went wrong. says: what came of it, in a sentence.
    told: the paper as it was found, see store.submissions. paper_id: the stored one.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    sent: str = Field(sa_column=Column(Text, nullable=False))
    state: SubmissionState = Field(
        default=SubmissionState.SENT, sa_type=word(SubmissionState), index=True
    )
    at: datetime
    n_visitors: int = 0
    next_at: datetime | None = Field(default=None, index=True)
    tries: int = 0
    says: str = Field(default="", sa_column=Column(Text, nullable=False))
    told: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    paper_id: int | None = Field(default=None, foreign_key="paper.id", index=True)
    decided_at: datetime | None = None


class Support(SQLModel, table=True):
    """A reader's vote for a submission, and for the paper that it becomes."""

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id", primary_key=True, index=True)
    at: datetime
