"""What another Paperboy exported; every sample is made up."""

import json
from datetime import date

import answers
import pytest
from hypothesis import given

from app.errors import UnreadableDigest
from app.papers import digest
from app.papers.paper import Entry, Paper

READ_ON = date(2026, 11, 20)
LINE = {
    "id": 7,
    "title": "Owls at night",
    "authors": ["A. Strix", "A. Strix"],
    "url": "javascript:alert(1)",
    "arxiv_id": "2610.01234",
    "published_doi": "10.1234/owl.7",
    "version": 2,
    "votes": 5,
    "announced": "2026-10-05",
    "withdrawn_on": None,
    "first_seen": "2026-10-06",
    "entries": [],
}
WHOLE = "\n".join(json.dumps(LINE | {"title": f"Owls {n}"}) for n in range(3)) + "\n"


def test_a_line_is_a_paper_with_the_day_it_was_first_seen():
    found = digest.read(json.dumps(LINE), READ_ON)

    paper = Paper(
        "Owls at night",
        authors=("A. Strix", "A. Strix"),
        arxiv_id="2610.01234",
        published_doi="10.1234/owl.7",
        version=2,
    )
    announced = {"day": date(2026, 10, 5), "announced": "new"}
    assert found.entries == (Entry(paper, 1, votes=5, first_seen=date(2026, 10, 6), **announced),)
    assert found.layout == "Paperboy export"


def test_a_line_that_is_cut_is_told_and_the_others_are_read():
    found = digest.read(WHOLE[:-20] + "\n[]\n" + json.dumps(LINE | {"title": " "}), READ_ON)

    assert [entry.paper.title for entry in found.entries] == ["Owls 0", "Owls 1"]
    assert [line.number for line in found.unread] == [3, 4, 5]


@given(answers.mutated(WHOLE))
def test_any_mutation_is_a_digest_or_refused(text):
    try:
        found = digest.read(text, READ_ON)
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]


@pytest.mark.parametrize("text", ['{"title": "Owls"}', '{"a": 1}\n{"b": 2}'])
def test_other_lines_of_json_are_refused(text):
    with pytest.raises(UnreadableDigest):
        digest.read(text, READ_ON)
