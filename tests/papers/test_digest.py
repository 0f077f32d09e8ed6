"""What holds for any text that somebody hands in as a digest."""

import textwrap
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import digest

READ_ON = date(2026, 10, 6)
HEAD = ["new", "Get trending papers in your email inbox!", "Subscribe", "Daily Papers"]


def pairs(found):
    return [(entry.paper.title, entry.paper.abstract) for entry in found.entries]


def rows_of(papers):
    return [row for paper in papers for row in paper]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \n\t\n", "empty"),
        ("\n".join(HEAD), "no paper follows"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", "binary"),
        (b"%PDF-1.7 and so on", "PDF"),
        ("<!DOCTYPE html><html><body>Papers</body></html>", "HTML"),
        ('[{"paper": {"id": "2610.01234"}}]', "JSON"),
        ('<?xml version="1.0"?><svg></svg>', "XML"),
        ("From: ada@example.org\nSubject: papers\n\nHello.\n", "mail"),
        ("import os\n\n\ndef main() -> None:\n    print(os.getcwd())\n", "digest"),
        ("name,votes,day\nalpha,3,Monday\nbeta,4,Tuesday\ngamma,5,Friday\n", "digest"),
        (
            "Chocolate Cake\n\n200 g flour\n3 eggs\n\nStir all of it. Bake it for an hour.\n",
            "digest",
        ),
        ("# Tool\n\nA tool.\n\n## Usage\n\n```\ntool --help\n```\n\n- fast\n- small\n", "digest"),
    ],
)
def test_what_is_no_digest_is_refused_with_one_sentence(text, said):
    with pytest.raises(UnreadableDigest, match=said) as refusal:
        digest.read(text, READ_ON)

    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_text_of_more_lines_than_any_page_is_refused_before_it_is_looked_at():
    with pytest.raises(UnreadableDigest, match="60,001 lines"):
        digest.read("Daily Papers\n" + "a b c\n" * 60_000, READ_ON)


def test_prose_in_paragraphs_is_refused(papers):
    prose = "\n\n".join(abstract for _, abstract in papers)

    with pytest.raises(UnreadableDigest):
        digest.read(prose, READ_ON)


def test_a_licence_is_refused():
    text = (
        "Example License\n\nCopyright (c) 2026 The Example Developers\n\n"
        "Permission is hereby granted, free of charge, to any person who has a copy, to use it. "
        "It may be changed and handed on, and nobody needs to ask.\n\n"
        "The above notice shall be included in all copies or substantial portions of it.\n\n"
        "THE EXAMPLE IS PROVIDED AS IT IS, WITHOUT WARRANTY OF ANY KIND. THE AUTHORS ARE NOT "
        "LIABLE FOR ANY CLAIM THAT COMES FROM ITS USE.\n"
    )

    with pytest.raises(UnreadableDigest):
        digest.read(text, READ_ON)


@pytest.mark.parametrize("n_papers", [3, 4])
def test_three_papers_without_any_head_are_a_digest(papers, n_papers):
    found = digest.read("\n".join(rows_of(papers[:n_papers])), READ_ON)

    assert pairs(found) == papers[:n_papers]
    assert (found.layout, found.date) == ("compact", None)


def test_a_head_and_one_paper_are_a_digest(papers):
    found = digest.read("\n\n".join([*HEAD, "Oct 2", *papers[0]]), READ_ON)

    assert pairs(found) == papers[:1]
    assert found.date == date(2026, 10, 2)


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("Oct 6", date(2026, 10, 6)),
        ("Oct 7", date(2025, 10, 7)),
        ("Feb 29", date(2024, 2, 29)),
        ("Mar 8, 2024", date(2024, 3, 8)),
    ],
)
def test_a_day_without_year_is_the_last_one_before_it_was_read(papers, printed, day):
    text = "\n".join([*HEAD, printed, *rows_of(papers)])

    assert digest.read(text, READ_ON).date == day


def test_byte_order_mark_line_ends_and_encoding_change_nothing(papers):
    text = "\n".join(
        [*HEAD, *rows_of([("Löss in the Danube Basin, Seen from Above", papers[0][1])])]
    )
    same = digest.read(text, READ_ON)

    for raw in (
        b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode("cp1252"),
        text.replace("\n", "\r\r\n"),
    ):
        assert digest.read(raw, READ_ON).entries == same.entries


def test_fingerprint_knows_the_same_list_in_another_coat(papers):
    plain = digest.read("\n".join(rows_of(papers)), READ_ON)
    dated = digest.read("\r\n\r\n".join([*HEAD, "Oct 2", *rows_of(papers)]), READ_ON)
    wrapped = "\n".join(line for row in rows_of(papers) for line in textwrap.wrap(row, 72))
    other = digest.read("\n".join(rows_of(papers[::-1])), READ_ON)

    assert digest.fingerprint(plain) == digest.fingerprint(dated)
    assert digest.fingerprint(plain) == digest.fingerprint(digest.read(wrapped, READ_ON))
    assert digest.fingerprint(plain) != digest.fingerprint(other)


def test_what_is_longer_than_any_paper_is_told_and_not_kept():
    import answers

    rows = [
        answers.hf_row(title="A" * 3000),
        answers.hf_row(),
        answers.hf_row(summary="b" * 60_000),
    ]

    found = digest.read(answers.hf_list(*rows), READ_ON)

    assert [entry.position for entry in found.entries] == [1]
    assert [line.number for line in found.unread] == [1, 3]
    assert all(len(line.text) <= 200 for line in found.unread)


def read_or_refused(raw):
    try:
        return digest.read(raw, READ_ON)
    except UnreadableDigest:
        return None


@given(st.text() | st.binary())
def test_anything_whatever_is_a_digest_or_refused(raw):
    found = read_or_refused(raw)
    positions = [entry.position for entry in found.entries] if found else []
    assert positions == list(range(1, len(positions) + 1))


CARD_LINES = (
    "·|12|-|3 authors|Upvote|GitHub 3.29k|arXiv Page|Submitted by|AK|May 29|new|### |[-]|Models|"
    "· Published on Oct 4, 2026|https://huggingface.co/papers/2606.00683|Example Lab|"
    "[A Title of Some Length](https://huggingface.co/papers/2606.00683)|We do this. It works.|"
    "A Title of Some Length and Weight|and then it goes on in small letters until"
)
lines_of_cards = st.sampled_from(CARD_LINES.split("|"))


@given(st.lists(lines_of_cards | st.text(max_size=30), max_size=40))
def test_any_heap_of_card_lines_is_a_digest_or_refused(rows):
    found = read_or_refused("Daily Papers\n" + "\n".join(rows))

    if found is not None:
        numbers = [line.number for line in found.unread]
        assert numbers == sorted(set(numbers))
        assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]


@given(st.data())
def test_a_digest_cut_anywhere_is_a_digest_or_refused(papers, data):
    raw = "\n".join([*HEAD, *rows_of(papers)]).encode()
    cut = data.draw(st.integers(0, len(raw)))

    found = read_or_refused(raw[:cut])

    whole = set(papers)
    # Cut after a sentence, an abstract looks whole; but nothing is ever invented.
    if found is not None:
        assert all(pair in whole for pair in pairs(found)[:-1])
