"""Which paper somebody sent in is asked of those who know, politely and never twice at once."""

from dataclasses import replace
from datetime import timedelta

import answers
import pytest
from conftest import KEY
from local_web import LocalWeb, answer
from sqlmodel import select

from app.errors import NotReady
from app.mail.links import Tokens
from app.papers.paper import Paper
from app.pipeline import discovery, submissions
from app.store import engine as engines
from app.store import submissions as rows
from app.store.tables import Submission, SubmissionState
from app.wire.addresses import Reach

TOKENS = Tokens([KEY])
SENT, FOUND = SubmissionState.SENT, SubmissionState.FOUND
UNKNOWN, KNOWN = SubmissionState.UNKNOWN, SubmissionState.KNOWN


@pytest.fixture
def send(engine, clock):
    def go(typed):
        with engines.transaction(engine) as session:
            # The strangers below answer on ports of this machine.
            wanted = submissions.read(typed, ports=range(1, 65_536))
            submissions.send(session, TOKENS, wanted, "", clock())

    return go


@pytest.fixture
def one(engine):
    """The one submission there is."""

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return session.exec(select(Submission)).one()

    return read


@pytest.fixture
def elsewhere(asker):
    """A web of strangers, and who asks it as it would the real one."""
    with LocalWeb() as web:
        open_ = Reach(refused=(), ports=frozenset({web.port}), resolve=lambda *_: ["127.0.0.1"])
        yield web, replace(asker, client=replace(asker.client, reach=open_))


def test_an_arxiv_id_is_asked_of_arxiv(asker, services, send, one, clock):
    services.arxiv[clock().date()] = ["2611.01234v2"]
    send("2611.01234")
    assert discovery.look_up(asker) == 1
    told = rows.told(one())
    assert (one().state, told.arxiv_id) == (FOUND, "2611.01234")
    assert all((told.title, told.abstract, told.authors))
    assert services.asked[0].query == {"id_list": "2611.01234", "max_results": "1"}
    assert discovery.look_up(asker) == 0
    assert len(services.asked) == 1


def test_a_doi_is_asked_of_crossref_and_then_of_datacite(asker, services, send, one):
    services.datacite["10.5281/moons.7"] = answers.DATACITE
    send("https://doi.org/10.5281/Moons.7")
    assert discovery.look_up(asker) == 1
    assert rows.told(one()).title == "Tides of small moons"
    assert [each.path for each in services.asked] == [
        "/works/10.5281/moons.7",
        "/dois/10.5281/moons.7",
    ]


def test_what_was_found_survives_the_database_whole(asker, services, send, one):
    services.crossref["10.1000/moons.7"] = answers.CROSSREF
    send("10.1000/moons.7")
    discovery.look_up(asker)
    told = rows.told(one())
    assert told.authors == ("Ada Moon", "Bo Tide Jr", "The Tide Collaboration")
    assert str(told.published) == "2026-11-02"


@pytest.mark.parametrize("typed", ["2611.01234", "10.1000/nothing"])
def test_what_nobody_knows_is_unknown_and_why_is_said(asker, send, one, typed):
    send(typed)
    assert discovery.look_up(asker) == 0
    assert (one().state, one().next_at) == (UNKNOWN, None)
    assert one().says.endswith("no such paper.")


def test_a_busy_host_is_asked_again_later_and_not_for_ever(asker, services, send, one, clock):
    services.mood = "busy"
    send("10.1000/moons.7")
    discovery.look_up(asker)
    assert (one().state, one().tries) == (SENT, 1)
    assert one().says == "api.crossref.org answers 429."
    discovery.look_up(asker)
    assert len(services.asked) == 1
    for _ in range(len(discovery.AGAIN)):
        clock.now = one().next_at
        discovery.look_up(asker)
    assert (one().state, len(services.asked)) == (UNKNOWN, 1 + len(discovery.AGAIN))
    assert one().says == "api.crossref.org answers 429. Asked 5 times."


def test_what_is_stored_under_another_name_is_known(asker, services, send, one, store_papers):
    (paper_id,) = store_papers(Paper("Tides of small moons", doi="10.5281/moons.7"))
    services.datacite["10.9999/alias"] = answers.DATACITE
    send("10.9999/alias")
    discovery.look_up(asker)
    assert (one().state, one().paper_id) == (KNOWN, paper_id)


