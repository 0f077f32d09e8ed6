"""What a reader can take away holds all that hangs on them, also in tables yet to come."""

import json
from datetime import UTC, date, datetime

import pytest

from app.recommend import telling
from app.recommend.telling import Told
from app.store import dossier, letters, subscribers
from app.store.tables import Letter, LetterKind, Status, Subscriber, metadata

# Table → its name in the file, where it is another; and what stands within a letter.
NAMES = {"interest": "interests", "letter": "letters", "bounce": "bounces", "tap": "taps"}
NAMES |= {"consent": "consents", "outbox": "outbox", "feedback": "feedback", "support": "votes"}
WITHIN_LETTERS = {"pick"}


def keys_to(name):
    """The tables that point at one."""
    return {
        table.name
        for table in metadata.sorted_tables
        if any(key.column.table.name == name for key in table.foreign_keys)
    }


@pytest.fixture
def person(session):
    made = Subscriber(address="a@b.org", status=Status.ACTIVE, created_at=datetime.now(UTC))
    return subscribers.add(session, made)


def test_every_table_that_speaks_of_a_person_is_in_it(session, person):
    told = dossier.of(session, person)

    of_person = (keys_to("subscriber") | keys_to("letter")) - WITHIN_LETTERS
    assert {NAMES[table] for table in of_person} <= told.keys()
    assert told["subscriber"].keys() == {c.name for c in metadata.tables["subscriber"].columns}


def test_nobody_elses_rows_are_in_it(session, person, engine):
    other = subscribers.add(
        session, Subscriber(address="other@b.org", created_at=datetime.now(UTC))
    )
    from app.recommend import interests

    subscribers.set_interests(session, other.id, interests.parse("secret"))

    told = json.dumps(dossier.of(session, person), default=str)

    assert "secret" not in told
    assert "other@b.org" not in told


def test_what_letters_told_is_in_it_by_its_names(session, person):
    told = Told(1, 7, False, "good", False, [["asked", "moons"]], [["moons", 100]], "moons", "")
    letter = Letter(
        subscriber_id=person.id,
        kind=LetterKind.DAILY,
        edition_date=date(2026, 11, 20),
        recipient=person.address,
        message_id="<1@example.org>",
        date=datetime.now(UTC),
        told=telling.to_json([told]),
    )
    letters.add(session, letter)

    (kept,) = dossier.of(session, person)["letters"]

    assert kept["told"] == [told._asdict()]
