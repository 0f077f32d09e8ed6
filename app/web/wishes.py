"""What somebody asks for on the sign-up form: a wish, and a report on the file sent with it."""

from dataclasses import dataclass

from fastapi import UploadFile
from sqlmodel import Session

from app.errors import BadValue
from app.languages import english, quoted
from app.mail import address, edition, foreign
from app.papers import references, tex
from app.papers.references import Unread
from app.pipeline.opt_in import Wish
from app.recommend.interests import Interest
from app.store import naming, papers
from app.web import forms
from app.web.forms import Reader, SignUp
from app.web.pages import Pages

MAX_LIKED = 50
# Of one file; more than these would weigh no more.
MAX_FROM_FILE = 200
# A report names so many of a kind, and counts the rest.
N_NAMED = 10


@dataclass(frozen=True)
class Report:
    """What became of a file of references. name: the file's. found: ids of stored papers.

    strange: what we do not have. unread: what could not be read. n_left: entries not looked at.
    Of the last three `n_…` says how many there are, for only the first are named.
    """

    name: str
    found: tuple[int, ...] = ()
    strange: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    n_entries: int = 0
    n_strange: int = 0
    n_unread: int = 0
    n_left: int = 0


def read(
    session: Session, typed: SignUp, most_papers: int, reader: Reader, pages: Pages
) -> tuple[Wish, Report | None]:
    """Of use only if the reader has no problem afterwards; then an address is given too.

    pages: on which it was typed; their language is that of the letters if no other is chosen.
    """
    wish, report = read_tastes(session, typed, most_papers, reader)
    wish = Wish(
        address=reader.take(lambda: _address(typed.email), ""),
        interests=wish.interests,
        liked=wish.liked,
        zone=reader.take(lambda: forms.read_zone(typed.zone), "UTC"),
        hour=reader.take(lambda: edition.parse_hour(typed.hour), 7),
        days=reader.take(lambda: forms.read_days(typed), frozenset()),
        letter_size=wish.letter_size,
        tuning=wish.tuning,
        language=reader.take(
            lambda: forms.read_language(typed.language, pages.language, pages.spoken), ""
        ),
    )
    return wish, report


def read_tastes(
    session: Session, typed: SignUp, most_papers: int, reader: Reader
) -> tuple[Wish, Report | None]:
    """Only what decides which papers come, and not to whom and when."""
    report = reader.take(lambda: _report(session, typed.file), None)
    none: tuple[int, ...] = ()
    picked = reader.take(lambda: _picked(session, typed.picked), none)
    liked = reader.take(lambda: _liked(session, typed.liked), none)
    everything = dict.fromkeys((*picked, *liked, *(report.found if report else ())))
    has_likes = bool(everything or typed.liked.strip())
    nothing: tuple[Interest, ...] = ()
    wish = Wish(
        address="",
        interests=reader.take(lambda: forms.read_interests(typed, has_likes), nothing),
        liked=tuple(everything),
        letter_size=reader.take(lambda: forms.read_size(typed, most_papers), 1),
        tuning=forms.read_tuning(typed, reader),
    )
    return wish, report


def _address(typed: str) -> str:
    if not typed.strip():
        raise BadValue("email", english("Type the address your letters shall go to."))
    if "\N{REPLACEMENT CHARACTER}" in typed:
        raise BadValue(
            "email", english("A letter of this address was lost on its way. Type it again.")
        )
    return address.normalise(typed)


def _liked(session: Session, typed: str) -> tuple[int, ...]:
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if len(lines) > MAX_LIKED:
        raise BadValue(
            "liked",
            english("Name {most} papers at most; these are {n}.", most=MAX_LIKED, n=len(lines)),
        )
    found = {line: papers.named(session, line) for line in lines}
    unknown = [quoted(line[:80]) for line, row in found.items() if row is None]
    if unknown:
        raise BadValue(
            "liked",
            english(
                "We have not seen {papers} yet. Give an arXiv id, a link or the exact title of a "
                "paper from our pages, or take the line out.",
                papers=unknown,
            ),
        )
    return tuple(dict.fromkeys(row.id for row in found.values() if row and row.id))


def ticked_ids(ticked: list[str]) -> list[int]:
    """What was ticked, without what can be no paper of ours."""
    # Other alphabets have digits, too; of some of them int() makes a number.
    return [int(each) for each in ticked if each.isascii() and each.isdigit() and len(each) < 10]


def _picked(session: Session, ticked: list[str]) -> tuple[int, ...]:
    """The papers ticked; one that is gone by now is no fault of the visitor's."""
    ids = ticked_ids(ticked)
    if len(ids) > MAX_FROM_FILE + MAX_LIKED:
        raise BadValue(
            "picked",
            english("Tick {most} papers at most; these are {n}.", most=MAX_FROM_FILE, n=len(ids)),
        )
    known = papers.by_ids(session, ids)
    return tuple(each for each in dict.fromkeys(ids) if each in known)


def _report(session: Session, file: UploadFile | None) -> Report | None:
    content = file.file.read() if file else b""
    name = foreign.tame(file.filename or "") if file else ""
    if not content and not name:
        return None
    read = references.read(content)
    rows = naming.find(session, read.entries)
    found = dict.fromkeys(row.id or 0 for row in rows if row)
    strange = [
        foreign.tame(tex.to_unicode(entry.title) or entry.arxiv_id or entry.doi)
        for entry, row in zip(read.entries, rows, strict=True)
        if row is None
    ]
    unread = [Unread(foreign.tame(each.name), each.reason) for each in read.unread]
    return Report(
        name=name[:80],
        found=tuple(found)[:MAX_FROM_FILE],
        strange=tuple(strange[:N_NAMED]),
        unread=tuple(unread[:N_NAMED]),
        n_entries=len(read.entries) + len(unread),
        n_strange=len(strange),
        n_unread=len(unread),
        n_left=read.n_left,
    )
