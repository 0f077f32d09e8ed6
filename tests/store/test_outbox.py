import threading
from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy import Engine, event
from sqlalchemy.dialects import postgresql
from sqlmodel import Session, select

from app.store import departures, outbox, releases, subscribers, suppressions, vanished
from app.store import engine as engines
from app.store.tables import LetterKind, OutboxEntry, State

LEASE = timedelta(minutes=15)
LATER = NOW + timedelta(hours=1)


def _again(entry: OutboxEntry) -> OutboxEntry:
    """The same edition a second time."""
    key = ("subscriber_id", "kind", "edition_date", "due_at", "first_due_at")
    return OutboxEntry(**{name: getattr(entry, name) for name in key})


def test_a_subscriber_has_one_entry_per_kind_and_edition(session: Session, make_entry):
    entry = make_entry()
    assert not outbox.add(session, _again(entry))
    assert session.exec(select(OutboxEntry)).all() == [entry]


def test_a_refused_entry_leaves_the_rest_of_the_transaction(session: Session, make_entry):
    entry, before = make_entry(), make_entry(edition_date=NOW.date() - timedelta(days=1))
    outbox.add(session, _again(entry))
    after = make_entry()
    assert session.exec(select(OutboxEntry)).all() == [entry, before, after]


def test_another_day_or_kind_is_another_entry(session: Session, make_entry, make_person):
    person = make_person()
    make_entry(subscriber=person)
    make_entry(subscriber=person, edition_date=NOW.date() + timedelta(days=1))
    make_entry(subscriber=person, kind=LetterKind.CONFIRM)
    assert len(outbox.of_subscriber(session, person.id)) == 3


def test_claim_due_gives_an_entry_to_the_first_caller_only(session: Session, make_entry, claim):
    entry = make_entry()
    assert claim(NOW, limit=10) == [entry]
    assert claim(NOW, limit=10) == []


def test_claim_due_marks_what_it_gives(session: Session, make_entry, claim):
    make_entry()
    (entry,) = claim(NOW, limit=10)
    assert (entry.state, entry.attempts, entry.claimed_at) == (State.CLAIMED, 1, NOW)


def test_claim_due_gives_the_longest_waiting_first_and_no_more_than_asked(
    session: Session, make_entry, claim
):
    minutes = [3, 1, 5, 2]
    made = {n: make_entry(due_at=NOW - timedelta(minutes=n)) for n in minutes}
    claimed = claim(NOW, limit=3)
    assert claimed == [made[5], made[3], made[2]]


def test_claim_due_leaves_what_is_due_later(session: Session, make_entry, claim):
    make_entry(due_at=NOW + timedelta(seconds=1))
    assert claim(NOW, limit=10) == []


@pytest.mark.parametrize("state", sorted(set(State) - set(outbox.WAITING)))
def test_claim_due_gives_only_what_waits(session: Session, make_entry, state, claim):
    make_entry(state=state)
    assert claim(NOW, limit=10) == []
    assert not outbox.any_due(session, NOW)
    assert outbox.count_due(session, NOW) == 0


def test_two_senders_at_once_share_the_work_and_no_entry(
    engine: Engine, settings, session, make_entry
):
    ids = {make_entry().id for _ in range(60)}
    session.commit()
    got: list[list[int]] = [[], []]
    start = threading.Barrier(2)

    def claim_all(mine: list[int]) -> None:
        own = engines.connect(settings.database)
        start.wait()
        while True:
            with engines.transaction(own) as mine_only:
                batch = departures.claim_due(mine_only, NOW, limit=3)
            if not batch:
                break
            mine.extend(entry.id for entry in batch)
        own.dispose()

    threads = [threading.Thread(target=claim_all, args=[mine]) for mine in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got[0] + got[1]) == sorted(ids)


