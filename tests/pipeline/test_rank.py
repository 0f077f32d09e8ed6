import shutil
import threading
from datetime import date, timedelta
from itertools import pairwise

import pytest
from conftest import NOW
from sqlmodel import select

from app import assembly
from app.mail.links import Verdict
from app.papers.paper import Paper
from app.pipeline import rank
from app.recommend import calibration, explain, interests
from app.recommend.calibration import Band
from app.recommend.tuning import Tuning
from app.store import engine as engines
from app.store import feedback, letters, outbox, subscribers
from app.store.tables import Letter, Pick, State, Status, Subscriber, metadata

TODAY = NOW.date()
# Whoever takes what is worth a look gets a letter even of a corpus this small.
EASY = Tuning(Band.LOOK, exploration=0)


@pytest.fixture
def stored(store_papers, retrieval_papers):
    return store_papers(*retrieval_papers)


@pytest.fixture
def picked(engine):
    """The papers of a subscriber's letters, by edition."""

    def read(subscriber):
        rows = select(Letter.edition_date, Pick.paper_id).join(Pick)
        rows = rows.where(Letter.subscriber_id == subscriber.id).order_by(Pick.rank)
        found = {}
        with engines.transaction(engine) as session:
            for day, paper_id in session.exec(rows):
                found.setdefault(day, []).append(paper_id)
        return found

    return read


def _states(rows):
    return [(row.edition_date, row.state, row.reason) for row in rows]


def _due_at(engine, subscriber):
    with engines.transaction(engine) as session:
        return session.get(Subscriber, subscriber.id).next_due_at


def test_who_is_due_gets_one_letter_of_what_they_asked_for(
    day, make_subscriber, stored, entries, picked, retrieval_papers
):
    reader = make_subscriber("retrieval")
    tally = day.rank_due()
    assert (tally.n_subscribers, tally.n_letters, tally.n_failed) == (1, 1, 0)
    (entry,) = entries()
    assert _states([entry]) == [(TODAY, State.READY, "")]
    titles = {retrieval_papers[stored.index(n)].title for n in picked(reader)[TODAY]}
    assert titles
    assert not any("Whale" in title for title in titles)


def test_a_letter_holds_all_that_it_is_made_from(day, make_subscriber, stored, entries, engine):
    reader = make_subscriber("retrieval")
    day.rank_due()
    with engines.transaction(engine) as session:
        letter = letters.by_id(session, entries()[0].letter_id)
    assert letter.recipient == reader.address
    assert letter.date == NOW
    assert letter.message_id.endswith("@example.org>")
    assert letter.n_candidates == 10
    assert letter.model_id
    assert "go by your words: retrieval" in letter.why


def test_ranking_again_gives_nobody_a_second_letter(day, make_subscriber, stored, dump):
    for _ in range(3):
        make_subscriber()
    day.rank_due()
    before = dump()
    assert day.rank_due().n_subscribers == 0
    assert day.rank_edition(None, everyone=True).n_letters == 0
    assert day.rank_edition(TODAY, everyone=True).n_letters == 0
    assert dump() == before


def test_two_rankers_at_once_write_one_letter_each(
    day, make_subscriber, stored, settings, entries, monkeypatch
):
    monkeypatch.setattr(rank, "SHARD", 3)
    people = [make_subscriber() for _ in range(12)]
    start = threading.Barrier(2)

    def run():
        own = engines.connect(settings.database)
        start.wait()
        for everyone in (False, True):
            station = assembly.day(settings, own, day.clock)
            station.rank_edition(None, everyone=True) if everyone else station.rank_due()
        own.dispose()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.subscriber_id for entry in entries()) == [each.id for each in people]
    assert {entry.state for entry in entries()} == {State.READY}


def test_a_paper_reaches_a_person_once_over_many_days(
    day, make_subscriber, store_papers, retrieval_papers, clock, picked, alter
):
    reader = make_subscriber("retrieval", letter_size=3, tuning=EASY)
    store_papers(*retrieval_papers[5:])
    papers = [
        Paper(f"Retrieval of kind {n}", f"Retrieval as method {n} does it, in detail.")
        for n in range(12)
    ]
    for n in range(6):
        store_papers(*papers[2 * n : 2 * n + 4], at=clock.now)
        day.rank_due()
        alter("UPDATE outbox SET state = 'sent' WHERE state = 'ready'")
        clock.forward(days=1)
    sent = picked(reader)
    everything = [paper_id for each in sent.values() for paper_id in each]
    assert len(sent) > 2
    assert len(everything) == len(set(everything))
    assert all(len(each) <= 3 for each in sent.values())


