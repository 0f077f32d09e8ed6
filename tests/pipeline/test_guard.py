"""Bad reception warns, then holds all sending; nobody is suppressed for it."""

from datetime import date, timedelta

import pytest
from conftest import NOW
from sqlalchemy import insert
from sqlmodel import select

from app.pipeline import guard
from app.store import brakes, health
from app.store import engine as engines
from app.store.tables import (
    Bounce,
    BounceKind,
    Letter,
    OutboxEntry,
    State,
    Status,
    Subscriber,
    Suppression,
)


@pytest.fixture
def letters(engine):
    """Store letters that were due some time ago, sent unless told otherwise; return their ids."""
    day = iter(range(100_000))

    def add(
        n,
        state=State.SENT,
        due=NOW - timedelta(hours=2),
        code=250,
        reason="2.0.0 taken",
        kind="daily",
        settled=None,
    ):
        with engines.transaction(engine) as session:
            person = session.exec(select(Subscriber)).first() or Subscriber(
                address="a@example.org", status=Status.ACTIVE, created_at=NOW
            )
            session.add(person)
            session.flush()
            keys = [
                {
                    "subscriber_id": person.id,
                    "kind": kind,
                    "edition_date": date(2000, 1, 1) + timedelta(days=next(day)),
                }
                for _ in range(n)
            ]
            # Without the mapper: thousands of rows would take most of the time of these tests.
            letter = {"recipient": "a@example.org", "date": due}
            rows = [key | letter | {"message_id": f"<{key}>"} for key in keys]
            made = session.scalars(
                insert(Letter).returning(Letter.id, sort_by_parameter_order=True), rows
            ).all()
            entry = {
                "state": state,
                "due_at": due,
                "first_due_at": due,
                "settled_at": settled or due,
                "code": code,
                "reason": reason,
            }
            rows = [key | entry | {"letter_id": each} for key, each in zip(keys, made, strict=True)]
            session.execute(insert(OutboxEntry), rows)
            return made

    return add


@pytest.fixture
def report(engine):
    """Store a report on each of these letters; None: one that does not say on which."""
    number = iter(range(100_000))

    def add(letter_ids, kind=BounceKind.HARD, at=NOW - timedelta(hours=1)):
        with engines.transaction(engine) as session:
            session.add_all(
                Bounce(subscriber_id=1, letter_id=each, kind=kind, report=str(next(number)), at=at)
                for each in letter_ids
            )

    return add


@pytest.fixture
def guarded(engine):
    return guard.Guard(engine)


@pytest.fixture
def held(engine, clock):
    def read():
        with engines.transaction(engine) as session:
            return {brake.name: brake.reason for brake in brakes.held(session, clock.now)}

    return read


def words(logged):
    return [(line["event"], line.get("about")) for line in logged]


@pytest.mark.parametrize(
    ("n_bounced", "said", "brake"),
    [
        (0, [], set()),
        (19, [], set()),
        (20, [("sending_in_danger", "bounces")], set()),
        (49, [("sending_in_danger", "bounces")], set()),
        (50, [("sending_held", "bounces")], {"bounces"}),
    ],
)
def test_bounces_warn_at_two_percent_and_hold_at_five(
    letters, report, guarded, held, logged, n_bounced, said, brake
):
    report(letters(1000)[:n_bounced])
    guarded.look(NOW)
    assert words(logged) == said
    assert set(held()) == brake


@pytest.mark.parametrize(
    ("n_complaints", "said", "brake"),
    [
        (0, [], set()),
        (1, [("sending_in_danger", "complaints")], set()),
        (2, [("sending_in_danger", "complaints")], set()),
        (3, [("sending_held", "complaints")], {"complaints"}),
    ],
)
def test_complaints_warn_below_one_in_a_thousand_and_hold_at_three(
    letters, report, guarded, held, logged, n_complaints, said, brake
):
    report(letters(1000)[:n_complaints], BounceKind.COMPLAINT)
    guarded.look(NOW)
    assert words(logged) == said
    assert set(held()) == brake


@pytest.mark.parametrize(
    ("n_refused", "said", "brake"),
    [
        (19, [], set()),
        (20, [("sending_in_danger", "refusals")], set()),
        (199, [("sending_in_danger", "refusals")], set()),
        (200, [("sending_held", "refusals")], {"refusals"}),
    ],
)
def test_letters_that_come_back_for_the_senders_sake_warn_and_hold(
    letters, report, guarded, held, logged, n_refused, said, brake
):
    report(letters(1000)[:n_refused], BounceKind.SENDER)
    guarded.look(NOW)
    assert words(logged) == said
    assert set(held()) == brake


@pytest.mark.parametrize("kind", [BounceKind.HARD, BounceKind.SENDER, BounceKind.COMPLAINT])
def test_letters_that_strangers_had_sent_hold_no_readers_letters(
    letters, report, guarded, held, logged, kind
):
    letters(200)
    report(letters(100, kind="confirm"), kind)
    guarded.look(NOW)
    assert set(held()) == {"sign-ups"}
    assert words(logged) == [("sending_held", "sign-ups")]
    assert "100 of these asked somebody to confirm" in held()["sign-ups"]


