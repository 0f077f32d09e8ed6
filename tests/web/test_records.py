"""Another address, new links, everything in a file, and the end of it."""

import json

import pytest
from sqlmodel import select

from app.mail.links import Verdict
from app.store import departures, feedback, letters, subscribers, suppressions, tables
from app.store import engine as engines
from app.store.tables import LetterKind, Status, Subscriber

NEW = "new.home@example.org"


@pytest.fixture
def queued(engine):
    """The recipients of the letters of a kind in the outbox."""

    def read(kind):
        rows = select(tables.Letter.recipient).where(tables.Letter.kind == kind)
        with engines.transaction(engine) as session:
            return list(session.exec(rows))

    return read


@pytest.fixture
def link_in(engine, links, clock):
    """The path of the link in somebody's letter of a kind, of today."""

    def read(reader, kind):
        with engines.transaction(engine) as session:
            letter = letters.of_edition(session, reader.id, clock().date(), kind)
        made = links.move if kind == LetterKind.MOVE else links.erase
        return made(letter.id).removeprefix("http://localhost:8000")

    return read


def ask_to_move(client, reader, email=NEW):
    return client.post(f"{reader.preferences}/address", data={"email": email})


def test_letters_move_once_somebody_at_the_new_address_says_so(
    client, reader, subscriber, queued, link_in, read_page, engine, clock
):
    answer = ask_to_move(client, reader, " New.Home@example.org")
    assert "is on its way" in client.get(answer.headers["location"]).text
    assert queued(LetterKind.MOVE) == [NEW]
    path = link_in(reader, LetterKind.MOVE)

    page = read_page(client.get(path).text)
    assert [button.text for button in page.iter("button")] == ["Yes, send them here"]
    assert page.find(".//script") is None
    assert subscriber(reader.id).address == "ada@example.org"

    moved = client.post(path)
    assert NEW in moved.text
    assert (subscriber(reader.id).address, subscriber(reader.id).version) == (NEW, 2)
    assert queued(LetterKind.MOVED) == ["ada@example.org"]
    assert client.get(reader.preferences).status_code == 404
    assert client.get(reader.feed).status_code == 404
    with engines.transaction(engine) as session:
        (consent,) = session.exec(select(tables.Consent)).all()
        letter = letters.of_edition(session, reader.id, clock().date(), LetterKind.MOVE)
        assert (consent.message_id, consent.confirmed_at) == (letter.message_id, clock())
    own = next(a.get("href") for a in read_page(moved.text).iter("a") if "/pref" in a.get("href"))
    assert NEW in client.get(own.removeprefix("http://localhost:8000")).text
    assert client.post(path).status_code == 404


def test_a_taken_or_suppressed_address_gets_the_same_answer_and_no_letter(
    client, make_reader, engine, clock, queued
):
    for name in ("taken", "left", "dead"):
        make_reader(f"{name}@example.org")
    with engines.transaction(engine) as session:
        subscribers.by_address(session, "left@example.org").status = Status.UNSUBSCRIBED
        suppressions.add(session, "nobody@example.org", "bounced", clock())

    told = set()
    for n, name in enumerate(("taken", "left", "nobody", "free")):
        reader = make_reader(f"reader{n}@example.org")
        answer = ask_to_move(client, reader, f"{name}@example.org")
        page = client.get(answer.headers["location"]).text
        shown = page[page.index('class="done"') : page.index("</p>", page.index('class="done"'))]
        told.add((answer.status_code, shown))
    assert len(told) == 1
    assert queued(LetterKind.MOVE) == ["free@example.org"]


def test_an_address_taken_meanwhile_is_refused(client, reader, make_reader, link_in, subscriber):
    ask_to_move(client, reader)
    make_reader(NEW)

    assert client.post(link_in(reader, LetterKind.MOVE)).status_code == 404
    assert subscriber(reader.id).address == "ada@example.org"


def test_a_sign_up_that_nobody_confirmed_gives_way(
    client, reader, make_reader, link_in, subscriber, engine
):
    pending = make_reader(NEW, status=Status.PENDING, confirmed_at=None)
    ask_to_move(client, reader)

    assert client.post(link_in(reader, LetterKind.MOVE)).status_code == 200
    assert subscriber(reader.id).address == NEW
    with engines.transaction(engine) as session:
        assert subscribers.by_id(session, pending.id) is None


@pytest.mark.parametrize("email", ["", "nobody", "ada@example.org", "ADA@example.org"])
def test_what_cannot_be_moved_to_is_said_beside_the_field(client, reader, dump, email, read_page):
    before = dump()

    answer = ask_to_move(client, reader, email)

    assert answer.status_code == 400
    assert read_page(answer.text).find(".//*[@id='email-problem']") is not None
    assert dump() == before


