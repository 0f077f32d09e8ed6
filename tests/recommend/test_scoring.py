import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import interests, profile, scoring
from app.recommend.profile import Profile, Taste

PROFILES = [
    Taste(interests.parse('diffusion "speech recognition"')),
    Taste(liked=(1, 14), disliked=(8,)),
    Taste(interests.parse("graph diffusion"), liked=(1,)),
]


@pytest.fixture(scope="module")
def profiles(model):
    return [profile.build(model, taste) for taste in PROFILES]


def test_a_shards_scores_are_the_plain_sum_of_the_coefficients(model, profiles):
    ids = [3, 8, 9]
    papers = model.rows_of(ids).toarray()

    total = scoring.score(model, profiles, ids).total

    for built, scored in zip(profiles, total, strict=True):
        expected = np.zeros(len(ids))
        for interest, weight in built.asked.items():
            expected += weight * (papers @ model.ask([interest.text]).toarray()[0])
        for paper_id, weight in built.shown.items():
            likeness = papers @ model.rows_of([paper_id]).toarray()[0]
            expected += weight * (likeness - model.background([paper_id])[0])
        assert np.allclose(scored, expected, atol=1e-6)


def test_a_profile_scores_alike_alone_and_in_any_shard(model, profiles):
    ids = sorted(model.row_of)
    together = scoring.score(model, profiles, ids).total

    for n, built in enumerate(profiles):
        assert np.array_equal(scoring.score(model, [built], ids).total[0], together[n])


def test_a_shard_of_nobody_or_without_papers_has_no_scores(model, profiles):
    assert scoring.score(model, [], [1, 2]).total.shape == (0, 2)
    assert scoring.score(model, profiles, []).total.shape == (3, 0)
    assert scoring.score(model, [Profile({}, {})], [1]).total.tolist() == [[0.0]]


def test_part_of_a_phrase_ranks_a_paper_but_does_not_admit_it(model):
    built = profile.build(model, Taste(interests.parse('"speech recognition of whales"')))

    found = scoring.score(model, [built], [8, 9])

    assert (found.total > 0).all()
    assert found.sure[0, 0] == pytest.approx(0)


@given(st.integers(0, 10**6), st.lists(st.integers(1, 200), max_size=5), st.floats(0, 400))
def test_trend_grows_with_attention_and_fades_with_age(votes, positions, age):
    trend = scoring.trend(votes, positions, age)

    assert 0 <= trend <= 1
    assert scoring.trend(votes + 1, positions, age) >= trend
    assert scoring.trend(votes, [*positions, 1], age) >= trend
    assert scoring.trend(votes, positions, age + 1) <= trend


def test_trend_is_fair_to_a_paper_that_came_today():
    assert scoring.trend(30, [5], 0) > scoring.trend(60, [5], 6)
    assert scoring.trend(None, [1], 0) > scoring.trend(None, [30], 0)
    assert scoring.trend(None, [], 0) == 0
