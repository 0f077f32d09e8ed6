from datetime import timedelta

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st

from app.mail.links import Verdict
from app.mail.scanners import HandOver
from app.store import feedback, taps
from app.store.feedback import Said
from app.store.tables import Means, State, Tap

moments = st.datetimes().map(lambda when: when.replace(tzinfo=NOW.tzinfo))
said = st.builds(Said, moments, st.none() | st.integers(1, 2**40))


@pytest.fixture
def make_tap(session, make_entry, paper_ids):
    entry = make_entry(tuple(paper_ids))

    def make(**changes):
        made_up = {
            "letter_id": entry.letter_id,
            "paper_id": paper_ids[0],
            "verdict": "like",
            "means": Means.SCRIPT,
            "at": NOW,
        }
        return Tap(**(made_up | changes))

    return make


@given(st.dictionaries(st.sampled_from(Verdict), said))
def test_what_stood_before_is_read_as_it_was_written(standing):
    assert taps.read(taps.written(standing)) == standing


def test_the_same_tap_a_moment_later_is_not_kept_twice(session, make_tap):
    for seconds in (0, 9, 10, 30):
        assert taps.add(session, make_tap(at=NOW + timedelta(seconds=seconds)))
    letter_id = make_tap().letter_id
    assert len(taps.of_letters(session, [letter_id])[letter_id]) == 3


def test_a_tap_is_kept_that_comes_back_to_what_was_said_before(session, make_tap):
    for n, verdict in enumerate(("like", "dislike", "like")):
        taps.add(session, make_tap(verdict=verdict, at=NOW + timedelta(seconds=n)))
    letter_id = make_tap().letter_id
    kept = taps.of_letters(session, [letter_id])[letter_id]
    assert [tap.verdict for tap in kept] == ["like", "dislike", "like"]


def test_a_letter_takes_so_many_taps_and_no_more(session, make_tap, monkeypatch):
    monkeypatch.setattr(taps, "MOST", 2)
    found = [taps.add(session, make_tap(at=NOW + timedelta(hours=n))) for n in range(3)]
    assert found == [True, True, False]


@pytest.mark.parametrize(
    ("changes", "sure"),
    [
        ({}, False),
        ({"means": Means.BUTTON}, True),
        ({"settled": True}, True),
        ({"settled": True, "void": "for a reason"}, True),  # so what stands came from elsewhere
        ({"verdict": "save"}, True),
    ],
)
def test_a_verdict_is_sure_if_more_than_a_script_speaks_for_it(session, make_tap, changes, sure):
    tap = make_tap(**changes)
    taps.add(session, tap)
    assert taps.is_sure(session, tap.letter_id, tap.paper_id, Verdict.LIKE) == sure


def test_a_letter_left_when_its_last_attempt_began_and_was_settled(session, make_entry):
    later = NOW + timedelta(seconds=3)
    sent = make_entry(state=State.SENT, claimed_at=NOW, settled_at=later)
    on_its_way = make_entry(state=State.IN_DATA, claimed_at=NOW)
    waiting = make_entry()
    ids = [each.letter_id for each in (sent, on_its_way, waiting)]
    assert taps.hand_overs(session, ids) == {
        sent.letter_id: HandOver(NOW, later),
        on_its_way.letter_id: HandOver(NOW, NOW),
    }


def test_votes_are_counted_by_what_became_of_them(session, make_tap):
    taps.add(session, make_tap(settled=True))
    taps.add(session, make_tap(verdict="save"))
    taps.add(session, make_tap(verdict="dislike", void="for a reason", settled=True))
    taps.add(session, make_tap(verdict="", paper_id=None, means=Means.TRAP))
    assert taps.counts(session) == (1, {"for a reason": 1}, 1)


def test_put_back_leaves_exactly_that(session, make_person, paper_ids):
    person, paper_id = make_person(), paper_ids[0]
    feedback.record(session, person.id, paper_id, Verdict.LIKE, NOW)
    feedback.record(session, person.id, paper_id, Verdict.SAVE, NOW)
    for standing in (
        {Verdict.DISLIKE: Said(NOW), Verdict.SAVE: Said(NOW)},
        {Verdict.SAVE: Said(NOW - timedelta(days=1))},
        {},
    ):
        feedback.put_back(session, person.id, paper_id, standing)
        assert feedback.said_of(session, person.id, paper_id) == standing
