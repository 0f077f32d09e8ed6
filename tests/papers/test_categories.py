from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.papers import digest

READ_ON = date(2026, 11, 20)
LEARNING = "Subjects: Machine Learning (cs.LG); Soft Condensed Matter (cond-mat.soft)"
CODES = "Categories: hep-th cs.CL"
HEAD = "Get trending papers in your email inbox!\n"


def compact(papers, below_title="", below_abstract=""):
    """A list whose second paper has lines of its own below its title or its abstract."""
    rows = []
    for place, (title, abstract) in enumerate(papers):
        is_second = place == 1
        rows += [title, below_title * is_second, abstract, below_abstract * is_second]
    return HEAD + "\n".join(row for row in rows if row)


def read(text):
    return digest.read(text, READ_ON)


def pairs(found):
    return [(entry.paper.title, entry.paper.abstract) for entry in found.entries]


def categories(found):
    return [entry.paper.categories for entry in found.entries]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize("where", ["below_title", "below_abstract"])
@pytest.mark.parametrize(
    ("line", "named"),
    [
        (LEARNING, ("cs.LG", "cond-mat.soft")),
        (LEARNING.replace("; ", ";\n"), ("cs.LG", "cond-mat.soft")),
        (CODES, ("hep-th", "cs.CL")),
        ("Subject: Genomics (q-bio.GN)", ("q-bio.GN",)),
        ("Category: cs.LG", ("cs.LG",)),
    ],
)
def test_a_paper_gets_the_categories_that_stand_below_its_title(papers, line, named, where, gap):
    found = read(compact(papers, **{where: line}).replace("\n", gap))

    assert pairs(found) == pairs(read(compact(papers)))
    assert categories(found) == [(), named, *[()] * (len(papers) - 2)]
    assert not found.unread


def test_the_cards_of_a_page_get_theirs_too(papers):
    cards = "\n".join(
        f"12\n{title}\n{CODES}\n{abstract}\n·\n3 authors" for title, abstract in papers
    )
    found = read(HEAD + cards)

    assert [title for title, _ in pairs(found)] == [title for title, _ in papers]
    assert set(categories(found)) == {("hep-th", "cs.CL")}


def test_categories_above_every_paper_are_reported(papers):
    found = read(HEAD + LEARNING + "\n" + compact(papers).removeprefix(HEAD))

    assert not any(categories(found))
    assert [(line.number, line.text) for line in found.unread] == [(2, LEARNING)]


def test_categories_of_a_paper_that_was_not_read_go_to_no_other(papers):
    alone = "A Title That Has Lost Its Abstract on the Way\n" + LEARNING
    found = read(
        compact([papers[0]]) + "\n" + alone + "\n" + compact(papers[1:]).removeprefix(HEAD)
    )

    assert not any(categories(found))
    assert LEARNING in [line.text for line in found.unread]


@pytest.mark.parametrize(
    "line",
    [
        "Categories: objects of a topos and the arrows between them, told in pictures.",
        "Subjects: twelve adults (aged 20 to 40) read aloud for an hour.",
        "Subjects: cats and dogs",
        "Categories: e.g. more",
    ],
)
def test_a_sentence_about_subjects_is_none_of_it(papers, line):
    found = read(compact([(title, f"{line} {abstract}") for title, abstract in papers]))

    assert len(found.entries) == len(papers)
    assert not any(categories(found))


@settings(max_examples=40)
@given(st.sets(st.integers(0, 5)))
def test_any_papers_may_have_categories(papers, these):
    rows = []
    for place, (title, abstract) in enumerate(papers):
        rows += [title, *[CODES] * (place in these), abstract]
    found = read(HEAD + "\n".join(rows))

    assert pairs(found) == pairs(read(compact(papers)))
    assert {place for place, named in enumerate(categories(found)) if named} == {
        place for place in these if place < len(papers)
    }
