"""What a verdict moved is said in the words of its paper, as the corpus writes them."""

import pytest

from app.papers.paper import Paper
from app.recommend import board, shift, vectors
from app.recommend.candidates import Candidate
from app.recommend.interests import Interest
from app.recommend.profile import Taste
from app.recommend.shift import Shift

PAPERS = {
    1: Paper("Tides of moons", "Moons raise tides."),
    2: Paper("Bread as a soft solid", "Bread is a solid. Crumbs break."),
    3: Paper("Whale songs", "Whales sing of krill and of moons."),
    4: Paper("Krill swarms", "Krill swims in swarms."),
}


@pytest.fixture(scope="module")
def laid():
    return board.lay_out(vectors.fit(PAPERS), [Candidate(n, 0.0) for n in PAPERS])


def test_a_first_like_makes_words_of_its_paper_count_more(laid):
    moved = shift.of(laid, Taste(), Taste(liked=(1,)), 1)
    assert set(" ".join(moved.more).lower().split()) == {"tides", "moons", "raise"}
    assert moved.less == ()


def test_a_dislike_makes_them_count_less(laid):
    before = Taste(liked=(4,))
    moved = shift.of(laid, before, Taste(liked=(4,), disliked=(1,)), 1)
    assert moved.more == ()
    assert "tides" in " ".join(moved.less).lower()


def test_an_undo_moves_the_same_words_back(laid):
    there = shift.of(laid, Taste(), Taste(liked=(1,)), 1)
    back = shift.of(laid, Taste(liked=(1,)), Taste(), 1)
    assert (back.more, back.less) == (there.less, there.more)


def test_only_words_of_that_paper_are_named(laid):
    typed = (Interest("krill"),)
    moved = shift.of(laid, Taste(typed), Taste(typed, liked=(1,)), 1)
    assert "krill" not in " ".join((*moved.more, *moved.less)).lower()


def test_a_save_or_an_unknown_paper_moves_nothing(laid):
    taste = Taste((Interest("krill"),))
    assert shift.of(laid, taste, taste, 1) == Shift()
    assert shift.of(laid, taste, Taste(liked=(99,)), 99) == Shift()


def test_no_more_words_are_named_than_a_line_holds(laid):
    long = {
        n: Paper(f"Word{n}", " ".join(f"{a}{b}ing" for a in "abc" for b in "defgh")) for n in (1, 2)
    }
    wide = board.lay_out(vectors.fit(long), [Candidate(1, 0.0)])
    moved = shift.of(wide, Taste(), Taste(liked=(1,)), 1)
    assert 0 < len(moved.more) <= shift.N_WORDS
