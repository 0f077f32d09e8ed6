import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadValue
from app.papers import identity, references

BIB = r"""
% kept by a program
@string{venue = "Journal of Moons"}
@comment{jabref-meta: databaseType:bibtex;}

@article{moon, title = {On {Moons} of G{\"o}del and {$x^{2}$}}, author = {Moon, Ada},
  eprint = {2611.00001v2}, archivePrefix = {arXiv}, journal = venue}
@INPROCEEDINGS(tide,
  title = "Tides, in brief", doi = {https://doi.org/10.1234/ABC.5}, year = 2026)
@misc{link, title={{All Braced}}, howpublished={\url{https://arxiv.org/abs/2611.00002}}}
@article{open, title = {Never closed
@article{after, title = {It goes on}, note = {arXiv preprint arXiv:2611.00003}}
@article{moon, title = {The same key}}
@misc{nothing, author = {Somebody}}
"""
RIS = """TY  - JOUR
TI  - Whale songs
AU  - Whale, Bo
DO  - 10.1234/whale
UR  - https://arxiv.org/pdf/2611.00004v1
ER  -

TY - CONF
T1 - One blank only
ER -
TY  - JOUR
TI  - Without an end
"""


def names(read):
    return [identity.keys(entry)[0] for entry in read.entries]


def test_a_bibtex_file_names_its_papers_and_what_it_cannot_name():
    read = references.read(BIB.encode())

    assert names(read) == [
        "arxiv:2611.00001",
        "doi:10.1234/abc.5",
        "arxiv:2611.00002",
        "arxiv:2611.00003",
        "title:the same key",
    ]
    assert read.entries[0].title == "On Moons of Gödel and $x^{2}$"
    assert read.entries[2].title == "All Braced"
    assert [each.name for each in read.unread] == [
        "@article{open, title = {Never closed",
        "nothing",
    ]
    assert "line 11" in read.unread[0].reason
    assert "no title" in read.unread[1].reason


def test_a_ris_file_names_its_papers_and_what_it_cannot_name():
    read = references.read(RIS.encode())

    assert names(read) == ["arxiv:2611.00004", "title:one blank only"]
    assert read.entries[0].doi == "10.1234/whale"
    assert [each.reason for each in read.unread] == ["It has no end, a line with “ER  -”."]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    "text", ["@misc{a, title={Über Möwen}}\n", "TY  - X\nTI  - Über Möwen\nER  - \n"]
)
def test_every_usual_encoding_and_line_end_is_read(text, encoding, ends):
    read = references.read(text.replace("\n", ends).encode(encoding))
    assert names(read) == ["title:über möwen"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no reference"),
        (b"Dear all,\nada@example.org wrote", "no reference"),
        (b"%PDF-1.7\n\0\0\0@article{", "no text"),
        (b"PK\x03\x04\0\0", "no text"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_a_way_on(content, said):
    with pytest.raises(BadValue, match=said) as refused:
        references.read(content)
    assert refused.value.field == "file"


def test_what_comes_after_the_most_is_counted():
    bib = "".join(f"@misc{{k{n}, title={{Number {n}}}}}\n" for n in range(references.MOST + 7))
    ris = "".join(f"TY  - X\nTI  - Number {n}\nER  - \n" for n in range(references.MOST + 7))
    for text in (bib, ris):
        read = references.read(text.encode())
        assert (len(read.entries), len(read.unread), read.n_left) == (references.MOST, 0, 7)


@pytest.mark.parametrize(
    "text",
    [
        "@a{" * 300_000,
        "@a{x, t = {" + "{" * 900_000,
        "@a{x, t = " + "a # " * 200_000 + "b}",
        "@string{a=b}\n@string{b=a}\n@misc{x, title=a}\n" * 10_000,
        "@a{x, title = {" + r"\"{" * 200_000 + "}}",
        "@a{x, title = {" + "$x" * 300_000 + "}}",
        "@" * 1_000_000 + "a{",
        "TY  - \n" * 100_000,
        "TY  - X\n" + "AU  - \n" * 100_000 + "ER  - \n",
        "TY  - X\nTI  - " + "x" * 900_000 + "\nER  - \n",
    ],
    ids=range(10),
)
def test_a_megabyte_of_malice_is_read_to_its_end(text):
    read = references.read(text.encode())
    assert len(read.entries) + len(read.unread) <= references.MOST
    assert all(len(each.title) <= references.LONGEST for each in read.entries)


@given(st.text(alphabet='@artice{}(),="\\$#%\n TYER-:/0123', max_size=300))
def test_no_text_breaks_the_reader(text):
    try:
        read = references.read(text.encode())
    except BadValue:
        return
    assert all(identity.keys(each) for each in read.entries)
    assert all(each.name is not None and each.reason for each in read.unread)


@given(st.binary(max_size=300), st.sampled_from([b"@misc{a,", b"TY  - X\n"]))
def test_no_bytes_break_the_reader(content, start):
    try:
        read = references.read(start + content)
    except BadValue:
        return
    assert all(identity.keys(each) for each in read.entries)
    assert all(each.name is not None and each.reason for each in read.unread)


def test_what_a_file_says_is_not_written_to_the_log(caplog):
    with caplog.at_level(logging.DEBUG):
        references.read(b"@misc{secret, title={of the visitor\n@misc{b, title={x}}")
    assert "secret" not in caplog.text
