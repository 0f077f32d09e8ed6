"""What publishers print around an abstract; every sample is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers import imprint

ABSTRACT = "We weigh words, and some are heavy (p < 0.05). Others, Volume 3 of them, are not."


@pytest.mark.parametrize(
    "printed",
    [
        "{}",
        "Journal of Examples, Published online: 05 October 2026; doi:10.1000/s1 {}",
        "Journal of Examples, Volume 390, Issue 6770, Page 12-19, October 2026. {}",
        "Journal of Examples, Volume 123, Issue 40, October 2026. Significance {}",
        "Examples Nano DOI: 10.1000/acs.6c01234 {}",
        "Abstract {}",
        "Summary: {}",
        "{} [Ex. Rev. Lett. 137, 012345] Published Mon Oct 05, 2026",
    ],
)
def test_only_the_abstract_is_left(printed):
    assert imprint.take(printed.format(ABSTRACT)) == imprint.Taken(ABSTRACT)


def test_authors_whom_only_the_imprint_names_are_kept():
    printed = (
        "Publication date: 15 January 2027 Source: Journal of Examples, Volume 12 "
        "Author(s): Ada Example, Bo Sample"
    )

    assert imprint.take(printed) == imprint.Taken("", ("Ada Example", "Bo Sample"))


@pytest.mark.parametrize(
    "abstract", ["Abstract interpretation is sound.", "Summary statistics mislead."]
)
def test_a_word_of_the_abstract_is_no_label(abstract):
    assert imprint.take(abstract).abstract == abstract


@given(st.text() | st.text("Ab, 1.:[]()DOIVolume", max_size=80))
def test_any_text_is_a_summary(text):
    assert imprint.take(text).abstract in text
