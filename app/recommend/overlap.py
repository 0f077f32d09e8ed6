"""What papers both speak of, in words that a reader knows; for many pairs of them at once."""

import itertools
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend.board import Board
from app.recommend.profile import Matrix

N_WORDS = 3
WORTH_NAMING = 0.3  # of the heaviest word's weight
PAIR_SAYS_MORE = 2.0  # "language models" tells a reader more than "language" and "models" do

Said = tuple[str, ...]
Numbers: TypeAlias = NDArray[np.int64]


def words(board: Board, sums: Matrix, which: Numbers, rows: Numbers) -> list[Said]:
    """Name what weighs most in the likeness of sums of papers to papers, pair by pair.

    sums: (n_sums, n_papers), weights. which, rows: of each pair, a sum and a row of the model.
    No word is named again within a pair of words.
    """
    n_papers = board.model.rows.shape[0]
    wanted, pairs = np.unique(which * n_papers + rows, return_inverse=True)
    others = board.model.rows[wanted % n_papers].astype(np.float64)
    # Of a hundred terms of a large corpus, hardly one is in any of these papers.
    terms = np.unique(others.indices)
    ones = _add_up(board, sums, terms)[wanted // n_papers]
    common = sparse.csr_array(ones.multiply(_narrow(others, terms)))
    cells = common.data, terms[common.indices], common.indptr
    said = _said(board, sparse.csr_array(cells, others.shape))
    return [said[pair] for pair in pairs.tolist()]


def say(board: Board, columns: Iterable[int], most: int = N_WORDS) -> Said:
    """Name columns in their order, no word again that stands in a pair already named."""
    chosen: list[str] = []
    told: set[str] = set()
    for column in columns:
        stems, readable = board.name(column)
        if stems and told.isdisjoint(stems):
            chosen.append(readable)
            told |= stems
        if len(chosen) == most:
            break
    return tuple(chosen)


def _add_up(board: Board, sums: Matrix, terms: Numbers) -> Matrix:
    """Add papers up in some of their terms, (n_sums, len(terms))."""
    used, columns = np.unique(sums.indices, return_inverse=True)
    narrow = sparse.csr_array((sums.data, columns, sums.indptr), (sums.shape[0], len(used)))
    added = sparse.csr_array(narrow @ _narrow(board.model.rows[used], terms).astype(np.float64))
    added.sort_indices()
    return added


def _narrow(rows: Matrix, terms: Numbers) -> Matrix:
    """Keep the columns of these terms, ascending, and number them anew."""
    places = np.minimum(np.searchsorted(terms, rows.indices), max(len(terms) - 1, 0))
    is_kept = terms[places] == rows.indices if len(terms) else np.zeros(len(places), dtype=bool)
    ends = np.concatenate([[0], np.cumsum(is_kept)])[rows.indptr]
    cells = rows.data[is_kept], places[is_kept].astype(np.int32), ends.astype(np.int32)
    return sparse.csr_array(cells, (rows.shape[0], len(terms)))


def _said(board: Board, common: Matrix) -> list[Said]:
    """Name what is worth naming of each row."""
    columns, ends = _heaviest(board, common)
    return [say(board, columns[start:end]) for start, end in itertools.pairwise(ends)]


def _heaviest(board: Board, common: Matrix) -> tuple[list[int], list[int]]:
    """Return the columns worth naming, row by row and heaviest first, and where rows end."""
    weights = common.data * np.where(board.model.is_pair[common.indices], PAIR_SAYS_MORE, 1.0)
    sizes = np.diff(common.indptr)
    most = np.zeros(len(sizes))
    if some := np.flatnonzero(sizes).tolist():
        most[some] = np.maximum.reduceat(weights, common.indptr[some])
    lines = np.repeat(np.arange(len(sizes)), sizes)
    worthy = np.flatnonzero(weights >= WORTH_NAMING * most[lines])
    order = np.lexsort((common.indices[worthy], -weights[worthy], lines[worthy]))
    ends = np.searchsorted(lines[worthy], np.arange(len(sizes) + 1))
    return common.indices[worthy[order]].tolist(), ends.tolist()
