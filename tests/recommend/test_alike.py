import pytest

from app.papers.paper import Paper
from app.recommend import alike, vectors

PAPERS = {
    1: Paper("Tides of small moons", "Small moons raise tides on icy planets."),
    2: Paper("Icy planets and their moons", "Icy planets have small moons."),
    3: Paper("Bread", "We bake bread with yeast."),
    4: Paper("Yeast", "Yeast in bread, and bread in ovens."),
    5: Paper("", ""),
}
MODEL = vectors.fit(PAPERS)


def test_the_nearest_papers_come_with_the_words_they_share():
    (first, *others) = alike.to(MODEL, 1, PAPERS[1], limit=3)

    assert first.paper_id == 2
    assert 0 < first.likeness <= 1
    assert set(first.shares) == {"moons", "Icy", "planets"}
    for paper in (PAPERS[1], PAPERS[2]):
        text = f"{paper.title} {paper.abstract}".lower()
        assert all(part.lower() in text for word in first.shares for part in word.split())
    assert 3 not in {each.paper_id for each in others}


def test_no_word_is_named_twice():
    said = [part for word in alike.to(MODEL, 1, PAPERS[1], 1)[0].shares for part in word.split()]
    assert len(said) == len(set(said))


def test_a_paper_is_never_like_itself_and_one_without_words_like_none():
    assert [each.paper_id for each in alike.to(MODEL, 3, PAPERS[3], 5)] == [4]
    assert alike.to(MODEL, 5, PAPERS[5], 5) == []
    assert alike.to(vectors.fit({}), 5, PAPERS[1], 5) == []


def test_a_paper_that_the_model_does_not_know_is_placed_by_its_words():
    (first, *_) = alike.to(MODEL, 99, PAPERS[3], 5)
    assert first.paper_id == 3
    assert first.likeness == pytest.approx(1, abs=1e-5)


def test_at_most_as_many_come_as_were_asked_for_likest_first():
    model = vectors.fit({n: Paper("Owls", "night " * n) for n in range(1, 30)})
    found = alike.to(model, 1, Paper("Owls", "night"), 7)
    assert len(found) == 7
    assert [each.likeness for each in found] == sorted((e.likeness for e in found), reverse=True)
