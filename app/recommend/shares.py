"""Scores told apart in numbers: what each interest and each paper shown added to one.

For many picks at once, a pick being a person and a paper. What a pick's person said is laid out
flat: a cell for each pick and each thing said, pick after pick.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend import scoring
from app.recommend.profile import Matrix, Profiles
from app.recommend.themes import Block
from app.recommend.vectors import Model

Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cells:
    """What the people of some picks said of one kind, and the cells of it.

    person, of: (n_said,), who said it and the column of the profiles for it, ascending. pick, said:
    (n_cells,), a pick and a thing said by its person. starts: (n_picks + 1,), where the cells of
    each pick begin. blocks: for each person their picks, first and behind the last, and what they
    said.
    """

    person: Numbers
    of: Numbers
    pick: Numbers
    said: Numbers
    starts: Numbers
    blocks: list[tuple[int, int, int, int]]

    def weigh(self, coefficients: Matrix) -> Vector:
        """Look the coefficients of a profile up, one a cell."""
        return look_up(coefficients, self.person, self.of)[self.said]

    def multiply(self, places: Block, papers: Block) -> Vector:
        """Multiply places of what was said with those of the picks' papers, one product a cell."""
        ours, theirs = places[self.of].astype(np.float64), papers.astype(np.float64)
        found = [(theirs[a:b] @ ours[c:d].T).ravel() for a, b, c, d in self.blocks]
        return np.concatenate([np.zeros(0), *found])

    def add_up(self, shares: Vector) -> Vector:
        """Add up the cells of each pick."""
        return np.bincount(self.pick, shares, len(self.starts) - 1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Told:
    """Some scores told apart: all shares of a pick add up to its score.

    typed, added: what each interest added; is_met: whether the paper has a word of it, or is by or
    in it. shown, taught: what each liked or disliked paper, a row of the model, added; is_liked:
    which of the two it is. readers: (n_picks,), the part of all of it that other readers' likes
    brought. stands: csr, a row for each interest said, how much each earlier paper stands for it.
    """

    rows: Numbers
    typed: Cells
    added: Vector
    is_met: NDArray[np.bool_]
    shown: Cells
    taught: Vector
    is_liked: NDArray[np.bool_]
    readers: Vector
    stands: Matrix


def tell(model: Model, profiles: Profiles, people: Numbers, rows: Numbers) -> Told:
    """Tell apart the scores of people, ascending, each for a paper, as rows of the model."""
    typed, echoes = _lay(profiles.said, people), _lay(profiles.echoes, people)
    shown = _lay(sparse.csr_array(_ones(profiles.liked) + _ones(profiles.near)), people)
    known, placed = model.themes[:, :0], model.themes[:, :0]
    if model.tastes is not None:
        known, placed = model.tastes.known, model.tastes.placed
    matches, likeness = _meet(model, profiles, typed, shown, rows)
    themes, placed = model.themes[rows], placed[rows]

    split = _split(profiles, typed, echoes)
    # A paper is no echo of itself.
    others = echoes.of[echoes.said] != rows[echoes.pick]
    echoed = echoes.weigh(profiles.echoes) * echoes.multiply(model.themes, themes) * others
    mirrored = echoes.weigh(profiles.reader_echoes) * echoes.multiply(known, placed) * others
    added = typed.weigh(profiles.asked) * matches + _share_out(typed, echoes, split, echoed)
    by_words = typed.weigh(profiles.reader_asked)
    by_words *= typed.multiply(profiles.asked_of.places, placed)
    by_words += _share_out(typed, echoes, split, mirrored)

    near = shown.multiply(known, placed)
    taught = shown.weigh(profiles.liked) * likeness
    taught += shown.weigh(profiles.near) * (likeness * likeness * likeness)
    taught += shown.weigh(profiles.theme) * shown.multiply(model.themes, themes)
    by_likes = shown.weigh(profiles.reader_liked) * near
    by_likes += shown.weigh(profiles.reader_near) * np.square(np.maximum(near, 0))
    return Told(
        rows=rows,
        typed=typed,
        added=added + by_words,
        is_met=matches > 0,
        shown=shown,
        taught=taught + by_likes,
        is_liked=shown.weigh(_ones(profiles.near)) > 0,
        readers=typed.add_up(by_words) + shown.add_up(by_likes),
        stands=_stands(profiles, split, echoes),
    )


def _lay(pattern: Matrix, people: Numbers) -> Cells:
    """Lay out for each pick all that a csr matrix holds of its person."""
    pattern.sort_indices()
    who, first, n_picks = np.unique(people, return_index=True, return_counts=True)
    sizes = np.diff(pattern.indptr)[who]
    starts = np.cumsum(sizes) - sizes
    per_pick = np.repeat(sizes, n_picks)
    return Cells(
        person=np.repeat(who, sizes),
        of=pattern.indices[_runs(pattern.indptr[who], sizes)],
        pick=np.repeat(np.arange(len(people)), per_pick),
        said=_runs(np.repeat(starts, n_picks), per_pick),
        starts=np.concatenate([[0], np.cumsum(per_pick)]),
        blocks=np.stack([first, first + n_picks, starts, starts + sizes], axis=1).tolist(),
    )


def look_up(matrix: Matrix, rows: Numbers, columns: Numbers) -> Vector:
    """What stands at some places of a csr matrix, 0 where nothing does."""
    # Of no places scipy makes a matrix.
    return np.asarray(matrix[rows, columns]) if len(rows) else np.zeros(0)


def _ones(matrix: Matrix) -> Matrix:
    """Mark what a matrix holds, be it nothing."""
    ones = np.ones(len(matrix.data))
    return sparse.csr_array((ones, matrix.indices, matrix.indptr), matrix.shape)


def _runs(starts: Numbers, sizes: Numbers) -> Numbers:
    """Count up from each start, so many numbers each."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)


def _meet(
    model: Model, profiles: Profiles, typed: Cells, shown: Cells, rows: Numbers
) -> tuple[Vector, Vector]:
    """Return matches with interests and likeness to papers shown, each product made only once."""
    papers, at = np.unique(rows, return_inverse=True)
    kept, k = np.unique(typed.of, return_inverse=True)
    used, h = np.unique(shown.of, return_inverse=True)
    matches = scoring.matches(model, profiles.asked_of, kept, papers)
    likeness = scoring.likeness(model, used, papers)
    return (
        matches[k[typed.said], at[typed.pick]],
        likeness[h[shown.said], at[shown.pick]].astype(np.float64),
    )


def _split(profiles: Profiles, typed: Cells, echoes: Cells) -> Matrix:
    """The part that each interest has in each echo of its person, (n_said, n_echoes said)."""
    people = np.searchsorted(echoes.person, typed.person)
    sizes = np.searchsorted(echoes.person, typed.person, side="right") - people
    k, t = np.repeat(np.arange(len(sizes)), sizes), _runs(people, sizes)
    said = look_up(profiles.said, typed.person, typed.of)
    parts = said[k] * look_up(profiles.asked_of.best, typed.of[k], echoes.of[t])
    whole = np.bincount(t, parts, len(echoes.of))
    parts /= np.where(whole > 0, whole, 1)[t]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return sparse.csr_array((parts, t, starts), (len(sizes), len(echoes.of)))


def _share_out(typed: Cells, echoes: Cells, split: Matrix, echoed: Vector) -> Vector:
    """Give each interest its part of what the echoes added, one sum a cell of `typed`."""
    shape = (len(echoes.starts) - 1, len(echoes.of))
    of_picks = sparse.csr_array((echoed, echoes.said, echoes.starts), shape)
    return look_up(sparse.csr_array(of_picks @ split.T), typed.pick, typed.said)


def _stands(profiles: Profiles, split: Matrix, echoes: Cells) -> Matrix:
    worth = look_up(profiles.echoes, echoes.person, echoes.of)
    cells = split.data * worth[split.indices], echoes.of[split.indices], split.indptr
    return sparse.csr_array(cells, (split.shape[0], profiles.echoes.shape[1]))
