"""Letters as they leave with all that an operator can set: signed, each with its return path."""

import asyncio
from datetime import timedelta

import dkim as dkimpy
import pytest
from conftest import NOW

from app.languages import ENGLISH
from app.mail import dkim, links, message
from app.pipeline import compose, opt_in
from app.pipeline import submissions as station
from app.recommend import interests
from app.store import engine as engines
from app.store import feedback, letters
from app.store import submissions as sent_in

KEY = dkim.new_key()


@pytest.fixture
def post(settings, make_day):
    """The day of a service that signs, and reads what comes back."""
    told = {
        "dkim_domain": "example.org",
        "dkim_private_key": KEY,
        "bounce_address": "reports@bounces.example.org",
        "admin_mail": "ops@example.org",
        "postal_address": "1 Sample Street",
    }
    return make_day(type(settings)(_env_file=None, **settings.model_dump() | told))


@pytest.fixture
def reader(post, make_subscriber, store_papers, retrieval_papers):
    """Somebody whose letter is ready to be sent."""
    store_papers(*retrieval_papers)
    person = make_subscriber("retrieval")
    assert post.rank_due().n_letters == 1
    return person


@pytest.fixture
def verifies(post, clock, monkeypatch):
    record = post.desk.head.signer.record.encode()

    def verify(raw):
        with monkeypatch.context() as patch:
            patch.setattr(dkimpy.time, "time", clock.now.timestamp)
            return dkimpy.verify(raw, dnsfunc=lambda _name, timeout=5: record)

    return verify


def test_a_letter_verifies_as_it_came_over_the_wire(post, reader, sink, verifies):
    assert asyncio.run(post.deliver()).sent == 1

    (taken,) = sink.taken
    assert verifies(taken.raw)
    assert not verifies(taken.raw.replace(b"\r\nFrom: ", b"\r\nFrom: e@evil.example\r\nFrom: ", 1))


def test_a_reason_that_says_of_everything_that_it_is_not_there_is_told_as_without_it(
    post, reader, engine, alter
):
    terms = [f'{{"text":"{word}","share":0.5%s}}' for word in ("retrieval", "search")]
    least = f'{{"terms":[{",".join(terms)}]%s}}'
    whole = (
        least.replace("0.5%s", '0.5,"part":[],"kind":"word","near":[]')
        % ',"liked":[],"disliked":[],"rest":0.0,"fit":0.0,"band":"","exploring":false,"readers":0.0'
    )

    alter("UPDATE letter SET told = ''")

    def told(reason):
        alter("UPDATE pick SET reason = :r", r=reason)
        with engines.transaction(engine) as session:
            (row,) = letters.by_ids(session, [1]).values()
            return compose.rendered(session, post.desk.head, row)

    assert told(whole) == told(least.replace("%s", ""))


@pytest.fixture(params=["", "de"])
def of_liked(request, post, engine, make_subscriber, store_papers, retrieval_papers):
    """The bytes of a letter that names a liked paper, made when they are asked for."""
    paper_ids = store_papers(*retrieval_papers)
    person = make_subscriber("retrieval", language=request.param)
    with engines.transaction(engine) as session:
        feedback.like_all(session, person.id, paper_ids[:1], NOW - timedelta(hours=1))
    assert post.rank_due().n_letters == 1

    def made():
        with engines.transaction(engine) as session:
            (row,) = letters.by_ids(session, [1]).values()
            made = compose.envelope(session, post.desk.head, row).message
        assert b"On sparse retrieval number 1" in made
        return made

    return made


def test_a_letter_from_before_what_it_says_was_stored_says_the_same(of_liked, alter):
    made = of_liked()
    alter("UPDATE letter SET told = ''")

    assert of_liked() == made


def test_a_letter_says_what_was_known_when_its_papers_were_chosen(of_liked, alter):
    made = of_liked()
    alter("UPDATE paper SET title = 'Another title' WHERE id = 1")

    assert of_liked() == made


def test_a_letter_tried_again_is_the_same_to_the_last_byte_of_its_signature(
    post, reader, sink, clock
):
    sink.at_data[reader.address] = ["451 4.3.0 later"]
    bytes_seen = []
    taken = sink.handle_DATA

    async def note(server, session, envelope):
        bytes_seen.append((envelope.mail_from, envelope.original_content))
        return await taken(server, session, envelope)

    sink.handle_DATA = note
    asyncio.run(post.deliver())
    clock.forward(hours=1)
    asyncio.run(post.deliver())

    first, second = bytes_seen
    assert first == second
    assert b"DKIM-Signature:" in first[1]


def test_what_comes_back_names_the_reader_and_the_letter(post, reader, sink):
    asyncio.run(post.deliver())

    (taken,) = sink.taken
    tokens = post.desk.head.links.tokens
    assert taken.sender.endswith("@bounces.example.org")
    assert links.read_bounce_address(tokens, taken.sender) == (reader.id, 1)
    stop = taken.message["List-Unsubscribe"].partition("<mailto:")[2].partition("?")[0]
    assert links.read_unsubscribe_address(tokens, stop) == reader.id


