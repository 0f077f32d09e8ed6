"""What readers in sum like together, as a map from words to places: close places, like readers.

A matrix factorisation of libraries gives every liked paper a place; ridge regression from TF-IDF
rows to places then finds one for papers that nobody has liked yet. After Van den Oord, Dieleman,
Schrauwen, Deep content-based music recommendation (2013), with words for sound.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend import themes
from app.recommend.themes import Block

N_TASTES = 200
RIDGE = 2.0
# Readers of a paper beyond which more of them do not make its place any surer.
SURE = 20
# Readers from which on a paper's own place counts alone, and not the one its words give it.
KNOWN = 8
# Fewer would make a person of a place.
FEWEST_READERS = 30
# The regression takes memory by the square of the papers it is taught on: 600 MB for these.
MOST_TAUGHT = 12_000
AT_ONCE = 1024  # papers multiplied with all others, for a sparse product takes more memory
# Likes at which the map begins to count, and by which power of ten more it counts in full.
FIRST, FULL = 1000, 1.5


@dataclass(frozen=True, eq=False)
class Tastes:
    """Places by likes. trust: 0 to 1, by how many likes they were learned from.

    placed: (n_papers, n_tastes) where a paper's words place it; known: where its readers and its
    words do. bridge: the answers of the regression, (n_taught, n_tastes); taught: the rows of the
    papers it was taught on, (n_taught,). So the place of words is (words · rows[taught]ᵀ) · bridge.
    """

    trust: float
    placed: Block = field(repr=False)
    known: Block = field(repr=False)
    bridge: Block = field(repr=False)
    taught: NDArray[np.int64] = field(repr=False)


def trust(n_likes: int) -> float:
    """How far to believe a map learned from so many likes: nothing below FIRST of them."""
    return min(max(math.log10(max(n_likes, 1) / FIRST) / FULL, 0.0), 1.0)


def learn(rows: sparse.csr_array, libraries: Sequence[Sequence[int]]) -> Tastes | None:
    """Learn from libraries, each the row numbers that one reader likes; None if too few.

    rows: the corpus's unit TF-IDF rows. Of very many liked papers, those of most readers teach.
    """
    libraries = [sorted(set(library)) for library in libraries if library]
    belief = trust(sum(map(len, libraries)))
    if len(libraries) < FEWEST_READERS or not belief:
        return None
    likes = _likes(rows.shape[0], libraries)
    n_readers = np.asarray((likes > 0).sum(axis=0)).ravel()
    taught = np.sort(
        np.argsort(-n_readers, kind="stable")[: min(np.count_nonzero(n_readers), MOST_TAUGHT)]
    )
    places = _places(likes[:, taught], n_readers[taught])
    bridge = _bridge(rows[taught], n_readers[taught], places)
    placed = themes.unit(_across(rows, taught, bridge))
    own = np.minimum(n_readers[taught] / KNOWN, 1)[:, None].astype(np.float32)
    known = placed.copy()
    known[taught] = themes.unit(own * places + (1 - own) * placed[taught])
    return Tastes(belief, placed, known, bridge, taught)


def _across(rows: sparse.csr_array, taught: NDArray[np.int64], bridge: Block) -> Block:
    """Return (rows · rows[taught]ᵀ) · bridge, the second product first.

    Nine of ten terms are a single paper's, which it shares with itself alone: laid out with the
    others, they would take ten times the memory.
    """
    held = np.bincount(rows.indices, minlength=rows.shape[1])
    is_taught = np.zeros(rows.shape[1], dtype=np.bool_)
    is_taught[rows[taught].indices] = True
    shared = sparse.csr_array(rows[:, np.flatnonzero(is_taught & (held > 1))])
    placed = np.asarray(shared @ (shared[taught].T @ bridge), dtype=np.float32)
    own = rows[taught]
    own.data = np.where(held[own.indices] == 1, np.square(own.data), np.float32(0))
    placed[taught] += np.asarray(own.sum(axis=1))[:, None] * bridge
    return placed


def _likes(n_papers: int, libraries: Sequence[Sequence[int]]) -> sparse.csr_array:
    """Lay libraries out as rows of unit length."""
    columns = np.array([row for library in libraries for row in library], dtype=np.int64)
    values = np.repeat([len(each) ** -0.5 for each in libraries], [len(each) for each in libraries])
    starts = np.cumsum([0, *map(len, libraries)])
    shape = (len(libraries), n_papers)
    return sparse.csr_array((values.astype(np.float32), columns, starts), shape)


def _places(likes: sparse.csr_array, n_readers: NDArray[np.int64]) -> Block:
    """Place papers by their readers, the middle of them at the origin.

    There the regression leaves a paper whose words tell nothing of who will like it.
    """
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415

    rarity = np.log((likes.shape[0] + 1) / (n_readers + 1)).astype(np.float32)
    weighed = sparse.csr_array((likes @ sparse.diags_array(rarity)).T)
    n_tastes = max(min(N_TASTES, min(weighed.shape) - 1), 1)
    space = TruncatedSVD(n_tastes, n_iter=4, random_state=themes.SEED)
    # Where all libraries are alike nothing differs, and the variance it explains is no number.
    with np.errstate(invalid="ignore", divide="ignore"):
        placed = themes.unit(np.asarray(space.fit_transform(weighed), dtype=np.float32))
    return themes.centre(placed, placed.mean(axis=0))


def _bridge(rows: sparse.csr_array, n_readers: NDArray[np.int64], places: Block) -> Block:
    """Solve (X Xᵀ + diag(RIDGE / readers)) A = places; a paper with many readers is surer."""
    from scipy import linalg  # noqa: PLC0415  (only whoever fits pays for it)

    kernel = np.empty((rows.shape[0], rows.shape[0]), dtype=rows.dtype)
    turned = sparse.csr_array(rows.T)
    for start in range(0, len(kernel), AT_ONCE):
        kernel[start : start + AT_ONCE] = (rows[start : start + AT_ONCE] @ turned).toarray()
    kernel[np.diag_indices_from(kernel)] += RIDGE / np.minimum(n_readers, SURE)
    factor = linalg.cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(linalg.cho_solve(factor, places, check_finite=False), dtype=np.float32)
