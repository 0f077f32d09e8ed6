import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import names
from app.recommend.names import Name


@pytest.mark.parametrize(
    ("written", "family", "given_names"),
    [
        ("Ada Lovelace", "lovelace", "ada"),
        ("Lovelace, Ada", "lovelace", "ada"),
        ("A. Lovelace", "lovelace", "a"),
        ("Lovelace A", "lovelace", "a"),
        ("Dr. Ada Lovelace, PhD", "lovelace", "ada"),
        ("Lovelace et al.", "lovelace", ""),
        ("Ada Lovelace (Analytical Engines)", "lovelace", "ada"),
        ("Martin Bell Jr.", "bell", "martin"),
        ("Bell, Jr., Martin", "bell", "martin"),
        ("Aäron van den Berg", "vandenberg", "aaron"),
        ("Berg, A. van den", "vandenberg", "a"),
        ("van den Berg", "vandenberg", ""),
        ("De Silva", "desilva", ""),
        ("Van Nguyen", "nguyen", "van"),
        ("Gerda 't Loo", "tloo", "gerda"),
        ("Conor O’Shea", "oshea", "conor"),
        ("J.-P. Roux", "roux", "j p"),
        ("JP Roux", "roux", "j p"),
        ("Jean-Pierre Roux", "roux", "jean pierre"),
        ('J\\"urgen Møller', "moller", "jurgen"),
        ("Иван Петров", "петров", "иван"),
        ("Петров И. И.", "петров", "и и"),
        ("李明", "李明", ""),
        ("李 明", "李明", ""),
    ],
)
def test_the_family_name_is_found_in_every_order(written, family, given_names):
    name = names.read(written)

    assert name is not None
    assert (name.family[0], " ".join(name.given)) == (family, given_names)


def test_a_family_is_found_without_its_particles_too():
    assert names.read("Aaron van den Berg") == Name(("vandenberg", "berg"), ("aaron",))


def test_what_holds_no_letter_is_no_name():
    assert names.read("123, (4)") is None


@given(st.text(max_size=40))
def test_any_text_is_a_name_with_a_family_or_none(written):
    name = names.read(written)

    assert name is None or all(name.family)
