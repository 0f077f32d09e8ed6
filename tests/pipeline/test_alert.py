"""What the operator must know is told once, until it is gone."""

import asyncio
import itertools
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW
from smtp_sink import Sink
from web_hook import WebHook

from app.papers.paper import Paper
from app.pipeline import admission
from app.pipeline.alert import Ways
from app.store import brakes, departures, heartbeats, outbox, sources, submissions
from app.store import engine as engines
from app.store.sources import Outcome
from app.store.tables import (
    Bounce,
    BounceKind,
    LetterKind,
    OutboxEntry,
    SourceState,
    State,
    SubmissionState,
)
from app.wire.server import Server

OPERATOR = "operator@example.org"
NOBODY = Server("127.0.0.1", 1)


@pytest.fixture
def post():
    with Sink() as post:
        yield post


@pytest.fixture
def hook():
    with WebHook() as hook:
        yield hook


@pytest.fixture
def told(day, post, hook):
    """The service with both ways."""
    day.server = post.server
    day.ways = Ways(OPERATOR, hook.url)
    return day


@pytest.fixture
def brake(engine, clock):
    def put_on(name="bounces", reason="12 of the last 200 letters bounced"):
        with engines.transaction(engine) as session:
            brakes.put_on(session, name, reason, clock.now)

    return put_on


def test_what_holds_sending_is_told_by_both_ways(told, post, hook, brake):
    brake()
    told.tell()
    (mail,) = post.taken
    assert (mail.recipient, mail.sender) == (OPERATOR, "paperboy@example.org")
    assert mail.message["Subject"] == "Paperboy: sending is held (bounces)"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    (said,) = hook.posted
    assert said["alert"] == "sending is held (bounces)"
    assert said["from"] == "example.org"
    sentence = "Sending is held since 20 November 2026, 09:00 UTC (bounces): 12 of the last 200"
    assert sentence in said["text"]
    assert sentence[:60] in mail.message.get_content()


def test_each_cause_is_told_once_until_it_is_gone(told, post, hook, brake, engine, clock):
    brake()
    for _ in range(3):
        told.tell()
        clock.forward(hours=2)
    brake("sender refused", "550 5.7.515")
    told.tell()
    assert [said["alert"] for said in hook.posted] == [
        "sending is held (bounces)",
        "sending is held (sender refused)",
    ]
    with engines.transaction(engine) as session:
        brakes.take_off(session, "bounces")
    told.tell()
    brake()
    told.tell()
    assert [said["alert"] for said in hook.posted].count("sending is held (bounces)") == 2
    assert len(post.taken) == len(hook.posted) == 3


@pytest.fixture
def receive(engine, make_subscriber, clock):
    """Note that so many letters left, and that so many came back."""
    reader, days = make_subscriber(), itertools.count()
    reports = itertools.count()

    def note(n_sent, n_bounced):
        now = {"due_at": clock.now, "first_due_at": clock.now, "settled_at": clock.now}
        sent = {"kind": LetterKind.DAILY, "state": State.SENT, "code": 250} | now
        with engines.transaction(engine) as session:
            for _ in range(n_sent):
                day = NOW.date() - timedelta(days=next(days))
                session.add(OutboxEntry(subscriber_id=reader.id, edition_date=day, **sent))
            for _ in range(n_bounced):
                told = {"kind": BounceKind.HARD, "report": str(next(reports)), "at": clock.now}
                session.add(Bounce(subscriber_id=reader.id, **told))

    return note


def test_a_rate_that_comes_and_goes_at_its_limit_is_told_once_a_day(told, hook, receive, clock):
    def look(*received):
        for n_sent, n_bounced in received:
            clock.forward(minutes=5)
            receive(n_sent, n_bounced)
            told.tell()
        return [said["alert"] for said in hook.posted]

    danger = "sending is in danger (bounces)"
    assert look((200, 4), (1, 0), (1, 1), (50, 0), (1, 1)) == [danger]
    clock.forward(days=1)
    assert look((50, 0), (300, 0)) == [danger]
    assert look((1, 7)) == [danger, danger]


