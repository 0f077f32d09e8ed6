import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from conftest import NOW

from app.errors import NotReady
from app.pipeline import deliver, pulse, restored
from app.store import engine as engines
from app.store import heartbeats, overtaken
from app.store.tables import State


@pytest.fixture
def path(tmp_path):
    return tmp_path / restored.FILE


def test_what_was_noted_is_read_back_and_leaves_no_draft(engine, path):
    restored.note(engine, path, NOW)
    first = restored.read(path)
    assert first == restored.Mark(NOW, name=first.name)
    restored.note(engine, path, NOW - timedelta(hours=2))
    assert restored.read(path).at > NOW
    assert restored.read(path).name == first.name
    assert [each.name for each in path.parent.glob(f"{restored.FILE}*")] == [restored.FILE]


def test_an_empty_database_is_refused_where_letters_were_sent(engine, path, tmp_path):
    restored.note(engine, path, NOW)
    restored.refuse_empty(engine, path)
    lost = engines.connect(f"sqlite:///{tmp_path / 'lost.sqlite3'}")
    with pytest.raises(NotReady, match="20 November 2026, 09:00 UTC"):
        restored.refuse_empty(lost, path)
    path.unlink()
    restored.refuse_empty(lost, path)
    lost.dispose()


def test_a_database_that_knows_what_was_sent_is_left_alone(engine, path, make_subscriber, dump):
    make_subscriber()
    assert restored.settle(engine, path, NOW) is None
    restored.note(engine, path, NOW)
    before = dump()
    assert restored.settle(engine, path, NOW) is None
    assert dump() == before


def test_what_was_due_until_then_is_settled_once_and_what_came_later_is_owed(
    engine, path, make_subscriber, entries, day, clock
):
    reader, later = make_subscriber(hour=8), make_subscriber(hour=9)
    path.write_text("2026-11-20T08:30:00Z\n")
    clock.forward(hours=2)
    found = restored.settle(engine, path, clock.now)
    assert (found.n_letters, found.n_subscribers) == (0, 1)
    assert [(entry.state, entry.reason) for entry in entries(reader)] == [
        (State.SKIPPED, overtaken.RESTORED)
    ]
    assert entries(later) == []
    assert restored.settle(engine, path, clock.now) is None
    assert day.rank_due().n_subscribers == 1
    assert len(entries(reader)) == len(entries(later)) == 1


def test_letters_that_waited_are_settled_and_their_papers_count_as_sent(
    engine, path, make_subscriber, store_papers, retrieval_papers, day, clock, entries
):
    store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval", letter_size=10)
    day.rank_due()
    clock.forward(minutes=5)
    path.write_text(clock.now.isoformat())
    assert restored.settle(engine, path, clock.now).n_letters == 1
    clock.forward(days=1)
    day.rank_due()
    assert [entry.state for entry in entries(reader)] == [State.SKIPPED] * 2
    assert entries(reader)[-1].reason.startswith("no new paper")


def test_a_mark_of_a_clock_that_ran_ahead_settles_nothing_to_come(
    engine, path, make_subscriber, entries, clock
):
    reader = make_subscriber(hour=9)
    path.write_text("2046-11-20T08:30:00Z")
    clock.forward(minutes=-1)
    assert restored.settle(engine, path, clock.now).n_subscribers == 0
    assert entries(reader) == []
    assert restored.settle(engine, path, clock.now) is None


def test_each_of_several_machines_settles_what_it_sent_last_whoever_starts_first(
    engine, path, tmp_path, make_subscriber, entries, dump
):
    backup = NOW - timedelta(hours=2)
    files = [path.with_name(f"{name}-{path.name}") for name in ("ada", "bo", "chidi")]
    for each in files:
        restored.note(engine, each, backup)
    names = [restored.read(each).name for each in files]
    assert len(set(names)) == 3
    early, later, owed = (make_subscriber(hour=hour) for hour in (7, 8, 9))
    # Each sent on after the backup was made, and the last was the second.
    for each, name, at in zip(files, names, ("07:20", "08:20", "07:30"), strict=True):
        each.write_text(f"2026-11-20T{at}:00Z 0 0 {name}\n")

    found = [restored.settle(engine, each, NOW) for each in (files[0], files[1], files[2])]

    assert [each.n_subscribers for each in found] == [1, 1, 0]
    assert [len(entries(each)) for each in (early, later, owed)] == [1, 1, 0]
    before = dump()
    assert [restored.settle(engine, each, NOW) for each in files] == [None] * 3
    assert dump() == before


