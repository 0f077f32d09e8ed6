import asyncio
import socket
import sqlite3
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW
from smtp_sink import DROP, TAKE_AND_DROP, Sink
from sqlalchemy import event
from sqlmodel import select

from app import assembly
from app.errors import NotReady
from app.mail.links import Purpose
from app.papers.paper import Paper
from app.pipeline import claims, deliver, outcome, rank, stock
from app.store import departures, subscribers, suppressions, tables
from app.store import engine as engines
from app.store.tables import OutboxEntry, State, Subscriber

PHASES = ["at_mail", "at_rcpt", "at_data"]


def _send(day):
    return asyncio.run(day.deliver())


def _without_heartbeats(tables):
    return {name: rows for name, rows in tables.items() if name != "heartbeat"}


def _nothing_sent(tally):
    return (tally.sent, tally.deferred, tally.failed) == (0, 0, 0)


def test_every_letter_arrives_once_and_is_as_it_should_be(day, letters, sink, check_message):
    people = letters(7)
    tally = _send(day)
    assert (tally.sent, tally.deferred, tally.failed) == (7, 0, 0)
    assert sink.recipients() == sorted(person.address for person in people)
    for taken in sink.taken:
        check_message(taken.raw)
        assert taken.sender == "paperboy@example.org"
        assert taken.message["To"] == taken.recipient


def test_the_ledger_keeps_the_servers_words(day, letters, sink, entries, clock):
    (reader,) = letters()
    sink.at_data[reader.address] = ["250 2.0.0 queued as 4Xyz"]
    clock.forward(minutes=3)
    _send(day)
    (entry,) = entries()
    assert (entry.state, entry.code, entry.reason) == (State.SENT, 250, "2.0.0 queued as 4Xyz")
    assert (entry.attempts, entry.doubtful, entry.settled_at) == (1, 0, clock.now)


def test_sending_again_sends_nothing(day, letters, sink):
    letters(3)
    _send(day)
    assert _nothing_sent(_send(day))
    assert len(sink.taken) == 3


def test_an_empty_outbox_opens_no_connection(day, sink):
    assert _send(day) == outcome.Tally()
    assert sink.n_connections == 0


def test_the_unsubscribe_link_is_the_readers_own(day, letters, sink):
    people = {person.address: person.id for person in letters(3)}
    _send(day)
    for taken in sink.taken:
        url = taken.message["List-Unsubscribe"].strip("<>").split(">")[0]
        token = url.rpartition("/")[2]
        read = day.desk.head.links.tokens.read(Purpose.UNSUBSCRIBE, token, 1)
        assert read == (people[taken.recipient],)


@pytest.mark.parametrize("phase", PHASES)
def test_a_deferred_letter_is_tried_again_later_with_the_same_bytes(
    day, letters, sink, entries, clock, phase
):
    letters()
    getattr(sink, phase)["*"] = ["450 4.2.0 greylisted"]
    with Sink() as greylisting:
        day.server = greylisting.server
        _send(day)  # what it would have been
        seen = [taken.raw for taken in greylisting.taken]
    _back_to_ready(day)
    day.server = sink.server
    assert (_send(day).deferred, sink.taken) == (1, [])
    (entry,) = entries()
    assert (entry.state, entry.code, entry.reason) == (State.DEFERRED, 450, "4.2.0 greylisted")
    assert (entry.doubtful, entry.first_due_at) == (0, NOW)
    assert timedelta(minutes=5) <= entry.due_at - NOW <= timedelta(minutes=15 * 1.1)

    assert _nothing_sent(_send(day))
    clock.now = entry.due_at
    assert _send(day).sent == 1
    assert [taken.raw for taken in sink.taken] == seen
    assert entries()[0].state == State.SENT


def _back_to_ready(day):
    with engines.transaction(day.desk.engine) as session:
        for entry in session.exec(select(OutboxEntry)):
            entry.state, entry.attempts, entry.settled_at = State.READY, 0, None