def test_two_programs_do_not_tell_the_same_twice(told, post, brake):
    brake()
    both = [threading.Thread(target=told.tell) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(post.taken) == 1


def test_silence_is_told_after_twenty_six_hours(told, hook, letters, clock):
    letters(2)
    clock.forward(hours=25, minutes=59)
    told.tell()
    assert hook.posted == []
    clock.forward(minutes=1)
    told.tell()
    assert [said["alert"] for said in hook.posted] == ["sending is in danger (silence)"]
    assert "taken no letter" in hook.posted[0]["text"]


def test_editions_missed_are_told(told, hook, make_subscriber, clock):
    make_subscriber("retrieval")
    clock.forward(days=1, hours=4)
    told.rank_due()
    told.tell()
    assert "editions missed" in [said["alert"] for said in hook.posted]
    clock.forward(days=2)
    told.tell()
    with engines.transaction(told.desk.engine) as session:
        assert "told editions missed" not in heartbeats.latest(session)


@pytest.mark.parametrize(
    ("n", "said"),
    [(1, "1 letter may have arrived, and waits"), (2, "2 letters may have arrived, and wait")],
)
def test_letters_in_doubt_are_told(told, hook, letters, engine, entries, n, said):
    letters(n)
    with engines.transaction(engine) as session:
        for entry in departures.claim_due(session, NOW, n):
            departures.begin_data(session, [entry.id], NOW)
            outbox.hold(session, entry.id, NOW, "connection lost")
    told.tell()
    assert hook.posted[0]["text"].startswith(f"Paperboy: {said} for your word")


def test_a_flood_of_sign_ups_is_told_once_however_long_it_lasts(told, hook, engine, clock):
    def sign_up(n):
        with engines.transaction(engine) as session:
            for k in range(n):
                address = f"victim{k}.{clock.now:%H%M}@example.org"
                admission.book(session, told.desk.head.links.tokens, address, clock.now)

    sign_up(admission.PER_HOUR)
    told.tell()
    assert hook.posted == []
    for _ in range(4):
        sign_up(20)
        told.tell()
        clock.forward(minutes=50)
        told.tell()
    assert [said["alert"] for said in hook.posted] == ["too many sign-ups"]
    assert "the 60 an hour" in hook.posted[0]["text"]
    clock.forward(hours=12)
    told.tell()
    sign_up(admission.PER_HOUR + 1)
    told.tell()
    assert len(hook.posted) == 2


def test_a_source_that_is_silent_for_long_is_told(told, hook, engine, clock):
    with engines.transaction(engine) as session:
        source = sources.named(session, "hf-daily")
        failed = Outcome(SourceState.FAILED, "huggingface.co answers 500.")
        sources.note_last(session, source, failed, clock.now)
        source.good_at = clock.now - timedelta(hours=37)
    told.tell()
    (said,) = hook.posted
    assert said["alert"] == "a source is silent (hf-daily)"
    assert "has brought nothing since 18 November, 20:00 UTC: huggingface.co" in said["text"]


def test_one_way_is_enough_and_what_nobody_heard_is_told_again_later(
    told, post, hook, brake, clock, logged
):
    brake()
    reached, told.server = told.server, NOBODY
    hook.answers = [500]
    for _ in range(5):
        told.tell()
    assert len(hook.posted) == 1
    assert [line["event"] for line in logged].count("alert_not_mailed") == 1
    assert not any("of-nobody-else" in str(line) for line in logged)
    clock.forward(hours=1)
    told.tell()
    assert len(hook.posted) == 2
    clock.forward(hours=9)
    told.server = reached
    told.tell()
    assert (len(hook.posted), post.taken) == (2, [])


def test_without_a_way_it_is_logged_once(told, post, brake, logged):
    told.ways = Ways()
    brake()
    told.tell()
    told.tell()
    assert [line["event"] for line in logged].count("alert") == 1
    assert post.taken == []


def test_a_stop_does_not_wait_for_a_server_that_says_nothing(told, hook, brake):
    brake()

    class Deaf(Sink):
        async def handle_MAIL(self, *args):  # noqa: N802
            told.stop.set()
            await asyncio.sleep(30)

    with Deaf() as deaf:
        told.server = deaf.server
        told.ways = replace(told.ways, webhook="")
        told.tell()
    with engines.transaction(told.desk.engine) as session:
        assert "told sending is held (bounces)" not in heartbeats.latest(session)


def test_all_is_well_where_nothing_is_wrong(told, post, hook, letters, clock):
    letters(2)
    asyncio.run(told.deliver())
    n = len(post.taken)
    clock.forward(hours=3)
    told.tell()
    assert (len(post.taken), hook.posted) == (n, [])


def test_papers_that_wait_for_a_nod_are_told_of_once_a_day_at_most(told, hook, engine, clock):
    def send(name):
        with engines.transaction(engine) as session:
            row = submissions.named(session, f"doi:10.1000/{name}", name, clock.now)
            submissions.tell(row, Paper(name))
            row.state = SubmissionState.FOUND
            session.add(row)

    def decide():
        with engines.transaction(engine) as session:
            for row in submissions.in_states(session, [SubmissionState.FOUND], 10):
                row.state = SubmissionState.DECLINED
                session.add(row)

    def tell(**later):
        clock.forward(**later)
        told.tell()
        return [said["text"] for said in hook.posted]

    assert tell(hours=1) == []
    send("moons")
    (text,) = tell(hours=1)
    assert "1 paper that people sent in waits for your nod" in text
    decide()
    send("tides")
    assert len(tell(hours=1)) == 1
    tell(hours=24)
    assert len(tell(hours=1)) == 2
    assert len([*(tell(hours=6) for _ in range(20))][-1]) < 6  # nobody is nagged for ever
