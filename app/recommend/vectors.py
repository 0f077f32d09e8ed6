"""The model: TF-IDF over the stored corpus, one unit-length row a paper."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.papers.paper import Paper
from app.recommend import counts, facets, tastes, themes, words
from app.recommend.counts import Counts
from app.recommend.tastes import Tastes
from app.recommend.themes import Block

# Pairs say more than words but repeat them too; at full weight they drown the single words.
PAIR_WEIGHT = 0.7
# How much of the division by length is undone, and the part of the median below which none is.
SLOPE = 0.6
SHORTEST = 0.1
# A term that one paper in so many holds is in common use; see scoring.likeness.
COMMON = 100
NOTHING: Mapping[int, Paper] = MappingProxyType({})

# Raise it whenever `fit` may give another model for the same papers and likes: kept models of
# another version are fitted anew. What stands below tells of itself.
VERSION = 5
_MADE_BY = (
    *(VERSION, words.VERSION, PAIR_WEIGHT, SLOPE, SHORTEST),
    *(themes.N_THEMES, themes.SEED, themes.CENTRED, themes.ENOUGH, themes.MOST_TAUGHT),
    *(tastes.N_TASTES, tastes.RIDGE, tastes.SURE, tastes.KNOWN, tastes.FEWEST_READERS),
    *(tastes.MOST_TAUGHT, tastes.FIRST, tastes.FULL),
)


@dataclass(frozen=True, eq=False)
class Model:
    """What the corpus says of every term, and every paper's place in it.

    id: short hex of the papers' ids and texts, of the likes that taught and of the analyser, so
    equal ids mean equal scores.
    rows: float32 (n_papers, n_terms), unit length, or zero for a paper without words.
    n_learned: the first so many rows were learned from; the others only got a row.
    row_of: paper id → its row. vocabulary: term → its column. idf: (n_terms,).
    surfaces: stem → the form in which the corpus writes it most often. pairs: int32 (n_terms, 2),
    for a pair of stems the numbers of the two `forms` that it is written in; −1 for a single stem.
    pivots: float32 (n_papers,), what a match with a typed word counts for in each paper: the more
    words it has, the more. themes: (n_papers, n_themes), see recommend.themes.
    facets: (n_papers, n_facets), 1 where a paper has an author or category. facet_of: its column.
    tastes: what readers like in sum, None where too few agreed to tell.
    """

    id: str
    rows: sparse.csr_array = field(repr=False)
    n_learned: int
    row_of: Mapping[int, int] = field(repr=False)
    vocabulary: Mapping[str, int] = field(repr=False)
    idf: NDArray[np.float32] = field(repr=False)
    surfaces: Mapping[str, str] = field(repr=False)
    forms: Sequence[str] = field(repr=False)
    pairs: NDArray[np.int32] = field(repr=False)
    pivots: NDArray[np.float32] = field(repr=False)
    themes: Block = field(repr=False)
    facets: sparse.csr_array = field(repr=False)
    facet_of: Mapping[str, int] = field(repr=False)
    tastes: Tastes | None = field(repr=False, default=None)

    def weigh(self, texts: Sequence[list[str]]) -> sparse.csr_array:
        """Weigh texts, given as terms: (1 + ln count) · idf, a row each, of any length.

        Terms that no fitted paper holds count for nothing.
        """
        counts = [Counter(t for t in text if t in self.vocabulary) for text in texts]
        columns = np.array([self.vocabulary[t] for c in counts for t in c], dtype=np.int32)
        tf = np.array([n for c in counts for n in c.values()], dtype=np.float32)
        starts = np.cumsum([0, *(len(c) for c in counts)], dtype=np.int32)
        weights = (1 + np.log(tf)) * self.idf[columns]
        rows = sparse.csr_array((weights, columns, starts), (len(counts), len(self.vocabulary)))
        rows.sort_indices()
        return rows

    def ask(self, typed: Sequence[str]) -> sparse.csr_array:
        """Weigh words and phrases that people typed, a row each, zero where no term is known."""
        return self.weigh([words.analyse(text) for text in typed])

    def square_of(self, terms: Iterable[str]) -> float:
        """The squared weight of distinct terms; those of no paper weigh as if one held them."""
        unseen = math.log(1 + self.n_learned) + 1
        weights = [
            float(self.idf[column])
            if (column := self.vocabulary.get(term)) is not None
            else unseen * (PAIR_WEIGHT if " " in term else 1)
            for term in terms
        ]
        return sum(weight * weight for weight in weights)

    def rows_of(self, paper_ids: Iterable[int]) -> sparse.csr_array:
        """Stack the rows of papers of the model; KeyError for any other."""
        return self.rows[[self.row_of[paper_id] for paper_id in paper_ids]]

    @cached_property
    def terms(self) -> list[str]:
        """Every term, by its column."""
        return sorted(self.vocabulary, key=self.vocabulary.__getitem__)

    @cached_property
    def postings(self) -> sparse.csr_array:
        """The rows learned from turned over, (n_terms, n_learned): which papers hold a term."""
        return sparse.csr_array(self.rows[: self.n_learned].T)

    @cached_property
    def common(self) -> sparse.csr_array:
        """The rows in the terms that at least one paper in COMMON holds, (n_papers, n_common)."""
        return sparse.csr_array(self.rows[:, np.flatnonzero(self._spread[0])])

    @cached_property
    def rare(self) -> sparse.csr_array:
        """The rows in the other terms that two papers hold or more, (n_papers, n_rare)."""
        return sparse.csr_array(self.rows[:, np.flatnonzero(self._spread[1])])

    @cached_property
    def lone(self) -> NDArray[np.float64]:
        """The squared length of the rest, which makes a paper like itself alone, (n_papers,)."""
        is_lone = ~(self._spread[0] | self._spread[1])[self.rows.indices]
        papers = np.repeat(np.arange(self.rows.shape[0]), np.diff(self.rows.indptr))[is_lone]
        squares = np.square(self.rows.data[is_lone], dtype=np.float64)
        return np.bincount(papers, squares, self.rows.shape[0]).astype(np.float64)

    @cached_property
    def _spread(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which terms are in common use, and which of the others two papers hold or more."""
        n_papers = np.bincount(self.rows.indices, minlength=self.rows.shape[1])
        is_common = COMMON * n_papers >= self.rows.shape[0]
        return is_common, ~is_common & (n_papers > 1)

    @cached_property
    def is_pair(self) -> NDArray[np.bool_]:
        """Which columns are pairs of neighbouring words, (n_terms,)."""
        return np.array([" " in term for term in self.terms], dtype=np.bool_)

    def readable(self, term: str) -> str:
        """Give a stem, or a pair of stems, back as the corpus writes it."""
        column = self.vocabulary.get(term, -1)
        if column >= 0 and self.pairs[column, 0] >= 0:
            return " ".join(self.forms[form] for form in self.pairs[column].tolist())
        return " ".join(self.surfaces.get(stem, stem) for stem in term.split(" "))