def test_two_that_look_up_at_once_never_ask_for_the_same_paper(engine, send, clock):
    send("2611.01234")
    now = clock()
    with engines.transaction(engine) as session:
        assert rows.claim_due(session, now, now + timedelta(minutes=10)) is not None
        assert rows.claim_due(session, now, now + timedelta(minutes=10)) is None
    clock.forward(minutes=11)
    with engines.transaction(engine) as session:
        assert rows.claim_due(session, clock(), clock() + timedelta(minutes=10)) is not None


def test_a_papers_page_is_read_wherever_it_is(elsewhere, send, one):
    web, asker = elsewhere
    web.pages["/moons"] = lambda _: answer(answers.landing(*answers.LANDING).encode())
    send(f"http://papers.example:{web.port}/moons")
    assert discovery.look_up(asker) == 1
    assert rows.told(one()).url == f"http://papers.example:{web.port}/moons"
    assert rows.told(one()).authors == ("Ada Moon", "Bo Tide")


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"<html><title>Shoes</title>", 200, "does not say"),
        (b"%PDF-1.7 \0\1\2", 200, "binary"),
        (b"", 404, "no page"),
        (b"", 403, "answers 403"),
        (b"<" * 400_000, 200, "more than any page"),
    ],
)
def test_a_page_that_is_no_papers_is_left(elsewhere, send, one, body, status, says):
    web, asker = elsewhere
    web.page = lambda _: answer(body, status)
    web.pages.clear()
    send(f"http://papers.example:{web.port}/x")
    discovery.look_up(asker)
    assert one().state is UNKNOWN
    assert says in one().says


def test_a_visitors_address_never_leads_to_our_own_network(asker, services, engine, clock):
    """Not even to hosts that the operator's own sources may be on."""
    own = Reach(own=frozenset({services.place}), mirrors=services.mirrors)
    asker = replace(asker, client=replace(asker.client, reach=own))
    asked = (
        services.url,
        "http://169.254.169.254/latest",
        "https://huggingface.co/x",
        "http://[::1]/",
    )
    # As if the form had let them pass.
    with engines.transaction(engine) as session:
        for url in asked:
            wanted = submissions.Wanted(f"url:{url}", url)
            submissions.send(session, TOKENS, wanted, "", clock())
    n_found = discovery.look_up(asker)
    assert (n_found, services.asked) == (0, [])
    with engines.transaction(engine) as session:
        states = {row.state for row in session.exec(select(Submission))}
    assert states <= {UNKNOWN, SENT}


def test_a_redirect_of_a_stranger_does_neither(elsewhere, send, one, services):
    web, asker = elsewhere
    guarded = replace(asker.client.reach, own=frozenset({services.place}))
    asker = replace(asker, client=replace(asker.client, reach=guarded))
    web.page = lambda _: answer(b"", 302, Location=f"{services.url}/api/query")
    send(f"http://papers.example:{web.port}/x")
    discovery.look_up(asker)
    assert services.asked == []
    assert "Port" in one().says


def test_a_withdrawn_paper_is_not_offered(asker, services, send, one, monkeypatch):
    from app.papers import registry

    gone = Paper("Tides", doi="10.1000/moons.7", is_withdrawn=True)
    monkeypatch.setattr(registry, "read", lambda _: gone)
    services.crossref["10.1000/moons.7"] = answers.CROSSREF
    send("10.1000/moons.7")
    discovery.look_up(asker)
    assert (one().state, one().says) == (UNKNOWN, "The paper was withdrawn.")


def test_where_the_service_is_to_stop_the_rest_comes_later(asker, services, send, one, clock):
    stopping = replace(asker, client=replace(asker.client, stops=lambda: True))
    services.crossref["10.1000/moons.7"] = answers.CROSSREF
    send("10.1000/moons.7")
    with pytest.raises(NotReady):
        discovery.look_up(stopping)
    assert (one().state, one().tries) == (SENT, 0)
    clock.forward(minutes=10)
    assert discovery.look_up(asker) == 1


def test_an_operators_word_stands_against_a_late_answer(asker, services, send, one, engine, clock):
    def declined(_asked):
        with engines.transaction(engine) as session:
            submissions.decline(session, rows.by_id(session, 1), clock())
        return services._crossref(_asked)

    services.crossref["10.1000/moons.7"] = answers.CROSSREF
    services.pages["/works/10.1000/moons.7"] = declined
    send("10.1000/moons.7")
    discovery.look_up(asker)
    assert one().state is SubmissionState.DECLINED
