"""Two settings in one letter: fair to both, and the better one is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import interleaving
from app.recommend.explain import Reason
from app.recommend.interleaving import Team
from app.recommend.picks import Pick

RANKING = st.lists(st.integers(1, 25), unique=True, max_size=12)
LIMIT = st.integers(1, 12)


def ranking(*paper_ids, exploring=(), band="good"):
    return [
        Pick(paper_id, rank, 1.0, Reason(band=band, exploring=paper_id in exploring))
        for rank, paper_id in enumerate(paper_ids, start=1)
    ]


def ids(drafted):
    return [pick.paper_id for pick, _ in drafted]


def teams(drafted):
    return [team for _, team in drafted]


@given(RANKING, RANKING, LIMIT, st.text())
def test_a_letter_has_each_paper_once_in_ranks_without_a_gap(a, b, limit, seed):
    drafted = interleaving.draft(ranking(*a), ranking(*b), limit, seed)
    assert len(set(ids(drafted))) == len(drafted) == min(limit, len({*a, *b}))
    assert [pick.rank for pick, _ in drafted] == list(range(1, len(drafted) + 1))
    assert set(ids(drafted)) <= {*a, *b}


@given(RANKING, RANKING, LIMIT, st.text())
def test_no_team_is_ever_more_than_one_ahead(a, b, limit, seed):
    drafted = teams(interleaving.draft(ranking(*a), ranking(*b), limit, seed))
    for n in range(len(drafted) + 1):
        assert abs(drafted[:n].count(Team.A) - drafted[:n].count(Team.B)) <= 1


@given(RANKING, RANKING, LIMIT, st.text())
def test_every_team_stands_by_its_own_papers_in_its_own_order(a, b, limit, seed):
    drafted = interleaving.draft(ranking(*a), ranking(*b), limit, seed)
    for team, own in ((Team.A, a), (Team.B, b)):
        places = [own.index(pick.paper_id) for pick, whose in drafted if whose == team]
        assert places == sorted(places)


@given(RANKING, LIMIT, st.text())
def test_settings_that_agree_earn_nothing(a, limit, seed):
    drafted = interleaving.draft(ranking(*a), ranking(*a), limit, seed)
    assert ids(drafted) == a[:limit]
    assert set(teams(drafted)) <= {Team.NONE}


@given(RANKING, RANKING, LIMIT, st.binary())
def test_the_same_seed_gives_the_same_letter(a, b, limit, seed):
    first = interleaving.draft(ranking(*a), ranking(*b), limit, seed)
    assert interleaving.draft(ranking(*a), ranking(*b), limit, seed) == first


def test_the_longer_ranking_gets_no_credit_for_its_length():
    drafted = interleaving.draft(ranking(1), ranking(2, 3, 4), 10, "seed")
    assert sorted(teams(drafted)[:2]) == [Team.A, Team.B]
    assert list(zip(ids(drafted), teams(drafted), strict=True))[2:] == [
        (3, Team.NONE),
        (4, Team.NONE),
    ]


def test_of_one_work_in_two_spellings_only_one_is_taken():
    same = {1: {2}, 2: {1}}
    drafted = interleaving.draft(ranking(1, 5), ranking(2, 6), 10, "seed", same)
    assert ids(drafted)[0] == 1
    assert teams(drafted)[0] == Team.NONE
    assert sorted(ids(drafted)[1:]) == [5, 6]


def test_a_pick_to_learn_from_comes_last_once_and_of_no_team():
    a, b = ranking(1, 2, 9, exploring={9}), ranking(3, 4, 8, exploring={8})
    drafted = interleaving.draft(a, b, 10, "seed")
    assert len(drafted) == 5
    assert drafted[-1][0].paper_id == 9
    assert teams(drafted)[-1] == Team.NONE
    assert len(interleaving.draft(a, b, 3, "seed")) == 3
    assert interleaving.draft(a, b, 3, "seed")[-1][0].paper_id == 9


def test_a_pick_to_learn_from_never_takes_the_place_of_a_strong_one():
    a = [*ranking(1, 2, band="strong"), *ranking(9, exploring={9})]
    b = ranking(3, 4, band="strong")
    assert 9 not in ids(interleaving.draft(a, b, 3, "seed"))
    assert ids(interleaving.draft(a, b, 5, "seed"))[-1] == 9


def test_what_one_setting_explores_and_the_other_means_is_meant():
    drafted = interleaving.draft(ranking(1, 9, exploring={9}), ranking(9, 2), 10, "seed")
    assert ids(drafted).count(9) == 1
    assert (9, Team.B) in zip(ids(drafted), teams(drafted), strict=True)


def _shuffled(random):
    return random.permutation(np.arange(1, 21)).tolist()


def _trial(letters, clicks):
    """Credits of letters 0, 1, 2 …, of which `clicks(n, pick)` says what a reader liked."""
    found = []
    for n, (a, b) in enumerate(letters):
        drafted = interleaving.draft(ranking(*a), ranking(*b), 10, f"{n} 2026-11-20")
        liked = [team for pick, team in drafted if clicks(n, pick)]
        found.append((liked.count(Team.A), liked.count(Team.B)))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_no_team_is_favoured_by_readers_who_like_whatever_stands_first(seed):
    random = np.random.default_rng(seed)
    letters = [(_shuffled(random), _shuffled(random)) for _ in range(2000)]
    found = interleaving.verdict(
        _trial(letters, lambda _n, pick: random.random() < 1 / (1 + pick.rank))
    )
    assert found.n_decided > 800
    assert abs(found.share - 0.5) < 0.05
    assert found.winner == Team.NONE


@pytest.mark.parametrize("seed", range(3))
def test_neither_team_is_first_more_often(seed):
    random = np.random.default_rng(seed)
    first = [
        interleaving.draft(ranking(1), ranking(2), 2, f"{random.random()}")[0][1]
        for _ in range(2000)
    ]
    assert 900 < first.count(Team.A) < 1100


@pytest.mark.parametrize("better", [Team.A, Team.B])
@pytest.mark.parametrize("seed", range(3))
def test_the_setting_whose_papers_readers_like_is_found(seed, better):
    random = np.random.default_rng(seed)
    liked = [set(_shuffled(random)[:5]) for _ in range(400)]
    letters = []
    for wanted in liked:
        good = sorted(range(1, 21), key=lambda n: random.random() - 0.4 * (n in wanted))
        pair = (_shuffled(random), good)
        letters.append(pair if better == Team.B else pair[::-1])
    clicks = _trial(
        letters, lambda n, pick: pick.paper_id in liked[n] and random.random() < 1 / pick.rank
    )
    found = interleaving.verdict(clicks)
    assert found.winner == better
    assert interleaving.sentence(found).startswith(f"{better.value.upper()} is preferred: ")


def test_a_verdict_counts_letters_and_not_clicks():
    found = interleaving.verdict([(9, 0), (0, 1), (0, 1), (2, 2), (0, 0)])
    assert (found.n_a, found.n_b, found.n_ties, found.n_letters) == (1, 2, 1, 5)


def test_a_dislike_counts_against_its_team():
    found = interleaving.verdict([(-1, 0), (0, -2), (-1, -1)])
    assert (found.n_a, found.n_b, found.n_ties) == (1, 1, 1)


@pytest.mark.parametrize(
    ("n_a", "n_b", "p"), [(0, 0, 1), (1, 0, 1), (0, 5, 2 / 32), (1, 5, 14 / 64), (3, 3, 1)]
)
def test_the_chance_is_that_of_a_fair_coin(n_a, n_b, p):
    found = interleaving.verdict([(1, 0)] * n_a + [(0, 1)] * n_b)
    assert found.p == pytest.approx(p)
    assert found.confidence == pytest.approx(1 - p)


def test_a_verdict_is_said_with_its_confidence():
    found = interleaving.verdict([(0, 1)] * 76 + [(1, 0)] * 44)
    assert interleaving.sentence(found) == (
        "B is preferred: 63 % of 120 decided letters, confidence 99.5 %."
    )


def test_before_a_verdict_we_say_how_much_is_missing():
    found = interleaving.verdict([(0, 1)] * 12 + [(1, 0)] * 8, n_letters=100)
    assert interleaving.sentence(found) == (
        "No verdict yet: B has 12 of 20 decided letters, confidence 49.6 %; "
        "about 1,400 more letters would tell."
    )
    level = interleaving.verdict([(0, 1), (1, 0)])
    assert interleaving.sentence(level).endswith("; no difference shows.")
    silent = interleaving.verdict([], n_letters=7)
    assert interleaving.sentence(silent) == (
        "No verdict yet: feedback has decided none of 7 letters."
    )
