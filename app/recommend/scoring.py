"""Scores of a whole shard at once."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend import themes
from app.recommend.asking import Asked
from app.recommend.profile import Matrix, Profiles
from app.recommend.themes import Block
from app.recommend.vectors import Model

Scored = NDArray[np.float64]

# Candidates scored at once: bounds the memory whatever their number.
WIDTH = 1024
# Shown papers whose likeness is held at once, for the same reason; and multiplied at once, so few
# that the processor keeps them at hand.
STRETCH = 4096
TILE = 128
DECIMALS = 9
MET = 0.5  # the part of a phrase below which a paper matches it the less


def score(model: Model, profiles: Profiles, rows: NDArray[np.int64]) -> Scored:
    """Score papers, given as rows of the model, for every profile.

    Interests and shown papers are multiplied once, however many people share them. A profile's
    scores do not depend on the shard it is in.
    """
    n_people = profiles.asked.shape[0]
    total: Scored = np.zeros((n_people, len(rows)))
    at_themes = themes.add_up(sparse.csr_array(profiles.echoes + profiles.theme), model.themes)
    at_tastes = _at_tastes(model, profiles)
    for start in range(0, len(rows), WIDTH):
        part = rows[start : start + WIDTH]
        block = total[:, start : start + WIDTH]
        block += profiles.asked @ matches(model, profiles.asked_of, slice(None), part)
        block += at_themes @ model.themes[part].T.astype(np.float64)
        if model.tastes is not None:
            block += at_tastes @ model.tastes.placed[part].T.astype(np.float64)
        _add_shown(block, model, profiles, part)
    _take_off_itself(total, model, profiles, rows)
    # Sums of doubles differ in the last digits by how many people are summed at once.
    np.round(total, DECIMALS, out=total)
    return total


def matches(
    model: Model, asked: Asked, kept: NDArray[np.int64] | slice, rows: NDArray[np.int64]
) -> Scored:
    """How well each paper matches each of the kept interests, (n_kept, n_rows)."""
    wanted, parts = asked.rows[kept], asked.parts[kept]
    terms = np.unique(wanted.indices)
    papers = sparse.csr_array(model.rows[rows][:, terms].T)
    held = sparse.csr_array(
        (np.ones_like(papers.data), papers.indices, papers.indptr), papers.shape
    )
    said = (_narrow(wanted, terms) @ papers).toarray() * model.pivots[rows]
    # Less than half of "speech recognition" may be about recognising anything.
    said *= np.minimum((_narrow(parts, terms, np.float64) @ held).toarray() / MET, 1)
    met = (asked.facets[kept] @ model.facets[rows].T).toarray() > 0
    found: Scored = said.astype(np.float64) + met
    return found


def _at_tastes(model: Model, profiles: Profiles) -> Scored:
    if model.tastes is None:
        return np.zeros((profiles.asked.shape[0], 0))
    known = sparse.csr_array(profiles.reader_echoes + profiles.reader_liked)
    typed = profiles.reader_asked @ profiles.asked_of.places.astype(np.float64)
    return np.asarray(typed + themes.add_up(known, model.tastes.known))


@dataclass(frozen=True, eq=False)
class _Turned:
    """Papers to be multiplied with again and again, a column each."""

    rows: NDArray[np.int64]
    rare: Matrix
    common: Block


def _turn(model: Model, rows: NDArray[np.int64]) -> _Turned:
    rare = sparse.csr_array(model.rare[rows].T)
    return _Turned(rows, rare, np.ascontiguousarray(model.common[rows].toarray().T))


def _add_shown(block: Scored, model: Model, profiles: Profiles, rows: NDArray[np.int64]) -> None:
    """Add what shown papers tell, a stretch of the model's papers after the other.

    Stretches are the same for all shards, since sums in single precision depend on where they end.
    """
    weights, turned = [profiles.liked, profiles.near], _turn(model, rows)
    placed = np.zeros((0, len(rows)))
    if model.tastes is not None:
        weights.append(profiles.reader_near)
        placed = model.tastes.placed[rows].T.astype(np.float64)
    used = np.unique(np.concatenate([each.indices for each in weights]))
    room = np.empty(len(weights) * min(len(used), STRETCH) * len(rows), dtype=np.float32)
    for stretch in np.unique(used // STRETCH).tolist():
        first, end = STRETCH * stretch, STRETCH * (stretch + 1)
        some = used[np.searchsorted(used, first) : np.searchsorted(used, end)]
        shape = len(weights), len(some), len(rows)
        alike = room[: math.prod(shape)].reshape(shape)
        alike[0] = _likeness(model, some, turned)
        # Products, since a power takes twenty times as long.
        np.multiply(alike[0], alike[0], out=alike[1])
        alike[1] *= alike[0]
        if model.tastes is not None:
            _meet(alike[2], model.tastes.known[some], placed)
        narrow = [_narrow(each[:, first:end], some - first) for each in weights]
        block += sparse.hstack(narrow, format="csr") @ alike.reshape(-1, len(rows))


def likeness(
    model: Model, some: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the cosines of papers, as rows of the model, to others, (n_some, n_others).

    some: ascending. Nearly all pairs share a term in common use, so these are multiplied as a dense
    block, and only the others as sparse rows. The order of each sum is that of the terms, whatever
    else is asked.
    """
    return _likeness(model, some, _turn(model, others))


def _likeness(model: Model, some: NDArray[np.int64], others: _Turned) -> NDArray[np.float32]:
    found: NDArray[np.float32] = (model.rare[some] @ others.rare).toarray()
    found += model.common[some] @ others.common
    same = np.flatnonzero(np.isin(others.rows, some))
    itself = others.rows[same]
    found[np.searchsorted(some, itself), same] += model.lone[itself]
    return found


def _meet(into: NDArray[np.float32], known: Block, placed: Scored) -> None:
    """Lay out the squares of positive cosines. Multiplied in doubles, whose sums may be parted."""
    for start in range(0, len(known), TILE):
        tile = into[start : start + TILE]
        tile[:] = known[start : start + TILE].astype(np.float64) @ placed
        np.maximum(tile, 0, out=tile)
        tile *= tile


def _narrow(
    weights: Matrix, used: NDArray[np.int64], kind: type[np.floating[Any]] = np.float32
) -> Matrix:
    """Keep the used columns, in the precision of what they are multiplied with."""
    columns = np.searchsorted(used, weights.indices).astype(np.int32)
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
