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
        {16: Paper("Another Title", authors=("A. Hue",))},
        {16: Paper("Another Title", categories=("math.CO",))},
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


def test_a_paper_not_learned_from_weighs_what_it_would_have_weighed(model, papers):
    wider = vectors.fit(papers, {99: papers[1], 100: Paper("Xylophones of Folding Wood")})

    assert (wider.rows_of([99]) != model.rows_of([1])).nnz == 0
    assert np.allclose(wider.themes[wider.row_of[99]], wider.themes[wider.row_of[1]], atol=1e-6)
    assert wider.vocabulary == model.vocabulary
    assert wider.n_learned == len(papers)
    assert wider.id != model.id


def test_terms_that_no_paper_holds_count_for_nothing(model):
    assert model.ask(["xylophone", "protein xylophone"]).toarray().any(axis=1).tolist() == [
        False,
        True,
    ]


def test_a_match_counts_more_in_a_paper_of_more_words(model, papers):
    wider = vectors.fit(papers, {98: Paper("Owls"), 99: Paper("Owls", papers[1].abstract * 2)})

    pivots = wider.pivots[[wider.row_of[98], wider.row_of[99]]]

    assert pivots[0] < 1 < pivots[1]
    assert np.median(model.pivots) == pytest.approx(1, abs=0.05)


def test_papers_of_one_theme_lie_closer_than_others(model):
    near = model.themes @ model.themes.T
    place = model.row_of

    assert near[place[14], place[15]] > near[place[14], place[11]]
    assert np.allclose(np.diag(near), 1, atol=1e-5)


def test_authors_and_categories_are_facets_of_their_papers(papers):
    model = vectors.fit(
        {**papers, 17: Paper("One more", authors=("Ada Lovelace",), categories=("cs.LG",))}
    )

    marked = model.facets[[model.row_of[17]]].indices

    assert marked.tolist() == sorted(model.facet_of.values())
    assert not model.facets[[model.row_of[1]]].nnz


def test_libraries_teach_only_of_papers_that_are_learned_from(papers):
    libraries = [[1, 2, 99], [3, 4], [99]] * 400

    model = vectors.fit(papers, {99: Paper("Owls")}, libraries)

    assert model.tastes is not None
    assert set(model.tastes.taught.tolist()) == {model.row_of[n] for n in (1, 2, 3, 4)}
    assert model.id == vectors.fit(papers, {99: Paper("Owls")}, libraries[::-1]).id
    assert model.id != vectors.fit(papers, {99: Paper("Owls")}).id


def test_stems_are_given_back_as_the_corpus_writes_them(model):
    assert model.readable(words.analyse("folding")[0]) in {"folds", "Folding", "Fold"}
    assert model.readable(words.analyse("structure")[0]) == "structure"


def test_a_pair_is_given_back_as_the_corpus_writes_that_pair():
    model = vectors.fit(
        {
            1: Paper("Owls", "A variational bound, a variational method and control groups."),
            2: Paper(
                "Bats", "We use control variates. Control variates halve the variational gap."
            ),
            3: Paper("Control Variates for Owls", "Nothing is said of them."),
        }
    )

    assert model.readable("variat") == "variational"
    assert model.readable("control variat") == "control variates"
    assert model.readable("control group") == "control groups"
    assert model.readable("owl variat") == "Owls variational"  # which no paper holds