def test_letters_the_server_refuses_to_send_to_what_was_typed_hold_sign_ups_alone(
    letters, guarded, held
):
    letters(300)
    letters(60, State.FAILED, code=550, reason="5.1.1 no such user", kind="confirm")
    guarded.look(NOW)
    assert set(held()) == {"sign-ups"}


def test_what_strangers_had_sent_counts_beside_what_readers_got(letters, report, guarded, held):
    report(letters(900)[:49])
    report(letters(100, kind="confirm")[:2])
    guarded.look(NOW)
    assert set(held()) == {"sign-ups"}


def test_what_is_too_much_without_strangers_holds_all(letters, report, guarded, held):
    report(letters(900)[:50])
    report(letters(100, kind="confirm")[:20])
    guarded.look(NOW)
    assert set(held()) == {"bounces"}


def test_whoever_lets_sign_ups_go_on_is_not_told_of_the_same_letters_again(
    letters, report, guarded, held, engine, clock
):
    letters(200)
    report(letters(100, kind="confirm"))
    guarded.look(NOW)
    with engines.transaction(engine) as session:
        brakes.take_off(session, brakes.SIGN_UPS)
    guarded.look(NOW + timedelta(minutes=1))
    assert not held()


def test_the_reason_tells_the_figures(letters, report, guarded, held):
    report(letters(1000)[:50])
    guarded.look(NOW)
    told = "50 of the last 1000 letters (5.00%) bounced for good; the limit is 5.0%"
    assert held() == {"bounces": told}


def test_fewer_than_two_hundred_letters_say_nothing(letters, report, guarded, held, logged):
    report(letters(199))
    guarded.look(NOW)
    assert not held()
    assert not logged


def test_one_reader_alone_stops_nobodys_letters(letters, report, guarded, held, logged):
    report(letters(200)[:1], BounceKind.COMPLAINT)
    guarded.look(NOW)
    assert not held()
    assert words(logged) == [("sending_in_danger", "complaints")]


def test_full_mailboxes_are_no_reason(letters, report, guarded, held, logged):
    report(letters(300), BounceKind.SOFT)
    guarded.look(NOW)
    assert not held()
    assert not logged


def test_a_letter_refused_at_once_counts_like_a_bounce_and_only_once(
    letters, report, guarded, held
):
    letters(475)
    refused = letters(25, State.FAILED, code=550, reason="5.1.1 no such user")
    report(refused)
    guarded.look(NOW)
    assert held() == {
        "bounces": "25 of the last 500 letters (5.00%) bounced for good; the limit is 5.0%"
    }


def test_a_refusal_of_the_sender_is_no_bounce(letters, guarded, held, logged):
    letters(200)
    letters(100, State.FAILED, code=550, reason="5.7.26 not authenticated")
    guarded.look(NOW)
    assert not held()
    assert not logged


def test_reports_that_name_no_letter_count(letters, report, guarded, held):
    letters(300)
    letters(1)
    report([None] * 20)
    guarded.look(NOW)
    assert set(held()) == {"bounces"}


def test_a_small_service_is_judged_by_its_last_thousand_letters(letters, report, guarded, held):
    for days in range(1, 29):
        some = letters(15, due=NOW - timedelta(days=days))
        report(some[:1], at=NOW - timedelta(days=days - 1, hours=1))
    guarded.look(NOW)
    assert set(held()) == {"bounces"}


def test_what_is_older_than_a_month_is_forgiven(letters, report, guarded, held, logged):
    report(letters(300, due=NOW - timedelta(days=31)), at=NOW - timedelta(days=30, hours=12))
    guarded.look(NOW)
    assert not held()
    assert not logged


def test_a_large_service_is_judged_by_its_last_day(letters, report, guarded, held):
    letters(1500, due=NOW - timedelta(hours=25))
    report(letters(1000)[:50])
    guarded.look(NOW)
    assert "50 of the last 1000" in held()["bounces"]


def test_a_warning_is_said_once_and_its_end_too(letters, report, guarded, logged):
    report(letters(1000)[:20])
    for _ in range(3):
        guarded.look(NOW)
    letters(1000)
    guarded.look(NOW)
    assert words(logged) == [("sending_in_danger", "bounces"), ("sending_well_again", "bounces")]


@pytest.fixture
def lifted(engine, letters, report, guarded, clock):
    """The brake on bounces was put on, and an hour ago taken off."""
    report(letters(1000)[:50])
    guarded.look(clock.now)
    with engines.transaction(engine) as session:
        brakes.take_off(session, "bounces")
    clock.forward(hours=1)


@pytest.mark.usefixtures("lifted")
def test_a_lifted_brake_stays_off_until_new_letters_are_ill_received(
    letters, report, guarded, held, clock
):
    guarded.look(clock.now)
    assert not held()
    report(letters(200, due=clock.now)[:10], at=clock.forward(hours=1))
    guarded.look(clock.now)
    assert "10 of the last 200" in held()["bounces"]


