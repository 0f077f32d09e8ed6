import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import KEY, NOW
from imap_server import ImapServer
from sqlmodel import select

from app import scheduler
from app.errors import NotReady
from app.mail import links
from app.mail.links import Tokens
from app.mail.refusal import Kind
from app.pipeline import learn
from app.store import bounces, departures, outbox, subscribers, suppressions
from app.store import engine as engines
from app.store.tables import Bounce, BounceKind, Letter, LetterKind, OutboxEntry, State, Status
from app.wire import mailbox
from app.wire.mailbox import Place

TOKENS = Tokens([KEY])
DAY = timedelta(days=1)
DSN = """Return-Path: <>
From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{nth}@mx.example.net>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your letter came back.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {named}
Action: failed
Status: {code}
Diagnostic-Code: smtp; 550 {code} no
--b--
"""
ARF = """Return-Path: <fbl@example.com>
From: fbl@example.com
To: {to}
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

Somebody pressed the button.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Example/1
Version: 1
Original-Rcpt-To: {named}
--b--
"""


@pytest.fixture
def send(engine):
    """Store a letter that was sent, days after NOW."""

    def store(person, days=0.0, **changes):
        at = NOW + days * DAY
        told = {"subscriber_id": person.id, "kind": LetterKind.DAILY, "edition_date": at.date()}
        with engines.transaction(engine) as session:
            letter = Letter(
                **told, recipient=person.address, message_id=f"<{person.id}.{days}@x>", date=at
            )
            session.add(letter)
            session.flush()
            entry = OutboxEntry(
                **told
                | {"letter_id": letter.id, "state": State.SENT, "due_at": at, "first_due_at": at}
                | {"settled_at": at, "attempts": 1}
                | changes
            )
            session.add(entry)
        return entry

    return store


def back(entry, code="5.1.1", form=DSN, nth=0, named="ada@example.net"):
    to = links.bounce_address("bounce@example.org", TOKENS, entry.subscriber_id, entry.letter_id)
    return form.format(to=to, code=code, nth=nth, named=named).encode()


@pytest.fixture
def read(engine):
    def learned(raw, days=0.0):
        return learn.learn(engine, TOKENS, raw, NOW + days * DAY)

    return learned


@pytest.fixture
def suppressed(engine):
    def reasons():
        with engines.transaction(engine) as session:
            return {row.address: row.reason for row in suppressions.all_of(session)}

    return reasons


@pytest.fixture
def person_now(engine):
    def look(person):
        with engines.transaction(engine) as session:
            return subscribers.by_id(session, person.id)

    return look


