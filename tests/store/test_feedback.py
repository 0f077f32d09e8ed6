from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app.mail.links import Verdict
from app.recommend import explain
from app.store import feedback, opinions
from app.store.tables import Feedback, Pick, Status

LATER = NOW + timedelta(minutes=1)
TOMORROW = NOW.date() + timedelta(days=1)


@pytest.mark.parametrize("verdict", Verdict)
def test_the_same_word_twice_changes_nothing(session: Session, make_person, paper_ids, verdict):
    person = make_person()
    feedback.record(session, person.id, paper_ids[0], verdict, NOW)
    feedback.record(session, person.id, paper_ids[0], verdict, LATER)
    assert [row.at for row in session.exec(select(Feedback))] == [NOW]
    assert feedback.given(session, person.id, paper_ids[0], verdict)


@pytest.mark.parametrize(
    ("first", "second"), [(Verdict.LIKE, Verdict.DISLIKE), (Verdict.DISLIKE, Verdict.LIKE)]
)
def test_the_last_of_like_and_dislike_stands(
    session: Session, make_person, paper_ids, first, second
):
    person = make_person()
    feedback.record(session, person.id, paper_ids[0], first, NOW)
    feedback.record(session, person.id, paper_ids[0], second, LATER)
    assert feedback.standing(session, person.id, paper_ids[0]) == {second}


def test_a_save_stands_beside_a_like(session: Session, make_person, paper_ids):
    person = make_person()
    for verdict in (Verdict.DISLIKE, Verdict.SAVE, Verdict.LIKE):
        feedback.record(session, person.id, paper_ids[0], verdict, NOW)
    assert feedback.standing(session, person.id, paper_ids[0]) == {Verdict.SAVE, Verdict.LIKE}


def test_many_likes_at_once_come_to_what_they_would_one_by_one(
    session: Session, make_person, paper_ids
):
    at_once, one_by_one = make_person(), make_person()
    for person in (at_once, one_by_one):
        feedback.record(session, person.id, paper_ids[0], Verdict.DISLIKE, NOW, 7)
        feedback.record(session, person.id, paper_ids[1], Verdict.LIKE, NOW, 7)
        feedback.record(session, person.id, paper_ids[2], Verdict.SAVE, NOW, 7)
    feedback.like_all(session, at_once.id, [*paper_ids[:3], paper_ids[0]], LATER)
    feedback.like_all(session, at_once.id, [], LATER)
    for each in paper_ids[:3]:
        feedback.record(session, one_by_one.id, each, Verdict.LIKE, LATER)

    def of(person):
        rows = session.exec(select(Feedback).where(Feedback.subscriber_id == person.id))
        return {(row.paper_id, row.verdict, row.letter_id, row.at) for row in rows}

    assert of(at_once) == of(one_by_one)
    assert len(of(at_once)) == 4


def test_a_word_can_be_taken_back(session: Session, make_person, paper_ids):
    person = make_person()
    feedback.record(session, person.id, paper_ids[0], Verdict.LIKE, NOW)
    for _ in range(2):
        feedback.undo(session, person.id, paper_ids[0], Verdict.LIKE)
        assert opinions.of(session, [person.id]) == {}


def test_taking_back_concerns_one_reader_and_one_paper(session: Session, make_person, paper_ids):
    one, other = make_person(), make_person()
    for person in (one, other):
        for paper_id in paper_ids[:2]:
            feedback.record(session, person.id, paper_id, Verdict.LIKE, NOW)
    feedback.undo(session, one.id, paper_ids[0], Verdict.LIKE)
    said = opinions.of(session, [one.id, other.id])
    assert said[one.id].liked == [paper_ids[1]]
    assert said[other.id].liked == paper_ids[:2]


def test_praise_is_the_first_like_or_save_of_a_paper(session: Session, make_person, paper_ids):
    one, other = make_person(), make_person()
    feedback.record(session, one.id, paper_ids[0], Verdict.LIKE, NOW)
    feedback.record(session, one.id, paper_ids[0], Verdict.SAVE, LATER)
    feedback.record(session, one.id, paper_ids[1], Verdict.DISLIKE, LATER)
    feedback.record(session, other.id, paper_ids[2], Verdict.SAVE, LATER)
    assert feedback.praise(session, NOW) == {
        one.id: {paper_ids[0]: NOW},
        other.id: {paper_ids[2]: LATER},
    }
    assert feedback.praise(session, LATER) == {other.id: {paper_ids[2]: LATER}}


def test_likes_teach_others_from_the_next_day_on(session: Session, make_person, paper_ids):
    person, private = make_person(shares_likes=True), make_person()
    for each in (person, private):
        feedback.record(session, each.id, paper_ids[1], Verdict.LIKE, NOW)
        feedback.record(session, each.id, paper_ids[0], Verdict.LIKE, LATER)
    assert feedback.shared_likes(session, NOW.date()) == []
    assert feedback.shared_likes(session, TOMORROW) == [paper_ids[:2]]


def test_only_likes_are_shared_and_only_while_their_reader_agrees(
    session: Session, make_person, paper_ids
):
    person, leaver = make_person(shares_likes=True), make_person(shares_likes=True)
    for each in (person, leaver):
        feedback.record(session, each.id, paper_ids[1], Verdict.LIKE, NOW)
        feedback.record(session, each.id, paper_ids[0], Verdict.SAVE, NOW)
    assert feedback.shared_likes(session, TOMORROW) == [paper_ids[1:2]] * 2
    leaver.status = Status.UNSUBSCRIBED
    assert feedback.shared_likes(session, TOMORROW) == [paper_ids[1:2]]
    person.shares_likes = False
    assert feedback.shared_likes(session, TOMORROW) == []


def test_of_very_many_who_agree_some_share_each_day_the_same(
    session: Session, make_person, paper_ids, monkeypatch
):
    monkeypatch.setattr(feedback, "MOST_SHARING", 3)
    for _ in range(9):
        feedback.record(session, make_person(shares_likes=True).id, paper_ids[0], Verdict.LIKE, NOW)
    assert feedback.shared_likes(session, TOMORROW) == [paper_ids[:1]] * 3
    next_day = TOMORROW + timedelta(days=1)
    assert feedback.shared_likes(session, next_day) == [paper_ids[:1]] * 3


def test_a_scale_learns_from_what_was_judged_by_then(session: Session, make_entry, paper_ids):
    entry, unread = (make_entry(papers_picked=tuple(paper_ids)) for _ in range(2))
    for pick in session.exec(select(Pick)):
        pick.reason = explain.to_json(explain.Reason(fit=pick.rank / 4))
    said = (session, entry.subscriber_id, paper_ids[0], Verdict.LIKE)
    feedback.record(*said, NOW + timedelta(hours=1), entry.letter_id)
    assert feedback.judged(session, NOW + timedelta(minutes=30)) == []
    found = feedback.judged(session, NOW + timedelta(hours=2))
    assert found == [(0.25, True), (0.5, False), (0.75, False)]
    assert unread.letter_id != entry.letter_id


def test_one_row_per_reader_paper_and_verdict(session: Session, make_person, paper_ids):
    person = make_person()
    for _ in range(2):
        session.add(
            Feedback(subscriber_id=person.id, paper_id=paper_ids[0], verdict="like", at=NOW)
        )
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
