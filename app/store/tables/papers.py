"""Papers and where they were listed."""

from datetime import date as Date  # noqa: N812  (a column is called date)
from datetime import datetime

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.store.tables import base  # noqa: F401  (names the constraints)

IS_GONE, IS_OUT = text("same_as IS NOT NULL"), text("withdrawn_on IS NOT NULL")
IS_OFF = text("unlisted_on IS NOT NULL")


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
    """A work, however often and wherever it was listed. first_seen: the day it reached us.

    doi: of what was read; published_doi: of what a journal made of it. version: the latest we know
    of, 0 where it is not told. announced: the day its archive first announced it. journal and
    comment: in the archive's own words. stars: of the code, as last counted. thumbnail: for pages
    of ours only to link to; no letter loads it. withdrawn_on: the day we learned that it was taken
    back. unlisted_on: the day an operator took it off the only list that it stood on. same_as: the
    paper that it turned out to be; this row then only keeps what was printed of it, and everything
    else moved there.
    """

    __table_args__ = (
        Index("ix_paper_same_as", "same_as", sqlite_where=IS_GONE, postgresql_where=IS_GONE),
        Index(
            "ix_paper_withdrawn_on", "withdrawn_on", sqlite_where=IS_OUT, postgresql_where=IS_OUT
        ),
        Index("ix_paper_unlisted_on", "unlisted_on", sqlite_where=IS_OFF, postgresql_where=IS_OFF),
    )

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
    version: int = 0
    published_doi: str = ""
    journal: str = Field(default="", sa_column=Column(Text, nullable=False))
    comment: str = Field(default="", sa_column=Column(Text, nullable=False))
    code_url: str = ""
    project_url: str = ""
    thumbnail: str = ""
    organisation: str = ""
    keywords: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    stars: int | None = None
    announced: Date | None = None
    withdrawn_on: Date | None = None
    unlisted_on: Date | None = None
    same_as: int | None = Field(default=None, foreign_key="paper.id")


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
    """How many votes (and comments) a paper had at one moment. own: of these, our own readers'.

    noted_at: when it was taken over from what turned out to be the same paper; letters written
    before that did not know of it. None where it is the paper's own.
    """

    __tablename__ = "vote_snapshot"
    __table_args__ = (UniqueConstraint("paper_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    paper_id: int = Field(foreign_key="paper.id")
    at: datetime
    votes: int
    n_comments: int | None = None
    own: int = 0
    noted_at: datetime | None = None
