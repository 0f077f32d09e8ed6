import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW
from smtp_sink import DROP, TAKE_AND_DROP, Sink

from app.errors import Refused
from app.pipeline import breaker, notices
from app.store import brakes, heartbeats, suppressions
from app.store import engine as engines
from app.store.tables import LetterKind, OutboxEntry, State

# After how long a letter that was deferred is due again, and a little more; for nearly a day.
TRIES = (6, 17, 33, 66, *[132] * 7)
ABOUT_US = "550 5.7.26 unauthenticated mail from this domain is not accepted"


def _send(day):
    return asyncio.run(day.deliver())


@pytest.fixture
def held(engine):
    def read(now=NOW):
        with engines.transaction(engine) as session:
            return [brake.name for brake in brakes.held(session, now)]

    return read


def test_ten_refusals_of_the_sender_hold_everything(day, letters, sink, entries, held, logged):
    letters(30)
    day.n_connections = 2
    sink.at_rcpt["*"] = [ABOUT_US] * 99
    tally = _send(day)
    assert "the mail server refuses the sender (550 5.7.26 unauthenticated" in tally.held
    assert (tally.sent, tally.failed) == (0, 0)
    assert 10 <= len(sink.attempts) <= 12
    states = [entry.state for entry in entries()]
    assert states.count(State.DEFERRED) == len(sink.attempts)
    assert states.count(State.READY) == 30 - len(sink.attempts)
    assert held() == [breaker.NAME]
    assert [line["event"] for line in logged].count("sending_held") == 1
    assert _send(day).held == tally.held
    assert [line["event"] for line in logged].count("sending_held") == 1


def test_nobody_is_suppressed_for_a_refusal_of_the_sender(day, letters, sink, engine):
    people = letters(3)
    sink.at_data["*"] = [ABOUT_US] * 3
    assert _send(day).deferred == 3
    with engines.transaction(engine) as session:
        assert not any(suppressions.has(session, person.address) for person in people)


@pytest.mark.parametrize("n_taken_between", [0, 1])
def test_a_server_that_rejects_all_for_one_reason_is_asked_ten_times(
    day, letters, sink, held, engine, n_taken_between
):
    people = letters(25)
    day.n_connections = 1
    for n, person in enumerate(people):
        if n % 10 != 9 or not n_taken_between:
            sink.at_rcpt[person.address] = [f"550 5.1.1 <{person.address}> no such {n}"]
    tally = _send(day)
    if n_taken_between:
        assert (tally.sent, tally.failed, tally.held, held()) == (2, 23, "", [])
    else:
        assert (tally.sent, tally.failed, held()) == (0, 10, [breaker.NAME])
        assert "550 5.1.1" in tally.held


@pytest.mark.parametrize(
    ("phase", "answer"),
    [
        ("at_mail", DROP),
        ("at_rcpt", "421 4.3.2 we are closing"),
        ("at_data", "421"),
        ("at_data", TAKE_AND_DROP),
    ],
)
def test_a_server_that_hangs_up_on_every_letter_is_left_alone(
    day, letters, sink, held, phase, answer
):
    letters(40)
    day.n_connections = 2
    answers = getattr(sink, phase)["*"]
    answers[:] = [answer] * 99
    tally = _send(day)
    assert "takes no letter: " in tally.unreachable
    assert 10 <= tally.deferred <= 12
    assert sink.n_connections <= 14
    again = _send(day)
    assert again.unreachable
    assert 1 <= again.deferred <= 2
    answers.clear()
    left = 40 - tally.deferred - again.deferred
    after = _send(day)
    assert (after.sent, after.unreachable, held()) == (left, "", [])


def test_a_busy_server_that_refuses_the_sender_is_no_outage_besides(day, letters, sink, held):
    letters(20)
    sink.at_mail["*"] = ["421 4.7.0 too much from you"] * 99
    tally = _send(day)
    assert held() == [breaker.NAME]
    assert tally.unreachable == ""


def test_a_server_that_hangs_up_now_and_then_is_not_left_alone(day, letters, sink):
    people = letters(40)
    day.n_connections = 1
    for n, person in enumerate(people):
        if n % 10 != 9:
            sink.at_data[person.address] = [DROP]
    tally = _send(day)
    assert (tally.sent, tally.deferred, tally.unreachable) == (4, 36, "")


