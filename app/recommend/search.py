"""Papers that hold what somebody looks for: those that hold all of it, or else most of it, first.

A search is typed like interests. Only what stands in a paper counts: a letter also brings papers
that are like others, a search never does.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.papers.paper import Paper
from app.recommend import counts, facets, vectors, words
from app.recommend.asking import TEXT
from app.recommend.interests import Interest
from app.recommend.vectors import Model

DECIMALS = 9
MOST_GAPS = 50
_ALL = 1 - 1e-6  # parts of one half and of one third do not add up to 1

_Matrix: TypeAlias = sparse.csr_array
_Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Hits:
    """Papers with something wanted and nothing unwanted, in no order.

    paper_ids, scores: (n,). held: (n, n_wanted), which wanted interests each paper holds whole: it
    may also hold no more than a word of a phrase.
    """

    paper_ids: NDArray[np.int64]
    scores: _Floats = field(repr=False)
    held: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True)
class Found:
    """paper_ids: best first. is_whole: whether they hold all that is wanted, else a part of it.

    met: of each wanted interest, whether any paper holds it whole.
    """

    paper_ids: tuple[int, ...]
    is_whole: bool
    met: tuple[bool, ...]


def find(model: Model, asked: Sequence[Interest]) -> Hits:
    """Search the papers of the model: what was typed, weighed by TF-IDF.

    Looks once at every cell of the model's rows, some 10 ms for 20,000 papers, and then only at
    papers with a hit.
    """
    texts, keys = _columns_of_terms(model, asked), _columns_of_facets(model, asked)
    terms, named = _only(model.rows, texts), _only(model.facets, keys)
    rows = np.flatnonzero(np.diff(terms.indptr) + np.diff(named.indptr))
    terms, named = terms[rows], named[rows]
    scores = (terms @ _weights(model, asked, texts)) * model.pivots[rows]
    terms.data = np.ones_like(terms.data)
    held = (terms @ _needed(model, asked, texts)) > _ALL
    held |= (named @ _meant(model, asked, keys)) > 0
    return _hits(ids(model)[rows], np.asarray(scores, dtype=np.float64), held, asked)


def judge(papers: Mapping[int, Paper], asked: Sequence[Interest], model: Model | None) -> Hits:
    """Search papers one by one that the model does not know; give it few.

    They are weighed as the model would weigh them; without one all words count the same.
    """
    scores, held = [], []
    for paper in papers.values():
        terms = Counter(words.analyse(paper.abstract))
        for term in words.analyse(paper.title):
            terms[term] += counts.TITLE_COUNTS
        keys = facets.of_paper(paper)
        weight = {t: (1 + math.log(n)) * rarity(model, t) for t, n in terms.items()}
        length = math.hypot(*weight.values()) or 1.0
        scores.append(
            sum(
                each.weight * rarity(model, term) * weight.get(term, 0.0) / length
                for each in asked
                if each.kind in TEXT and not each.negative
                for term in words.analyse(each.text)
            )
        )
        held.append([_holds(terms.keys(), keys, each) for each in asked])
    shape = (len(papers), len(asked))
    return _hits(
        np.array(list(papers), dtype=np.int64),
        np.array(scores, dtype=np.float64),
        np.array(held, dtype=np.bool_).reshape(shape),
        asked,
    )


def rank(hits: Sequence[Hits]) -> Found:
    """Put hits in order, at least one of them; of equal papers the one that came later first."""
    ids, scores, held = (
        np.concatenate([getattr(each, name) for each in hits])
        for name in ("paper_ids", "scores", "held")
    )
    n_held, n_wanted = held.sum(axis=1), held.shape[1]
    is_whole = bool((n_held == n_wanted).any())
    kept = np.flatnonzero(n_held == n_wanted) if is_whole else np.arange(len(ids))
    order = np.lexsort((-ids[kept], -np.round(scores[kept], DECIMALS), -n_held[kept]))
    met = tuple(bool(column.any()) for column in held.T)
    return Found(tuple(ids[kept][order].tolist()), is_whole, met)


def rarity(model: Model | None, term: str) -> float:
    """The idf of a term; that of a term which no paper holds is as if one held it."""
    if model is None:
        return 1.0
    column = model.vocabulary.get(term)
    if column is not None:
        return float(model.idf[column])
    unseen = math.log(1 + model.n_learned) + 1
    return unseen * (vectors.PAIR_WEIGHT if " " in term else 1.0)


def gaps(model: Model) -> list[tuple[int | None, int | None]]:
    """Stretches of ids, (first, last) or without end, that hold every paper not of the model.

    In their order, apart, MOST_GAPS at most; some papers of the model may be within.
    """
    known = np.sort(ids(model))
    if not len(known):
        return [(None, None)]
    at = np.flatnonzero(np.diff(known) > 1)
    firsts, lasts = (known[at] + 1).tolist(), (known[at + 1] - 1).tolist()
    if len(at) > MOST_GAPS - 2:
        firsts, lasts = firsts[:1], lasts[-1:]
    inner = list(zip(firsts, lasts, strict=True))
    return [(None, int(known[0]) - 1), *inner, (int(known[-1]) + 1, None)]


def _hits(
    ids: NDArray[np.int64], scores: _Floats, held: NDArray[np.bool_], asked: Sequence[Interest]
) -> Hits:
    unwanted = np.array([each.negative for each in asked], dtype=np.bool_)
    wanted = held[:, ~unwanted]
    kept = ((scores > 0) | wanted.any(axis=1)) & ~held[:, unwanted].any(axis=1)
    return Hits(ids[kept], scores[kept], wanted[kept])


def _holds(terms: Set[str], keys: Set[str], interest: Interest) -> bool:
    if interest.kind in TEXT:
        return set(words.phrase(interest.text)) <= terms
    return not facets.wanted(interest).isdisjoint(keys)


def _columns_of_terms(model: Model, asked: Sequence[Interest]) -> NDArray[np.int64]:
    texts = (each.text for each in asked if each.kind in TEXT)
    terms = {term for text in texts for term in words.analyse(text)}
    return np.array(sorted(_known(model.vocabulary, terms)), dtype=np.int64)


def _columns_of_facets(model: Model, asked: Sequence[Interest]) -> NDArray[np.int64]:
    keys = {key for each in asked for key in facets.wanted(each)}
    return np.array(sorted(_known(model.facet_of, keys)), dtype=np.int64)


def _known(columns: Mapping[str, int], names: Iterable[str]) -> list[int]:
    return [columns[name] for name in names if name in columns]


def _only(matrix: _Matrix, columns: NDArray[np.int64]) -> _Matrix:
    """Some columns of a matrix, ascending; in half the time of scipy's own indexing."""
    is_wanted = np.zeros(matrix.shape[1], dtype=np.bool_)
    is_wanted[columns] = True
    cells = np.flatnonzero(is_wanted[matrix.indices])
    starts = np.searchsorted(cells, matrix.indptr)
    places = np.searchsorted(columns, matrix.indices[cells])
    shape = (matrix.shape[0], len(columns))
    return sparse.csr_array((matrix.data[cells], places, starts), shape)


