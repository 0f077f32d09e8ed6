import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import errors
from app.recommend import interests
from app.recommend.interests import Interest, Kind


def test_words_phrases_and_negatives_are_told_apart():
    typed = 'diffusion, "protein folding"; -video\n-"face recognition"'

    assert interests.parse(typed) == (
        Interest("diffusion"),
        Interest("protein folding", Kind.PHRASE),
        Interest("video", negative=True),
        Interest("face recognition", Kind.PHRASE, negative=True),
    )


def test_words_between_commas_stay_separate_unless_quoted():
    assert len(interests.parse("protein folding, diffusion")) == 3


@pytest.mark.parametrize("quoted", ['"a cappella"', "“a cappella”", "„a cappella“", "«a cappella»"])
def test_every_kind_of_quote_makes_a_phrase(quoted):
    assert interests.parse(quoted) == (Interest("a cappella", Kind.PHRASE),)


@pytest.mark.parametrize("word", ["few-shot", "C++", "C#", "μ-opioid", "深度学习", "हिन्दी", "3D"])
def test_a_word_is_kept_as_typed(word):
    assert interests.parse(f" {word}, ") == (Interest(word),)


def test_punctuation_around_a_word_is_not_part_of_it():
    assert interests.parse("(diffusion). robots!") == (Interest("diffusion"), Interest("robots"))


def test_an_interest_said_twice_is_kept_once_as_first_typed():
    assert interests.parse('Networks network few-shot "few shot"') == (
        Interest("Networks"),
        Interest("few-shot"),
    )


def test_a_person_with_likes_may_type_nothing_or_only_negatives():
    assert interests.parse("", has_likes=True) == ()
    assert interests.parse("-video", has_likes=True) == (Interest("video", negative=True),)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "name at least one word"),
        (" ,;\n", "name at least one word"),
        ("-video", "name at least one that you want"),
        ('diffusion "protein', "the quote opened at character 11 is never closed"),
        ("«protein", "the quote opened at character 1 is never closed"),
        ("robots - video", "the “-” at character 8 stands alone"),
        ("robots -", "the “-” at character 8 stands alone"),
        (
            "the state of robots",
            r"“the” \(character 1\) and “of” \(character 11\) say nothing alone",
        ),
        ('robots "to be"', r"“to be” \(character 8\) says nothing alone"),
        ("robots !?", "“!?” at character 8 holds no letter or digit"),
        ('robots ""', "at character 8 holds no letter or digit"),
        ("robots " + "x" * 81, "what starts at character 8 is too long"),
        ('"' + "word " * 41 + '"', "what starts at character 1 is too long"),
        (" ".join(f"w{n}" for n in range(101)), "101 interests are too many: 100 are the most"),
        ("rob\x07ots", r"character 4 is a control sign \(U\+0007\)"),
        ("rob\u202eots", r"character 4 is a control sign \(U\+202E\)"),
        ("video -videos", "“videos” is both asked for and left out.*at character 7"),
        ('-author:Yun author:"Yun"', "“Yun” is both asked for and left out.*at character 13"),
        ("robots author:", "the “author:” at character 8 has nothing after it"),
        ("author: -robots", "the “author:” at character 1 has nothing after it"),
        ("author:\nrobots", "the “author:” at character 1 has nothing after it"),
        ("category: author:Yun", "the “category:” at character 1 has nothing after it"),
        ('robots author:"Ada', "the quote opened at character 15 is never closed"),
        ('robots author:"123"', "“123” after character 8 is not a person's name"),
        ("category:..", "“..” at character 1 holds no letter"),
        ('robots autor:"Ada"', "“autor:” at character 8 is unknown: did you mean author:"),
        ('actor:"Ada"', "“actor:” at character 1 is unknown: did you mean author:"),
        ("authors:Ada", "“authors:” at character 1 is unknown: did you mean author:"),
        ("au:Lovelace_A", "“au:” at character 1 is unknown: did you mean author:"),
        ("-cat:cs.LG", "“cat:” at character 2 is unknown: did you mean category:"),
        ('title:"deep nets"', "“title:” at character 1 is unknown: only author: and category:"),
        ("robots x11", "the weight “x11” at character 8 must be from x0.1 to x10"),
        ("robots x0", "the weight “x0” at character 8 must be from x0.1 to x10"),
        ("-robots x2", "the “x2” at character 9 weighs something that is left out"),
    ],
)
def test_bad_interests_are_refused_with_a_sentence_that_points_at_them(typed, sentence):
    with pytest.raises(errors.BadValue, match=sentence.replace("?", r"\?")) as refused:
        interests.parse(typed)

    assert refused.value.field == "interests"


