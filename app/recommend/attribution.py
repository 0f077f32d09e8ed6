"""Scores told apart: what each interest and each liked or disliked paper added to one."""

import functools
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.recommend import overlap, scoring, words
from app.recommend.asking import TEXT
from app.recommend.board import Board
from app.recommend.explain import LikedShare, Reason, Share
from app.recommend.interests import Interest
from app.recommend.overlap import Name, Pair, Said, Sum
from app.recommend.profile import Profiles
from app.recommend.scoring import Scored, Told

NAMED = 3  # liked papers, and disliked ones; what all others add is summed up
DECIMALS = 9
# People told of at once: what their papers have in common is multiplied once for all of them.
TOGETHER = 100

Rows: TypeAlias = NDArray[np.int64]
Part: TypeAlias = Said | None


class _Outline(NamedTuple):
    """One reason before its words are found, and the row of the paper it is for.

    terms: interest, share, the part of it found, and the name of the sum of papers that stands for
    it where no part is. liked, disliked: rows of papers and their shares.
    """

    row: int
    terms: Sequence[tuple[Interest, float, Part, Name]]
    liked: Sequence[tuple[int, float]]
    disliked: Sequence[tuple[int, float]]
    rest: float
    readers: float

    def pairs(self) -> Iterator[Pair]:
        """Every pair whose common words the reason will say."""
        for other, _ in (*self.liked, *self.disliked):
            yield (other,), self.row
        for _, _, part, name in self.terms:
            if part is None:
                yield name, self.row


def reasons(board: Board, profiles: Profiles, person: int, rows: Rows) -> list[Reason]:
    """Tell one person's scores apart, for papers given as rows of the model."""
    return _reasons(board, profiles, person, [rows])[0]


def of_shard(board: Board, profiles: Profiles, rows: Sequence[Rows]) -> list[list[Reason]]:
    """Tell everybody's scores apart, each for papers of their own, given as rows of the model."""
    told: list[list[Reason]] = []
    for start in range(0, len(rows), TOGETHER):
        told += _reasons(board, profiles, start, rows[start : start + TOGETHER])
    return told


def _reasons(
    board: Board, profiles: Profiles, first: int, rows: Sequence[Rows]
) -> list[list[Reason]]:
    people = slice(first, first + len(rows))
    shared = scoring.share(board.model, profiles, people, np.concatenate(rows))
    letters: list[list[_Outline]] = []
    sums: dict[Name, Sum] = {}
    wanted: list[Pair] = []
    for person, some in enumerate(rows, start=first):
        told = scoring.tell(board.model, profiles, person, some, shared)
        outlines = _outlines(board, person, told, some.tolist())
        pairs = [pair for each in outlines for pair in each.pairs()]
        sums |= _sums(told, {name for name, _ in pairs})
        wanted += pairs
        letters.append(outlines)
    said = overlap.words(board, sums, wanted)
    return [[_reason(board, each, said) for each in outlines] for outlines in letters]


def _outlines(board: Board, person: int, told: Told, rows: Sequence[int]) -> list[_Outline]:
    is_liked = told.is_liked[:, None]
    liked = _largest(told, np.where(is_liked, told.shown, 0.0))
    disliked = _largest(told, np.where(is_liked, 0.0, -told.shown))
    named = [sum(share for _, share in (*a, *b)) for a, b in zip(liked, disliked, strict=True)]
    rest = _rounded(told.shown.sum(axis=0) - named)
    terms = _terms(board, person, told, rows)
    return [
        _Outline(*each)
        for each in zip(rows, terms, liked, disliked, rest, _rounded(told.readers), strict=True)
    ]


def _largest(told: Told, sizes: Scored) -> list[list[tuple[int, float]]]:
    """For each paper, the rows and shares of what is largest above 0, NAMED at most."""
    order = np.argsort(-np.round(sizes, DECIMALS), axis=0, kind="stable")[:NAMED]
    is_some = (np.take_along_axis(sizes, order, axis=0) > 0).T.tolist()
    rows = told.rows[order].T.tolist()
    shares = _rounded(np.take_along_axis(told.shown, order, axis=0))
    return [
        [(row, share) for row, share, some in zip(*each, strict=True) if some]
        for each in zip(rows, shares, is_some, strict=True)
    ]


def _terms(
    board: Board, person: int, told: Told, rows: Sequence[int]
) -> list[list[tuple[Interest, float, Part, Name]]]:
    sought = [_sought(board, interest) for interest in told.interests]
    echoes = set(told.echoes.tolist())
    terms = []
    for row, shares in zip(rows, _rounded(told.asked), strict=True):
        held = board.columns(row)
        itself = (row,) if row in echoes else ()
        terms.append(
            [
                (told.interests[k], share, _part(sought[k], held), (person, k, *itself))
                for k, share in enumerate(shares)
                if share
            ]
        )
    return terms


# An interest's columns, of its whole and of each word by itself; None where no paper has them.
_Sought: TypeAlias = tuple[Set[int] | None, Sequence[tuple[str, Set[int] | None]]]
_FACET: _Sought = (frozenset(), ())


def _sought(board: Board, interest: Interest) -> _Sought:
    if interest.kind not in TEXT:
        return _FACET
    whole, parts = _spoken(interest.text)
    return board.find(whole), [(word, board.find(terms)) for word, terms in parts]


@functools.lru_cache(maxsize=20_000)
def _spoken(typed: str) -> tuple[Said, tuple[tuple[str, Said], ...]]:
    """The terms of what was typed, and of each of its words."""
    parted = dict.fromkeys(word for sentence in words.sentences(typed) for word in sentence)
    return tuple(words.phrase(typed)), tuple((each, tuple(words.phrase(each))) for each in parted)


def _part(sought: _Sought, held: Set[int]) -> Part:
    """Return the typed words that a paper holds; () when it holds them all, as they stand.

    None when it holds not one of them.
    """
    whole, parts = sought
    if whole is not None and whole <= held:
        return ()
    return tuple(word for word, terms in parts if terms is not None and terms <= held) or None


def _sums(told: Told, names: Set[Name]) -> dict[Name, Sum]:
    """A paper stands for itself; for an interest the papers that speak of it most.

    Such a name has the person and the place of the interest, and the row of a paper to leave out.
    """
    echoes, weights = told.echoes.tolist(), told.weight.tolist()
    sums: dict[Name, Sum] = {}
    for name in names:
        if len(name) == 1:
            sums[name] = {name[0]: 1.0}
            continue
        _, k, *itself = name
        of_each = zip(echoes, weights[k], strict=True)
        sums[name] = {row: weight for row, weight in of_each if weight > 0 and row not in itself}
    return sums


def _reason(board: Board, outline: _Outline, said: Mapping[Pair, Said]) -> Reason:
    row = outline.row
    terms = [
        Share(interest.text, share, part or (), interest.kind, said.get((name, row), ()))
        for interest, share, part, name in outline.terms
    ]
    liked, disliked = (
        tuple(LikedShare(board.paper_id(h), share, said[(h,), row]) for h, share in some)
        for some in (outline.liked, outline.disliked)
    )
    terms.sort(key=lambda term: (-term.share, term.text))
    return Reason(tuple(terms), liked, disliked, outline.rest, readers=outline.readers)


def _rounded(shares: Scored) -> list[Any]:
    """Round shares and list them by paper."""
    rounded: list[Any] = np.round(shares, DECIMALS).T.tolist()
    return rounded
