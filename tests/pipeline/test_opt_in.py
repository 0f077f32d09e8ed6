import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW
from smtp_sink import DROP
from sqlmodel import select

from app.errors import BadLink
from app.mail.links import Purpose
from app.pipeline import opt_in
from app.recommend import interests
from app.store import brakes, opinions, subscribers, suppressions
from app.store import engine as engines
from app.store.tables import LetterKind, State, Status, Subscriber

WISH = opt_in.Wish("ada@example.org", interests.parse('retrieval, "night owls"'))
ASKED = opt_in.Asked("You ask for letters. (Text 1)", "https://papers.example.org/subscribe")
HOUR = timedelta(hours=1)


@pytest.fixture
def ask(engine, day):
    def request(wish=WISH, now=NOW, asked=ASKED):
        with engines.transaction(engine) as session:
            return opt_in.request(session, day.desk.head, wish, asked, now)

    return request


@pytest.fixture
def ada(engine):
    def read():
        with engines.transaction(engine) as session:
            return subscribers.by_address(session, WISH.address)

    return read


@pytest.fixture
def confirm(engine, day):
    def answer(token, now):
        with engines.transaction(engine) as session:
            return opt_in.confirm(session, day.desk.head.links.tokens, token, now)

    return answer


def _token(sink):
    text = sink.taken[-1].message.get_body(("plain",)).get_content()
    return text.partition("/confirm/")[2].split()[0]


def test_a_wish_is_kept_pending_and_a_letter_asks_whether_it_is_theirs(
    ask, ada, day, sink, entries, check_message
):
    ask()
    assert (ada().status, ada().next_due_at) == (Status.PENDING, None)
    assert asyncio.run(day.deliver()).sent == 1
    (taken,) = sink.taken
    check_message(taken.raw)
    assert taken.recipient == WISH.address
    assert "List-Unsubscribe" not in taken.message
    assert entries()[0].kind == LetterKind.CONFIRM


def test_the_mailed_link_starts_the_letters(ask, ada, day, sink, confirm):
    ask()
    asyncio.run(day.deliver())
    confirm(_token(sink), NOW + HOUR)
    assert (ada().status, ada().confirmed_at) == (Status.ACTIVE, NOW + HOUR)
    assert ada().next_due_at > NOW + HOUR


def test_the_link_used_again_changes_nothing(ask, ada, day, sink, confirm):
    ask()
    asyncio.run(day.deliver())
    confirm(_token(sink), NOW)
    before = ada()
    confirm(_token(sink), NOW + HOUR)
    assert ada() == before


def test_the_link_is_good_for_two_days(ask, ada, day, sink, confirm):
    ask()
    asyncio.run(day.deliver())
    with pytest.raises(BadLink, match="48 hours"):
        confirm(_token(sink), NOW + timedelta(hours=48, seconds=1))
    confirm(_token(sink), NOW + timedelta(hours=48))
    assert ada().status == Status.ACTIVE


def test_a_withdrawn_sign_up_cannot_be_confirmed(ask, ada, day, sink, confirm, engine):
    ask()
    asyncio.run(day.deliver())
    with engines.transaction(engine) as session:
        subscribers.unsubscribe(session, subscribers.by_address(session, WISH.address))
    with pytest.raises(BadLink, match="withdrawn"):
        confirm(_token(sink), NOW)
    with engines.transaction(engine) as session:
        subscribers.remove(session, subscribers.by_address(session, WISH.address))
    with pytest.raises(BadLink, match="withdrawn"):
        confirm(_token(sink), NOW)


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.CONFIRM])
def test_no_other_link_confirms(ask, ada, day, confirm, purpose):
    ask()
    token = day.desk.head.links.tokens.make(purpose, ada().id, int(NOW.timestamp()))
    with pytest.raises(BadLink):
        confirm(token, NOW)


def test_asked_ten_times_a_person_gets_one_letter_a_day(ask, day, sink):
    for n in range(10):
        ask(now=NOW + timedelta(minutes=n))
    asyncio.run(day.deliver())
    assert len(sink.taken) == 1


def test_the_last_wish_counts(ask, ada, engine):
    ask()
    ask(replace(WISH, interests=interests.parse("bats"), zone="Asia/Tokyo", hour=5))
    number = ada().id
    with engines.transaction(engine) as session:
        found = subscribers.interests_of(session, [number])
    assert found == {number: interests.parse("bats")}
    assert (ada().zone, ada().hour) == ("Asia/Tokyo", 5)


def test_nobody_can_change_an_active_subscription_by_signing_up_again(ask, ada, engine, dump):
    ask()
    with engines.transaction(engine) as session:
        subscribers.activate(session, subscribers.by_address(session, WISH.address), NOW)
    before = dump()
    ask(replace(WISH, interests=interests.parse("spam"), hour=3))
    assert dump() == before


def test_a_suppressed_address_is_not_written_to(ask, ada, engine, entries):
    with engines.transaction(engine) as session:
        suppressions.add(session, WISH.address, "complained", NOW)
    ask()
    assert ada() is None
    assert entries() == []


def test_who_left_may_come_back(ask, ada, day, sink, confirm, engine):
    ask()
    with engines.transaction(engine) as session:
        subscribers.unsubscribe(session, subscribers.by_address(session, WISH.address))
    ask(now=NOW + timedelta(days=1))
    day.clock.forward(days=1)
    asyncio.run(day.deliver())
    confirm(_token(sink), day.clock())
    assert ada().status == Status.ACTIVE


