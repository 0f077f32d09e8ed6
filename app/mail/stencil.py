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


@lru_cache(maxsize=8)
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
    """names: of the texts that go into it."""

    names: Set[str]
    fill: Callable[[Told], bytes]


@dataclass(frozen=True)
class Stencil:
    """A page, or part of one. pieces: encoded; after each but the last comes one of the holes."""

    pieces: tuple[bytes, ...]
    holes: tuple[_Hole, ...]

    def fill(self, told: Told) -> list[bytes]:
        """The pieces with the texts told between them. In HTML what is not Markup is escaped."""
        filled = [b""] * (2 * len(self.holes) + 1)
        filled[::2] = self.pieces
        filled[1::2] = [hole.fill(told) for hole in self.holes]
        return filled

    def settled(self, names: Set[str], told: Told) -> "Stencil":
        """The same with some texts in their places for good."""
        pieces, holes = [self.pieces[0]], list[_Hole]()
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            if hole.names <= names:
                pieces[-1] += hole.fill(told) + piece
            else:
                holes.append(hole)
                pieces.append(piece)
        return Stencil(tuple(pieces), tuple(holes))


def cut_html(page: str) -> Stencil:
    """Cut a page, or part of one, at its marks."""
    parts = _MARK.split(page)
    return Stencil(tuple(map(transfer.piece, parts[::2])), tuple(map(_markup, parts[1::2])))


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
    return Stencil(tuple(map(transfer.piece, pieces)), tuple(holes))


def _markup(name: str) -> _Hole:
    def fill(told: Told) -> bytes:
        text = told[name]
        return _piece(text) if isinstance(text, Markup) else _escaped(text)

    return _Hole({name}, fill)


def _plain(name: str) -> _Hole:
    return _Hole({name}, lambda told: _piece(told[name]))


def _wrapped(parts: Sequence[str], indent: int) -> _Hole:
    """parts: texts and names of texts in turn, to be wrapped together."""

    def fill(told: Told) -> bytes:
        words = [told[part] if n % 2 else part for n, part in enumerate(parts)]
        return _paragraph("".join(words), indent)

    return _Hole(set(parts[1::2]), fill)


# Much of what fills a hole is a paper's, and comes again in the letters of others.
_piece = lru_cache(maxsize=20_000)(transfer.piece)


@lru_cache(maxsize=20_000)
def _escaped(text: str) -> bytes:
    # A URL of ours has nothing to escape, and stands in the text too.
    return _piece(html.escape(text))


@lru_cache(maxsize=20_000)
def _paragraph(words: str, indent: int) -> bytes:
    return transfer.piece(layout.wrapped(words, indent))
