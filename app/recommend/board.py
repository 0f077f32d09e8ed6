"""What all readers of a day share: the model, and the papers that may be sent."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app import errors
from app.recommend import calibration, candidates
from app.recommend.calibration import Scale
from app.recommend.candidates import Candidate, Candidates
from app.recommend.vectors import Model


@dataclass(frozen=True, eq=False)
class Board:
    """A day laid out for ranking; a place is an index into its candidates.

    rows: of the model, by place, (n_candidates,). sample: rows of stored papers, whose scores say
    what is usual for a person; scale: what turns a score into a fit, given that.
    """

    model: Model = field(repr=False)
    day: Candidates = field(repr=False)
    rows: NDArray[np.int64] = field(repr=False)
    sample: NDArray[np.int64] = field(repr=False)
    scale: Scale

    @cached_property
    def turned(self) -> sparse.csr_array:
        """The candidates' rows turned over, (n_terms, n_candidates)."""
        return sparse.csr_array(self.model.rows[self.rows].T)

    @cached_property
    def _columns(self) -> dict[int, frozenset[int]]:
        return {}

    def columns(self, row: int) -> Set[int]:
        """The columns of the terms in a row of the model."""
        if row not in self._columns:
            cells = slice(*self.model.rows.indptr[row : row + 2].tolist())
            self._columns[row] = frozenset(self.model.rows.indices[cells].tolist())
        return self._columns[row]

    def find(self, terms: Sequence[str]) -> Set[int] | None:
        """The columns of some terms, None where no paper holds one of them."""
        found = [self.model.vocabulary.get(term) for term in terms]
        columns = {column for column in found if column is not None}
        return columns if None not in found else None

    @cached_property
    def _names(self) -> dict[int, tuple[frozenset[str], str]]:
        return {}

    def name(self, column: int) -> tuple[Set[str], str]:
        """The stems of a term, none where it would tell a reader nothing, and how it is written."""
        if column not in self._names:
            term = self.model.terms[column]
            stems = frozenset(term.split(" "))
            tells = all(stem.isalpha() and len(stem) > 1 for stem in stems)
            self._names[column] = stems if tells else frozenset(), self.model.readable(term)
        return self._names[column]

    @cached_property
    def _ids(self) -> dict[int, int]:
        return {row: paper_id for paper_id, row in self.model.row_of.items()}

    def paper_id(self, row: int) -> int:
        """Return the id of the paper that has a row of the model."""
        return self._ids[row]


def lay_out(model: Model, fresh: Sequence[Candidate], scale: Scale | None = None) -> Board:
    """Prepare a day. scale: as feedback taught it; None for the one of before any feedback.

    Raises BadValue for a candidate that is not in the model.
    """
    if unknown := [str(each.paper_id) for each in fresh if each.paper_id not in model.row_of]:
        raise errors.BadValue("candidates", f"fit the model again, it lacks: {', '.join(unknown)}")
    day = candidates.gather(model, fresh)
    rows = np.array([model.row_of[i] for i in day.paper_ids.tolist()], dtype=np.int64)
    sample = [model.row_of[paper_id] for paper_id in calibration.sample(model)]
    return Board(model, day, rows, np.array(sample, dtype=np.int64), scale or usual_scale(model))


def usual_scale(model: Model) -> Scale:
    """The scale of before any feedback."""
    return calibration.usual(model.tastes.trust if model.tastes else 0.0)
