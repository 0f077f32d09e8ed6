import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers import people


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("Ada Example, Bo Sample", ("Ada Example", "Bo Sample")),
        ("Ada Example and Bo Sample", ("Ada Example", "Bo Sample")),
        ("Ada Example, Bo Sample, and Cy Third", ("Ada Example", "Bo Sample", "Cy Third")),
        ("Ada Example (Lab, Town and Land), Bo Sample", ("Ada Example", "Bo Sample")),
        ("Ada Example (1), Bo Sample (1 and 2) ((1) Lab, (2) Town)", ("Ada Example", "Bo Sample")),
        ("Ada Example (Lab, Bo Sample", ("Ada Example Lab", "Bo Sample")),
        (r"Andr\'e {\'E}mile, Ji{\v{r}}\'i B", (r"Andr\'e {\'E}mile", r"Ji{\v{r}}\'i B")),
        (r"{Example, Ada}, Bo Sample", ("{Example, Ada}", "Bo Sample")),
        ("Ada Example, Jr., Bo Sample, III", ("Ada Example Jr.", "Bo Sample III")),
        ("Ada Example, JR., Bo Sample, iIi", ("Ada Example JR.", "Bo Sample iIi")),
        ("Ada Example, et al.", ("Ada Example",)),
        ("Ada Example, Bo Sample, ET AL", ("Ada Example", "Bo Sample")),
        ("ATLAS and CMS Collaborations", ("ATLAS and CMS Collaborations",)),
        ("Sandy Anders", ("Sandy Anders",)),
        ("", ()),
        (" , ; ", ()),
        (" " * 200_000 + "Ada", ("Ada",)),  # each run of blanks is looked through once
    ],
)
def test_a_list_of_authors_is_taken_apart(printed, names):
    assert people.listed(printed) == names


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("Doe, J.; Smith, A. B.", ("J. Doe", "A. B. Smith")),
        ("van den Berg, A., Jr.; ", ("A. van den Berg Jr.",)),
        ("Example Consortium; Doe, J.", ("Example Consortium", "J. Doe")),
        ("", ()),
    ],
)
def test_family_names_that_stand_first_are_put_last(printed, names):
    assert people.inverted(printed) == names


@given(st.text() | st.text("ab, (){};\\and", max_size=60))
def test_any_text_is_a_list_of_names(text):
    for names in (people.listed(text), people.inverted(text)):
        assert all(name.strip() == name and name for name in names)
