import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadValue
from app.recommend import tuning
from app.recommend.calibration import Band

PARSERS = [
    tuning.parse_threshold,
    tuning.parse_dial,
    tuning.parse_exploration,
    tuning.parse_consent,
]


def test_nobody_shares_likes_or_gets_padding_who_did_not_say_so():
    assert tuning.Tuning(Band.GOOD, 0.0, 0.2, shares_likes=False) == tuning.USUAL


@pytest.mark.parametrize("text", ["worth a look", "worth-a-look", " Worth  a LOOK "])
def test_a_threshold_is_read_as_it_may_be_typed(text):
    assert tuning.parse_threshold(text) is Band.LOOK


@pytest.mark.parametrize(
    ("text", "step"), [("0", 0.0), ("0.25", 0.25), (".5", 0.5), ("0.750", 0.75), ("1", 1.0)]
)
def test_the_dial_has_five_steps(text, step):
    assert tuning.parse_dial(text) == step


def test_every_word_for_exploring_is_the_name_of_its_share():
    for word, share in tuning.EXPLORATION.items():
        assert tuning.parse_exploration(word) == share
        assert tuning.name_exploration(share) == word


@pytest.mark.parametrize("text", ["yes", "Yes", "TRUE"])
def test_consent_is_given_in_so_many_words(text):
    assert tuning.parse_consent(text) is True


@pytest.mark.parametrize("text", ["", "y", "on", "maybe", "yes please", "2"])
def test_what_is_no_clear_yes_is_never_consent(text):
    with pytest.raises(BadValue, match="yes or no"):
        tuning.parse_consent(text)


@pytest.mark.parametrize("text", ["nan", "inf", "-0.25", "0.3", "1e999", "0,5", ""])
def test_a_dial_between_its_steps_is_refused_with_the_steps(text):
    with pytest.raises(BadValue, match=r"0, 0\.25, 0\.5, 0\.75 or 1"):
        tuning.parse_dial(text)


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text())
def test_whatever_is_typed_is_read_or_a_short_sentence(parse, text):
    said = ""
    try:
        parse(text)
    except BadValue as e:
        said = str(e)
    assert len(said) < 200


def test_only_what_was_typed_changes():
    before = tuning.Tuning(Band.STRONG, 0.5, 1.0, shares_likes=True)

    assert tuning.parse({}, before) == before
    assert tuning.parse({"dial": "1"}, before) == tuning.Tuning(
        Band.STRONG, 1.0, 1.0, shares_likes=True
    )
    assert tuning.parse({"shares_likes": "no"}, before).shares_likes is False
