"""The model: TF-IDF over the stored corpus, one unit-length row a paper."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.papers.paper import Paper
from app.recommend import words

# Pairs say more than words but repeat them too; at full weight they drown the single words.
PAIR_WEIGHT = 0.7


Forms = dict[str, float]  # a word as written → how often, weighed


@dataclass(frozen=True, eq=False)
class Model:
    """What the corpus says of every term, and every paper's place in it.

    id: short hex of the papers' ids and texts and of the analyser, so equal ids mean equal scores.
    rows: float32 (n_papers, n_terms), unit length, or zero for a paper without words.
    row_of: paper id → its row. vocabulary: term → its column. idf: (n_terms,).
    surfaces: stem → the form in which the corpus writes it most often.
    """

    id: str
    rows: sparse.csr_array = field(repr=False)
    row_of: Mapping[int, int] = field(repr=False)
    vocabulary: Mapping[str, int] = field(repr=False)
    idf: NDArray[np.float32] = field(repr=False)
    surfaces: Mapping[str, str] = field(repr=False)

    def weigh(self, texts: Sequence[list[str]]) -> sparse.csr_array:
        """Weigh texts, given as terms: (1 + ln count) · idf, a row each, of any length.

        Terms that no fitted paper holds count for nothing.
        """
        counts = [Counter(t for t in text if t in self.vocabulary) for text in texts]
        columns = np.array([self.vocabulary[t] for c in counts for t in c], dtype=np.int32)
        tf = np.array([n for c in counts for n in c.values()], dtype=np.float32)
        starts = np.cumsum([0, *(len(c) for c in counts)])
        weights = (1 + np.log(tf)) * self.idf[columns]
        rows = sparse.csr_array((weights, columns, starts), (len(counts), len(self.vocabulary)))
        rows.sort_indices()
        return rows

    def ask(self, typed: Sequence[str]) -> sparse.csr_array:
        """Weigh words and phrases that people typed, a row each, zero where no term is known."""
        return self.weigh([words.analyse(text) for text in typed])

    def length_of(self, typed: str) -> float:
        """Return the length its row would have if some paper held the terms that none does."""
        unseen = math.log(1 + self.rows.shape[0]) + 1
        weights = [
            float(self.idf[column])
            if (column := self.vocabulary.get(term)) is not None
            else unseen * (PAIR_WEIGHT if " " in term else 1)
            for term in set(words.analyse(typed))
        ]
        return math.hypot(*weights)

    def transform(self, texts: Sequence[list[str]]) -> sparse.csr_array:
        """Weigh texts like the corpus's own: unit length, or zero where no term is known."""
        rows = self.weigh(texts)
        length = np.sqrt(rows.multiply(rows).sum(axis=1))
        rows.data /= np.repeat(length, np.diff(rows.indptr))
        return rows

    def rows_of(self, paper_ids: Iterable[int]) -> sparse.csr_array:
        """Stack the rows of papers of the model; KeyError for any other."""
        return self.rows[[self.row_of[paper_id] for paper_id in paper_ids]]

    def background(self, paper_ids: Sequence[int]) -> NDArray[np.float64]:
        """Return each paper's mean likeness to the others of the corpus, (n,)."""
        rows = self.rows_of(paper_ids).astype(np.float64)
        others = max(self.rows.shape[0] - 1, 1)
        shared = rows @ self._sum - rows.multiply(rows).sum(axis=1)
        return np.asarray(shared / others, dtype=np.float64)

    @cached_property
    def _sum(self) -> NDArray[np.float64]:
        return np.asarray(self.rows.sum(axis=0), dtype=np.float64)

    def row(self, paper_id: int) -> dict[int, float]:
        """Return a paper's columns and their weights."""
        cells = slice(*self.rows.indptr[self.row_of[paper_id] :][:2])
        return dict(
            zip(self.rows.indices[cells].tolist(), self.rows.data[cells].tolist(), strict=True)
        )

    @cached_property
    def terms(self) -> list[str]:
        """Every term, by its column."""
        return sorted(self.vocabulary, key=self.vocabulary.__getitem__)

    def readable(self, term: str) -> str:
        """Give a stem, or a pair of stems, back as the corpus writes it."""
        return " ".join(self.surfaces.get(stem, stem) for stem in term.split(" "))