@pytest.mark.parametrize("phase", ["at_rcpt", "at_data"])
def test_a_rejected_letter_fails_at_once_and_is_never_tried_again(
    day, letters, sink, entries, clock, phase
):
    letters()
    getattr(sink, phase)["*"] = ["550 5.1.1 no such person"]
    assert _send(day).failed == 1
    (entry,) = entries()
    assert (entry.state, entry.code, entry.reason) == (State.FAILED, 550, "5.1.1 no such person")
    clock.forward(hours=5)
    assert _nothing_sent(_send(day))
    assert sink.taken == []


@pytest.mark.parametrize("n_connections", [1, 4])
def test_what_happens_to_one_letter_happens_to_no_other(day, letters, sink, entries, n_connections):
    people = letters(9)
    day.n_connections = n_connections
    addresses = [person.address for person in people]
    sink.at_rcpt[addresses[0]] = ["550 5.1.1 no"]
    sink.at_rcpt[addresses[1]] = ["450 4.2.0 later"]
    sink.at_data[addresses[2]] = ["552 5.3.4 too big"]
    sink.at_data[addresses[3]] = [DROP]
    sink.at_rcpt[addresses[4]] = ["421 4.3.2 bye"]
    tally = _send(day)
    assert (tally.sent, tally.deferred, tally.failed) == (4, 3, 2)
    assert sink.recipients() == sorted(addresses[5:])
    states = [entries(person)[0].state for person in people]
    assert (
        states
        == [State.FAILED, State.DEFERRED, State.FAILED, *[State.DEFERRED] * 2] + [State.SENT] * 4
    )


def test_a_closing_server_is_met_on_a_new_connection(day, letters, sink, entries):
    people = letters(6)
    day.n_connections = 1
    sink.at_rcpt[people[2].address] = ["421 4.7.0 enough for this connection"]
    tally = _send(day)
    assert (tally.sent, tally.deferred) == (6, 0)
    assert sink.n_connections == 2
    assert (entries(people[2])[0].doubtful, entries(people[2])[0].attempts) == (0, 1)


def test_a_connection_that_had_its_share_makes_way_for_a_new_one(day, letters, sink):
    letters(20)
    day.n_connections = 1
    day.server = replace(day.server, max_per_connection=7)
    assert _send(day).sent == 20
    assert sink.n_connections == 3


@pytest.mark.parametrize("phase", ["at_mail", "at_rcpt"])
def test_a_connection_lost_before_the_message_left_raises_no_doubt(
    day, letters, sink, entries, phase
):
    letters()
    getattr(sink, phase)["*"] = [DROP]
    assert _send(day).deferred == 1
    (entry,) = entries()
    assert (entry.state, entry.code, entry.doubtful) == (State.DEFERRED, 0, 0)


def test_a_connection_lost_in_the_message_is_counted_as_doubt_and_the_same_bytes_are_sent(
    day, letters, sink, entries, clock
):
    (reader,) = letters()
    arrived = []
    real = sink.handle_DATA

    async def keep_and_drop(server, session, envelope):
        arrived.append(envelope.original_content)
        return await real(server, session, envelope)

    sink.handle_DATA = keep_and_drop
    sink.at_data[reader.address] = [DROP]
    assert _send(day).deferred == 1
    (entry,) = entries()
    assert (entry.state, entry.code, entry.doubtful) == (State.DEFERRED, 0, 1)
    clock.now = entry.due_at
    assert _send(day).sent == 1
    assert len(arrived) == 2
    assert arrived[0] == arrived[1] == sink.taken[0].raw
    assert entries()[0].doubtful == 1


def test_a_server_that_never_says_it_took_a_letter_gets_three_copies_at_most(
    day, letters, sink, entries, clock
):
    unlucky, other = letters(2)
    sink.at_data[unlucky.address] = [TAKE_AND_DROP] * 9
    for _ in range(6):
        tally = _send(day)
        clock.forward(hours=3)
        day.tidy()
    assert sink.recipients() == sorted([unlucky.address] * 3 + [other.address])
    assert len({taken.raw for taken in sink.taken if taken.recipient == unlucky.address}) == 1
    (entry,) = entries(unlucky)
    assert (entry.state, entry.doubtful) == (State.IN_DOUBT, 3)
    assert _nothing_sent(tally)


