from datetime import timedelta

import pytest
from conftest import NOW
from sqlmodel import Session, select

from app.mail.links import Verdict
from app.recommend import explain
from app.recommend.explain import Reason, Share
from app.store import feedback, letters, statistics
from app.store.statistics import Shown
from app.store.tables import LetterKind, Pick, State

TODAY = NOW.date()
A_WEEK = NOW - timedelta(days=7)


@pytest.fixture
def like(session):
    """Say something of the pick at a rank of a letter, in that letter."""

    def record(entry, rank=1, verdict=Verdict.LIKE):
        pick, _ = letters.pick_at(session, entry.letter_id, rank)
        feedback.record(session, entry.subscriber_id, pick.paper_id, verdict, NOW, entry.letter_id)

    return record


@pytest.fixture
def alter_picks(session):
    """Change all picks of a letter, by rank."""

    def change(entry, *changes):
        for pick, values in zip(_picks(session, entry), changes, strict=True):
            for name, value in values.items():
                setattr(pick, name, value)
        session.flush()

    return change


def _picks(session, entry):
    rows = select(Pick).where(Pick.letter_id == entry.letter_id).order_by(Pick.rank)
    return session.exec(rows).all()


@pytest.fixture
def on_trial(session, make_entry, alter_picks, paper_ids):
    """A letter sent on a trial, with a pick of A, one of B and one of neither."""

    def make(name="fade=0.3", state=State.SENT, days=0):
        entry = make_entry(tuple(paper_ids), state=state, edition_date=TODAY + timedelta(days=days))
        alter_picks(entry, {"team": "a"}, {"team": "b"}, {"team": ""})
        letters.by_id(session, entry.letter_id).model_id = f"0123+{name}"
        session.flush()
        return entry

    return make


def test_editions_are_counted_by_what_became_of_their_letters(session: Session, make_entry):
    for state in (State.SENT, State.SENT, State.FAILED, State.DEFERRED):
        make_entry(state=state, reason=f"250 {state}")
    for reason in ("no new papers", "no new papers", "paused"):
        make_entry(state=State.SKIPPED, reason=reason)
    make_entry(state=State.SENT, kind=LetterKind.CONFIRM)
    (found,) = statistics.editions(session, 5)
    assert found.date == TODAY
    assert found.states == {
        State.SENT: 2,
        State.FAILED: 1,
        State.DEFERRED: 1,
        State.SKIPPED: 3,
    }
    assert found.skipped == {"no new papers": 2, "paused": 1}


def test_only_the_last_editions_are_told_newest_first(session: Session, make_entry):
    for n in range(4):
        make_entry(edition_date=TODAY - timedelta(days=n))
    found = [each.date for each in statistics.editions(session, 3)]
    assert found == [TODAY - timedelta(days=n) for n in range(3)]
    assert statistics.editions(session, 1)[0].states == {State.READY: 1}


def test_feedback_is_counted_by_verdict_since_a_moment(session: Session, make_person, paper_ids):
    person = make_person()
    feedback.record(session, person.id, paper_ids[0], Verdict.LIKE, NOW)
    feedback.record(session, person.id, paper_ids[0], Verdict.SAVE, NOW)
    feedback.record(session, person.id, paper_ids[1], Verdict.LIKE, A_WEEK - timedelta(seconds=1))
    counts = statistics.feedback(session, A_WEEK)
    assert counts == {Verdict.LIKE: 1, Verdict.DISLIKE: 0, Verdict.SAVE: 1}


def test_likes_are_counted_by_rank_and_kind_of_pick(
    session: Session, make_entry, alter_picks, like, paper_ids
):
    hostile = Share('"exploring":true,"band":"strong"', 1.0)
    for n in range(2):
        entry = make_entry(tuple(paper_ids), state=State.SENT)
        alter_picks(
            entry,
            {"reason": explain.to_json(Reason((hostile,), band="good"))},
            {"reason": explain.to_json(Reason(band="worth a look", exploring=True))},
            {"reason": explain.to_json(Reason(trending=True))},
        )
        like(entry, rank=n + 1)
        like(entry, rank=3, verdict=Verdict.SAVE)
    assert statistics.shown(session, A_WEEK) == [
        Shown(1, "good", 2, 1),
        Shown(2, statistics.EXPLORING, 2, 1),
        Shown(3, statistics.TREND, 2, 0),
    ]


def test_picks_that_reached_nobody_were_not_shown(session: Session, make_entry, paper_ids):
    make_entry(tuple(paper_ids), state=State.FAILED)
    make_entry(tuple(paper_ids), state=State.SENT)
    assert {each.n for each in statistics.shown(session, NOW)} == {1}
    assert statistics.shown(session, NOW + timedelta(seconds=1)) == []


def test_a_trial_credits_each_team_letter_by_letter(session: Session, on_trial, like):
    for said in ([(1, Verdict.LIKE)], [(2, Verdict.SAVE)], [(1, Verdict.DISLIKE)], []):
        entry = on_trial()
        for rank, verdict in said:
            like(entry, rank, verdict)
    like(on_trial(), rank=3)
    (found,) = statistics.trials(session, "+")
    assert (found.name, found.n_letters) == ("fade=0.3", 5)
    assert sorted(found.credits) == [(-1, 0), (0, 1), (1, 0)]


def test_a_paper_liked_and_saved_is_credited_once(session: Session, on_trial, like):
    entry = on_trial()
    like(entry, 2, Verdict.LIKE)
    like(entry, 2, Verdict.SAVE)
    like(entry, 1, Verdict.SAVE)
    like(entry, 1, Verdict.DISLIKE)
    assert statistics.trials(session, "+")[0].credits == [(-1, 1)]


def test_a_like_of_the_same_paper_elsewhere_is_no_credit(session: Session, on_trial, paper_ids):
    entry = on_trial()
    feedback.record(session, entry.subscriber_id, paper_ids[0], Verdict.LIKE, NOW)
    assert statistics.trials(session, "+")[0].credits == []


def test_trials_are_told_apart_the_latest_first(session: Session, on_trial, make_entry, like):
    make_entry(state=State.SENT)
    on_trial("fade=0.3", days=-2)
    on_trial("fade=0.3", days=-1)
    like(on_trial("liked=4,near=1"))
    on_trial("spread=0", state=State.FAILED)
    found = statistics.trials(session, "+")
    assert [each.name for each in found] == ["liked=4,near=1", "fade=0.3"]
    assert [each.credits for each in found] == [[(1, 0)], []]
    assert (found[1].first, found[1].last) == (
        TODAY - timedelta(days=2),
        TODAY - timedelta(days=1),
    )


def test_without_letters_there_is_nothing_to_count(session: Session):
    assert statistics.editions(session, 5) == []
    assert statistics.shown(session, NOW) == []
    assert statistics.trials(session, "+") == []
