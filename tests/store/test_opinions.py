from datetime import timedelta

from conftest import NOW
from sqlmodel import Session

from app.mail.links import Verdict
from app.store import feedback, opinions

LATER = NOW + timedelta(minutes=1)


def test_they_are_told_apart_oldest_first(session: Session, make_person, paper_ids):
    person, silent = make_person(), make_person()
    first, second, third = paper_ids
    feedback.record(session, person.id, second, Verdict.LIKE, NOW)
    feedback.record(session, person.id, first, Verdict.LIKE, LATER)
    feedback.record(session, person.id, third, Verdict.DISLIKE, LATER)
    feedback.record(session, person.id, third, Verdict.SAVE, LATER)
    assert opinions.of(session, [person.id, silent.id]) == {
        person.id: opinions.Opinion(
            liked=[second, first],
            disliked=[third],
            saved=[third],
            liked_at={second: NOW, first: LATER},
        )
    }
    said = [row.paper_id for row, _ in feedback.of_subscriber(session, person.id)]
    assert said == [third, third, first, second]


def test_those_of_a_past_moment_know_nothing_of_later(session: Session, make_person, paper_ids):
    person = make_person()
    feedback.record(session, person.id, paper_ids[0], Verdict.LIKE, NOW)
    feedback.record(session, person.id, paper_ids[1], Verdict.DISLIKE, LATER)
    assert opinions.of(session, [person.id], before=NOW) == {}
    before = opinions.of(session, [person.id], before=LATER)[person.id]
    assert (before.liked, before.disliked) == ([paper_ids[0]], [])
