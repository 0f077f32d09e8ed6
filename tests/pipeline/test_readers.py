from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy import insert

from app.pipeline import readers
from app.store import engine as engines
from app.store.tables import Letter, LetterKind, OutboxEntry, Pick, State

TODAY = NOW.date()
DAYS = 7


@pytest.fixture
def sent(engine, make_subscriber, store_papers, retrieval_papers):
    """Whether a paper counts as sent today, had it been in the letter of an edition."""
    person, (paper_id, *_) = make_subscriber(), store_papers(*retrieval_papers)

    def was_sent(edition):
        key = {"subscriber_id": person.id, "kind": LetterKind.DAILY, "edition_date": edition}
        letter = {"id": 1, "recipient": "a@example.org", "message_id": "<1@example.org>"}
        entry = {"letter_id": 1, "state": State.SENT, "due_at": NOW, "first_due_at": NOW}
        pick = {"letter_id": 1, "rank": 1, "paper_id": paper_id, "score": 1.0, "reason": "{}"}
        with engines.transaction(engine) as session:
            session.execute(insert(Letter), [key | letter | {"date": NOW}])
            session.execute(insert(OutboxEntry), [key | entry])
            session.execute(insert(Pick), [pick])
            return bool(readers.sent(session, [person], TODAY, DAYS))

    return was_sent


@pytest.mark.parametrize("days_behind", [0, 1])
def test_the_oldest_candidate_counts_as_sent_by_the_first_letter_it_could_be_in(sent, days_behind):
    """A reader far in the west gets it in an edition of the day before it was first seen."""
    first_seen = TODAY - timedelta(days=DAYS - 1)
    assert sent(first_seen - timedelta(days=days_behind))


def test_letters_of_before_any_candidate_was_seen_are_not_read(sent):
    assert not sent(TODAY - timedelta(days=DAYS + 3))
