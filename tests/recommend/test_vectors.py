import numpy as np
import pytest

from app.papers.paper import Paper
from app.recommend import vectors, words


def test_papers_are_rows_of_unit_length(model):
    assert np.allclose(model.rows.multiply(model.rows).sum(axis=1), 1, atol=1e-6)


def test_the_order_in_which_papers_come_changes_nothing(model, papers):
    again = vectors.fit(dict(reversed(papers.items())))

    assert again.id == model.id
    assert (again.rows != model.rows).nnz == 0
    assert again.vocabulary == model.vocabulary


@pytest.mark.parametrize(
    "change",
    [
        {17: Paper("One more")},
        {16: Paper("Colouring Graphs Online", "Another abstract.")},
        {16: Paper("Another Title")},
    ],
)
def test_another_corpus_has_another_id(model, papers, change):
    assert vectors.fit(papers | change).id != model.id


@pytest.mark.parametrize(
    "corpus", [{}, {1: Paper("Of the and")}, {1: Paper("", ""), 2: Paper("!")}]
)
def test_a_corpus_without_words_makes_a_model_that_knows_none(corpus):
    model = vectors.fit(corpus)

    assert model.rows.shape == (len(corpus), 0)
    assert model.ask(["protein"]).shape == (1, 0)


def test_a_paper_not_fitted_weighs_what_it_would_have_weighed(model, papers):
    extended = vectors.extend(model, {99: papers[1]})

    assert np.allclose(extended.rows_of([99]).toarray(), model.rows_of([1]).toarray(), atol=1e-6)
    assert extended.vocabulary == model.vocabulary
    assert extended.id != model.id


def test_terms_that_no_paper_holds_count_for_nothing(model):
    assert model.ask(["xylophone", "protein xylophone"]).toarray().any(axis=1).tolist() == [
        False,
        True,
    ]
    assert not model.transform([[]]).toarray().any()


def test_stems_are_given_back_as_the_corpus_writes_them(model):
    assert model.readable(words.analyse("folding")[0]) in {"folds", "Folding", "Fold"}
    assert model.readable(words.analyse("structure")[0]) == "structure"
