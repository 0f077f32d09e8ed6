from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers.paper import Paper
from app.recommend import attribution, board, interests, profile, scoring, vectors
from app.recommend.candidates import Candidate
from app.recommend.interests import Interest, Kind
from app.recommend.profile import Taste

IDS = range(1, 17)
WORDS = ("protein", "diffusion", "speech recognition", "graph algorithm", "audio", "few-shot")
tastes = st.builds(
    Taste,
    st.sets(st.sampled_from(WORDS)).map(lambda texts: tuple(map(Interest, sorted(texts)))),
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
)


@pytest.fixture(scope="module")
def day(model):
    return board.lay_out(model, [Candidate(n) for n in IDS])


def told(day, taste):
    """The reason of every paper's score, by paper id."""
    profiles = profile.build(day.model, [taste])
    return dict(zip(IDS, attribution.reasons(day, profiles, 0, day.rows), strict=True))


@given(taste=tastes)
def test_the_shares_add_up_to_the_score(day, taste):
    total = scoring.score(day.model, profile.build(day.model, [taste]), day.rows)[0]

    for reason, score in zip(told(day, taste).values(), total, strict=True):
        assert reason.total == pytest.approx(score, abs=1e-5)
        assert {s.paper_id for s in reason.liked} <= set(taste.liked)
        assert {s.paper_id for s in reason.disliked} <= set(taste.disliked)


@given(taste=tastes)
def test_taking_what_is_named_away_takes_its_shares_away(day, taste):
    profiles = profile.build(day.model, [taste])
    before = scoring.score(day.model, profiles, day.rows)[0]
    found = told(day, taste)

    for place, (paper_id, reason) in enumerate(found.items()):
        if not reason.liked:
            continue
        gone = reason.liked[0]
        kept = without(profiles, day.model.row_of[gone.paper_id])
        after = scoring.score(day.model, kept, day.rows)[0, place]
        assert before[place] - after == pytest.approx(gone.share, abs=1e-5), paper_id


def without(profiles, row):
    """Profiles without what one liked paper brought, all other coefficients as they were."""
    from dataclasses import replace

    kept = {}
    for name in ("liked", "near", "theme", "reader_liked", "reader_near"):
        matrix = getattr(profiles, name).tolil(copy=True)
        matrix[:, row] = 0
        kept[name] = matrix.tocsr()
    return replace(profiles, **kept)


def test_interests_are_named_as_typed_and_first_where_they_matched(day):
    found = told(day, Taste(interests.parse("Proteins GRAPHS")))

    assert found[1].terms[0].text == "Proteins"
    assert found[16].terms[0].text == "GRAPHS"


def test_a_phrase_met_in_part_says_which_part(day):
    found = told(day, Taste(interests.parse('"Speech Recognition"')))

    assert found[9].terms[0].part == ()
    assert found[10].terms[0].part == ("Speech",)


def test_an_interest_met_by_no_word_says_what_the_paper_has_in_common_with_its_best(day):
    found = told(day, Taste(interests.parse("radar")))

    (term,) = found[5].terms
    assert term.part == ()
    assert "diffusion" in [word.lower() for word in term.near]
    assert found[6].terms[0].near == ()


def test_an_author_and_a_category_are_reasons_of_their_own(papers):
    listed = Paper("One more", "Of owls.", ("Ada Lovelace",), categories=("cs.LG",))
    model = vectors.fit({**papers, 17: listed})
    day = board.lay_out(model, [Candidate(n) for n in range(1, 18)])
    profiles = profile.build(model, [Taste(interests.parse("author:Lovelace category:cs.LG"))])

    reason = attribution.reasons(day, profiles, 0, day.rows)[-1]

    assert [term.kind for term in reason.terms] == [Kind.AUTHOR, Kind.CATEGORY]
    assert all(term.share > 0 for term in reason.terms)


def test_the_nearest_liked_paper_comes_first_with_readable_words(day):
    found = told(day, Taste(liked=(1, 15)))

    assert found[2].liked[0].paper_id == 1
    assert "protein" in " ".join(found[2].liked[0].words).lower()
    assert found[16].liked[0].paper_id == 15


def test_a_disliked_neighbour_is_named_with_what_it_cost(day):
    found = told(day, Taste(interests.parse("graph"), disliked=(15,)))

    assert found[16].disliked[0].paper_id == 15
    assert found[16].disliked[0].share < 0


def test_what_other_readers_brought_is_told_and_part_of_the_shares(papers):
    model = vectors.fit(papers, libraries=[[1, 14], [1, 14, 15], [5, 6]] * 400)
    day = board.lay_out(model, [Candidate(14)])
    profiles = profile.build(model, [Taste(liked=(1,))])

    (reason,) = attribution.reasons(day, profiles, 0, day.rows)

    assert reason.readers > 0
    assert np.isclose(reason.total, scoring.score(model, profiles, day.rows)[0, 0], atol=1e-5)
    alone = replace(model, tastes=None)
    profiles = profile.build(alone, [Taste(liked=(1,))])
    own = scoring.score(alone, profiles, day.rows)[0, 0]
    assert np.isclose(reason.total - reason.readers, own, atol=1e-5)
