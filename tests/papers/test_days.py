"""Days as saved pages print them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers import days


@pytest.mark.parametrize(
    "text", ["", "Mar", "Mar 32", "Feb 30, 2024", "Marx 11", "11 Mar", "May 29 101"]
)
def test_what_is_no_day_is_none(text):
    assert days.read(text, date(2026, 10, 6)) is None


@given(st.dates(min_value=date(1900, 1, 1)), st.dates(min_value=date(1910, 1, 1)))
def test_a_day_without_year_is_never_after_the_latest(day, latest):
    found = days.read(f"{day:%b} {day.day}", latest)

    assert found is not None
    assert found <= latest
    assert (found.month, found.day) == (day.month, day.day)
    assert found.replace(day=1).year >= latest.year - (8 if (day.month, day.day) == (2, 29) else 1)
