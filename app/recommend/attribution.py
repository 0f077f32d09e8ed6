"""Scores told apart in words: what each interest and each liked or disliked paper added to one."""

import functools
import itertools
from collections.abc import Sequence, Set
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from app.recommend import overlap, shares, words
from app.recommend.asking import TEXT
from app.recommend.board import Board
from app.recommend.explain import LikedShare, Reason, Share
from app.recommend.interests import Interest
from app.recommend.overlap import Said
from app.recommend.profile import Profiles
from app.recommend.shares import Cells, Numbers, Told, Vector

NAMED = 3  # liked papers, and disliked ones; what all others add is summed up
DECIMALS = 9
# People told of at once: what their papers have in common is multiplied once for all of them.
TOGETHER = 100

Part: TypeAlias = Said | None


def reasons(board: Board, profiles: Profiles, person: int, rows: Numbers) -> list[Reason]:
    """Tell one person's scores apart, for papers given as rows of the model."""
    return _reasons(board, profiles, person, [rows])[0]


def of_shard(board: Board, profiles: Profiles, rows: Sequence[Numbers]) -> list[list[Reason]]:
    """Tell everybody's scores apart, each for papers of their own, given as rows of the model."""
    told: list[list[Reason]] = []
    for start in range(0, len(rows), TOGETHER):
        told += _reasons(board, profiles, start, rows[start : start + TOGETHER])
    return told


def _reasons(
    board: Board, profiles: Profiles, first: int, rows: Sequence[Numbers]
) -> list[list[Reason]]:
    n_picks = [len(each) for each in rows]
    people = np.repeat(np.arange(first, first + len(rows)), n_picks)
    told = shares.tell(board.model, profiles, people, np.concatenate(rows))
    found = _told(board, profiles, told)
    ends = np.cumsum([0, *n_picks]).tolist()
    return [found[start:end] for start, end in itertools.pairwise(ends)]


def _told(board: Board, profiles: Profiles, told: Told) -> list[Reason]:
    terms = _terms(told)
    liked = _largest(told.shown, np.where(told.is_liked, told.taught, 0.0))
    disliked = _largest(told.shown, np.where(told.is_liked, 0.0, -told.taught))
    named = np.concatenate([liked, disliked])
    shown = _say_shown(board, told, named)
    rest = told.taught.copy()
    rest[named] -= np.round(rest[named], DECIMALS)
    return [
        Reason(typed, near, far, left, readers=readers)
        for typed, near, far, left, readers in zip(
            _by_pick(told.typed, terms, _say_terms(board, profiles, told, terms)),
            _by_pick(told.shown, liked, shown[: len(liked)]),
            _by_pick(told.shown, disliked, shown[len(liked) :]),
            _rounded(told.shown.add_up(rest)),
            _rounded(told.readers),
            strict=True,
        )
    ]


def _largest(shown: Cells, sizes: Vector) -> Numbers:
    """The cells of what is largest above 0, NAMED at most a pick: pick by pick, largest first."""
    left = np.round(sizes, DECIMALS)
    found: list[Numbers] = []
    some = np.flatnonzero(np.diff(shown.starts))
    for _ in range(NAMED if len(some) else 0):
        most = np.zeros(len(shown.starts) - 1)
        most[some] = np.maximum.reduceat(left, shown.starts[some])
        cells = np.flatnonzero((left == most[shown.pick]) & (left > 0))
        # Of equals the first.
        cells = cells[np.diff(shown.pick[cells], prepend=-1) > 0]
        left[cells] = 0.0
        found.append(cells)
    cells = np.concatenate([np.zeros(0, dtype=np.int64), *found])
    return cells[np.argsort(shown.pick[cells], kind="stable")]


def _terms(told: Told) -> Numbers:
    """The cells of interests that added something, pick by pick, largest first."""
    cells = np.flatnonzero(np.round(told.added, DECIMALS))
    # Interests are in the order of their texts.
    order = (told.typed.said[cells], -np.round(told.added[cells], DECIMALS), told.typed.pick[cells])
    return cells[np.lexsort(order)]


# An interest's columns, of its whole and of each word by itself; None where no paper has them.
_Sought: TypeAlias = tuple[Set[int] | None, Sequence[tuple[str, Set[int] | None]]]
_FACET: _Sought = (frozenset(), ())


def _say_terms(board: Board, profiles: Profiles, told: Told, terms: Numbers) -> list[Share]:
    said, rows = told.typed.said[terms], told.rows[told.typed.pick[terms]]
    columns, interests = told.typed.of[said].tolist(), profiles.asked_of.interests
    sought = {k: _sought(board, interests[k]) for k in set(columns)}
    parts = [
        _part(sought[k], board.columns(row)) if is_met else None
        for k, row, is_met in zip(columns, rows.tolist(), told.is_met[terms].tolist(), strict=True)
    ]
    is_apart = np.array([part is None for part in parts], dtype=np.bool_)
    near = iter(_near(board, told, said[is_apart], rows[is_apart]))
    return [
        Share(interest.text, share, part or (), interest.kind, next(near) if part is None else ())
        for interest, share, part in zip(
            map(interests.__getitem__, columns), _rounded(told.added[terms]), parts, strict=True
        )
    ]


def _near(board: Board, told: Told, said: Numbers, rows: Numbers) -> list[Said]:
    """What papers share with those that speak most of an interest; none speaks for itself."""
    itself = np.where(shares.look_up(told.stands, said, rows) > 0, rows, -1)
    n_rows = told.stands.shape[1] + 1
    wanted, which = np.unique(said * n_rows + itself + 1, return_inverse=True)
    sums = sparse.csr_array(told.stands[wanted // n_rows])
    sums.data[sums.indices == np.repeat(wanted % n_rows - 1, np.diff(sums.indptr))] = 0.0
    return overlap.words(board, sums, which, rows)


def _say_shown(board: Board, told: Told, cells: Numbers) -> list[LikedShare]:
    papers = told.shown.of[told.shown.said[cells]]
    used, which = np.unique(papers, return_inverse=True)
    ones = np.ones(len(used)), used, np.arange(len(used) + 1)
    alone = sparse.csr_array(ones, (len(used), told.stands.shape[1]))
    said = overlap.words(board, alone, which, told.rows[told.shown.pick[cells]])
    return [
        LikedShare(board.paper_id(row), share, words)
        for row, share, words in zip(
            papers.tolist(), _rounded(told.taught[cells]), said, strict=True
        )
    ]


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


def _by_pick(cells: Cells, chosen: Numbers, said: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Part what was said of some cells, pick by pick."""
    ends = np.searchsorted(cells.pick[chosen], np.arange(len(cells.starts))).tolist()
    return [tuple(said[start:end]) for start, end in itertools.pairwise(ends)]


def _rounded(shares: Vector) -> list[float]:
    rounded: list[float] = np.round(shares, DECIMALS).tolist()
    return rounded
