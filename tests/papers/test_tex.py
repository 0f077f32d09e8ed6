"""TeX becomes Unicode where it is TeX, and prose stays as it was written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers import tex


@pytest.mark.parametrize(
    ("source", "read"),
    [
        (r"Fr\'echet, Schr\"odinger, Erd\H{o}s, na\"{\i}ve", "Fréchet, Schrödinger, Erdős, naïve"),
        (r"\c{c}a, Mu\~noz, J\'er\^ome, Pawe\l{}, S\o ren", "ça, Muñoz, Jérôme, Paweł, Søren"),
        (r"{\L}ojasiewicz, \AA ngstr\"om", "Łojasiewicz, Ångström"),
        (r"$\alpha$-stable and $O(n^2)$", "α-stable and O(n²)"),
        (r"$H_2O$, $10^{-3}$, $\mathbb{R}^n$, $\ell_{12}$", "H₂O, 10⁻³, ℝⁿ, ℓ₁₂"),
        (r"$x^{i,j}$ and $e^{-|q|/2}$", "x^(i,j) and e^(-|q|/2)"),
        (r"\( O(n \log n) \)", "O(n log n)"),
        (r"$\frac{a+b}{c}$, $\sqrt[3]{n}$, $\|x\|$", "(a+b)/c, ³√(n), ‖x‖"),
        (r"$2\times 3$, $n \to \infty$, $90\%$", "2×3, n → ∞, 90%"),
        (r"{\em collapse} and \emph{overload} of \textbf{$x_1$}", "collapse and overload of x₁"),
        ("``dark matter'' of models", "“dark matter” of models"),
        (r"up to 90\% of R\&D, a\_b, \#1, 300\,arcmin", "up to 90% of R&D, a_b, #1, 300 arcmin"),
        ("Part I--III --- a review -- of it", "Part I–III — a review – of it"),
        ("$k$NN and $n$-body", "kNN and n-body"),
        ("$ΔL$ Normalization", "ΔL Normalization"),
        ("Fig.~1", "Fig. 1"),
    ],
)
def test_tex_is_read(source, read):
    assert tex.to_unicode(source) == read


@pytest.mark.parametrize(
    "text",
    [
        "between $5 and $10, or US$5-US$10, $100K+ in all",
        "50% of it, 20 % more",
        "Q&A, C#, snake_case, a_b, ~5%, x~N(0,1), x^2 outside of a formula",
        "5leq z leq10 and 1920times1080, {scriptsize CODE2SEQ}, D_{KL}(p||q)",
        "an { unbalanced brace, and } another, a lone $ and a lone \\",
        r"\eg Focal Loss, \foo{bar}, $\foo{x}$, C:\new\table",
        "f''(x), `code`, ```fence```, don't, 'single'",
        "the --help option, a -- b is a dash only in TeX".replace(" -- ", " – "),
        "“Quotes”, μ-law, 東京, naïve, 👩‍🔬, نمی‌خواهم",
    ],
)
def test_prose_and_damaged_maths_stay_as_they_are(text):
    assert tex.to_unicode(text) == text


def test_signs_that_hide_or_reorder_text_are_taken_out():
    assert tex.to_unicode("ab\u202ec\u200bd\x00e\ufefff\u00ad\u2066g\u200dh") == "abcdefgh"


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs"], exclude_characters="\\$`~-")
    )
)
def test_plain_text_comes_back_unchanged(text):
    assert tex.to_unicode(text) == unicodedata.normalize("NFC", text)


TEX = r"""
$ $$ \( \) \[ { } \em \emph{ \' \" \frac \sqrt ^ _ \alpha \begin{x} \\ % & # ~ `` '' word
    \text{ \left( \mathcal \c \o -- \u{ \url{ \foo 5 a
"""
words_of_tex = st.sampled_from(TEX.split())


@given(st.lists(words_of_tex | st.text(max_size=5), max_size=30).map("".join))
def test_broken_tex_never_raises_and_loses_no_word(text):
    read = tex.to_unicode("wording " + text + " endword")

    assert read.startswith("wording")
    assert read.endswith("endword")
    assert read.count("word") >= text.count("word") + 2 - text.count("\\")


@pytest.mark.parametrize(
    ("written", "read"),
    [("H$_2$O cache", "H₂O cache"), ("10$^3$ papers", "10³ papers"), ("US$5 and US$10", None)],
)
def test_an_index_may_stand_right_behind_a_word_and_a_price_may_not(written, read):
    assert tex.to_unicode(written) == (read or written)
