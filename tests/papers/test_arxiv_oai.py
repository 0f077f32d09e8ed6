"""Pages of arXiv's OAI-PMH interface; every sample is made up."""

from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SourceError, UnreadableDigest
from app.papers import digest
from app.papers.paper import Page, Paper

READ_ON = date(2026, 10, 6)


def read(text):
    return digest.read(text, READ_ON)


def test_everything_that_a_record_says_of_a_paper_is_read():
    found = read(answers.oai(answers.oai_record()))

    assert [entry.paper for entry in found.entries] == [
        Paper(
            title="Sparse Retrieval Still Works",
            abstract="We revisit term weighting.",
            authors=("Ada Example", "Bo Sample Jr", "Example Collaboration"),
            url="https://arxiv.org/abs/2610.01234",
            arxiv_id="2610.01234",
            doi="10.1000/xyz",
            published=date(2026, 10, 2),
            categories=("cs.IR", "cs.AI"),
            journal="J. Ex. 1 (2026)",
            comment="12 pages",
        )
    ]


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<keyname>Example</keyname><forenames>Ada  B.</forenames>", "Ada B. Example"),
        ("<forenames>Ada</forenames><keyname>Example</keyname>", "Ada Example"),
        ("<keyname>Example</keyname><forenames/>", "Example"),
        ("<keyname/><forenames>Ada</forenames>", "Ada"),
        ("<keyname>Example</keyname><suffix>Jr</suffix>", "Example Jr"),
        ("<keyname>Example</keyname><affiliation>Lab</affiliation>", "Example"),
        ("<keyname/><keyname>Example</keyname><forenames>Ada</forenames>", "Ada Example"),
        ("<a:keyname>Example</a:keyname><a:forenames>Ada</a:forenames>", "Ada Example"),
    ],
)
@pytest.mark.parametrize("is_mended", [False, True])
def test_authors_are_named_whatever_else_is_told_of_them(author, name, is_mended):
    record = answers.oai_record(comments="\x0c" if is_mended else "12 pages")
    listed = f'<authors xmlns:a="urn:a"><author>{author}</author></authors>'
    first, _, rest = record.partition("<authors>")

    found = read(answers.oai(first + listed + rest.partition("</authors>")[2]).encode())

    assert [entry.paper.authors for entry in found.entries] == [(name,)]


@pytest.mark.parametrize(
    "parts",
    [
        "<metadata>{}</metadata><header/>",
        "<header/><metadata>{}</metadata><about/>",
        "<metadata>{}</metadata>",
    ],
)
def test_a_record_is_read_whatever_stands_around_its_metadata(parts):
    inner = answers.oai_record().partition("<metadata>")[2].partition("</metadata>")[0]

    found = read(answers.oai(f"<record>{parts.format(inner)}</record>"))

    assert [entry.paper.arxiv_id for entry in found.entries] == ["2610.01234"]


def test_deleted_records_are_told_and_are_no_papers():
    gone = answers.OAI_DELETED.format(id="2610.00009")

    found = read(answers.oai(gone, answers.oai_record()))

    assert [entry.position for entry in found.entries] == [1]
    assert (found.deleted, found.unread) == (("2610.00009",), ())


@pytest.mark.parametrize(("token", "following"), [("6543|1001", "6543|1001"), ("", ""), (None, "")])
def test_a_list_goes_on_as_long_as_there_is_a_token(token, following):
    found = read(answers.oai(answers.oai_record(), token=token))

    assert found.page == Page(0, None, following)


def test_no_records_match_is_a_list_of_nothing():
    found = read(answers.oai_error("noRecordsMatch", "The combination yields an empty list."))

    assert (found.entries, found.page) == ((), Page())


@pytest.mark.parametrize("code", ["badResumptionToken", "badArgument", "badVerb"])
def test_other_errors_are_errors_with_their_code(code):
    with pytest.raises(SourceError, match="bad token") as refusal:
        read(answers.oai_error(code, "bad token"))

    assert refusal.value.code == code


def test_the_answer_to_another_question_is_refused():
    with pytest.raises(UnreadableDigest, match="no list of records"):
        read(answers.oai_answer("<Identify><repositoryName>arXiv</repositoryName></Identify>"))


def test_a_record_that_cannot_be_read_is_told_and_the_others_are_read():
    other = answers.oai_record(id="2610.00002").replace("Sparse Retrieval\n  Still Works", " ")

    found = read(answers.oai(other, answers.oai_record()))

    assert [entry.paper.arxiv_id for entry in found.entries] == ["2610.01234"]
    assert [(line.number, line.text) for line in found.unread] == [(1, "oai:arXiv.org:2610.00002")]


def test_signs_that_xml_forbids_do_not_cost_the_page():
    record = answers.oai_record(comments="12 pages\x0c &#x1F; &amp; more")

    (entry,) = read(answers.oai(record)).entries

    assert entry.paper.comment == "12 pages & more"


@given(st.data())
def test_any_mutation_of_a_page_is_a_digest_or_refused(data):
    whole = answers.oai(
        answers.oai_record(), answers.OAI_DELETED.format(id="2610.00009"), token="t"
    )

    try:
        found = read(data.draw(answers.mutated(whole)))
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]
