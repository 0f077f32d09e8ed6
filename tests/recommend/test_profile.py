import pytest

from app import errors
from app.recommend import interests, profile, scoring
from app.recommend.interests import Interest, Kind
from app.recommend.profile import Taste


def scores(model, taste):
    """Score every paper of the model: paper id → score."""
    ids = sorted(model.row_of)
    total = scoring.score(model, [profile.build(model, taste)], ids).total[0]
    return dict(zip(ids, total.tolist(), strict=True))


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


def test_typed_words_count_less_the_more_papers_are_liked(model):
    wanted = interests.parse("graph")
    coefficients = [
        profile.build(model, Taste(wanted, liked=tuple(range(1, 1 + n)))).asked[wanted[0]]
        for n in range(4)
    ]

    assert coefficients == sorted(coefficients, reverse=True)
    assert coefficients[-1] > 0


def test_dislikes_too_tell_more_than_words_where_there_is_a_like(model):
    wanted = interests.parse("graph")
    coefficients = [
        profile.build(model, Taste(wanted, (1,), tuple(range(2, 2 + n)))).asked[wanted[0]]
        for n in range(4)
    ]

    assert coefficients == sorted(coefficients, reverse=True)
    assert coefficients[-1] > 0


def test_dislikes_alone_leave_the_words_their_full_weight(model):
    wanted = interests.parse("graph")
    with_them = profile.build(model, Taste(wanted, disliked=(1, 2)))
    without = profile.build(model, Taste(wanted))

    assert with_them.asked == without.asked


def test_naming_more_subjects_does_not_lower_the_score_of_one(model):
    alone = scores(model, Taste(interests.parse("diffusion")))
    among = scores(model, Taste(interests.parse("diffusion graph speech protein audio")))

    assert among[6] > 0.7 * alone[6]


def test_liking_many_unlike_papers_does_not_lift_every_score(model):
    few, many = scores(model, Taste(liked=(1,))), scores(model, Taste(liked=(1, 5, 9, 13)))

    assert many[16] < few[2]


def test_a_phrase_weighs_more_where_its_words_are_neighbours(model):
    found = scores(model, Taste((Interest("speech recognition", Kind.PHRASE),)))

    assert found[9] > found[8] > 0
    assert found[9] > found[10]


def test_negative_interests_and_unknown_words_have_no_coefficient(model):
    taste = Taste(interests.parse("graph xylophone -video"))

    assert [i.text for i in profile.build(model, taste).asked] == ["graph"]


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
    with pytest.raises(errors.ColdStart):
        profile.build(model, taste)
