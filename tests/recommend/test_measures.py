"""Figures worked out by hand, and how sure a difference is."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import measures

IDS = st.lists(st.integers(1, 30), unique=True, max_size=15)
SOME = st.sets(st.integers(1, 30), min_size=1, max_size=15)


def test_gain_is_discounted_by_the_logarithm_of_the_rank():
    # Relevant at ranks 1 and 3 of a possible 1 and 2.
    best = 1 + 1 / log2(3)
    assert measures.ndcg([7, 1, 8], {7, 8}) == pytest.approx((1 + 1 / 2) / best)


def test_only_the_first_k_count():
    assert measures.ndcg([1, 2, 3], {3}, k=2) == 0
    assert measures.ndcg([1, 2], {1, 2, 3}, k=2) == 1
    assert measures.precision([1, 2, 3, 4], {1, 4}, k=2) == 0.5
    assert measures.coverage([1, 2, 3, 4], {4, 9}) == 0.5


def test_a_short_letter_loses_no_precision_and_an_empty_one_has_none():
    assert measures.precision([5], {5}, k=10) == 1
    assert measures.precision([], {5}) == 0
    assert measures.ndcg([], {5}) == 0


@pytest.mark.parametrize("measure", [measures.ndcg, measures.coverage])
def test_where_nothing_is_relevant_nothing_is_measured(measure):
    with pytest.raises(ValueError, match="nothing to measure"):
        measure([1], frozenset())


@given(IDS, SOME)
def test_every_figure_is_from_nothing_to_one(ranked, relevant):
    for figure in (measures.ndcg, measures.precision, measures.coverage):
        assert 0 <= figure(ranked, relevant) <= 1


@given(IDS, SOME)
def test_no_order_is_better_than_the_relevant_first(ranked, relevant):
    best = sorted(ranked, key=lambda paper_id: paper_id not in relevant)
    assert measures.ndcg(ranked, relevant) <= measures.ndcg(best, relevant)


def test_a_clear_difference_is_sure_and_its_interval_holds_the_mean():
    found = measures.paired([[0.1, 0.2, 0.15], [0.12], [0.2, 0.1], [0.05, 0.3]] * 2)
    assert found.low <= found.mean <= found.high
    assert found.low > 0
    assert found.confidence == 1


def test_a_difference_of_either_sign_is_unsure():
    found = measures.paired([[0.1, -0.1], [0.1], [-0.1], [0.2, -0.2]] * 2)
    assert found.low < 0 < found.high
    assert found.confidence < 0.7


def test_no_difference_at_all_is_as_unsure_as_can_be():
    assert measures.paired([[0.0, 0.0], [0.0] * 3] * 4) == measures.Difference(0, 0, 0, 0.5)


def test_of_too_few_readers_only_the_mean_is_told_however_many_their_days():
    assert measures.paired([[0.5] * 100] * (measures.ENOUGH - 1)) == measures.Difference(0.5)


def test_many_days_of_one_reader_are_less_sure_than_of_many_readers():
    days = [0.3, 0.3, 0.3, -0.2, -0.2, 0.2, 0.3, -0.1]
    split = measures.paired([[day] * 5 for day in days])
    pooled = measures.paired([[day] for day in days * 5])
    assert split.mean == pytest.approx(pooled.mean)
    assert split.high - split.low > 1.5 * (pooled.high - pooled.low)


def test_the_same_seed_gives_the_same_interval():
    given_ = [[0.1, -0.3], [0.2], [], [0.5, 0.1]] * 4
    assert measures.paired(given_) == measures.paired(given_)
    with pytest.raises(ValueError, match="no difference"):
        measures.paired([[], []])
