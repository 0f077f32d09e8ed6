"""A few papers of the day that stand for as many interests as possible, to choose from."""

import numpy as np

from app.recommend.board import Board
from app.recommend.candidates import ALIKE, DECIMALS, Floats

N = 10
POOL = 300  # the most read papers; among all the others are many that nobody knows
# What a paper is worth that nobody reads, beside the 1 of one that everybody does: unlikeness
# decides, and attention only among what is equally unlike.
FLOOR = 1.0


def choose(board: Board, n: int = N) -> list[int]:
    """Return up to n paper ids of a day, in the order chosen; the same for the same board.

    The first is the one read most. Each next one has the most of (FLOOR + trend) · (1 - c), c
    being the largest likeness to one chosen, in words or in themes; of equals the one read more,
    then the lower id. What is the same work as one chosen is left out.
    Source: farthest-point clustering, Gonzalez, Theoretical Computer Science 38 (1985), weighted.
    """
    trends = board.day.trends
    pool = np.lexsort((board.day.paper_ids, -trends))[:POOL]
    alike, worth = _likeness(board, pool), FLOOR + trends[pool]
    closest, chosen = np.zeros(len(pool)), list[int]()
    for _ in range(min(n, len(pool))):
        value = np.round(worth * (1 - closest), DECIMALS)
        value[chosen] = -1
        best = int(value.argmax())
        if closest[best] >= ALIKE:
            break
        chosen.append(best)
        closest = np.maximum(closest, alike[best])
    return [int(board.day.paper_ids[pool[place]]) for place in chosen]


def _likeness(board: Board, pool: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    """The cosines between some papers, by words or by themes, whichever is larger, (n, n)."""
    words = board.day.near[pool][:, pool].toarray()
    themes = board.model.themes[board.rows[pool]].astype(np.float64)
    return np.asarray(np.clip(np.maximum(words, themes @ themes.T), 0.0, 1.0), dtype=np.float64)
