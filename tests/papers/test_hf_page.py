"""The Daily Papers page as HTML; every sample is made up."""

import html
import json
import re
from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import digest, hf_page

READ_ON = date(2026, 10, 6)
ROWS = [answers.hf_row(), answers.hf_row(id="2610.04321", title="A \"Quoted\" <b> & 'Title'")]
PAGE = answers.hf_page(*ROWS)


def papers(page):
    return [entry.paper for entry in digest.read(page, READ_ON).entries]


@pytest.mark.parametrize("swap", [False, True])
def test_a_page_says_what_the_interface_says(swap):
    page = answers.hf_page(*ROWS, swap=swap)

    assert digest.read(page, READ_ON).layout == "Hugging Face page"
    assert papers(page) == papers(answers.hf_list(*ROWS))
    assert papers(page)[1].title == "A \"Quoted\" <b> & 'Title'"


def test_the_day_is_what_the_page_says_and_not_what_it_was_asked_for():
    friday = answers.hf_page(answers.hf_row(submittedOnDailyAt=...), day="2026-10-02")

    assert digest.read(friday, date(2026, 10, 4)).date == date(2026, 10, 2)


@pytest.mark.parametrize("period", ["2026-W41", "2026-10", None])
def test_a_week_or_month_has_no_day(period):
    rows = [answers.hf_row(submittedOnDailyAt=f"2026-10-0{n}T00:00:00Z") for n in (5, 6)]

    found = digest.read(answers.hf_page(*rows, day=period), READ_ON)

    assert found.date is None
    assert [entry.day for entry in found.entries] == [date(2026, 10, 5), date(2026, 10, 6)]


@pytest.mark.parametrize(
    "decoy",
    [
        '<div data-target="DailyPapers" data-props=\'{"dailyPapers":"none"}\'></div>',
        "<div data-props='not JSON' class=\"SVELTE_HYDRATER\"></div>",
        '<div data-props="[1, 2]" data-target="DailyPapers"></div>',
        '<div data-props="not JSON" data-target="DailyPapers"></div>',
        '<div data-props=\'{"dailyPapers":[]}\' data-target="SideBar"></div>',
    ],
)
def test_a_decoy_is_passed_over(decoy):
    assert papers(PAGE.replace("<main>", f"<main>{decoy}")) == papers(PAGE)


def test_a_decoy_in_the_very_element_is_passed_over():
    page = PAGE.replace('data-target="DailyPapers"', "data-target=\"DailyPapers\" data-props='{}'")

    assert papers(page) == papers(PAGE)


def test_a_search_is_a_list_and_a_papers_own_page_a_list_of_one():
    search = answers.hf_state({"query": {"q": "sparse"}, "searchResults": ROWS})
    own = answers.hf_state({"paper": answers.HF_PAPER, "comments": [{}, {}, {}]}, "PaperContent")

    assert len(papers(search)) == 2
    (entry,) = digest.read(own, READ_ON).entries
    assert (entry.paper.arxiv_id, entry.n_comments) == ("2610.01234", 3)


def test_another_page_is_refused():
    other = answers.hf_state({"models": []}, "ModelList")

    with pytest.raises(UnreadableDigest, match="HTML page holds no list"):
        digest.read(other, READ_ON)


def test_the_page_and_the_interface_tell_of_the_same_list():
    page, answer = digest.read(PAGE, READ_ON), digest.read(answers.hf_list(*ROWS[::-1]), READ_ON)

    assert digest.fingerprint(page) == digest.fingerprint(answer)


def test_a_page_of_open_quotes_takes_no_time_that_grows_with_its_square():
    # Without the bound on the elements looked at it would still be busy tomorrow.
    with pytest.raises(UnreadableDigest):
        hf_page.read("<html>" + "<div data-props=\"'" * 20_000, READ_ON)


@given(st.data())
def test_any_mutation_of_a_page_is_a_digest_or_refused(data):
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(PAGE))] * 2)))
    page = PAGE[:start] + data.draw(st.text(max_size=30)) + PAGE[end:]

    try:
        found = hf_page.read(page, READ_ON)
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]


def test_the_sample_page_is_what_a_browser_would_read():
    (state,) = re.findall(r'data-target="DailyPapers" data-props="([^"]*)"', PAGE)

    assert json.loads(html.unescape(state))["dailyPapers"] == ROWS
