"""What people send in: what it names, who may, and what an operator's nod brings."""

from datetime import timedelta

import pytest
from conftest import KEY
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app.errors import BadValue, TooMany
from app.mail.links import Tokens
from app.papers.paper import Paper
from app.pipeline import submissions
from app.store import engine as engines
from app.store import listings, papers, periods, subscribers, tables
from app.store import submissions as rows
from app.store.periods import Order
from app.store.tables import Digest, Entry, Source, Submission, SubmissionState

TOKENS = Tokens([KEY])
HERE, ELSEWHERE = "192.0.2.0/24", "198.51.100.0/24"
MOONS = Paper("Tides of small moons", "We watch.", ("Ada Moon",), doi="10.1000/moons.7")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("2611.01234", "arxiv:2611.01234"),
        (" arXiv:2611.01234v3 ", "arxiv:2611.01234"),
        ("https://arxiv.org/pdf/2611.01234v1", "arxiv:2611.01234"),
        ("https://huggingface.co/papers/2611.01234", "arxiv:2611.01234"),
        ("https://doi.org/10.48550/arXiv.2611.01234", "arxiv:2611.01234"),
        ("math.GT/0309136", "arxiv:math/0309136"),
        ("doi:10.1000/Moons.7.", "doi:10.1000/moons.7"),
        ("https://www.biorxiv.org/content/10.1101/2026.11.01.1v2.full", "doi:10.1101/2026.11.01.1"),
        ("https://Example.org/a%20paper?id=7#part", "url:https://Example.org/a%20paper?id=7"),
        ("http://bücher.example/x", "url:http://xn--bcher-kva.example/x"),
    ],
)
def test_a_paper_is_named_in_any_of_the_usual_ways(typed, name):
    assert submissions.read(typed).name == name


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", submissions.EMPTY),
        ("\u202e \u200b", submissions.EMPTY),
        ("x" * 1001, submissions.TOO_LONG),
        ("Tides of small moons", submissions.NO_NAME),
        ("a https://example.org", submissions.NO_NAME),
        ("ftp://example.org/x", submissions.NO_ADDRESS),
        ("https://me:pass@example.org/x", submissions.NO_ADDRESS),
        ("https://0x7f.1/x", submissions.NO_ADDRESS),
        ("javascript://example.org/%0aalert(1)", submissions.NO_ADDRESS),
        ("http://[::1", submissions.NO_ADDRESS),
        ("http://127.0.0.1/paper", submissions.NOT_PUBLIC),
        ("http://10.0.0.7/paper", submissions.NOT_PUBLIC),
        ("http://[::1]/paper", submissions.NOT_PUBLIC),
        ("http://localhost/paper", submissions.NOT_PUBLIC),
        ("http://wiki.local/paper", submissions.NOT_PUBLIC),
        ("http://intranet/paper", submissions.NOT_PUBLIC),
        ("https://example.org:8443/paper", submissions.NOT_PUBLIC),
    ],
)
def test_what_names_no_paper_is_told_why(typed, says):
    with pytest.raises(BadValue) as e:
        submissions.read(typed)
    assert (e.value.field, e.value.said) == ("paper", says)


@given(st.text() | st.text(alphabet="https://.a0:@[]#%\\ü10", max_size=60).map("http://{}".format))
def test_whatever_is_typed_nothing_but_our_own_error_comes(typed):
    try:
        found = submissions.read(typed)
    except BadValue:
        return
    assert found.name.partition(":")[0] in {"arxiv", "doi", "url"}
    assert found.name.isprintable()


@pytest.fixture
def send(engine, clock):
    """Send in a reference, in a transaction of its own; the id of a paper that is known."""

    def go(typed, sender=HERE):
        with engines.transaction(engine) as session:
            if isinstance(sender, int):
                sender = subscribers.by_id(session, sender)
            wanted = submissions.read(typed)
            return submissions.send(session, TOKENS, wanted, sender, clock())

    return go


@pytest.fixture
def found(send, engine):
    """A submission whose paper was found."""

    def make(told=MOONS, typed="10.1000/moons.7", sender=HERE):
        send(typed, sender)
        with engines.transaction(engine) as session:
            row = session.exec(
                select(Submission).where(Submission.name == submissions.read(typed).name)
            ).one()
            rows.tell(row, told)
            row.state = SubmissionState.FOUND
            return row.id

    return make


@pytest.fixture
def accept(engine, clock):
    def go(submission_id):
        with engines.transaction(engine) as session:
            return submissions.accept(session, rows.by_id(session, submission_id), clock())

    return go


