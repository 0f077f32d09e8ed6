"""PAPERBOY_SOURCES taken apart: which sources there are, as the operator names them.

The operator's page takes them by the same names, but for what is on this machine or needs its
passwords: whoever stole into the page would read the one and be handed the other.

hf-daily, arxiv:cs.LG+stat.ML, biorxiv:neuroscience, feed:https://blog.example.org/rss, folder:/in
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.errors import AppError, BadValue, NotAllowed, NotReady
from app.languages import Sentence, english, roughly
from app.mail import foreign
from app.wire import addresses, mailbox
from app.wire.mailbox import Place

SETTING = "PAPERBOY_SOURCES"
HOW_ON_WEB = (
    "hf-daily, arxiv:cs.LG+stat.ML, arxiv-oai:cs.LG, biorxiv:neuroscience, medrxiv:oncology, "
    "feed:https://…"
)
HOW = f"{HOW_ON_WEB}, imaps://user@host/INBOX, maildir:/path or folder:/path"
LONGEST = 1_000
EMPTY = english("Name a source: {how}.", how=HOW_ON_WEB)
TOO_LONG = english("That is longer than {longest} characters. Please shorten it.", longest=LONGEST)
NOT_HERE = english(
    "Folders and mailboxes can only be named in PAPERBOY_SOURCES, not on a page: it would open "
    "this machine’s files, and hand its password on, to whoever gets into the page."
)
# https://arxiv.org/category_taxonomy: those that have classes, and those that have none.
PARTED = frozenset(
    {"astro-ph", "cond-mat", "cs", "econ", "eess", "math", "nlin", "physics"}
    | {"q-bio", "q-fin", "stat"}
)
WHOLE = frozenset(
    {"gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nucl-ex", "nucl-th", "quant-ph"}
)
# Their classes are words: "cond-mat.mes-hall", and not "cs.LG".
WORDY = frozenset({"cond-mat", "physics"})


class Kind(StrEnum):
    """What stands before the colon."""

    HF = "hf-daily"
    ARXIV = "arxiv"
    OAI = "arxiv-oai"
    BIORXIV = "biorxiv"
    MEDRXIV = "medrxiv"
    FEED = "feed"
    FOLDER = "folder"
    MAILDIR = "maildir"
    IMAP = "imap"
    IMAPS = "imaps"


# Lists that show, whenever they are asked for, what came of late: no day has one of its own.
ROLLING = frozenset({Kind.FEED, Kind.OAI})
MAIL = frozenset({Kind.MAILDIR, Kind.IMAP, Kind.IMAPS})


@dataclass(frozen=True)
class Listed:
    """One source. argument: what stands behind the colon, as its kind writes it."""

    kind: Kind
    argument: str = ""

    @property
    def name(self) -> str:
        """As PAPERBOY_SOURCES would name it; it is known by this name in the database."""
        return f"{self.kind}:{self.argument}" if self.argument else str(self.kind)

    @property
    def is_web(self) -> bool:
        """Whether it is asked over the web."""
        return self.kind not in {Kind.FOLDER, *MAIL}


def parse(setting: str, data_dir: Path) -> list[Listed]:
    """The sources that are named, each once; DATA_DIR/digests, if any, where none is.

    Parted by commas or lines; a comma inside an address is written %2C. Raises AppError, naming
    the part that cannot be read.
    """
    found = [_read(part, _in_setting) for part in _parts(setting)]
    usual = data_dir / "digests"
    if not found and usual.exists():
        return [Listed(Kind.FOLDER, str(usual))]
    return list(dict.fromkeys(found))


def typed(text: str) -> list[Listed]:
    """Those that are named on a page, each once. Raises BadValue, field "source"."""
    if len(text) > LONGEST:
        raise BadValue("source", TOO_LONG)
    parts = [each for each in map(foreign.tame, _parts(text)) if each]
    if not parts:
        raise BadValue("source", EMPTY)
    # Before they are looked into: what is no page's business may hold a password.
    if any(part.partition(":")[0].lower() in {Kind.FOLDER, *MAIL} for part in parts):
        raise BadValue("source", NOT_HERE)
    return list(dict.fromkeys(_read(part, _on_page) for part in parts))


def called(text: str) -> list[Listed]:
    """Those that are named on the command line. Raises AppError."""
    return [_read(part, _in_command) for part in _parts(text)]


def kept(names: Iterable[str]) -> Iterator[Listed | AppError]:
    """What the database has of those; an error for one that this version cannot read."""
    for name in names:
        try:
            yield from typed(name)
        except AppError as e:
            yield e


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]


def _in_setting(part: str, why: Sentence) -> AppError:
    return AppError(f"{SETTING} names “{part}”, {why}.")


def _in_command(part: str, why: Sentence) -> AppError:
    return AppError(f"You named “{part}”, {why}.")


def _on_page(part: str, why: Sentence) -> AppError:
    return BadValue("source", english("You named “{part}”, {why}.", part=part, why=why))


def _read(part: str, refuse: Callable[[str, Sentence], AppError]) -> Listed:
    kind, _, argument = part.partition(":")
    try:
        known = Kind(kind.lower())
    except ValueError as e:
        how = HOW_ON_WEB if refuse is _on_page else HOW
        raise refuse(part, english("which we cannot read; give {how}", how=how)) from e
    try:
        listed = Listed(known, _ARGUMENTS[known](argument.strip()))
        if known in MAIL:
            mailbox.check(Place(listed.name, setting=SETTING))
        return listed
    except NotReady as e:
        # Not the part itself: it may hold a password, where it does not belong.
        names = "You named" if refuse is _in_command else f"{SETTING} names"
        raise AppError(f"{names} a mailbox that cannot be used; {mailbox.HOW}.") from e
    except _But as e:
        raise refuse(part, e.why) from e


class _But(Exception):
    """What stands behind the colon cannot be used."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(why)
        self.why = why