def test_a_retry_has_the_same_bytes_whatever_was_learnt_in_between(
    day, letters, sink, engine, clock, entries, store_papers, retrieval_papers
):
    letters()
    first = _bytes_of(day, engine)
    clock.forward(minutes=30)
    store_papers(
        retrieval_papers[0]._replace(authors=("A. Late",), doi="10.1234/late"),
        Paper("Another one", "Of retrieval."),
        votes=(99, 1),
        at=clock.now,
    )
    assert _bytes_of(day, engine) == first
    _send(day)
    store_papers(retrieval_papers[0]._replace(authors=("A. Late",)), at=clock.now)
    with engines.transaction(engine) as session:
        assert session.get(tables.Paper, 1).authors == ["A. Late"]


def _bytes_of(day, engine):
    with engines.transaction(engine) as session:
        entry = session.exec(select(OutboxEntry)).one()
        (claim,) = claims.read(session, [entry])
        return claim.message(day.desk.head).message


def test_a_letter_is_given_up_after_twenty_hours(day, letters, sink, entries, clock):
    (reader,) = letters()
    sink.at_rcpt[reader.address] = ["450 4.2.0 greylisted for ever"] * 50
    while entries()[0].state != State.FAILED:
        clock.now = entries()[0].due_at
        _send(day)
    (entry,) = entries()
    assert entry.reason == "4.2.0 greylisted for ever"
    assert timedelta(hours=17) < clock.now - NOW <= timedelta(hours=20)
    assert entry.attempts == len(sink.attempts) < 16


def test_a_server_that_is_not_there_leaves_everything_waiting(day, letters, entries, dump, sink):
    letters(5)
    before = _without_heartbeats(dump())
    sink.__exit__(None, None, None)
    try:
        tally = _send(day)
    finally:
        sink.__enter__()
    assert f"127.0.0.1:{sink.port} cannot be reached" in tally.unreachable
    assert _nothing_sent(tally)
    assert _without_heartbeats(dump()) == before
    assert _send(day).sent == 5


def test_a_letter_whose_server_goes_while_it_is_claimed_is_given_back(
    day, letters, engine, entries
):
    letters(2)
    gone, rounds = Sink(), []
    gone.__enter__()
    day.server, day.n_connections = gone.server, 1

    def go(_connection, _cursor, statement, *_):
        if "SKIP LOCKED" in statement or statement.startswith("UPDATE outbox SET state="):
            event.remove(engine, "before_cursor_execute", go)
            gone.__exit__(None, None, None)
            # Until the run has seen it: a letter sent through it would else be the first to.
            for _ in range(5):
                seen = threading.Event()
                rounds[0].call_soon_threadsafe(seen.set)
                assert seen.wait(60)

    async def run():
        rounds.append(asyncio.get_running_loop())
        return await day.deliver()

    event.listen(engine, "before_cursor_execute", go)
    tally = asyncio.run(run())

    assert "cannot be reached" in tally.unreachable
    assert [(entry.state, entry.attempts) for entry in entries()] == [(State.READY, 0)] * 2


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_log_in_fails_no_letter_and_says_why(day, letters, dump):
    letters(3)
    before = _without_heartbeats(dump())
    with Sink(password="right") as strict:
        day.server = replace(strict.server, username="paperboy", password="hunter2")
        tally = _send(day)
        assert strict.attempts == []
    assert "refused the log-in of paperboy" in tally.unreachable
    assert "hunter2" not in tally.unreachable
    assert _nothing_sent(tally)
    assert _without_heartbeats(dump()) == before


def test_a_server_that_wants_a_log_in_we_have_not_fails_no_letter(day, letters, sink, entries):
    letters(3)
    sink.at_mail["*"] = ["530 5.7.0 authentication required"] * 3
    assert _send(day).deferred == 3
    assert {entry.state for entry in entries()} == {State.DEFERRED}


