"""The papers new enough for a letter, laid out once for all readers of a shard."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend.vectors import Model

ALIKE = 0.95  # cosine above which two papers are one work, spelt or typeset in two ways
FAINT = 0.05  # any two abstracts share so much; as likeness it counts for nothing
DECIMALS = 6  # numbers that differ only beyond are equal

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_BLOCK = 1024  # rows multiplied at once: bounds the memory


@dataclass(frozen=True)
class Candidate:
    """A paper new enough for a letter. trend: 0 to 1, as `trend.momentum` gives it."""

    paper_id: int
    trend: float = 0.0


@dataclass(frozen=True, eq=False)
class Candidates:
    """All candidates of a day, in the order of their ids, whoever may get them.

    A place is an index into them. paper_ids, trends: (n,). near: csr (n, n), see `likeness`.
    """

    paper_ids: NDArray[np.int64]
    trends: Floats
    near: sparse.csr_array = field(repr=False)

    @cached_property
    def place_of(self) -> Mapping[int, int]:
        """Paper id → place."""
        return {paper_id: place for place, paper_id in enumerate(self.paper_ids.tolist())}

    @cached_property
    def twins(self) -> Mapping[int, Set[int]]:
        """Place → the places of the same work under other spellings; others have no key."""
        near = self.near.tocoo()
        found: dict[int, set[int]] = {}
        alike = (near.data >= ALIKE) & (near.row != near.col)
        pairs = zip(near.row[alike].tolist(), near.col[alike].tolist(), strict=True)
        for one, other in pairs:
            found.setdefault(one, set()).add(other)
        return found

    @cached_property
    def density(self) -> Floats:
        """How much of the day each is like: its summed likeness to all, the largest being 1."""
        total: Floats = np.asarray(self.near.sum(axis=1), dtype=np.float64)
        return total / max(float(total.max(initial=0.0)), 1.0)

    @cached_property
    def reach(self) -> Floats:
        """The largest cosine of each to any other that is not its twin."""
        others = self.near.copy()
        rows = np.repeat(np.arange(others.shape[0]), np.diff(others.indptr))
        others.data[(others.data >= ALIKE) | (others.indices == rows)] = 0.0
        return np.asarray(others.max(axis=1).toarray(), dtype=np.float64).ravel()

    @cached_property
    def _neighbours(self) -> dict[int, dict[int, float]]:
        return {}

    def neighbours(self, place: int) -> Mapping[int, float]:
        """The places a paper is like, itself included, with their cosines."""
        if place not in self._neighbours:
            cells = slice(*self.near.indptr[place : place + 2].tolist())
            columns, cosines = self.near.indices[cells], self.near.data[cells]
            self._neighbours[place] = dict(zip(columns.tolist(), cosines.tolist(), strict=True))
        return self._neighbours[place]

    def without(self, left_out: Set[int]) -> Mask:
        """Mark with False the papers of these ids and their twins; any other id is no candidate."""
        free = np.ones(len(self.paper_ids), dtype=np.bool_)
        for place in [self.place_of[i] for i in left_out & self.place_of.keys()]:
            free[[place, *self.twins.get(place, ())]] = False
        return free


def gather(model: Model, candidates: Iterable[Candidate]) -> Candidates:
    """Lay out a day's candidates for a shard; KeyError for one that is not in the model.

    Give all of the day's, not only those that somebody of the shard may get: so a reader gets the
    same paper to learn from in any shard.
    """
    trends = {each.paper_id: each.trend for each in candidates}
    ids = sorted(trends)
    return Candidates(
        paper_ids=np.array(ids, dtype=np.int64),
        trends=np.array([trends[paper_id] for paper_id in ids], dtype=np.float64),
        near=likeness(model, ids),
    )


def likeness(model: Model, paper_ids: Sequence[int]) -> sparse.csr_array:
    """Return the cosines between papers, csr float64 (n, n), 0 where less than FAINT.

    KeyError for a paper that is not in the model.
    """
    rows = model.rows_of(paper_ids).astype(np.float64)
    blocks = []
    for start in range(0, max(rows.shape[0], 1), _BLOCK):
        block = (rows[start : start + _BLOCK] @ rows.T).tocsr()
        block.data = np.minimum(np.round(block.data, DECIMALS), 1.0)
        block.data[block.data < FAINT] = 0.0
        block.eliminate_zeros()
        block.sort_indices()
        blocks.append(block)
    return sparse.vstack(blocks, format="csr")