def test_liked_papers_of_a_wish_are_kept_as_feedback(ask, ada, engine, store_papers, birds):
    ids = store_papers(*birds)
    ask(replace(WISH, interests=(), liked=tuple(ids[:2])))
    number = ada().id
    with engines.transaction(engine) as session:
        assert opinions.of(session, [number])[number].liked == ids[:2]


def test_who_never_answers_is_forgotten_and_their_letter_with_them(ask, ada, day, clock, entries):
    ask()
    clock.forward(days=7, seconds=1)
    assert day.tidy().forgotten == 1
    assert ada() is None
    assert entries() == []


def test_a_pending_reader_gets_no_daily_letter(ask, day, entries, store_papers, birds):
    store_papers(*birds)
    ask()
    day.rank_due()
    day.rank_edition(None, everyone=True)
    assert [entry.kind for entry in entries()] == [LetterKind.CONFIRM]


def test_a_confirm_letter_waits_with_all_others(ask, day, entries, engine):
    ask()
    assert day.count_waiting() == 1
    assert [entry.state for entry in entries()] == [State.READY]
    with engines.transaction(engine) as session:
        assert len(session.exec(select(Subscriber)).all()) == 1


def test_who_left_without_an_answer_is_asked_again_a_day_later_at_the_earliest(
    ask, ada, day, sink, confirm, engine, clock
):
    ask()
    asyncio.run(day.deliver())
    with engines.transaction(engine) as session:
        subscribers.unsubscribe(session, subscribers.by_address(session, WISH.address))
    assert ask(now=clock.forward(hours=1)) is None
    assert asyncio.run(day.deliver()).sent == 0
    # The wish is theirs again, and so the link they have is good again.
    confirm(_token(sink), clock.now)
    assert ada().status == Status.ACTIVE


def test_a_letter_that_asks_has_the_same_bytes_though_the_wish_changed_since(
    ask, day, sink, clock, entries
):
    ask()
    sink.at_data[WISH.address] = [DROP]
    arrived = []
    real = sink.handle_DATA

    async def keep(server, session, envelope):
        arrived.append(envelope.original_content)
        return await real(server, session, envelope)

    sink.handle_DATA = keep
    asyncio.run(day.deliver())
    ask(replace(WISH, interests=interests.parse("bats")), now=clock.forward(minutes=1))
    clock.now = entries()[0].due_at
    asyncio.run(day.deliver())
    assert len(arrived) == 2
    assert arrived[0] == arrived[1]


def test_who_left_may_come_back_on_the_same_day_by_a_new_letter(
    ask, ada, day, sink, confirm, engine
):
    ask()
    asyncio.run(day.deliver())
    confirm(_token(sink), day.clock())
    with engines.transaction(engine) as session:
        subscribers.unsubscribe(session, subscribers.by_address(session, WISH.address))
    ask(now=day.clock.forward(hours=1))
    asyncio.run(day.deliver())
    first, second = (taken.message["Message-ID"] for taken in sink.taken)
    assert first != second
    confirm(_token(sink), day.clock())
    assert ada().status == Status.ACTIVE


def test_a_wish_changed_on_the_same_day_leaves_the_letter_on_its_way_as_it_is(
    ask, day, sink, engine
):
    ask()
    sink.at_data["*"] = ["451 later"]
    asyncio.run(day.deliver())
    ask(replace(WISH, interests=interests.parse("whales")))
    day.clock.forward(minutes=10)
    asyncio.run(day.deliver())
    (taken,) = sink.taken
    assert "night owls" in taken.message.get_body(("plain",)).get_content()


def test_a_new_wish_takes_the_place_of_the_papers_liked_in_the_last(
    ask, ada, engine, store_papers, birds
):
    ids = store_papers(*birds)
    ask(replace(WISH, liked=tuple(ids[:2])))
    ask(replace(WISH, liked=(ids[2],)))
    number = ada().id
    with engines.transaction(engine) as session:
        assert opinions.of(session, [number])[number].liked == [ids[2]]


def test_while_sign_ups_are_held_readers_get_their_letters_and_nobody_is_asked(
    ask, letters, day, sink, entries, engine, clock
):
    (reader,) = letters()
    ask()
    with engines.transaction(engine) as session:
        brakes.put_on(session, brakes.SIGN_UPS, "half of them bounce", NOW)
    tally = asyncio.run(day.deliver())
    assert (tally.sent, tally.held) == (1, "")
    assert [each.recipient for each in sink.taken] == [reader.address]
    asking = next(entry for entry in entries() if entry.kind == LetterKind.CONFIRM)
    assert (asking.state, asking.attempts) == (State.READY, 0)

    with engines.transaction(engine) as session:
        brakes.take_off(session, brakes.SIGN_UPS)
    clock.forward(hours=1)
    assert asyncio.run(day.deliver()).sent == 1
    assert sink.taken[-1].recipient == WISH.address


def test_a_hold_of_sign_ups_does_not_keep_the_only_letter_that_is_due_in_a_loop(
    ask, day, sink, engine
):
    ask()
    with engines.transaction(engine) as session:
        brakes.put_on(session, brakes.SIGN_UPS, "half of them bounce", NOW)
    tally = asyncio.run(day.deliver())
    assert (tally.sent, sink.attempts) == (0, [])