def test_tls_that_is_demanded_and_not_offered_keeps_every_letter_back(day, letters, sink, dump):
    letters(3)
    before = _without_heartbeats(dump())
    day.server = replace(sink.server, tls="starttls")
    tally = _send(day)
    assert "STARTTLS" in tally.unreachable
    assert (sink.attempts, sink.taken) == ([], [])
    assert _without_heartbeats(dump()) == before


def test_a_set_stop_gives_back_what_is_not_on_its_way(day, letters, sink, entries, monkeypatch):
    letters(30)
    day.n_connections = 2
    settled = 0

    def stop_after_five():
        nonlocal settled
        settled += 1
        if settled == 5:
            day.stop.set()

    tally = asyncio.run(deliver.deliver(day.post(stop_after_five)))
    assert 5 <= tally.sent <= 6
    assert len(sink.taken) == tally.sent
    left = [entry for entry in entries() if entry.state != State.SENT]
    assert {(entry.state, entry.attempts) for entry in left} == {(State.READY, 0)}
    day.stop.clear()
    assert _send(day).sent == 30 - tally.sent
    assert len(set(sink.recipients())) == len(sink.taken) == 30


def test_two_senders_at_once_send_nothing_twice(day, letters, sink, settings, clock):
    letters(40)
    tallies = []
    start = threading.Barrier(2)

    def run():
        own = engines.connect(settings.database)
        station = assembly.day(settings, own, clock)
        station.server = sink.server
        start.wait()
        tallies.append(asyncio.run(station.deliver()))
        own.dispose()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(tally.sent for tally in tallies) == 40
    assert len(set(sink.recipients())) == len(sink.taken) == 40


def test_several_connections_share_the_work(day, letters, sink):
    letters(4 * stock.BATCH)
    day.n_connections = 4
    waiting = threading.Barrier(4)
    real = sink.handle_DATA

    async def all_at_once(server, session, envelope):
        if not waiting.broken and len(sink.taken) == 0:
            await asyncio.to_thread(_meet, waiting)
        return await real(server, session, envelope)

    sink.handle_DATA = all_at_once
    assert _send(day).sent == 4 * stock.BATCH
    assert not waiting.broken  # four messages were on their way at once
    assert sink.n_connections == 4


def _meet(barrier):
    try:
        barrier.wait(60)
    except threading.BrokenBarrierError:
        return


# A number of no paper, longer than any store's, and one that Python does not even read.
@pytest.mark.parametrize(
    "told",
    [
        "{",
        "[1]\n[[1]]",
        "[1]\n{",
        '[9223372036854775808]\n[[1,1,false,"",false,[],[],"",""]]',
        '[null]\n[[1,1,false,"",false,[],[],"",""]]',
        f"[{'9' * 5000}]\n[]",
        f"[{-(2**70)}]\n[]",
        "[true]\n[]",
        "[NaN]\n[]",
        f"{'[' * 200_000}\n[]",
        '[1]\n[[1,99,false,"",false,[],[],"",""]]',
        '[1]\n[[1,1,false,"",false,[["no mould"]],[],"",""]]',
    ],
)
def test_a_letter_that_cannot_be_made_fails_alone(day, letters, sink, entries, alter, told):
    people = letters(5)
    broken = entries(people[2])[0]
    alter("UPDATE letter SET told = :told WHERE id = :id", id=broken.letter_id, told=told)
    assert _fails_alone(day, people, sink, entries)


@pytest.mark.parametrize(
    "reason",
    [
        "{",
        '{"liked":[{"paper_id":9223372036854775808,"share":1}]}',
        '{"liked":[{"paper_id":"x","share":1}]}',
        '{"liked":[{"paper_id":' + "9" * 5000,
        '{"liked":[{"paper_id":-1180591620717411303424,"share":1}]}',
        "[]",
        "null",
        "[" * 200_000,
    ],
)
def test_so_does_one_from_before_what_it_says_was_stored(
    day, letters, sink, entries, alter, reason
):
    people = letters(5)
    broken = entries(people[2])[0]
    alter("UPDATE letter SET told = ''")
    alter("UPDATE pick SET reason = :r WHERE letter_id = :id", id=broken.letter_id, r=reason)
    assert _fails_alone(day, people, sink, entries)


