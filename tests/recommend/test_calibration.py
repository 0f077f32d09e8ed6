"""A fit means the same for everybody, whatever size their scores are of."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.papers.paper import Paper
from app.recommend import calibration, profile, scoring, vectors
from app.recommend.calibration import PRIOR, Band
from app.recommend.interests import Interest, Kind
from app.recommend.profile import Taste

WEIRD = st.floats(allow_nan=True, allow_infinity=True, width=64)


def tables(n_people: int, n_columns: int) -> st.SearchStrategy:
    return arrays.arrays(np.float64, (n_people, n_columns), elements=WEIRD)


COMMON, RARE = "opal", ["birch", "comet", "delta", "ember", "fjord"]


@pytest.fixture(scope="module")
def crowd() -> vectors.Model:
    """A hundred papers: 20 about opal, 20 about five rarer subjects, four about any other."""
    others = [f"{each}stone" for each in "abcdefghijklmno"]
    about = [COMMON] * 20 + RARE * 4 + others * 4
    return vectors.fit(
        {
            n: Paper(f"On {it} {n}", f"A survey of {it}. The {it} is weighed, then drawn again.")
            for n, it in enumerate(about, start=1)
        }
    )


def titles(n: int, others: Mapping[int, Paper] = vectors.NOTHING) -> vectors.Model:
    """A model of papers 1 to n that say next to nothing."""
    return vectors.fit({number: Paper("Title", "") for number in range(1, n + 1)}, others)


def fits(total, reference, typed=1.0, liked=False, scale=PRIOR):
    n_people = len(total)
    facts = np.full(n_people, typed), np.full(n_people, liked)
    return calibration.fits(total, reference, *facts, scale)


def fits_of(model: vectors.Model, taste: Taste) -> dict[int, float]:
    profiles = profile.build(model, [taste])
    sampled = [model.row_of[paper_id] for paper_id in calibration.sample(model)]
    total = scoring.score(model, profiles, np.arange(len(model.row_of)))
    reference = scoring.score(model, profiles, np.array(sampled))
    reached = fits(total, reference, float(bool(taste.interests)), bool(taste.liked))[0]
    return {paper_id: float(reached[row]) for paper_id, row in model.row_of.items()}


def words(*texts: str) -> Taste:
    return Taste(tuple(Interest(text, Kind.WORD) for text in texts))


# Bands


@pytest.mark.parametrize(
    ("fit", "band"),
    [(1.0, Band.STRONG), (0.75, Band.STRONG), (0.5, Band.GOOD), (0.3, Band.LOOK), (0.2, None)],
)
def test_a_fit_is_in_the_best_band_it_reaches(fit, band):
    assert calibration.band(fit) == band


# Fits


@given(tables(3, 5), tables(3, 4))
def test_any_scores_give_fits_from_0_to_1(total, reference):
    reached = fits(total, reference)

    assert reached.shape == total.shape
    assert np.all((reached >= 0) & (reached <= 1))


@given(arrays.arrays(np.float64, (2, 6), elements=st.floats(-100, 100)), tables(2, 5))
def test_a_higher_score_never_fits_worse(total, reference):
    total = np.sort(total, axis=1)

    assert np.all(np.diff(fits(total, reference), axis=1) >= 0)


def test_scores_that_differ_fit_differently_even_below_the_mean():
    total = np.linspace(-1, 6, 200)[None, :]

    assert np.all(np.diff(fits(total, np.full((1, 300), 0.2))) > 0)


@given(tables(4, 3), tables(4, 7))
def test_a_persons_fits_do_not_depend_on_who_else_is_there(total, reference):
    together = fits(total, reference)
    backwards = fits(total[::-1], np.asfortranarray(reference[::-1]))[::-1]
    alone = np.vstack([fits(total[[n]], reference[[n]]) for n in range(4)])

    assert together.tolist() == alone.tolist() == backwards.tolist()


@pytest.mark.parametrize("size", [0, 1, 2, 300])
def test_somebody_whom_nothing_matches_gets_nothing(size):
    nothing = np.zeros((1, size))

    assert fits(np.zeros((1, 3)), nothing).max() < calibration.EDGES[Band.LOOK]
    assert fits([[0.2]], nothing)[0, 0] < calibration.EDGES[Band.GOOD]


def test_without_a_sample_the_usual_scores_decide():
    far, near = fits([[PRIOR.mean, PRIOR.mean + 10 * PRIOR.deviation]], [[]])[0]

    assert far < calibration.EDGES[Band.LOOK]
    assert near >= calibration.EDGES[Band.STRONG]


def test_the_same_score_fits_worse_where_many_papers_have_it():
    rare, common = np.zeros((2, 300))
    rare[:3], common[:60] = 1.0, 1.0

    among_few, among_many = fits([[1.0], [1.0]], [rare, common])[:, 0]

    assert among_few > among_many


def test_papers_that_were_not_measured_count_for_nothing():
    measured = [0.0, 0.1, 0.4, 0.2]

    with_gaps = fits([[1.0]], [[*measured, np.nan, np.inf]])

    assert with_gaps.tolist() == fits([[1.0]], [measured]).tolist()


def test_the_fits_of_readers_in_sum_are_read_against_their_wider_scores():
    usual = calibration.usual(1.0)
    total = [[usual.mean + 5 * usual.deviation]]

    assert calibration.usual(0.0) == PRIOR
    assert fits(total, [[]], scale=usual)[0, 0] < fits(total, [[]])[0, 0]


def test_one_word_and_five_that_as_many_papers_hold_find_as_many_good_papers(crowd):
    one, five = fits_of(crowd, words(COMMON)), fits_of(crowd, words(*RARE))

    assert {calibration.band(one[n]) for n in range(1, 21)} <= {Band.STRONG, Band.GOOD}
    assert {calibration.band(five[n]) for n in range(21, 41)} <= {Band.STRONG, Band.GOOD}
    assert max(one[n] for n in range(21, 101)) < calibration.EDGES[Band.LOOK]
    assert max(five[n] for n in [*range(1, 21), *range(41, 101)]) < calibration.EDGES[Band.LOOK]


def test_the_rarer_word_is_worth_more(crowd):
    assert fits_of(crowd, words(RARE[0]))[21] > fits_of(crowd, words(COMMON))[1]


@given(arrays.arrays(np.float64, 3, elements=WEIRD), arrays.arrays(np.float64, 3, elements=WEIRD))
def test_any_facts_about_people_give_fits_from_0_to_1(typed, liked):
    reached = calibration.fits(np.ones((3, 2)), np.zeros((3, 5)), typed, liked)

    assert np.all((reached >= 0) & (reached <= 1))


def test_what_likes_alone_find_is_read_against_their_lower_scores():
    reference = np.full((1, 20), 0.1)

    by_likes = fits([[0.6]], reference, typed=0.0, liked=True)
    by_words = fits([[0.6]], reference, typed=1.0, liked=False)

    assert by_likes[0, 0] > by_words[0, 0]


# The sample


def test_the_sample_is_even_and_no_larger_than_asked():
    chosen = calibration.sample(titles(100), size=20)

    assert len(chosen) == 20
    assert chosen == sorted(set(chosen))
    assert max(np.diff([0, *chosen, 101])) <= 10


def test_a_small_corpus_is_its_own_sample(model):
    assert calibration.sample(model) == sorted(model.row_of)


def test_new_papers_change_little_of_the_sample():
    before, after = (calibration.sample(titles(n), size=40) for n in (100, 110))

    assert len(set(before) & set(after)) >= 35


def test_the_sample_holds_only_papers_that_were_learned_from():
    others = {9: Paper("Another", "")}

    assert calibration.sample(titles(4, others)) == [1, 2, 3, 4]


# Learning


def picks(steepness: float, n: int = 3000, level: float = 30.0) -> tuple[list[float], list[bool]]:
    """Invent picks that reached "worth a look", whose odds of a like rise so steeply."""
    chance = np.random.default_rng(1)
    standing = chance.uniform(2.3, 12, n)
    odds = standing**steepness / level
    return standing.tolist(), (chance.uniform(size=n) < odds / (1 + odds)).tolist()


def test_learning_moves_the_scale_towards_what_people_liked():
    flat, steep = (calibration.learn(*picks(each)) for each in (1.6, 2.6))

    assert flat.steepness == pytest.approx(1.6, abs=0.2)
    assert steep.steepness == pytest.approx(2.6, abs=0.2)


def test_how_often_people_press_a_button_moves_nothing():
    rarely, often = (calibration.learn(*picks(2.0, n=20_000, level=each)) for each in (1000, 30))

    assert rarely.steepness == pytest.approx(often.steepness, abs=0.2)


def test_little_evidence_teaches_nothing():
    standings, liked = picks(2.6, n=199)

    assert calibration.learn(standings, liked) is PRIOR
    assert calibration.learn([3.0] * 500, [True] * 29 + [False] * 471) is PRIOR
    assert calibration.learn([3.0] * 500, [True] * 500) is PRIOR
    assert calibration.learn([], []) is PRIOR


def test_evidence_against_the_scale_moves_it_only_so_far():
    standings, liked = picks(2.6)

    learned = calibration.learn(standings, [not each for each in liked])

    assert learned.steepness == calibration.FLATTEST


def test_learning_keeps_the_rest_of_the_scale():
    before = calibration.usual(0.5)
    learned = calibration.learn(*picks(2.6), before)

    assert (learned.mean, learned.deviation) == (before.mean, before.deviation)
    assert learned.steepness != before.steepness


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(), st.booleans()), min_size=200, max_size=220))
def test_any_evidence_gives_a_scale_within_bounds(evidence):
    standings, liked = zip(*evidence, strict=True)

    learned = calibration.learn(standings, liked)

    assert calibration.FLATTEST <= learned.steepness <= calibration.STEEPEST


def test_a_recorded_fit_gives_its_standing_back():
    scale = calibration.Scale(steepness=2.4)
    scores = np.linspace(0, 4, 20)[None, :], np.linspace(0, 1, 50)[None, :], [0.5], [True]

    reached = calibration.fits(*scores, scale)

    standings = calibration.standings(*scores, scale)
    assert calibration.standing_of(reached, scale) == pytest.approx(standings)


def test_the_bands_begin_at_the_same_lifts_however_steep_the_scale():
    for steepness in (1.5, 2.0, 3.0):
        scale = calibration.Scale(steepness=steepness)
        standing = calibration.standing_of([0.25, 0.5, 0.75], scale)
        lift = (standing / calibration.LEVEL) ** steepness

        assert lift == pytest.approx([1.5, 4.5, 13.5])
