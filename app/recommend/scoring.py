"""Scores of a whole shard at once, and any of them told apart into its shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend.asking import Asked
from app.recommend.interests import Interest
from app.recommend.profile import Matrix, Profiles
from app.recommend.themes import Block
from app.recommend.vectors import Model

Scored = NDArray[np.float64]

# Candidates scored at once: bounds the memory whatever their number.
WIDTH = 2048
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
        block += profiles.asked @ _matches(model, profiles.asked_of, slice(None), part)
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


def _matches(
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
    matches: Scored = said.astype(np.float64) + met
    return matches


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
        likeness = (model.rows[used] @ model.rows[rows].T).toarray()
        block += _narrow(profiles.liked, used) @ likeness
        # Products, since a power takes twenty times as long.
        block += _narrow(profiles.near, used) @ (likeness * likeness * likeness)


def _add_near(block: Scored, near: Matrix, known: Block, placed: Block) -> None:
    used = np.unique(near.indices)
    if len(used):
        likeness = _times(known[used], placed)
        block += _narrow(near, used, np.float64) @ np.square(np.maximum(likeness, 0))


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


@dataclass(frozen=True, eq=False)
class Shared:
    """What all interests and shown papers of some people have to do with a few papers.

    Multiplied once for all of them. rows, asked, shown: papers, interests (columns of
    Profiles.asked) and shown papers, each ascending. matches: (n_asked, n_rows). likeness:
    (n_shown, n_rows). themes, placed: of the rows, in double precision.
    """

    rows: NDArray[np.int64]
    asked: NDArray[np.int64]
    matches: Scored
    shown: NDArray[np.int64]
    likeness: Scored
    themes: Scored
    placed: Scored


def share(model: Model, profiles: Profiles, people: slice, rows: NDArray[np.int64]) -> Shared:
    """Multiply once what `tell` needs for each of these people and any of these papers."""
    rows = np.unique(rows)
    asked = np.unique(_indices(profiles.asked, people))
    shown = np.union1d(_indices(profiles.liked, people), _indices(profiles.near, people))
    likeness = (model.rows[shown] @ model.rows[rows].T).toarray()
    placed = model.tastes.placed[rows] if model.tastes else np.zeros((len(rows), 0))
    return Shared(
        rows=rows,
        asked=asked,
        matches=_matches(model, profiles.asked_of, asked, rows),
        shown=shown,
        likeness=likeness.astype(np.float64),
        themes=model.themes[rows].astype(np.float64),
        placed=placed.astype(np.float64),
    )


@dataclass(frozen=True, eq=False)
class Told:
    """A few scores of one person, told apart; each column of asked and shown adds to its score.

    asked: (n_interests, n_papers); met: the same, for the part that is a match with the paper's
    own words, author or category. echoes: (n_echoes,), rows of the papers that match best what was
    typed, and weight: (n_interests, n_echoes), how much of each is due to which interest. shown:
    (n_shown, n_papers) for the liked and disliked papers of `rows`, ascending. readers:
    (n_papers,), the part of all of it that other readers' likes brought.
    """

    interests: Sequence[Interest]
    asked: Scored
    met: Scored
    echoes: NDArray[np.int64]
    weight: Scored
    rows: NDArray[np.int64]
    is_liked: NDArray[np.bool_]
    shown: Scored
    readers: NDArray[np.float64]


def tell(
    model: Model,
    profiles: Profiles,
    person: int,
    rows: NDArray[np.int64],
    shared: Shared | None = None,
) -> Told:
    """Tell one person's scores apart for papers given as rows of the model.

    shared: as `share` gives it for this person among others, and these papers among others.
    """
    shared = shared or share(model, profiles, slice(person, person + 1), rows)
    at = np.searchsorted(shared.rows, rows)
    kept, worth = _cells(profiles.asked, person)
    echoes, echoed = _cells(profiles.echoes, person)
    liked = _cells(profiles.near, person)[0]
    shown = np.union1d(_cells(profiles.liked, person)[0], liked)
    split = _split(profiles, person, kept, echoes)
    matches = shared.matches[np.searchsorted(shared.asked, kept)[:, None], at]
    likeness = shared.likeness[np.searchsorted(shared.shown, shown)[:, None], at]
    # A paper is no echo of itself.
    others = echoes[:, None] != rows
    themes = model.themes[np.concatenate([echoes, shown])] @ shared.themes[at].T
    met = worth[:, None] * matches
    asked = met + split @ (echoed[:, None] * themes[: len(echoes)] * others)
    added = _at(profiles.liked, person, shown) * likeness
    added += _at(profiles.near, person, shown) * (likeness * likeness * likeness)
    added += _at(profiles.theme, person, shown) * themes[len(echoes) :]
    typed, taught = np.zeros_like(asked), np.zeros_like(added)
    if model.tastes is not None:
        placed = shared.placed[at].T
        places = model.tastes.known[np.concatenate([echoes, shown])] @ placed
        typed = _at(profiles.reader_asked, person, kept) * (profiles.asked_of.places[kept] @ placed)
        mirrored = _at(profiles.reader_echoes, person, echoes) * places[: len(echoes)] * others
        typed += split @ mirrored
        near = np.square(np.maximum(places[len(echoes) :], 0))
        taught = _at(profiles.reader_liked, person, shown) * places[len(echoes) :]
        taught += _at(profiles.reader_near, person, shown) * near
    return Told(
        interests=[profiles.asked_of.interests[k] for k in kept.tolist()],
        asked=asked + typed,
        met=met,
        echoes=echoes,
        weight=split * echoed,
        rows=shown,
        is_liked=_holds(liked, shown),
        shown=added + taught,
        readers=typed.sum(axis=0) + taught.sum(axis=0),
    )


def _split(
    profiles: Profiles, person: int, kept: NDArray[np.int64], echoes: NDArray[np.int64]
) -> Scored:
    """The part of each interest in each echo of a person, (n_interests, n_echoes)."""
    best = [_at(profiles.asked_of.best, k, echoes)[:, 0] for k in kept.tolist()]
    parts = _at(profiles.said, person, kept) * np.array(best).reshape(len(kept), len(echoes))
    whole = parts.sum(axis=0)
    return np.asarray(parts / np.where(whole > 0, whole, 1))


# Slices of a few cells: scipy takes ten times as long to cut a row out of a matrix.


def _indices(matrix: Matrix, rows: slice) -> NDArray[np.int64]:
    starts = matrix.indptr
    return np.asarray(matrix.indices[starts[rows.start] : starts[rows.stop]])


def _cells(matrix: Matrix, row: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The columns of a row, ascending, and what stands there."""
    cells = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[cells], matrix.data[cells]


def _at(matrix: Matrix, row: int, columns: NDArray[np.int64]) -> Scored:
    """What stands in a row at some columns, 0 where nothing does, (n_columns, 1)."""
    known, values = _cells(matrix, row)
    if not len(known):
        return np.zeros((len(columns), 1))
    places = np.minimum(np.searchsorted(known, columns), len(known) - 1)
    return np.where(known[places] == columns, values[places], 0.0)[:, None]


def _holds(known: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of some columns are known; both ascending."""
    return np.searchsorted(known, columns, side="right") > np.searchsorted(known, columns)
