"""What Crossref and DataCite say of a DOI."""

import json
from contextlib import suppress
from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import registry
from app.papers.paper import Paper

NAMES = ("Ada Moon", "Bo Tide Jr", "The Tide Collaboration")


def crossref(**changes):
    return json.dumps({"status": "ok", "message": answers.CROSSREF | changes})


def datacite(**changes):
    return json.dumps({"data": {"attributes": answers.DATACITE | changes}})


def test_a_work_at_crossref_is_read_whole():
    assert registry.read(crossref()) == Paper(
        title="Tides of small moons",
        abstract="We watch small moons.",
        authors=NAMES,
        url="https://doi.org/10.1000/moons.7",
        doi="10.1000/moons.7",
        published=date(2026, 11, 2),
        journal="Journal of Moons",
    )


def test_a_work_at_datacite_is_read_whole():
    assert registry.read(datacite()) == Paper(
        title="Tides of small moons",
        abstract="We watch small moons.",
        authors=("Ada Moon", "Bo Tide", "Lab of Tides, Town"),
        url="https://doi.org/10.5281/moons.7",
        doi="10.5281/moons.7",
        published=date(2026, 11, 2),
    )


def test_a_year_or_a_month_is_no_day():
    for parts in ([[2026]], [[2026, 11]], [[None]], [], None, [[2026, 13, 1]]):
        days = {"published-online": {"date-parts": parts}, "issued": {"date-parts": parts}}
        assert registry.read(crossref(**days)).published is None


@pytest.mark.parametrize(
    "answer", ["{}", "[]", '"x"', '{"message": []}', crossref(title=[]), datacite(titles=[{}])]
)
def test_an_answer_without_a_title_is_no_paper(answer):
    with pytest.raises(UnreadableDigest, match="names no title"):
        registry.read(answer)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(
                st.sampled_from([*answers.CROSSREF, *answers.DATACITE, "name", "title"]), each
            )
        ),
        max_leaves=6,
    )
)
def test_whatever_stands_in_a_field_a_paper_comes_of_it_or_our_own_error(value):
    told = [crossref(**{name: value}) for name in answers.CROSSREF]
    told += [datacite(**{name: value}) for name in answers.DATACITE]
    for answer in (*told, json.dumps(value)):
        with suppress(UnreadableDigest):
            found = registry.read(answer)
            assert found.title
            assert found.url.startswith("https://doi.org/10.")