def _fails_alone(day, people, sink, entries):
    tally = _send(day)
    assert (tally.sent, tally.failed) == (4, 1)
    broken = entries(people[2])[0]
    assert broken.state == State.FAILED
    assert broken.reason.startswith("the letter cannot be made: ")
    return people[2].address not in sink.recipients()


def test_a_letter_whose_facts_are_gone_fails_alone(day, letters, sink, entries, alter):
    people = letters(3)
    alter("UPDATE outbox SET letter_id = NULL WHERE subscriber_id = :id", id=people[0].id)
    tally = _send(day)
    assert (tally.sent, tally.failed) == (2, 1)
    assert entries(people[0])[0].reason == "the letter cannot be made: its letter is gone"


def test_an_address_beyond_ascii_is_reached(day, letters, sink, check_message):
    letters(address="jörg@bücher.example")
    assert _send(day).sent == 1
    (taken,) = sink.taken
    assert taken.recipient == "jörg@xn--bcher-kva.example"


def test_a_sender_with_a_name_of_another_alphabet_is_named_in_ascii(day, letters, sink):
    day.desk.head = replace(day.desk.head, sender="Bücher <p@bücher.example>")
    letters()
    assert _send(day).sent == 1
    (taken,) = sink.taken
    assert taken.sender == "p@xn--bcher-kva.example"
    assert taken.raw.partition(b"\r\n\r\n")[0].isascii()


def test_who_unsubscribes_during_the_run_gets_no_letter_begun_after_that(
    day, letters, sink, engine, entries
):
    people = letters(10)
    day.n_connections = 1
    real = sink.handle_DATA

    async def leave_meanwhile(server, session, envelope):
        if not sink.taken:
            await asyncio.to_thread(_unsubscribe_all, engine, people[1:4])
        return await real(server, session, envelope)

    sink.handle_DATA = leave_meanwhile
    _send(day)
    assert sink.recipients() == sorted(p.address for p in [people[0], *people[4:]])
    assert {entries(p)[0].state for p in people[1:4]} == {State.SUPPRESSED}


def _unsubscribe_all(engine, people):
    with engines.transaction(engine) as session:
        for person in people:
            subscribers.unsubscribe(session, session.get(Subscriber, person.id))


def test_who_is_removed_during_the_run_gets_no_letter(day, letters, sink, engine):
    people = letters(10)
    day.n_connections = 1
    real = sink.handle_DATA

    def remove():
        with engines.transaction(engine) as session:
            subscribers.remove(session, session.get(Subscriber, people[2].id))

    async def leave_meanwhile(server, session, envelope):
        if not sink.taken:
            await asyncio.to_thread(remove)
        return await real(server, session, envelope)

    sink.handle_DATA = leave_meanwhile
    assert _send(day).sent == 9
    assert people[2].address not in sink.recipients()


def test_a_suppressed_address_gets_nothing(day, letters, sink, engine, entries):
    people = letters(3)
    with engines.transaction(engine) as session:
        suppressions.add(session, people[1].address, "550 no such person", NOW)
    assert _send(day).sent == 2
    assert entries(people[1])[0].reason == "the address is suppressed"


def test_no_message_leaves_before_the_ledger_says_so(day, letters, sink, watch_ledger):
    letters(5)
    seen = watch_ledger(sink)
    _send(day)
    assert seen == [State.IN_DATA] * 5