def _nothing(argument: str) -> str:
    if argument:
        raise _But(english("but nothing may follow hf-daily"))
    return ""


def _archives(argument: str) -> str:
    names = [each.strip() for each in argument.split("+")]
    for name in names:
        archive, _, rest = name.partition(".")
        if archive.lower() not in PARTED | WHOLE or not re.fullmatch(r"[A-Za-z-]*", rest):
            raise _But(
                english(
                    "but “{name}” is no category of arXiv; write it like cs.LG+stat.ML", name=name
                )
            )
    return "+".join(dict.fromkeys(map(_spelt, names)))


def _spelt(category: str) -> str:
    archive, dot, part = category.lower().partition(".")
    return f"{archive}{dot}{part if archive in WORDY else part.upper()}"


def _one_archive(argument: str) -> str:
    if "+" in argument:
        raise _But(
            english("but its lists come one by one; write arxiv-oai:cs.LG, arxiv-oai:stat.ML")
        )
    return _archives(argument)


def _subject(argument: str) -> str:
    # As its pages' addresses have it ("cell-biology") or as its answers have it ("cell biology").
    subject = re.sub(r"[\s_-]+", " ", argument.lower()).strip()
    if not re.fullmatch(r"[a-z ]*", subject):
        raise _But(english("but no such subject can be; write it like biorxiv:cell-biology"))
    return subject.replace(" ", "-")


def _address(argument: str) -> str:
    try:
        addresses.place_of(argument)
    except NotAllowed as e:
        otherwise = english("but that is no address to be fetched; write it like feed:https://…")
        why = roughly(f"but {str(e).rstrip('.')}; write it like feed:https://…", otherwise)
        raise _But(why) from e
    return argument


def _folder(argument: str) -> str:
    if not argument:
        raise _But(english("but no folder; write it like folder:/path"))
    return argument


_ARGUMENTS: dict[Kind, Callable[[str], str]] = {
    Kind.HF: _nothing,
    Kind.ARXIV: _archives,
    Kind.OAI: _one_archive,
    Kind.BIORXIV: _subject,
    Kind.MEDRXIV: _subject,
    Kind.FEED: _address,
    Kind.FOLDER: _folder,
    Kind.MAILDIR: str,
    Kind.IMAP: str,
    Kind.IMAPS: str,
}
