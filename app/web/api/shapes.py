"""What goes in and out of the interface for programs."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.mail.links import Verdict
from app.recommend.calibration import Band
from app.recommend.tuning import EmptyDay
from app.store.tables import SubmissionState


def _storable(text: str) -> str:
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("it holds a sign that no text may hold (NUL, or half a pair)")
    return text


def _written(day: object) -> object:
    # Seconds since 1970 would count as a day, too.
    if not (isinstance(day, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII)):
        raise ValueError("a day is written like 2026-11-20")
    return day


Text = Annotated[str, AfterValidator(_storable)]
# One that is asked for.
Day = Annotated[date, BeforeValidator(_written)]


class Strict(BaseModel):
    """A request: what we do not know is a mistake, not something to pass over."""

    model_config = ConfigDict(extra="forbid")


class Paper(BaseModel):
    """A paper. Texts are plain: escape them before they become markup.

    published_doi, journal: of what a journal made of it. stars: of its code, as last counted.
    by_community: whether readers or visitors sent it in, and an operator took it up.
    """

    id: int
    title: str
    authors: list[str]
    abstract: str
    categories: list[str]
    url: str
    arxiv_id: str
    doi: str
    published: date | None
    first_seen: date
    votes: int | None
    version: int
    published_doi: str
    journal: str
    comment: str
    organisation: str
    keywords: list[str]
    code_url: str
    project_url: str
    thumbnail: str
    stars: int | None
    announced: date | None
    is_withdrawn: bool
    by_community: bool


class Papers(BaseModel):
    """A page of papers. total: how many there are on all pages."""

    total: int
    page: int
    papers: list[Paper]


class Near(BaseModel):
    """A paper like another. shares: words that both hold."""

    paper: Paper
    shares: list[str]


class Alike(BaseModel):
    """Papers like one paper, likest first."""

    papers: list[Near]


class Part(BaseModel):
    """What made a share of a score: a word, an author, a liked paper."""

    name: str
    share: float


class Pick(BaseModel):
    """A paper of a letter. shares add up to the score. band: how well it fits, in a word."""

    rank: int
    paper: Paper
    score: float
    fit: float
    band: str
    exploring: bool
    reason: str
    shares: list[Part]


class Letter(BaseModel):
    """One edition of a reader. state: what became of it. picks: empty in a list of letters."""

    id: int
    edition: date
    state: str
    n_papers: int
    picks: list[Pick] = []


class Letters(BaseModel):
    """All letters of a reader, the latest first."""

    letters: list[Letter]


class Preferences(BaseModel):
    """Everything a reader can set. interests: in the small language of the sign-up form."""

    address: str
    status: str
    interests: str
    zone: str
    hour: int
    days: list[str]
    letter_size: int
    threshold: Band
    dial: float
    exploration: str
    shares_likes: bool
    empty_day: EmptyDay
    paused_until: date | None
    next_due_at: datetime | None


class Choices(Strict):
    """What can be chosen at sign-up and later. interests: in the small language of the form."""

    interests: Text | None = Field(default=None, max_length=10_000)
    zone: Text | None = Field(default=None, max_length=100)
    hour: int | None = Field(default=None, ge=0, le=23)
    days: list[Text] | None = Field(default=None, max_length=7)
    letter_size: int | None = Field(default=None, ge=1, le=999)
    threshold: Band | None = None
    dial: float | None = Field(default=None, ge=0, le=1)
    exploration: Text | None = Field(default=None, max_length=20)
    shares_likes: bool | None = None
    empty_day: EmptyDay | None = None


class Change(Choices):
    """What a reader wants to change; what is left out stays."""

    paused_until: Day | None = None


class Subscription(Choices):
    """A sign-up; what is left out is as usual. liked: arXiv ids, links or whole titles."""

    email: Text = Field(max_length=320)
    liked: list[Annotated[Text, Field(max_length=500)]] = Field(default=[], max_length=50)


class Submission(Strict):
    """A paper that others should know of: an arXiv id, a DOI, or the address of its page."""

    paper: Text = Field(max_length=1_000)


class Received(BaseModel):
    """The answer to a submission. paper_id: of the paper, where it is here already."""

    detail: str
    paper_id: int | None


class SentIn(BaseModel):
    """What became of something a reader sent in, or voted for."""

    sent: str
    title: str
    state: SubmissionState
    at: datetime
    paper_id: int | None


class AllSentIn(BaseModel):
    """The last of them, the latest first."""

    submissions: list[SentIn]


class Noted(BaseModel):
    """The answer to every sign-up that can be read."""

    detail: str


class Consent(BaseModel):
    """What people agree to, word for word; more of it where they let their likes help others."""

    text: str
    text_with_shared_likes: str


class Opinion(BaseModel):
    """One verdict of a reader on one paper."""

    paper_id: int
    title: str
    verdict: Verdict
    at: datetime


class Opinions(BaseModel):
    """All of them, the latest first."""

    feedback: list[Opinion]


class Why(BaseModel):
    """Why a paper is, or is not, in a reader's letter of a day. rank: None where it is not."""

    paper_id: int
    title: str
    edition: date
    rank: int | None
    told: str
    reason: str
    fit: float
    band: str
    score: float
    shares: list[Part]
