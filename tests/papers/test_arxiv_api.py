"""Answers of arXiv's query interface; every sample is made up."""

from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import EmptyAnswer, SourceError, UnreadableDigest
from app.papers import digest
from app.papers.paper import Page, Paper

READ_ON = date(2026, 10, 6)
DIALECTS = pytest.mark.parametrize("new", [True, False])


def read(text):
    return digest.read(text, READ_ON)


@DIALECTS
def test_both_dialects_say_the_same(new):
    found = read(answers.query({}, new=new))

    assert [entry.paper for entry in found.entries] == [
        Paper(
            title="Sparse Retrieval Still Works",
            abstract="We revisit term weighting.",
            authors=("Ada Example", "Bo Sample"),
            url="https://arxiv.org/abs/2610.01234",
            arxiv_id="2610.01234",
            doi="10.1000/xyz",
            published=date(2026, 10, 2),
            categories=("cs.IR", "cs.AI"),
            version=1,
            journal="J. Ex. 1 (2026)",
            comment="12 pages, 3 figures",
        )
    ]
    assert (found.layout, found.date, found.unread) == ("arXiv query", None, ())


def test_a_replaced_paper_keeps_the_day_of_its_first_version():
    row = {"id": "2401.00001v2", "published": "2024-01-01T00:00:00Z"}

    (entry,) = read(answers.query(row)).entries

    assert (entry.paper.published, entry.paper.version) == (date(2024, 1, 1), 2)


@DIALECTS
def test_a_page_says_where_the_next_begins(new):
    first = read(answers.query({}, {"id": "hep-ex/0307015v1"}, total=3, new=new))
    last = read(answers.query({}, start=2, total=3, new=new))

    assert first.page == Page(0, 3, "2")
    assert last.page == Page(2, 3, "")
    assert first.entries[1].paper.arxiv_id == "hep-ex/0307015"


def test_nothing_found_is_a_list_of_nothing():
    found = read(answers.query(total=0))

    assert (found.entries, found.page.total) == ((), 0)


@pytest.mark.parametrize(
    "busy",
    [answers.query(total=1410), answers.query(total=...), "", " \n"],
    ids=["counts", "counts not", "no body", "blank body"],
)
def test_what_a_busy_server_answers_is_not_taken_for_nothing_found(busy):
    with pytest.raises(EmptyAnswer):
        read(busy)


@DIALECTS
def test_an_error_is_no_paper(new):
    error = answers.query_error("incorrect id format for 1")
    error = error if new else error.replace("https://arxiv.org/api", "http://arxiv.org/api")

    with pytest.raises(SourceError, match="incorrect id format for 1") as refusal:
        read(error)

    assert refusal.value.code == "incorrect_id_format_for_1"


@pytest.mark.parametrize(
    "comment", ["This paper has been withdrawn by the author", "Withdrawn: error in section 3"]
)
def test_a_withdrawal_is_said_in_a_comment(comment):
    assert read(answers.query({"comment": comment})).entries[0].paper.is_withdrawn


@given(st.data())
def test_any_mutation_of_an_answer_is_a_digest_or_refused(data):
    whole = answers.query({}, {"id": "2610.00002v1"})

    try:
        found = read(data.draw(answers.mutated(whole)))
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]
