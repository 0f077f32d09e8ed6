"""Interests and feedback of a shard of people, as coefficients that score any paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommend import asking, themes
from app.recommend.asking import Asked
from app.recommend.interests import Interest, Kind
from app.recommend.themes import Block
from app.recommend.vectors import Model
from app.recommend.weights import USUAL, Weights

Matrix: TypeAlias = sparse.csr_array
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Taste:
    """What a subscriber told us. liked, disliked: paper ids, oldest first, no id in both.

    ages: days since a paper was liked; one without an age was liked today.
    """

    interests: tuple[Interest, ...] = ()
    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()
    ages: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_blank(self) -> bool:
        """Whether nothing was said that a paper could be picked for."""
        return not self.liked and all(interest.negative for interest in self.interests)


@dataclass(frozen=True, eq=False)
class Profiles:
    """A shard's coefficients, a row each; every score is their plain sum over what was said.

    With n and t rows of the model, z their themes, c and p their places by readers and by words:

        score(n) = Σ_k asked[k]·match(k, n) + Σ_t echoes[t]·(z_t·z_n)        what was typed
                 + Σ_h liked[h]·(h·n) + near[h]·(h·n)³ + theme[h]·(z_h·z_n)  papers shown
                 + Σ_k reader_asked[k]·(p_k·p_n) + Σ_t reader_echoes[t]·(c_t·p_n)
                 + Σ_h reader_liked[h]·(c_h·p_n) + reader_near[h]·(c_h·p_n)²

    A paper is no echo of itself: t = n adds nothing. All are csr: (n_people, n_interests) for k,
    (n_people, n_papers of the model) for t and h. asked_of: the interests behind the columns k;
    said: the weight each person gave them.
    is_cold: who said nothing that the model knows. typed: (n_people,), what a single typed word
    counts for, the less the more unlike ones there are beside it; 0 where none is known.
    has_likes: who liked a paper that is known.
    """

    asked_of: Asked
    said: Matrix
    asked: Matrix
    echoes: Matrix
    liked: Matrix
    near: Matrix
    theme: Matrix
    reader_asked: Matrix
    reader_echoes: Matrix
    reader_liked: Matrix
    reader_near: Matrix
    is_cold: NDArray[np.bool_]
    typed: Vector
    has_likes: NDArray[np.bool_]


def build(model: Model, tastes: Sequence[Taste], weights: Weights = USUAL) -> Profiles:
    """Weigh everybody's interests against their feedback.

    What was typed counts 1 / (1 + fade · feedback), and a dislike is such feedback only beside a
    like: alone it leaves nothing else to go by. Each signal is a cosine to all of one kind
    together, so many interests or likes are worth no more than few; only `near` asks for the
    nearest, for a cube leaves next to nothing of the others. Interests and papers that the model
    does not know count for nothing.
    """
    wanted = [[each for each in taste.interests if not each.negative] for taste in tastes]
    asked_of = asking.ask(model, sorted({each for typed in wanted for each in typed}))
    said = _typed(asked_of, wanted)
    likes, dislikes = _likes(model, tastes, weights), _dislikes(model, tastes)
    has_words, has_likes = np.diff(said.indptr) > 0, np.diff(likes.indptr) > 0
    evidence = likes.sum(axis=1) + dislikes.sum(axis=1) * has_likes
    typed = 1 / (1 + weights.fade * evidence)
    words = _columns(said, asked_of.is_text)
    together = _lengths(_sums(words, asked_of.rows))
    found = asking.echoes(asked_of, said)
    belief = model.tastes.trust if model.tastes else 0.0
    known = model.tastes.known if model.tastes else model.themes[:, :0]
    return Profiles(
        asked_of=asked_of,
        said=said,
        asked=_scale(words, weights.word * typed, together)
        + _columns(said, _worths(asked_of, weights)),
        echoes=_share(found, weights.echo * typed, model.themes),
        liked=(
            _scale(likes, weights.liked, _reaches(model, likes))
            - _scale(dislikes, weights.disliked, _reaches(model, dislikes))
        ).tocsr(),
        near=likes * weights.near,
        theme=_share(likes, weights.theme, model.themes),
        reader_asked=_share(said, belief * weights.reader_word * typed, asked_of.places),
        reader_echoes=_share(found, belief * weights.reader_echo * typed, known),
        reader_liked=_share(likes, belief * weights.reader_liked, known),
        reader_near=_scale(likes, belief * weights.reader_near, np.sqrt(likes.sum(axis=1))),
        is_cold=~has_words & ~has_likes,
        typed=typed * has_words / _breadths(words, asked_of, together),
        has_likes=has_likes,
    )


def _typed(asked: Asked, wanted: Sequence[Sequence[Interest]]) -> Matrix:
    """Lay out the weight of each interest that some paper knows, (n_people, n_interests)."""
    known = (np.diff(asked.rows.indptr) > 0) | (np.diff(asked.facets.indptr) > 0)
    columns = [[asked.column[each] for each in typed] for typed in wanted]
    worths = np.array([each.weight for typed in wanted for each in typed], dtype=np.float64)
    return _lay_out(columns, worths, known)


def _worths(asked: Asked, weights: Weights) -> Vector:
    """What a facet counts for, which counts whole; 0 for words, of which all make a cosine."""
    of_facet = {Kind.AUTHOR: weights.author, Kind.CATEGORY: weights.category}
    return np.array([of_facet.get(each.kind, 0.0) for each in asked.interests], dtype=np.float64)


def _breadths(words: Matrix, asked: Asked, together: Vector) -> Vector:
    """How much longer all words of a person are together than the longest alone: 1 to √n."""
    lengths = _lengths(asked.rows)
    alone = words.copy()
    alone.data = alone.data * lengths[alone.indices]
    longest = alone.max(axis=1).toarray().ravel() if alone.nnz else np.zeros(alone.shape[0])
    return np.maximum(together / np.where(longest > 0, longest, np.inf), 1.0)


def _likes(model: Model, tastes: Sequence[Taste], weights: Weights) -> Matrix:
    """Lay out likes, each worth half after every half-life, (n_people, n_papers)."""
    ages = [taste.ages.get(paper_id, 0.0) for taste in tastes for paper_id in taste.liked]
    worths = 0.5 ** (np.maximum(np.array(ages, dtype=np.float64), 0.0) / weights.half_life)
    return _shown(model, [taste.liked for taste in tastes], worths)


def _dislikes(model: Model, tastes: Sequence[Taste]) -> Matrix:
    ids = [taste.disliked for taste in tastes]
    return _shown(model, ids, np.ones(sum(map(len, ids))))


def _shown(model: Model, ids: Sequence[Sequence[int]], worths: Vector) -> Matrix:
    """Lay out the papers that have a row with a word in it."""
    # One that has none is column -1, which is the last: there no paper is.
    has_words = np.append(np.diff(model.rows.indptr) > 0, False)
    rows = [[model.row_of.get(paper_id, -1) for paper_id in each] for each in ids]
    laid = _lay_out(rows, worths, has_words)
    laid.resize((len(ids), model.rows.shape[0]))
    return laid


def _lay_out(columns: Sequence[Sequence[int]], worths: Vector, known: NDArray[np.bool_]) -> Matrix:
    """Lay columns out that are known, a row for each sequence of them, each once.

    worths: of all of them, one sequence after the other.
    """
    flat = np.array([column for each in columns for column in each], dtype=np.int64)
    is_known = known[flat]
    rows = np.repeat(np.arange(len(columns)), [len(each) for each in columns])
    places = rows[is_known] * len(known) + flat[is_known]
    cells, first = np.unique(places, return_index=True)
    starts = np.searchsorted(cells, np.arange(len(columns) + 1) * len(known))
    # Of as many bits as the model's matrices, for else they are copied to multiply.
    at = (cells % len(known)).astype(np.int32), starts.astype(np.int32)
    return sparse.csr_array((worths[is_known][first], *at), (len(columns), len(known)))


def _reaches(model: Model, shown: Matrix) -> Vector:
    """How long the papers shown to each person are together, (n_people,)."""
    single = shown.astype(np.float32)
    squared = _squares(single @ model.common) + _squares(single @ model.rare)
    return np.asarray(np.sqrt(squared + _squared(shown) @ model.lone))


def _sums(said: Matrix, rows: Matrix) -> Matrix:
    """Add up what each person said, (n_people, n_terms of those said)."""
    terms, columns = np.unique(rows.indices, return_inverse=True)
    cells = rows.data, columns.astype(np.int32), rows.indptr
    return sparse.csr_array(said @ sparse.csr_array(cells, (rows.shape[0], len(terms))))


def _columns(matrix: Matrix, factors: Vector) -> Matrix:
    """Multiply each column by its factor, and drop those that become nothing."""
    scaled = matrix.copy()
    scaled.data = scaled.data * factors[scaled.indices]
    scaled.eliminate_zeros()
    return scaled


def _share(matrix: Matrix, weight: float | Vector, places: Block) -> Matrix:
    """Share a weight out over what has places, (n_columns, any): by the length of their sum."""
    return _scale(matrix, weight, _lengths(themes.add_up(matrix, places)))


def _scale(matrix: Matrix, weight: float | Vector, lengths: Vector) -> Matrix:
    """Share a weight out so that all of a row together make `weight` times a unit vector.

    lengths: of what the rows add up to, which is divided by.
    """
    factors = np.broadcast_to(weight, lengths.shape) / np.where(lengths > 0, lengths, np.inf)
    scaled = matrix.copy()
    scaled.data = scaled.data * np.repeat(factors, np.diff(matrix.indptr))
    return scaled


def _lengths(rows: Any) -> Vector:
    return np.sqrt(_squares(rows))


def _squares(rows: Any) -> Vector:
    """The squared length of each row, csr or array."""
    squared = _squared(rows) if sparse.issparse(rows) else np.square(rows, dtype=np.float64)
    return np.asarray(squared.sum(axis=1))


def _squared(rows: Matrix) -> Matrix:
    # scipy's own power puts the cells in order first, which takes longer than all the rest.
    squares = np.square(rows.data, dtype=np.float64)
    return sparse.csr_array((squares, rows.indices, rows.indptr), rows.shape)