def _weights(model: Model, asked: Sequence[Interest], columns: NDArray[np.int64]) -> _Floats:
    """What a cell of each column adds to a score, (n_columns,)."""
    weights = np.zeros(len(columns))
    for each in asked:
        if each.kind in TEXT and not each.negative:
            known = _known(model.vocabulary, words.analyse(each.text))
            np.add.at(weights, np.searchsorted(columns, known), each.weight * model.idf[known])
    return weights


def _needed(model: Model, asked: Sequence[Interest], columns: NDArray[np.int64]) -> _Floats:
    """What part of each text a column is, (n_columns, n_asked); they add up to 1 if all exist."""
    parts = np.zeros((len(columns), len(asked)))
    for n, each in enumerate(asked):
        terms = set(words.phrase(each.text)) if each.kind in TEXT else set()
        places = np.searchsorted(columns, _known(model.vocabulary, terms))
        parts[places, n] = 1 / max(len(terms), 1)
    return parts


def _meant(model: Model, asked: Sequence[Interest], columns: NDArray[np.int64]) -> _Floats:
    """1 where a facet meets an author or category, (n_columns, n_asked)."""
    meant = np.zeros((len(columns), len(asked)))
    for n, each in enumerate(asked):
        meant[np.searchsorted(columns, _known(model.facet_of, facets.wanted(each))), n] = 1
    return meant


def ids(model: Model) -> NDArray[np.int64]:
    """The paper of each row, (n_papers,)."""
    ids = np.empty(len(model.row_of), dtype=np.int64)
    ids[list(model.row_of.values())] = list(model.row_of)
    return ids
