"""S18: after an erasure nothing in the files holds the address any more, only a mark of it."""

import asyncio
from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy import event
from sqlmodel import select

from app.errors import AppError
from app.mail.links import Links, Tokens, Verdict
from app.papers.paper import Paper
from app.pipeline import erasure, moving, notices, opt_in
from app.recommend import interests
from app.store import bounces, feedback, letters, scrubbing, subscribers, suppressions
from app.store import engine as engines
from app.store.tables import (
    Bounce,
    BounceKind,
    LetterKind,
    OutboxEntry,
    State,
    Status,
    Subscriber,
    Suppression,
)

ADDRESS = "wilhelmina.quartz@example.org"


@pytest.fixture
def tokens(day):
    return day.desk.head.links.tokens


@pytest.fixture
def erase(engine, tokens):
    def do(address=ADDRESS, now=NOW):
        with engines.transaction(engine) as session:
            person = subscribers.by_address(session, address)
            erasure.erase(session, tokens, person, now)

    return do


@pytest.fixture
def files(settings):
    """Every byte the service keeps: the database, its log and whatever lies beside them."""

    def read():
        found = [path for path in settings.data_dir.rglob("*") if path.is_file()]
        return {path.name: path.read_bytes() for path in found}

    return read


def holding(files, address):
    spellings = [address.encode(), address.upper().encode(), address.encode("utf-16-le")]
    return [name for name, found in files.items() if any(each in found for each in spellings)]


@pytest.mark.sqlite
def test_no_byte_of_the_address_stays(
    day, sink, engine, make_subscriber, store_papers, erase, files, clock, logged
):
    """With all that a year leaves behind: letters, words, likes, bounces, an old address."""
    crowd = [make_subscriber(address=f"reader.number{n}@example.org") for n in range(30)]
    ids = store_papers(*[Paper(f"Sparse retrieval {n}", "On retrieval.") for n in range(5)])
    person = make_subscriber(address=ADDRESS)
    sink.at_rcpt[ADDRESS].append(f"451 4.7.1 <{ADDRESS}>: come back later")
    day.rank_due()
    asyncio.run(day.deliver())
    assert "come back later" in repr(logged)
    clock.forward(hours=1)
    asyncio.run(day.deliver())
    assert ADDRESS in sink.recipients()
    with engines.transaction(engine) as session:
        feedback.record(session, person.id, ids[0], Verdict.LIKE, NOW)
        said = f"550 5.1.1 <{ADDRESS}> unknown"
        told = Bounce(subscriber_id=person.id, kind=BounceKind.SOFT, said=said, report="r", at=NOW)
        assert bounces.add(session, told)
        suppressions.add(session, ADDRESS, "bounced", NOW)
        row = session.get_one(Subscriber, person.id)
        subscribers.move(session, row, "quartz.at.home@example.org")
    assert holding(files(), ADDRESS)

    erase("quartz.at.home@example.org")
    clock.forward(minutes=10)
    day.tidy()

    kept = files()
    assert holding(kept, ADDRESS) == []
    assert holding(kept, "quartz.at.home@example.org") == []
    assert ADDRESS not in repr(logged)
    # The others are as they were.
    with engines.transaction(engine) as session:
        assert [each.address for each in subscribers.all_of(session)] == [
            each.address for each in crowd
        ]


def test_the_mark_is_all_that_stays_and_says_nothing_without_the_key(
    engine, make_subscriber, erase, tokens
):
    make_subscriber(address=ADDRESS)
    erase()

    with engines.transaction(engine) as session:
        (row,) = session.exec(select(Suppression)).all()
        assert ADDRESS not in repr(row)
        assert erasure.is_erased(session, tokens, ADDRESS)
        assert not erasure.is_erased(session, tokens, "somebody.else@example.org")
        assert not erasure.is_erased(session, Tokens(["another-key-altogether"]), ADDRESS)
        # A key that came before still tells them.
        rotated = Tokens(["a-brand-new-key-of-ours", "a-key-for-the-tests-only"])
        assert erasure.is_erased(session, rotated, ADDRESS)