@pytest.fixture
def read(engine):
    """Every row of a table."""

    def all_of(table):
        with engines.transaction(engines.reading(engine)) as session:
            return list(session.exec(select(table)))

    return all_of


def test_the_same_paper_sent_twice_is_one_submission_asked_for_twice(
    send, read, engine, make_subscriber
):
    reader = make_subscriber("moons").id
    for sender in (HERE, ELSEWHERE, reader, reader):
        assert send("arXiv:2611.01234v2", sender) is None
    (row,) = read(Submission)
    assert (row.n_visitors, row.state, row.sent) == (2, SubmissionState.SENT, "arXiv:2611.01234v2")
    with engines.transaction(engine) as session:
        assert rows.n_supporters(session, [row.id]) == {row.id: 1}


def test_a_paper_that_is_stored_is_known_again_and_not_asked_for(send, read, store_papers):
    (paper_id,) = store_papers(
        Paper("Small moons", arxiv_id="2611.01234", url="https://a.example/m")
    )
    for typed in ("2611.01234v2", "https://arxiv.org/abs/2611.01234", "https://a.example/m#x"):
        assert send(typed) == paper_id
    assert read(Submission) == []


def test_visitors_are_limited_by_their_network_and_in_all(send, clock, monkeypatch):
    monkeypatch.setattr(submissions, "PER_DAY", 12)
    for n in range(submissions.PER_NETWORK):
        send(f"2611.{n:05}")
    with pytest.raises(TooMany) as e:
        send("2611.00099")
    assert (e.value.said, e.value.wait) == (submissions.OFTEN, timedelta(hours=1))
    send("2611.00100", ELSEWHERE)
    send("2611.00101", ELSEWHERE)
    with pytest.raises(TooMany) as e:
        send("2611.00102", ELSEWHERE)
    assert e.value.said == submissions.FULL
    send("2611.00103", "")
    clock.forward(hours=25)
    send("2611.00099")


def test_readers_have_a_limit_of_their_own(send, make_subscriber, monkeypatch):
    monkeypatch.setattr(submissions, "PER_READER", 2)
    reader = make_subscriber("moons").id
    send("2611.00001", reader)
    send("2611.00002", reader)
    with pytest.raises(TooMany):
        send("2611.00003", reader)
    send("2611.00003", make_subscriber("moons").id)


def test_no_more_wait_than_can_be_looked_at(send, monkeypatch):
    monkeypatch.setattr(submissions, "MOST_OPEN", 2)
    send("2611.00001")
    send("2611.00002")
    with pytest.raises(TooMany):
        send("2611.00003", "")


def test_nothing_that_tells_of_a_visitor_is_kept(send, dump):
    send("2611.00001")
    assert HERE not in repr(dump())


def test_an_accepted_paper_joins_the_days_list_by_the_community(
    found, accept, read, store_papers, clock, engine
):
    store_papers(*(Paper(f"Paper number {n}") for n in range(1, 13)))
    paper_id = accept(found())

    (source,) = [row for row in read(Source) if row.name == "community"]
    (digest,) = [row for row in read(Digest) if row.source_id == source.id]
    assert (digest.layout, digest.date) == ("community", clock().date())
    (entry,) = [row for row in read(Entry) if row.digest_id == digest.id]
    assert (entry.paper_id, entry.position) == (paper_id, submissions.FIRST_PLACE)
    with engines.transaction(engine) as session:
        today = clock().date()
        order = periods.page(session, today, today, Order.PLACE, 0, 100)
        assert order.index(paper_id) in {9, 10}
        row = papers.by_ids(session, [paper_id])[paper_id]
        assert (row.title, row.authors, row.first_seen) == (MOONS.title, ["Ada Moon"], today)
        assert rows.accepted_among(session, order) == {paper_id}


def test_a_second_one_stands_below_the_first_in_the_same_list(found, accept, read):
    first, second = found(), found(Paper("Bread"), "https://example.org/bread")
    ids = [accept(first), accept(second)]
    assert len(read(Digest)) == 1
    assert [(row.paper_id, row.position) for row in read(Entry)] == [(ids[0], 10), (ids[1], 11)]


def test_a_paper_accepted_twice_is_one_and_listed_once(found, accept, read):
    first = found()
    same = found(Paper("Tides of small moons", doi="10.1000/moons.7"), "https://example.org/moons")
    paper_id = accept(first)
    states = {row.id: (row.state, row.paper_id) for row in read(Submission)}
    assert states[same] == (SubmissionState.KNOWN, paper_id)
    assert accept(same) == paper_id
    assert len(read(Entry)) == len(read(tables.Paper)) == 1