@pytest.mark.parametrize(("state", "again"), [("failed", True), ("sent", False)])
def test_papers_of_a_letter_that_reached_nobody_may_come_again(
    day, make_subscriber, stored, clock, picked, alter, state, again
):
    reader = make_subscriber("retrieval")
    day.rank_due()
    alter("UPDATE outbox SET state = :state", state=state)
    clock.forward(days=1)
    day.rank_due()
    assert (TODAY + timedelta(days=1) in picked(reader)) is again


@pytest.mark.parametrize("verdict", Verdict)
def test_papers_a_reader_gave_a_word_on_are_not_sent(
    day, make_subscriber, stored, engine, picked, verdict
):
    reader = make_subscriber("retrieval")
    with engines.transaction(engine) as session:
        feedback.record(session, reader.id, stored[4], verdict, NOW)
    day.rank_due()
    assert picked(reader)[TODAY]
    assert stored[4] not in picked(reader)[TODAY]


def test_a_letter_holds_no_more_papers_than_asked_for(day, make_subscriber, stored, picked):
    readers = {n: make_subscriber("retrieval", letter_size=n) for n in (1, 2)}
    day.rank_due()
    assert {n: len(picked(reader)[TODAY]) for n, reader in readers.items()} == {1: 1, 2: 2}


def test_papers_below_the_threshold_are_not_sent(day, make_subscriber, stored, engine):
    for threshold in Band:
        make_subscriber("retrieval, whales", tuning=Tuning(threshold, exploration=0))
    day.rank_due()
    with engines.transaction(engine) as session:
        rows = select(Subscriber.threshold, Pick.reason).select_from(Subscriber)
        rows = rows.join(Letter).join(Pick)
        told = [(Band(word), explain.from_json(why)) for word, why in session.exec(rows)]
    assert Band.LOOK in {threshold for threshold, _ in told}
    assert all(why.fit >= calibration.EDGES[threshold] for threshold, why in told)


def test_who_asked_for_what_no_paper_speaks_of_is_skipped_by_name(
    day, make_subscriber, stored, entries
):
    make_subscriber("volcanoes")
    tally = day.rank_due()
    assert tally.skipped == {"no new paper fits their interests": 1}
    assert _states(entries()) == [(TODAY, State.SKIPPED, "no new paper fits their interests")]


def test_a_day_without_new_papers_is_skipped_by_name(day, make_subscriber, entries):
    make_subscriber()
    day.rank_due()
    assert _states(entries()) == [(TODAY, State.SKIPPED, "no new papers")]
    assert entries()[0].settled_at == NOW


def test_papers_older_than_the_candidate_days_are_not_sent(
    day, make_subscriber, store_papers, retrieval_papers, entries
):
    store_papers(*retrieval_papers, at=NOW - timedelta(days=7))
    make_subscriber("retrieval")
    day.rank_due()
    assert entries()[0].reason == "no new papers"


@pytest.mark.parametrize("status", [Status.PENDING, Status.UNSUBSCRIBED])
def test_only_the_active_get_letters(day, make_subscriber, stored, alter, entries, status):
    reader = make_subscriber()
    alter("UPDATE subscriber SET status = :s WHERE id = :id", s=status.value, id=reader.id)
    day.rank_due()
    day.rank_edition(None, everyone=True)
    assert entries() == []


POISON = {
    "an interest of unknown kind": "UPDATE interest SET kind = 'mood' WHERE subscriber_id = :id",
    "a zone that is none": "UPDATE subscriber SET zone = 'Mars/Olympus' WHERE id = :id",
    "no weekdays": "UPDATE subscriber SET days = '' WHERE id = :id",
    "an hour that is none": "UPDATE subscriber SET hour = 99 WHERE id = :id",
    "feedback of unknown kind": "UPDATE feedback SET verdict = 'hmm' WHERE subscriber_id = :id",
}


