"""What a scrape sees, and who may scrape."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import NOW
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import select

from app.mail import scanners
from app.main import create_app
from app.store import brakes, health, heartbeats
from app.store import engine as engines
from app.store.tables import Bounce, BounceKind, OutboxEntry, State, Suppression, Tap
from app.web.scrapes import Scrapes

HERE = ("127.0.0.1", 50_000)
ELSEWHERE = ("192.0.2.7", 50_000)


@pytest.fixture
def local(app):
    return TestClient(app, client=HERE)


@pytest.fixture
def figures(local) -> Callable[[], dict[tuple[str, ...], float]]:
    """Each sample, by name and the values of its labels."""

    def scrape():
        answer = local.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return {
            (sample.name.removeprefix("paperboy_"), *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    return scrape


@pytest.fixture
def add_entry(engine, make_reader):
    """Store an outbox entry, due an hour ago unless told otherwise, of a reader with a letter."""

    def add(name, **changes):
        reader = make_reader(f"{name}@example.org")
        made_up = {
            "subscriber_id": reader.id,
            "kind": "daily",
            "edition_date": NOW.date(),
            "letter_id": reader.letter_id,
            "due_at": NOW - timedelta(hours=1),
            "first_due_at": NOW - timedelta(hours=1),
        }
        with engines.transaction(engine) as session:
            session.add(OutboxEntry(**(made_up | changes)))
        return reader

    return add


def test_letters_are_counted_by_state_of_all_times_and_of_a_day(figures, add_entry):
    long_ago = NOW - timedelta(days=3)
    add_entry("old", state=State.SENT, due_at=long_ago, settled_at=long_ago)
    add_entry("new", state=State.SENT, settled_at=NOW - timedelta(minutes=5), doubtful=2)
    add_entry("later", state=State.DEFERRED, due_at=NOW + timedelta(hours=1))
    found = figures()
    assert found["letters", "sent"] == 2
    assert found["letters_24h", "sent"] == 1
    assert found["letters", "deferred"] == 1
    assert found["letters", "failed"] == 0
    assert found["doubtful",] == 2
    assert found["last_success_timestamp_seconds",] == NOW.timestamp() - 300


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (550, "5.1.1 no such user", "address"),
        (552, "5.2.2 mailbox full", "mailbox"),
        (554, "5.7.26 not authenticated", "policy"),
        (451, "given up: 4.7.1 try later", "given_up"),
        (0, "the letter cannot be made: no such template", "not_made"),
        (0, "connection lost: timed out", "connection"),
        (554, "we do not like you", "other"),
        (550, "it was 5.1.1 or so", "other"),
    ],
)
def test_failures_are_counted_by_what_failed(figures, add_entry, code, reason, kind):
    add_entry("ada", state=State.FAILED, code=code, reason=reason, settled_at=NOW)
    found = figures()
    assert found["failed", kind] == found["failed_24h", kind] == 1
    assert sum(n for name, n in found.items() if name[0] == "failed") == 1


def test_how_long_servers_took_is_told_as_a_histogram(figures, add_entry):
    assert figures()["smtp_seconds_bucket", "+Inf"] == 0
    for n, seconds in enumerate((0.02, 0.3, 3, 590)):
        began = NOW - timedelta(seconds=seconds)
        add_entry(f"reader{n}", state=State.SENT, claimed_at=began, settled_at=NOW)
    add_entry("waiting", claimed_at=NOW, state=State.IN_DATA)
    found = figures()
    counts = [found["smtp_seconds_bucket", le] for le in ("0.01", "0.025", "0.5", "600.0", "+Inf")]
    assert counts == [0, 1, 2, 4, 4]
    assert found["smtp_seconds_gsum",] == pytest.approx(593.32)


def test_what_waits_is_told_with_its_age(figures, add_entry):
    found = figures()
    assert found["queue_letters",] == found["queue_oldest_age_seconds",] == 0
    add_entry("ada", due_at=NOW - timedelta(minutes=7))
    add_entry("bo", state=State.DEFERRED, due_at=NOW - timedelta(minutes=20))
    add_entry("cy", due_at=NOW + timedelta(minutes=20))
    found = figures()
    assert found["queue_letters",] == 2
    assert found["queue_oldest_age_seconds",] == 20 * 60


def test_reports_suppressions_and_brakes_are_told(figures, engine, reader):
    with engines.transaction(engine) as session:
        for n, (kind, days) in enumerate(
            [(BounceKind.HARD, 0), (BounceKind.HARD, 2), (BounceKind.COMPLAINT, 0)]
        ):
            at = NOW - timedelta(days=days)
            session.add(Bounce(subscriber_id=reader.id, kind=kind, report=str(n), at=at))
        session.add(Suppression(address="bo@example.org", reason="hard bounce", since=NOW))
        brakes.put_on(session, "bounces", "too many", NOW)
    found = figures()
    assert (found["bounces", "hard"], found["bounces_24h", "hard"]) == (2, 1)
    assert found["bounces", "soft"] == 0
    assert (found["complaints",], found["complaints_24h",]) == (1, 1)
    assert found["suppressions",] == 1
    assert found["brake", "bounces"] == 1


def test_readers_papers_and_runs_are_told(figures, engine, client, reader, make_reader):
    client.post(reader.feedback("like"))
    void = Tap(letter_id=reader.letter_id, means="script", at=NOW, void=scanners.BY_TRAP)
    with engines.transaction(engine) as session:
        session.add(void)
    make_reader("late@example.org")
    with engines.transaction(engine) as session:
        heartbeats.beat(session, health.RUN_BEGAN, NOW - timedelta(minutes=3))
        heartbeats.beat(session, health.RUN_ENDED, NOW - timedelta(minutes=1))
        heartbeats.beat(session, "scheduler", NOW)
    found = figures()
    assert found["subscribers", "active"] == 2
    assert found["subscribers", "pending"] == 0
    assert found["feedback", "like"] == 1
    votes = [found["votes", state] for state in ("counted", "voided", "provisional")]
    assert votes == [0, 1, 1]
    assert found["votes_voided", scanners.BY_TRAP] == 1
    assert found["votes_voided", scanners.BY_HASTE] == 0
    assert found["papers",] == 2
    assert found["digests",] == 1
    assert found["last_digest_age_seconds",] == 4 * 3600
    assert found["run_duration_seconds",] == 120
    assert found["scheduler_timestamp_seconds",] == NOW.timestamp()


def test_what_never_happened_is_left_out(figures):
    moments = {name for name, *_ in figures() if name.endswith("_timestamp_seconds")}
    assert moments == {"counted_timestamp_seconds"}


def test_a_scrape_twice_over_counts_the_same(figures, add_entry):
    add_entry("ada", state=State.SENT, settled_at=NOW)
    assert figures() == figures()


def test_without_a_token_only_this_machine_may_ask(app, local):
    assert local.get("/metrics").status_code == 200
    assert TestClient(app, client=("::1", 1)).get("/metrics").status_code == 200
    stranger = TestClient(app, client=ELSEWHERE).get("/metrics")
    assert stranger.status_code == 403
    assert "PAPERBOY_METRICS_TOKEN" in stranger.text
    assert "paperboy_letters" not in stranger.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "x-forwarded-proto"])
def test_a_proxy_on_this_machine_does_not_open_it_to_the_world(local, header):
    assert local.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_with_a_token_its_bearer_may_ask_from_anywhere_and_nobody_else(settings, clock):
    app = create_app(settings.model_copy(update={"metrics_token": secret("tell-me")}), clock=clock)
    for client in (TestClient(app, client=HERE), TestClient(app, client=ELSEWHERE)):
        for given in ({}, {"Authorization": "Bearer tell-m"}, {"Authorization": "Basic tell-me"}):
            answer = client.get("/metrics", headers=given)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
        # Not ASCII, which a comparison of texts would choke on.
        assert client.get("/metrics", headers={"Authorization": b"Bearer \xfc"}).status_code == 401
        told = client.get("/metrics", headers={"Authorization": "Bearer tell-me"})
        assert told.status_code == 200
        assert "paperboy_letters" in told.text
    app.state.engine.dispose()


def secret(text):
    from pydantic import SecretStr

    return SecretStr(text)


def test_no_figure_names_a_person(local, add_entry):
    add_entry("ada", state=State.FAILED, code=550, reason="5.1.1 <ada@example.org> unknown")
    assert "ada" not in local.get("/metrics").text


def test_before_the_first_migration_the_cure_is_told(unmigrated):
    app = create_app(unmigrated)
    answer = TestClient(app, client=HERE).get("/metrics")
    assert answer.status_code == 503
    assert "paperboy migrate" in answer.text
    app.state.engine.dispose()


def test_a_letter_late_in_doubt_is_counted_whatever_its_state(figures, engine, add_entry):
    add_entry("ada", state=State.DEFERRED, doubtful=1)
    add_entry("bo", state=State.FAILED, doubtful=1)
    with engines.transaction(engine) as session:
        assert len(session.exec(select(OutboxEntry)).all()) == 2
    assert figures()["doubtful",] == 2


def test_a_scrape_does_not_wait_for_figures_that_take_long_to_count(app, figures, add_entry):
    hours = itertools.count(step=3600)
    app.state.scrapes = Scrapes(stopwatch=lambda: next(hours))
    figures()
    app.state.clock.forward(hours=1)
    add_entry("ada", state=State.SENT, settled_at=NOW)
    # One answer as of before, after which ten times an hour have not passed; so far to the next.
    assert [figures()["letters", "sent"] for _ in range(12)] == [0] * 9 + [1] * 3
    assert figures()["counted_timestamp_seconds",] == NOW.timestamp() + 3600
