"""What papers both speak of, in words that a reader knows; for many pairs of them at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from scipy import sparse

from app.recommend.board import Board

N_WORDS = 3
WORTH_NAMING = 0.3  # of the heaviest word's weight
PAIR_SAYS_MORE = 2.0  # "language models" tells a reader more than "language" and "models" do

Said = tuple[str, ...]
Sum: TypeAlias = Mapping[int, float]  # papers, as rows of the model, each with a weight
Name: TypeAlias = tuple[int, ...]  # whatever tells sums apart
Pair: TypeAlias = tuple[Name, int]  # a sum of papers, and a paper


def words(board: Board, sums: Mapping[Name, Sum], pairs: Iterable[Pair]) -> dict[Pair, Said]:
    """Name what weighs most in the likeness of each pair.

    No word is named again within a pair of words.
    """
    wanted = list(dict.fromkeys(pairs))
    if not wanted:
        return {}
    place = {name: n for n, name in enumerate(sums)}
    ones = _add_up(board, list(sums.values()))[[place[name] for name, _ in wanted]]
    others = board.model.rows[[row for _, row in wanted]].astype(np.float64)
    columns = _heaviest(board, sparse.csr_array(ones.multiply(others)))
    return {pair: _say(board, each) for pair, each in zip(wanted, columns, strict=True)}


def _add_up(board: Board, sums: Sequence[Sum]) -> sparse.csr_array:
    """Add papers up, (n_sums, n_terms)."""
    papers = [row for each in sums for row in each]
    weights = np.array([weight for each in sums for weight in each.values()], dtype=np.float64)
    used, columns = np.unique(np.array(papers, dtype=np.int64), return_inverse=True)
    starts = np.cumsum([0, *map(len, sums)])
    shares = sparse.csr_array((weights, columns, starts), (len(sums), len(used)))
    added = sparse.csr_array(shares @ board.model.rows[used].astype(np.float64))
    added.sort_indices()
    return added


def _heaviest(board: Board, common: sparse.csr_array) -> list[list[int]]:
    """Return the columns worth naming of each row, heaviest first."""
    weights = common.data * np.where(board.model.is_pair[common.indices], PAIR_SAYS_MORE, 1.0)
    sizes = np.diff(common.indptr)
    lines = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((common.indices, -weights, lines))
    weights, columns = weights[order], common.indices[order]
    first = weights[common.indptr[:-1][sizes > 0]]
    is_worthy = weights >= WORTH_NAMING * np.repeat(first, sizes[sizes > 0])
    ends = np.cumsum(np.bincount(lines[is_worthy], minlength=len(sizes))).tolist()
    worthy = columns[is_worthy].tolist()
    return [worthy[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _say(board: Board, columns: Iterable[int]) -> Said:
    chosen: list[str] = []
    told: set[str] = set()
    for column in columns:
        stems, readable = board.name(column)
        if stems and told.isdisjoint(stems):
            chosen.append(readable)
            told |= stems
        if len(chosen) == N_WORDS:
            break
    return tuple(chosen)
