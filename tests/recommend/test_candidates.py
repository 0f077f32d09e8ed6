import numpy as np
import pytest

from app.papers.paper import Paper
from app.recommend import candidates, vectors
from app.recommend.candidates import Candidate


def test_candidates_lie_in_the_order_of_their_ids_however_given(model):
    fresh = [Candidate(9, 0.2), Candidate(3, 0.7), Candidate(14)]

    day = candidates.gather(model, fresh)

    assert day.paper_ids.tolist() == [3, 9, 14]
    assert day.trends.tolist() == [0.7, 0.2, 0]
    assert day.place_of == {3: 0, 9: 1, 14: 2}
    again = candidates.gather(model, reversed(fresh))
    assert (again.near != day.near).nnz == 0


def test_likeness_is_the_cosine_and_nothing_where_faint(model):
    ids = sorted(model.row_of)
    rows = model.rows_of(ids).toarray().astype(float)
    cosines = rows @ rows.T

    near = candidates.likeness(model, ids).toarray()

    assert np.allclose(near, np.where(cosines < candidates.FAINT, 0, cosines), atol=1e-5)
    assert (near == near.T).all()
    assert near.diagonal().tolist() == [1.0] * len(ids)


def test_likeness_is_the_same_in_one_block_and_in_many(model, monkeypatch):
    ids = sorted(model.row_of)
    whole = candidates.likeness(model, ids)
    monkeypatch.setattr(candidates, "_BLOCK", 3)

    assert (candidates.likeness(model, ids) != whole).nnz == 0


def test_a_day_without_papers_has_no_candidates(model):
    day = candidates.gather(model, [])

    assert day.near.shape == (0, 0)
    assert day.without({1}).shape == day.density.shape == (0,)
    assert day.twins == {}


def test_a_candidate_that_is_not_in_the_model_is_refused(model):
    with pytest.raises(KeyError):
        candidates.gather(model, [Candidate(999)])


def test_neighbours_are_the_cells_of_the_papers_row(model):
    day = candidates.gather(model, map(Candidate, model.row_of))

    for place, row in enumerate(day.near.toarray()):
        assert day.neighbours(place) == {n: row[n] for n in np.flatnonzero(row)}


def test_a_paper_like_many_others_is_dense_and_the_densest_has_one(model):
    day = candidates.gather(model, map(Candidate, model.row_of))
    total = day.near.toarray().sum(axis=1)

    assert np.allclose(day.density, total / total.max())


def test_the_reach_of_a_paper_is_its_largest_likeness_to_another(model):
    day = candidates.gather(model, map(Candidate, model.row_of))

    assert np.allclose(day.reach, (day.near.toarray() - np.eye(16)).max(axis=1))


@pytest.fixture(scope="module")
def with_twins():
    papers = {
        1: Paper("$ΔL$ Normalization: Rethink Loss Aggregation", "We weigh each answer's loss."),
        2: Paper("ΔL Normalization: Rethink Loss Aggregation", "We weigh each answer's loss."),
        3: Paper("ΔL Normalization, Part II", "We weigh each question's gain instead of a loss."),
        4: Paper("…", ""),
        5: Paper("…", ""),
    }
    return candidates.gather(vectors.fit(papers), map(Candidate, papers))


def test_one_work_under_two_spellings_is_a_pair_of_twins(with_twins):
    assert with_twins.twins == {0: {1}, 1: {0}}
    assert (with_twins.reach < candidates.ALIKE).all()


def test_with_a_paper_its_twins_are_left_out_too(with_twins):
    assert with_twins.without({1}).tolist() == [False, False, True, True, True]
    assert with_twins.without({3, 99}).tolist() == [True, True, False, True, True]
    assert with_twins.without(set()).all()