def test_an_operator_cannot_bring_them_back(engine, make_subscriber, erase, tokens):
    from app.cli import wishes

    make_subscriber(address=ADDRESS)
    erase()

    with engines.transaction(engine) as session:
        for returning in (True, False):
            with pytest.raises(AppError, match="only they can sign up again"):
                wishes.refuse_known(session, tokens, ADDRESS, returning=returning)


def test_they_themselves_can_come_back(engine, make_subscriber, erase, day, clock):
    links: Links = day.desk.head.links
    make_subscriber(address=ADDRESS)
    erase()

    with engines.transaction(engine) as session:
        wish = opt_in.Wish(address=ADDRESS, interests=interests.parse("quartz"))
        person = opt_in.note(session, wish, NOW)
        assert erasure.is_erased(session, links.tokens, ADDRESS)
        token = links.confirm(person.id, NOW).rpartition("/")[2]
        assert opt_in.confirm(session, links.tokens, token, NOW).status == Status.ACTIVE
        assert not erasure.is_erased(session, links.tokens, ADDRESS)


def test_or_by_moving_their_other_subscription_there(engine, make_subscriber, erase, tokens, day):
    make_subscriber(address=ADDRESS)
    other = make_subscriber(address="other@example.org")
    erase()

    with engines.transaction(engine) as session:
        row = session.get_one(Subscriber, other.id)
        moving.request(session, tokens, row, ADDRESS, NOW, "example.org")
        letter = letters.of_edition(session, other.id, NOW.date(), LetterKind.MOVE)
        from app.mail.links import Purpose

        token = tokens.make(Purpose.MOVE, letter.id)
        assert moving.move(session, day.desk.head, token, NOW).address == ADDRESS
        assert not erasure.is_erased(session, tokens, ADDRESS)


@pytest.mark.parametrize("state", [State.READY, State.CLAIMED, State.DEFERRED])
def test_letters_that_have_not_left_are_stopped(
    day, sink, engine, make_subscriber, store_papers, erase, state
):
    store_papers(Paper("Sparse retrieval", "On retrieval."))
    make_subscriber(address=ADDRESS)
    day.rank_due()
    with engines.transaction(engine) as session:
        entry = session.exec(select(OutboxEntry)).one()
        entry.state, entry.claimed_at = state, NOW

    erase()
    asyncio.run(day.deliver())

    assert sink.taken == []


@pytest.mark.sqlite
def test_a_database_too_busy_to_be_written_anew_is_tried_again(
    engine, settings, make_subscriber, erase, day
):
    make_subscriber(address=ADDRESS)
    erase()
    event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA busy_timeout=50"))
    engine.dispose()
    with engines.transaction(engines.reading(engine)) as reader:
        reader.exec(select(Subscriber)).all()
        assert not scrubbing.scrub(engine, NOW)
    assert scrubbing.scrub(engine, NOW + timedelta(minutes=10))
    assert not scrubbing.scrub(engine, NOW + timedelta(minutes=20))


def test_the_file_is_written_anew_twice_a_day_at_most(engine, make_subscriber, erase):
    assert not scrubbing.scrub(engine, NOW)
    for n, hours in ((0, 0), (1, 1), (2, 11)):
        make_subscriber(address=f"{n}{ADDRESS}")
        at = NOW + timedelta(hours=hours)
        erase(f"{n}{ADDRESS}", at)
        assert scrubbing.scrub(engine, at) == (n == 0)
    assert scrubbing.scrub(engine, NOW + timedelta(hours=12))
    assert not scrubbing.scrub(engine, NOW + timedelta(hours=36))


def test_an_erasure_asked_for_by_a_stranger_takes_the_owners_own_press(
    engine, make_subscriber, tokens
):
    person = make_subscriber(address=ADDRESS)
    with engines.transaction(engine) as session:
        row = session.get_one(Subscriber, person.id)
        erasure.request(session, row, NOW, "example.org")
        assert subscribers.by_address(session, ADDRESS) is not None
        letter = letters.of_edition(session, person.id, NOW.date(), LetterKind.ERASE)
        assert letter.recipient == ADDRESS
        assert letter.kind in notices.KINDS
