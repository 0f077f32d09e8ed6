"""What bioRxiv and medRxiv answer; every sample is made up."""

import json
from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import EmptyAnswer, SourceError, UnreadableDigest
from app.papers import biorxiv, digest
from app.papers.paper import Page, Paper

READ_ON = date(2026, 10, 6)


def read(*rows, **message):
    return digest.read(answers.biorxiv(*rows, **message), READ_ON)


def test_everything_that_the_list_says_of_a_paper_is_read():
    found = read({})

    (entry,) = found.entries
    assert entry.paper == Paper(
        title="Memory in Small Networks",
        abstract="Small networks forget (p < 0.05).",
        authors=("J. Doe", "A. B. Smith"),
        url="https://www.biorxiv.org/content/10.1101/2026.10.01.123456v1",
        doi="10.1101/2026.10.01.123456",
        published=date(2026, 10, 5),
        categories=("neuroscience",),
        version=1,
        organisation="Example University",
    )
    assert (found.layout, found.date) == ("bioRxiv", date(2026, 10, 5))


def test_the_server_names_the_list_and_its_links():
    found = read({"server": "medRxiv"})

    assert found.layout == "medRxiv"
    assert found.entries[0].paper.url.startswith("https://www.medrxiv.org/content/10.1101/")


@pytest.mark.parametrize(
    ("message", "page"),
    [
        ({"cursor": 0, "count": 1, "total": "3"}, Page(0, 3, "1")),
        ({"cursor": "30", "count": "30", "total": 1410}, Page(30, 1410, "60")),
        ({"cursor": 1400, "count": "10", "total": "1410"}, Page(1400, 1410, "")),
        ({"count": ..., "total": "2"}, Page(0, 2, "1")),
        ({"total": None}, Page(0, None, "")),
    ],
)
def test_a_page_says_where_the_next_begins_by_its_own_count(message, page):
    message = {name: None if value is ... else value for name, value in message.items()}

    assert read({}, **message).page == page


def test_later_versions_are_counted_and_not_listed():
    found = read({"version": "2"}, {"doi": "10.1101/2026.10.02.000001"})

    assert [entry.paper.doi for entry in found.entries] == ["10.1101/2026.10.02.000001"]
    assert found.n_left_out == 1


def test_a_later_version_does_not_tell_when_the_work_appeared():
    answer = json.loads(answers.biorxiv({"version": 2}))

    (entry,) = biorxiv.of_answer(answer, wanted={"new", "replace"}).entries

    assert (entry.paper.published, entry.day, entry.announced) == (
        None,
        date(2026, 10, 5),
        "replace",
    )


def test_the_published_twin_is_told_and_na_is_nothing():
    twin = {"published": "10.1038/s41586-026-00001-1", "doi": "10.1101/2026.10.02.000001"}

    found = read({"abstract": "NA", "category": "na"}, twin)

    assert [entry.paper.published_doi for entry in found.entries] == [
        "",
        "10.1038/s41586-026-00001-1",
    ]
    assert (found.entries[0].paper.abstract, found.entries[0].paper.categories) == ("", ())


@pytest.mark.parametrize(
    "row",
    [
        {"type": "WITHDRAWN"},
        {"abstract": "The authors have withdrawn this manuscript owing to an error."},
    ],
)
def test_a_withdrawal_says_so(row):
    assert read(row).entries[0].paper.is_withdrawn


def test_no_posts_is_a_list_of_nothing():
    found = digest.read('{"messages":[{"status":"no posts found"}],"collection":[]}', READ_ON)

    assert (found.entries, found.page) == ((), Page(0, None, ""))


def test_other_words_are_an_error():
    with pytest.raises(SourceError, match="Invalid interval"):
        read(status="Invalid interval")


def test_a_page_that_counts_papers_and_shows_none_is_a_busy_server():
    with pytest.raises(EmptyAnswer):
        read(total="1410", count=0)


def test_a_row_that_is_no_paper_is_told_and_the_others_are_read():
    found = read({"title": ...}, {}, {"doi": "NA"})

    assert [entry.position for entry in found.entries] == [1]
    assert [line.number for line in found.unread] == [1, 3]


values = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.none())
names = st.sampled_from([*answers.BIORXIV_ROW, "status", "cursor", "count", "total"])
objects = st.dictionaries(names, values, max_size=8)


@given(messages=st.lists(objects | values, max_size=2) | values, rows=st.lists(objects | values))
def test_any_answer_is_a_digest_or_refused(messages, rows):
    try:
        found = biorxiv.of_answer({"messages": messages, "collection": rows})
    except UnreadableDigest:
        return
    assert len(found.entries) + len(found.unread) + found.n_left_out == len(rows)
