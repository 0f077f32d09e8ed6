"""What counted for a paper, in percent: as a line of plain text or of markup, and as it travels."""

from collections.abc import Sequence
from functools import lru_cache

from app.languages import Language
from app.mail import layout, transfer
from app.mail.kept import Kept
from app.mail.saying import ENCODED_NEXT, INDENT, NEXT, known

# By the names of what made the score, whole percents.
Shares = Sequence[tuple[str, int]]
_DOT = " · "
# No line of the HTML begins with the dot between two facts.
KEPT_DOT = "\u00a0· "
_ENCODED_DOT, _ENCODED_KEPT_DOT = transfer.piece(_DOT), transfer.piece(KEPT_DOT)
_ROOM = layout.TEXT_WIDTH - INDENT + len(_DOT)


def rich(language: Language, shares: Shares) -> str:
    """On one line, to be escaped; nothing where one thing made the score."""
    return KEPT_DOT.join(map("".join, _named(language, shares)))


def plain(language: Language, shares: Shares) -> str:
    """As many a line as there is room for, lines after the first indented."""
    told, room = "", 0
    for each in map("".join, _named(language, shares)):
        width = len(each) + len(_DOT)
        if width > room:
            told, room = f"{told}{NEXT}" if told else "", _ROOM
        else:
            told += _DOT
        told += each
        room -= width
    return told


def encoded(language: Language, shares: Shares) -> tuple[bytes, bytes]:
    """The same two, markup and plain text, as they travel."""
    if len(shares) < 2:
        return b"", b""
    markup: list[bytes] = []
    text: list[bytes] = []
    room, percents = 0, _percents(language)
    for name, n in shares:
        percent_width, of_markup, below, beside = percents[n]
        width, as_markup, as_text = _names[name]
        width += percent_width
        if width > room:
            text += below, as_text
            room = _ROOM
        else:
            text += beside, as_text
        room -= width
        markup += of_markup, as_markup
    # The first stands behind nothing.
    return b"".join(markup)[len(_ENCODED_KEPT_DOT) :], b"".join(text)[len(ENCODED_NEXT) :]


def _encoded_name(name: str) -> tuple[int, bytes, bytes]:
    """Its width, a dot's with it, and how it travels: as markup, and as text."""
    shown = _after(name)
    text, markup = transfer.piece(shown), transfer.piece(layout.escaped(shown))
    return len(shown) + len(_DOT), text if text == markup else markup, text


_names = Kept(_encoded_name, most=20_000)


# How wide a percent is; and how it travels: in markup, on a line of its own, and behind another.
_Percent = tuple[int, bytes, bytes, bytes]


@lru_cache(maxsize=100)
def _percents(language: Language) -> Kept[int, _Percent]:
    def encoded(n: int) -> _Percent:
        shown = language.percent(n)
        text = transfer.piece(shown)
        markup = _ENCODED_KEPT_DOT + transfer.piece(layout.escaped(shown))
        return len(shown), markup, ENCODED_NEXT + text, _ENCODED_DOT + text

    return Kept(encoded)


def _named(language: Language, shares: Shares) -> list[tuple[str, str]]:
    """Each percent and, after a blank, its name."""
    if len(shares) < 2:
        return []
    return [(language.percent(n), _after(name)) for name, n in shares]


def _after(name: str) -> str:
    return f" {shown}" if (shown := known(name)) else ""