def test_letters_that_anybody_can_ask_for_hold_nobodys(day, make_subscriber, sink, held, engine):
    people = [make_subscriber() for _ in range(15)]
    with engines.transaction(engine) as session:
        for person in people:
            assert notices.queue(session, person, LetterKind.ERASE, NOW, "example.org")
    sink.at_rcpt["*"] = ["550 5.1.1 no such person"] * 99
    tally = _send(day)
    assert (tally.failed, tally.held, held()) == (15, "", [])


def test_a_few_refusals_among_many_hold_nothing(day, letters, sink, held):
    people = letters(40)
    for person in people[:9]:
        sink.at_rcpt[person.address] = [ABOUT_US]
    tally = _send(day)
    assert (tally.sent, tally.deferred, tally.held) == (31, 9, "")
    assert held() == []


def test_refusals_scattered_over_several_runs_are_counted_together(day, letters, sink, held):
    people = letters(40)
    for person in people[::4]:
        sink.at_rcpt[person.address] = [ABOUT_US]
    assert _send(day).held
    assert held() == [breaker.NAME]


@pytest.mark.parametrize(("n_between", "is_too_many"), [(21, True), (22, False)])
def test_ten_refusals_are_too_many_among_the_last_two_hundred_letters(n_between, is_too_many):
    ours = breaker.Breaker()
    told = []
    for _ in range(10):
        told.append(ours.counts(NOW, ours.knows_by(None)))
        assert not any(ours.counts(NOW) for _ in range(n_between))
    assert told == [False] * 9 + [is_too_many]


@pytest.fixture
def refuse(engine):
    """One more letter that a process has refused, or sent; whether that is too many."""

    def count(ours, at, reader=None, *, is_refused=True):
        refused = ours.knows_by(reader) if is_refused else ""
        is_too_much = ours.counts(at, refused)
        if is_refused:
            with engines.transaction(engine) as session:
                is_too_much |= ours.counts_with_others(session, at, refused)
        return is_too_much

    return count


def test_ten_refusals_are_too_many_whichever_machines_met_them(refuse):
    machines = [breaker.Breaker() for _ in range(3)]
    told = [refuse(machines[n % 3], NOW + timedelta(seconds=n)) for n in range(breaker.TOO_MANY)]
    assert told == [False] * 9 + [True]


@pytest.mark.parametrize(("n_between", "is_too_many"), [(10, True), (12, False)])
def test_what_machines_send_between_their_refusals_counts_for_all(refuse, n_between, is_too_many):
    machines = [breaker.Breaker() for _ in range(2)]
    told, at = [], NOW
    for _ in range(5):
        for ours in machines:
            told.append(refuse(ours, at))
            at += timedelta(seconds=1)
        for ours in machines:
            for _ in range(2 * n_between):
                refuse(ours, at, is_refused=False)
        at += timedelta(seconds=1)
    assert told == [False] * 9 + [is_too_many]


@pytest.fixture
def sent(engine, make_subscriber):
    """Store letters that a server took, one a minute."""

    def store(n):
        reader = make_subscriber().id
        with engines.transaction(engine) as session:
            for nth in range(n):
                at = NOW + timedelta(minutes=nth)
                entry = OutboxEntry(
                    subscriber_id=reader,
                    kind=LetterKind.DAILY,
                    edition_date=at.date() + timedelta(days=nth),
                    state=State.SENT,
                    due_at=at,
                    first_due_at=at,
                    settled_at=at,
                )
                session.add(entry)

    return store


@pytest.mark.parametrize(("n_sent", "is_too_many"), [(190, True), (191, False)])
def test_refusals_that_processes_long_gone_met_are_weighed_against_all_that_went(
    refuse, sent, n_sent, is_too_many
):
    for n in range(9):
        assert not refuse(breaker.Breaker(), NOW + timedelta(days=n))
    sent(n_sent)
    assert refuse(breaker.Breaker(), NOW + timedelta(days=9)) is is_too_many


def test_one_reader_counts_once_over_all_machines(refuse, sent):
    sent(1)
    machines = [breaker.Breaker() for _ in range(3)]
    for n in range(60):
        assert not refuse(machines[n % 3], NOW + timedelta(minutes=n), reader=7)
    told = [refuse(machines[n % 3], NOW + timedelta(hours=2), reader=n) for n in range(20, 29)]
    assert told == [False] * 8 + [True]


