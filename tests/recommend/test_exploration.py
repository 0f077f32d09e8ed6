from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from app.recommend import exploration
from app.recommend.candidates import Candidates

DAY = date(2026, 11, 20)


def _day(near: np.ndarray) -> Candidates:
    return Candidates(np.arange(1, len(near) + 1), np.zeros(len(near)), sparse.csr_array(near))


def _choose(near, fits, among=None, chosen=(), judged=None) -> int | None:
    n = len(fits)
    return exploration.choose(
        _day(np.array(near)),
        np.array([True] * n if among is None else among),
        np.array(fits),
        list(chosen),
        np.zeros(n) if judged is None else np.array(judged),
    )


@given(st.integers(1, 10**6), st.integers(-4000, 4000))
def test_no_letter_explores_at_nought_and_every_one_at_one(subscriber_id, days):
    edition = DAY + timedelta(days=days)
    often = [exploration.explores(n / 10, subscriber_id, edition) for n in range(11)]

    assert often[0] is False
    assert often[10] is True
    assert often == sorted(often)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("every", [1, 7])
def test_in_the_long_run_the_share_is_kept_by_daily_and_weekly_letters(share, every):
    editions = [DAY + timedelta(days=n * every) for n in range(1000)]

    for person in (1, 2):
        count = sum(exploration.explores(share, person, each) for each in editions)
        assert abs(count / 1000 - share) < 0.06

    today = sum(exploration.explores(share, person, DAY) for person in range(1000))
    assert abs(today / 1000 - share) < 0.06


def test_the_same_letters_explore_on_every_machine_and_in_every_release():
    found = [n for n in range(1, 50) if exploration.explores(0.2, n, DAY)]

    assert found == [9, 17, 18, 23, 32, 42, 43, 45, 46]


def test_what_we_are_least_sure_of_teaches_most():
    assert _choose(np.eye(3), [0.1, 0.45, 0.3]) == 1
    assert _choose(np.eye(3), [0.1, 0.45, 0.3], among=[True, False, True]) == 2


def test_a_paper_that_stands_for_others_teaches_more():
    near = np.eye(4)
    near[1, 2] = near[2, 1] = near[1, 3] = near[3, 1] = 0.4

    assert _choose(near, [0.4, 0.4, 0.4, 0.4]) == 1


def test_what_is_like_a_chosen_or_judged_paper_teaches_less():
    near = np.eye(3)
    near[0, 1] = near[1, 0] = 0.6

    assert _choose(near, [0.9, 0.4, 0.4], among=[False, True, True]) == 1
    assert _choose(near, [0.9, 0.4, 0.4], among=[False, True, True], chosen=[0]) == 2
    assert _choose(np.eye(2), [0.4, 0.4], judged=[0.5, 0.0]) == 1


def test_of_equals_the_lower_id_is_chosen():
    assert _choose(np.eye(3), [0.3, 0.3 + 1e-9, 0.3]) == 0


def test_where_nothing_teaches_nothing_is_chosen():
    twins = [[1, 0.97], [0.97, 1]]

    assert _choose(np.zeros((0, 0)), []) is None
    assert _choose(np.eye(2), [0.3, 0.3], among=[False, False]) is None
    assert _choose(np.eye(2), [0.0, 1.0]) is None
    assert _choose(twins, [0.9, 0.3], among=[False, True], chosen=[0]) is None
    assert _choose(np.eye(1), [0.3], judged=[0.96]) is None


FITS = np.array([0.9, 0.8, 0.6, 0.55, 0.4])


def test_a_paper_to_learn_from_comes_last():
    assert exploration.add([0, 2], 4, FITS, limit=10) == [0, 2, 4]


def test_in_a_full_letter_the_last_that_is_not_strong_gives_way():
    assert exploration.add([0, 2, 3], 4, FITS, limit=3) == [0, 2, 4]
    assert exploration.add([0, 2, 1], 4, FITS, limit=3) == [0, 1, 4]


def test_no_strong_and_no_only_paper_gives_way():
    assert exploration.add([0, 1], 4, FITS, limit=2) == [0, 1]
    assert exploration.add([3], 4, FITS, limit=1) == [3]


def test_no_letter_is_made_for_the_sake_of_learning():
    assert exploration.add([], 4, FITS, limit=10) == []


@given(st.lists(st.integers(0, 3), unique=True), st.integers(1, 4))
def test_a_letter_never_grows_past_its_limit_nor_loses_a_strong_paper(chosen, limit):
    letter = chosen[:limit]

    found = exploration.add(letter, 4, FITS, limit)

    assert len(found) <= limit
    assert {0, 1} & set(letter) == {0, 1} & set(found)
