from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend import highlight
from app.recommend.explain import LikedShare, Reason, Share
from app.recommend.interests import Kind


def marked(text, *terms):
    return [text[start:end] for start, end in highlight.spans(text, terms)]


@pytest.mark.parametrize(
    ("text", "term", "found"),
    [
        ("Diffusions, DIFFUSION and effusion", "diffusion", ["Diffusions", "DIFFUSION"]),
        ("A Few‑Shot and a few shot learner", "few-shot", ["Few‑Shot", "few shot"]),
        ("Protein-folding; folding of the protein", "protein folding", ["Protein-folding"]),
        ("Folding of the proteins", "folding proteins", ["Folding of the proteins"]),
        ("a protein that is folding", "protein folding", ["protein that is folding"]),
        ("protein. Folding; protein: folding", "protein folding", []),
        ("graph neural nets", "graph neural network", ["graph neural"]),
        ("C++, C and C#", "C++", ["C++"]),
        ("the µ-opioid and the μ-opioid", "μ-opioid", ["µ-opioid", "μ-opioid"]),
        ("情報検索の研究と索引", "検索", ["検索"]),
        ("ﬁelds of H₂O", "field", ["ﬁelds"]),
        ("ﬁelds of H₂O", "h2o", ["H₂O"]),
        ("Выучить языковые модели", "ЯЗЫКОВЫЕ", ["языковые"]),
        ("the cat", "the", []),
        ("the cat", "", []),
        ("", "cat", []),
        ("concatenate the cats", "cat", ["cats"]),
    ],
)
def test_a_word_is_found_in_every_form_the_model_takes_for_it(text, term, found):
    assert marked(text, term) == found


def test_words_that_overlap_are_one_span():
    text = "few shot protein folding"

    assert marked(text, "few-shot", "shot protein", "protein folding", "shot") == [text]


def test_the_words_of_a_phrase_apart_are_not_the_phrase():
    assert marked("a protein and its many ways of folding", "protein folding") == []


signs = st.text("ab cé検索エ.-;’'+#ﬁ²µ\\<&\u0301\u200b\ud800\u1160\u1161가", max_size=40)
terms = st.lists(st.one_of(signs, st.text(max_size=8)), max_size=4)


@given(st.one_of(signs, st.text(max_size=60)), terms)
def test_spans_are_inside_the_text_in_order_and_apart(text, terms):
    spans = highlight.spans(text, terms)

    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


@given(st.lists(st.sampled_from(["protein", "folding", "graphs", "C++", "検索"]), min_size=1))
def test_a_text_is_found_whole_in_itself(several):
    text = " ".join(several)

    assert "".join(marked(text, *several)) == text.replace(" ", "")


def test_the_words_of_a_reason_are_those_that_added_to_the_score():
    reason = Reason(
        (
            Share("diffusion", 3.0),
            Share("protein folding", 2.0, ("protein",), Kind.PHRASE),
            Share("cell death", 1.0, kind=Kind.PHRASE, near=("apoptosis", "caspases")),
            Share("Ada Example", 1.0, kind=Kind.AUTHOR),
            Share("cs.LG", 1.0, kind=Kind.CATEGORY),
            Share("image", 0.1),
            Share("maths", -0.1),
        ),
        (LikedShare(7, 1.5, ("guided sampling", "diffusion")),),
        (LikedShare(8, -0.5, ("video",)),),
    )

    words = ("diffusion", "protein", "apoptosis", "caspases", "guided sampling")
    assert highlight.of(reason, reason.total) == (words, ("Ada Example",))
