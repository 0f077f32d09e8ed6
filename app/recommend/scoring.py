"""Scores of a whole shard at once, and the trend of a paper that anybody may see."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend.interests import Interest
from app.recommend.profile import Profile
from app.recommend.vectors import Model

MET = 0.5  # part of a phrase's weight that makes a paper be about it
HALF_LIFE = 3.0  # days after which the same votes and places are worth half


# Where it comes from, the profile's coefficient for that, and what it adds to a score.
Contribution = tuple[Interest | int, float, float]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of a shard, and the products they were summed from.

    total: float64 (n_profiles, n_papers) = weights @ (products - background[:, None]), where
    products holds the dot product of every source with every scored paper.
    sure: the same without interests that the paper meets by less than MET of their weight, such
    as "image generation" in a paper about images only: they rank a paper, but do not admit it.
    sources: each interest, then each shown paper. weights: csr (n_profiles, n_sources), the
    profiles' coefficients. background: (n_sources,), a shown paper's mean product with any paper.
    """

    paper_ids: Sequence[int]
    sources: Sequence[Interest | int]
    weights: sparse.csr_array
    products: sparse.csr_array
    background: NDArray[np.float64]
    total: NDArray[np.float64]
    sure: NDArray[np.float64]

    def shares(self, profile: int, places: Sequence[int]) -> Iterator[list[Contribution]]:
        """Tell a profile's scores apart for some places of paper_ids; each list adds to total."""
        row = self.weights[[profile]]
        sources = [self.sources[n] for n in row.indices]
        likeness = self.products[row.indices].toarray() - self.background[row.indices, None]
        for column in (likeness[:, places] * row.data[:, None]).T.tolist():
            yield list(zip(sources, row.data.tolist(), column, strict=True))


def score(model: Model, profiles: Sequence[Profile], paper_ids: Sequence[int]) -> Scores:
    """Score papers of the model for every profile; KeyError for a paper that is not in it.

    Interests and shown papers are multiplied once, however many profiles share them. A profile's
    scores are the same to the last bit whatever shard it is in.
    """
    interests = sorted({interest for profile in profiles for interest in profile.asked})
    shown = sorted({paper_id for profile in profiles for paper_id in profile.shown})
    asked = model.ask([interest.text for interest in interests])
    papers = model.rows_of(paper_ids)
    products = (sparse.vstack([asked, model.rows_of(shown)], format="csr") @ papers.T).tocsr()
    sources: list[Interest | int] = [*interests, *shown]
    weights = _weights(profiles, sources)
    background = np.concatenate([np.zeros(len(interests)), model.background(shown)])
    total = (weights @ products).toarray() - (weights @ background)[:, None]
    whole = np.array([model.length_of(interest.text) ** 2 for interest in interests])
    unsure = _unmet(asked, papers, whole).multiply(products[: len(interests)]).tocsr()
    sure = total - (weights[:, : len(interests)] @ unsure).toarray()
    return Scores(paper_ids, sources, weights, products, background, total, sure)


def _unmet(
    asked: sparse.csr_array, papers: sparse.csr_array, whole: NDArray[np.float64]
) -> sparse.csr_array:
    """Mark with 1 where a paper holds something of an interest, but less than MET of the whole."""
    held = sparse.csr_array((papers.data > 0, papers.indices, papers.indptr), papers.shape)
    met = (asked.multiply(asked) @ held.T.astype(np.float32)).tocsr()
    met.data = (met.data < MET * np.repeat(whole, np.diff(met.indptr))).astype(np.float64)
    return met


def _weights(profiles: Sequence[Profile], sources: list[Interest | int]) -> sparse.csr_array:
    column = {source: n for n, source in enumerate(sources)}
    cells = [
        (row, column[source], coefficient)
        for row, profile in enumerate(profiles)
        for part in (profile.asked, profile.shown)
        for source, coefficient in part.items()
    ]
    rows, columns, coefficients = zip(*cells, strict=True) if cells else ((), (), ())
    shape = (len(profiles), len(sources))
    weights = sparse.csr_array((np.array(coefficients, dtype=np.float64), (rows, columns)), shape)
    weights.sort_indices()
    return weights


def trend(votes: int | None, positions: Iterable[int], age_days: float) -> float:
    """Say from 0 to 1 how much attention a paper has now; fair to a paper that came today.

    heat = (log10(1 + votes) + Σ 1 / log2(1 + position)) · 2^(-age / HALF_LIFE), and the trend is
    heat / (1 + heat). votes: None where no source counts them. positions: its place, from 1, in
    each digest that lists it. age_days: since we first saw it; a future date counts as today.
    """
    heat = math.log10(1 + max(votes or 0, 0))
    heat += sum(1 / math.log2(1 + max(position, 1)) for position in positions)
    heat *= 2 ** (-max(age_days, 0.0) / HALF_LIFE)
    return heat / (1 + heat)
