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
        ("the state of robots", "“the” and “of” say nothing alone"),
        ('robots "to be"', "“to be” says nothing alone"),
        ("robots !?", "“!?” at character 8 holds no letter or digit"),
        ('robots ""', "at character 8 holds no letter or digit"),
        ("robots " + "x" * 81, "what starts at character 8 is too long"),
        ('"' + "word " * 41 + '"', "what starts at character 1 is too long"),
        (" ".join(f"w{n}" for n in range(101)), "101 interests are too many: 100 are the most"),
        ("rob\x07ots", r"character 4 is a control sign \(U\+0007\)"),
        ("rob\u202eots", r"character 4 is a control sign \(U\+202E\)"),
        ("video -videos", "“videos” is both asked for and left out"),
    ],
)
def test_bad_interests_are_refused_with_a_sentence_that_points_at_them(typed, sentence):
    with pytest.raises(errors.BadValue, match=sentence.replace("?", r"\?")) as refused:
        interests.parse(typed)

    assert refused.value.field == "interests"


@given(st.text(st.sampled_from("abθ深é13 ,;-–\"“”„«»'.+#()\n"), max_size=40) | st.text(max_size=20))
def test_what_was_parsed_is_read_back_the_same(typed):
    try:
        parsed = interests.parse(typed, has_likes=True)
    except errors.BadValue:
        return

    assert interests.parse(interests.format(parsed), has_likes=True) == parsed
