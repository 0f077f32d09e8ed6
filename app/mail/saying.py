"""The sentences of a reason in a letter: as plain text, as markup, and as they travel.

What stands in their places comes again in the letters of others, and so do the sentences around it:
each is tamed, escaped and encoded once, and a letter's own sentence is only put together.
"""

from collections.abc import Sequence
from functools import lru_cache
from string import Formatter

from markupsafe import Markup

from app.languages import QUOTED
from app.mail import excerpt, foreign, layout, transfer
from app.mail.letter import MAX_TEXT
from app.recommend import voice as voices
from app.recommend.voice import Fact, Point, Voice

_BLANK = transfer.piece(" ")
# Of the text under a paper's title.
INDENT = 3
_NEXT = f"\n{' ' * INDENT}"
_ENCODED_NEXT = transfer.piece(_NEXT)
_DOT, _ENCODED_DOT = " · ", transfer.piece(" · ")


def line(text: str, limit: int = MAX_TEXT) -> str:
    """A text by others as one line, not too long."""
    return excerpt.cut(foreign.tame(text), limit)


# Words and names come again and again.
known = lru_cache(maxsize=20_000)(line)


def plain(voice: Voice, points: Sequence[Point], lead: str = "") -> str:
    """As plain text behind a lead, each sentence on lines of its own."""
    leads = [lead, *[""] * len(points)]
    return _NEXT.join(map(_lines, [voice] * len(points), points, leads))


def encoded_plain(voice: Voice, points: Sequence[Point], lead: str) -> bytes:
    """The same as it travels."""
    if len(points) == 1:
        return _encoded_lines(voice, points[0], lead)
    first, *others = points
    said = [_encoded_lines(voice, point, "") for point in others]
    return _ENCODED_NEXT.join([_encoded_lines(voice, first, lead), *said])


def rows(shares: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Of percents and names, as many a line of the text as there is room for."""
    rows, room = list[list[tuple[str, str]]](), 0
    for each in shares:
        width = len(each[0]) + len(each[1]) + len(_DOT)
        if width > room:
            rows.append([])
            room = layout.TEXT_WIDTH - INDENT + len(_DOT)
        rows[-1].append(each)
        room -= width
    return rows


def plain_shares(shares: Sequence[tuple[str, str]]) -> str:
    """As plain text."""
    return _NEXT.join([_DOT.join(map("".join, row)) for row in rows(shares)])


def encoded_shares(shares: Sequence[tuple[str, str]]) -> bytes:
    """The same as it travels."""
    lines = [
        _ENCODED_DOT.join([_encoded_text(percent) + _encoded_text(name) for percent, name in row])
        for row in rows(shares)
    ]
    return _ENCODED_NEXT.join(lines)


_encoded_text = lru_cache(maxsize=20_000)(transfer.piece)


def rich(voice: Voice, points: Sequence[Point]) -> Markup:
    """As markup, what the reader asked for in bold."""
    said = [
        layout.escaped(voice.template(point.text)).format(
            **{each.place: _rich(voice, each) for each in point.facts}
        )
        for point in points
    ]
    return Markup(" ".join(said))  # noqa: S704  (escaped, each part of it)


def encoded(voice: Voice, points: Sequence[Point]) -> bytes:
    """The same as it travels."""
    said = [
        _mould(voice, point.text)
        % {each.place.encode(): _encoded(voice, each) for each in point.facts}
        for point in points
    ]
    return _BLANK.join(said)


def _lines(voice: Voice, point: Point, lead: str) -> str:
    said = voice.say(point.text, **{each.place: _plain(voice, each) for each in point.facts})
    return layout.wrapped(lead + said, INDENT)


@lru_cache(maxsize=20_000)
def _encoded_lines(voice: Voice, point: Point, lead: str) -> bytes:
    return transfer.piece(_lines(voice, point, lead))


@lru_cache(maxsize=20_000)
def _plain(voice: Voice, fact: Fact) -> str:
    return voices.written(voice, fact._replace(texts=tuple(map(known, fact.texts))))


def _rich(voice: Voice, fact: Fact) -> str:
    texts = list(map(known, fact.texts))
    shown = list(map(layout.escaped, texts))
    if fact.is_wanted:
        shown = [f"<strong>{each}</strong>" if each else "" for each in shown]
    if fact.is_quoted:
        pairs = zip(texts, shown, strict=True)
        shown = [voice.say(QUOTED, text=each) if " " in text else each for text, each in pairs]
    return voice.language.listed(shown)


@lru_cache(maxsize=20_000)
def _encoded(voice: Voice, fact: Fact) -> bytes:
    return transfer.piece(_rich(voice, fact))


@lru_cache(maxsize=200)
def _mould(voice: Voice, text: str) -> bytes:
    """A sentence with its places left open."""
    mould = b""
    for before, place, *_ in Formatter().parse(layout.escaped(voice.template(text))):
        mould += transfer.piece(before).replace(b"%", b"%%")
        mould += f"%({place})b".encode() if place else b""
    return mould
