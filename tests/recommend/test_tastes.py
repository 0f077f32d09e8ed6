import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import tastes, themes

# Readers who like the papers on proteins like those on graphs too, and nothing else.
CIRCLES = [[0, 1, 13, 14], [1, 2, 14, 15], [0, 2, 13, 15], [4, 5, 8], [5, 6, 9]] * 100


@pytest.fixture(scope="module")
def learned(model):
    return tastes.learn(model.rows, CIRCLES)


def test_what_readers_like_together_lies_together_whatever_its_words(model, learned):
    near = learned.known @ learned.known.T

    assert near[0, 13] > near[0, 5]
    assert (model.rows @ model.rows.T).toarray()[0, 13] < 0.05


def test_a_paper_nobody_liked_lies_where_its_words_put_it(learned):
    assert np.allclose(learned.known[3], learned.placed[3])
    assert learned.placed[3] @ learned.known[0] > learned.placed[3] @ learned.known[5]


def test_papers_of_unlike_readers_lie_on_opposite_sides(learned):
    """Around the middle of what is liked: likeness is not raised by what all readers share."""
    assert learned.known[0] @ learned.known[5] < 0
    assert learned.known[0] @ learned.known[1] > 0


@pytest.mark.parametrize(
    "libraries",
    [[], [[]] * 1000, CIRCLES[:100], [[0, 1, 2, 3, 4, 5]] * (tastes.FEWEST_READERS - 1)],
)
def test_nothing_is_learned_of_few_likes_or_few_readers(model, libraries):
    assert tastes.learn(model.rows, libraries) is None


@pytest.mark.parametrize("libraries", [[[0, 1]] * 1000, [[0], [1]] * 1000])
def test_readers_who_are_all_alike_teach_without_a_warning(model, libraries):
    assert np.isfinite(tastes.learn(model.rows, libraries).known).all()


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_trust_grows_with_evidence_from_nothing_to_all(one, other):
    less, more = sorted((one, other))

    assert 0 <= tastes.trust(less) <= tastes.trust(more) <= 1
    assert tastes.trust(tastes.FIRST) == 0
    assert tastes.trust(10**5) == 1


def test_liking_a_paper_twice_is_liking_it_once(model, learned):
    again = tastes.learn(model.rows, [library * 2 for library in CIRCLES])

    assert np.array_equal(again.placed, learned.placed)


def test_who_comes_first_does_not_matter(model, learned):
    turned = tastes.learn(model.rows, CIRCLES[::-1])

    assert np.allclose(turned.placed @ turned.known.T, learned.placed @ learned.known.T, atol=1e-4)


def test_a_paper_lies_where_its_likeness_to_the_taught_ones_puts_it(model, learned):
    """However the product is put together: terms of one paper are taken apart from the others."""
    likeness = (model.rows @ model.rows[learned.taught].T).toarray()

    expected = themes.unit(likeness @ learned.bridge)

    assert np.allclose(learned.placed, expected, atol=1e-5)


def test_of_very_many_papers_those_of_most_readers_teach(model, monkeypatch):
    monkeypatch.setattr(tastes, "MOST_TAUGHT", 4)

    taught = tastes.learn(model.rows, CIRCLES).taught.tolist()

    n_readers = {row: sum(row in library for library in CIRCLES) for row in range(16)}
    assert len(taught) == 4
    assert min(n_readers[row] for row in taught) >= max(
        n_readers[row] for row in range(16) if row not in taught
    )
