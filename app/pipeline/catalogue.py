"""PAPERBOY_SOURCES taken apart: which sources there are, as the operator names them.

hf-daily, arxiv:cs.LG+stat.ML, biorxiv:neuroscience, feed:https://blog.example.org/rss, folder:/in
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.errors import AppError, NotAllowed, NotReady
from app.wire import addresses, mailbox
from app.wire.mailbox import Place

SETTING = "PAPERBOY_SOURCES"
HOW = (
    "hf-daily, arxiv:cs.LG+stat.ML, biorxiv:neuroscience, medrxiv:oncology, feed:https://…, "
    "imaps://user@host/INBOX, maildir:/path or folder:/path"
)
# https://arxiv.org/category_taxonomy: those that have classes, and those that have none.
PARTED = frozenset(
    {"astro-ph", "cond-mat", "cs", "econ", "eess", "math", "nlin", "physics"}
    | {"q-bio", "q-fin", "stat"}
)
WHOLE = frozenset(
    {"gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nucl-ex", "nucl-th", "quant-ph"}
)


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
    parts = [part.strip() for part in re.split(r"[,\n]", setting)]
    found = [_read(part) for part in parts if part]
    usual = data_dir / "digests"
    if not found and usual.exists():
        return [Listed(Kind.FOLDER, str(usual))]
    return list(dict.fromkeys(found))


def _read(part: str) -> Listed:
    kind, _, argument = part.partition(":")
    try:
        known = Kind(kind.lower())
        listed = Listed(known, _ARGUMENTS[known](argument.strip()))
        if known in MAIL:
            mailbox.check(Place(listed.name, setting=SETTING))
        return listed
    except NotReady as e:
        # Not the part itself: it may hold a password, where it does not belong.
        raise AppError(f"{SETTING} names a mailbox that cannot be used; {mailbox.HOW}.") from e
    except ValueError as e:
        is_known = kind.lower() in set(Kind)
        why = f"{e}" if is_known else f"which we cannot read; give {HOW}"
        raise AppError(f"{SETTING} names “{part}”, {why}.") from e


def _nothing(argument: str) -> str:
    if argument:
        raise ValueError("but nothing may follow hf-daily")
    return ""


def _archives(argument: str) -> str:
    names = [name.strip() for name in argument.split("+")]
    for name in names:
        archive, _, rest = name.partition(".")
        if archive.lower() not in PARTED | WHOLE or not re.fullmatch(r"[A-Za-z-]*", rest):
            raise ValueError(f"but “{name}” is no category of arXiv; write it like cs.LG+stat.ML")
    return "+".join(dict.fromkeys(names))


def _one_archive(argument: str) -> str:
    if "+" in argument:
        raise ValueError("but its lists come one by one; write arxiv-oai:cs.LG, arxiv-oai:stat.ML")
    return _archives(argument)


def _subject(argument: str) -> str:
    # As its pages' addresses have it ("cell-biology") or as its answers have it ("cell biology").
    subject = re.sub(r"[\s_-]+", " ", argument.lower()).strip()
    if not re.fullmatch(r"[a-z ]*", subject):
        raise ValueError("but no such subject can be; write it like biorxiv:cell-biology")
    return subject.replace(" ", "-")


def _address(argument: str) -> str:
    try:
        addresses.place_of(argument)
    except NotAllowed as e:
        raise ValueError(f"but {str(e).rstrip('.')}; write it like feed:https://…") from e
    return argument


def _folder(argument: str) -> str:
    if not argument:
        raise ValueError("but no folder; write it like folder:/path")
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
