import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import interests, profile, scoring, vectors
from app.recommend.profile import Taste

IDS = range(1, 17)
WORDS = (
    'diffusion "speech recognition" x2 graph protein few-shot xylophone author:"Ada Lovelace"'
    " category:cs.LG x0.5"
)

some_tastes = st.builds(
    Taste,
    st.sets(st.sampled_from(interests.parse(WORDS))).map(lambda found: tuple(sorted(found))),
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
    st.dictionaries(st.sampled_from(IDS), st.floats(0, 1000)),
)


def cells(matrix, person):
    found = matrix[[person]].tocoo()
    return zip(found.col.tolist(), found.data.tolist(), strict=True)


def dot(one, other):
    return float(one.astype(np.float64) @ other.astype(np.float64))


def plainly(model, profiles, person, row):
    """The score of one paper, summed up term by term as the docstring of Profiles has it."""
    asked, dense, z = profiles.asked_of, model.rows.toarray(), model.themes
    words, facets, marks = asked.rows.toarray(), asked.facets.toarray(), model.facets.toarray()
    total = 0.0
    for k, weight in cells(profiles.asked, person):
        met = (facets[k] * marks[row]).any()
        part = asked.parts.toarray()[k][dense[row] > 0].sum()
        match = dot(words[k], dense[row]) * model.pivots[row] * min(part / scoring.MET, 1)
        total += weight * (match + met)
    for t, weight in cells(profiles.echoes, person):
        total += weight * dot(z[t], z[row]) * (t != row)
    for h, weight in cells(profiles.liked, person):
        total += weight * dot(dense[h], dense[row])
    for h, weight in cells(profiles.near, person):
        total += weight * dot(dense[h], dense[row]) ** 3
    for h, weight in cells(profiles.theme, person):
        total += weight * dot(z[h], z[row])
    return total + (plainly_by_readers(model, profiles, person, row) if model.tastes else 0.0)


def plainly_by_readers(model, profiles, person, row):
    known, at, total = model.tastes.known, model.tastes.placed[row], 0.0
    for k, weight in cells(profiles.reader_asked, person):
        total += weight * dot(profiles.asked_of.places[k], at)
    for t, weight in cells(profiles.reader_echoes, person):
        total += weight * dot(known[t], at) * (t != row)
    for h, weight in cells(profiles.reader_liked, person):
        total += weight * dot(known[h], at)
    for h, weight in cells(profiles.reader_near, person):
        total += weight * max(dot(known[h], at), 0) ** 2
    return total


@given(taste=some_tastes)
def test_a_score_is_the_plain_sum_it_is_said_to_be(known, taste):
    profiles = profile.build(known, [Taste(liked=(5,)), taste])

    total = scoring.score(known, profiles, np.arange(16))

    expected = [plainly(known, profiles, 1, row) for row in range(16)]
    assert total[1] == pytest.approx(expected, abs=1e-5)


@given(tastes=st.lists(some_tastes, min_size=1, max_size=5))
def test_a_person_scores_alike_alone_and_in_any_shard(known, tastes):
    rows = np.arange(16)
    together = scoring.score(known, profile.build(known, tastes), rows)

    for n, taste in enumerate(tastes):
        alone = scoring.score(known, profile.build(known, [taste]), rows)[0]
        assert np.array_equal(alone, together[n])


def test_less_than_half_of_a_phrase_matches_less_than_its_cosine(model, monkeypatch):
    profiles = profile.build(model, [Taste(interests.parse('"speech recognition"'))])
    rows = np.array([model.row_of[n] for n in (8, 9)])

    faces, whispers = scoring.score(model, profiles, rows)[0]
    monkeypatch.setattr(scoring, "MET", 1e-9)
    faces_by_cosine, whispers_by_cosine = scoring.score(model, profiles, rows)[0]

    assert 0 < faces < faces_by_cosine
    assert whispers == whispers_by_cosine


def test_papers_scored_in_parts_score_as_at_once(known, monkeypatch):
    profiles = profile.build(known, [Taste(interests.parse("graph"), (1, 9), (16,))])
    rows = np.arange(16)[::-1].copy()
    at_once = scoring.score(known, profiles, rows)

    monkeypatch.setattr(scoring, "WIDTH", 5)

    assert np.array_equal(scoring.score(known, profiles, rows), at_once)


def test_shown_papers_taken_in_many_stretches_tell_the_same(known, monkeypatch):
    tastes = [Taste(liked=(1, 2, 9, 16), disliked=(3,)), Taste(liked=(7,))]
    rows = np.arange(16)
    at_once = scoring.score(known, profile.build(known, tastes), rows)

    monkeypatch.setattr(scoring, "STRETCH", 3)
    found = scoring.score(known, profile.build(known, tastes), rows)
    alone = scoring.score(known, profile.build(known, tastes[:1]), rows)

    assert found == pytest.approx(at_once, abs=1e-6)
    assert np.array_equal(found[:1], alone)


def test_a_shard_of_nobody_or_without_papers_has_no_scores(model):
    nobody, one = profile.build(model, []), profile.build(model, [Taste(liked=(1,))])

    assert scoring.score(model, nobody, np.arange(2)).shape == (0, 2)
    assert scoring.score(model, one, np.arange(0)).shape == (1, 0)
    assert not scoring.score(model, profile.build(model, [Taste()]), np.arange(3)).any()


def test_an_empty_corpus_scores_nothing():
    empty = vectors.fit({})

    assert scoring.score(empty, profile.build(empty, [Taste(liked=(1,))]), np.arange(0)).size == 0


@pytest.mark.parametrize("common", [1, 4, 10**9])
def test_papers_are_as_like_however_many_terms_are_in_common_use(papers, monkeypatch, common):
    monkeypatch.setattr(vectors, "COMMON", common)
    model = vectors.fit(papers)

    found = scoring.likeness(model, np.array([0, 5, 15]), np.array([15, 1]))

    plain = (model.rows @ model.rows.T).toarray()[[0, 5, 15]][:, [15, 1]]
    assert found == pytest.approx(plain, abs=1e-6)
    assert found[2, 0] == pytest.approx(1)
