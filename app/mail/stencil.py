"""A template rendered once, with holes where letters differ, and encoded for its travel.

It is rendered with marks in place of texts; then its rules of style are inlined, it is cut at the
marks, and what stands between them is encoded. So a template is read, and its layout worked out,
once a day and not once a letter, and no text by others is ever read as markup.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
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
    """names: of the texts that go into it. text: what they come to: encoded already, or one of
    short lines, to be encoded with others.
    """

    names: Set[str]
    text: Callable[[Told], str | bytes]


class Stencil:
    """A page, or part of one. pieces: encoded; after each but the last comes one of the holes."""

    def __init__(self, pieces: Sequence[bytes], holes: Sequence[_Hole]) -> None:
        self._holes = holes
        # Where each hole is among the parts, its one text, if it is one, and what it comes to.
        self._places = [
            (2 * n + 1, next(iter(hole.names)) if len(hole.names) == 1 else "", hole.text)
            for n, hole in enumerate(holes)
        ]
        self._parts = [b""] * (2 * len(holes) + 1)
        self._parts[::2] = pieces

    def settled(self, names: Set[str], told: Told) -> "Stencil":
        """The same with some texts in their places for good."""
        pieces, holes = [self._parts[0]], list[_Hole]()
        for hole, piece in zip(self._holes, self._parts[2::2], strict=True):
            if hole.names <= names:
                text = hole.text(told)
                pieces[-1] += (text if isinstance(text, bytes) else transfer.piece(text)) + piece
            else:
                holes.append(hole)
                pieces.append(piece)
        return Stencil(pieces, holes)

    def fill(self, page: "Page", told: Told) -> None:
        """Add it to a page, with the texts told in its holes; bytes are encoded already."""
        parts, start = page.parts, len(page.parts)
        parts += self._parts
        for place, name, come_to in self._places:
            text = told.get(name)
            if not isinstance(text, bytes):
                text = come_to(told)
            if isinstance(text, bytes):
                parts[start + place] = text
            else:
                page.places.append(start + place)
                page.texts.append(text)


class Page:
    """Stencils, one after the other. What they left to be encoded is encoded together: that costs
    far less.
    """

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        # The texts that are yet to be put in, and their places among the parts.
        self.texts: list[str] = []
        self.places: list[int] = []

    def encoded(self) -> bytes:
        """All of it, fit to travel."""
        if self.texts:
            for place, piece in zip(self.places, transfer.pieces(self.texts), strict=True):
                self.parts[place] = piece
        return b"".join(self.parts)


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
    """In HTML what is not Markup is escaped."""

    def text(told: Told) -> bytes:
        found: str | bytes = told[name]
        if isinstance(found, bytes):
            return found
        return transfer.piece(found if isinstance(found, Markup) else html.escape(found))

    return _Hole({name}, text)


def _plain(name: str) -> _Hole:
    def text(told: Told) -> bytes:
        found: str | bytes = told[name]
        return found if isinstance(found, bytes) else transfer.piece(found)

    return _Hole({name}, text)


def _wrapped(parts: Sequence[str], indent: int) -> _Hole:
    """parts: texts and names of texts in turn, to be wrapped together."""

    def text(told: Told) -> str | bytes:
        words = [told[part] if n % 2 else part for n, part in enumerate(parts)]
        lines, is_narrow = layout.wrap("".join(words), indent)
        return lines if is_narrow else transfer.piece(lines)

    return _Hole(set(parts[1::2]), text)
