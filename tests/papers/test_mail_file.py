"""Mails that bring papers by their links; every sample is made up."""

from datetime import date
from email.message import EmailMessage
from urllib.parse import quote

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import digest, mail_file
from app.papers.paper import fold

READ_ON = date(2026, 10, 6)
IDS = [f"2610.0000{n}" for n in range(1, 7)]


def read(body, kind="plain", **more):
    return digest.read(answers.mailed(body, kind, **more), READ_ON)


def titles(found):
    return [(entry.paper.arxiv_id, entry.paper.title) for entry in found.entries]


@pytest.fixture
def expected(papers):
    return [(number, title) for number, (title, _) in zip(IDS, papers, strict=True)]


def redirected(number):
    return "https://click.example.org/CL0/" + quote(f"https://arxiv.org/abs/{number}v2", safe="")


ADDRESSES = pytest.mark.parametrize(
    "address",
    [
        lambda number: f"https://arxiv.org/abs/{number}",
        lambda number: f"https://arxiv.org/pdf/{number}v1.pdf",
        lambda number: f"https://huggingface.co/papers/{number}",
        redirected,
    ],
    ids=["abstract", "pdf", "hugging face", "redirector"],
)


@ADDRESSES
def test_titles_that_are_links_are_read_with_what_stands_below(papers, expected, address):
    cards = "".join(
        f'<tr><td><a href="{address(number)}"><b>{title}</b></a></td></tr>'
        f'<tr><td><p>{abstract}</p><a href="{address(number)}">Read the paper →</a></td></tr>'
        for number, (title, abstract) in zip(IDS, papers, strict=True)
    )
    page = f"""<html><head><title>Papers</title><style>p{{}}</style></head><body>
<a href="https://example.org/">View in your browser</a><table>{cards}</table>
<a href="https://example.org/stop">Unsubscribe</a></body></html>"""

    found = read(page, "html")

    assert titles(found) == expected
    assert [entry.paper.abstract for entry in found.entries] == [fold(each) for _, each in papers]
    assert {entry.paper.url for entry in found.entries} == {
        f"https://arxiv.org/abs/{number}" for number in IDS
    }
    assert found.date == date(2026, 10, 2)


@ADDRESSES
@pytest.mark.parametrize(
    "line",
    [
        "{title}\n{url}\n{abstract}\n",
        "* {title}: {url}\n",
        "1. {title} ({url})\n\n{abstract}\n",
        "{title}\n\n{url}\n\n{abstract}\n",
        "{title} <{url}>\n{abstract}\n",
        "- [{title}]({url})\n  {abstract}\n",
        "> {title}\n> {url}\n>\n> {abstract}\n>\n",
    ],
)
def test_titles_with_a_link_beside_them_are_read(papers, expected, address, line):
    rows = [
        line.format(title=title, abstract=abstract, url=address(number))
        for number, (title, abstract) in zip(IDS, papers, strict=True)
    ]

    found = read("Hello,\n\nlook at these.\n\n" + "\n".join(rows) + "\nBye\n")

    assert titles(found) == expected


def test_a_link_without_title_is_told():
    found = read(
        "Nice: https://arxiv.org/abs/2610.00001\n\nSparse Retrieval Works Again\n"
        "https://arxiv.org/abs/2610.00002\n"
    )

    assert [number for number, _ in titles(found)] == ["2610.00002"]
    assert [line.number for line in found.unread] == [1]


@pytest.mark.parametrize("is_named_only", [False, True])
def test_a_forwarded_mail_inside_a_mail_is_read(papers, expected, is_named_only):
    inner = EmailMessage()
    inner["Subject"] = "papers"
    inner.set_content("\n".join(f"{t}\nhttps://arxiv.org/abs/{n}\n" for n, t in expected))
    outer = EmailMessage()
    outer["Subject"], outer["Date"] = "Fwd: papers", "Mon, 5 Oct 2026 08:00:00 +0200"
    outer.set_content("See below.")
    if is_named_only:
        kind = {"maintype": "application", "subtype": "octet-stream"}
        outer.add_attachment(inner.as_bytes(), **kind, filename="Papers.EML")
    else:
        outer.add_attachment(inner)

    found = digest.read(outer.as_bytes(), READ_ON)

    assert (titles(found), found.date) == (expected, date(2026, 10, 5))


def test_a_page_pasted_into_a_mail_is_read(papers):
    page = "\n\n".join(["new", "Daily Papers", "Oct 2", *(row for pair in papers for row in pair)])

    found = read(f"FYI\n\n{page}\n")

    assert [(entry.paper.title, entry.paper.abstract) for entry in found.entries] == papers
    assert (found.layout, found.date) == ("spaced", date(2026, 10, 2))


def test_a_pasted_page_without_end_is_read_for_its_links_only(papers):
    page = "\n\n".join(["Daily Papers", "Oct 2", *(row for pair in papers for row in pair)])
    link = "Sparse Retrieval Works Again\nhttps://arxiv.org/abs/2610.00001\n"

    found = read(f"{link}\n{page}\n" + "a b c\n" * 6_000)

    assert titles(found) == [("2610.00001", "Sparse Retrieval Works Again")]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252", "none-such"])
def test_each_part_has_its_own_encoding(charset):
    body = "Löss in the Danube Basin Again\nhttps://arxiv.org/abs/2610.00001\n"
    codec = "utf-8" if charset == "none-such" else charset
    raw = (
        b"Subject: papers\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"
        + f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode()
        + body.encode(codec)
    )

    assert titles(digest.read(raw, READ_ON)) == [("2610.00001", "Löss in the Danube Basin Again")]


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/plain; charset*=utf-8; charset*0=utf-8",
        "Content-Type: application/octet-stream\nContent-Disposition: x; filename*=a; filename*0=b",
    ],
)
def test_a_part_whose_header_makes_no_sense_spoils_no_other(expected, header):
    ((number, title), *_) = expected
    told = f"{title}\nhttps://arxiv.org/abs/{number}\n"
    mail = (
        'Subject: x\nContent-Type: multipart/mixed; boundary="b"\n\n'
        f"--b\n{header}\n\nNothing\n--b\nContent-Type: text/plain\n\n{told}\n--b--\n"
    )
    assert titles(digest.read(mail.encode(), READ_ON)) == expected[:1]


@pytest.mark.parametrize(
    "body", ["Hello.\n", "See https://example.org/\n", "arXiv is down today, I hear.\n"]
)
def test_a_mail_without_papers_is_refused(body):
    with pytest.raises(UnreadableDigest, match="mail names no papers"):
        read(body)


LETTER = answers.mailed(
    '<p><a href="https://arxiv.org/abs/2610.00001">Sparse Retrieval Works Again</a></p>', "html"
)


@given(st.data())
def test_any_mutation_of_a_mail_is_a_digest_or_refused(data):
    start = data.draw(st.integers(0, len(LETTER)))
    end = data.draw(st.integers(start, min(start + 60, len(LETTER))))
    pieces = st.sampled_from(
        [b"\nContent-Type: multipart/mixed; boundary=x\n", b"--x\n", b"=?a?q?"]
    )

    raw = LETTER[:start] + data.draw(pieces | st.binary(max_size=12)) + LETTER[end:]

    try:
        found = mail_file.read(raw, READ_ON)
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]
