"""A letter: what it says, before it is laid out.

Laying it out is a pure function of the facts given here: the same letter has the same bytes
tomorrow. All text is taken for hostile; `app.mail.wording` tames and cuts it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import ClassVar

from app.mail import excerpt, foreign
from app.papers import tex
from app.papers.paper import Paper
from app.recommend.voice import Lines, Point

MAX_TEXT = 300
# TeX is longer than what it prints, but no text needs more than this to fill its place.
MAX_TEX = 4 * excerpt.LIMIT


@dataclass(frozen=True)
class PaperView:
    """What every letter says of a paper; made by `show`. All but the title may be empty.

    organisation: whose authors wrote it. code_url: of its code.
    """

    title: str
    authors: tuple[str, ...] = ()
    url: str = ""
    host: str = ""
    excerpt: str = ""
    organisation: str = ""
    code_url: str = ""

    @cached_property
    def _hash(self) -> int:
        return hash((self.title, self.authors, self.url, self.host, self.excerpt))

    def __hash__(self) -> int:
        """Worked out once: each letter asks for what is kept by its papers."""
        return self._hash


# Not frozen, though nothing changes them, as a frozen one takes four times as long to make.
@dataclass(slots=True)
class PickView:
    """A paper in one subscriber's letter. rank: under which its links ask for feedback.

    points: why it is there, sentence by sentence.
    band: how well it fits, a `recommend.calibration.Band`, or "". exploring: picked to learn from.
    shares: what made the score, in percent. terms, names: what to set in bold, in any form, in the
    excerpt and among the authors. by_community: whether people sent the paper in.
    """

    paper: PaperView
    rank: int
    points: Sequence[Point] = ()
    votes: int | None = None
    band: str = ""
    exploring: bool = False
    shares: Sequence[tuple[str, int]] = ()
    terms: Lines = ""
    names: Lines = ""
    by_community: bool = False


@dataclass(slots=True)  # not frozen, see PickView
class Daily:
    """The day's letter. n_candidates: the new papers weighed for it.

    wider_days: how far back they were looked for, where the usual days brought none; else 0.
    note: what else is to be said of the day, in a sentence, "" where nothing is.
    why: one sentence on why its reader gets it. postal: the operator's address, one line.
    contact: the operator's mail address. trap_url: for link scanners, in the HTML alone.
    feedback_url: what all links for feedback begin with, see `links.verdict`; "": there are none.
    """

    kind: ClassVar[str] = "daily"

    edition: date
    picks: tuple[PickView, ...]
    n_candidates: int
    preferences_url: str
    pause_url: str
    unsubscribe_url: str
    browser_url: str
    why: str
    feedback_url: str = ""
    note: str = ""
    wider_days: int = 0
    trap_url: str = ""
    postal: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Confirm:
    """Asks a new subscriber for a yes. words: those of sign-up, in quotes; expires: a moment, in
    words.
    """

    kind: ClassVar[str] = "confirm"

    confirm_url: str
    words: str
    expires: str
    why: str
    postal: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Notice:
    """A bare letter that its reader asked for. kind: the folder of its templates.

    url: where its one button leads, "" for none; expires: a moment in words, or "".
    """

    kind: str
    why: str
    url: str = ""
    expires: str = ""
    postal: str = ""
    contact: str = ""


Letter = Daily | Confirm | Notice


@dataclass(frozen=True)
class Rendered:
    """A letter to be looked at."""

    subject: str
    preheader: str
    html: str
    text: str


@dataclass(slots=True)  # not frozen, see PickView
class Quoted:
    """A letter ready for its message. html, text: in quoted-printable.

    n_left_out: picks dropped to keep it short.
    """

    subject: str
    html: bytes
    text: bytes
    n_left_out: int = 0


def show(paper: Paper) -> PaperView:
    """Turn a paper's TeX into Unicode and its abstract into an excerpt.

    By far the dearest part of a letter, and the same for all readers: call it once a paper.
    """
    return PaperView(
        title=excerpt.cut(_plain(paper.title), MAX_TEXT),
        authors=tuple(_plain(author) for author in paper.authors),
        url=foreign.href(paper.url),
        host=foreign.host(paper.url),
        excerpt=excerpt.opening(_plain(paper.abstract)),
        organisation=_plain(paper.organisation),
        code_url=foreign.href(paper.code_url),
    )


def _plain(text: str) -> str:
    return foreign.tame(tex.to_unicode(excerpt.cut(foreign.tame(text), MAX_TEX)))
