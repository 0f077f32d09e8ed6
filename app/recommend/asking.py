"""What people typed, as rows of the model: what matches it, and what is like the best matches."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend import facets, words
from app.recommend.interests import Interest, Kind
from app.recommend.themes import Block
from app.recommend.vectors import Model

Matrix: TypeAlias = sparse.csr_array

TEXT = (Kind.WORD, Kind.PHRASE)
# The earlier papers that stand for what somebody typed, and those weighed for each interest.
N_ECHOES = 10
DEEP = 200
# Words up to which what was typed is a phrase; of a longer question no paper need hold all.
LONG = 4


@dataclass(frozen=True, eq=False)
class Asked:
    """Interests, a row each. column: of each interest in every matrix of a shard.

    rows: (n, n_terms), their weighed terms; zero for an author or category, and where no paper
    knows a word. parts: (n, n_terms), the part of each term in a phrase, by their squares; they
    add up to less than 1 where no paper holds a term, and are 1 where the whole is not asked for.
    facets: (n, n_facets), 1 for whatever meets an author or category. best: (n, n_papers), how well
    the DEEP best earlier papers match each. places: (n, n_tastes), where readers' likes put their
    words; no columns without tastes.
    """

    interests: Sequence[Interest]
    column: Mapping[Interest, int] = field(repr=False)
    rows: Matrix = field(repr=False)
    parts: Matrix = field(repr=False)
    facets: Matrix = field(repr=False)
    best: Matrix = field(repr=False)
    places: Block = field(repr=False)

    @property
    def is_text(self) -> NDArray[np.float64]:
        """1 for words and phrases, 0 for authors and categories, (n,)."""
        return np.array([each.kind in TEXT for each in self.interests], dtype=np.float64)


def ask(model: Model, interests: Sequence[Interest]) -> Asked:
    """Find the rows of distinct interests; none may be negative."""
    terms = [words.analyse(each.text) if each.kind in TEXT else [] for each in interests]
    rows = model.weigh(terms)
    likeness = sparse.csr_array(rows @ model.postings)
    met = [facets.wanted(each) if each.kind not in TEXT else () for each in interests]
    columns = [sorted(model.facet_of[key] for key in keys if key in model.facet_of) for keys in met]
    return Asked(
        interests=interests,
        column={each: n for n, each in enumerate(interests)},
        rows=rows,
        parts=_parts(model, terms, rows),
        facets=_lay(columns, len(model.facet_of)),
        best=_best(model, likeness),
        places=_places(model, likeness),
    )


def _parts(model: Model, terms: Sequence[list[str]], rows: Matrix) -> Matrix:
    parts = rows.astype(np.float64)
    squares = np.square(parts.data)
    wholes = np.array([model.square_of(set(each)) for each in terms])
    n_words = np.array([sum(" " not in term for term in each) for each in terms], dtype=np.int64)
    is_short = n_words <= LONG
    each = np.repeat(np.arange(len(terms)), np.diff(rows.indptr))
    parts.data = np.where(is_short[each], squares / wholes[each], 1.0)
    return parts


def _lay(columns: Sequence[Sequence[int]], width: int) -> Matrix:
    flat = np.array([column for row in columns for column in row], dtype=np.int64)
    starts = np.cumsum([0, *map(len, columns)])
    return sparse.csr_array((np.ones(len(flat)), flat, starts), (len(columns), width))


def _best(model: Model, likeness: Matrix) -> Matrix:
    weighed = likeness.data * model.pivots[likeness.indices]
    found = sparse.csr_array((weighed, likeness.indices, likeness.indptr), likeness.shape)
    kept = _keep(found, DEEP)
    kept.resize((likeness.shape[0], model.rows.shape[0]))
    return kept


def echoes(asked: Asked, said: Matrix) -> Matrix:
    """Find the earlier papers that match best all that each person typed, weighed by how well.

    said: (n_people, n_interests), the weight of each interest to each person.
    This is relevance feedback without a reader, after Lavrenko and Croft (2001) and others.
    """
    return _keep(sparse.csr_array(said @ asked.best), N_ECHOES)


def _keep(matrix: Matrix, n: int) -> Matrix:
    """Keep the n largest cells of every row; of equal ones those furthest left."""
    is_kept = np.ones(len(matrix.data), dtype=np.bool_)
    starts = matrix.indptr.tolist()
    for start, end in itertools.pairwise(starts):
        if end - start > n:
            values, columns = matrix.data[start:end], matrix.indices[start:end]
            is_kept[start:end] = _are_largest(values, columns, n)
    ends = np.concatenate([[0], np.cumsum(is_kept)])[starts].astype(matrix.indices.dtype)
    cells = matrix.data[is_kept].astype(np.float64), matrix.indices[is_kept], ends
    kept = sparse.csr_array(cells, matrix.shape)
    kept.sort_indices()
    return kept


def _are_largest(
    values: NDArray[np.floating[Any]], columns: NDArray[np.integer[Any]], n: int
) -> NDArray[np.bool_]:
    least = np.partition(values, -n)[-n]
    found: NDArray[np.bool_] = values > least
    equal = np.flatnonzero(values == least)
    first = np.argsort(columns[equal])[: n - np.count_nonzero(found)]
    found[equal[first]] = True
    return found


def _places(model: Model, likeness: Matrix) -> Block:
    tastes = model.tastes
    if tastes is None:
        return np.zeros((likeness.shape[0], 0), dtype=np.float32)
    return np.asarray(likeness[:, tastes.taught] @ tastes.bridge, dtype=np.float32)