@pytest.mark.parametrize("everyone", [False, True])
@pytest.mark.parametrize("what", POISON)
def test_a_poisoned_subscriber_fails_alone(
    day, make_subscriber, stored, engine, alter, entries, what, everyone
):
    one, poisoned, other = (make_subscriber("retrieval") for _ in range(3))
    with engines.transaction(engine) as session:
        feedback.record(session, poisoned.id, stored[-1], Verdict.LIKE, NOW)
    alter(POISON[what], id=poisoned.id)
    tally = day.rank_edition(None, everyone=True) if everyone else day.rank_due()
    assert (tally.n_letters, tally.n_failed) == (2, 1)
    assert [entries(each)[0].state for each in (one, poisoned, other)] == [
        State.READY,
        State.FAILED,
        State.READY,
    ]
    assert entries(poisoned)[0].reason
    assert day.rank_due().n_subscribers == 0
    assert _due_at(engine, poisoned) > NOW


def test_the_healed_get_their_next_letter(day, make_subscriber, stored, alter, entries, clock):
    reader = make_subscriber("retrieval")
    alter("UPDATE subscriber SET zone = 'Mars/Olympus'")
    day.rank_due()
    alter("UPDATE subscriber SET zone = 'UTC'")
    clock.forward(days=1)
    day.rank_due()
    assert [entry.state for entry in entries(reader)] == [State.FAILED, State.READY]


@pytest.mark.sqlite
def test_the_same_store_and_day_give_the_same_letters(
    day, make_subscriber, stored, settings, engine, tmp_path
):
    for words in ("retrieval", "sparse codes", "whales", 'retrieval, -"dense retrieval"'):
        make_subscriber(words)
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "copy.sqlite3"
    shutil.copy(tmp_path / "paperboy.sqlite3", copy)
    other = engines.connect(f"sqlite:///{copy}")
    day.rank_due()
    assembly.day(settings, other, day.clock).rank_due()
    assert _rows_of(engine)["pick"]
    assert _rows_of(other) == _rows_of(engine)
    other.dispose()


def _rows_of(engine):
    with engines.transaction(engine) as session:
        return {
            table.name: sorted(map(tuple, session.execute(table.select())), key=repr)
            for table in metadata.sorted_tables
        }


def test_the_same_reader_gets_the_same_picks_alone_and_in_company(
    day, make_subscriber, stored, picked, monkeypatch
):
    monkeypatch.setattr(rank, "SHARD", 1)
    alone = make_subscriber("retrieval")
    day.rank_due()
    monkeypatch.undo()
    company = [make_subscriber("retrieval") for _ in range(3)]
    make_subscriber("whales")
    day.rank_due()
    assert all(picked(each) == picked(alone) for each in company)


@pytest.mark.parametrize("hours", [0, 0.01, 5, 11, 12])
def test_a_missed_hour_is_caught_up_within_twelve_hours(
    day, make_subscriber, stored, clock, entries, hours
):
    reader = make_subscriber("retrieval", hour=10)
    clock.forward(hours=1 + hours)
    day.rank_due()
    # Yesterday's hour was missed too, and longer ago than that.
    assert [(entry.edition_date, entry.state) for entry in entries(reader)] == [
        (TODAY - timedelta(days=1), State.SKIPPED),
        (TODAY, State.READY),
    ]


def test_a_letter_missed_by_more_merges_into_the_next(
    day, make_subscriber, stored, clock, entries, engine
):
    reader = make_subscriber("retrieval", hour=10)
    clock.forward(hours=13.5)
    day.rank_due()
    clock.forward(hours=12)
    day.rank_due()
    assert _states(entries(reader))[1:] == [
        (TODAY, State.SKIPPED, "missed by more than 12 hours"),
        (TODAY + timedelta(days=1), State.READY, ""),
    ]


def test_after_three_days_down_there_is_one_edition_and_not_three(
    day, make_subscriber, stored, clock, entries
):
    reader = make_subscriber("retrieval")
    clock.forward(days=3)
    day.rank_due()
    assert _states(entries(reader)) == [
        *(
            (TODAY + timedelta(days=n), State.SKIPPED, "missed by more than 12 hours")
            for n in (0, 1, 2)
        ),
        (TODAY + timedelta(days=3), State.READY, ""),
    ]


