"""Letters that a reader asked for, from the outbox to the wire; the sink looks for faults."""

import asyncio
import email
from datetime import timedelta
from email import policy

import pytest
from conftest import NOW

from app.errors import BadLink
from app.mail.links import Purpose
from app.pipeline import notices
from app.store import engine as engines
from app.store import letters, outbox, subscribers, suppressions
from app.store.tables import LetterKind, State, Subscriber

KINDS = [LetterKind.LINK, LetterKind.MOVE, LetterKind.MOVED, LetterKind.ERASE]


def send(day, person, kind, recipient="", status=None):
    with engines.transaction(day.desk.engine) as session:
        row = session.get_one(Subscriber, person.id)
        row.status = status or row.status
        assert notices.queue(session, row, kind, NOW, "example.org", recipient=recipient)
    asyncio.run(day.deliver())


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_bare_with_one_button_at_most_and_no_papers(day, sink, make_subscriber, kind):
    send(day, make_subscriber(), kind, "new@example.org" if kind == LetterKind.MOVE else "")

    (taken,) = sink.taken
    message = email.message_from_bytes(taken.raw, policy=policy.default)
    text = message.get_body(("plain",)).get_content()
    assert text.count("http") == (0 if kind == LetterKind.MOVED else 1)
    assert "list-unsubscribe" not in {name.lower() for name in message}
    assert "papers" not in text.replace("what you said of papers", "")
    assert ("works until" in text) == (kind in {LetterKind.MOVE, LetterKind.ERASE})
    expected = "new@example.org" if kind == LetterKind.MOVE else "reader1@example.org"
    assert taken.recipient == expected


@pytest.mark.parametrize("kind", KINDS)
def test_who_unsubscribed_gets_what_they_asked_for_and_no_new_letters(
    day, sink, make_subscriber, kind
):
    from app.store.tables import Status

    send(day, make_subscriber(), kind, status=Status.UNSUBSCRIBED)

    assert bool(sink.taken) == (kind != LetterKind.MOVE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_suppressed_address_gets_none(day, sink, engine, make_subscriber, kind):
    person = make_subscriber()
    with engines.transaction(engine) as session:
        suppressions.add(session, person.address, "no such person", NOW)

    send(day, person, kind)

    assert sink.taken == []


def test_a_second_one_of_a_day_takes_the_place_of_the_first(engine, make_subscriber, day):
    person, tokens = make_subscriber(), day.desk.head.links.tokens
    with engines.transaction(engine) as session:
        row = session.get_one(Subscriber, person.id)
        for minutes in (0, 61):
            at = NOW + timedelta(minutes=minutes)
            assert notices.queue(session, row, LetterKind.ERASE, at, "example.org")
        (entry,) = outbox.of_subscriber(session, row.id)
        newest = letters.by_id(session, entry.letter_id)
        first, second = (tokens.make(Purpose.ERASE, n) for n in (newest.id - 1, newest.id))
        assert notices.read_token(session, tokens, Purpose.ERASE, second, NOW) == (newest, row)
        with pytest.raises(BadLink):
            notices.read_token(session, tokens, Purpose.ERASE, first, NOW)


def test_one_that_is_leaving_is_not_replaced(engine, make_subscriber):
    person = make_subscriber()
    with engines.transaction(engine) as session:
        row = session.get_one(Subscriber, person.id)
        assert notices.queue(session, row, LetterKind.LINK, NOW, "example.org")
        outbox.of_subscriber(session, row.id)[0].state = State.IN_DATA
        session.flush()
        assert not notices.queue(session, row, LetterKind.LINK, NOW, "example.org")


def test_its_link_is_good_for_48_hours_and_until_links_are_renewed(engine, make_subscriber, day):
    person, tokens = make_subscriber(), day.desk.head.links.tokens
    with engines.transaction(engine) as session:
        row = session.get_one(Subscriber, person.id)
        notices.queue(session, row, LetterKind.MOVE, NOW, "example.org", recipient="b@example.org")
        letter = letters.of_edition(session, row.id, NOW.date(), LetterKind.MOVE)
        token = tokens.make(Purpose.MOVE, letter.id)
        end = NOW + timedelta(hours=48)
        assert notices.read_token(session, tokens, Purpose.MOVE, token, end) == (letter, row)
        later = end + timedelta(seconds=1)
        with pytest.raises(BadLink, match="48 hours"):
            notices.read_token(session, tokens, Purpose.MOVE, token, later)
        subscribers.renew_links(session, row)
        with pytest.raises(BadLink, match="newer"):
            notices.read_token(session, tokens, Purpose.MOVE, token, NOW)
