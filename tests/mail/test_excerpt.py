import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail import excerpt, foreign

LINES = st.text(st.sampled_from("abcÄé .,!?…。()e.g.\u0301日-0\n\t"), max_size=600).map(
    foreign.tame
)


def test_a_short_abstract_is_left_whole():
    assert excerpt.opening("We ask. No stop at the end") == "We ask. No stop at the end"


def test_whole_sentences_are_kept_as_far_as_they_fit():
    text = "One sentence here. And a second one! A third that is too long for it all."

    assert excerpt.opening(text, 40) == "One sentence here. And a second one!"


def test_a_sentence_that_ends_exactly_at_the_limit_fits():
    assert excerpt.opening("It fits. Not this.", 8) == "It fits."


@pytest.mark.parametrize(
    "stop",
    ["e.g. BM25", "i.e. Ours", "Smith et al. Show", "Fig. 3", "Figs. 3", "0.5 points", "v1.2 Beta",
     "vs. Dense", "J. Smith", "w.r.t. Cost", "U.S. Data", "(cf. Table 2)", "approx. 3",
     "arXiv.org X"],
)  # fmt: skip
def test_a_stop_inside_a_sentence_ends_nothing(stop):
    text = f"First one. The second has {stop} in it and goes on for quite a while longer."

    assert excerpt.opening(text, 60) == "First one."


@pytest.mark.parametrize(
    "end", ["in full.", "is it?", "it is!", "so he said.”", "(as told.)", "with BM25.", "in 2026."]
)
def test_a_sentence_may_end_in_many_ways(end):
    text = f"This is said {end} “Quoted” words of the next sentence, far too many to be kept."

    assert excerpt.opening(text, 50) == f"This is said {end}"


def test_chinese_sentences_end_without_a_space():
    assert excerpt.opening("これは文です。次の文は長いので切られます。", 12) == "これは文です。"


def test_a_first_sentence_that_is_too_long_is_cut_after_a_word():
    assert excerpt.opening("A sentence, without any end in sight", 14) == "A sentence…"


def test_a_single_word_longer_than_all_is_cut_inside_but_keeps_its_accents():
    assert excerpt.cut("x" * 50, 10) == "x" * 9 + "…"
    assert excerpt.cut("abcde\u0301\u0301f", 7) == "abcd…"


def test_a_title_without_blanks_behind_its_first_word_is_not_cut_down_to_that():
    title = "ChatGPT " + "量子计算中的大语言模型" * 9
    assert excerpt.cut(title, 50) == title[:49] + "…"


@given(LINES, st.integers(1, 500))
def test_an_excerpt_is_an_opening_of_its_text_that_ends_with_a_word(text, limit):
    shown = excerpt.opening(text, limit)

    kept = shown if shown == text else shown.removesuffix("…")
    rest = text[len(kept) :]
    assert len(shown) <= limit
    assert text.startswith(kept)
    is_word_end = not rest or not (kept[-1:].isalnum() and rest[0].isalnum())
    last = len(kept) - kept.rfind(" ") - 1
    assert is_word_end or last >= limit // 2 - 1 or kept.endswith("。")


@given(LINES)
def test_an_excerpt_says_something_if_there_is_something_to_say(text):
    assert bool(excerpt.opening(text, 20)) == bool(text)
