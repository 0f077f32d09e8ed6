import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers.paper import Paper
from app.recommend import facets
from app.recommend.interests import Interest, Kind


def is_by(author, typed):
    keys = facets.of_paper(Paper("A title", authors=("Somebody Else", author)))
    return not keys.isdisjoint(facets.wanted(Interest(typed, Kind.AUTHOR)))


def is_in(category, typed):
    keys = facets.of_paper(Paper("A title", categories=("math.CO", category)))
    return not keys.isdisjoint(facets.wanted(Interest(typed, Kind.CATEGORY)))


@pytest.mark.parametrize(
    ("typed", "listed"),
    [
        ("Yann Lebrun", "Y. Lebrun"),
        ("Yann Lebrun", "Yann A. Lebrun"),
        ("yann lebrun", "LEBRUN, Yann"),
        ("Y. Lebrun", "Yann Lebrun"),
        ("Y. Lebrun", "Yves Lebrun"),
        ("Lebrun", "Yann Lebrun"),
        ("Lebrun, Y", "Yann Lebrun"),
        ("Jean-Pierre Roux", "J.-P. Roux"),
        ("J.-P. Roux", "Jean-Pierre Roux"),
        ("J. Roux", "J.-P. Roux"),
        ("Xiaoming Li", "Xiao-Ming Li"),
        ("Xiao-Ming Li", "Xiaoming Li"),
        ("Xiaoming Li", "X.-M. Li"),
        ("Jose Munoz", "José Muñoz"),
        ("Muñoz", "Jos\\'e Mu\\~noz"),
        ("A. van den Berg", "Berg, Aäron van den"),
        ("Berg", "Aäron van den Berg"),
        ("李明", "李 明"),
        ("李", "李明"),
        ("Иван Петров", "И. Петров"),
        ("Suharto", "Suharto"),
    ],
)
def test_a_paper_by_the_author_meets_the_interest(typed, listed):
    assert is_by(listed, typed)


@pytest.mark.parametrize(
    ("typed", "listed"),
    [
        ("Yann Lebrun", "Yves Lebrun"),
        ("Yann Lebrun", "A. Lebrun"),
        ("Yann Lebrun", "Lebrun"),
        ("Yann B. Lebrun", "Yann A. Lebrun"),
        ("J.-P. Roux", "J. Q. Roux"),
        ("Lebrun", "Yann Lebrunet"),
        ("Yann", "Yann Lebrun"),
        ("van den Berg", "Yann Berg"),
        ("Ming Li", "Xiao Ming Li"),
        ("李明", "李明博"),
    ],
)
def test_somebody_else_does_not(typed, listed):
    assert not is_by(listed, typed)


@pytest.mark.parametrize(
    ("typed", "category"),
    [
        ("cs.LG", "cs.LG"),
        ("CS.lg", "cs.LG"),
        ("cs", "cs.LG"),
        ("cond-mat", "cond-mat.soft"),
        ("hep-th", "hep-th"),
        ("cell  biology", "Cell Biology"),
    ],
)
def test_a_category_is_met_by_its_papers_and_an_archive_by_all_of_its_own(typed, category):
    assert is_in(category, typed)


@pytest.mark.parametrize(
    ("typed", "category"), [("cs.LG", "cs.CL"), ("cs.LG", "cs"), ("cs", "econ.EM"), ("LG", "cs.LG")]
)
def test_another_category_does_not_meet_it(typed, category):
    assert not is_in(category, typed)


def test_words_and_phrases_want_no_author_and_no_category():
    assert not facets.wanted(Interest("cs.LG")) | facets.wanted(Interest("a b", Kind.PHRASE))


@given(st.text(max_size=30))
def test_whatever_is_listed_is_found_again_as_it_is_written(written):
    assert is_by(written, written) is bool(facets.wanted(Interest(written, Kind.AUTHOR)))
    assert is_in(written, written)