def test_todays_letter_takes_the_place_of_yesterdays_that_still_waits(
    day, make_subscriber, stored, clock, entries, picked
):
    reader = make_subscriber("retrieval")
    day.rank_due()
    clock.forward(days=1)
    day.rank_due()
    assert _states(entries(reader)) == [
        (TODAY, State.SKIPPED, "superseded by the next edition"),
        (TODAY + timedelta(days=1), State.READY, ""),
    ]
    yesterdays, todays = picked(reader).values()
    assert yesterdays == todays  # nobody has seen them yet


@pytest.mark.parametrize("hours", [-2, 26, 26 * 24])
def test_a_clock_that_was_wrong_for_a_while_costs_no_edition(
    day, make_subscriber, store_papers, clock, entries, hours
):
    """Set back, forward, or weeks ahead, and put right an hour later."""
    reader = make_subscriber("retrieval")
    for n in range(4):
        store_papers(Paper(f"Retrieval number {n}", f"Retrieval {n}."), at=clock.now)
        day.rank_due()
        if n == 1:
            clock.forward(hours=hours)
            day.rank_due()
            clock.forward(hours=1)
            day.rank_due()
            clock.forward(hours=-hours - 1)
        clock.forward(days=1)
    editions = [entry for entry in entries(reader) if entry.edition_date <= clock.now.date()]
    assert [entry.edition_date for entry in editions] == [
        TODAY + timedelta(days=n) for n in range(4)
    ]
    assert State.FAILED not in {entry.state for entry in editions}


def test_a_clock_that_is_set_back_and_forward_gives_one_edition_a_day(
    day, make_subscriber, store_papers, clock, entries
):
    reader = make_subscriber("retrieval")
    steps = [
        timedelta(hours=-2),
        timedelta(hours=26),
        timedelta(hours=-26),
        *[timedelta(0, -1)] * 20,
    ]
    for n in range(5):
        store_papers(Paper(f"Retrieval number {n}", f"Retrieval {n}."), at=clock.now)
        day.rank_due()
        for step in steps:
            clock.now += step
            day.rank_due()
        clock.now = NOW + timedelta(days=n + 1)
    day.rank_due()
    days = [entry.edition_date for entry in entries(reader)]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))
    assert (days[0], days[-1]) == (TODAY, NOW.date() + timedelta(days=5))


def test_a_letter_that_a_clock_ahead_gave_up_is_sent_once_the_clock_is_right(
    day, make_subscriber, stored, clock, entries
):
    """Both wait; by a clock ahead one reader has a newer letter, the other none before Friday."""
    daily = make_subscriber("retrieval")
    weekly = make_subscriber("retrieval", days=frozenset({"fri"}))
    day.rank_due()
    clock.forward(hours=26)
    day.tidy()
    day.rank_due()
    assert [entry.state for entry in entries(weekly)] == [State.FAILED]
    clock.forward(hours=-25)
    day.rank_due()
    day.tidy()
    assert [entry.state for entry in entries(weekly)] == [State.READY]
    # The papers of its older letter are in its newer one.
    assert [entry.state for entry in entries(daily)] == [State.FAILED, State.READY]


def test_an_edition_that_a_clock_ahead_skipped_is_noted_though_it_is_too_late_by_now(
    day, make_subscriber, clock, entries
):
    """Down until the evening, a day ahead when it comes back, and right again an hour later."""
    reader = make_subscriber("retrieval")
    day.rank_due()
    for hours in (35 + 26, 1 - 26):
        clock.forward(hours=hours)
        day.rank_due()
        day.rank_due()
    found = {entry.edition_date: entry.reason for entry in entries(reader)}
    assert found[TODAY + timedelta(days=1)] == rank.MISSED


def test_nothing_is_due_during_a_pause(day, make_subscriber, stored, clock, engine, entries):
    reader = make_subscriber("retrieval")
    with engines.transaction(engine) as session:
        person = session.get(Subscriber, reader.id)
        person.paused_until = date(2026, 11, 23)
        subscribers.plan_next(session, person, clock.now)
    for _ in range(4):
        day.rank_due()
        clock.forward(days=1)
    assert [entry.edition_date for entry in entries(reader)] == [date(2026, 11, 23)]