@pytest.mark.postgres
def test_machines_that_start_at_once_settle_in_turn(
    settings, engine, path, make_subscriber, entries
):
    files = [path.with_name(f"{n}-{path.name}") for n in range(3)]
    readers = [make_subscriber(hour=hour) for hour in (7, 8, 9)]
    for n, each in enumerate(files):
        restored.note(engine, each, NOW - timedelta(hours=3))
        name = restored.read(each).name
        each.write_text(f"2026-11-20T0{8 - n}:20:00Z 0 0 {name}\n")
    engine_of_each = [engines.connect(settings.database) for _ in files]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(restored.settle, engine_of_each, files, [NOW] * 3))

    # Whoever was first: the others found settled what the first had settled already.
    assert sum(each.n_subscribers for each in found) == 2
    assert [len(entries(each)) for each in readers] == [1, 1, 0]


def test_a_file_whose_row_went_long_ago_settles_nothing(engine, path, make_subscriber, entries):
    reader = make_subscriber(hour=7)
    path.write_text(f"{NOW - timedelta(days=40):%Y-%m-%dT%H:%M:%SZ} 0 0 long-ago\n")
    restored.note(engine, path.with_name("another"), NOW)
    assert restored.settle(engine, path, NOW) is None
    assert entries(reader) == []


def test_files_of_machines_that_are_gone_leave_no_rows_for_ever(engine, path):
    def rows():
        with engines.transaction(engine) as session:
            return [name for name in heartbeats.latest(session) if name.startswith("sending/")]

    for n in range(3):
        restored.note(engine, path.with_name(f"gone-{n}"), NOW + timedelta(days=n))
    assert len(rows()) == 3
    restored.note(engine, path, NOW + timedelta(days=31, hours=12))
    assert len(rows()) == 2


def test_a_mark_that_cannot_be_kept_leaves_no_row(engine, tmp_path):
    restored.note(engine, tmp_path / "nowhere" / restored.FILE, NOW)
    with engines.transaction(engine) as session:
        assert set(heartbeats.latest(session)) == {heartbeats.SENDING}


@pytest.mark.parametrize(
    "text", ["", "yesterday", "\x00", "2026-13-40", "2026-11-20 many", "2026-11-20 1 2 3 4"]
)
def test_a_file_without_a_moment_is_refused_with_the_cure(path, text):
    path.write_text(text)
    with pytest.raises(NotReady, match="should hold the moment until which letters were sent"):
        restored.read(path)


def test_letters_leave_though_the_mark_cannot_be_kept(engine, tmp_path, logged):
    restored.note(engine, tmp_path / "nowhere" / restored.FILE, NOW)
    assert [line["event"] for line in logged] == ["sent_until_not_kept"]


@pytest.mark.sqlite
def test_a_backup_put_back_under_a_running_service_sends_nothing_again(
    day, letters, settings, tmp_path, sink, stored, clock
):
    """As `sqlite3 paperboy.sqlite3 ".restore copy"` does; nobody has stopped the service."""
    letters(3)
    with (
        closing(sqlite3.connect(settings.data_dir / "paperboy.sqlite3")) as live,
        closing(sqlite3.connect(tmp_path / "copy")) as copy,
    ):
        live.backup(copy)
        asyncio.run(day.deliver())
        copy.backup(live)
    clock.forward(minutes=1)
    day.rank_due()
    asyncio.run(day.deliver())
    assert len(sink.taken) == 3
    assert {(entry.state, entry.reason) for entry in stored()} == {
        (State.SKIPPED, overtaken.RESTORED)
    }


def test_a_beat_tells_no_restored_database_that_it_knows_what_was_sent(
    engine, path, make_subscriber, alter
):
    make_subscriber()
    restored.note(engine, path, NOW)
    alter("DELETE FROM heartbeat")
    restored.note(engine, path, NOW + timedelta(minutes=1))
    assert restored.settle(engine, path, NOW + timedelta(minutes=2)) is not None


def test_a_file_that_cannot_be_read_any_more_holds_up_no_running_service(
    day, letters, settings, sink
):
    letters(1)
    day.look_back()
    (settings.data_dir / restored.FILE).mkdir()
    day.rank_due()
    asyncio.run(day.deliver())
    assert len(sink.taken) == 1


def test_a_number_that_a_lost_reader_has_in_links_is_given_to_nobody_else(
    engine, path, make_subscriber, clock
):
    known = make_subscriber()
    path.write_text(f"2026-11-20T08:30:00Z {known.id + 5} 900")
    restored.settle(engine, path, clock.now)
    assert make_subscriber().id == known.id + 6


def test_numbers_are_passed_over_in_an_empty_database_too(engine, path, make_subscriber, clock):
    path.write_text("2026-11-20T08:30:00Z 57 900")
    restored.settle(engine, path, clock.now)
    assert make_subscriber().id == 58


def test_a_run_whose_letters_were_written_after_it_began_leaves_its_mark(
    path, make_subscriber, store_papers, retrieval_papers, day
):
    store_papers(*retrieval_papers)
    make_subscriber("retrieval")

    async def run():
        beats = pulse.Beats(day.desk.engine, path, day.clock)
        async with pulse.beating(beats):
            day.rank_due()
            await deliver.deliver(day.post(lambda: setattr(beats, "sends", True)))

    asyncio.run(run())
    assert restored.read(path) is not None