@pytest.mark.parametrize("pipelines", [True, False])
def test_a_letter_is_settled_before_the_next_one_of_its_connection_leaves(
    day, letters, entries, pipelines
):
    """Else a crash would leave two letters of one connection in doubt."""
    letters(6)
    seen = []
    with Sink(pipelines=pipelines) as sink:
        day.server, day.n_connections = sink.server, 1
        real = sink.handle_DATA

        async def look(server, session, envelope):
            states = Counter(entry.state for entry in await asyncio.to_thread(entries))
            seen.append((states[State.SENT], states[State.IN_DATA]))
            return await real(server, session, envelope)

        sink.handle_DATA = look
        assert _send(day).sent == 6
    assert seen == [(n, 1) for n in range(6)]


def test_a_letter_offered_with_the_one_before_is_taken_back_if_it_may_not_go(
    day, letters, sink, entries
):
    people = letters(4)
    day.n_connections = 1
    real = sink.handle_DATA

    async def stop_at_the_first(server, session, envelope):
        day.stop.set()
        return await real(server, session, envelope)

    sink.handle_DATA = stop_at_the_first
    assert _send(day).sent == 1
    assert len(sink.attempts) == 2
    first = next(p for p in people if p.address == sink.taken[0].recipient)
    left = [entries(person)[0] for person in people if person is not first]
    assert {(entry.state, entry.attempts) for entry in left} == {(State.READY, 0)}


def test_a_refusal_of_the_next_letter_leaves_the_one_before_sent(day, letters, sink, entries):
    people = letters(8)
    day.n_connections = 1
    for person in people[1::2]:
        sink.at_rcpt[person.address] = ["550 5.1.1 no such person"]
    tally = _send(day)
    assert (tally.sent, tally.failed) == (4, 4)
    assert sink.recipients() == sorted(person.address for person in people[::2])
    assert [entries(person)[0].state for person in people] == [State.SENT, State.FAILED] * 4
    assert sink.n_connections == 1


def test_a_letter_lost_on_its_way_leaves_no_doubt_of_the_next_one_offered_with_it(
    day, letters, sink, entries
):
    people = letters(3)
    day.n_connections = 1
    sink.at_data[people[0].address] = [TAKE_AND_DROP]
    tally = _send(day)
    assert (tally.sent, tally.deferred) == (2, 1)
    assert [entries(person)[0].doubtful for person in people] == [1, 0, 0]
    assert [entries(person)[0].attempts for person in people] == [1, 1, 1]


def test_a_letter_in_doubt_after_a_crash_is_sent_again_with_the_same_bytes(
    day, letters, sink, engine, clock, entries
):
    letters()
    expected = _bytes_of(day, engine)
    with engines.transaction(engine) as session:
        (entry,) = departures.claim_due(session, clock.now, 1)
        departures.begin_data(session, [entry.id], clock.now)
    assert _nothing_sent(_send(day))
    clock.now += day.lease
    assert day.tidy().reclaimed == 1
    assert _send(day).sent == 1
    assert sink.taken[0].raw == expected
    assert entries()[0].doubtful == 1


@pytest.mark.sqlite
def test_a_database_that_fails_is_told_as_a_sentence(day, letters, sink, engine):
    letters(3)

    @event.listens_for(engine, "before_cursor_execute")
    def full(conn, cursor, statement, parameters, context, executemany):
        if statement.startswith("UPDATE") and "claimed_at" in statement:
            conn.exec_driver_sql("SELECT no_such_function()")

    with pytest.raises(NotReady, match="The database does not work"):
        _send(day)
    event.remove(engine, "before_cursor_execute", full)
    assert sink.taken == []
    assert _send(day).sent == 3


def test_the_whole_day_twice_gives_nobody_a_second_letter(day, letters, sink, clock):
    people = letters(5)
    _send(day)
    for _ in range(3):
        clock.forward(minutes=10)
        day.tidy()
        day.rank_due()
        for _ in rank.rank_edition(day.desk, None, True, clock.now):
            pass
        _send(day)
    assert sink.recipients() == sorted(person.address for person in people)


