"""A reader's letters so far, and the days without one."""

from datetime import date, timedelta

import pytest
from sqlmodel import delete

from app.store import engine as engines
from app.store.tables import Letter, LetterKind, OutboxEntry, Pick, State, Subscriber

TODAY = date(2026, 11, 20)


@pytest.fixture
def add_entry(engine, clock):
    def add(reader, state, reason="", days_ago=0, letter_id=None):
        with engines.transaction(engine) as session:
            session.add(
                OutboxEntry(
                    subscriber_id=reader.id,
                    kind=LetterKind.DAILY,
                    edition_date=TODAY - timedelta(days=days_ago),
                    letter_id=letter_id,
                    state=state,
                    due_at=clock(),
                    first_due_at=clock(),
                    reason=reason,
                )
            )

    return add


def test_each_letter_is_there_with_its_papers_and_a_way_to_read_it(client, reader, add_entry):
    add_entry(reader, State.SENT, letter_id=reader.letter_id)
    add_entry(reader, State.SKIPPED, "no new paper fits their interests", days_ago=1)

    page = client.get(f"{reader.preferences}/letters")

    assert "Friday 20 November 2026" in page.text
    assert "2 papers" in page.text
    assert f'{reader.letter}"' in page.text
    assert "Thursday 19 November 2026" in page.text
    assert "no letter: no new paper fitted you" in page.text


def test_what_a_server_said_is_not_for_readers(client, reader, add_entry, hostile):
    add_entry(reader, State.SENT, "250 queued as <script>", letter_id=reader.letter_id)
    add_entry(reader, State.FAILED, f"550 5.1.1 {hostile}", days_ago=1)
    add_entry(reader, State.SKIPPED, "missed by more than 12 hours", days_ago=2)

    page = client.get(f"{reader.preferences}/letters")

    assert "could not be delivered" in page.text
    assert not any(words in page.text for words in ("queued", "550", "missed"))


def test_many_come_in_pages(client, reader, add_entry, read_page):
    for n in range(100):
        add_entry(reader, State.SKIPPED, "no new papers", days_ago=n)

    first = client.get(f"{reader.preferences}/letters")
    assert len(first.content) < 60_000
    assert first.text.count("no letter:") == 40
    last = client.get(f"{reader.preferences}/letters?page=3")
    assert last.text.count("no letter:") == 20


def test_nobody_sees_the_letters_of_others(client, reader, make_reader, add_entry):
    other = make_reader("other@example.org")
    add_entry(other, State.SENT, letter_id=other.letter_id)

    assert "None yet: " in client.get(f"{reader.preferences}/letters").text


def test_letters_that_are_no_longer_kept_are_still_counted(client, reader, engine):
    with engines.transaction(engine) as session:
        session.get(Subscriber, reader.id).n_folded = 3

    page = client.get(f"{reader.preferences}/letters").text

    assert "3 earlier letters are no longer kept." in page
    assert "None yet: " not in page


def test_a_link_in_a_letter_that_is_no_longer_kept_says_so_kindly(client, reader, engine):
    with engines.transaction(engine) as session:
        for table in (Pick, OutboxEntry):
            session.exec(delete(table).where(table.letter_id == reader.letter_id))
        session.exec(delete(Letter).where(Letter.id == reader.letter_id))

    for answer in (client.get(reader.feedback("like")), client.post(reader.feedback("like"))):
        assert answer.status_code < 500
        assert "a letter that we still keep" in answer.text
    assert "no longer kept" in client.get(reader.letter).text
