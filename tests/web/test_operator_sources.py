"""The operator's pages of sources and of what people sent in."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.main import create_app
from app.papers.paper import Paper
from app.store import chosen, deeds, sources, submissions
from app.store import engine as engines
from app.store.sources import Outcome
from app.store.tables import SourceState, Submission, SubmissionState

TOKEN = "correct horse battery staple"
SOURCES = "/operator/sources"


@pytest.fixture
def settings(settings):
    token = type(settings.admin_token)(TOKEN)
    return settings.model_copy(update={"admin_token": token, "sources": "hf-daily"})


@pytest.fixture
def press(client):
    """Press a button of a page, as an operator who has logged in."""
    assert client.post("/operator/login", data={"token": TOKEN}).status_code == 303

    def post(path, **fields):
        page = client.get("/operator").text
        token = re.search(r'name="form_token" value="([^"]+)"', page)[1]
        return client.post(path, data={"form_token": token, **fields})

    return post


@pytest.fixture
def done(engine):
    """What operators did besides logging in, the first deed first."""

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            found = [(each.action, each.subject) for each in deeds.latest(session, 20)]
            return [each for each in reversed(found) if each[0] != "logged in"]

    return read


@pytest.fixture
def kept(engine):
    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return {row.name: row.paused for row in chosen.all_of(session)}

    return read


def test_a_source_is_named_paused_let_go_on_and_removed_and_each_leaves_a_trace(
    press, client, done, kept
):
    assert press(SOURCES, source=" arxiv:cs.LG+stat.ML ").status_code == 303
    assert kept() == {"arxiv:cs.LG+stat.ML": False}
    name = {"name": "arxiv:cs.LG+stat.ML"}
    press(f"{SOURCES}/pause", **name)
    assert kept() == {"arxiv:cs.LG+stat.ML": True}
    assert ">paused</p>" in client.get(SOURCES).text
    press(f"{SOURCES}/resume", **name)
    assert kept() == {"arxiv:cs.LG+stat.ML": False}
    press(f"{SOURCES}/remove", **name)
    assert kept() == {}
    for path in ("pause", "resume", "remove"):
        assert press(f"{SOURCES}/{path}", **name).headers["location"].endswith("done=gone")
    actions = ("named a source", "paused a source", "let a source go on", "removed a source")
    assert done() == [(action, "arxiv:cs.LG+stat.ML") for action in actions]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Name a source: hf-daily, "),
        ("gopher:papers", "You named “gopher:papers”, which we cannot read; give hf-daily, "),
        ("arxiv:birds", "but “birds” is no category of arXiv"),
        ("feed:ftp://example.org/x", "but “ftp:” is not fetched"),
        ("feed:https://me:pass@example.org/x", "name or password"),
        ("folder:/etc", "Folders and mailboxes can only be named in PAPERBOY_SOURCES"),
        ("MAILDIR:/var/mail", "Folders and mailboxes"),
        ("imaps://me@mail.evil.example/INBOX", "Folders and mailboxes"),
        ("hf-daily", "“hf-daily” stands in PAPERBOY_SOURCES already."),
        ("medrxiv", "“medrxiv” is here already."),
        ("biorxiv:x, arxiv:birds", "but “birds” is no category"),
        ("x" * 1001, "longer than 1000 characters"),
    ],
)
def test_what_cannot_be_a_source_is_given_back_and_nothing_of_it_is_kept(
    press, kept, engine, clock, typed, says
):
    with engines.transaction(engine) as session:
        chosen.add(session, "medrxiv", clock())
    answer = press(SOURCES, source=typed)
    assert answer.status_code == 400
    assert says in answer.text
    assert kept() == {"medrxiv": False}


def test_a_german_operator_is_told_in_german(press, client):
    client.headers["accept-language"] = "de"
    assert "ist keine Kategorie von arXiv" in press(SOURCES, source="arxiv:birds").text
    assert "keine Adresse, die abgerufen" in press(SOURCES, source="feed:ftp://x.example/").text


def test_there_is_an_end_to_how_many(press, kept, monkeypatch):
    from app.web.operator import sources as page

    monkeypatch.setattr(page, "MOST", 2)
    assert press(SOURCES, source="medrxiv, biorxiv:x, biorxiv:y").status_code == 400
    assert press(SOURCES, source="medrxiv, biorxiv:x").status_code == 303
    assert press(SOURCES, source="biorxiv:y").status_code == 400
    assert list(kept()) == ["biorxiv:x", "medrxiv"]


def test_the_settings_sources_are_fixed(press, client, kept):
    page = client.get(SOURCES).text
    assert "Named in PAPERBOY_SOURCES" in page
    assert 'value="hf-daily"' not in page
    for act in ("pause", "resume", "remove"):
        assert press(f"{SOURCES}/{act}", name="hf-daily").headers["location"].endswith("gone")


def test_a_source_set_aside_is_not_called_silent_and_is_asked_at_once_afterwards(
    press, engine, clock
):
    press(SOURCES, source="medrxiv")
    with engines.transaction(engine) as session:
        source = sources.named(session, "medrxiv")
        source.failures, source.next_at = 20, clock.now.replace(hour=23)
        sources.note_last(session, source, Outcome(SourceState.FAILED, "503"), clock())
        assert "medrxiv" in sources.silent(session, clock())
    press(f"{SOURCES}/pause", name="medrxiv")
    with engines.transaction(engine) as session:
        assert sources.silent(session, clock()) == {}
        assert sources.named(session, "medrxiv").next_at is None


def test_pages_begin_without_a_setting_too(settings, clock, engine):
    bare = create_app(settings.model_copy(update={"sources": ""}), clock=clock)
    client = TestClient(bare, base_url=settings.base_url)
    client.post("/operator/login", data={"token": TOKEN})
    assert "Another source" in client.get(SOURCES).text
    bare.state.engine.dispose()


@pytest.fixture
def waiting(engine, clock):
    """Submissions of each state, by it; of each the id."""
    with engines.transaction(engine) as session:
        made = {}
        for state in SubmissionState:
            row = Submission(name=f"url:https://example.org/{state}", sent=f"sent {state}",
                             state=state, at=clock(), n_visitors=2)  # fmt: skip
            if state is not SubmissionState.SENT:
                submissions.tell(row, Paper(f"Paper that is {state}", "We wait.", ("Ada Moon",)))
            session.add(row)
            session.flush()
            made[state] = row.id
    return made


@pytest.fixture
def states(engine):
    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return {row.id: row.state for row in session.exec(select(Submission))}

    return read


def test_an_operator_sees_what_waits_from_where_and_how_many_asked(
    press, client, waiting, engine, reader, clock
):
    with engines.transaction(engine) as session:
        submissions.support(session, waiting[SubmissionState.FOUND], reader.id, clock())
    page = client.get("/operator/submissions").text
    assert "Paper that is found" in page
    assert "found on its own page" in page
    assert (
        "Asked for by 1 reader and 2 visitors, first on 20 November 2026 as “sent found”." in page
    )
    assert "Accept: Paper that is found" in page
    assert "Accept: sent sent" not in page
    assert "Papers sent in, to be decided on</a></dt><dd>1</dd>" in client.get("/operator").text


def test_accepting_and_declining_leave_a_trace(press, client, waiting, states, done):
    found, sent = waiting[SubmissionState.FOUND], waiting[SubmissionState.SENT]
    here = "/operator/submissions"
    assert press(f"{here}/{found}/accept").headers["location"].endswith("done=accepted")
    assert press(f"{here}/{sent}/decline").headers["location"].endswith("done=declined")
    unknown, declined = waiting[SubmissionState.UNKNOWN], waiting[SubmissionState.DECLINED]
    assert press(f"{here}/{unknown}/again").headers["location"].endswith("done=again")
    assert press(f"{here}/{declined}/accept").headers["location"].endswith("done=accepted")
    assert [states()[each] for each in (found, sent, unknown, declined)] == [
        SubmissionState.ACCEPTED,
        SubmissionState.DECLINED,
        SubmissionState.SENT,
        SubmissionState.ACCEPTED,
    ]
    assert done() == [
        ("accepted a submission", f"submission {found}"),
        ("declined a submission", f"submission {sent}"),
        ("looked for a submission again", f"submission {unknown}"),
        ("accepted a submission", f"submission {declined}"),
    ]
    assert "Paper that is found" in client.get("/").text
    assert "Take it back: Paper that is found" in client.get(here).text
    assert press(f"{here}/{found}/take-back").headers["location"].endswith("done=taken")
    assert press(f"{here}/{found}/take-back").headers["location"].endswith("done=settled")
    assert done()[-1] == ("took a submission back", f"submission {found}")
    assert "Paper that is found" not in client.get("/").text
    assert "Paper that is found" not in client.get("/search?q=found").text
    page = client.get("/papers/1")
    assert (page.status_code, "took this paper off its list" in page.text) == (200, True)


def test_only_what_was_found_can_be_accepted_after_all(press, client, waiting):
    press(f"/operator/submissions/{waiting[SubmissionState.SENT]}/decline")
    page = client.get("/operator/submissions").text
    assert page.count("Accept after all:") == 1
    assert "Accept after all: Paper that is declined" in page


def test_what_is_decided_or_not_found_yet_is_not_decided_again(press, waiting, states, done):
    before = states()
    for state, act in (
        ("sent", "accept"), ("unknown", "accept"), ("known", "accept"), ("accepted", "accept"),
        ("known", "decline"), ("accepted", "decline"), ("declined", "decline"), ("found", "again"),
    ):  # fmt: skip
        answer = press(f"/operator/submissions/{waiting[SubmissionState(state)]}/{act}")
        assert answer.headers["location"].endswith("done=settled")
    assert press("/operator/submissions/987654/accept").status_code == 404
    assert (states(), done()) == (before, [])


@pytest.mark.parametrize("path", [SOURCES, f"{SOURCES}/remove", "/operator/submissions/1/accept"])
def test_a_form_of_another_site_changes_nothing(press, client, waiting, dump, path):
    before = dump()
    fields = {"form_token": "x", "source": "medrxiv", "name": "hf-daily"}
    assert client.post(path, data=fields).status_code == 403
    assert dump() == before