def test_a_stop_breaks_off_the_wait_for_a_server_that_does_not_answer(day, letters, entries):
    letters(3)

    async def stop_while_connecting():
        greeted = asyncio.Event()
        gone = asyncio.Event()

        async def say_nothing(reader, writer):
            greeted.set()
            await reader.read()
            writer.close()
            gone.set()

        server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        day.server = replace(day.server, port=server.sockets[0].getsockname()[1])
        day.n_connections = 1
        async with server:
            sending = asyncio.ensure_future(day.deliver())
            await greeted.wait()
            day.stop.set()
            tally = await sending
            await gone.wait()
        return tally

    tally = asyncio.run(asyncio.wait_for(stop_while_connecting(), 120))
    assert _nothing_sent(tally)
    assert {(entry.state, entry.attempts) for entry in entries()} == {(State.READY, 0)}


def test_a_server_that_takes_one_connection_only_takes_every_letter(day, letters, sink):
    letters(30)
    sink.most_connections = 1
    tally = _send(day)
    assert (tally.sent, tally.unreachable) == (30, "")
    assert sink.n_connections == 1


def test_a_doubt_is_kept_when_the_letter_is_given_up(day, letters, sink, entries, clock):
    letters()
    sink.at_data["*"] = [DROP]
    clock.forward(hours=19, minutes=59)
    _send(day)
    (entry,) = entries()
    assert (entry.state, entry.doubtful) == (State.FAILED, 1)


@pytest.mark.sqlite
def test_an_outcome_is_stored_even_if_the_database_was_locked_meanwhile(
    day, letters, sink, entries, settings, monkeypatch
):
    """Else the letter would be sent a second time."""
    letters()
    holder = sqlite3.connect(
        settings.data_dir / "paperboy.sqlite3", isolation_level=None, check_same_thread=False
    )
    engine = engines.connect(settings.database + "?timeout=0")
    day.desk.engine, day.n_connections = engine, 1
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=0"))

    async def lock_and_take(server, session, envelope):
        holder.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.5, holder.execute, "ROLLBACK")
        return await Sink.handle_DATA(sink, server, session, envelope)

    sink.handle_DATA = lock_and_take
    tally = _send(day)
    holder.close()
    engine.dispose()
    (entry,) = entries()
    assert (tally.sent, entry.state, len(sink.taken)) == (1, State.SENT, 1)


def test_a_stop_does_not_wait_for_a_server_that_says_nothing(day, letters, entries):
    letters()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        day.server, day.n_connections = replace(day.server, port=silent.getsockname()[1]), 1

        async def stop_it():
            sending = asyncio.ensure_future(day.deliver())
            met, _ = await asyncio.get_running_loop().sock_accept(_ready(silent))
            with met:
                day.stop.set()
                return await asyncio.wait_for(sending, timeout=120)

        assert _nothing_sent(asyncio.run(stop_it()))
    assert [entry.state for entry in entries()] == [State.READY]


def _ready(server):
    server.setblocking(False)
    return server


def test_a_letter_longer_than_the_server_takes_is_shortened_and_sent(
    day, letters, sink, entries, check_message
):
    letters(3)
    with Sink() as generous:
        day.server = generous.server
        _send(day)
        whole = max(len(taken.raw) for taken in generous.taken)
    _back_to_ready(day)
    with Sink(options={"data_size_limit": whole - 1}) as narrow:
        day.server = narrow.server
        assert _send(day).sent == 3
        for taken in narrow.taken:
            assert len(taken.raw) < whole
            check_message(taken.raw)
            assert taken.message["List-Unsubscribe"]
    assert {entry.attempts for entry in entries()} == {1}


def test_a_server_that_takes_no_letter_of_any_length_fails_it_with_a_reason_and_once(
    day, letters, entries, clock
):
    letters(2)
    with Sink(options={"data_size_limit": 900}) as narrow:
        day.server = narrow.server
        assert _send(day).failed == 2
        clock.forward(hours=3)
        assert _nothing_sent(_send(day))
        assert (narrow.attempts, narrow.taken) == ([], [])
    for entry in entries():
        assert (entry.state, entry.code) == (State.FAILED, 552)
        assert "takes 900 at most" in entry.reason
