import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

from app.papers.paper import Paper
from app.recommend import candidates, interests, selection, vectors
from app.recommend.calibration import EDGES, Band
from app.recommend.candidates import Candidate, Candidates
from app.recommend.interests import Interest, Kind


def _day(near: np.ndarray, trends: list[float] | None = None) -> Candidates:
    n = len(near)
    return Candidates(
        paper_ids=np.arange(10, 10 + n),
        trends=np.array(trends or [0.0] * n, dtype=float),
        near=sparse.csr_array(near),
    )


def _unlike(n: int, trends: list[float] | None = None) -> Candidates:
    return _day(np.eye(n), trends)


def _band(fit: float) -> int:
    return sum(fit >= edge for edge in EDGES.values())


def _choose(day: Candidates, fits: list[float], among=None, **settings) -> list[int]:
    fit = np.array(fits)
    mask = np.ones(len(fit), dtype=bool) if among is None else np.array(among)
    return selection.choose(day, mask, fit, fit, **settings)


def test_the_best_come_first_and_never_more_than_the_limit():
    assert _choose(_unlike(4), [0.1, 0.4, 0.3, 0.2], limit=3) == [1, 2, 3]


def test_only_those_that_may_be_chosen_are():
    assert _choose(_unlike(3), [0.5, 0.4, 0.3], among=[False, True, True]) == [1, 2]
    assert _choose(_unlike(2), [0.5, 0.4], among=[False, False]) == []
    assert _choose(_unlike(0), []) == []


def test_equals_go_by_trend_and_then_by_paper_id():
    day = _unlike(3, [0.2, 0.2, 0.8])

    for spread in (0.0, 0.1):
        assert _choose(day, [0.5, 0.5 + 1e-9, 0.5], spread=spread) == [2, 0, 1]


def test_a_paper_like_one_already_chosen_comes_later():
    near = np.eye(3)
    near[0, 1] = near[1, 0] = 0.8

    assert _choose(_day(near), [0.7, 0.65, 0.6], spread=0.1) == [0, 2, 1]
    assert _choose(_day(near), [0.7, 0.65, 0.6], spread=0.1, limit=2) == [0, 2]
    assert _choose(_day(near), [0.7, 0.65, 0.6], spread=0.0, limit=2) == [0, 1]


def test_diversity_takes_no_strong_papers_place_for_a_lesser_one():
    near = np.eye(4)
    near[0, 1] = near[1, 0] = 0.9
    fits = [0.9, 0.76, 0.74, 0.73]

    assert set(_choose(_day(near), fits, spread=1.0, limit=2)) == {0, 1}
    assert _choose(_day(near), fits, spread=1.0, limit=3) == [0, 2, 1]


def test_of_twins_only_the_better_one_is_chosen():
    near = np.eye(3)
    near[0, 1] = near[1, 0] = 0.99

    assert _choose(_day(near), [0.5, 0.6, 0.4]) == [1, 2]
    assert _choose(_day(near), [0.5, 0.6, 0.4], among=[True, False, True]) == [0, 2]


GRID = st.integers(0, 20).map(lambda n: n / 20)


@st.composite
def _days(draw):
    n = draw(st.integers(1, 9))
    near = np.eye(n)
    for row in range(n):
        for column in range(row):
            cosine = draw(st.sampled_from([0.0, 0.0, 0.1, 0.3, 0.6, 0.9, 0.97]))
            near[row, column] = near[column, row] = cosine
    trends, fits = (draw(st.lists(GRID, min_size=n, max_size=n)) for _ in range(2))
    among = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    return _day(near, trends), np.array(fits), among


CASE = {"case": _days(), "dial": GRID, "limit": st.integers(1, 6), "spread": GRID}


def _defined(day, among, worth, fits, limit, spread):
    """Maximal marginal relevance as its definition says it, one look at everything a pick."""
    near = day.near.toarray()
    order = sorted(np.flatnonzero(among), key=lambda p: (-round(worth[p], 6), -day.trends[p], p))
    single = []
    for place in order:
        if all(near[place, other] < candidates.ALIKE for other in single):
            single.append(place)
    plain = [_band(fits[place]) for place in single[:limit]]
    chosen = []
    while len(chosen) < len(plain):
        taken = [_band(fits[place]) for place in chosen]
        left, best = -math.inf, None
        for place in single:
            band = _band(fits[place])
            closest = max((near[place, other] for other in chosen), default=0.0)
            value = round(worth[place], 6) - spread * closest
            is_open = place not in chosen and taken.count(band) < plain.count(band)
            if is_open and value > left:
                left, best = value, place
        chosen.append(best)
    return chosen


@given(**CASE)
def test_the_choice_is_exactly_the_defined_one(case, dial, limit, spread):
    day, fits, among = case
    worth = selection.appeal(fits, day.trends, dial)

    found = selection.choose(day, among, worth, fits, limit, spread)

    assert found == _defined(day, among, worth, fits, limit, spread)


