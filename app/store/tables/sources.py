"""Where digests come from: how each source fares, day by day, and when whom may be asked."""

from datetime import date as Date  # noqa: N812  (as in the other tables)
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel

from app.store.tables.base import word


class SourceState(StrEnum):
    """What a source's answer for a day was.

    EMPTY: nothing was announced. STALE: an earlier batch again. THROTTLED: it wants to be left
    alone. FAILED: no answer, or an error. UNREADABLE: an answer, but no list of papers.
    """

    FRESH = "fresh"
    EMPTY = "empty"
    STALE = "stale"
    THROTTLED = "throttled"
    FAILED = "failed"
    UNREADABLE = "unreadable"


class Source(SQLModel, table=True):
    """Where digests come from: a service, a feed, a folder, or files named on the command line.

    name: as in PAPERBOY_SOURCES. next_at: not to be asked before. failures: in a row. state and
    says: of its last answer, asked for at asked_at. good_at: when it last answered as it should.
    batch: what names the papers of the last new list, that of batch_day. url: of the page that
    etag and modified are of.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    next_at: datetime | None = None
    failures: int = 0
    state: SourceState | None = Field(default=None, sa_type=word(SourceState))
    says: str = Field(default="", sa_column=Column(Text, nullable=False))
    asked_at: datetime | None = None
    good_at: datetime | None = None
    batch: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    batch_day: Date | None = None
    url: str = Field(default="", sa_column=Column(Text, nullable=False))
    etag: str = ""
    modified: str = ""


class ChosenSource(SQLModel, table=True):
    """A source that the operator named on their pages, beside those of PAPERBOY_SOURCES.

    name: as it would stand there. paused: not to be asked until further notice.
    """

    __tablename__ = "chosen_source"

    name: str = Field(primary_key=True)
    paused: bool = False
    at: datetime


class SourceDay(SQLModel, table=True):
    """What a source had for one day of its calendar, as far as we know by now.

    n_entries and n_new: of the day's list, where there was one. n_asked: how often we asked.
    """

    __tablename__ = "source_day"

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    day: Date = Field(primary_key=True)
    state: SourceState = Field(sa_type=word(SourceState))
    says: str = Field(default="", sa_column=Column(Text, nullable=False))
    n_entries: int = 0
    n_new: int = 0
    n_asked: int = 0
    asked_at: datetime


class Host(SQLModel, table=True):
    """A host that is asked, by all machines together one question at a time.

    free_at: when the next may begin. holder: whose question is under way, until held_until at most.
    """

    name: str = Field(primary_key=True)
    free_at: datetime
    held_until: datetime
    holder: str = ""
