"""What a scrape is told where counting takes long."""

import threading

import pytest
from sqlalchemy.exc import OperationalError

from app.web.scrapes import QUICK, RESTS, Scrapes


class Stopwatch:
    """Moves only when a count takes some time, or a test lets it pass."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def stopwatch():
    return Stopwatch()


@pytest.fixture
def scrapes(stopwatch):
    return Scrapes(stopwatch)


@pytest.fixture
def counting(stopwatch):
    """A count that brings an answer, and takes so long."""

    def lasting(seconds, answer):
        def count():
            stopwatch.seconds += seconds
            return answer

        return count

    return lasting


def test_what_is_counted_quickly_is_counted_for_every_scrape(scrapes, counting):
    for answer in (b"1", b"2", b"3"):
        count = counting(QUICK, answer)
        assert scrapes.answer(count) == answer
        scrapes.renew(lambda: pytest.fail("counted twice"))


def test_a_scrape_gets_the_last_answer_where_counting_takes_long(scrapes, counting):
    assert scrapes.answer(counting(20, b"old")) == b"old"
    assert scrapes.answer(counting(20, b"new")) == b"old"


@pytest.mark.parametrize(("waited", "answer"), [(RESTS * 20 - 1, b"old"), (RESTS * 20, b"new")])
def test_a_long_count_is_made_anew_after_ten_times_as_long(
    scrapes, stopwatch, counting, waited, answer
):
    scrapes.answer(counting(20, b"old"))
    stopwatch.seconds += waited
    scrapes.renew(counting(20, b"new"))
    assert scrapes.answer(counting(20, b"newer")) == answer


def test_what_has_become_quick_is_counted_for_every_scrape_again(scrapes, stopwatch, counting):
    scrapes.answer(counting(20, b"old"))
    stopwatch.seconds += RESTS * 20
    scrapes.renew(counting(0.5, b"new"))
    assert scrapes.answer(counting(0.5, b"newer")) == b"newer"


def test_who_asks_during_a_long_count_gets_what_it_brings(scrapes, counting):
    brought = []

    def impatient():
        brought.append(scrapes.answer(lambda: b"counted beside it"))

    asking = threading.Thread(target=impatient)

    def count():
        asking.start()
        return counting(20, b"once")()

    assert scrapes.answer(count) == b"once"
    asking.join()
    assert brought == [b"once"]


def test_a_long_count_is_made_by_one_at_a_time(scrapes, stopwatch, counting):
    scrapes.answer(counting(20, b"old"))
    stopwatch.seconds += RESTS * 20

    def count():
        scrapes.renew(lambda: pytest.fail("counted by two at once"))
        return counting(20, b"new")()

    scrapes.renew(count)
    assert scrapes.answer(counting(20, b"newer")) == b"new"


def test_a_database_that_fails_leaves_the_last_answer(scrapes, stopwatch, counting):
    scrapes.answer(counting(20, b"old"))
    stopwatch.seconds += RESTS * 20

    def fail():
        raise OperationalError("SELECT 1", {}, Exception("the disk is gone"))

    scrapes.renew(fail)
    assert scrapes.answer(fail) == b"old"
    scrapes.renew(counting(20, b"new"))
    assert scrapes.answer(fail) == b"new"
