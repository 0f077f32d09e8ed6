"""Papers' own pages, as journals and archives write them."""

from contextlib import suppress
from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import landing
from app.papers.paper import Paper

URL = "https://example.org/moons"


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_page_is_read_by_the_names_that_search_engines_read(quote):
    assert landing.read(answers.landing(*answers.LANDING, quote=quote), URL) == Paper(
        title="Tides of small moons",
        abstract="We watch small moons & wait.",
        authors=("Ada Moon", "Bo Tide"),
        url=URL,
        published=date(2026, 11, 2),
        journal="Journal of Moons",
    )


def test_ids_are_taken_from_the_page():
    ids = (("citation_doi", "doi:10.1000/X.7"), ("citation_arxiv_id", "2611.00001"))
    found = landing.read(answers.landing(*answers.LANDING, *ids), URL)
    assert (found.doi, found.arxiv_id) == ("10.1000/x.7", "2611.00001")
    assert found.url == "https://arxiv.org/abs/2611.00001"


def test_dublin_core_counts_where_it_names_an_author_too():
    title = ("DC.Title", "Tides of small moons")
    found = landing.read(answers.landing(title, ("DC.Creator", "Moon, Ada")), URL)
    assert (found.title, found.authors) == ("Tides of small moons", ("Ada Moon",))
    with pytest.raises(UnreadableDigest):
        landing.read(answers.landing(title), URL)


def test_a_line_on_the_journal_is_no_abstract_and_a_long_summary_is():
    title = ("citation_title", "Tides of small moons")
    short = answers.landing(title, ("description", "The journal of moons."))
    long = answers.landing(title, ("description", "We watch small moons. " * 12))
    assert landing.read(short, URL).abstract == ""
    assert landing.read(long, URL).abstract.startswith("We watch small moons.")


@pytest.mark.parametrize("page", ["", "<html>", answers.landing(("og:title", "Buy shoes"))])
def test_any_other_page_is_no_papers(page):
    with pytest.raises(UnreadableDigest, match="does not say"):
        landing.read(page, URL)


def test_markup_without_an_end_costs_little_and_breaks_nothing():
    for piece in ("<meta name=", '<meta name="', "<meta content='x' ", "<meta <meta "):
        with pytest.raises(UnreadableDigest):
            landing.read(piece * 40_000, URL)


@given(st.text(alphabet="<>meta nmcoit=\"'_l/x&;", max_size=300))
def test_whatever_stands_behind_a_title_it_is_found_and_before_it_at_most_hides_it(text):
    title = "<meta name=citation_title content=x>"
    assert landing.read(title + text, URL).title == "x"
    with suppress(UnreadableDigest):
        found = landing.read(text + title, URL)
        assert (bool(found.title), found.url) == (True, URL)
