"""The Daily Papers list as Hugging Face's interface answers it; every sample is made up."""

import json
from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SourceError, UnreadableDigest
from app.papers import digest, hf_json
from app.papers.paper import Paper

READ_ON = date(2026, 10, 6)


def read(*rows):
    return digest.read(answers.hf_list(*rows), READ_ON)


def test_everything_that_the_list_says_of_a_paper_is_read():
    found = read()

    (entry,) = found.entries
    assert entry.paper == Paper(
        title="Sparse Retrieval Still Works",
        abstract="We revisit term weighting for paper recommendation.",
        authors=("Ada Example", "Bo Sample"),
        url="https://huggingface.co/papers/2610.01234",
        arxiv_id="2610.01234",
        published=date(2026, 10, 2),
        code_url="https://github.com/example/sparse",
        project_url="https://example.org/sparse",
        thumbnail="https://cdn-thumbnails.example.org/social-thumbnails/papers/2610.01234.png",
        organisation="Example Lab",
        keywords=("sparse retrieval", "TF-IDF"),
    )
    assert (entry.votes, entry.n_comments, entry.stars) == (37, 2, 12)
    assert (found.layout, found.unread) == ("Hugging Face JSON", ())


def test_the_day_is_that_of_the_list_and_not_of_the_paper():
    assert read().date == date(2026, 10, 5)


def test_a_week_has_no_day_but_its_entries_have():
    found = read(
        answers.hf_row(), answers.hf_row(id="2610.4321", submittedOnDailyAt="2026-10-06T00:00:00Z")
    )

    assert found.date is None
    assert [entry.day for entry in found.entries] == [date(2026, 10, 5), date(2026, 10, 6)]


def test_a_week_can_be_parted_into_its_days():
    week = [
        answers.hf_row(id=f"2610.0000{n}", submittedOnDailyAt=f"2026-10-0{day}T00:00:00Z")
        for n, day in enumerate([6, 5, 6, 7])
    ]

    days = digest.by_day(read(*week, answers.hf_row({"title": ...}, title=...)))

    assert [found.date and found.date.day for found in days] == [5, 6, 7]
    ids = [[entry.paper.arxiv_id[-1] for entry in found.entries] for found in days]
    assert ids == [["1"], ["0", "2"], ["3"]]
    assert [[entry.position for entry in found.entries] for found in days] == [[1], [1, 2], [1]]
    assert [len(found.unread) for found in days] == [0, 0, 1]
    assert digest.by_day(read()) == (read(),)


@pytest.mark.parametrize("absent", [..., None])
def test_fields_may_be_left_out_or_null(absent):
    optional = set(answers.HF_PAPER) - {"title"}
    row = answers.hf_row(
        dict.fromkeys(set(answers.HF_ROW) - {"title"}, absent), **dict.fromkeys(optional, absent)
    )

    (entry,) = read(row).entries

    assert entry.paper == Paper("Sparse Retrieval Still Works")
    assert (entry.votes, entry.n_comments, entry.stars, entry.day) == (None, None, None, None)


def test_title_and_abstract_may_stand_beside_the_paper():
    (entry,) = read(answers.hf_row(title=..., summary=...)).entries

    assert entry.paper.title == "Sparse Retrieval Still Works"
    assert entry.paper.abstract == "We revisit term weighting for paper recommendation."


def test_one_paper_alone_is_a_list_of_one():
    found = digest.read(json.dumps(answers.HF_PAPER), READ_ON)

    assert [entry.paper.arxiv_id for entry in found.entries] == ["2610.01234"]


def test_a_weekend_is_a_list_of_nothing():
    found = digest.read("[]", READ_ON)

    assert (found.entries, found.unread) == ((), ())


@pytest.mark.parametrize(
    "error", ["Too big: expected number to be <=100", {"message": "Invalid date"}]
)
def test_an_error_is_not_taken_for_a_list(error):
    with pytest.raises(SourceError, match=r"Too big|Invalid date"):
        digest.read(json.dumps({"error": error}), READ_ON)


def test_a_withdrawn_paper_says_so():
    (entry,) = read(answers.hf_row(withdrawnAt="2026-10-06T09:00:00.000Z")).entries

    assert entry.paper.is_withdrawn


def test_a_row_without_title_is_told_and_the_others_are_read():
    nameless = answers.hf_row({"title": ...}, title=...)

    found = read(answers.hf_row(), nameless, answers.hf_row(id="2610.04321"))

    assert [entry.position for entry in found.entries] == [1, 2]
    assert [(line.number, line.reason) for line in found.unread] == [(2, "names no title")]


def test_addresses_that_are_not_of_the_web_are_not_kept():
    row = answers.hf_row(
        {"thumbnail": "/thumbnails/1.png"},
        githubRepo="javascript:alert(1)",
        projectPage="https://example.org/a b",
    )

    paper = read(row).entries[0].paper

    assert (paper.code_url, paper.project_url, paper.thumbnail) == ("", "", "")


def test_numbers_that_no_database_can_keep_are_none():
    (entry,) = read(answers.hf_row(upvotes=10**12, githubStars=-1)).entries

    assert (entry.votes, entry.stars) == (None, None)


def test_text_that_no_database_can_keep_is_mended():
    (entry,) = read(answers.hf_row(title="Half a \ud83d Pair\0")).entries

    assert entry.paper.title == "Half a \ufffd Pair"


def test_the_same_list_is_known_again_after_its_votes_have_changed():
    first, second = answers.hf_row(), answers.hf_row(id="2610.04321", title="Another", upvotes=9)
    later = answers.hf_row(id="2610.04321", title="Another", upvotes=90)

    before, after = read(first, second), read(later, first)

    assert digest.fingerprint(before) == digest.fingerprint(after)


def test_lists_in_lists_beyond_all_measure_are_refused():
    with pytest.raises(UnreadableDigest, match="beyond all measure"):
        digest.read("[" * 200_000, READ_ON)


values = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats()
shapes = st.recursive(values, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
names = st.sampled_from([*answers.HF_PAPER, *answers.HF_ROW, "paper", "error", "withdrawnAt"])
objects = st.dictionaries(names, shapes | st.dictionaries(names, shapes, max_size=4), max_size=8)


@given(st.lists(objects | shapes, max_size=4) | objects | shapes)
def test_any_json_is_a_digest_or_refused(answer):
    try:
        found = hf_json.of_answer(answer)
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]
    assert all(entry.paper.title for entry in found.entries)
    "".join(str(entry) for entry in found.entries).encode()
