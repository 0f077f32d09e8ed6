"""arXiv's daily mailing; every sample is made up."""

from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import arxiv_feed, arxiv_mail, digest
from app.papers.paper import Paper

READ_ON = date(2026, 10, 6)
ALL = (
    answers.MAILED_NEW,
    answers.MAILED_CROSS,
    "%-%-%-%-%-%-%-%-%-%-%-%-%-%",
    answers.MAILED_REPLACED,
    answers.MAILED_OLD,
)
MAILING = answers.mailing(*ALL)


def ids(found):
    return [entry.paper.arxiv_id for entry in found.entries]


def test_everything_that_a_mailing_says_of_a_paper_is_read():
    (entry,) = arxiv_mail.read(answers.mailing(answers.MAILED_NEW)).entries

    assert entry.announced == "new"
    assert entry.paper == Paper(
        title="Sparse Retrieval Still Works: Term Weighting for Paper Recommendation at the "
        "Scale of a Lab",
        abstract="We revisit term weighting.",
        authors=("Ada Example", "Andr\\'e Sample"),
        url="https://arxiv.org/abs/2610.01234",
        arxiv_id="2610.01234",
        doi="10.1000/xyz",
        published=date(2026, 10, 1),
        categories=("cs.IR", "cs.AI"),
        journal="J. Ex. 1 (2026)",
        comment="12 pages",
    )


def test_cross_listed_papers_are_read_and_replaced_ones_counted():
    found = arxiv_mail.read(MAILING)

    assert ids(found) == ["2610.01234", "2610.00002", "hep-th/9901001"]
    assert [entry.announced for entry in found.entries] == ["new", "cross", "cross"]
    assert (found.n_left_out, found.unread) == (1, ())
    assert found.entries[1].paper.authors == ("Bo Sample", "Cy Third")


def test_replaced_papers_are_read_where_they_are_wanted():
    found = arxiv_mail.read(MAILING, wanted=arxiv_feed.KINDS)

    assert [entry.announced for entry in found.entries] == ["new", "cross", "replace", "cross"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_mailing_is_known_as_a_mail_and_as_the_text_of_one(end):
    text = MAILING.replace("\n", end)
    mail = digest.read(answers.mailed(MAILING).replace(b"\n", end.encode()), READ_ON)

    assert ids(mail) == ids(digest.read(text.encode(), READ_ON))
    assert (mail.layout, mail.date) == ("arXiv mailing", date(2026, 10, 2))


def test_a_quoted_mailing_is_read():
    quoted = "\n".join(f"> {line}".rstrip() for line in MAILING.splitlines())

    assert ids(digest.read(answers.mailed(f"Look!\n\n{quoted}\n"), READ_ON)) == ids(
        arxiv_mail.read(MAILING)
    )


@pytest.mark.parametrize("margin", ["    ", "\t"])
def test_an_indented_mailing_is_read(margin):
    indented = "\n".join(f"{margin}{line}".rstrip() for line in MAILING.splitlines())
    found = digest.read(answers.mailed(f"Look!\n\n{indented}\n"), READ_ON)

    assert [entry.paper for entry in found.entries] == [
        entry.paper for entry in arxiv_mail.read(MAILING).entries
    ]
    assert found.unread == ()


def test_a_block_that_breaks_off_is_told_and_not_read():
    cut = answers.MAILED_CROSS[: answers.MAILED_CROSS.index("across")]

    found = arxiv_mail.read(answers.mailing(answers.MAILED_NEW, cut, answers.MAILED_OLD))

    assert ids(found) == ["2610.01234", "hep-th/9901001"]
    (line,) = found.unread
    assert line.text == "arXiv:2610.00002 (*cross-listing*)"
    assert answers.mailing(*ALL).splitlines()[line.number - 1] == line.text


def test_a_block_without_title_is_told():
    nameless = answers.MAILED_CROSS.replace("Title: ", "Titel: ")

    found = arxiv_mail.read(answers.mailing(nameless))

    assert [line.text for line in found.unread] == ["arXiv:2610.00002 (*cross-listing*)"]


def test_a_withdrawn_paper_says_so():
    gone = answers.MAILED_NEW.replace("12 pages", "This paper has been withdrawn by the authors")

    assert arxiv_mail.read(answers.mailing(gone)).entries[0].paper.is_withdrawn


@given(st.data())
def test_any_mutation_of_a_mailing_is_a_digest_or_refused(data):
    start = data.draw(st.integers(0, len(MAILING)))
    end = data.draw(st.integers(start, min(start + 200, len(MAILING))))
    pieces = st.sampled_from(["\\\\\n", "\narXiv:\n", "\nTitle:\n", "\n" + "-" * 20 + "\n"])
    text = MAILING[:start] + data.draw(pieces | st.text(max_size=9)) + MAILING[end:]

    try:
        found = digest.read(text, READ_ON)
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]
    assert all(line.text for line in found.unread)