def test_votes_of_readers_are_snapshots_each_counts_once_and_can_be_taken_back(
    found, accept, engine, clock, make_subscriber
):
    ada, bo = make_subscriber("moons").id, make_subscriber("tides").id
    paper_id = accept(found(sender=ada))

    def say(act, who):
        clock.forward(hours=1)
        with engines.transaction(engine) as session:
            done = act(session, subscribers.by_id(session, who), paper_id, clock())
            assert done
            (listing,) = listings.of_papers(session, [paper_id], clock()).values()
            return [count.votes for count in listing.counts]

    assert say(submissions.vote, ada) == [1]
    assert say(submissions.vote, bo) == [1, 2]
    assert say(submissions.vote, bo) == [1, 2]
    assert say(submissions.unvote, ada) == [1, 2, 1]
    assert say(submissions.unvote, ada) == [1, 2, 1]


def test_only_what_the_community_brought_is_voted_for(engine, clock, make_subscriber, store_papers):
    (paper_id,) = store_papers(Paper("Small moons"))
    reader = make_subscriber("moons")
    with engines.transaction(engine) as session:
        assert not submissions.vote(session, reader, paper_id, clock())
        assert not submissions.unvote(session, reader, paper_id, clock())
        assert listings.of_papers(session, [paper_id], clock())[paper_id].votes is None


def test_what_a_source_counts_and_what_readers_vote_add_up(
    found, accept, engine, clock, make_subscriber, store_papers
):
    ada = make_subscriber("moons").id
    paper_id = accept(found(sender=ada))

    def counts():
        with engines.transaction(engine) as session:
            return listings.of_papers(session, [paper_id], clock())[paper_id].votes

    clock.forward(hours=1)
    store_papers(MOONS, votes=(30,), at=clock())
    assert counts() == 31
    clock.forward(hours=1)
    with engines.transaction(engine) as session:
        reader = make_subscriber("tides")
        submissions.vote(session, reader, paper_id, clock())
    assert counts() == 32
    clock.forward(hours=1)
    store_papers(MOONS, Paper("Bread"), votes=(35, 1), at=clock())
    assert counts() == 37


def test_a_reader_who_sends_in_what_the_community_has_votes_for_it(
    found, accept, send, engine, clock, make_subscriber
):
    paper_id = accept(found())
    reader = make_subscriber("moons").id
    assert send("doi:10.1000/moons.7", reader) == paper_id
    with engines.transaction(engine) as session:
        assert rows.voted_by(session, reader, [paper_id]) == {paper_id}
        assert rows.count_votes(session, paper_id) == 1


def test_a_reader_who_is_erased_takes_their_votes_along(found, engine, make_subscriber, read):
    reader = make_subscriber("moons")
    found(sender=reader.id)
    assert len(read(tables.Support)) == 1
    with engines.transaction(engine) as session:
        subscribers.remove(session, subscribers.by_id(session, reader.id))
    assert read(tables.Support) == []


def test_what_is_taken_back_leaves_the_lists_and_can_be_accepted_again(
    found, accept, engine, clock, read, make_subscriber
):
    ada = make_subscriber("moons").id
    paper_id = accept(found(sender=ada))
    today = clock().date()

    def shown():
        with engines.transaction(engine) as session:
            listed = periods.page(session, today, today, Order.PLACE, 0, 100)
            weighed = [each.paper_id for each in listings.of(session, today, today, clock())]
            return listed, weighed, rows.accepted_among(session, [paper_id])

    assert shown() == ([paper_id], [paper_id], {paper_id})
    clock.forward(hours=1)
    with engines.transaction(engine) as session:
        submissions.take_back(session, rows.by_id(session, 1), clock())
    assert shown() == ([], [], set())
    with engines.transaction(engine) as session:
        assert listings.of_papers(session, [paper_id], clock())[paper_id].votes == 0
        assert papers.unlisted(session) == {paper_id}
    assert accept(1) == paper_id
    assert shown() == ([paper_id], [paper_id], {paper_id})
    assert len(read(tables.Paper)) == 1


def test_what_another_list_has_stays_there(found, accept, engine, clock, store_papers):
    paper_id = accept(found())
    store_papers(MOONS)
    with engines.transaction(engine) as session:
        submissions.take_back(session, rows.by_id(session, 1), clock())
        assert papers.unlisted(session) == set()
        assert rows.accepted_among(session, [paper_id]) == set()