@given(**CASE)
def test_a_letter_holds_admitted_papers_only_no_twins_and_no_more_than_fit(
    case, dial, limit, spread
):
    day, fits, among = case
    ok = selection.admitted(fits, day.trends, dial, Band.GOOD) & among

    found = selection.choose(day, ok, selection.appeal(fits, day.trends, dial), fits, limit, spread)

    assert len(set(found)) == len(found) <= limit
    assert all(ok[place] for place in found)
    assert not any(day.twins.get(place, set()) & set(found) for place in found)


@given(**CASE)
def test_all_strong_papers_that_fit_are_in_the_letter(case, dial, limit, spread):
    day, fits, among = case
    strong = set(np.flatnonzero(among & (fits >= EDGES[Band.STRONG])).tolist())

    found = set(selection.choose(day, among, fits, fits, limit, spread))

    if len(strong) <= limit:
        assert all(place in found or day.twins[place] & found for place in strong)


@given(**CASE)
def test_spread_changes_neither_how_many_papers_nor_their_bands(case, dial, limit, spread):
    day, fits, among = case
    worth = selection.appeal(fits, day.trends, dial)

    plain, spread_out = (
        selection.choose(day, among, worth, fits, limit, by) for by in (0.0, spread)
    )

    def bands(chosen):
        return sorted(_band(fits[place]) for place in chosen)

    assert bands(plain) == bands(spread_out)
    assert plain[:1] == spread_out[:1]


@given(st.permutations(range(1, 17)), st.integers(1, 16), GRID)
def test_the_order_in_which_papers_came_changes_nothing(model, order, limit, spread):
    fits = np.array([(paper_id * 7 % 16) / 16 for paper_id in range(1, 17)])
    day = candidates.gather(model, [Candidate(i, (i % 3) / 3) for i in order])
    usual = candidates.gather(model, [Candidate(i, (i % 3) / 3) for i in range(1, 17)])
    everything = np.ones(16, dtype=bool)

    found, expected = (
        selection.choose(each, everything, fits, fits, limit, spread) for each in (day, usual)
    )

    assert found == expected


def test_many_candidates_are_chosen_from_like_few():
    n = 300
    rng = np.random.default_rng(7)
    half = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.1), 1) * 0.94
    half[3, 8] = half[20, 21] = 0.99
    day = _day(half + half.T + np.eye(n), rng.random(n).round(2).tolist())
    fits = rng.random(n).round(2)
    everything = np.ones(n, dtype=bool)

    for spread in (0.0, 0.1, 0.7, 50.0):
        found = selection.choose(day, everything, fits, fits, 10, spread)
        assert found == _defined(day, everything, fits, fits, 10, spread)


@given(GRID, GRID, st.sampled_from(Band))
def test_the_trend_only_ever_adds_papers(fit, trend, threshold):
    fits, trends = np.array([fit]), np.array([trend])
    counts = [int(selection.admitted(fits, trends, d / 10, threshold)[0]) for d in range(11)]

    assert counts[0] == (fit >= EDGES[threshold])
    assert all(count >= counts[0] for count in counts)


@example(0.0)
@given(GRID)
def test_appeal_goes_from_what_suits_to_what_everyone_reads(dial):
    fits, trends = np.array([0.2, 0.9]), np.array([0.8, 0.1])

    mixed = selection.appeal(fits, trends, dial)

    assert np.allclose(mixed, fits + dial * (trends - fits))
    assert selection.appeal(fits, trends, 0).tolist() == fits.tolist()
    assert selection.appeal(fits, trends, 1).tolist() == trends.tolist()


@pytest.mark.parametrize(
    ("typed", "papers"),
    [
        ("-videos", {6}),
        ('-"face recognition"', {8}),
        ("-C++", {13}),
        ("-few-shot", {12}),
        ("-μ-opioid", {4}),
        ("-xylophone", set()),
        ('-"recognition face"', set()),
        ('-"protein xylophone"', set()),
    ],
)
def test_a_negative_interest_mutes_the_papers_that_hold_it(model, typed, papers):
    (interest,) = interests.parse(typed, has_likes=True)

    assert selection.muted(model, [interest], sorted(model.row_of)) == {interest: papers}
    assert selection.muted(model, [interest], []) == {interest: set()}


def test_an_author_or_category_mutes_the_papers_that_have_it():
    papers = {
        1: Paper("Owls", "They fly.", ("Ada B. Strix", "Bo Bubo"), categories=("q-bio.PE",)),
        2: Paper("Bats", "They hang.", ("A. Strix",), categories=("cs.LG", "q-bio.PE")),
        3: Paper("On Strix, of cs.LG", "We speak of Bo Bubo.", ("Cy Tyto",)),
    }
    model = vectors.fit(papers)

    def muted_by(text: str, kind: Kind) -> frozenset[int]:
        interest = Interest(text, kind, negative=True)
        return selection.muted(model, [interest], [1, 2, 3])[interest]

    assert muted_by("Strix", Kind.AUTHOR) == {1, 2}
    assert muted_by("Bo Bubo", Kind.AUTHOR) == {1}
    assert muted_by("Nobody", Kind.AUTHOR) == frozenset()
    assert muted_by("CS.lg", Kind.CATEGORY) == {2}
    assert muted_by("q-bio", Kind.CATEGORY) == {1, 2}
    assert muted_by("Strix", Kind.WORD) == {3}
