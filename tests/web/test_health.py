"""Each broken part turns readiness red, and says so."""

import shutil
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from conftest import NOW
from fastapi.testclient import TestClient

from app.main import create_app
from app.store import brakes, heartbeats, sources, subscribers
from app.store import engine as engines
from app.store.sources import Outcome
from app.store.tables import OutboxEntry, SourceState, State


@asynccontextmanager
async def beside(_app):
    yield


@pytest.fixture
def serving(settings, clock):
    """A service that runs a scheduler beside its pages."""
    app = create_app(settings, clock=clock, lifespan=beside)
    yield TestClient(app)
    app.state.engine.dispose()


@pytest.fixture
def wait(engine, reader):
    """Put a letter into the outbox that has been due for some time."""

    def add(state=State.READY, **time):
        due = NOW - timedelta(**time)
        entry = OutboxEntry(
            subscriber_id=reader.id,
            kind="daily",
            edition_date=NOW.date(),
            letter_id=reader.letter_id,
            state=state,
            due_at=due,
            first_due_at=due,
        )
        with engines.transaction(engine) as session:
            session.add(entry)

    return add


def beat(engine, moment):
    with engines.transaction(engine) as session:
        heartbeats.beat(session, "scheduler", moment)


def test_a_service_where_all_is_well_is_ready(serving, engine):
    beat(engine, NOW)
    answer = serving.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


def test_a_full_disk_is_told(client, monkeypatch, settings):
    asked = []

    def full(folder):
        asked.append(folder)
        return SimpleNamespace(total=1000, used=951, free=49)

    monkeypatch.setattr(shutil, "disk_usage", full)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.text.startswith(f"The disk of {settings.data_dir} is full but for 4.9%")
    assert asked == [settings.data_dir]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=1000, free=50))
    assert client.get("/readyz").status_code == 200


def test_a_data_folder_that_is_gone_is_told(settings, clock, tmp_path):
    gone = settings.model_copy(
        update={"data_dir": tmp_path / "gone", "database_url": settings.database}
    )
    app = create_app(gone, clock=clock)
    answer = TestClient(app).get("/readyz")
    assert answer.status_code == 503
    assert "cannot be read: No such file or directory." in answer.text
    app.state.engine.dispose()


def test_a_database_that_is_gone_is_told_and_the_process_still_lives(
    client, settings, engine, lose_database
):
    engine.dispose()
    lose_database()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    told = "does not work" if settings.database_url else "file is damaged"
    assert f"The database {told}" in answer.text
    assert client.get("/healthz").text == "ok\n"


def test_a_scheduler_that_stopped_ticking_is_told_after_ninety_seconds(serving, engine, clock):
    beat(engine, NOW)
    clock.forward(seconds=90)
    assert serving.get("/readyz").status_code == 200
    clock.forward(seconds=1)
    answer = serving.get("/readyz")
    assert answer.status_code == 503
    assert answer.text.startswith("The scheduler has not ticked for 91 seconds")
    beat(engine, clock.now)
    assert serving.get("/readyz").status_code == 200


def test_a_scheduler_that_never_ticked_has_as_long_from_the_start(serving, engine, clock):
    beat(engine, NOW - timedelta(days=3))  # of the process before this one
    assert serving.get("/readyz").status_code == 200
    clock.forward(seconds=91)
    assert serving.get("/readyz").status_code == 503


def test_slow_ticks_that_were_asked_for_are_no_fault(settings, clock, engine):
    slow = settings.model_copy(update={"tick": timedelta(minutes=5)})
    app = create_app(slow, clock=clock, lifespan=beside)
    beat(engine, NOW)
    clock.forward(minutes=15)
    assert TestClient(app).get("/readyz").status_code == 200
    clock.forward(seconds=1)
    assert TestClient(app).get("/readyz").status_code == 503
    app.state.engine.dispose()


def test_pages_without_a_scheduler_need_none(client, engine, clock):
    beat(engine, NOW)
    clock.forward(hours=1)
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("state", [State.READY, State.DEFERRED])
def test_a_letter_that_nobody_sends_is_told_after_half_an_hour(client, wait, clock, state):
    wait(state, minutes=30)
    assert client.get("/readyz").status_code == 200
    clock.forward(seconds=1)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    told = "The oldest letter that is due has waited for 30 minutes (1 wait in all); "
    assert answer.text.startswith(told)


def test_readers_whose_letters_nobody_writes_are_told_after_half_an_hour(client, engine, reader):
    def due_since(**time):
        with engines.transaction(engine) as session:
            person = subscribers.by_id(session, reader.id)
            person.next_due_at = NOW - timedelta(**time)
            session.add(person)
        return client.get("/readyz")

    assert due_since(minutes=30).status_code == 200
    answer = due_since(minutes=31)
    assert answer.status_code == 503
    told = "A letter has been due for 31 minutes, and nobody writes it (1 waits to be written); "
    assert answer.text.startswith(told)


def test_a_letter_that_was_sent_or_is_to_wait_is_no_fault(client, wait):
    wait(State.SENT, hours=5)
    assert client.get("/readyz").status_code == 200


def test_a_deferred_letter_whose_time_is_to_come_is_no_fault(client, wait):
    wait(State.DEFERRED, minutes=-30)
    assert client.get("/readyz").status_code == 200


def test_a_brake_is_told_with_its_reason_until_it_is_off(client, engine):
    with engines.transaction(engine) as session:
        brakes.put_on(session, "complaints", "3 of 1000 called it spam.", NOW)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.text == (
        "Sending is held since 20 November 2026, 09:00 UTC (complaints): 3 of 1000 called it "
        "spam. `paperboy resume` lets it go on.\n"
    )
    with engines.transaction(engine) as session:
        brakes.take_off(session, "complaints")
    assert client.get("/readyz").status_code == 200


def test_everything_broken_is_told_at_once(client, engine, wait):
    wait(hours=1)
    with engines.transaction(engine) as session:
        brakes.put_on(session, "bounces", "too many", NOW)
    assert len(client.get("/readyz").text.splitlines()) == 2


def test_a_source_that_brings_nothing_for_long_turns_it_red(serving, engine):
    beat(engine, NOW)
    with engines.transaction(engine) as session:
        source = sources.named(session, "feed:https://a.example/rss?key=secret")
        sources.note_last(session, source, Outcome(SourceState.FAILED, "It answers 500."), NOW)
        source.good_at = NOW - timedelta(hours=37)
    answer = serving.get("/readyz")
    assert (answer.status_code, answer.text) == (
        503,
        "The source feed:https://a.example/rss has brought nothing since 18 November, 20:00 UTC: "
        "It answers 500.\n",
    )
