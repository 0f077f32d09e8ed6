"""A template rendered once, with holes where letters differ, and encoded for its travel.

It is rendered with marks in place of texts; then its rules of style are inlined, it is cut at the
marks, and what stands between them is encoded. So a template is read, and its layout worked out,
once a day and not once a letter, and no text by others is ever read as markup.
"""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from app.mail import layout, transfer

# Where a page is to be cut in two.
SEAM = "\ue002"
# Signs that no template of ours uses. Texts by others may, but are never looked through for them.
_OPEN, _CLOSE = "\ue000", "\ue001"
_WRAP, _WORDS, _END_WRAP = "\ue003", "\ue004", "\ue005"
_MARK = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
# By its name, what a template is told: text to print; anything else is only looked at.
Told = Mapping[str, Any]
_WRAPPED = re.compile(f"{_WRAP}([0-9]+){_WORDS}(.*?){_END_WRAP}", re.DOTALL)


def mark(name: str) -> Markup:
    """What a template is given in place of a text."""
    return Markup(f"{_OPEN}{name}{_CLOSE}")  # noqa: S704  (names are ours)


@lru_cache(maxsize=50)
def drafting(templates: Environment) -> Environment:
    """The same templates, fit to be filled in with marks."""
    made = templates.overlay()
    made.filters = templates.filters | {"wrapped": _wrapped_later}
    return made


def _wrapped_later(text: str, indent: int = 0) -> str:
    """Lines can be wrapped only when their words are known."""
    if _OPEN not in text:
        return layout.wrapped(text, indent)
    return f"{_WRAP}{indent}{_WORDS}{text}{_END_WRAP}"


@dataclass(frozen=True)
class _Hole:
    """names: of the texts that go into it. text: what they come to, encoded."""

    names: Set[str]
    text: Callable[[Told], bytes]


class Stencil:
    """A page, or part of one. pieces: encoded; after each but the last comes one of the holes."""

    def __init__(self, pieces: Sequence[bytes], holes: Sequence[_Hole]) -> None:
        self._holes, self._texts = holes, [hole.text for hole in holes]
        self._parts = [b""] * (2 * len(holes) + 1)
        self._parts[::2] = pieces

    def settled(self, names: Set[str], told: Told) -> "Stencil":
        """The same with some texts in their places for good."""
        pieces, holes = [self._parts[0]], list[_Hole]()
        for hole, piece in zip(self._holes, self._parts[2::2], strict=True):
            if hole.names <= names:
                pieces[-1] += hole.text(told) + piece
            else:
                holes.append(hole)
                pieces.append(piece)
        return Stencil(pieces, holes)

    def filled(self, told: Told) -> list[bytes]:
        """Its parts, with the texts told in its holes, as they are."""
        parts = self._parts.copy()
        parts[1::2] = [text(told) for text in self._texts]
        return parts

    def said(self, name: str, told: Told) -> bytes:
        """What stands in the hole of this text; b"" where there is none."""
        return next((hole.text(told) for hole in self._holes if name in hole.names), b"")

    def framed(self, names: Sequence[str]) -> "Frame":
        """The same for texts that come encoded, one for each hole, and always in this order."""
        taken = [
            next(place for place, name in enumerate(names) if name in hole.names)
            for hole in self._holes
        ]
        return Frame(self._parts[::2], taken)


class Frame:
    """A part of a page. taken: which of the texts told comes after each piece but the last."""

    def __init__(self, pieces: Sequence[bytes], taken: Sequence[int]) -> None:
        self._pieces = tuple(pieces)
        self._taken = taken
        self._take: Callable[[tuple[bytes, ...]], tuple[bytes, ...]] | None = None

    def filled(self, told: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Its parts, with the texts told in its holes."""
        take = self._take or self._taking(len(told))
        return take(told + self._pieces)

    def _taking(self, n: int) -> Callable[[tuple[bytes, ...]], tuple[bytes, ...]]:
        """What takes texts and pieces in turn, of both in one, the `n` texts first."""
        places = [n]
        for number, place in enumerate(self._taken, start=n + 1):
            places += place, number
        # Of a single place, itemgetter takes what stands there without a tuple around it.
        self._take = itemgetter(*places) if len(places) > 1 else itemgetter(slice(n, None))
        return self._take


def cut_html(page: str) -> Stencil:
    """Cut a page, or part of one, at its marks."""
    parts = _MARK.split(page)
    return Stencil([transfer.piece(part) for part in parts[::2]], list(map(_markup, parts[1::2])))


def cut_text(page: str) -> Stencil:
    """The same for a text."""
    pieces, holes = [""], list[_Hole]()
    # In threes: what stands before a paragraph to be wrapped, its indent, its words.
    parts = [*_WRAPPED.split(page), "", ""]
    for before, indent, words in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        first, *rest = _MARK.split(before)
        pieces[-1] += first
        holes += map(_plain, rest[::2])
        pieces += rest[1::2]
        if words:
            holes.append(_wrapped(_MARK.split(words), int(indent)))
            pieces.append("")
    return Stencil([transfer.piece(piece) for piece in pieces], holes)


def _markup(name: str) -> _Hole:
    encode = _encoder(name)
    return _Hole({name}, lambda told: encode(layout.escaped(told[name])))


def _plain(name: str) -> _Hole:
    encode = _encoder(name)
    return _Hole({name}, lambda told: encode(told[name]))


def _encoder(name: str) -> Callable[[str], bytes]:
    if name.endswith("url"):
        return _link
    return _common if name in _COMMON else transfer.piece


# What the letters of many readers say alike.
_COMMON = {"subject", "preheader", "summary", "note"}
_common = lru_cache(maxsize=4_000)(transfer.piece)
# A letter's text has the links of its HTML.
_link = lru_cache(maxsize=20)(transfer.piece)


def _wrapped(parts: Sequence[str], indent: int) -> _Hole:
    """parts: texts and names of texts in turn, to be wrapped together."""

    def text(told: Told) -> bytes:
        words = [told[part] if n % 2 else part for n, part in enumerate(parts)]
        return transfer.piece(layout.wrapped("".join(words), indent))

    return _Hole(set(parts[1::2]), text)
