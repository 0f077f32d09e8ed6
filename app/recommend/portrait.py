"""What likes and dislikes have taught of one person, as words that they can read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy import sparse

from app.recommend import profile
from app.recommend.profile import Taste
from app.recommend.vectors import Model

N_TRAITS = 12
N_TEACHERS = 3
# "language models" tells a reader more than "language" and "models" do.
PAIR_SAYS_MORE = 2.0
# Less than this part of the strongest is noise.
WORTH_SAYING = 0.1


@dataclass(frozen=True)
class Trait:
    """One word or pair of words, as the corpus writes it, that moves scores.

    weight: from −1 to 1, 1 for the strongest of them; below 0 it takes papers away. papers: those
    that taught it, at most N_TEACHERS, the one that taught most first.
    """

    text: str
    weight: float
    papers: tuple[int, ...]


def learned(model: Model, taste: Taste) -> list[Trait]:
    """The strongest traits, strongest first; none where nothing known was liked or disliked.

    Read off the very coefficients that score papers. What was typed is not among them.
    """
    liked = profile.build(model, [taste]).liked
    weights = sparse.csr_array(liked @ model.rows)
    if not weights.nnz:
        return []
    chosen = sorted(islice(_telling(model, weights), N_TRAITS), key=lambda each: -abs(each[1]))
    strongest = abs(chosen[0][1]) if chosen else 1.0
    ids = _ids(model, taste)
    return [
        Trait(
            model.readable(model.terms[column]),
            weight / strongest,
            _teachers(model, liked, column, weight, ids),
        )
        for column, weight in chosen
        if abs(weight) >= WORTH_SAYING * strongest
    ]


def _telling(model: Model, weights: sparse.csr_array) -> Iterator[tuple[int, float]]:
    """Columns and their weights, the most telling first, no word in two of them."""
    says = np.abs(weights.data) * np.where(model.is_pair[weights.indices], PAIR_SAYS_MORE, 1.0)
    told: set[str] = set()
    for place in np.lexsort((weights.indices, -says)).tolist():
        column = int(weights.indices[place])
        stems = model.terms[column].split(" ")
        if told.isdisjoint(stems) and all(stem.isalpha() and len(stem) > 1 for stem in stems):
            told.update(stems)
            yield column, float(weights.data[place])


def _ids(model: Model, taste: Taste) -> dict[int, int]:
    judged = (*taste.liked, *taste.disliked)
    return {model.row_of[each]: each for each in judged if each in model.row_of}


def _teachers(
    model: Model, liked: sparse.csr_array, column: int, weight: float, ids: Mapping[int, int]
) -> tuple[int, ...]:
    """The papers whose share of a weight has its sign, the largest first."""
    rows = liked.indices
    shares = liked.data * model.rows[rows][:, [column]].toarray().ravel()
    order = np.lexsort((rows, -shares * np.sign(weight))).tolist()
    taught = [int(rows[place]) for place in order if shares[place] * weight > 0]
    return tuple(ids[row] for row in taught[:N_TEACHERS])