def fit(
    papers: Mapping[int, Paper],
    others: Mapping[int, Paper] = NOTHING,
    libraries: Sequence[Sequence[int]] = (),
) -> Model:
    """Fit on the whole corpus; the same papers give the same model in whatever order they come.

    A corpus without a single word gives a model that knows none. others: papers to place without
    learning from them. libraries: paper ids that one reader each likes, of readers who agreed to
    that; of papers that are not in `papers` nothing is learned.
    """
    learned, placed = sorted(papers), sorted(others.keys() - papers.keys())
    ids = learned + placed
    everything = {**others, **papers}
    row_of = {paper_id: row for row, paper_id in enumerate(ids)}
    counted, idf, weighed = weigh([everything[paper_id] for paper_id in ids], len(learned))
    lengths = np.sqrt(weighed.multiply(weighed).sum(axis=1))
    rows = _divide(weighed, lengths)
    facets_of = [facets.of_paper(everything[paper_id]) for paper_id in ids]
    facet_of = {facet: n for n, facet in enumerate(sorted(set().union(*facets_of)))}
    told = _known(libraries, papers)
    return Model(
        id=version(papers, others, libraries),
        rows=rows,
        n_learned=len(learned),
        row_of=row_of,
        vocabulary=counted.vocabulary,
        idf=idf,
        surfaces=counted.surfaces,
        forms=counted.forms,
        pairs=counted.pairs,
        pivots=_pivots(lengths, len(learned)),
        themes=themes.place(rows, len(learned)),
        facets=_facets(facets_of, facet_of),
        facet_of=facet_of,
        tastes=tastes.learn(rows, [[row_of[i] for i in library] for library in told]),
    )