@pytest.mark.usefixtures("lifted")
def test_letters_that_waited_for_a_brake_to_be_lifted_can_put_it_on_again(
    letters, guarded, held, clock
):
    """They were due before it was put on, as all that one morning's run has not come to yet."""
    letters(190, settled=clock.now)
    letters(10, State.FAILED, code=550, reason="5.1.1 no such user", settled=clock.now)
    guarded.look(clock.now)
    assert "10 of the last 200" in held()["bounces"]


def test_a_brake_that_is_on_stays_as_it_was(letters, report, guarded, held, clock, logged):
    report(letters(1000)[:50])
    guarded.look(NOW)
    before = held()
    report(letters(500), at=NOW)
    clock.forward(minutes=1)
    guarded.look(clock.now)
    assert held() == before
    assert words(logged) == [("sending_held", "bounces")]


def test_nobody_is_suppressed_by_a_guard(engine, letters, report, guarded):
    report(letters(300))
    guarded.look(NOW)
    with engines.transaction(engine) as session:
        assert not session.exec(select(Suppression)).all()


def test_a_day_without_success_is_an_alarm_if_letters_were_due(letters, guarded, logged, held):
    letters(3, due=NOW - timedelta(hours=27))
    letters(1, State.READY, due=NOW - timedelta(hours=26))
    guarded.look(NOW)
    assert words(logged) == [("sending_in_danger", "silence")]
    assert logged[0]["reason"] == (
        "the server has taken no letter since 19 November 2026, 06:00 UTC, "
        "although one was due on 19 November 2026, 07:00 UTC"
    )
    assert not held()


def test_a_server_that_is_gone_is_told_of_in_the_morning_after_its_last_letters(
    letters, guarded, logged
):
    """And not in the one after: the letters that wait are those of one morning."""
    letters(3, due=NOW - timedelta(hours=26))
    letters(3, State.READY, due=NOW - timedelta(hours=2))
    guarded.look(NOW - timedelta(minutes=1))
    assert not logged
    guarded.look(NOW)
    assert words(logged) == [("sending_in_danger", "silence")]


def test_a_service_that_never_sent_anything_is_an_alarm_too(letters, guarded, logged):
    letters(1, State.FAILED, NOW - timedelta(hours=26), 0, "given up: connection lost")
    guarded.look(NOW - timedelta(minutes=1))
    assert not logged
    guarded.look(NOW)
    assert logged[0]["reason"].startswith("the server has taken no letter, although")


@pytest.mark.parametrize(
    ("state", "hours", "code", "reason"),
    [
        (State.READY, 1.9, 0, ""),  # not long enough
        (State.SKIPPED, 30, 0, "nothing fits"),
        (State.SUPPRESSED, 30, 0, "unsubscribed"),
        (State.FAILED, 30, 550, "5.1.1 no such user"),  # the server works
    ],
)
def test_silence_where_nothing_was_to_be_said_is_no_alarm(
    letters, guarded, logged, state, hours, code, reason
):
    letters(1, due=NOW - timedelta(days=3))
    letters(1, state, NOW - timedelta(hours=hours), code, reason)
    guarded.look(NOW)
    assert not logged


def test_a_success_of_today_is_enough(letters, guarded, logged):
    letters(1, State.READY, due=NOW - timedelta(hours=40))
    letters(1)
    guarded.look(NOW)
    assert not logged


def test_a_subscriber_nobody_wrote_to_is_an_alarm(engine, letters, guarded, logged):
    letters(1, due=NOW - timedelta(days=3))
    with engines.transaction(engine) as session:
        session.exec(select(Subscriber)).one().next_due_at = NOW - timedelta(hours=26)
    guarded.look(NOW)
    assert words(logged) == [("sending_in_danger", "silence")]


def test_a_run_is_judged_and_timed(day, engine, make_subscriber, letters, report, clock):
    import asyncio

    report(letters(1000)[:50])
    asyncio.run(day.deliver())
    with engines.transaction(engine) as session:
        assert [brake.name for brake in brakes.held(session, clock.now)] == ["bounces"]
        assert health.last_success(session) is not None


def test_a_run_that_goes_on_is_judged_whenever_the_operator_may_be_told(day, letters, held):
    letters(950)
    letters(50, State.FAILED, code=550, reason="5.1.1 no such user")
    day.tell()
    assert set(held()) == {"bounces"}


def test_what_was_read_from_the_mailbox_is_judged(
    settings, make_day, engine, make_subscriber, letters, report, clock, tmp_path
):
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "box" / folder).mkdir(parents=True)
    reads = {
        "bounce_address": "bounces@example.org",
        "bounce_mailbox": f"maildir:{tmp_path / 'box'}",
    }
    report(letters(1000)[:50])
    make_day(settings.model_copy(update=reads)).learn()
    with engines.transaction(engine) as session:
        assert [brake.name for brake in brakes.held(session, clock.now)] == ["bounces"]
