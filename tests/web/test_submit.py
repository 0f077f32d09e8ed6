"""Sending in papers by the public page, by one's own page, and by programs."""

import re

import pytest
from conftest import NOW
from fastapi.testclient import TestClient
from sqlmodel import select

from app.papers.paper import Paper
from app.pipeline import submissions as station
from app.store import engine as engines
from app.store import submissions
from app.store.tables import Status, Submission, SubmissionState, Subscriber, Support

V1 = "/api/v1"


@pytest.fixture
def stored(engine):
    """Every submission."""

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return list(session.exec(select(Submission)))

    return read


@pytest.fixture
def submit(client, clock):
    """Open the form, read it for a while, and send it."""

    def send(paper, **fields):
        page = client.get("/submit").text
        seal = re.search(r'name="seal" value="([^"]+)"', page)[1]
        clock.forward(seconds=5)
        return client.post("/submit", data={"paper": paper, "seal": seal, **fields})

    return send


@pytest.fixture
def accepted(engine, clock):
    """A paper that the community brought, by its id."""
    with engines.transaction(engine) as session:
        row = submissions.named(session, "doi:10.1000/moons.7", "10.1000/moons.7", clock())
        submissions.tell(row, Paper("Tides sent in", "We wait.", doi="10.1000/moons.7"))
        return station.accept(session, row, clock())


@pytest.fixture
def me(client, reader):
    token = reader.preferences.removeprefix("/preferences/")

    def ask(method, path, **parts):
        headers = {"authorization": f"Bearer {token}"}
        return client.request(method, V1 + path, headers=headers, **parts)

    return ask


def test_the_front_page_leads_to_the_form(client, two_papers):
    assert 'href="/submit"' in client.get("/").text


def test_what_a_visitor_sends_is_kept_until_somebody_looks(submit, client, stored):
    answer = submit("  arXiv:2611.01234v2 ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/submit/sent")
    assert "Thank you" in client.get("/submit/sent").text
    (row,) = stored()
    assert (row.name, row.state) == ("arxiv:2611.01234", SubmissionState.SENT)
    assert (row.n_visitors, row.next_at) == (1, row.at)


def test_a_paper_that_is_here_already_is_shown_and_not_asked_for(
    submit, client, stored, two_papers
):
    answer = submit("https://arxiv.org/abs/2611.00001")
    page = client.get(answer.headers["location"]).text
    assert "This paper is here already" in page
    assert f'href="/papers/{two_papers[0]}"' in page
    assert stored() == []
    assert "Thank you" in client.get("/submit/sent?known=987654").text


def test_what_names_no_paper_is_given_back_with_a_sentence(submit, stored, hostile):
    for typed in ("", "Tides of small moons", hostile, "ftp://example.org/x", "x" * 20_000):
        answer = submit(typed)
        assert answer.status_code == 400
        assert 'id="paper-problem"' in answer.text
        assert "<script>alert" not in answer.text
    assert stored() == []


def test_who_sends_it_at_once_is_asked_again_and_who_fills_in_the_trap_is_not_heard(
    client, submit, stored
):
    answer = client.post("/submit", data={"paper": "2611.01234"})
    assert answer.status_code == 400
    assert "Almost there" in answer.text
    assert submit("2611.01234", comment="buy shoes").status_code == 303
    assert stored() == []


def test_a_network_that_sends_too_much_is_told_calmly(app, stored, clock):
    abroad = TestClient(app, base_url="http://localhost:8000", client=("198.51.100.7", 50_000))
    found = [
        abroad.post(f"{V1}/submissions", json={"paper": f"2611.{n:05}"})
        for n in range(station.PER_NETWORK + 1)
    ]
    assert [each.status_code for each in found] == [202] * station.PER_NETWORK + [429]
    assert found[-1].headers["retry-after"] == "3600"
    seal = re.search(r'name="seal" value="([^"]+)"', abroad.get("/submit").text)[1]
    clock.forward(seconds=5)
    answer = abroad.post("/submit", data={"paper": "2611.77777", "seal": seal})
    assert answer.status_code == 429
    assert "in an hour" in answer.text
    assert len(stored()) == station.PER_NETWORK


def test_a_reader_sends_by_their_own_page_and_sees_what_becomes_of_it(
    press, client, reader, stored, engine
):
    here = f"{reader.preferences}/community"
    assert "we look it up" in press(here, data={"paper": "10.1000/tides"}).text.lower()
    assert "is being looked up" in client.get(here).text
    with engines.transaction(engine) as session:
        row = session.exec(select(Submission)).one()
        submissions.tell(row, Paper("Tides as they are"))
        row.state = SubmissionState.FOUND
    page = client.get(here).text
    assert "Tides as they are" in page
    assert "waits for an operator’s nod" in page
    assert stored()[0].n_visitors == 0
    wrong = client.post(here, data={"paper": "no paper"})
    assert wrong.status_code == 400
    assert 'value="no paper"' in wrong.text


def test_a_reader_votes_once_and_takes_it_back(press, client, reader, accepted):
    here = f"{reader.preferences}/community"
    assert "Vote for it: Tides sent in" in client.get(here).text
    for _ in range(2):
        page = press(f"{here}/votes", data={"paper": accepted}).text
        assert "Your vote counts." in page
        assert "1 vote<" in page
    page = press(f"{here}/votes", data={"paper": accepted, "undo": "yes"}).text
    assert "0 votes" in page


