"""A paper as a digest tells of it, and the names by which the same work is known again."""

import datetime
import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """What one digest says of one paper; only the title is always there.

    title and abstract: the digest's own characters, white space folded, TeX left as it is.
    authors: in the digest's order; empty where it names none.
    url: http(s) only, else "". arxiv_id: without version ("2610.01234", "hep-ex/0307015"), or "".
    published: the day the work itself appeared, where the digest says it.
    categories: as its archive writes them ("cs.LG"), the main one first.
    """

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    url: str = ""
    arxiv_id: str = ""
    doi: str = ""
    published: datetime.date | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A paper's place in a digest. position counts from 1; votes and comments as printed there."""

    paper: Paper
    position: int
    votes: int | None = None
    n_comments: int | None = None


@dataclass(frozen=True)
class UnreadLine:
    """A line of the digest that could not be placed: its number (from 1), its text and why."""

    number: int
    text: str
    reason: str


@dataclass(frozen=True)
class Digest:
    """One incoming list of papers. layout names the format; date is None where it has none."""

    layout: str
    entries: tuple[Entry, ...]
    unread: tuple[UnreadLine, ...] = ()
    date: datetime.date | None = None


def fold(text: str) -> str:
    """Fold every run of white space into one space and strip the ends."""
    return " ".join(text.split())


def normalised_title(title: str) -> str:
    """Reduce a title to what survives retyping: NFKC, case-folded, letters, digits and signs.

    "Part II" and "Part 2" stay apart, and so do "C" and "C++": only spaces, quotes, dashes and
    the like are dropped.
    """
    text = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(re.findall(r"[\w+#]+", text))