def test_on_postgresql_a_claim_passes_by_what_others_are_about_to_claim(
    session: Session, make_entry, claim
):
    made = []

    @event.listens_for(session.connection(), "before_execute")
    def note(_connection, statement, *_):
        made.append(str(statement.compile(dialect=postgresql.dialect())))

    make_entry()
    claim(NOW, limit=1)
    (made,) = [each for each in made if each.startswith("UPDATE outbox") and "RETURNING" in each]
    assert made.count("FOR UPDATE SKIP LOCKED") == 1


@pytest.mark.parametrize("state", outbox.WAITING)
def test_who_unsubscribed_is_taken_out_in_the_claim(
    session: Session, make_entry, make_person, state, claim
):
    person = make_person()
    entry, other = make_entry(subscriber=person, state=state), make_entry()
    subscribers.unsubscribe(session, person)
    assert claim(NOW, limit=10) == [other]
    session.refresh(entry)
    assert (entry.state, entry.reason) == (State.SUPPRESSED, "unsubscribed before it was sent")
    assert (entry.settled_at, entry.attempts) == (NOW, 0)


def test_a_suppressed_address_is_taken_out_in_the_claim(
    session: Session, make_entry, make_person, claim
):
    person = make_person()
    entry, other = make_entry(subscriber=person), make_entry()
    suppressions.add(session, person.address, "550 no such person", NOW)
    assert claim(NOW, limit=10) == [other]
    session.refresh(entry)
    assert (entry.state, entry.reason) == (State.SUPPRESSED, "the address is suppressed")


def test_those_taken_out_do_not_crowd_out_those_who_want_letters(
    session: Session, make_entry, make_person, claim
):
    for _ in range(3):
        person = make_person()
        make_entry(subscriber=person, due_at=NOW - timedelta(hours=1))
        subscribers.unsubscribe(session, person)
    wanted = make_entry()
    assert claim(NOW, limit=1) == [wanted]


def test_an_unsubscribing_while_claimed_stops_the_letter_before_it_leaves(
    session: Session, make_entry, make_person, claim
):
    person = make_person()
    make_entry(subscriber=person)
    (entry,) = claim(NOW, limit=10)
    subscribers.unsubscribe(session, person)
    session.flush()
    assert not departures.begin_data(session, [entry.id], NOW)
    session.refresh(entry)
    assert (entry.state, entry.reason) == (State.SUPPRESSED, "unsubscribed before it was sent")


def test_a_letter_goes_from_claim_to_sent_with_the_servers_words(
    session: Session, make_entry, claim
):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    assert departures.begin_data(session, [entry.id], NOW)
    session.refresh(entry)
    assert entry.state == State.IN_DATA
    assert departures.mark_sent(
        session, [departures.Sent(entry.id, LATER, 250, "2.0.0 queued as 7")]
    )
    session.refresh(entry)
    assert (entry.state, entry.code, entry.reason) == (State.SENT, 250, "2.0.0 queued as 7")
    assert (entry.settled_at, entry.doubtful) == (LATER, 0)


def test_letters_at_the_door_together_keep_each_its_own_words(session: Session, make_entry, claim):
    for _ in range(3):
        make_entry()
    one, two, three = claim(NOW, limit=3)
    releases.release(session, [three.id])

    begun = departures.begin_data(session, [one.id, two.id, three.id], NOW)
    taken = departures.mark_sent(
        session, [departures.Sent(each.id, LATER, 250, f"as {each.id}") for each in (one, two)]
    )

    assert (begun, taken) == ({one.id, two.id}, 2)
    for each in (one, two, three):
        session.refresh(each)
    assert [each.reason for each in (one, two, three)] == [f"as {one.id}", f"as {two.id}", ""]
    assert [each.state for each in (one, two, three)] == [State.SENT, State.SENT, State.READY]


@pytest.mark.parametrize("state", sorted(set(State) - {State.CLAIMED}))
def test_only_a_claimed_letter_may_leave(session: Session, make_entry, state):
    entry = make_entry(state=state)
    assert not departures.begin_data(session, [entry.id], NOW)
    session.refresh(entry)
    assert entry.state == state


