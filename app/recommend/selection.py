"""Which of the scored papers go into a letter, and in which order."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from app.recommend import words
from app.recommend.interests import Interest
from app.recommend.vectors import Model

# Lower scores than this come from words that any two abstracts share.
MIN_SCORE = 0.04
LIMIT = 10
ALIKE = 0.95  # cosine above which two papers are one work, spelt or typeset in two ways
DECIMALS = 6  # scores that differ only beyond are equal, and the trend decides

Twins = Mapping[int, Set[int]]  # paper id → the ids of its twins


@dataclass(frozen=True)
class Candidate:
    """A paper that a subscriber was not sent yet. trend: 0 to 1, as `scoring.trend` gives it."""

    paper_id: int
    trend: float = 0.0


def twins(model: Model, paper_ids: Sequence[int]) -> Twins:
    """Find papers that are one work under two spellings: the others that share almost every word.

    Those without a twin are left out. KeyError for a paper that is not in the model.
    """
    rows = model.rows_of(paper_ids)
    near = (rows @ rows.T).tocoo()
    found: dict[int, set[int]] = {}
    for one, other, cosine in zip(near.row, near.col, near.data, strict=True):
        if one != other and cosine >= ALIKE:
            found.setdefault(paper_ids[one], set()).add(paper_ids[other])
    return found


def choose(
    scores: Sequence[float],
    candidates: Sequence[Candidate],
    left_out: Set[int] = frozenset(),
    limit: int = LIMIT,
    min_score: float = MIN_SCORE,
    same: Twins = MappingProxyType({}),
) -> list[int]:
    """Return the places of the best candidates, best first, never more than `limit`.

    Of equal scores the higher trend is first, then the lower paper id. left_out: paper ids never
    to choose. A paper below `min_score` is left out too: a letter is never padded. same: of twins
    only the better one is chosen.
    """
    fit = [
        (-round(float(score), DECIMALS), -candidate.trend, candidate.paper_id, place)
        for place, (score, candidate) in enumerate(zip(scores, candidates, strict=True))
        if score >= min_score and candidate.paper_id not in left_out
    ]
    chosen: list[int] = []
    gone: set[int] = set()
    for *_, paper_id, place in sorted(fit):
        if len(chosen) == limit:
            break
        if paper_id not in gone:
            chosen.append(place)
            gone.update(same.get(paper_id, ()))
    return chosen


def muted(
    model: Model, interests: Iterable[Interest], paper_ids: Sequence[int]
) -> dict[Interest, frozenset[int]]:
    """Return, for each interest, the papers whose title or abstract holds it.

    A word counts by its stem; a phrase, or a word with hyphens, where all its neighbouring pairs
    stand. KeyError for a paper that is not in the model.
    """
    found: dict[Interest, frozenset[int]] = {}
    papers = model.rows_of(paper_ids).tocsc()
    for interest in interests:
        terms = words.phrase(interest.text)
        columns = [model.vocabulary[term] for term in terms if term in model.vocabulary]
        held = set(paper_ids) if len(columns) == len(terms) else set()
        for column in columns:
            cells = papers.indices[papers.indptr[column] : papers.indptr[column + 1]]
            held &= {paper_ids[row] for row in cells.tolist()}
        found[interest] = frozenset(held)
    return found
