from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app.mail.links import Verdict
from app.store import feedback
from app.store.tables import Feedback

LATER = NOW + timedelta(minutes=1)


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


def test_a_word_can_be_taken_back(session: Session, make_person, paper_ids):
    person = make_person()
    feedback.record(session, person.id, paper_ids[0], Verdict.LIKE, NOW)
    for _ in range(2):
        feedback.undo(session, person.id, paper_ids[0], Verdict.LIKE)
        assert feedback.opinions(session, [person.id]) == {}


def test_taking_back_concerns_one_reader_and_one_paper(session: Session, make_person, paper_ids):
    one, other = make_person(), make_person()
    for person in (one, other):
        for paper_id in paper_ids[:2]:
            feedback.record(session, person.id, paper_id, Verdict.LIKE, NOW)
    feedback.undo(session, one.id, paper_ids[0], Verdict.LIKE)
    opinions = feedback.opinions(session, [one.id, other.id])
    assert opinions[one.id].liked == [paper_ids[1]]
    assert opinions[other.id].liked == paper_ids[:2]


def test_opinions_are_told_apart_oldest_first(session: Session, make_person, paper_ids):
    person, silent = make_person(), make_person()
    first, second, third = paper_ids
    feedback.record(session, person.id, second, Verdict.LIKE, NOW)
    feedback.record(session, person.id, first, Verdict.LIKE, LATER)
    feedback.record(session, person.id, third, Verdict.DISLIKE, LATER)
    feedback.record(session, person.id, third, Verdict.SAVE, LATER)
    assert feedback.opinions(session, [person.id, silent.id]) == {
        person.id: feedback.Opinion(liked=[second, first], disliked=[third], saved=[third])
    }
    said = [row.paper_id for row, _ in feedback.of_subscriber(session, person.id)]
    assert said == [third, third, first, second]


def test_one_row_per_reader_paper_and_verdict(session: Session, make_person, paper_ids):
    person = make_person()
    for _ in range(2):
        session.add(
            Feedback(subscriber_id=person.id, paper_id=paper_ids[0], verdict="like", at=NOW)
        )
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
