from datetime import timedelta

from conftest import NOW

from app.store import consents, subscribers
from app.store.tables import Consent

HOUR = timedelta(hours=1)


def ask(session, reader, text="You ask for letters. (Text 1)", **told):
    made_up = {"form_url": "https://papers.example.org/subscribe", "asked_at": NOW}
    return consents.ask(session, Consent(subscriber_id=reader.id, text=text, **made_up | told))


def test_what_was_asked_and_answered_is_kept_word_for_word(session, make_subscriber):
    reader = make_subscriber()
    ask(session, reader, network="192.0.2.0/24", message_id="<1@example.org>")
    consents.confirm(session, reader.id, NOW + HOUR)

    (kept,) = consents.of_subscriber(session, reader.id)
    assert kept.text == "You ask for letters. (Text 1)"
    assert (kept.asked_at, kept.confirmed_at) == (NOW, NOW + HOUR)
    assert (kept.network, kept.message_id) == ("192.0.2.0/24", "<1@example.org>")


def test_the_last_question_takes_the_place_of_those_never_answered(session, make_subscriber):
    reader = make_subscriber()
    ask(session, reader, "first", message_id="<1@example.org>")
    ask(session, reader, "second")
    (kept,) = consents.of_subscriber(session, reader.id)
    assert (kept.text, kept.message_id) == ("second", "<1@example.org>")


def test_an_answer_is_never_overwritten_by_a_later_question(session, make_subscriber):
    reader = make_subscriber()
    ask(session, reader, "first")
    consents.confirm(session, reader.id, NOW)
    ask(session, reader, "second")
    assert [each.text for each in consents.of_subscriber(session, reader.id)] == ["first", "second"]
    assert [bool(e.confirmed_at) for e in consents.of_subscriber(session, reader.id)] == [
        True,
        False,
    ]


def test_confirming_without_a_question_changes_nothing(session, make_subscriber):
    reader = make_subscriber()
    consents.confirm(session, reader.id, NOW)
    assert consents.of_subscriber(session, reader.id) == []


def test_who_is_removed_leaves_no_consent(session, make_subscriber):
    reader = make_subscriber()
    ask(session, reader)
    subscribers.remove(session, subscribers.by_id(session, reader.id))
    assert consents.of_subscriber(session, reader.id) == []
