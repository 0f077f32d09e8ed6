"""Interests and feedback of one subscriber, as coefficients that score any paper."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from app import errors
from app.recommend.interests import Interest
from app.recommend.vectors import Model

# What a person typed counts less the more they have shown by liking.
FADE = 0.2
# A dislike is often about one paper and not about its topic.
DISLIKE = 0.1


@dataclass(frozen=True)
class Taste:
    """What a subscriber told us. liked, disliked: paper ids, oldest first, no id in both."""

    interests: tuple[Interest, ...] = ()
    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether nothing was said that a paper could be picked for."""
        return not self.liked and all(interest.negative for interest in self.interests)


@dataclass(frozen=True)
class Profile:
    """A score's coefficients: score(p) = Σ asked[k]·(w_k·p) + Σ shown[h]·(h·p - m_h).

    p and h are unit rows of the model, w_k the interest's weighed terms (Model.ask), and m_h is
    what h shares with any paper (Model.background), so that many likes do not lift every score.
    asked: interest → coefficient. shown: paper id → coefficient, negative for a disliked paper.
    A plain sum, so that every score can be told apart into its shares.
    """

    asked: Mapping[Interest, float]
    shown: Mapping[int, float]


def build(model: Model, taste: Taste) -> Profile:
    """Weigh interests against feedback.

    The score is a sum of two cosines, to all interests together and to all likes together, where
    the interests' part falls as 1 / (1 + FADE · feedback); less DISLIKE times the dislikes' cosine.
    It is multiplied by the breadth of the interests (1 for one, up to √m for m unlike ones), for
    somebody who names ten subjects does not want each paper to be about all ten; the more likes,
    the less of that.
    Interests and papers that the model does not know count for nothing.
    Raises ColdStart when that leaves neither an interest nor a liked paper.
    """
    asked, rows = _asked(model, taste)
    liked, disliked = _known(model, taste.liked), _known(model, taste.disliked)
    if not asked and not liked:
        raise errors.ColdStart("no interest that any paper mentions, and no liked paper yet")
    # A dislike tells what the words did not mean, but only beside a like is anything left to weigh.
    n_shown = len(liked) + len(disliked) if liked else 0
    typed, shown = (1 / (1 + FADE * n_shown) if asked else 0.0), float(bool(liked))
    scale = (typed * _breadth(rows) + shown) / (typed + shown)
    coefficients = _share_out(model, liked, scale)
    for paper_id, coefficient in _share_out(model, disliked, -scale * DISLIKE).items():
        coefficients[paper_id] = coefficients.get(paper_id, 0.0) + coefficient
    return Profile(dict.fromkeys(asked, scale * typed / _length(rows)), coefficients)


def _asked(model: Model, taste: Taste) -> tuple[list[Interest], sparse.csr_array]:
    """Return the wanted interests that some paper mentions, and their weighed terms."""
    wanted = [interest for interest in taste.interests if not interest.negative]
    rows = model.ask([interest.text for interest in wanted])
    known = np.flatnonzero(np.diff(rows.indptr))
    return [wanted[n] for n in known], rows[known]


def _known(model: Model, paper_ids: Iterable[int]) -> list[int]:
    """Keep the papers that have a row with a word in it, each once."""
    starts = model.rows.indptr
    rows = {paper_id: model.row_of.get(paper_id) for paper_id in paper_ids}
    return [i for i, row in rows.items() if row is not None and starts[row] < starts[row + 1]]


def _share_out(model: Model, paper_ids: list[int], weight: float) -> dict[int, float]:
    """Give each paper its part of a cosine to all of them together."""
    return dict.fromkeys(paper_ids, weight / _length(model.rows_of(paper_ids)))


def _breadth(rows: sparse.csr_array) -> float:
    longest = float(np.sqrt(rows.multiply(rows).sum(axis=1)).max(initial=0.0))
    return _length(rows) / longest if longest else 1.0


def _length(rows: sparse.csr_array) -> float:
    """Return the length of the rows' sum, 1 where there is none."""
    return float(np.linalg.norm(rows.sum(axis=0))) or 1.0
