"""What sending learned: bounces, suppressions, and what holds it back."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from app.store.tables.base import MANY, word


class BounceKind(StrEnum):
    """HARD: the address is of no use. SOFT: it may be again. COMPLAINT: its owner said "spam".

    SENDER: the server refused us, and would have refused whatever we sent.
    """

    HARD = "hard"
    SOFT = "soft"
    SENDER = "sender"
    COMPLAINT = "complaint"


class Suppression(SQLModel, table=True):
    """An address never to mail again, and why."""

    address: str = Field(primary_key=True)
    reason: str
    since: datetime


class Bounce(SQLModel, table=True):
    """One report that a letter did not arrive, or was not wanted.

    letter_id: of a letter that may be folded since. code: RFC 3463, "5.1.1", or "". said: the
    server's words. report: what names the report, so that the same one read twice counts once.
    """

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True)
    letter_id: int | None = Field(default=None, index=True, sa_type=MANY)
    kind: BounceKind = Field(sa_type=word(BounceKind))
    code: str = ""
    said: str = ""
    report: str = Field(unique=True)
    at: datetime = Field(index=True)


class Brake(SQLModel, table=True):
    """Why sending is held, while it is. name: what holds it.

    until: when it lets go by itself; None until somebody lifts it.
    """

    name: str = Field(primary_key=True)
    reason: str
    since: datetime
    until: datetime | None = None


class Allowance(SQLModel, table=True):
    """How many letters may still go now to a domain, or in all (""); it refills with time."""

    domain: str = Field(primary_key=True)
    tokens: float
    at: datetime


class Heartbeat(SQLModel, table=True):
    """When a part of the service was last at work, such as the scheduler."""

    name: str = Field(primary_key=True)
    at: datetime
