from dataclasses import replace
from datetime import date

import pytest

from app.recommend import absence
from app.recommend.absence import Case
from app.recommend.calibration import Band
from app.recommend.interests import Interest, Kind

FITS = Case(date(2026, 11, 20), date(2026, 11, 18), 7, fit=0.8, place=3)
WEAK = replace(FITS, fit=0.4149, place=None)
VIDEO = Interest("video", negative=True)
FACES = Interest("face recognition", Kind.PHRASE, negative=True)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (replace(WEAK, gone="withdrawn"), "No letter takes it any more: it was withdrawn."),
        (WEAK, "Below their threshold: its fit is 0.41, and “good” starts at 0.50."),
        (
            replace(WEAK, threshold=Band.STRONG, fit=0.7499),
            "Below their threshold: its fit is 0.74, and “strong” starts at 0.75.",
        ),
        (
            replace(WEAK, appeal=0.38, needed=0.5),
            "Below their threshold: its fit is 0.41, and “good” starts at 0.50; with the trend "
            "mixed in it has 0.38 of the 0.50 it needs.",
        ),
        (
            replace(FITS, place=14),
            "Passed over: it would have been number 14, and their letters hold 10 papers.",
        ),
        (FITS, "It would be number 3 of that letter."),
        (
            replace(FITS, has_letter=True),
            "Not in that letter, but it would be number 3 were it made now: words, feedback or "
            "papers have changed since.",
        ),
        (
            replace(FITS, place=None),
            "Not chosen, although its fit of 0.80 is enough for “good”.",
        ),
        (
            replace(FITS, alike="Whales", alike_rank=2),
            "Passed over: it is the same work as “Whales”, number 2 of that letter.",
        ),
        (replace(FITS, alike="Whales"), "Passed over: it is the same work as “Whales”."),
        (replace(FITS, muted_by=VIDEO), "Muted: they asked to leave out video."),
        (replace(FITS, muted_by=FACES), 'Muted: they asked to leave out "face recognition".'),
        (replace(FITS, said="liked and saved"), "They know it: they liked and saved it."),
        (replace(FITS, twin="Whales"), "They know it: it is the same work as “Whales”."),
        (
            replace(FITS, sent=date(2026, 11, 19)),
            "They know it: it was in their letter of 19 November 2026.",
        ),
        (
            replace(FITS, first_seen=date(2026, 11, 21)),
            "Not there yet: it was first seen on 21 November 2026.",
        ),
        (
            replace(FITS, first_seen=date(2026, 11, 13)),
            "Too old for that day: it was first seen on 13 November 2026, and a letter takes what "
            "came within 7 days.",
        ),
        (
            replace(WEAK, no_letter="no new paper fits their interests"),
            "Below their threshold: its fit is 0.41, and “good” starts at 0.50. No letter of that "
            "day was sent: no new paper fits their interests.",
        ),
    ],
)
def test_the_sentence_says_what_kept_a_paper_out(case, sentence):
    assert absence.sentence(case) == sentence


def test_the_first_and_the_last_day_of_the_window_are_new():
    for day in (14, 20):
        case = replace(FITS, first_seen=date(2026, 11, day))
        assert absence.sentence(case) == "It would be number 3 of that letter."


def test_what_they_know_comes_before_what_it_is_worth():
    case = replace(WEAK, sent=date(2026, 11, 19), muted_by=VIDEO, alike="Whales")

    assert absence.sentence(case).startswith("They know it")