def test_nobody_is_flooded_by_changes_of_address(client, reader, make_reader, queued):
    other = make_reader("other@example.org")
    for n in range(3):
        assert ask_to_move(client, reader, f"victim{n}@example.org").status_code == 303
    assert ask_to_move(client, reader, "victim3@example.org").status_code == 400
    ask_to_move(client, other, "victim0@example.org")

    # One letter of a kind and day is kept for each reader: the newest.
    assert queued(LetterKind.MOVE) == ["victim2@example.org"]


def test_links_in_other_hands_can_be_made_void(client, reader, subscriber, queued):
    answer = client.post(f"{reader.preferences}/renew")

    assert answer.status_code == 200
    assert subscriber(reader.id).version == 2
    assert queued(LetterKind.LINK) == ["ada@example.org"]
    assert client.get(reader.preferences).status_code == 404
    assert client.get(reader.unsubscribe).status_code == 200


# S18 and S19: export.
def test_everything_we_hold_can_be_taken_away(client, reader, engine, clock):
    with engines.transaction(engine) as session:
        feedback.record(session, reader.id, reader.paper_ids[0], Verdict.SAVE, clock())
        text = "I want letters."
        consent = tables.Consent(
            subscriber_id=reader.id, text=text, form_url="/subscribe", asked_at=clock()
        )
        session.add(consent)

    answer = client.get(f"{reader.preferences}/everything.json")
    told = json.loads(answer.text)

    assert answer.headers["content-disposition"] == 'attachment; filename="paperboy.json"'
    assert told["subscriber"]["address"] == "ada@example.org"
    assert [each["text"] for each in told["interests"]] == ["moons", "soft solid"]
    assert told["feedback"][0]["paper"]["title"] == "Tides of small moons"
    pick = told["letters"][0]["picks"][0]
    assert pick["paper"]["arxiv_id"] == "2611.00001"
    assert pick["reason"]["terms"][0]["text"] == "moons"
    assert told["consents"][0]["text"] == text


def test_everything_is_deleted_by_a_button_behind_a_mailed_link(
    client, reader, dump, queued, link_in, read_page
):
    answer = client.post(f"{reader.preferences}/erase")
    assert "Only when the button" in client.get(answer.headers["location"]).text
    assert queued(LetterKind.ERASE) == ["ada@example.org"]
    path = link_in(reader, LetterKind.ERASE)
    page = read_page(client.get(path).text)
    assert [button.text for button in page.iter("button")] == ["Yes, delete everything"]
    assert page.find(".//script") is None

    erased = client.post(path)

    assert "everything is deleted" in erased.text
    rows = dump()
    kept = {name for name, found in rows.items() if found}
    # The subscriber's word is gone from all tables; what papers are is nobody's.
    assert kept <= {
        *("paper", "paper_name", "entry", "digest", "source", "vote_snapshot"),
        *("suppression", "heartbeat", "permit"),
    }
    assert "ada@example.org" not in repr(rows)
    for gone in (reader.preferences, reader.letter, reader.feed, reader.feedback("like"), path):
        assert client.get(gone).status_code == 404
    assert client.post(path).status_code == 404
    assert client.post(reader.unsubscribe, data={"button": "yes"}).status_code == 200


def test_only_a_mailed_link_deletes(client, reader, subscriber):
    client.post(f"{reader.preferences}/erase")
    client.post(f"{reader.preferences}/erase")

    assert subscriber(reader.id).status == Status.ACTIVE


def test_the_fourth_such_letter_in_a_day_is_refused(client, reader):
    answers = [client.post(f"{reader.preferences}/erase") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [303, 303, 303, 400]
    assert "three times today" in answers[-1].text


def test_who_unsubscribed_can_take_all_away_and_be_deleted(client, make_reader, read_page):
    gone = make_reader("gone@example.org", status=Status.UNSUBSCRIBED)

    page = client.get(f"{gone.preferences}/records")

    forms = [form.get("action") for form in read_page(page.text).iter("form")]
    assert [form.rpartition("/")[2] for form in forms] == ["erase"]
    assert client.get(f"{gone.preferences}/everything.json").status_code == 200
    assert client.post(f"{gone.preferences}/erase").status_code == 303
    assert client.post(f"{gone.preferences}/address", data={"email": NEW}).status_code == 404
    assert client.post(f"{gone.preferences}/renew").status_code == 404


def test_a_letter_that_waits_goes_with_its_reader(client, reader, engine, link_in, clock):
    client.post(f"{reader.preferences}/erase")
    client.post(link_in(reader, LetterKind.ERASE))

    with engines.transaction(engine) as session:
        assert departures.claim_due(session, clock(), 10) == []
        assert session.exec(select(Subscriber)).all() == []