def test_authors_and_categories_are_told_by_their_names():
    typed = (
        'author:"Ada Lovelace" AUTHOR:Yun, -author: «de la Cruz, Juan»; category:cs.LG -category:cs'
    )

    assert interests.parse(typed) == (
        Interest("Ada Lovelace", Kind.AUTHOR),
        Interest("Yun", Kind.AUTHOR),
        Interest("de la Cruz, Juan", Kind.AUTHOR, negative=True),
        Interest("cs.LG", Kind.CATEGORY),
        Interest("cs", Kind.CATEGORY, negative=True),
    )


@pytest.mark.parametrize("typed", ["(author:Yun)", "author：Yun", "author:“Yun”", "author: Yun."])
def test_a_name_is_read_in_every_script_and_dress(typed):
    assert interests.parse(typed) == (Interest("Yun", Kind.AUTHOR),)


@pytest.mark.parametrize(
    "word",
    [
        "re:invent",
        "10.1000/xyz:abc",
        "arXiv:2610.01234",
        "Au:TiO2",
        "actor:critic",
        "https://a.org/b",
    ],
)
def test_a_colon_inside_a_word_belongs_to_it(word):
    assert interests.parse(word) == (Interest(word),)


def test_quotes_make_a_phrase_of_what_would_be_a_name_without_them():
    assert interests.parse('"author:Yun" "category:cs"') == (
        Interest("author:Yun", Kind.PHRASE),
        Interest("category:cs", Kind.PHRASE),
    )


@pytest.mark.parametrize(
    ("typed", "weight"),
    [("x2", 2), ("x0.5", 0.5), ("×2", 2), ("x10", 10), ("x.1", 0.1), ("x2,5", 2.5)],
)
def test_a_weight_stands_straight_behind_an_interest(typed, weight):
    for interest in ("robots", '"robot arms"', "author:Yun", "category:cs.RO"):
        (read,) = interests.parse(f"{interest} {typed}")
        assert read.weight == weight


@pytest.mark.parametrize(
    "typed", ["x2", "x2 robots", "robots, x2", "robots\nx2", "robots x264", "robots x2k"]
)
def test_elsewhere_a_weight_is_a_word(typed):
    read = interests.parse(typed)

    assert all(interest.weight == 1 for interest in read)
    assert any(interest.text.startswith("x2") for interest in read)


def test_the_last_weight_given_to_an_interest_holds():
    assert interests.parse("robots x2, robot x3, Robots") == (Interest("robots", weight=3),)


def test_a_name_said_twice_in_another_order_is_kept_once():
    typed = 'author:"Ada Lovelace" author:"Lovelace, Ada" category:cs.LG category:CS.lg'

    assert interests.parse(typed) == (
        Interest("Ada Lovelace", Kind.AUTHOR),
        Interest("cs.LG", Kind.CATEGORY),
    )


def test_commas_of_every_keyboard_part_interests():
    assert len(interests.parse("深度学习、机器人，语言模型；扩散")) == 4


_PIECES = [
    "author:",
    "category:",
    "autor:",
    " x2",
    " ×0.5",
    "x",
    " ",
    '"',
    "-",
    "Ada",
    "cs.LG",
    ".",
]


@given(
    st.text(st.sampled_from("abθ深é13 x2,;-–\"“”„«»'.:+#()\n、"), max_size=40)
    | st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)
    | st.text(max_size=20)
)
def test_what_was_parsed_is_read_back_the_same(typed):
    try:
        parsed = interests.parse(typed, has_likes=True)
    except errors.BadValue:
        return

    assert interests.parse(interests.format(parsed), has_likes=True) == parsed
