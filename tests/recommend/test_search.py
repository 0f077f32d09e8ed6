import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers.paper import Paper
from app.recommend import interests, search, vectors

PAPERS = {
    3: Paper("Tides of small moons", "Moons raise tides. The tides slow the moons down."),
    5: Paper("Bread as a soft solid", "We bake. A soft solid is what comes out.", ("Ada Moon",)),
    8: Paper("Soft rocks", "Solid matter is soft at times, and so are moons.", ("Bo Tide",)),
    9: Paper("Owls at night", "Owls see.", ("Ada Moon", "Cy Owl"), categories=("q-bio.NC",)),
    12: Paper("Owls by day", "Owls sleep.", categories=("q-bio.PE",)),
}
MODEL = vectors.fit(PAPERS)


def _found(typed: str, model=MODEL, outside=None) -> search.Found:
    asked = interests.parse(typed, skips_empty=True)
    hits = [search.find(model, asked)] if model else []
    return search.rank([*hits, search.judge(outside or {}, asked, model)])


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("tide", [3]),
        ("moons soft", [8]),
        ('"soft solid"', [5]),
        ("soft solid", [5, 8]),
        ("author:Moon", [9, 5]),
        ('author:"A. Moon" owls', [9]),
        ("category:q-bio", [12, 9]),
        ("category:q-bio.NC", [9]),
        ("soft -moons", [5]),
        ("owls -author:Moon", [12]),
        ("the moons of the tides", [3]),
    ],
)
def test_whatever_holds_all_that_was_asked_for_is_found(typed, ids):
    found = _found(typed)
    assert list(found.paper_ids) == ids
    assert found.is_whole
    assert all(found.met)


def test_one_by_one_the_same_is_found_as_by_the_model():
    for typed in (
        "moons",
        "soft solid",
        '"soft solid" bread',
        "author:Moon",
        "owls -sleep",
        "soft x3 moons",
    ):
        asked = interests.parse(typed)
        known, judged = search.find(MODEL, asked), search.judge(PAPERS, asked, MODEL)
        assert sorted(known.paper_ids) == sorted(judged.paper_ids)
        at = {paper_id: n for n, paper_id in enumerate(judged.paper_ids)}
        for n, paper_id in enumerate(known.paper_ids):
            place = MODEL.row_of[int(paper_id)]
            score = judged.scores[at[paper_id]] * MODEL.pivots[place]
            assert math.isclose(known.scores[n], score, rel_tol=1e-4)
            assert known.held[n].tolist() == judged.held[at[paper_id]].tolist()


def test_where_nothing_holds_all_of_it_those_with_more_of_it_come_first():
    found = _found("tides moons bread xylophone")
    assert not found.is_whole
    assert found.paper_ids[0] == 3
    assert set(found.paper_ids) == {3, 5, 8}
    assert found.met == (True, True, True, False)


def test_papers_outside_of_the_model_stand_among_those_within():
    newer = {20: Paper("Zeppelins over moons", "Zeppelins rise to moons."), 21: Paper("Trees", "")}
    assert set(_found("moons", outside=newer).paper_ids) == {3, 8, 20}
    assert _found("zeppelin", outside=newer).paper_ids == (20,)
    assert _found("zeppelins", model=None, outside=newer).paper_ids == (20,)
    assert _found("zeppelins", model=None).paper_ids == ()


def test_the_gaps_of_a_model_hold_all_that_it_lacks_and_nothing_else():
    assert search.gaps(MODEL) == [(None, 2), (4, 4), (6, 7), (10, 11), (13, None)]
    assert search.gaps(vectors.fit({})) == [(None, None)]


def test_of_many_gaps_the_inner_ones_are_one():
    model = vectors.fit({n: Paper(f"Owls {n}") for n in range(10, 400, 2)})
    assert search.gaps(model) == [(None, 9), (11, 397), (399, None)]


WORDS = st.sampled_from(["moons", "tides", "soft", "owls", "xyz", '"soft solid"', "author:Moon"])


@given(st.lists(WORDS, min_size=1, max_size=5, unique=True), WORDS)
def test_what_is_to_be_left_out_never_comes(wanted, unwanted):
    typed = [each for each in wanted if each != unwanted] or ["bread"]
    shunned = _found(unwanted)
    found = _found(" ".join([*typed, f"-{unwanted}"]))
    assert not (shunned.is_whole and set(found.paper_ids) & set(shunned.paper_ids))