def fit(papers: Mapping[int, Paper]) -> Model:
    """Fit on the whole corpus; the same papers give the same model in whatever order they come.

    The title counts twice, since it says what the paper is about. A corpus without a single word
    gives a model that knows none.
    """
    ids = sorted(papers)
    forms: dict[str, Forms] = {}
    texts = [_terms(papers[paper_id], forms) for paper_id in ids]
    return Model(
        id=_version(f"analyser {words.VERSION}, pairs {PAIR_WEIGHT}", papers, ids),
        row_of={paper_id: row for row, paper_id in enumerate(ids)},
        surfaces={stem: _commonest(seen) for stem, seen in forms.items()},
        **_fit_rows(texts),
    )


def extend(model: Model, papers: Mapping[int, Paper]) -> Model:
    """Add papers to a fitted model without learning from them: its terms and idf stay."""
    ids = sorted(papers.keys() - model.row_of.keys())
    rows = model.transform([_terms(papers[paper_id], {}) for paper_id in ids])
    first = model.rows.shape[0]
    return replace(
        model,
        id=_version(model.id, papers, ids),
        rows=sparse.vstack([model.rows, rows], format="csr"),
        row_of={**model.row_of, **{paper_id: first + n for n, paper_id in enumerate(ids)}},
    )


def _terms(paper: Paper, forms: dict[str, Forms]) -> list[str]:
    """List a paper's terms, and count in `forms` how each stem was written."""
    terms: list[str] = []
    # Titles write most words with a capital: they tell how to only where no abstract does.
    for text, times, voice in ((paper.title, 2, 0.001), (paper.abstract, 1, 1.0)):
        for sentence in words.sentences(text):
            found = words.terms(sentence)
            terms += found * times
            for surface, stem in zip(sentence, found, strict=False):
                seen = forms.setdefault(stem, {})
                seen[surface] = seen.get(surface, 0.0) + voice
    return terms


def _fit_rows(texts: list[list[str]]) -> dict[str, Any]:
    if not any(texts):  # scikit-learn refuses an empty vocabulary
        nothing = sparse.csr_array((len(texts), 0), dtype=np.float32)
        return {"rows": nothing, "vocabulary": {}, "idf": np.zeros(0, dtype=np.float32)}
    # Takes a second to import: only whoever fits pays for it.
    from sklearn.feature_extraction import text  # noqa: PLC0415

    counter = text.CountVectorizer(analyzer=_as_is, dtype=np.float32)
    counts = counter.fit_transform(texts)
    vocabulary = {term: int(column) for term, column in counter.vocabulary_.items()}
    weigher = text.TfidfTransformer(sublinear_tf=True).fit(counts)
    pairs = [column for term, column in vocabulary.items() if " " in term]
    weigher.idf_[pairs] *= PAIR_WEIGHT
    rows = sparse.csr_array(weigher.transform(counts))
    rows.sort_indices()
    return {"rows": rows, "vocabulary": vocabulary, "idf": weigher.idf_}


def _as_is(terms: list[str]) -> list[str]:
    return terms


def _commonest(seen: Forms) -> str:
    return min(seen, key=lambda form: (-seen[form], len(form), form))


def _version(before: str, papers: Mapping[int, Paper], ids: list[int]) -> str:
    version = hashlib.blake2s(before.encode(), digest_size=6)
    for paper_id in ids:
        paper = papers[paper_id]
        version.update(repr((paper_id, paper.title, paper.abstract)).encode("utf-8", "replace"))
    return version.hexdigest()
