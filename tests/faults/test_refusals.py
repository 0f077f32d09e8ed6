"""Readers who are refused, and a sender who is."""

import json
import subprocess

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import select

from app import assembly, main
from app.store import brakes
from app.store import engine as engines
from app.store.tables import Paper, State, Suppression

ABOUT_US = "550 5.7.515 access denied, the sending domain does not pass authentication"


@pytest.fixture
def n_readers(request):
    return 2_000 if request.config.getoption("full") else 60


@pytest.fixture
def look(engine):
    def read(work):
        with engines.transaction(engines.reading(engine)) as session:
            return work(session)

    return read


def _suppressed(session):
    return {row.address for row in session.exec(select(Suppression))}


@pytest.mark.sqlite  # it sets days back by a function of its own
def test_only_who_is_unknown_is_suppressed_and_stays_so(
    request, n_readers, prepare, start, slow_sink, let_time_pass, alter, look, outbox_by_address
):
    people = prepare(n_readers)
    everyone = [person.address for person in people]
    n = max(n_readers * 3 // 100, 1)
    unknown, full, late = everyone[:n], everyone[n : 2 * n], everyone[2 * n : 4 * n]
    for address in unknown:
        slow_sink.at_rcpt[address] = ["550 5.1.1 no such person"] * 99
    for address in full:
        slow_sink.at_rcpt[address] = ["552 5.2.2 the mailbox is full"]
    for address in late:
        slow_sink.at_rcpt[address] = ["450 4.2.0 later"]
    for _ in range(2):
        start("run").wait(timeout=300)
        let_time_pass()
    assert look(_suppressed) == set(unknown)
    assert slow_sink.recipients() == sorted(set(everyone) - set(unknown) - set(full))
    n_days = 30 if request.config.getoption("full") else 1
    for _ in range(n_days):
        alter("DELETE FROM pick")
        alter("UPDATE outbox SET edition_date = date(edition_date, '-1 day')")
        alter(
            "UPDATE letter SET edition_date = date(edition_date, '-1 day'), "
            "message_id = message_id || edition_date"
        )
        run = start("run", "--now", stdout=subprocess.PIPE)
        said = run.communicate(timeout=300)[0]
        assert run.returncode == 0, said
    assert [slow_sink.attempts.count(address) for address in unknown] == [1] * n
    assert slow_sink.copies()[full[0]] == n_days


def test_a_refused_sender_pauses_and_blames_nobody(
    n_readers, prepare, start, slow_sink, settings, look, outbox_by_address
):
    people = prepare(n_readers)
    real = slow_sink.handle_RCPT
    refused = []

    async def refuse(server, session, envelope, address, options):
        if len(slow_sink.taken) >= n_readers // 10 and not slow_sink.forgives:
            refused.append(address)
            return ABOUT_US
        return await real(server, session, envelope, address, options)

    slow_sink.forgives, slow_sink.handle_RCPT = False, refuse
    run = start("run", "--json", stdout=subprocess.PIPE)
    said, _ = run.communicate(timeout=240)
    assert run.returncode == 1
    assert "refuses the sender (550 5.7.515" in json.loads(said)["held"]
    assert 10 <= len(refused) <= 20
    assert look(_suppressed) == set()
    states = {entry.state for entry in outbox_by_address().values()}
    assert states == {State.SENT, State.DEFERRED, State.READY}
    with TestClient(main.create_app(settings)) as client:
        ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "sender refused" in ready.text

    n_before = len(slow_sink.attempts) + len(refused)
    assert start("run").wait(timeout=240) == 1
    assert len(slow_sink.attempts) + len(refused) == n_before

    slow_sink.forgives = True
    assert start("resume").wait(timeout=240) == 0
    assert start("run").wait(timeout=240) == 0
    assert slow_sink.recipients() == sorted(person.address for person in people)
    assert {entry.state for entry in outbox_by_address().values()} == {State.SENT}


def test_after_half_an_hour_one_letter_tries_whether_the_sender_is_still_refused(
    prepare, start, slow_sink, alter, look
):
    people = prepare(15)
    slow_sink.at_rcpt["*"] = [ABOUT_US] * 11

    def an_hour_later():
        long_ago = f"{assembly.utc_now():%Y-%m-%d %H:%M:%S.%f}"
        alter("UPDATE brake SET until = :at", at=long_ago)
        alter("UPDATE outbox SET due_at = :at WHERE state != 'sent'", at=long_ago)

    assert start("run", connections=1).wait(timeout=240) == 1
    assert len(slow_sink.attempts) == 10
    an_hour_later()
    assert start("run").wait(timeout=240) == 1
    assert (len(slow_sink.attempts), slow_sink.taken) == (11, [])
    an_hour_later()
    assert start("run").wait(timeout=240) == 0
    assert slow_sink.recipients() == sorted(person.address for person in people)
    assert look(brakes.all_of) == []


def test_hostile_papers_and_a_broken_letter_keep_nobody_else_from_theirs(
    n_readers, prepare, start, slow_sink, alter, outbox_by_address, engine, check_message
):
    people = prepare(n_readers)
    with engines.transaction(engine) as session:
        first, second, third = session.exec(select(Paper).limit(3))
        first.title = "A title\u2028with a line separator"
        second.title = "A title\r\nBcc: everybody@example.org"
        third.abstract = "On retrieval. " * 75_000
        session.execute(
            text("UPDATE letter SET told = '{' WHERE id = (SELECT max(id) FROM letter)")
        )
    assert start("run").wait(timeout=300) == 1
    states = [entry.state for entry in outbox_by_address().values()]
    assert (states.count(State.FAILED), states.count(State.SENT)) == (1, n_readers - 1)
    assert len(slow_sink.taken) == n_readers - 1
    for taken in slow_sink.taken[:: max(n_readers // 60, 1)]:
        check_message(taken.raw)
    assert len({person.address for person in people} - set(slow_sink.recipients())) == 1
