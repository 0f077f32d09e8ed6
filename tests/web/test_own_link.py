"""The link to one's own page by mail: for readers, and without telling anybody who is one."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.store import engine as engines
from app.store import suppressions
from app.store.tables import LetterKind, OutboxEntry, Permit, Status

PATH = "/preferences"


@pytest.fixture
def asked_for(engine):
    """Whose link is in the outbox, by their ids."""

    def read():
        of_kind = select(OutboxEntry.subscriber_id).where(OutboxEntry.kind == LetterKind.LINK)
        with engines.transaction(engine) as session:
            return list(session.exec(of_kind))

    return read


def ask(client, email, **headers):
    return client.post(PATH, data={"email": email}, headers=headers)


def test_a_reader_is_mailed_the_link(client, reader, asked_for):
    answer = ask(client, " Ada@Example.org ")

    assert (answer.status_code, answer.headers["location"]) == (303, "/preferences/sent")
    assert asked_for() == [reader.id]
    assert "on its way" in client.get("/preferences/sent").text


def test_who_unsubscribed_may_still_see_what_we_hold(client, make_reader, asked_for):
    gone = make_reader("gone@example.org", status=Status.UNSUBSCRIBED)

    ask(client, "gone@example.org")

    assert asked_for() == [gone.id]


# S3: nobody learns from the answer whose address it is.
def test_the_answer_is_the_same_whoever_the_address_belongs_to(
    client, engine, make_reader, clock, asked_for
):
    known = make_reader("known@example.org")
    make_reader("pending@example.org", status=Status.PENDING, confirmed_at=None)
    make_reader("dead@example.org")
    with engines.transaction(engine) as session:
        suppressions.add(session, "dead@example.org", "bounced", clock())
    names = ("known", "pending", "dead", "stranger", "known")

    answers = [ask(client, f"{name}@example.org") for name in names]

    told = {(a.status_code, a.content, tuple(sorted(a.headers.items()))) for a in answers}
    assert len(told) == 1
    assert asked_for() == [known.id]


def test_one_link_an_hour_and_three_a_day_go_to_one_address(client, reader, engine, clock):
    clock.now = clock.now.replace(hour=0)
    mailed = []
    for hours in (0, 0.5, 0.5, 1, 1, 21):
        clock.forward(hours=hours)
        ask(client, "ada@example.org")
        of_now = OutboxEntry.first_due_at == clock.now, OutboxEntry.kind == LetterKind.LINK
        with engines.transaction(engine) as session:
            mailed.append(session.exec(select(OutboxEntry).where(*of_now)).first() is not None)
    assert mailed == [True, False, True, True, False, True]


def test_ten_questions_an_hour_come_from_one_network(app, dump):
    def client(host):
        return TestClient(app, follow_redirects=False, client=(host, 1))

    for n in range(10):
        assert ask(client(f"192.0.2.{n}"), f"a{n}@example.org").status_code == 303

    answer = ask(client("192.0.2.99"), "b@example.org")
    assert answer.status_code == 429
    assert "Please try again in an hour" in answer.text
    assert "b@example.org" in answer.text
    assert ask(client("198.51.100.7"), "b@example.org").status_code == 303


def test_no_limit_holds_an_address_in_clear(client, reader, engine):
    ask(client, "ada@example.org")

    with engines.transaction(engine) as session:
        names = list(session.exec(select(Permit.name)))
    assert names
    assert not any("ada" in name or "127.0.0" in name for name in names)


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "x" * 400, "a@b>,<c@d", "a\0@b.org"])
def test_what_is_no_address_is_said_beside_the_field(client, dump, email, read_page):
    before = dump()

    answer = ask(client, email)

    assert answer.status_code == 400
    field = read_page(answer.text).find(".//*[@id='email']")
    assert field.get("aria-invalid") == "true"
    assert "email-problem" in field.get("aria-describedby")
    assert dump() == before


def test_other_sites_cannot_ask(client, dump, reader):
    before = dump()

    assert ask(client, "ada@example.org", **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert dump() == before