@pytest.mark.parametrize("code", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
def test_an_unknown_address_is_suppressed_at_once(
    make_subscriber, send, read, suppressed, person_now, code
):
    person, other = make_subscriber(), make_subscriber()
    assert read(back(send(person), code)) == Kind.HARD
    assert suppressed() == {person.address: f"bounced: 550 {code} no"}
    assert person_now(person).next_due_at is None
    assert person_now(other).next_due_at is not None


@pytest.mark.parametrize("code", ["5.7.1", "5.7.26", "5.7.515", "5.3.0", "4.7.0", "5.6.0"])
def test_a_refusal_of_the_sender_suppresses_nobody_however_often(
    make_subscriber, send, read, suppressed, dump, code
):
    person = make_subscriber()
    letters = [send(person, days) for days in range(10)]
    before = dump()
    for days, entry in enumerate(letters):
        assert read(back(entry, code), days) == Kind.SENDER
    assert suppressed() == {}
    after = dump()
    kept = after.pop("bounce")
    assert len(kept) == 10
    assert all(BounceKind.SENDER in row for row in kept)
    assert not before.pop("bounce")
    assert after == before


def test_a_refusal_of_the_sender_read_twice_counts_once(make_subscriber, send, read, dump):
    raw = back(send(make_subscriber()), "5.7.26")
    assert read(raw) == Kind.SENDER
    before = dump()
    assert read(raw, days=1) == Kind.NONE
    assert dump() == before


def test_a_report_read_twice_changes_nothing_more(make_subscriber, send, read, dump):
    raw = back(send(make_subscriber()))
    read(raw)
    before = dump()
    assert read(raw, days=1) == Kind.NONE
    assert dump() == before


def test_three_letters_come_back_over_three_days(make_subscriber, send, read, suppressed):
    person = make_subscriber()
    for days in (0, 1, 2):
        read(back(send(person, days), "5.2.2"), days + 0.1)
    assert suppressed() == {}
    read(back(send(person, 3), "5.2.2"), 3.1)
    assert suppressed() == {
        person.address: "4 letters came back since 20 November 2026: 550 5.2.2 no"
    }


def test_letters_that_come_back_all_at_once_or_one_often_suppress_nobody(
    make_subscriber, send, read, suppressed
):
    person, other = make_subscriber(), make_subscriber()
    entry = send(other)
    for nth in range(5):
        read(back(send(person, nth), "5.2.2"), 5 + nth / 10)
        read(back(entry, "5.2.2", nth=nth), nth)
    assert suppressed() == {}


def test_two_letters_over_any_time_suppress_nobody(make_subscriber, send, read, suppressed):
    person = make_subscriber()
    for days in (0, 30):
        read(back(send(person, days), "5.2.2"), days)
    assert suppressed() == {}


def test_a_letter_that_arrives_begins_the_count_anew(make_subscriber, send, read, suppressed):
    person = make_subscriber()
    for days in (0, 2, 6):
        read(back(send(person, days), "5.2.2"), days)
        if days == 2:
            send(person, 4)
    assert suppressed() == {}
    for days in (7, 9.5):
        read(back(send(person, days), "5.2.2"), days)
    assert person.address in suppressed()


def test_a_letter_sent_an_hour_ago_has_not_arrived_yet(make_subscriber, send, read, suppressed):
    person = make_subscriber()
    for days in (0, 2):
        read(back(send(person, days), "5.2.2"), days)
    last = send(person, 3)
    send(person, 4)
    read(back(last, "5.2.2"), 4.1)
    assert person.address in suppressed()


def test_a_complaint_from_an_address_that_was_only_typed_ends_nobodys_letters(
    make_subscriber, send, read, suppressed, person_now, engine
):
    person = make_subscriber()
    entry = send(person)
    with engines.transaction(engine) as session:
        session.get_one(Letter, entry.letter_id).recipient = "typed.by.them@example.net"

    assert read(back(entry, form=ARF, named="typed.by.them@example.net")) == Kind.COMPLAINT

    assert set(suppressed()) == {"typed.by.them@example.net"}
    assert person_now(person).status == Status.ACTIVE


def test_a_complaint_ends_the_letters_and_keeps_the_address_from_ever_more(
    make_subscriber, send, read, suppressed, person_now
):
    person = make_subscriber()
    assert read(back(send(person), form=ARF)) == Kind.COMPLAINT
    assert person_now(person).status == Status.UNSUBSCRIBED
    assert suppressed() == {person.address: "complaint: abuse reported by Example/1"}


def test_a_complaint_about_a_letter_without_its_return_path_is_its_readers_all_the_same(
    make_subscriber, read, suppressed, person_now
):
    person = make_subscriber()
    address = links.unsubscribe_address("bounce@example.org", TOKENS, person.id)
    letter = f"Subject: 5 papers\nList-Unsubscribe: <mailto:{address}?subject=unsubscribe>\n"
    part = f"--b\nContent-Type: text/rfc822-headers\n\n{letter}\n--b--"
    raw = ARF.replace("--b--", part).format(to="fbl@example.org", named="redacted").encode()
    assert read(raw) == Kind.COMPLAINT
    assert read(raw) == Kind.NONE
    assert person_now(person).status == Status.UNSUBSCRIBED
    assert set(suppressed()) == {person.address}


def test_a_mail_to_the_unsubscribe_address_unsubscribes(
    make_subscriber, read, suppressed, person_now
):
    person = make_subscriber()
    to = links.unsubscribe_address("bounce@example.org", TOKENS, person.id)
    raw = f"From: {person.address}\nTo: {to}\nSubject: unsubscribe\n\n".encode()
    assert read(raw) == Kind.UNSUBSCRIBE
    assert read(raw) == Kind.NONE
    assert person_now(person).status == Status.UNSUBSCRIBED
    assert suppressed() == {}


def test_forged_reports_harm_nobody(make_subscriber, send, read, dump):
    victims = [make_subscriber() for _ in range(3)]
    entries = [send(victim) for victim in victims]
    real = links.bounce_address("b@example.org", TOKENS, entries[0].subscriber_id, 1)
    other_key = Tokens(["the key of somebody else"])
    flipped = real.replace("+b", "+ba") if "+ba" not in real else real.replace("+ba", "+bb")
    before = dump()
    forged = [
        "bounce@example.org",
        victims[0].address,
        flipped,
        real.replace("+b", "+u"),
        real.replace("@", "a@"),
        links.bounce_address("b@example.org", other_key, victims[0].id, entries[0].letter_id),
        links.unsubscribe_address("b@example.org", other_key, victims[0].id),
        links.bounce_address("b@example.org", TOKENS, 10**6, 10**6),
    ]
    for to in forged:
        for form in (DSN, ARF, "To: {to}\n\nunsubscribe"):
            for victim, code in zip(victims, ("5.1.1", "5.2.1", "5.2.2"), strict=True):
                raw = form.format(to=to, code=code, nth=0, named=victim.address).encode()
                assert read(raw) == Kind.NONE
    assert dump() == before


def test_what_people_answer_changes_nothing(make_subscriber, send, read, dump):
    entry = send(make_subscriber())
    to = links.bounce_address("b@example.org", TOKENS, entry.subscriber_id, entry.letter_id)
    before = dump()
    for head in ("Auto-Submitted: auto-replied", "Subject: Out of office", "Subject: Re: papers"):
        read(f"Return-Path: <>\nTo: {to}\n{head}\n\n550 5.1.1 user unknown".encode())
    assert dump() == before


def test_the_old_address_of_somebody_is_suppressed_and_not_the_new(
    engine, make_subscriber, send, read, suppressed, person_now, alter
):
    person = make_subscriber()
    entry, old = send(person), person.address
    alter("UPDATE subscriber SET address = 'new@example.org'")
    read(back(entry))
    assert list(suppressed()) == [old]
    assert person_now(person).next_due_at is not None


def test_a_suppressed_address_is_not_mailed_what_waits(engine, make_subscriber, send, read):
    person = make_subscriber()
    waiting = send(person, 1, state=State.READY, settled_at=None)
    read(back(send(person)))
    with engines.transaction(engine) as session:
        assert departures.claim_due(session, NOW + 2 * DAY, 10) == []
        assert outbox.of_edition(session, person.id, waiting.edition_date).state == State.SUPPRESSED


def test_a_lifted_address_is_due_again_and_its_count_begins_anew(
    engine, make_subscriber, send, read, suppressed, person_now
):
    person = make_subscriber()
    for days in (0, 2, 4):
        read(back(send(person, days), "5.2.2"), days)
    assert person.address in suppressed()
    with engines.transaction(engine) as session:
        assert learn.lift(session, person.address, NOW + 5 * DAY)
        assert not learn.lift(session, person.address, NOW + 5 * DAY)
    assert person_now(person).next_due_at > NOW + 5 * DAY
    read(back(send(person, 6), "5.2.2"), 6)
    assert suppressed() == {}


@pytest.mark.parametrize(
    ("code", "reply", "kind", "is_suppressed"),
    [
        (550, "5.1.1 no such person", Kind.HARD, True),
        (550, "5.2.1 disabled", Kind.HARD, True),
        (550, "No such user here", Kind.HARD, True),
        (552, "5.2.2 full", Kind.SOFT, False),
        (450, "5.1.1 an odd server", Kind.SOFT, False),
        (452, "4.2.2 full", Kind.SOFT, False),
        (550, "5.7.26 unauthenticated", Kind.SENDER, False),
        (550, "5.7.1 <a@b.org>: user unknown", Kind.SENDER, False),
        (554, "transaction failed", Kind.NONE, False),
        (550, "5.4.4 no host", Kind.NONE, False),
        (451, "try later", Kind.NONE, False),
        (0, "connection lost: 5 1 1", Kind.NONE, False),
    ],
)
def test_the_servers_own_words_are_judged(
    engine, make_subscriber, send, suppressed, code, reply, kind, is_suppressed
):
    person = make_subscriber()
    entry = send(person, state=State.FAILED)
    with engines.transaction(engine) as session:
        assert learn.judge_rejection(session, entry, code, reply, NOW) == kind
        assert learn.judge_rejection(session, entry, code, reply, NOW) == kind
        kept = len(bounces.of_subscriber(session, person.id))
    assert kept == (kind in {Kind.HARD, Kind.SOFT})
    assert (person.address in suppressed()) == is_suppressed


def test_a_mailbox_full_for_days_is_given_up(engine, make_subscriber, send, suppressed):
    person = make_subscriber()
    for days in (0, 1, 2, 3):
        entry = send(person, days, state=State.FAILED)
        with engines.transaction(engine) as session:
            learn.judge_rejection(session, entry, 552, "5.2.2 full", NOW + days * DAY)
        assert (person.address in suppressed()) == (days == 3)


@pytest.fixture
def maildir(tmp_path):
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


@pytest.fixture
def reader(engine, maildir, clock):
    return learn.Reader(engine, TOKENS, Place(f"maildir:{maildir}"), clock)


def drop(maildir: Path, *mails: bytes) -> None:
    for n, raw in enumerate(mails):
        (maildir / "new" / f"{n:06}.mx").write_bytes(raw)


def test_the_mailbox_is_read_and_counted(make_subscriber, send, maildir, reader, suppressed):
    hard, soft = make_subscriber(), make_subscriber()
    drop(maildir, back(send(hard)), back(send(soft), "5.2.2"), b"hello", b"")
    tally = learn.read_mailbox(reader)
    assert (tally.read, tally.ignored, tally.failed) == (4, 2, 0)
    assert tally.kinds == {"hard": 1, "soft": 1, "none": 2}
    assert list(suppressed()) == [hard.address]
    assert list((maildir / "new").iterdir()) == []
    assert learn.read_mailbox(reader).read == 0


def test_a_mail_is_confirmed_only_after_it_was_stored(
    engine, make_subscriber, send, maildir, reader, suppressed, alter
):
    person = make_subscriber()
    drop(maildir, back(send(person)))
    alter("ALTER TABLE bounce RENAME TO elsewhere")
    with pytest.raises(NotReady):
        learn.read_mailbox(reader)
    assert len(list((maildir / "new").iterdir())) == 1
    alter("ALTER TABLE elsewhere RENAME TO bounce")
    assert learn.read_mailbox(reader).kinds == {"hard": 1}
    assert list(suppressed()) == [person.address]


@pytest.mark.sqlite
def test_mails_that_cannot_be_stored_keep_no_later_batch_waiting(
    engine, make_subscriber, send, maildir, reader, suppressed, alter
):
    bad, good = make_subscriber(), make_subscriber()
    drop(maildir, back(send(bad)), *[b"hello"] * mailbox.MOST_AT_ONCE, back(send(good)))
    alter(
        "CREATE TRIGGER broken BEFORE INSERT ON suppression "
        f"WHEN NEW.address = '{bad.address}' BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    tally = learn.read_mailbox(reader)
    assert (tally.read, tally.failed) == (mailbox.MOST_AT_ONCE + 2, 1)
    assert list(suppressed()) == [good.address]
    assert [path.name for path in (maildir / "new").iterdir()] == ["000000.mx"]


def test_one_mail_that_cannot_be_stored_keeps_no_other_waiting(
    engine, make_subscriber, send, maildir, reader, suppressed, alter, logged
):
    bad, good = make_subscriber(), make_subscriber()
    drop(maildir, back(send(bad)), back(send(good)))
    alter(
        "CREATE TRIGGER broken BEFORE INSERT ON suppression "
        f"WHEN NEW.address = '{bad.address}' BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    tally = learn.read_mailbox(reader)
    assert (tally.read, tally.failed) == (2, 1)
    assert list(suppressed()) == [good.address]
    assert [path.name for path in (maildir / "new").iterdir()] == ["000000.mx"]
    assert [line["event"] for line in logged].count("report_failed") == 1


def test_more_mails_than_a_batch_holds_are_read_in_one_go_and_none_is_answered(
    make_subscriber, send, maildir, reader, suppressed, entries
):
    letters = [send(make_subscriber()) for _ in range(4)]
    reports = [back(letters[n % 4], "5.2.2", nth=n) for n in range(40)]
    drop(maildir, *reports, *[b"hello"] * mailbox.MOST_AT_ONCE, back(letters[0]))
    tally = learn.read_mailbox(reader)
    assert tally.kinds == {"soft": 40, "none": mailbox.MOST_AT_ONCE, "hard": 1}
    assert list(suppressed()) == ["reader1@example.org"]
    assert len(entries()) == 4


def test_a_stop_ends_the_reading_and_loses_nothing(make_subscriber, send, maildir, reader):
    drop(maildir, back(send(make_subscriber())), b"hello")
    reader.stop.set()
    assert learn.read_mailbox(reader).read == 0
    assert len(list((maildir / "new").iterdir())) == 2


def test_an_imap_mailbox_is_read_to_its_end(engine, make_subscriber, send, clock, suppressed):
    person = make_subscriber()
    with ImapServer(back(send(person)), b"hello") as server:
        place = Place(f"imap://me@127.0.0.1:{server.port}/INBOX", server.password)
        assert learn.read_mailbox(learn.Reader(engine, TOKENS, place, clock)).read == 2
        assert server.seen == {11, 12}
    assert list(suppressed()) == [person.address]


def test_a_mailbox_that_is_down_is_told_once_until_it_is_back(settings, make_day, maildir, logged):
    day = make_day(settings.model_copy(update={"bounce_mailbox": f"maildir:{maildir}"}))
    aside = maildir.with_name("aside")
    for _ in range(2):
        maildir.rename(aside)
        day.learn_quietly()
        day.learn_quietly()
        aside.rename(maildir)
        day.learn_quietly()
    assert [line["event"] for line in logged].count("mailbox_unreadable") == 2


def test_without_a_mailbox_nothing_is_read(day):
    assert day.learn() == learn.Tally()


def test_reports_of_the_day_are_read_with_the_services_own_keys(
    engine, settings, make_day, make_subscriber, send, maildir, suppressed
):
    person = make_subscriber()
    drop(maildir, back(send(person)))
    day = make_day(settings.model_copy(update={"bounce_mailbox": f"maildir:{maildir}"}))
    assert day.learn().kinds == {"hard": 1}
    assert list(suppressed()) == [person.address]
    with engines.transaction(engine) as session:
        assert session.exec(select(Bounce.code)).all() == ["5.1.1"]


def test_the_scheduler_reads_the_mailbox_without_anybody_asking(
    settings, make_day, make_subscriber, send, maildir, suppressed
):
    person = make_subscriber()
    drop(maildir, back(send(person)))
    day = make_day(settings.model_copy(update={"bounce_mailbox": f"maildir:{maildir}"}))

    async def run():
        async with scheduler.Ticks(day, timedelta(hours=1)).running(), asyncio.timeout(120):
            while list((maildir / "new").iterdir()):
                await asyncio.sleep(0.01)

    asyncio.run(run())
    assert list(suppressed()) == [person.address]


def test_no_address_is_logged_or_kept_as_a_reason(
    engine, make_subscriber, send, suppressed, logged
):
    person = make_subscriber()
    entry = send(person, state=State.FAILED)
    with engines.transaction(engine) as session:
        learn.judge_rejection(session, entry, 550, f"5.1.1 <{person.address}> unknown", NOW)
    assert suppressed() == {person.address: "bounced: 5.1.1 <…> unknown"}
    assert person.address not in repr(logged)
