"""Latent semantic themes: papers that share no word may still speak of the same thing.

Source: Deerwester et al., Indexing by latent semantic analysis (1990).
Centred after Suzuki et al., Centering similarity measures to reduce hubs (2013).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Block = NDArray[np.float32]  # one row a paper, unit length or zero

N_THEMES = 300
SEED = 0
# What all papers have in common makes some of them like everybody's; without any of it, though,
# what a whole field is written about would be lost.
CENTRED = 0.5
# Of fewer papers the middle is where they happen to lie, and less of it is taken off.
ENOUGH = 1_000  # papers learned from
# Of more papers so many, from all times alike, teach the axes: others hardly move them any more.
MOST_TAUGHT = 30_000


def place(rows: sparse.csr_array, n_learned: int) -> Block:
    """Place papers along the axes on which the first of them, to learn from, differ most."""
    if n_learned > MOST_TAUGHT:
        return _place_by_some(rows, n_learned)
    narrow = _merge(rows, n_learned)
    n_themes = min(N_THEMES, n_learned - 1, narrow.shape[1] - 1)
    if n_themes < 1 or not rows.nnz:
        return np.zeros((rows.shape[0], 0), dtype=np.float32)
    # Takes a second to import: only whoever fits pays for it.
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415

    space = TruncatedSVD(n_themes, n_iter=4, random_state=SEED)
    # Where all papers are alike nothing differs, and the variance it explains is no number.
    with np.errstate(invalid="ignore", divide="ignore"):
        space.fit(narrow[:n_learned])
    placed = unit(np.asarray(narrow @ space.components_.T, dtype=np.float32))
    return centre(placed, middle(placed[:n_learned]))


def _place_by_some(rows: sparse.csr_array, n_learned: int) -> Block:
    step = -(-n_learned // MOST_TAUGHT)
    taught = np.arange(0, n_learned, step)
    order = np.concatenate([taught, np.setdiff1d(np.arange(rows.shape[0]), taught)])
    found = place(rows[order], len(taught))
    placed = np.empty_like(found)
    placed[order] = found
    return placed


def _merge(rows: sparse.csr_array, n_learned: int) -> sparse.csr_array:
    """Lay all terms that a single learned paper holds into one column for that paper.

    Most terms are such; they say nothing of two papers, so all products of learned rows, and with
    them the axes, stay as they are, at a tenth of the memory.
    """
    learned = rows[:n_learned]
    n_papers = np.bincount(learned.indices, minlength=rows.shape[1])
    paper_of = np.repeat(np.arange(n_learned), np.diff(learned.indptr))
    lone = n_papers[learned.indices] == 1
    owner, term, weight = paper_of[lone], learned.indices[lone], learned.data[lone]
    length = np.sqrt(np.bincount(owner, np.square(weight, dtype=np.float64), n_learned))
    cells = (weight / length[owner]).astype(np.float32), (term, owner)
    merging = sparse.csr_array(sparse.coo_array(cells, shape=(rows.shape[1], n_learned)))
    shared = sparse.csr_array(rows.tocsc()[:, np.flatnonzero(n_papers > 1)])
    return sparse.csr_array(sparse.hstack([shared, rows @ merging], format="csr"))


def middle(learned: Block) -> Block:
    """How far to move the origin towards the mean of the papers learned from."""
    share = CENTRED * min(1, len(learned) / ENOUGH)
    return np.asarray(learned.mean(axis=0) * share, dtype=np.float32)


def centre(places: Block, middle: Block) -> Block:
    """Move the middle to the origin, and every place back to length 1; a place of zeros stays."""
    somewhere = places.any(axis=-1, keepdims=True)
    return unit((places - middle) * somewhere)


def add_up(weights: sparse.csr_array, places: Block) -> NDArray[np.float64]:
    """Return weights @ places; in single precision, for else all places would be copied."""
    return np.asarray(weights.astype(np.float32) @ places, dtype=np.float64)


def unit(rows: Block) -> Block:
    """Bring every row to length 1; one of length 0 stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)
