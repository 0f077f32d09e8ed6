import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import interests, profile, scoring, shares
from app.recommend.profile import Taste

IDS = range(1, 17)
WORDS = 'diffusion "speech recognition" x2 graph protein author:"Ada Lovelace" category:cs.LG x0.5'
ROWS = np.array([3, 15, 0])

some_tastes = st.builds(
    Taste,
    st.sets(st.sampled_from(interests.parse(WORDS))).map(lambda found: tuple(sorted(found))),
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
)


@given(tastes=st.lists(some_tastes, min_size=1, max_size=4))
def test_what_is_told_of_scores_adds_up_to_them(known, tastes):
    profiles = profile.build(known, tastes)
    people = np.repeat(np.arange(len(tastes)), len(ROWS))

    told = shares.tell(known, profiles, people, np.tile(ROWS, len(tastes)))

    added = told.typed.add_up(told.added) + told.shown.add_up(told.taught)
    assert added == pytest.approx(scoring.score(known, profiles, ROWS).ravel(), abs=1e-5)
    if known.tastes is None:
        assert not told.readers.any()


@given(tastes=st.lists(some_tastes, min_size=2, max_size=4))
def test_a_pick_is_told_alike_alone_and_among_others(known, tastes):
    profiles = profile.build(known, tastes)
    picks = [(person, row) for person in range(len(tastes)) for row in ROWS.tolist()]
    together = by_pick(known, profiles, picks)

    for pick, told in zip(picks, together, strict=True):
        (alone,) = by_pick(known, profiles, [pick])
        assert alone == told


def by_pick(known, profiles, picks):
    """What each interest and each paper added to each of some picks, rounded."""
    told = shares.tell(known, profiles, *map(np.array, zip(*picks, strict=True)))
    found = [{} for _ in picks]
    for kind, cells, added in ("typed", told.typed, told.added), ("shown", told.shown, told.taught):
        for n, said, share in zip(cells.pick.tolist(), cells.said.tolist(), added, strict=True):
            found[n][kind, int(cells.of[said])] = round(float(share), 9)
    return found


def test_no_paper_stands_for_what_is_told_of_somebody_who_said_nothing(known):
    profiles = profile.build(known, [Taste()])

    told = shares.tell(known, profiles, np.array([0, 0]), np.array([3, 15]))

    assert told.stands.shape[0] == len(told.typed.pick) == len(told.shown.pick) == 0
    assert told.readers.tolist() == [0.0, 0.0]