def test_nobody_votes_for_what_others_list(client, reader, me):
    here = f"{reader.preferences}/community"
    for paper in (reader.paper_ids[0], 987654):
        assert client.post(f"{here}/votes", data={"paper": paper}).status_code == 404
        assert me("PUT", f"/me/votes/{paper}").status_code == 404
        assert me("DELETE", f"/me/votes/{paper}").status_code == 404


def test_who_left_sees_the_page_and_neither_sends_nor_votes(
    client, make_reader, accepted, stored, engine
):
    gone = make_reader("gone@example.org", status=Status.UNSUBSCRIBED)
    here = f"{gone.preferences}/community"
    page = client.get(here)
    assert page.status_code == 200
    assert "<form" not in page.text
    assert client.post(here, data={"paper": "2611.01234"}).status_code == 404
    assert client.post(f"{here}/votes", data={"paper": accepted}).status_code == 404
    assert len(stored()) == 1


def test_the_lists_say_who_brought_it(client, accepted, two_papers, clock):
    today = client.get("/").text
    assert today.count("by the research community") == 1
    page = client.get(f"/papers/{accepted}").text
    assert "Sent in by the research community" in page
    assert "Place" not in page
    found = client.get(f"{V1}/papers").json()["papers"]
    assert {each["id"]: each["by_community"] for each in found} == {
        accepted: True,
        **dict.fromkeys(two_papers, False),
    }


def test_programs_send_with_a_readers_token_or_without(client, me, stored, reader, engine):
    body = {"paper": "https://doi.org/10.1000/Tides"}
    answer = client.post(f"{V1}/submissions", json=body)
    assert (answer.status_code, answer.json()["paper_id"]) == (202, None)
    assert me("POST", "/submissions", json=body).status_code == 202
    (row,) = stored()
    assert row.n_visitors == 1
    with engines.transaction(engine) as session:
        assert [vote.subscriber_id for vote in session.exec(select(Support))] == [reader.id]
    (mine,) = me("GET", "/me/submissions").json()["submissions"]
    assert (mine["state"], mine["sent"], mine["title"]) == ("sent", body["paper"], "")


def test_a_program_with_a_wrong_token_or_of_another_site_is_refused(client, stored, engine, reader):
    body = {"paper": "2611.01234"}
    wrong = {"authorization": "Bearer x"}
    assert client.post(f"{V1}/submissions", json=body, headers=wrong).status_code == 401
    site = {"sec-fetch-site": "cross-site"}
    assert client.post(f"{V1}/submissions", json=body, headers=site).status_code == 403
    with engines.transaction(engine) as session:
        session.get_one(Subscriber, reader.id).status = Status.UNSUBSCRIBED
    token = reader.preferences.removeprefix("/preferences/")
    left = {"authorization": f"Bearer {token}"}
    assert client.post(f"{V1}/submissions", json=body, headers=left).status_code == 403
    assert stored() == []


@pytest.mark.parametrize(
    "body", [{"paper": "x"}, {"paper": ""}, {}, {"paper": "2611.01234", "a": 1}]
)
def test_a_program_is_told_which_field_cannot_be_used(client, stored, body):
    answer = client.post(f"{V1}/submissions", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()["errors"]) == ({"a"} if "a" in body else {"paper"})
    assert stored() == []


def test_a_known_paper_is_named_to_programs(client, two_papers):
    answer = client.post(f"{V1}/submissions", json={"paper": "2611.00001"}).json()
    assert answer == {"detail": "This paper is here already.", "paper_id": two_papers[0]}


def test_votes_of_programs_are_the_readers(me, accepted, client):
    for _ in range(2):
        assert me("PUT", f"/me/votes/{accepted}").status_code == 204
    assert client.get(f"{V1}/papers/{accepted}").json()["votes"] == 1
    for _ in range(2):
        assert me("DELETE", f"/me/votes/{accepted}").status_code == 204
    assert client.get(f"{V1}/papers/{accepted}").json()["votes"] == 0


def test_old_ones_are_no_longer_voted_for_on_the_page(client, reader, accepted, clock):
    here = f"{reader.preferences}/community"
    assert "Tides sent in" in client.get(here).text
    clock.forward(days=31)
    assert "None in the last month." in client.get(here).text
    assert clock() > NOW


def test_the_longest_page_of_the_community_weighs_little(client, reader, engine, clock):
    with engines.transaction(engine) as session:
        who = session.get_one(Subscriber, reader.id)
        for n in range(40):
            wanted = station.read(f"https://example.org/{n}/{'long' * 200}")
            row = submissions.named(session, wanted.name, wanted.sent, clock())
            long = Paper(f"{n} " + "Tides of moons " * 19, "We wait. " * 200, ("Ada Moon",) * 30)
            submissions.tell(row, long)
            station.accept(session, row, clock())
            submissions.support(session, row.id, who.id, clock())
    page = client.get(f"{reader.preferences}/community")
    style = re.search(r'href="(/static/paperboy[^"]+)"', page.text)[1]
    n_bytes = len(page.content) + len(client.get(style).content)
    assert page.text.count("<article>") == 20
    assert n_bytes <= 60_000
