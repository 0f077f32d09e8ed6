"""A paper as a digest tells of it, and the names by which the same work is known again."""

import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

_SHORT = 200


# A harvest makes papers and their entries by the hundred thousand: a tuple takes a third of what a
# dataclass does that nothing may change.
class Paper(NamedTuple):
    """What one digest says of one paper; only the title is always there.

    title and abstract: the digest's own characters, white space folded, TeX left as it is.
    authors: in the digest's order; empty where it names none.
    url: http(s) only, else "". arxiv_id: without version ("2610.01234", "hep-ex/0307015"), or "".
    published: the day the work itself appeared, where the digest says it.
    categories: as its archive writes them ("cs.LG"), the main one first.
    version: of the preprint that was read, 0 where it is not told. doi: of what was read, and
    published_doi: of what a journal made of it; journal and comment: in the archive's own words.
    code_url, project_url and thumbnail: http(s) only, else "".
    """

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    url: str = ""
    arxiv_id: str = ""
    doi: str = ""
    published: datetime.date | None = None
    categories: tuple[str, ...] = ()
    version: int = 0
    published_doi: str = ""
    journal: str = ""
    comment: str = ""
    code_url: str = ""
    project_url: str = ""
    thumbnail: str = ""
    organisation: str = ""
    keywords: tuple[str, ...] = ()
    is_withdrawn: bool = False


class Entry(NamedTuple):
    """A paper's place in a digest. position counts from 1; votes and comments as printed there.

    stars: of its code. day: when it was listed, where the digest spans several days.
    announced: arXiv's word for why it is listed: "new", "cross", "replace", "replace-cross".
    first_seen: the day on which it reached another Paperboy, which tells of it.
    """

    paper: Paper
    position: int
    votes: int | None = None
    n_comments: int | None = None
    stars: int | None = None
    day: datetime.date | None = None
    announced: str = ""
    first_seen: datetime.date | None = None


@dataclass(frozen=True)
class UnreadLine:
    """A line of the digest that could not be placed: its number (from 1), its text and why.

    Where a digest has no lines (JSON, XML), the number of the paper in its list.
    """

    number: int
    text: str
    reason: str


@dataclass(frozen=True)
class Page:
    """Which part of a longer list a digest is. start: of its first entry, counted from 0.

    total: of the whole list, where it is told. following: by what the source wants to be asked for
    the next page (a token, a cursor), "" after the last.
    """

    start: int = 0
    total: int | None = None
    following: str = ""


@dataclass(frozen=True)
class Digest:
    """One incoming list of papers, perhaps empty: where nothing was announced, that is the news.

    layout names the format; date is None where it has none, or spans several days.
    n_left_out: papers of a kind that was not asked for (replacements); changed: what it says of
    them, for those who know them already. deleted: arXiv ids that the archive took back.
    """

    layout: str
    entries: tuple[Entry, ...]
    unread: tuple[UnreadLine, ...] = ()
    date: datetime.date | None = None
    n_left_out: int = 0
    page: Page | None = None
    changed: tuple[Paper, ...] = ()
    deleted: tuple[str, ...] = ()


def fold(text: str) -> str:
    """Fold every run of white space into one space and strip the ends."""
    # Most titles need nothing, most abstracts new line ends; splitting takes four times as long.
    if len(text) < _SHORT:
        if text.isprintable() and "  " not in text:  # so its only white space is the space
            return text.strip()
    else:
        line = text.replace("\n", " ").strip()
        # From the end, since Python looks from there twice as fast.
        if line.rfind("  ") < 0 and not _has_odd_blank(line):
            return line
    return " ".join(text.split())


def _has_odd_blank(line: str) -> bool:
    """Whether it may have what str.split takes for white space, beside the space."""
    if not line.isascii():
        return not line.isprintable()
    return (
        "\t" in line
        or "\r" in line
        or "\x0b" in line
        or "\x0c" in line
        or "\x1c" in line
        or "\x1d" in line
        or "\x1e" in line
        or "\x1f" in line
    )


def normalised_title(title: str) -> str:
    """Reduce a title to what survives retyping: NFKC, case-folded, letters, digits and signs.

    "Part II" and "Part 2" stay apart, and so do "C" and "C++": only spaces, quotes, dashes and
    the like are dropped.
    """
    text = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(re.findall(r"[\w+#]+", text))
