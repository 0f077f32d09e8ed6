"""Nothing announced, yesterday's batch again, a busy server: never one taken for another."""

from datetime import date

import answers
import pytest

from app.papers import calendar, digest
from app.papers.freshness import State, judge

MONDAY, SATURDAY, HOLIDAY = date(2026, 10, 5), date(2026, 10, 10), date(2026, 9, 7)
BEFORE = ["2610.00001", "2610.00002", "2610.00003"]


def numbers(text):
    return [entry.paper.arxiv_id for entry in digest.read(text, MONDAY).entries]


@pytest.mark.parametrize("day", [SATURDAY, HOLIDAY])
def test_nothing_on_a_weekend_or_holiday_is_no_trouble(day):
    assert judge(numbers(answers.rss()), BEFORE, calendar.feed(day)) is State.NOTHING


def test_nothing_on_a_common_day_is_a_busy_server():
    assert judge(numbers(answers.rss()), BEFORE, calendar.feed(MONDAY)) is State.BUSY


def test_the_last_batch_under_todays_date_is_stale():
    again = numbers(answers.rss(*(answers.announced(f"{each}v1") for each in BEFORE)))

    assert judge(again, BEFORE, calendar.feed(MONDAY)) is State.STALE


def test_a_paper_that_is_cross_listed_the_day_after_makes_no_batch_stale():
    today = ["2610.00001", "2610.00004", "2610.00005"]

    assert judge(today, BEFORE, calendar.feed(MONDAY)) is State.FRESH


def test_the_first_list_ever_is_fresh_and_so_is_one_on_a_holiday():
    assert judge(BEFORE, [], calendar.feed(MONDAY)) is State.FRESH
    assert judge(BEFORE, [], calendar.feed(HOLIDAY)) is State.FRESH
