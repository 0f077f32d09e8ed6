import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import words


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("network", "Networks"),
        ("few-shot", "few shot"),
        ("µ-opioid", "μ-OPIOID"),  # the micro sign, and the Greek letter
        ("Alzheimer's", "Alzheimer’s"),
        ("ＧＰＴ-4", "gpt 4"),  # full-width letters
        ("C++", "c++"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_variants_of_a_word_are_the_same_terms(typed, written):
    assert words.analyse(typed)
    assert words.analyse(typed) == words.analyse(written)


def test_languages_that_share_a_letter_stay_apart():
    assert words.analyse("C C++ C#")[:3] == ["c", "c++", "c#"]


def test_scripts_without_spaces_are_found_inside_longer_runs():
    assert set(words.analyse("学习")) <= set(words.analyse("深度学习方法"))


def test_pairs_do_not_cross_the_end_of_a_sentence():
    assert "protein fold" in words.analyse("protein folding")
    assert "protein fold" not in words.analyse("We study a protein. Folding is hard")


def test_stop_words_and_tex_commands_leave_no_term():
    assert words.analyse(r"the of and $\mathcal{}$ mathcal") == []


def test_a_phrase_needs_its_words_side_by_side():
    assert words.phrase("protein folding") == ["protein fold"]
    assert words.phrase("proteins") == ["protein"]


@given(st.text())
def test_any_text_has_terms_and_the_same_ones_again(text):
    assert words.analyse(text) == words.analyse(text)
    assert all(words.phrase(text)) or not words.analyse(text)


@pytest.mark.parametrize(
    "typed",
    [r"Schr\"odinger", r"Schr\"{o}dinger", "Schrödinger", r"{Schr\"odinger}"],
)
def test_an_accent_in_tex_is_the_letter_it_stands_for(typed):
    assert words.analyse(f"{typed} bridge") == words.analyse("Schrödinger bridge")


def test_other_signs_behind_a_backslash_make_no_word():
    assert words.analyse(r"a \'' quote \= stop \^ 3") == words.analyse("quote stop 3")