@pytest.mark.parametrize("state", [State.FAILED, State.SKIPPED, State.SUPPRESSED, State.SENT])
def test_what_is_settled_stays_settled(session: Session, make_entry, state):
    entry = make_entry(state=state, reason="said before")
    assert not departures.mark_sent(session, [departures.Sent(entry.id, NOW, 250, "OK")])
    assert not outbox.defer(session, entry.id, LATER, 450, "later")
    assert not outbox.fail(session, entry.id, NOW, 550, "no")
    releases.release(session, [entry.id])
    vanished.reclaim_stale(session, NOW + timedelta(days=9), LEASE)
    outbox.expire(session, NOW + timedelta(days=9), timedelta(hours=20))
    session.refresh(entry)
    assert (entry.state, entry.reason) == (state, "said before")


def test_a_reply_that_comes_after_the_lease_still_counts(session: Session, make_entry, claim):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    departures.begin_data(session, [entry.id], NOW)
    vanished.reclaim_stale(session, LATER, LEASE)
    assert departures.mark_sent(session, [departures.Sent(entry.id, LATER, 250, "OK")])
    assert claim(LATER, limit=1) == []


def test_a_deferred_letter_is_due_again_when_told(session: Session, make_entry, claim):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    assert outbox.defer(session, entry.id, LATER, 450, "4.2.0 greylisted")
    session.refresh(entry)
    assert (entry.state, entry.code, entry.reason) == (State.DEFERRED, 450, "4.2.0 greylisted")
    assert (entry.doubtful, entry.first_due_at) == (0, NOW)
    assert claim(LATER - timedelta(seconds=1), limit=1) == []
    assert [each.attempts for each in claim(LATER, limit=1)] == [2]


def test_a_letter_deferred_in_doubt_is_counted_as_doubtful(session: Session, make_entry, claim):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    departures.begin_data(session, [entry.id], NOW)
    outbox.defer(session, entry.id, LATER, 0, "connection lost", doubtful=True)
    session.refresh(entry)
    assert entry.doubtful == 1


def test_a_failed_letter_keeps_the_servers_words(session: Session, make_entry, claim):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    assert outbox.fail(session, entry.id, NOW, 550, "5.1.1 no such person")
    session.refresh(entry)
    assert (entry.state, entry.code, entry.reason) == (State.FAILED, 550, "5.1.1 no such person")
    assert entry.settled_at == NOW


def test_a_released_claim_does_not_count_as_an_attempt(session: Session, make_entry, claim):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    releases.release(session, [entry.id])
    session.refresh(entry)
    assert (entry.state, entry.attempts) == (State.READY, 0)
    assert claim(NOW, limit=1) == [entry]


def test_what_is_on_its_way_is_not_released(session: Session, make_entry, claim):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    departures.begin_data(session, [entry.id], NOW)
    releases.release(session, [entry.id])
    session.refresh(entry)
    assert (entry.state, entry.attempts) == (State.IN_DATA, 1)


def test_who_holds_it_and_knows_that_nothing_left_gives_it_back_whatever_was_stored(
    session: Session, make_entry
):
    entries = [make_entry(), make_entry()]
    ours, theirs = (
        departures.claim_due(session, NOW, 1, holder=name)[0] for name in ("us", "them")
    )
    departures.begin_data(session, [ours.id], NOW, "us")
    departures.begin_data(session, [theirs.id], NOW, "them")
    releases.release(session, [ours.id, theirs.id], "us")
    for entry in entries:
        session.refresh(entry)
    states = {entry.id: (entry.state, entry.attempts) for entry in entries}
    assert states == {ours.id: (State.READY, 0), theirs.id: (State.IN_DATA, 1)}


def test_who_lost_a_claim_to_another_begins_nothing_that_the_other_may_give_back(
    session: Session, make_entry
):
    make_entry()
    (entry,) = departures.claim_due(session, NOW, 1, holder="slow")
    vanished.reclaim_stale(session, NOW + LEASE, LEASE)
    departures.claim_due(session, NOW + LEASE, 1, holder="other")
    assert departures.begin_data(session, [entry.id], NOW + LEASE, "slow") == set()
    assert departures.begin_data(session, [entry.id], NOW + LEASE, "other") == {entry.id}


