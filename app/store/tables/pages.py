"""What pages keep: taps in letters, consents, permits, and what operators did."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from app.store.tables.base import MANY, word


class Means(StrEnum):
    """How a tap came: a BUTTON somebody pressed, the page's SCRIPT, or the link nobody sees."""

    BUTTON = "button"
    SCRIPT = "script"
    TRAP = "trap"


class Tap(SQLModel, table=True):
    """One POST from a letter's link, kept until it is known whether a person or a scanner made it.

    paper_id, verdict: None and "" for the trap. before: the verdicts that stood; see store.taps.
    trusted: the browser vouched for a press or touch. network, agent: whence, as a /24 or /48 and
    as a short hash of the browser's name. void: why it does not count, "" while it does.
    settled: the run after it has looked at it.
    """

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letter.id", index=True, sa_type=MANY)
    paper_id: int | None = Field(default=None, foreign_key="paper.id")
    verdict: str = ""
    before: str = ""
    means: Means = Field(sa_type=word(Means))
    trusted: bool = False
    network: str = ""
    agent: str = ""
    at: datetime
    void: str = ""
    settled: bool = Field(default=False, index=True)


class Consent(SQLModel, table=True):
    """That a person asked for letters, and what they were told: kept to be shown to them.

    text: word for word what the form said. form_url: where. network: "" where it is not kept.
    message_id: of the letter that asked for confirmation. confirmed_at: None until it was given.
    """

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True)
    text: str = Field(sa_column=Column(Text, nullable=False))
    form_url: str
    network: str = ""
    asked_at: datetime
    message_id: str = Field(default="", index=True)
    confirmed_at: datetime | None = None


class Permit(SQLModel, table=True):
    """One act that a limit let pass. name: of the limit and of whom it holds, without a secret."""

    __table_args__ = (Index("ix_permit_name_at", "name", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str
    at: datetime = Field(index=True)


class Deed(SQLModel, table=True):
    """What an operator did on the pages. who: their network. subject: what it was done to."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    who: str
    action: str
    subject: str = ""
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))