def test_only_chosen_weekdays_have_letters(day, make_subscriber, stored, clock, entries):
    reader = make_subscriber("retrieval", days=frozenset({"sat", "mon"}))
    for _ in range(9):
        day.rank_due()
        clock.forward(days=1)
    assert [f"{entry.edition_date:%a}" for entry in entries(reader)] == ["Sat", "Mon", "Sat"]


def test_an_edition_is_dated_by_the_readers_own_calendar(
    day, make_subscriber, stored, clock, entries
):
    tokyo = make_subscriber("retrieval", zone="Asia/Tokyo", hour=7)
    clock.now = NOW + timedelta(hours=14)
    day.rank_due()
    assert entries(tokyo)[-1].edition_date == date(2026, 11, 21)


def test_an_evening_reader_who_wants_mornings_from_now_on_still_gets_todays_letter(
    day, make_subscriber, stored, clock, entries, engine, logged
):
    reader = make_subscriber("retrieval", hour=22)
    day.rank_due()
    clock.forward(hours=11)
    with engines.transaction(engine) as session:
        person = session.get(Subscriber, reader.id)
        person.hour = 7
        subscribers.plan_anew(session, person, clock.now)
    clock.forward(seconds=30)
    day.rank_due()
    assert _states(entries(reader))[-1] == (TODAY, State.READY, "")
    assert _due_at(engine, reader) == NOW + timedelta(hours=22)
    assert "editions_missed" not in [each["event"] for each in logged]


def test_an_edition_out_of_turn_takes_the_place_of_that_days_own(
    day, make_subscriber, stored, clock, entries, engine
):
    reader = make_subscriber("retrieval", hour=10)
    with engines.transaction(engine) as session:
        subscribers.plan_next(session, session.get(Subscriber, reader.id), clock.now)
    assert day.rank_edition(None, everyone=True).n_letters == 1
    assert _due_at(engine, reader) == NOW + timedelta(days=1, hours=1)
    clock.forward(hours=2)
    assert day.rank_due().n_subscribers == 0
    assert len(entries(reader)) == 1


def test_an_edition_of_another_day_leaves_todays_due(
    day, make_subscriber, stored, entries, store_papers
):
    reader = make_subscriber("retrieval")
    yesterday = TODAY - timedelta(days=1)
    day.rank_edition(yesterday, everyone=False)
    day.rank_due()
    assert [entry.edition_date for entry in entries(reader)] == [yesterday, TODAY]


def test_an_edition_of_a_day_is_for_those_who_get_one_on_that_weekday(
    day, make_subscriber, stored, entries
):
    friday = make_subscriber("retrieval", days=frozenset({"fri"}))
    monday = make_subscriber("retrieval", days=frozenset({"mon"}))
    day.rank_edition(TODAY, everyone=False)
    assert (len(entries(friday)), len(entries(monday))) == (1, 0)
    day.rank_edition(TODAY, everyone=True)
    assert len(entries(monday)) == 1


def test_many_are_ranked_in_shards(day, make_subscriber, stored, entries, monkeypatch):
    monkeypatch.setattr(rank, "SHARD", 2)
    for _ in range(5):
        make_subscriber("retrieval")
    assert day.rank_due().n_letters == 5
    assert len(entries()) == 5


def test_a_set_stop_begins_no_shard(day, make_subscriber, stored, entries):
    make_subscriber("retrieval")
    day.stop.set()
    day.rank_due()
    assert entries() == []


def test_new_interests_count_from_the_next_edition_on(
    day, make_subscriber, stored, clock, engine, picked, retrieval_papers
):
    reader = make_subscriber("krill", tuning=EASY)
    day.rank_due()
    with engines.transaction(engine) as session:
        subscribers.set_interests(session, reader.id, interests.parse("retrieval"))
    clock.forward(days=1)
    day.rank_due()
    whales, retrieval = picked(reader).values()
    assert set(whales) <= set(stored[5:])
    assert set(retrieval) <= set(stored[:5])


def test_who_would_get_a_letter_is_told_without_writing_one(
    day, make_subscriber, stored, engine, dump
):
    make_subscriber()
    before = dump()
    with engines.transaction(engine) as session:
        due = rank.due.expected(session, None, False, NOW)
        assert [each.edition for each in due] == [TODAY]
        assert outbox.count_due(session, NOW) == 0
    assert dump() == before
