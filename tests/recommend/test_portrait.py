import pytest

from app.papers.paper import Paper
from app.recommend import portrait, vectors
from app.recommend.interests import Interest
from app.recommend.profile import Taste

PAPERS = {
    1: Paper("Protein folding with diffusion", "Protein folding by diffusion models of folds."),
    2: Paper("Protein folding again", "Folding of long proteins, protein folding in cells."),
    3: Paper("Video of cats", "Cats in video, and video compression for cats."),
    4: Paper("Tides of moons", "Small moons raise tides on their planets."),
    5: Paper("Bread as a soft solid", "Baking bread is chemistry of soft solids."),
}


@pytest.fixture(scope="module")
def model():
    return vectors.fit(PAPERS)


def test_likes_teach_words_that_can_be_read_and_by_which_papers(model):
    traits = portrait.learned(model, Taste(liked=(1, 2)))

    assert traits[0].text.lower() == "protein folding"
    assert set(traits[0].papers) == {1, 2}
    assert traits[0].weight == 1
    assert all(trait.weight > 0 for trait in traits)
    assert {paper for trait in traits for paper in trait.papers} <= {1, 2}


def test_dislikes_teach_with_the_other_sign(model):
    traits = portrait.learned(model, Taste(liked=(1,), disliked=(3,)))

    of_sign = {word: t for t in traits for word in t.text.lower().split()}
    assert of_sign["protein"].weight > 0
    against = [trait for trait in traits if trait.weight < 0]
    assert all(trait.papers == (3,) for trait in against)


def test_dislikes_alone_are_told_too(model):
    assert all(trait.weight < 0 for trait in portrait.learned(model, Taste(disliked=(3,))))


def test_no_word_is_told_twice_and_the_strongest_come_first(model):
    traits = portrait.learned(model, Taste(liked=(1, 4, 5)))

    words = [word for trait in traits for word in trait.text.split()]
    assert len(words) == len(set(words))
    assert len(traits) <= portrait.N_TRAITS
    assert max(abs(trait.weight) for trait in traits) == 1


@pytest.mark.parametrize(
    "taste", [Taste(), Taste(interests=(Interest("moons"),)), Taste(liked=(99,))]
)
def test_who_judged_nothing_known_has_no_traits(model, taste):
    assert portrait.learned(model, taste) == []


def test_without_papers_there_is_nothing_to_tell():
    assert portrait.learned(vectors.fit({}), Taste(liked=(1,))) == []
