"""The sentences of a reason in a letter: as plain text, as markup, and as they travel.

What stands in their places comes again in the letters of others, so each sentence is made of
clauses with no more than one place: as they travel, they are tamed, escaped and encoded once, and a
letter's own sentence is only put together.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from markupsafe import Markup

from app.languages import QUOTED
from app.mail import excerpt, foreign, layout, transfer
from app.mail.kept import Kept
from app.mail.letter import MAX_TEXT
from app.recommend import voice as voices
from app.recommend.voice import MOULDS, Lines, Mould, Place, Point, Voice

# Of the text under a paper's title.
INDENT = 3
NEXT = f"\n{' ' * INDENT}"
ENCODED_NEXT = transfer.piece(NEXT)
_BLANK = transfer.piece(" ")
_PLACE = re.compile("{([a-z]+)}")
# Where a clause ends between two places: best before a bracket, else behind a sign.
_ENDS = [re.compile(end) for end in (r" (?=\()", r"(?<=[,:;–]) ", " ", "$")]


def line(text: str, limit: int = MAX_TEXT) -> str:
    """A text by others as one line, not too long."""
    return excerpt.cut(foreign.tame(text), limit)


# Words and names come again and again.
known = lru_cache(maxsize=20_000)(line)


def plain(voice: Voice, points: Sequence[Point], lead: str = "") -> str:
    """As plain text behind a lead, each clause on lines of its own."""
    leads = [lead, *[""] * len(points)]
    return NEXT.join(
        [
            clause.plain(texts)
            for point, before in zip(points, leads, strict=False)
            for clause in _clauses(voice, point[0], before)
            for texts in [point[clause.place]]
        ]
    )


def rich(voice: Voice, points: Sequence[Point]) -> Markup:
    """As markup, what the reader asked for in bold."""
    said = [
        clause.rich(texts)
        for point in points
        for clause in _clauses(voice, point[0], "")
        for texts in [point[clause.place]]
    ]
    return Markup(" ".join(said))  # noqa: S704  (escaped, each part of it)


class Speaker:
    """Says points as they travel. lead: stands before them in plain text."""

    def __init__(self, voice: Voice, lead: str = "") -> None:
        self._first, self._next = _sentences(voice, lead), _sentences(voice, "")

    def say(self, points: Sequence[Point]) -> tuple[bytes, bytes]:
        """As markup and as plain text."""
        markup: list[bytes] = []
        text: list[bytes] = []
        known = self._first
        for point in points:
            for clause, place in known[point[0]]:
                each = clause[point[place]]
                markup.append(each[0])
                text.append(each[1])
            known = self._next
        return _BLANK.join(markup), ENCODED_NEXT.join(text)


speaker = lru_cache(maxsize=100)(Speaker)


# How each clause travels, by the texts in its place, and where in a point they are.
_Encoded = list[tuple[Kept[Lines, tuple[bytes, bytes]], int]]


# What comes second is the same behind every lead.
@lru_cache(maxsize=100)
def _sentences(voice: Voice, lead: str) -> Kept[str, _Encoded]:
    def encoded(code: str) -> _Encoded:
        return [(Kept(_encoder(each)), each.place) for each in _clauses(voice, code, lead)]

    return Kept(encoded)


class _Clause:
    """A part of a sentence, with one place or none. lead: see `plain`.

    place: where in a point its texts are; without any at its code, which is not said.
    """

    def __init__(self, voice: Voice, mould: Mould, text: str, lead: str) -> None:
        found = _PLACE.search(text)
        self._voice, self._lead = voice, lead
        self._before, self._after = (
            (text[: found.start()], text[found.end() :]) if found else (text, "")
        )
        names = [place.name for place in mould.places]
        self.place = names.index(found[1]) + 1 if found else 0
        self._place = mould.places[self.place - 1] if found else Place("")

    def _texts(self, lines: Lines) -> list[str]:
        return list(map(known, voices.texts_of(lines))) if self.place else []

    def plain(self, lines: Lines) -> str:
        """On as many lines as it takes, those after the first indented."""
        shown = voices.written(self._voice, self._place, self._texts(lines))
        return layout.wrapped(f"{self._lead}{self._before}{shown}{self._after}", INDENT)

    def rich(self, lines: Lines) -> str:
        """As markup."""
        before, after = layout.escaped(self._before), layout.escaped(self._after)
        return f"{before}{_listed(self._voice, self._place, self._texts(lines))}{after}"


def _listed(voice: Voice, place: Place, texts: Sequence[str]) -> str:
    shown = list(map(layout.escaped, texts))
    if place.is_wanted:
        shown = [f"<strong>{each}</strong>" if each else "" for each in shown]
    if place.is_quoted:
        pairs = zip(texts, shown, strict=True)
        shown = [voice.say(QUOTED, text=each) if " " in text else each for text, each in pairs]
    return voice.language.listed(shown)


@lru_cache(maxsize=500)
def _clauses(voice: Voice, code: str, lead: str) -> list[_Clause]:
    """Those of a sentence in somebody's language. code: of its mould."""
    mould = MOULDS[code]
    text = voice.template(mould.text)
    places = list(_PLACE.finditer(text))
    starts, ends = [0], list[int]()
    for one, other in itertools.pairwise(places):
        between = text[one.end() : other.start()]
        found = next(found for end in _ENDS if (found := end.search(between)))
        ends.append(one.end() + found.start())
        starts.append(one.end() + found.end())
    return [
        _Clause(voice, mould, text[start:end], "" if start else lead)
        for start, end in zip(starts, [*ends, len(text)], strict=True)
    ]


def _encoder(clause: _Clause) -> Callable[[Lines], tuple[bytes, bytes]]:
    return lambda lines: (transfer.piece(clause.rich(lines)), transfer.piece(clause.plain(lines)))
