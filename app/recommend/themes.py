"""Latent semantic themes: papers that share no word may still speak of the same thing.

Source: Deerwester et al., Indexing by latent semantic analysis (1990).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Block = NDArray[np.float32]  # one row a paper, unit length or zero

N_THEMES = 300
SEED = 0


def fit(rows: sparse.csr_array) -> Block:
    """Find the axes, (n_terms, n_themes), along which the rows of a corpus differ most."""
    n_themes = min(N_THEMES, rows.shape[0] - 1, rows.shape[1] - 1)
    if n_themes < 1:
        return np.zeros((rows.shape[1], 0), dtype=np.float32)
    # Takes a second to import: only whoever fits pays for it.
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415

    axes = TruncatedSVD(n_themes, n_iter=4, random_state=SEED).fit(rows).components_.T
    return np.ascontiguousarray(axes, dtype=np.float32)


def place(rows: sparse.csr_array, axes: Block) -> Block:
    """Place papers along the axes."""
    return unit(np.asarray(rows @ axes, dtype=np.float32))


def unit(rows: Block) -> Block:
    """Bring every row to length 1; one of length 0 stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)
