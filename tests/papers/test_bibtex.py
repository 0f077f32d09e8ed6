from datetime import date

import bibtexparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers import bibtex
from app.papers.paper import Paper

PAPER = Paper(
    title="On the Tides of Small Moons",
    authors=("Ada Moon", "Bo von Tide"),
    url="https://arxiv.org/abs/2611.00001",
    arxiv_id="2611.00001",
    doi="10.1000/moon_(1)",
    published=date(2026, 11, 20),
    categories=("astro-ph.EP", "physics.geo-ph"),
)


def read(text):
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    return library.entries


def test_an_entry_says_who_what_when_and_where():
    (entry,) = read(bibtex.write([PAPER]))

    assert entry.key == "moon2026tides"
    assert {name: field.value for name, field in entry.fields_dict.items()} == {
        "title": "{On the Tides of Small Moons}",
        "author": "Ada Moon and Bo von Tide",
        "year": "2026",
        "month": "nov",
        "eprint": "2611.00001",
        "archiveprefix": "arXiv",
        "primaryclass": "astro-ph.EP",
        "doi": r"10.1000/moon\_(1)",
        "url": "https://arxiv.org/abs/2611.00001",
    }


def test_nothing_saved_is_an_empty_file():
    assert bibtex.write([]) == ""


def test_keys_are_never_given_twice():
    papers = [PAPER, PAPER, PAPER, Paper(title="…"), Paper(title="?")]

    keys = [entry.key for entry in read(bibtex.write(papers))]

    assert keys == ["moon2026tides", "moon2026tides-2", "moon2026tides-3", "paper", "paper-2"]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        (r"Schr\"odinger at 50%", r"Schrödinger at 50\%"),
        ("R&D for C# and f_x", r"R\&D for C\# and f\_x"),
        ("a { b", r"a \textbraceleft{} b"),
        ("a } b \\input", r"a \textbraceright{} b \textbackslash{}input"),
        ("x^2 ~ y", r"x\textasciicircum{}2 \textasciitilde{} y"),
        ("two\nlines\u202e and\0 more", "two lines and more"),
        ("量子 Ångström", "量子 Ångström"),
    ],
)
def test_text_stays_text(title, written):
    (entry,) = read(bibtex.write([Paper(title=title)]))

    assert entry.fields_dict["title"].value == f"{{{written}}}"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Command and Data Handling", "{Command and Data Handling}"),
        ("others", "{others}"),
        ("Berg, A. van den", "Berg, A. van den"),
        ("A, B, C, D", "{A, B, C, D}"),
    ],
)
def test_a_name_stays_one_name(name, written):
    text = bibtex.write([Paper(title="T", authors=(name, "Bo Tide"))])

    assert f"author = {{{written} and Bo Tide}}" in text


@given(st.lists(st.builds(Paper, title=st.text(), authors=st.tuples(st.text()), url=st.text())))
def test_whatever_a_digest_holds_every_paper_is_one_entry(papers):
    text = bibtex.write(papers)

    entries = read(text)
    assert len(entries) == len({entry.key for entry in entries}) == len(papers)
    assert text.count("{") == text.count("}")
