"""`paperboy doubts`."""

import json

import pytest
from conftest import NOW

from app.store import engine as engines
from app.store.tables import Letter, LetterKind, OutboxEntry, State


@pytest.fixture
def in_doubt(same_database, engine, make_subscriber):
    """So many readers whose letter may have arrived."""

    def make(n):
        people = [make_subscriber() for _ in range(n)]
        for person in people:
            key = {"subscriber_id": person.id, "kind": LetterKind.DAILY, "edition_date": NOW.date()}
            with engines.transaction(engine) as session:
                letter = Letter(
                    **key, recipient=person.address, message_id=f"<{person.id}>", date=NOW
                )
                session.add(letter)
                session.flush()
                told = {"due_at": NOW, "first_due_at": NOW, "settled_at": NOW, "doubtful": 1}
                entry = OutboxEntry(**key, letter_id=letter.id, state=State.IN_DOUBT, **told)
                entry.reason = "connection lost"
                session.add(entry)
        return [person.address for person in people]

    return make


def test_letters_in_doubt_are_listed_and_the_operator_decides(paperboy, in_doubt):
    first, second, third = in_doubt(3)
    lines = json.loads(paperboy("doubts", "list", "--json").out)
    assert [line["email"] for line in lines] == [first, second, third]
    assert lines[0]["reason"] == "connection lost"
    assert lines[0]["since"] == "2026-11-20 09:00"
    assert first in paperboy("doubts", "list").out
    assert "3 letters may have arrived" in paperboy("stats").err

    assert paperboy("doubts", "resend", first.upper()).out == "To be sent by the next run: 1.\n"
    assert paperboy("doubts", "leave", "--all").out == "Let be: 2.\n"
    assert paperboy("doubts", "list").out == "No letter is in doubt.\n"
    assert paperboy("doubts", "leave", "--all").out == "Let be: 0.\n"


def test_an_address_without_a_letter_in_doubt_changes_nothing(paperboy, in_doubt):
    (first,) = in_doubt(1)
    done = paperboy("doubts", "resend", first, "nobody@example.org")
    assert (done.code, "No letter to nobody@example.org is in doubt" in done.err) == (1, True)
    assert paperboy("doubts", "resend").code == 1
    assert paperboy("doubts", "resend", first, "--all").code == 1
    assert first in paperboy("doubts", "list").out
