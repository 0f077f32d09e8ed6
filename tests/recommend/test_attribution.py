import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import errors
from app.recommend import attribution, interests, profile, scoring
from app.recommend.interests import Interest
from app.recommend.profile import Taste

IDS = range(1, 17)
WORDS = ("protein", "diffusion", "speech recognition", "graph algorithm", "audio", "few-shot")
tastes = st.builds(
    Taste,
    st.sets(st.sampled_from(WORDS)).map(lambda texts: tuple(map(Interest, sorted(texts)))),
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
)


def reasons(model, taste):
    scores = scoring.score(model, [profile.build(model, taste)], list(IDS))
    told = attribution.reasons(model, scores, 0, range(len(IDS)))
    return dict(zip(IDS, told, strict=True)), dict(zip(IDS, scores.total[0], strict=True))


@given(taste=tastes)
def test_the_shares_add_up_to_the_score(model, taste):
    try:
        told, scores = reasons(model, taste)
    except errors.ColdStart:
        return

    for paper_id, reason in told.items():
        assert reason.total == pytest.approx(scores[paper_id], abs=1e-6)
        assert {s.paper_id for s in reason.liked} <= set(taste.liked)
        assert {s.paper_id for s in reason.disliked} <= set(taste.disliked)


def test_taking_an_interest_away_takes_its_share_away(model):
    built = profile.build(model, Taste(interests.parse("diffusion denoising")))
    told = attribution.reasons(model, scoring.score(model, [built], [6]), 0, [0])[0]
    asked = {i: c for i, c in built.asked.items() if i.text != "denoising"}

    rest = scoring.score(model, [profile.Profile(asked, {})], [6]).total[0, 0]

    share = next(s.share for s in told.terms if s.text == "denoising")
    assert rest == pytest.approx(told.total - share, abs=1e-6)


def test_interests_are_named_as_typed_and_only_where_they_matched(model):
    told, _ = reasons(model, Taste(interests.parse("Proteins GRAPHS")))

    assert [share.text for share in told[1].terms] == ["Proteins"]
    assert [share.text for share in told[16].terms] == ["GRAPHS"]


def test_a_phrase_met_in_part_says_which_part(model):
    told, _ = reasons(model, Taste(interests.parse('"Speech Recognition"')))

    assert told[9].terms[0].part == ()
    assert told[10].terms[0].part == ("Speech",)


def test_the_nearest_liked_paper_comes_first_with_readable_words(model):
    told, _ = reasons(model, Taste(liked=(1, 15)))

    assert told[2].liked[0].paper_id == 1
    assert "protein" in " ".join(told[2].liked[0].words).lower()
    assert told[16].liked[0].paper_id == 15


def test_a_disliked_neighbour_is_named_with_what_it_cost(model):
    told, _ = reasons(model, Taste(interests.parse("graph"), disliked=(15,)))

    assert told[16].disliked[0].paper_id == 15
    assert told[16].disliked[0].share < 0
