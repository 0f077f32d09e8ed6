import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from app.recommend import themes


def test_papers_are_rows_of_unit_length_or_nothing():
    rows = sparse.csr_array(np.array([[1.0, 0, 0], [0.6, 0.8, 0], [0, 0, 0]], dtype=np.float32))

    placed = themes.place(rows, 3)

    assert np.allclose(np.linalg.norm(placed, axis=1), [1, 1, 0], atol=1e-6)


def test_terms_of_one_paper_change_no_likeness_between_others(model):
    """They are merged to save memory; the themes are those of all terms by themselves."""
    plain = TruncatedSVD(15, n_iter=4, random_state=themes.SEED).fit_transform(model.rows)
    expected = themes.unit(plain)
    expected = themes.centre(expected, themes.middle(expected))

    placed = themes.place(model.rows, 16)

    assert np.allclose(placed @ placed.T, expected @ expected.T, atol=1e-3)


def test_papers_not_learned_from_are_placed_and_change_no_axis(model):
    twice = sparse.csr_array(sparse.vstack([model.rows, model.rows[[3, 7]]]))

    placed = themes.place(twice, model.rows.shape[0])

    assert np.allclose(placed[:16], themes.place(model.rows, 16), atol=1e-5)
    assert np.allclose(placed[16:], placed[[3, 7]], atol=1e-5)


def test_of_very_many_papers_some_of_all_times_teach_the_axes(model, monkeypatch):
    twice = sparse.csr_array(sparse.vstack([model.rows, model.rows]))[
        np.arange(32).reshape(2, 16).T.ravel()  # each paper beside its double
    ]
    monkeypatch.setattr(themes, "MOST_TAUGHT", 16)

    placed = themes.place(twice, 32)

    assert np.allclose(placed[::2], placed[1::2], atol=1e-6)
    assert np.allclose(placed[::2], themes.place(model.rows, 16), atol=1e-5)


def test_the_more_papers_the_more_of_their_middle_is_taken_off():
    few, enough, many = (
        themes.middle(np.full((n, 2), 0.5, dtype=np.float32))
        for n in (themes.ENOUGH // 10, themes.ENOUGH, 3 * themes.ENOUGH)
    )
    assert np.allclose(enough, 0.5 * themes.CENTRED)
    assert np.allclose(few, enough / 10)
    assert np.allclose(many, enough)


def test_what_lies_nowhere_is_not_moved():
    places = np.array([[1, 0], [0, 1], [0, 0]], dtype=np.float32)

    centred = themes.centre(places, np.array([0.5, 0.5], dtype=np.float32))

    half = 0.5**0.5
    assert np.allclose(centred, [[half, -half], [-half, half], [0, 0]])


def test_nothing_to_tell_apart_gives_no_themes(model):
    assert themes.place(model.rows[:1], 1).shape == (1, 0)
    assert themes.place(sparse.csr_array((4, 0), dtype=np.float32), 4).shape == (4, 0)