def test_a_claim_is_taken_up_again_only_after_its_lease(session: Session, make_entry, claim):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    assert vanished.reclaim_stale(session, NOW + LEASE - timedelta(seconds=1), LEASE) == 0
    assert vanished.reclaim_stale(session, NOW + LEASE, LEASE) == 1
    session.refresh(entry)
    assert (entry.state, entry.doubtful) == (State.READY, 0)


def test_a_letter_whose_sender_vanished_in_data_is_sent_again_and_counted_as_doubtful(
    session: Session, make_entry, claim
):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    departures.begin_data(session, [entry.id], NOW)
    assert vanished.reclaim_stale(session, NOW + LEASE, LEASE) == 1
    session.refresh(entry)
    assert (entry.state, entry.doubtful) == (State.READY, 1)


def test_a_letter_at_which_three_senders_vanished_waits_for_the_operator(
    session: Session, make_entry, claim
):
    make_entry()
    now = NOW
    for state in (State.READY, State.READY, State.IN_DOUBT):
        (entry,) = claim(now, limit=1)
        departures.begin_data(session, [entry.id], now)
        now += LEASE
        assert vanished.reclaim_stale(session, now, LEASE) == 1
        session.refresh(entry)
        assert entry.state == state
    assert entry.doubtful == 3
    assert claim(now, limit=1) == []


def test_the_lease_of_a_letter_late_in_its_batch_starts_anew_when_it_leaves(
    session: Session, make_entry, claim
):
    make_entry()
    (entry,) = claim(NOW, limit=1)
    departures.begin_data(session, [entry.id], NOW + LEASE - timedelta(minutes=1))
    assert vanished.reclaim_stale(session, NOW + LEASE, LEASE) == 0


def test_what_waited_too_long_is_given_up_with_the_last_words(session: Session, make_entry):
    old = NOW - timedelta(hours=20)
    unheard = make_entry(first_due_at=old)
    greylisted = make_entry(first_due_at=old, state=State.DEFERRED, due_at=LATER, reason="450 no")
    fresh = make_entry(first_due_at=old + timedelta(seconds=1))
    assert outbox.expire(session, NOW, timedelta(hours=20)) == 2
    for entry in (unheard, greylisted, fresh):
        session.refresh(entry)
    assert (unheard.state, unheard.reason) == (
        State.FAILED,
        "given up: no sender got to it in time",
    )
    assert (greylisted.state, greylisted.reason) == (State.FAILED, "given up: 450 no")
    assert fresh.state == State.READY


def test_what_is_due_is_counted(session: Session, make_entry):
    make_entry()
    make_entry(state=State.DEFERRED)
    make_entry(due_at=LATER)
    assert outbox.any_due(session, NOW)
    assert outbox.count_due(session, NOW) == 2


def test_entries_are_counted_by_state_and_edition(session: Session, make_entry):
    make_entry()
    make_entry(state=State.SENT)
    make_entry(state=State.SENT, edition_date=LATER.date() + timedelta(days=1))
    assert outbox.count_by_state(session) == {State.READY: 1, State.SENT: 2}
    assert outbox.count_by_state(session, NOW.date()) == {State.READY: 1, State.SENT: 1}


def test_who_has_an_edition_already_is_known(session: Session, make_entry):
    entry = make_entry()
    make_entry(kind=LetterKind.CONFIRM)
    make_entry(edition_date=NOW.date() - timedelta(days=1))
    today = NOW.date()
    assert outbox.subscribers_with(session, {today}) == {(entry.subscriber_id, today)}
    assert outbox.of_edition(session, entry.subscriber_id, today) == entry
    assert outbox.of_edition(session, entry.subscriber_id, today, LetterKind.CONFIRM) is None