def version(
    papers: Mapping[int, Paper],
    others: Mapping[int, Paper] = NOTHING,
    libraries: Sequence[Sequence[int]] = (),
) -> str:
    """Return the id of the model that `fit` makes of the same, without making it."""
    learned, placed = sorted(papers), sorted(others.keys() - papers.keys())
    # As JSON, not as repr, which depends on the Python that writes it.
    made_of = json.dumps([*_MADE_BY, len(learned), _known(libraries, papers)])
    hashed = hashlib.blake2s(made_of.encode(), digest_size=6)
    for paper_id in learned + placed:
        paper = papers[paper_id] if paper_id in papers else others[paper_id]
        told = (paper_id, paper.title, paper.abstract, paper.authors, paper.categories)
        hashed.update(json.dumps(told).encode())
    return hashed.hexdigest()


def _known(libraries: Sequence[Sequence[int]], papers: Mapping[int, Paper]) -> list[list[int]]:
    """Libraries without papers that are not learned from, in an order of their own."""
    told = [sorted({paper_id for paper_id in each if paper_id in papers}) for each in libraries]
    return sorted(library for library in told if library)


def _divide(weighed: sparse.csr_array, lengths: NDArray[np.float32]) -> sparse.csr_array:
    rows = weighed.copy()
    rows.data /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(rows.indptr))
    return rows


def _pivots(lengths: NDArray[np.float32], n_learned: int) -> NDArray[np.float32]:
    """Undo part of what division by length took from long texts.

    After Singhal, Buckley, Mitra, Pivoted document length normalization (1996).
    """
    usual = float(np.median(lengths[:n_learned])) if n_learned else 0.0
    if not usual:
        return np.ones(len(lengths), dtype=np.float32)
    return np.asarray(np.maximum(lengths / usual, SHORTEST) ** SLOPE, dtype=np.float32)


def _facets(of_papers: Sequence[frozenset[str]], facet_of: Mapping[str, int]) -> sparse.csr_array:
    columns = [sorted(facet_of[facet] for facet in each) for each in of_papers]
    starts = np.cumsum([0, *map(len, columns)])
    flat = np.array([column for each in columns for column in each], dtype=np.int64)
    values = np.ones(len(flat), dtype=np.float32)
    return sparse.csr_array((values, flat, starts), (len(of_papers), len(facet_of)))


def weigh(
    papers: Sequence[Paper], n_learned: int
) -> tuple[Counts, NDArray[np.float32], sparse.csr_array]:
    """Learn vocabulary and idf from the first papers, and weigh all: (1 + ln count) · idf."""
    counted = counts.count(papers, n_learned)
    if not counted.vocabulary:  # scikit-learn refuses an empty one
        return counted, np.zeros(0, dtype=np.float32), counted.counts
    # Takes a second to import: only whoever fits pays for it.
    from sklearn.feature_extraction import text  # noqa: PLC0415

    weigher = text.TfidfTransformer(sublinear_tf=True, norm=None).fit(counted.counts[:n_learned])
    weigher.idf_[counted.is_pair] *= PAIR_WEIGHT
    weighed = sparse.csr_array(weigher.transform(counted.counts), dtype=np.float32)
    weighed.sort_indices()
    return counted, weigher.idf_.astype(np.float32), weighed
