import pytest

from app.papers.paper import Paper
from app.recommend import hints, interests, vectors
from app.recommend.hints import Unknown

PAPERS = {
    1: Paper(
        "Protein folding with proteins of clay",
        "Slow protein folding is studied, for a protein is long.",
        authors=("Ada Lovelace", "G. 't Loo"),
        categories=("q-bio.BM", "cs.LG"),
    ),
    2: Paper(
        "Folding of paper", "Protean shapes of many paper planes.", authors=("Alan Lovelace",)
    ),
    3: Paper("Deep learning of protein folding", "Deep learning needs μ-opioid receptors and C++."),
}


@pytest.fixture(scope="module")
def model():
    return vectors.fit(PAPERS)


def unknown(model, typed):
    return hints.unknown(model, interests.parse(typed, has_likes=True))


@pytest.mark.parametrize(
    "typed",
    [
        "protein",
        "Foldings",
        '"protein folding"',
        "protein-folding",
        "C++",
        "μ-opioid",
        "-shape",
        "author:Lovelace",
        'author:"A. Lovelace"',
        "category:cs",
        "category:q-bio.BM",
    ],
)
def test_what_some_paper_meets_needs_no_hint(model, typed):
    assert unknown(model, typed) == []


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("protien", ("protein",)),
        ("-lerning", ("learning",)),
        ('"protien folding"', ("protein folding",)),
        ('"protien planes"', ("protein",)),
        ("author:Lovelase", ("Lovelace",)),
        ('author:"Grace Lovelace"', ("Ada Lovelace", "Alan Lovelace")),
        ("category:cs.LQ", ("cs.LG",)),
        ("xylophone", ()),
        ("量子", ()),
    ],
)
def test_what_no_paper_meets_is_told_with_what_is_near(model, typed, near):
    (found,) = unknown(model, typed)

    assert found.near == near


def test_a_phrase_of_known_words_is_told_not_to_be_one(model):
    (found,) = unknown(model, '"paper folding"')

    assert found.sentence().startswith(
        "no paper of the last year contains “paper folding” as neighbours; near: “folding paper”"
    )


def test_a_word_beside_itself_is_no_phrase_to_name():
    stutter = Paper("Gradient. Gradient gradient flow", "Gradient gradient descent.")
    (found,) = unknown(vectors.fit({1: stutter}), '"descent flow gradient"')

    assert found.near
    assert "gradient gradient" not in map(str.lower, found.near)


def test_hints_come_in_the_order_typed_and_name_what_was_typed(model):
    found = unknown(model, "Zebras, protein, author:Nobody category:math")

    assert [each.text for each in found] == ["Zebras", "Nobody", "math"]


def test_a_sentence_says_what_is_missing_and_what_is_near():
    assert Unknown("protien", ("protein", "protean")).sentence() == (
        "no paper of the last year contains “protien”; near: “protein”, “protean”"
    )
    assert (
        Unknown("Yun", lack=hints.Lack.AUTHOR).sentence() == "no paper of the last year is by “Yun”"
    )


def test_where_no_paper_names_its_authors_the_hint_says_so():
    (found,) = unknown(vectors.fit({1: Paper("Protein folding")}), "author:Yun")

    assert found.sentence() == (
        "no paper of the last year says who wrote it, so that “Yun” finds none"
    )