def test_refusals_of_a_month_ago_are_kept_no_longer(refuse, engine):
    for n in range(40):
        refuse(breaker.Breaker(), NOW + timedelta(days=10 * n))
    with engines.transaction(engine) as session:
        assert len(heartbeats.latest(session)) == 4


def test_after_a_brake_all_machines_count_anew(refuse, engine):
    machines = [breaker.Breaker() for _ in range(2)]
    for n in range(9):
        refuse(machines[n % 2], NOW)
    with engines.transaction(engine) as session:
        machines[0].brake(session, Refused(550, "no"), NOW)
    assert not refuse(machines[1], NOW)


@pytest.mark.postgres
def test_two_machines_that_are_refused_send_no_more_than_one_would(
    day, make_day, settings, letters, sink, held
):
    letters(30)
    days = [day, make_day(settings)]
    sink.at_rcpt["*"] = [ABOUT_US] * 99

    async def run():
        for each in days:
            each.n_connections = 1
        return await asyncio.gather(*(each.deliver() for each in days))

    tallies = asyncio.run(run())
    assert all(tally.held for tally in tallies)
    assert breaker.TOO_MANY <= len(sink.attempts) <= breaker.TOO_MANY + 20
    assert held() == [breaker.NAME]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_log_in_that_keeps_failing_holds_everything(day, letters, held):
    letters(2)
    with Sink(password="right") as strict:
        day.server = replace(strict.server, username="paperboy", password="hunter2")
        tallies = [_send(day) for _ in range(breaker.TOO_MANY)]
    assert "refused the log-in of paperboy" in tallies[-1].held
    assert held() == [breaker.NAME]


def test_after_half_an_hour_one_letter_finds_out(day, letters, sink, clock, held):
    letters(14)
    day.n_connections = 1
    sink.at_rcpt["*"] = [ABOUT_US] * 11
    _send(day)
    assert len(sink.attempts) == 10
    clock.forward(minutes=29)
    assert _send(day).held
    assert len(sink.attempts) == 10
    clock.forward(minutes=1)
    assert _send(day).held
    assert len(sink.attempts) == 11
    clock.forward(minutes=30)
    tally = _send(day)
    assert tally.held == ""
    assert len(sink.taken) == tally.sent > 1
    assert held() == []


def test_a_brake_of_another_kind_holds_until_it_is_taken_off(day, letters, sink, engine, clock):
    letters(2)
    with engines.transaction(engine) as session:
        brakes.put_on(session, "bounces", "6 % came back", NOW)
    clock.forward(hours=9)
    assert "bounces: 6 % came back" in _send(day).held
    assert (sink.n_connections, sink.attempts) == (0, [])
    with engines.transaction(engine) as session:
        brakes.take_off(session, "bounces")
    assert _send(day).sent == 2


def test_a_brake_put_on_in_mid_run_stops_it(day, letters, sink, settings, entries):
    letters(90)
    day.n_connections = 2
    own = engines.connect(settings.database)
    real = sink.handle_DATA

    async def hold(server, session, envelope):
        if len(sink.taken) == 5:
            with engines.transaction(own) as other:
                brakes.put_on(other, "complaints", "too many", NOW)
        return await real(server, session, envelope)

    sink.handle_DATA = hold
    tally = _send(day)
    own.dispose()
    assert "complaints" in tally.held
    assert tally.sent <= 5 + 2 * 20
    assert {entry.state for entry in entries()} == {State.SENT, State.READY}
    assert timedelta(0) == max(entry.due_at for entry in entries()) - NOW


def test_one_reader_whose_server_refuses_us_for_a_day_holds_nobodys_letters(
    day, letters, sink, clock, held
):
    """Their letter is tried a dozen times; nobody else is refused."""
    people = letters(4)
    sink.at_rcpt[people[0].address] = [ABOUT_US] * 99
    for minutes in TRIES:
        assert _send(day).held == ""
        clock.forward(minutes=minutes)
    assert len(sink.attempts) > breaker.TOO_MANY + 3
    assert len(sink.taken) == 3
    assert held() == []


def test_where_all_of_a_few_readers_are_refused_ten_tries_are_enough(
    day, letters, sink, clock, held
):
    letters(3)
    sink.at_rcpt["*"] = [ABOUT_US] * 99
    for minutes in TRIES[:4]:
        _send(day)
        clock.forward(minutes=minutes)
    assert breaker.TOO_MANY <= len(sink.attempts) <= 4 * 3
    _send(day)
    assert held(clock.now) == [breaker.NAME]
