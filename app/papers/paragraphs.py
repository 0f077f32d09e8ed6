"""Lines in order → titles and abstracts, by shape, with their taking turns as the prior.

The best reading of the whole text is found by dynamic programming over the places where a
paragraph may end (Viterbi on a semi-Markov chain), so one odd line does not shift all the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from app.papers import shape, wrapping
from app.papers.lines import Line
from app.papers.shape import Shape
from app.papers.wrapping import SURE, Wrapping


class Kind(StrEnum):
    TITLE = "title"
    ABSTRACT = "abstract"
    STRAY = "stray"
    GUEST = "stray between a title and its abstract"


@dataclass(frozen=True)
class Paragraph:
    kind: Kind
    lines: tuple[Line, ...]
    text: str


class _Piece(NamedTuple):
    """Lines that no paragraph ends between; break_before: see Wrapping.break_score."""

    lines: tuple[Line, ...]
    shape: Shape
    break_before: float


class _Step(NamedTuple):
    """The best reading of the pieces so far that ends in one kind of paragraph."""

    score: float
    begin: int
    before: Kind | None


# What it costs (below 0) or earns that one kind follows another; None: the text's start.
_NEXT: dict[Kind | None, dict[Kind, float]] = {
    None: {Kind.TITLE: 0.0, Kind.ABSTRACT: -5.0, Kind.STRAY: 0.0},
    Kind.TITLE: {Kind.TITLE: -6.0, Kind.ABSTRACT: 4.0, Kind.GUEST: 0.0},
    Kind.ABSTRACT: {Kind.TITLE: 1.0, Kind.ABSTRACT: -6.0, Kind.STRAY: 0.0},
    Kind.STRAY: {Kind.TITLE: 0.0, Kind.ABSTRACT: -6.0, Kind.STRAY: 0.0},
    Kind.GUEST: {Kind.TITLE: -6.0, Kind.ABSTRACT: 2.0},
}
# Characters, and pieces, in a paragraph of several pieces: lines are longer than a number.
_LONGEST, _MOST = 4000, 100


def read(lines: Sequence[Line], wrap: Wrapping) -> list[Paragraph]:
    """Cut the lines into titles, abstracts and what looks like neither; every line is in one."""
    pieces = list(_pieces(lines, wrap))
    best: list[dict[Kind | None, _Step]] = [{None: _Step(0.0, 0, None)}]
    for end in range(1, len(pieces) + 1):
        best.append(_best_ending(pieces, best, end))
    return _trace(pieces, best, wrap)


def _pieces(lines: Sequence[Line], wrap: Wrapping) -> Iterator[_Piece]:
    run: list[Line] = list(lines[:1])
    score = SURE
    for before, after in pairwise(lines):
        next_score = wrap.break_score(before, after)
        if next_score > -SURE:
            yield _Piece(tuple(run), shape.measure(wrapping.join(run, wrap)), score)
            run, score = [], next_score
        run.append(after)
    if run:
        yield _Piece(tuple(run), shape.measure(wrapping.join(run, wrap)), score)


def _best_ending(
    pieces: Sequence[_Piece], best: Sequence[dict[Kind | None, _Step]], end: int
) -> dict[Kind | None, _Step]:
    found: dict[Kind | None, _Step] = {}
    for begin, whole, joined in _paragraphs_ending(pieces, end):
        split = pieces[begin].break_before
        base = joined + (split if split < SURE else 0.0) / 2
        for kind, own in _kinds(whole, n_pieces=end - begin):
            for before, step in best[begin].items():
                follows = _NEXT[before].get(kind)
                if follows is None:
                    continue
                score = step.score + base + own + follows
                if kind not in found or score > found[kind].score:
                    found[kind] = _Step(score, begin, before)
    return found


def _paragraphs_ending(pieces: Sequence[_Piece], end: int) -> Iterator[tuple[int, Shape, float]]:
    """Every paragraph that may end before piece `end`: its begin, shape, and cost of joining."""
    begin, whole, joined = end - 1, pieces[end - 1].shape, 0.0
    yield begin, whole, joined
    first = max(0, end - _MOST)
    while begin > first and pieces[begin].break_before < SURE and whole.n_chars < _LONGEST:
        joined -= pieces[begin].break_before / 2
        begin -= 1
        whole = shape.add(pieces[begin].shape, whole)
        yield begin, whole, joined


def _kinds(whole: Shape, n_pieces: int) -> Iterator[tuple[Kind, float]]:
    if whole.n_chars <= 2 * shape.TITLE_LIMIT:
        yield Kind.TITLE, shape.title(whole)
    yield Kind.ABSTRACT, shape.abstract(whole)
    if n_pieces == 1:
        yield Kind.STRAY, -10.0
        if whole.n_chars < 80:
            yield Kind.GUEST, -10.0


def _trace(
    pieces: Sequence[_Piece], best: Sequence[dict[Kind | None, _Step]], wrap: Wrapping
) -> list[Paragraph]:
    found: list[Paragraph] = []
    end = len(pieces)
    last = best[end]
    # A title or a guest as the very last has no abstract: as costly as two titles in a row.
    kind = max(last, key=lambda k: last[k].score - 6.0 * (k in (Kind.TITLE, Kind.GUEST)))
    while end > 0 and kind is not None:
        step = best[end][kind]
        lines = tuple(line for piece in pieces[step.begin : end] for line in piece.lines)
        found.append(Paragraph(kind, lines, wrapping.join(lines, wrap)))
        end, kind = step.begin, step.before
    return found[::-1]
