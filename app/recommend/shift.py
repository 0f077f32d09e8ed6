"""What one verdict moved in a reader's profile, in words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.recommend import overlap, profile
from app.recommend.board import Board
from app.recommend.overlap import PAIR_SAYS_MORE, WORTH_NAMING
from app.recommend.profile import Profiles, Taste
from app.recommend.vectors import Model

N_WORDS = 5
# Less is noise: a weight is a part of a unit vector times a coefficient of about one.
LEAST = 1e-4


@dataclass(frozen=True)
class Shift:
    """Words that count more, and less, than before; what moved most first."""

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()


def of(board: Board, before: Taste, after: Taste, paper_id: int) -> Shift:
    """Name the words of a paper whose weight differs between two tastes of one reader.

    A weight is what a word adds to the score of a paper that holds it: by what was typed, and by
    its place in papers liked and disliked. Nothing for a paper that the model does not know.
    """
    row = board.model.row_of.get(paper_id)
    if row is None or before == after:
        return Shift()
    columns = np.array(sorted(board.columns(row)), dtype=np.int64)
    was, now = _weights(board.model, profile.build(board.model, [before, after]), columns)
    moved = (now - was) * np.where(board.model.is_pair[columns], PAIR_SAYS_MORE, 1.0)
    return Shift(_named(board, columns, moved), _named(board, columns, -moved))


def _weights(
    model: Model, profiles: Profiles, columns: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    asked = profiles.asked @ profiles.asked_of.rows[:, columns]
    used = np.unique(profiles.liked.indices)
    shown = profiles.liked[:, used] @ model.rows[used][:, columns]
    was, now = np.asarray((asked + shown).toarray(), dtype=np.float64)
    return was, now


def _named(board: Board, columns: NDArray[np.int64], moved: NDArray[np.float64]) -> tuple[str, ...]:
    order = np.argsort(-moved, kind="stable")
    least = max(LEAST, WORTH_NAMING * float(moved.max(initial=0.0)))
    worthy = (int(columns[n]) for n in order if moved[n] >= least)
    return overlap.say(board, worthy, N_WORDS)
