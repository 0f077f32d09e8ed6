"""Scores of a whole shard at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend.asking import Asked
from app.recommend.profile import Matrix, Profiles
from app.recommend.themes import Block
from app.recommend.vectors import Model

Scored = NDArray[np.float64]

# Candidates scored at once: bounds the memory whatever their number.
WIDTH = 1024
DECIMALS = 9
MET = 0.5  # the part of a phrase below which a paper matches it the less


def score(model: Model, profiles: Profiles, rows: NDArray[np.int64]) -> Scored:
    """Score papers, given as rows of the model, for every profile.

    Interests and shown papers are multiplied once, however many people share them. A profile's
    scores do not depend on the shard it is in.
    """
    n_people = profiles.asked.shape[0]
    total: Scored = np.zeros((n_people, len(rows)))
    at_themes = _combine(sparse.csr_array(profiles.echoes + profiles.theme), model.themes)
    at_tastes = _at_tastes(model, profiles)
    for start in range(0, len(rows), WIDTH):
        part = rows[start : start + WIDTH]
        block = total[:, start : start + WIDTH]
        block += profiles.asked @ matches(model, profiles.asked_of, slice(None), part)
        block += at_themes @ model.themes[part].T.astype(np.float64)
        _add_shown(block, model, profiles, part)
        if model.tastes is not None:
            placed = model.tastes.placed[part]
            block += at_tastes @ placed.T.astype(np.float64)
            _add_near(block, profiles.reader_near, model.tastes.known, placed)
    _take_off_itself(total, model, profiles, rows)
    # Sums of doubles differ in the last digits by how many people are summed at once.
    np.round(total, DECIMALS, out=total)
    return total


def matches(
    model: Model, asked: Asked, kept: NDArray[np.int64] | slice, rows: NDArray[np.int64]
) -> Scored:
    """How well each paper matches each of the kept interests, (n_kept, n_rows)."""
    papers = model.rows[rows]
    said = (asked.rows[kept] @ papers.T).toarray() * model.pivots[rows]
    held = sparse.csr_array(
        (np.ones_like(papers.data), papers.indices, papers.indptr), papers.shape
    )
    # Less than half of "speech recognition" may be about recognising anything.
    said *= np.minimum((asked.parts[kept] @ held.T).toarray() / MET, 1)
    met = (asked.facets[kept] @ model.facets[rows].T).toarray() > 0
    found: Scored = said.astype(np.float64) + met
    return found


def _at_tastes(model: Model, profiles: Profiles) -> Scored:
    if model.tastes is None:
        return np.zeros((profiles.asked.shape[0], 0))
    known = sparse.csr_array(profiles.reader_echoes + profiles.reader_liked)
    typed = profiles.reader_asked @ profiles.asked_of.places.astype(np.float64)
    return np.asarray(typed + _combine(known, model.tastes.known))


def _combine(weights: Matrix, block: Block) -> Scored:
    """Return weights @ block, in double precision, without copying the rows of no weight."""
    used, columns = np.unique(weights.indices, return_inverse=True)
    shape = (weights.shape[0], len(used))
    narrow = sparse.csr_array((weights.data, columns, weights.indptr), shape)
    return np.asarray(narrow @ block[used].astype(np.float64))


def _add_shown(block: Scored, model: Model, profiles: Profiles, rows: NDArray[np.int64]) -> None:
    used = np.union1d(profiles.liked.indices, profiles.near.indices)
    if len(used):
        alike = likeness(model, used, rows)
        block += _narrow(profiles.liked, used) @ alike
        # Products, since a power takes twenty times as long.
        block += _narrow(profiles.near, used) @ (alike * alike * alike)


def likeness(
    model: Model, some: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the cosines of papers, as rows of the model, to others, (n_some, n_others).

    Nearly all pairs share a term in common use, so these are multiplied as a dense block, and only
    the others as sparse rows. The order of each sum is that of the terms, whatever else is asked.
    """
    rare = model.rows[others]
    rare.data[model.is_common[rare.indices]] = 0.0
    rare.eliminate_zeros()
    found: NDArray[np.float32] = (model.rows[some] @ rare.T).toarray()
    found += model.common[some] @ model.common[others].toarray().T
    return found


def _add_near(block: Scored, near: Matrix, known: Block, placed: Block) -> None:
    used = np.unique(near.indices)
    if len(used):
        alike = _times(known[used], placed)
        np.maximum(alike, 0, out=alike)
        alike *= alike
        block += _narrow(near, used, np.float64) @ alike


def _narrow(
    weights: Matrix, used: NDArray[np.int64], kind: type[np.floating[Any]] = np.float32
) -> Matrix:
    """Keep the used columns, in the precision of what they are multiplied with."""
    columns = np.searchsorted(used, weights.indices)
    shape = (weights.shape[0], len(used))
    return sparse.csr_array((weights.data.astype(kind), columns, weights.indptr), shape)


def _take_off_itself(
    total: Scored, model: Model, profiles: Profiles, rows: NDArray[np.int64]
) -> None:
    """A paper that stands for somebody's words is like itself, which tells nothing."""
    place_at = np.full(model.rows.shape[0], -1, dtype=np.int64)
    place_at[rows] = np.arange(len(rows))
    people = np.repeat(np.arange(total.shape[0]), np.diff(profiles.echoes.indptr))
    columns = profiles.echoes.indices
    fresh = place_at[columns] >= 0
    person, row = people[fresh], columns[fresh]
    own = profiles.echoes.data[fresh] * _products(model.themes[row], model.themes[row])
    if model.tastes is not None:
        known, placed = model.tastes.known[row], model.tastes.placed[row]
        own += profiles.reader_echoes.data[fresh] * _products(known, placed)
    total[person, place_at[row]] -= own


def _products(one: Block, other: Block) -> NDArray[np.float64]:
    products: NDArray[np.float64] = np.einsum("ij,ij->i", one, other, dtype=np.float64)
    return products


def _times(one: Block, other: Block) -> Scored:
    return np.asarray(one.astype(np.float64) @ other.astype(np.float64).T)
