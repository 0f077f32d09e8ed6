import numpy as np
import pytest

from app.recommend import interests, profile, scoring
from app.recommend.interests import Interest, Kind
from app.recommend.profile import Taste
from app.recommend.weights import Weights


def scores(model, taste, weights=None):
    """Score every paper of the model: paper id → score."""
    built = profile.build(model, [taste], weights or Weights())
    total = scoring.score(model, built, np.arange(model.rows.shape[0]))[0]
    return {paper_id: float(total[row]) for paper_id, row in model.row_of.items()}


def asked(model, *tastes):
    return [float(row.sum()) for row in profile.build(model, tastes).asked]


def test_a_liked_papers_neighbours_rise(model):
    before = scores(model, Taste(interests.parse("algorithm")))
    after = scores(model, Taste(interests.parse("algorithm"), liked=(1,)))

    assert after[2] > before[2]
    assert after[2] - before[2] > after[14] - before[14]


def test_a_disliked_papers_neighbours_fall(model):
    before = scores(model, Taste(interests.parse("diffusion")))
    after = scores(model, Taste(interests.parse("diffusion"), disliked=(6,)))

    assert after[6] < before[6]
    assert after[6] - before[6] < after[5] - before[5]


def test_typed_words_count_less_the_more_papers_are_judged(model):
    wanted = interests.parse("graph")

    likes = asked(model, *(Taste(wanted, liked=tuple(range(1, 1 + n))) for n in range(4)))
    dislikes = asked(model, *(Taste(wanted, (1,), tuple(range(2, 2 + n))) for n in range(4)))

    for weights in (likes, dislikes):
        assert weights == sorted(set(weights), reverse=True)
        assert weights[-1] > 0


def test_dislikes_alone_leave_the_words_their_full_weight(model):
    wanted = interests.parse("graph")

    with_them, without = asked(model, Taste(wanted, disliked=(1, 2)), Taste(wanted))

    assert with_them == without


def test_a_like_fades_with_age_and_its_words_come_back(model):
    wanted = interests.parse("graph")
    new = Taste(wanted, liked=(1, 9))
    aged = Taste(wanted, liked=(1, 9), ages={1: 2 * Weights().half_life})

    found, before = scores(model, aged), scores(model, new)

    assert found[2] < before[2]
    assert found[10] - before[10] > found[2] - before[2]
    assert asked(model, aged) > asked(model, new)


def test_a_like_from_the_future_counts_as_one_of_today(model):
    assert scores(model, Taste(liked=(1,), ages={1: -9.0})) == scores(model, Taste(liked=(1,)))


def test_a_weight_moves_the_balance_between_interests(model):
    even = scores(model, Taste(interests.parse("graph, speech")))
    tilted = scores(model, Taste(interests.parse("graph x3, speech")))

    assert tilted[14] > even[14]
    assert tilted[9] < even[9]


def test_a_single_interest_weighs_the_same_whatever_its_weight(model):
    assert scores(model, Taste(interests.parse("graph x3"))) == pytest.approx(
        scores(model, Taste(interests.parse("graph")))
    )


def test_a_paper_that_shares_no_word_with_the_interest_may_still_be_near_it(model):
    found = scores(model, Taste(interests.parse("radar")))

    assert found[5] > found[12]
    assert "radar" not in model.readable("diffus")


def test_a_phrase_weighs_more_where_its_words_are_neighbours(model):
    found = scores(model, Taste((Interest("speech recognition", Kind.PHRASE),)))

    assert found[9] > found[8] > 0
    assert found[9] > found[10]


def test_negative_interests_and_unknown_words_have_no_coefficient(model):
    built = profile.build(model, [Taste(interests.parse("graph xylophone -video"))])

    known = [built.asked_of.interests[k].text for k in built.asked.indices.tolist()]

    assert known == ["graph"]


@pytest.mark.parametrize("name", ["word", "echo", "liked", "near", "theme", "disliked"])
def test_a_weight_of_nothing_switches_its_signal_off(model, name):
    taste = Taste(interests.parse("graph"), (1, 9), (16,))
    off = scores(model, taste, Weights(**{name: 0.0}))

    assert off != scores(model, taste)


@pytest.mark.parametrize(
    "taste",
    [
        Taste(),
        Taste((Interest("xylophone"),)),
        Taste((Interest("video", negative=True),)),
        Taste(disliked=(1,)),
        Taste(liked=(12345,)),
    ],
)
def test_nothing_to_go_by_is_a_cold_start(model, taste):
    warm = Taste(liked=(1,))

    assert profile.build(model, [taste, warm]).is_cold.tolist() == [True, False]