def test_the_footer_tells_whom_to_write_to(post, reader, sink):
    asyncio.run(post.deliver())

    for kind in ("plain", "html"):
        text = sink.taken[0].message.get_body((kind,)).get_content()
        assert "Questions or complaints? Write to ops@example.org." in text
        assert "1 Sample Street" in text


def test_a_letter_of_confirmation_is_signed_and_comes_back_too(post, engine, sink, clock, verifies):
    wish = opt_in.Wish("ada@example.org", interests.parse("retrieval"))
    with engines.transaction(engine) as session:
        asked = opt_in.Asked("You ask for letters.", "https://papers.example.org/subscribe")
        opt_in.request(session, post.desk.head, wish, asked, clock.now)
    asyncio.run(post.deliver())

    (taken,) = sink.taken
    assert verifies(taken.raw)
    assert links.read_bounce_address(post.desk.head.links.tokens, taken.sender) == (1, 1)
    assert "List-Unsubscribe" not in taken.message


@pytest.mark.parametrize("form", ["https://papers.example.org/subscribe", "paperboy subscribers"])
def test_a_letter_of_confirmation_is_true_of_whom_the_operator_added(
    post, engine, sink, clock, form
):
    wish = opt_in.Wish("ada@example.org", interests.parse("retrieval"))
    with engines.transaction(engine) as session:
        opt_in.request(session, post.desk.head, wish, opt_in.Asked("", form), clock.now)
    asyncio.run(post.deliver())

    text = " ".join(sink.taken[0].message.get_body(("plain",)).get_content().split())
    assert text.count("most likely by you or by the operator of this service") == 2
    assert "sign-up page" not in text
    assert "Somebody" not in text


def test_without_a_mailbox_of_their_own_bounces_go_to_the_sender(
    day, make_subscriber, store_papers, retrieval_papers, sink
):
    store_papers(*retrieval_papers)
    make_subscriber("retrieval")
    day.rank_due()
    asyncio.run(day.deliver())

    (taken,) = sink.taken
    assert taken.sender == "paperboy@example.org"
    assert "DKIM-Signature" not in taken.message
    assert "mailto:" not in taken.message["List-Unsubscribe"]


@pytest.mark.parametrize("has_trap", [True, False])
def test_an_operator_may_leave_out_the_link_for_scanners(
    has_trap, settings, make_day, make_subscriber, store_papers, retrieval_papers, sink
):
    day = make_day(settings.model_copy(update={"trap_link": has_trap}))
    store_papers(*retrieval_papers)
    make_subscriber("retrieval")
    day.rank_due()
    asyncio.run(day.deliver())

    (taken,) = sink.taken
    assert day.desk.head.links.trap(1).endswith("/0/trap")
    assert (day.desk.head.links.trap(1) in taken.message.get_body(("html",)).get_content()) is (
        has_trap
    )


@pytest.mark.parametrize("address", ["jürgen@bücher.example", '"a b"@example.org', "a+b=c@x.org"])
def test_an_unusual_address_is_the_only_one_the_server_hears_of(
    address, post, make_subscriber, store_papers, retrieval_papers, sink, verifies
):
    store_papers(*retrieval_papers)
    make_subscriber("retrieval", address=address)
    post.rank_due()
    asyncio.run(post.deliver())

    assert sink.attempts == [message.envelope_address(address)]
    (taken,) = sink.taken
    assert verifies(taken.raw)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ('"reinforcement learning", agents', "“reinforcement learning” and “agents”"),
        ('author:"Ada Moon" x2, moons, -video', "“author:Ada Moon” and “moons”"),
        ("-video", ""),
        ("", ""),
        (", ".join(["moons"] + [f"word{n}" for n in range(40)]), "“moons”, “word0”"),
        ("x" * 200, "“xxx"),
    ],
)
def test_what_was_asked_for_is_repeated_in_one_pair_of_quotes(typed, said):
    found = compose.asked_for(typed, ENGLISH)
    assert found == said if len(typed) < 100 else found.startswith(said)
    assert "““" not in found
    assert '"' not in found
    assert len(found) < 250


def test_a_letter_says_who_brought_a_paper_whatever_the_operator_decides_later(
    post, make_subscriber, retrieval_papers, engine, clock
):
    with engines.transaction(engine) as session:
        row = sent_in.named(session, "doi:10.1000/x", "10.1000/x", clock())
        sent_in.tell(row, retrieval_papers[0])
        station.accept(session, row, clock())
    person = make_subscriber("retrieval")
    assert post.rank_due().n_letters == 1

    def text():
        with engines.transaction(engine) as session:
            letter = letters.of_edition(session, person.id, clock().date())
            return compose.rendered(session, post.desk.head, letter).text

    clock.forward(hours=1)
    before = text()
    assert "by the research community" in before
    with engines.transaction(engine) as session:
        station.take_back(session, sent_in.by_id(session, 1), clock())
    assert text() == before
