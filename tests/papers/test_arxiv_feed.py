"""arXiv's feeds of a day's announcement; every sample is made up."""

from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SourceError, UnreadableDigest
from app.papers import arxiv_feed, digest, identity, xml_tree
from app.papers.paper import Paper

READ_ON = date(2026, 10, 6)
WRITTEN = pytest.mark.parametrize("write", [answers.rss, answers.atom])


def read(text):
    return digest.read(text, READ_ON)


def ids(found):
    return [entry.paper.arxiv_id for entry in found.entries]


@WRITTEN
def test_everything_that_a_feed_says_of_a_paper_is_read(write):
    found = read(write({}))

    (entry,) = found.entries
    assert entry.paper == Paper(
        title="Sparse Retrieval Still Works",
        abstract="We revisit term weighting.",
        authors=("Ada Example", "Andr\\'e Sample"),
        url="https://arxiv.org/abs/2610.01234",
        arxiv_id="2610.01234",
        doi="10.1000/xyz",
        categories=("cs.IR", "cs.AI"),
        version=1,
        journal="J. Ex. 1 (2026)",
    )
    assert (entry.announced, found.date) == ("new", date(2026, 10, 5))
    assert found.layout == {answers.rss: "arXiv RSS", answers.atom: "arXiv Atom"}[write]


ALL = [
    answers.announced("2610.00001v1"),
    answers.announced("2609.00002v3", "cross"),
    answers.announced("2608.00003v2", "replace"),
    answers.announced("2607.00004v2", "replace-cross"),
]


@WRITTEN
def test_new_and_cross_listed_papers_are_read_and_replaced_ones_counted(write):
    found = read(write(*ALL))

    assert ids(found) == ["2610.00001", "2609.00002"]
    assert [entry.announced for entry in found.entries] == ["new", "cross"]
    assert [entry.paper.version for entry in found.entries] == [1, 3]
    assert found.n_left_out == 2


@WRITTEN
def test_other_kinds_are_read_where_they_are_wanted(write):
    found = arxiv_feed.read(xml_tree.parse(write(*ALL)), wanted=arxiv_feed.KINDS)

    assert [entry.announced for entry in found.entries] == list(arxiv_feed.KINDS)
    assert found.n_left_out == 0


@WRITTEN
def test_the_kind_is_read_from_the_text_where_its_element_is_missing(write):
    found = read(write(*(row | {"arxiv:announce_type": ...} for row in ALL)))

    assert ids(found) == ["2610.00001", "2609.00002"]


@WRITTEN
def test_a_weekend_or_holiday_is_an_announcement_of_nothing(write):
    found = read(write())

    assert (found.entries, found.unread, found.n_left_out) == ((), (), 0)
    assert found.date == date(2026, 10, 5)


@WRITTEN
def test_the_feed_that_is_an_error_is_no_announcement_of_nothing(write):
    error = write(
        title="Feed error for query: http://rss.arxiv.org/rss/cs.XX",
        description="Bad archive 'cs.XX'. Valid archives are: cs, math.",
    )

    with pytest.raises(SourceError, match="Bad archive"):
        read(error)


def test_a_paper_listed_in_two_categories_is_one_work():
    first = read(answers.rss(answers.announced("2610.00001v1"))).entries[0].paper
    other = answers.announced("2610.00001v1", "cross", category=["cs.IR"])
    second = read(answers.atom(other)).entries[0].paper

    assert identity.keys(first)[0] == identity.keys(second)[0] == "arxiv:2610.00001"


@WRITTEN
def test_old_numbers_are_read(write):
    (entry,) = read(write(answers.announced("hep-th/9901001v7", "cross"))).entries

    assert (entry.paper.arxiv_id, entry.paper.version) == ("hep-th/9901001", 7)
    assert entry.paper.url == "https://arxiv.org/abs/hep-th/9901001"


@WRITTEN
@pytest.mark.parametrize(
    "abstract", ["This paper has been withdrawn by the authors.", "Withdrawn due to an error."]
)
def test_a_withdrawal_says_so(write, abstract):
    row = {"description": f"arXiv:2610.01234v2 Announce Type: new \nAbstract: {abstract}"}

    assert read(write(row)).entries[0].paper.is_withdrawn


def test_a_paper_on_withdrawal_is_not_withdrawn():
    said = "Withdrawn children were studied. This work was withdrawn from ICLR."
    row = {"description": f"arXiv:2610.01234v1 Announce Type: new \nAbstract: {said}"}

    assert not read(answers.rss(row)).entries[0].paper.is_withdrawn


@WRITTEN
def test_an_entry_that_is_no_paper_is_told_and_the_others_are_read(write):
    found = read(write({"guid": "survey", "link": "https://arxiv.org/", "title": "A survey"}, {}))

    assert ids(found) == ["2610.01234"]
    assert [(line.number, line.text) for line in found.unread] == [(1, "A survey")]


def test_a_feed_that_breaks_off_is_refused_and_not_taken_for_a_short_one():
    whole = answers.rss(*ALL)

    with pytest.raises(UnreadableDigest, match="line"):
        read(whole[: len(whole) // 2])


@given(st.data(), st.sampled_from([answers.rss(*ALL), answers.atom(*ALL)]))
def test_any_mutation_of_a_feed_is_a_digest_or_refused(data, whole):
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 80, len(whole))))
    pieces = st.sampled_from(["<item>", "</item>", "&", "]]>", "<!--", "\x0c", "new", "(", '"'])
    text = whole[:start] + data.draw(pieces | st.text(max_size=9)) + whole[end:]

    try:
        found = read(text)
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]
